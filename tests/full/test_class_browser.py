"""The page of a class in a real browser: every link opens its page, and nothing is cut off."""

import pytest

from posenc.course.grade import report

pytestmark = pytest.mark.full

NAMES = [
    "Ada Lovelace",
    "a/b",
    "#1 100%",
    "x?y=1&z",
    "José",
    "李 明",
    "con",
    "<b>x;=1+1",
    "w" * 150,
]
ROW = {"lesson": "03_the_frequency_formula", "heading": "Exercise 1", "verdict": "wrong",
       "exercise": "inverse_frequencies", "mistake": "doubled-index", "seconds": 0.1,
       "points": 0, "of": 2, "message": "The exponent is 4i/d. " * 20, "file": "w" * 150,
       "draw": 17}  # fmt: skip


@pytest.mark.parametrize("width", [340, 1280])
def test_every_link_of_a_class_opens_its_page(browser, tmp_path, width):
    notes = ["not read, hand in the .ipynb itself: " + "z" * 300]
    report.write(tmp_path, [ROW | {"student": name} for name in NAMES], notes)
    page = browser.new_page(viewport={"width": width, "height": 800})
    index = (tmp_path / "index.html").as_uri()
    opened = []
    for number in range(len(NAMES)):
        page.goto(index)
        assert fits(page)
        assert page.evaluate("document.images[0].naturalWidth") > 0
        page.locator("a").nth(number).click()
        opened.append(page.locator("h1").inner_text())
        assert fits(page)
    page.close()
    assert sorted(opened) == sorted(NAMES)


def fits(page):
    """Whether nothing is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
