"""A learner's two days in a real browser: guess, Run All, reload, the next morning.

What the record says in the end is read the way a learner reads it: from `check.report()`.
"""

import contextlib
import json
import os
import subprocess
import sys

import pytest
from test_browser import ROOT, Lab, page, playwright, run_all  # noqa: F401

from posenc.check.trial.record import LESSON

pytestmark = pytest.mark.full

NAME = "01_attention_is_order_blind.ipynb"
SOLVED = "permutation_equivariant"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    import shutil

    root = tmp_path_factory.mktemp("learner é")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    return root


@pytest.fixture
def open_lab(root):
    """Start the lab on the same folder, as often as the test asks; end what still runs."""
    with contextlib.ExitStack() as running:
        yield lambda: running.enter_context(Lab(root))


def close(lab):
    lab.process.terminate()
    lab.process.wait(30)


def report(root):
    """What `check.report()` says in a kernel of that folder."""
    env = {name: os.environ[name] for name in os.environ if "POSENC" not in name}
    env["POSENC_RECORD"] = str(root / "work" / "record.jsonl")
    ask = "from posenc import check; print(check.report())"
    return subprocess.check_output([sys.executable, "-c", ask], env=env, text=True, cwd=ROOT)


def first_prediction(page):  # noqa: F811
    """The buttons of the first prediction of the page."""
    box = page.locator(".posenc-choice").first
    box.scroll_into_view_if_needed()
    return box


def chosen(page):  # noqa: F811
    radios = first_prediction(page).locator("input[type=radio]")
    return [number for number in range(radios.count()) if radios.nth(number).is_checked()]


def said(page):  # noqa: F811
    return page.locator(".posenc-said").first.inner_text()


def save(lab, page):  # noqa: F811
    before = os.path.getmtime(lab.work / NAME)
    page.keyboard.press("Control+s")
    lab.wait_until(lambda: os.path.getmtime(lab.work / NAME) > before, 20, "it is saved")


def shown_in(lab, code):
    """The printed outputs of the saved copy's cells that contain `code`."""
    texts = []
    for cell in lab.cells(NAME):
        if code in "".join(cell["source"]):
            texts += ["".join(o.get("text", "")) for o in cell["outputs"]]
    return "".join(texts)


def open_copy(lab, page):  # noqa: F811
    page.goto(lab.page_of(NAME))
    page.locator(".jp-NotebookPanel .jp-Notebook").wait_for(timeout=60_000)
    first_prediction(page).wait_for(timeout=60_000)


def test_two_days(root, open_lab, page):  # noqa: F811
    lab = open_lab()
    run_all(lab, page, NAME)
    assert "Nothing is recorded yet" in report(root)  # Run All solves nothing, and guesses nothing
    assert chosen(page) == []

    # Guess; Run All again: the guess is there, and a claim speaks of it.
    first_prediction(page).locator("input[type=radio]").nth(1).check()
    playwright.expect(page.locator(".posenc-said").first).to_contain_text("Noted")
    before = max(cell["execution_count"] for cell in lab.cells(NAME))
    run_all(lab, page, NAME)
    lab.wait_until(lambda: all_above(lab, page, before), 240, "every cell has run again")
    assert chosen(page) == [1]
    assert "You predicted" in shown_in(lab, 'check.claim("dog"')

    # Reload, the kernel alive.
    save(lab, page)
    open_copy(lab, page)
    assert chosen(page) == [1]
    assert "Noted" in said(page)
    assert "model not found" not in page.content()

    solve(lab)  # one exercise, to be run tomorrow

    # The kernel is shut down: the buttons say that it has ended.
    ended = page.locator(".posenc-ended").first
    assert not ended.is_visible()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Shut Down Kernel", exact=True).click()
    playwright.expect(ended).to_be_visible(timeout=20_000)
    assert "kernel that has ended" in ended.inner_text()
    close(lab)

    # The next morning: the saved state shows the guess, and says that its kernel has ended.
    lab = open_lab()
    open_copy(lab, page)
    assert chosen(page) == [1]
    assert "model not found" not in page.content()
    assert page.locator(".posenc-ended").first.is_visible()
    run_all(lab, page, NAME)
    assert chosen(page) == [1]
    assert "Noted earlier" in said(page)
    assert not page.locator(".posenc-ended").first.is_visible()
    text = report(root)
    assert f"Exercises: 1 of {len(LESSON)} solved" in text
    assert f"✓ {SOLVED}" in text
    assert "Predictions: 0 of 1 came true" in text or "Predictions: 1 of 1 came true" in text
    lines = (root / "work" / "record.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    [guess] = [event for event in events if "guess" in event]
    assert (guess["lesson"], guess["key"], guess["option"]) == ("01", "dog", 1)


def all_above(lab, page, count):  # noqa: F811
    """Whether the saved copy's cells have all run since the one with this number."""
    page.keyboard.press("Control+s")
    page.wait_for_timeout(500)
    return all((cell["execution_count"] or 0) > count for cell in lab.cells(NAME))


def solve(lab):
    """Put the solution into the exercise's cell and save it, as JupyterLab does."""
    model = lab.api(f"contents/{NAME}")
    cells = {cell["id"]: cell for cell in model["content"]["cells"]}
    answer = cells[f"solution-{SOLVED}"]["source"]
    cells[f"exercise-{SOLVED}"]["source"] = answer.partition("\n")[2]
    lab.put(f"contents/{NAME}", {"type": "notebook", "content": model["content"]})
