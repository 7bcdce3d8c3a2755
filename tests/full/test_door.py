"""The door: `make lab` alone, in a fresh clone, with a fresh home and a fresh environment.

Nothing that another extra brings can hide here what `lab` lacks. The server is asked for its
lessons, a kernel runs the first cells of 01, and a browser runs all of them.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from doors import ROOT, fresh_clone, stranger

from posenc.course import places, tools

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        sys.platform == "win32" or not shutil.which("make"), reason="there is no make here"
    ),
]
LESSONS = [path.name for path in places.lessons(ROOT)]


class Lab:
    """`make lab` as a stranger starts it, and what its server answers."""

    def __init__(self, clone, home):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self.token, self.clone = f"http://127.0.0.1:{self.port}", "door", clone
        words = f"--no-browser --port={self.port} --IdentityProvider.token={self.token}"
        self.log = clone.parent / f"make-lab-{self.port}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["make", "lab", f"LAB_ARGS={words}"],
                cwd=clone,
                env=stranger(home),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def ask(self, path, method="GET", content=None):
        """What the server answers to a request of its interface."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={"Authorization": f"token {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def wait(self, seconds=600):
        """Until the server answers; the set-up is part of it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, f"make lab has ended:\n{self.said()}"
            try:
                return self.ask("status")
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.5)
        raise AssertionError(f"no answer within {seconds} s:\n{self.said()}")

    def end(self):
        """As Ctrl+C twice; whatever is left of it goes, too."""
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, how)
                self.process.wait(15)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    room = tmp_path_factory.mktemp("door")
    clone, began = fresh_clone(room), time.monotonic()
    lab = Lab(clone, room / "home")
    try:
        lab.wait()
        print(f"make lab answered after {time.monotonic() - began:.0f} s")
        yield lab
    finally:
        lab.end()


def test_the_terminal_is_quiet(lab):
    lines = lab.said().splitlines()
    steps = [line for line in lines if re.match(r"\d/5 ", line)]
    assert [line[0] for line in steps] == list("12345")
    assert len(lines) < 60, lab.said()


def test_every_lesson_is_served(lab):
    served = [one["name"] for one in lab.ask("contents")["content"]]
    assert len(LESSONS) >= 11
    assert set(LESSONS) <= set(served)


def test_nothing_of_another_extra_is_in_its_environment(lab):
    python = lab.clone / ".venv" / "bin" / "python"
    ask = "import importlib.util as u; print([n for n in ('jupytext', 'pytest') if u.find_spec(n)])"
    assert subprocess.check_output([python, "-c", ask], text=True).strip() == "[]"


def test_a_kernel_runs_the_first_cells_of_01(lab):
    from websocket import create_connection

    notebook = lab.ask(f"contents/{LESSONS[0]}")["content"]
    sources = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    where = {"path": LESSONS[0], "type": "notebook", "name": "", "kernel": {"name": "python3"}}
    session = lab.ask("sessions", "POST", where)
    kernel = session["kernel"]["id"]
    address = f"ws://127.0.0.1:{lab.port}/api/kernels/{kernel}/channels?token={lab.token}"
    channel = create_connection(address, timeout=120)
    try:
        is_the_clone = f"import posenc; assert posenc.__file__.startswith({str(lab.clone)!r})"
        for source in [is_the_clone, *sources[:3]]:
            assert run(channel, source) == "ok", source
    finally:
        channel.close()
        lab.ask(f"sessions/{session['id']}", "DELETE")


def run(channel, source):
    """Send one cell to a kernel and return the status of its reply."""
    from jupyter_client.session import Session

    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {},
               "allow_stdin": False, "stop_on_error": True}  # fmt: skip
    message = Session().msg("execute_request", content) | {"channel": "shell", "buffers": []}
    channel.send(json.dumps(message, default=str))
    while True:
        reply = json.loads(channel.recv())
        mine = reply["parent_header"].get("msg_id") == message["header"]["msg_id"]
        if mine and reply["msg_type"] == "error":
            print("\n".join(reply["content"]["traceback"]))
        if mine and reply["msg_type"] == "execute_reply":
            return reply["content"]["status"]


@pytest.mark.skipif(not tools.find_browser(), reason="no Chromium here")
def test_a_browser_runs_all_of_01(lab):
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: no browser test")
    words = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=tools.find_browser(), args=words)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        try:
            run_all(lab, page, LESSONS[0])
        finally:
            shot = os.environ.get("POSENC_SHOT")
            if shot:
                page.screenshot(path=shot)
            browser.close()


def run_all(lab, page, name):
    """Open a lesson, choose Run All Cells, and wait until every code cell has a number."""
    page.goto(f"{lab.url}/lab/tree/{name}?token={lab.token}")
    page.locator(".jp-NotebookPanel .jp-Notebook").wait_for(timeout=60_000)
    idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    idle.wait_for(timeout=60_000)
    end = time.monotonic() + 60
    while not any((one["kernel"] or {}).get("execution_state") == "idle"
                  for one in lab.ask("sessions")):  # fmt: skip
        assert time.monotonic() < end, "its kernel does not start"
        time.sleep(0.3)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    end = time.monotonic() + 180
    while time.monotonic() < end:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(700)
        cells = lab.ask(f"contents/{name}")["content"]["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert [cell["source"] for cell in code if failed(cell)] == []
        if all(cell["execution_count"] for cell in code):
            return
    raise AssertionError(f"{name}: not every cell has run")


def failed(cell):
    """Whether a cell has raised what it is not meant to raise."""
    raised = any(output["output_type"] == "error" for output in cell["outputs"])
    return raised and "raises-exception" not in cell["metadata"].get("tags", [])


def test_the_second_time_it_is_quick(lab):
    """Ended, and begun again, with the copies and the environment that are there."""
    lab.end()
    began = time.monotonic()
    again = Lab(lab.clone, lab.clone.parent / "home")
    try:
        again.wait(60)
        seconds = time.monotonic() - began
        assert "5/5" not in again.said()
    finally:
        again.end()
    print(f"a warm make lab answered after {seconds:.1f} s")
    assert seconds < 30  # 8 on two quiet cores


def test_it_is_a_clone_that_is_tested():
    assert (ROOT / ".git").exists()
    assert Path(places.__file__).is_relative_to(ROOT)
