"""The course in a real browser: JupyterLab on a learner's copies, Run All, a slider.

Needs Chromium: the one that CHROMIUM names, or the first of the usual names on PATH.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from posenc.course import places

playwright = pytest.importorskip("playwright.sync_api", reason="it comes with `make full`")
pytestmark = pytest.mark.full

ROOT = places.find_root(Path(__file__).parent)
LESSONS = [path.name for path in places.lessons(ROOT)]
PICTURE = """async image => {
    const bytes = await (await fetch(image.src)).arrayBuffer();
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    return Array.from(new Uint8Array(hash)).join();
}"""


class Lab:
    """A running JupyterLab and the folder of the learner's copies."""

    def __init__(self, root):
        self.work, self.token = root / "work", secrets.token_hex(8)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        # As a learner has it: without what conftest.py sets for the tests.
        env = {name: os.environ[name] for name in os.environ if "POSENC" not in name}
        words = [f"--port={self.port}", f"--IdentityProvider.token={self.token}"]
        command = [sys.executable, "-m", "posenc.course", "lab", "--no-browser", *words]
        self.process = subprocess.Popen(
            command, cwd=root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self):
        try:
            self.wait_until(self.answers, 60, "JupyterLab answers")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def api(self, path):
        url = f"http://127.0.0.1:{self.port}/api/{path}?token={self.token}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)

    def put(self, path, content):
        url = f"http://127.0.0.1:{self.port}/api/{path}?token={self.token}"
        body = json.dumps(content).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, method="PUT"), timeout=20).close()

    def page_of(self, name):
        tree = f"http://127.0.0.1:{self.port}/lab/workspaces/{name[:2]}/tree/{name}"
        return f"{tree}?token={self.token}"

    def wait_until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, "JupyterLab has ended"
            if condition():
                return
            time.sleep(0.3)
        pytest.fail(f"{what}: not within {seconds} s")

    def answers(self):
        try:
            return bool(self.api("status"))
        except urllib.error.URLError:
            return False

    def kernel_of(self, name):
        kernels = [one["kernel"] for one in self.api("sessions") if one["path"] == name]
        return kernels[0]["execution_state"] if kernels and kernels[0] else None

    def cells(self, name):
        for _ in range(20):  # the server may be writing it
            with contextlib.suppress(ValueError):
                notebook = json.loads((self.work / name).read_text(encoding="utf-8"))
                break
            time.sleep(0.1)
        return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    root = tmp_path_factory.mktemp("learner")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    with Lab(root) as lab:
        yield lab


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    yield page
    page.close()


def failed(cell):
    """Whether a cell has raised what it is not meant to raise."""
    kinds = {output["output_type"] for output in cell["outputs"]}
    return "error" in kinds and "raises-exception" not in cell["metadata"].get("tags", [])


def run_all(lab, page, name):
    """Open a copy, choose Run All Cells, wait for the last cell, save."""
    page.goto(lab.page_of(name))
    page.locator(".jp-NotebookPanel .jp-Notebook").wait_for(timeout=60_000)
    # The page calls a kernel idle before there is one: what is sent then is lost.
    lab.wait_until(lambda: lab.kernel_of(name) == "idle", 60, f"{name}: its kernel is ready")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def done():
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        ran = [cell["execution_count"] for cell in lab.cells(name)]
        return None not in ran or any(map(failed, lab.cells(name)))

    lab.wait_until(done, 240, f"{name}: every cell has run")


def test_no_news_and_no_update_are_asked_for(lab, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lab.page_of(LESSONS[0]))
    page.locator(".jp-NotebookPanel .jp-Notebook").wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    assert [url for url in asked if "127.0.0.1" not in url and url.startswith("http")] == []
    assert page.locator(".Toastify__toast").count() == 0


@pytest.mark.parametrize("name", LESSONS)
def test_run_all_works_unsolved_and_a_slider_moves_its_picture(lab, page, name):
    run_all(lab, page, name)
    cells = lab.cells(name)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert not failed(cell), cell["source"]
        assert not any(output.get("name") == "stderr" for output in cell["outputs"])
    move_a_slider(lab, page, name)


def move_a_slider(lab, page, name):
    moving = page.locator(".noUi-handle, .widget-toggle-button:not(.mod-active)")
    explorer = page.locator(".jp-OutputArea-output").filter(has=moving).first
    explorer.scroll_into_view_if_needed()
    image = explorer.locator("img").first
    playwright.expect(image).to_be_visible()
    before = image.evaluate(PICTURE)
    control = explorer.locator(".noUi-handle, .widget-toggle-button:not(.mod-active)").first
    control.focus()
    page.keyboard.press("ArrowRight")
    if control.get_attribute("role") != "slider":
        page.keyboard.press("Space")
    changed = lambda: image.evaluate(PICTURE) != before  # noqa: E731
    lab.wait_until(changed, 20, f"{name}: the picture follows its slider")
