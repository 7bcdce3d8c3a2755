"""Controls in a real browser: their names, their keys, and what is left when a kernel has ended."""

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.request

import nbformat
import pytest
from test_browser import Lab, playwright, run_all

from posenc.course.learner.lab import LABEXTENSIONS

pytestmark = pytest.mark.full
NAME = "controls.ipynb"
LONG = "<b>tails</b>, a long option on a position that no training of this model has ever shown"
CELLS = [
    "import time\nimport torch\nfrom posenc import plots, training, widgets\n"
    "from IPython.display import display",
    # 1
    "def dials(position, below):\n"
    "    wheels = 10 if below == 'digits' else None\n"
    "    return plots.clock_hands(position, dim=8, odometer=wheels)\n"
    "widgets.explore(dials, position=(0, 9999, 1, 7), below=['digits', 'channels'])",
    # 2
    "def wave(d, base, cut):\n"
    "    return plots.lines({'wave': [1, 2]}, xlabel='p', ylabel='y',\n"
    "                       alt=f'Width {d}, base {base}, cut {cut}.')\n"
    "widgets.explore(wave, d=[64, 8, 16], base=[100, 10, 5, 4, 3, 2, 1],\n"
    "                cut=[True, False], labels={'d': 'width d'})",
    # 3
    "noted = []\n"
    f"bundle = widgets.choice('It lands on', ['heads', {LONG!r}], noted.append)\n"
    "display({**bundle, 'text/plain': 'It lands on'}, raw=True)",
    # 4
    "plots.lines({'a': [1, 2]}, xlabel='x', ylabel='y', alt='A \"line\" & <more>.')",
    # 5
    "for outer in training.progress(range(2), 'outer'):\n"
    "    for inner in training.progress(range(5), 'inner'):\n"
    "        time.sleep(0.1)\n"
    "print('done')",
    # 6
    "drawn = []\n"
    "def slow(n):\n"
    "    drawn.append(n)\n"
    "    time.sleep(0.7)\n"
    "    return plots.odometer(n)\n"
    "widgets.explore(slow, n=(0, 500, 1))",
    # 7, 8: what the kernel knows
    "print(drawn)",
    "print(noted)",
    # 9
    "if drawn[1:]:\n"
    "    task = training.TASKS['back1']\n"
    "    model = training.task_model('none', task)\n"
    "    training.fit(model, task.sample, training.Setting(steps=10**6))",
]


