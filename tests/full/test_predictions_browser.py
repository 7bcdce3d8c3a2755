"""Every kind of prediction in a real browser: made with the keyboard, settled, found again."""

import json
import re

import pytest
from test_browser import playwright, run_all
from test_controls_browser import Controls, cell

pytestmark = pytest.mark.full
NAME = "03_mine.ipynb"
CELLS = [
    "from posenc import check, plots",
    # 1, 2, 3
    "check.predict('t-coin', 'It lands on', ['heads', 'tails'], sure=True)",
    "check.predict_number('t-half', 'At which position is half of it gone?', unit='positions',\n"
    "                     low=0, high=100000, sure=True)",
    "check.predict_curve('t-falls', 'How does the similarity fall with the distance?',\n"
    "                    x=(0, 1, 2, 4, 8), low=0, high=1, xlabel='relative distance',\n"
    "                    ylabel='similarity')",
    # 4, 5
    "check.claim('c', 'the coin lands', 1, '==', 1, settles={'t-coin': 'heads'})\n"
    "check.claim('d', 'half is gone', 14, '==', 14, settles={'t-half': '14'})",
    "y = [1, 0.9, 0.6, 0.2, 0.1]\n"
    "check.claim('e', 'it falls', 0.1, '<', 1, settles={'t-falls': y})\n"
    "plots.lines({'measured': y}, (0, 1, 2, 4, 8), xlabel='relative distance',\n"
    "            ylabel='similarity', guess=check.drawn('t-falls'))",
    # 6, 7, 8
    "check.surprises()",
    "check.guesses()",
    "check.report()",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    root = tmp_path_factory.mktemp("predictions")
    record = root / "record.jsonl"
    with Controls(root, NAME, CELLS, POSENC_RECORD=str(record)) as lab:
        lab.record = record
        yield lab


@pytest.fixture(scope="module")
def page(lab, browser):
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    run_all(lab, page, NAME)
    yield page
    page.close()


def says(where, sentence):
    playwright.expect(where.get_by_text(sentence)).to_be_visible(timeout=20_000)


def rerun(page, number):
    cell(page, number).locator(".jp-InputPrompt").click()
    before = cell(page, number).locator(".jp-InputPrompt").inner_text()
    page.keyboard.press("Control+Enter")
    prompt = cell(page, number).locator(".jp-InputPrompt")
    playwright.expect(prompt).not_to_have_text(before, timeout=30_000)
    playwright.expect(prompt).not_to_have_text("[*]:", timeout=30_000)
    return cell(page, number).locator(".jp-OutputArea").inner_text()


def last_event(lab):
    return json.loads(lab.record.read_text(encoding="utf-8").splitlines()[-1])


def test_nothing_is_noted_before_a_guess_is_made(lab, page):
    assert not lab.record.exists()
    assert "Noted" not in page.locator(".jp-Notebook").inner_text()
    assert "your guess" not in rerun(page, 5)


def test_an_option_is_one_click_and_how_sure_is_another(lab, page):
    coin = cell(page, 1)
    coin.get_by_role("radio", name="tails").check()
    says(coin, "Noted: you predicted “tails”.")
    assert "sure" not in last_event(lab)
    levels = coin.get_by_role("group", name="How sure are you?").get_by_role("button")
    assert levels.all_inner_texts() == ["just guessing", "fairly sure", "sure"]
    levels.nth(2).focus()
    page.keyboard.press("Space")
    lab.wait_until(lambda: last_event(lab).get("sure") == "sure", 20, "it is noted")
    assert last_event(lab)["guess"] == "tails"


def test_a_number_is_typed_and_what_is_none_is_refused(lab, page):
    half = cell(page, 2)
    box = half.get_by_role("textbox", name="Your guess")
    for typed, said in (
        ("about ten", "“about ten” is not a number. Write one such as 14 or 1e-7."),
        ("200 000", "is out of range. Write a number from 0 to"),
        ("140", "Noted: you predicted 140"),
    ):
        box.fill(typed)
        page.keyboard.press("Enter")
        says(half, said)
    assert last_event(lab)["values"] == [140.0]
    half.get_by_role("button", name="just guessing").click()
    lab.wait_until(lambda: last_event(lab).get("sure") == "just guessing", 20, "it is noted")


def test_a_curve_is_drawn_with_the_keyboard_and_noted_by_its_button(lab, page):
    falls = cell(page, 3)
    sliders = falls.get_by_role("slider")
    assert sliders.count() == 5
    assert falls.locator(".posenc-points").get_by_text("at 8", exact=True).is_visible()
    image = falls.get_by_role("img")
    assert "Your curve: 0.5 at 0, 0.5 at 1" in image.get_attribute("alt")
    sliders.nth(0).focus()
    for _ in range(25):
        page.keyboard.press("ArrowUp")
    playwright.expect(image).to_have_attribute("alt", re.compile("Your curve: 1 at 0"))
    says(falls, "Not noted yet")
    assert last_event(lab)["key"] == "t-half"
    for _ in range(5):
        page.keyboard.press("Tab")
    button = falls.get_by_role("button", name="This is my guess")
    button.focus()
    page.keyboard.press("Space")
    says(falls, "Noted: you predicted 1, 0.5, 0.5, 0.5, 0.5.")
    lab.wait_until(lambda: last_event(lab)["key"] == "t-falls", 20, "it is noted")


def test_the_run_settles_them_and_says_both(page):
    said = rerun(page, 4)
    for word in ("tails", "heads", "140", "14"):
        assert word in said
    assert "✗" not in said
    rerun(page, 5)
    image = cell(page, 5).get_by_role("img")
    assert image.count() == 1


def test_what_surprised_is_linked_to_the_cell_that_settled_it(lab, page):
    said = rerun(page, 6)
    assert "What surprised you in lesson 03 (3 of 3 predictions):" in said
    links = cell(page, 6).get_by_role("link")
    assert links.count() == 3
    settled = lab.cells(NAME)[4]["id"]
    assert f"cell-id={settled}" in links.first.evaluate("it => it.outerHTML")
    page.set_viewport_size({"width": 1400, "height": 500})
    there = page.locator(".jp-Notebook .jp-Cell").nth(4)
    links.first.scroll_into_view_if_needed()
    playwright.expect(there).not_to_be_in_viewport()
    links.first.click()
    playwright.expect(there).to_be_in_viewport(timeout=20_000)
    assert page.locator(".jp-NotebookPanel").count() == 1
    page.set_viewport_size({"width": 1400, "height": 1000})


def test_counts_and_report_know_how_sure_one_was(page):
    said = rerun(page, 7)
    assert "0 of your 3 settled predictions came true." in said
    assert re.search(r"just guessing +0 of 1\n", said)
    assert "A figure is drawn from 15 settled predictions on." in said
    assert "just guessing 0 of 1, sure 0 of 1, not said 0 of 1" in rerun(page, 8)


def test_a_re_run_finds_every_guess_again(page):
    for number, said in ((1, "“tails”"), (2, "140"), (3, "1, 0.5, 0.5, 0.5, 0.5")):
        rerun(page, number)
        says(cell(page, number), f"Noted earlier: you predicted {said}")
    assert cell(page, 1).get_by_role("button", pressed=True).all_inner_texts() == ["sure"]


def test_on_a_narrow_page_nothing_is_cut_off(page):
    page.locator(".jp-SideBar [data-id=filebrowser]").click()
    page.set_viewport_size({"width": 400, "height": 800})
    for number in (1, 2, 3):
        for part in (
            cell(page, number).locator("button, input, .noUi-target, img, .posenc-unit").all()
        ):
            box = part.bounding_box()
            assert box is None or box["x"] + box["width"] <= 401, part.inner_text()
    page.set_viewport_size({"width": 1400, "height": 1000})


def test_a_guess_in_an_old_kernel_is_told(lab, page):
    for session in lab.api("sessions"):
        lab.shut_down(session["id"])
    page.keyboard.press("Control+s")
    page.wait_for_timeout(2000)
    page.reload()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    for number in (1, 2, 3):
        where = cell(page, number)
        playwright.expect(where.get_by_text("a kernel that has ended")).to_be_visible(
            timeout=30_000
        )
        assert where.locator(".posenc-control").first.evaluate("it => it.inert")
    assert page.get_by_text("model not found").count() == 0
