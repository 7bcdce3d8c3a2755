"""The door in a real browser: the first start, the next morning, a folder that is deleted.

Needs Chromium: the one that CHROMIUM names, or the first of the usual names on PATH.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from posenc.course.learner import copies

playwright = pytest.importorskip("playwright.sync_api", reason="it comes with `make full`")
pytestmark = pytest.mark.full

NAME = "01_tiny.ipynb"
OPEN = re.compile(r"open at (http://\S+)")
SLIDER = "import ipywidgets\nipywidgets.IntSlider(4, description='pos')"
BUTTONS = "from posenc import check\ncheck.predict('t-coin', 'It lands on', ['heads', 'tails'])"


class Lab:
    """A learner's machine with a course of one lesson, and `lab` as it is started there."""

    def __init__(self, root):
        self.root, self.work, self.process = root, root / "work", None
        cells = [new_markdown_cell("# 01 · Is it tiny?\n\nNeeds: nothing · 5 minutes")]
        cells += map(new_code_cell, (SLIDER, BUTTONS))
        lesson = new_notebook(cells=cells, metadata={"posenc": {"lesson": "01_tiny"}})
        spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
        lesson.metadata["kernelspec"] = spec
        (root / "notebooks").mkdir()
        (root / "home").mkdir()
        nbformat.write(lesson, root / "notebooks" / NAME)

    def start(self):
        """Start it; return the address that it prints."""
        env = {name: os.environ[name] for name in os.environ if not name.startswith("POSENC")}
        env |= {"HOME": str(self.root / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "posenc.course", "lab", "--no-browser"]
        with open(self.root / "said.txt", "wb") as said:
            self.process = subprocess.Popen(
                command, cwd=self.root, env=env, stdout=said, stderr=said
            )
        return self.wait_until(lambda: OPEN.search(self.said()), 90)[1]

    def said(self):
        return (self.root / "said.txt").read_text(encoding="utf-8")

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(40)

    def wait_until(self, condition, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := condition():
                return found
            time.sleep(0.2)
        pytest.fail(f"not within {seconds} s; it said: {self.said()}")

    def update(self):
        """Let the lesson be another one, and bring it."""
        lesson = self.root / "notebooks" / NAME
        lesson.write_text(lesson.read_text().replace("description='pos'", "description='k'"))
        return copies.update(self.root, self.work)

    def source(self):
        return nbformat.read(self.work / NAME, as_version=4).cells[1].source


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    yield lab
    lab.end()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    yield page
    page.close()


def open_lesson(page, address):
    """Open the course, then its lesson from the list of files; wait for the kernel."""
    page.goto(address)
    page.locator(".jp-DirListing-item", has_text=NAME).dblclick()
    page.locator(".jp-NotebookPanel .jp-Notebook").wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    # The page calls a kernel idle before there is one; then it notes the kernel's language.
    page.wait_for_timeout(8000)


def save(page):
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")


def test_the_first_start_opens_on_the_welcome_and_a_lesson_that_is_only_opened_is_unchanged(
    lab, page
):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lab.start())
    page.locator(".jp-RenderedMarkdown h1", has_text="Welcome").wait_for()
    playwright.expect(page.locator(".jp-FileEditor")).to_have_count(0)
    page.get_by_role("link", name="01 · Is it tiny?").click()
    page.locator(".jp-NotebookPanel .jp-Notebook").wait_for()
    page.wait_for_timeout(10_000)
    # Nothing to save, so closing it asks nothing.
    playwright.expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    assert [url for url in asked if url.startswith("http") and "localhost" not in url] == []
    before = (lab.work / NAME).read_bytes()
    save(page)  # which adds the state of the widgets, of none
    lab.wait_until(lambda: (lab.work / NAME).read_bytes() != before, 30)
    [line] = lab.update()
    assert line.startswith(f"{NAME}: updated (you had not changed it); the file with its outputs")


def test_the_next_morning_shows_what_was_left(lab, page, browser):
    open_lesson(page, lab.start())
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".widget-slider").wait_for()
    page.locator(".widget-radio input").nth(1).check()
    save(page)
    lab.wait_until(lambda: "widget-state" in (lab.work / NAME).read_text(), 30)
    page.close()
    lab.end()

    morning = browser.new_page(viewport={"width": 1280, "height": 900})
    morning.goto(lab.start())
    morning.locator(".jp-NotebookPanel .jp-Notebook").wait_for(timeout=60_000)
    morning.locator(".widget-slider").wait_for(timeout=60_000)
    playwright.expect(morning.locator(".widget-radio input")).to_have_count(2)
    assert "model not found" not in morning.locator(".jp-Notebook").inner_text()
    morning.close()


def test_a_folder_that_is_deleted_can_be_saved_into_again(lab, page):
    open_lesson(page, lab.start())
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("mine = 1")
    shutil.rmtree(lab.work)
    lab.wait_until(lambda: "was deleted while the course was open" in lab.said(), 10)
    assert (lab.work / ".posenc" / "labconfig").is_dir()
    save(page)
    lab.wait_until(lambda: Path(lab.work / NAME).exists(), 30)
    assert lab.source() == "mine = 1"
    assert page.locator(".jp-Dialog").count() == 0