class Controls(Lab):
    """JupyterLab on one notebook, with the settings and the extension of the course."""

    def __init__(self, root, name=NAME, sources=CELLS, **more):
        self.work, self.token = root / "work", secrets.token_hex(8)
        settings = root / "labconfig" / "default_setting_overrides.json"
        for folder in (self.work, settings.parent):
            folder.mkdir()
        plugin = {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}}
        settings.write_text(json.dumps(plugin))
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = kernel
        nbformat.write(notebook, self.work / name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        env = {name: os.environ[name] for name in os.environ if "POSENC" not in name} | more
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            f"--port={self.port}",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.work}",
            f"--LabApp.extra_labextensions_path={LABEXTENSIONS}",
        ]
        self.process = subprocess.Popen(
            command,
            env=env | {"JUPYTER_CONFIG_PATH": str(root), "JUPYTER_CONFIG_DIR": str(root / "own")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def shut_down(self, session):
        """End a kernel, as the night does."""
        url = f"http://127.0.0.1:{self.port}/api/sessions/{session}?token={self.token}"
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=30)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Controls(tmp_path_factory.mktemp("controls")) as lab:
        yield lab


@pytest.fixture(scope="module")
def page(lab, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    run_all(lab, page, NAME)
    yield page
    page.close()


def cell(page, number):
    found = page.locator(".jp-Notebook .jp-Cell").nth(number)
    found.scroll_into_view_if_needed()
    return found


def shows(where, sentence):
    playwright.expect(where.get_by_role("img", name=sentence)).to_be_visible(timeout=20_000)


def told_by(page, number):
    """What a cell prints when it is run again."""
    cell(page, number).locator(".jp-InputPrompt").click()
    before = cell(page, number).locator(".jp-InputPrompt").inner_text()
    page.keyboard.press("Control+Enter")
    prompt = cell(page, number).locator(".jp-InputPrompt")
    playwright.expect(prompt).not_to_have_text(before, timeout=30_000)
    playwright.expect(prompt).not_to_have_text("[*]:", timeout=30_000)
    return cell(page, number).locator(".jp-OutputArea-output").inner_text()


def test_every_control_and_picture_has_a_name(page):
    first, second, guess = cell(page, 1), cell(page, 2), cell(page, 3)
    for where, role, name in (
        (first, "spinbutton", "position"),
        (first, "slider", "position"),
        (first, "group", "below"),
        (second, "group", "width d"),
        (second, "combobox", "base"),
        (second, "checkbox", "cut"),
        (guess, "radiogroup", "Predict. It lands on"),
        (guess, "radio", LONG),
    ):
        playwright.expect(where.get_by_role(role, name=name, exact=True)).to_be_visible()
    assert second.get_by_role("button", pressed=True).all_inner_texts() == ["64"]
    order = second.get_by_role("group", name="width d").get_by_role("button").all_inner_texts()
    assert order == ["8", "16", "64"]
    shows(cell(page, 4), 'A "line" & <more>.')
    images = page.locator(".jp-OutputArea-output img").all()
    assert len(images) == 4
    assert all(image.get_attribute("alt") for image in images)


def test_a_typed_number_moves_slider_and_picture(page):
    first = cell(page, 1)
    first.get_by_role("spinbutton").fill("8")
    page.keyboard.press("Enter")
    shows(first, "At position 8")
    playwright.expect(first.get_by_role("slider")).to_have_attribute("aria-valuenow", "8.0")


def test_keys_stay_in_their_control(page):
    n = page.locator(".jp-Notebook .jp-Cell").count()
    first, second = cell(page, 1), cell(page, 2)
    first.get_by_role("slider").focus()
    page.keyboard.press("ArrowUp")
    shows(first, "At position 9")
    playwright.expect(first.get_by_role("spinbutton")).to_have_value("9")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    pressed = first.get_by_role("button", name="channels", pressed=True)
    playwright.expect(pressed).to_be_visible()
    page.keyboard.press("a")  # which would insert a cell above
    second.get_by_role("combobox").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("b")
    second.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    playwright.expect(second.get_by_role("img")).to_have_attribute(
        "alt", "Width 64, base 10, cut False."
    )
    assert page.locator(".jp-Notebook .jp-Cell").count() == n
    assert second.get_by_role("combobox").evaluate("it => it.value") == "10"


def test_a_guess_is_said_to_be_noted(page):
    guess = cell(page, 3)
    guess.get_by_role("radio", name="heads").focus()
    page.keyboard.press("ArrowDown")
    playwright.expect(guess.get_by_text(f"Noted: you predicted “{LONG}”.")).to_be_visible()
    assert told_by(page, 8).strip() == "[1]"


def test_bars_leave_nothing_to_be_saved(lab, page):
    empty, done = lab.cells(NAME)[5]["outputs"]
    assert (empty["data"], done["text"]) == ({}, ["done\n"])
    outputs = cell(page, 5).locator(".jp-OutputArea-output")
    assert [text for text in outputs.all_inner_texts() if text.strip()] == ["done\n"]
    blank = cell(page, 5).locator(".jp-OutputArea-child").first.bounding_box()
    assert blank is None or blank["height"] < 20, (
        blank
    )  # at most one blank line, until the page is loaded anew


def test_a_slow_picture_says_that_it_waits_and_skips_to_the_last(page):
    slow = cell(page, 6)
    slow.get_by_role("slider").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    shows(slow, "The odometer shows position 30.")
    playwright.expect(slow.get_by_text("when you let go")).to_be_visible()
    drawn = json.loads(told_by(page, 7))
    assert drawn[-1] == 30
    assert len(drawn) < 15


def test_a_training_is_interrupted_in_one_line(page):
    cell(page, 9).locator(".jp-InputPrompt").click()
    page.keyboard.press("Control+Enter")
    bar = cell(page, 9).locator(".jp-OutputArea-output", has_text="training")
    bar.wait_for(timeout=30_000)
    page.keyboard.press("i")
    page.keyboard.press("i")
    told = cell(page, 9).locator(".jp-OutputArea-output", has_text="Interrupted")
    told.wait_for(timeout=30_000)
    assert told.inner_text().startswith("Interrupted after ")
    assert told.inner_text().strip().endswith("of 1000000 steps; run the cell again to start over.")
    playwright.expect(bar).to_have_count(0)


def test_on_a_narrow_page_options_wrap(page):
    page.locator(".jp-SideBar [data-id=filebrowser]").click()  # fold the file list away
    page.set_viewport_size({"width": 400, "height": 800})
    label = cell(page, 3).locator("label", has_text="a long option").first
    label.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    box = label.bounding_box()
    assert box["height"] >= 40  # two lines or more
    assert box["x"] + box["width"] <= 400
    short = cell(page, 3).locator("label", has_text="heads").first.bounding_box()
    assert short["height"] >= 24
    page.set_viewport_size({"width": 1400, "height": 1000})


def ended(page, number):
    where = cell(page, number)
    playwright.expect(where.get_by_text("a kernel that has ended")).to_be_visible(timeout=30_000)
    assert where.locator(".posenc-control").first.evaluate("it => it.inert")


def test_after_a_reload_and_in_the_next_morning(lab, page):
    page.keyboard.press("Control+s")
    page.wait_for_timeout(2000)
    page.reload()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    playwright.expect(cell(page, 3).get_by_text("Noted: you predicted")).to_be_visible(
        timeout=30_000
    )
    assert not cell(page, 3).get_by_text("a kernel that has ended").is_visible()
    assert page.get_by_text("model not found").count() == 0
    for session in lab.api("sessions"):
        lab.shut_down(session["id"])
    page.reload()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    for number in (1, 3):
        ended(page, number)
    assert cell(page, 3).get_by_role("radio", name=LONG).is_checked()
    assert page.get_by_text("model not found").count() == 0
