"""Every page of the book, at two widths and in two themes: nothing asked for elsewhere, no error,
no sideways scrolling, and no violation of WCAG 2.2 AA that axe-core finds."""

from pathlib import Path

import pytest
import shelf

pytestmark = pytest.mark.full
axe = pytest.importorskip("axe_playwright_python", reason="it comes with `make full`")
AXE = Path(axe.__file__).with_name("axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
FOUND = """async (rules) => (await axe.run(document, {runOnly: rules, preload: false})).violations.map(
  (v) => `${v.id}: ${v.nodes.length} times, such as ${v.nodes[0].html.slice(0, 200)} — ${
    v.nodes[0].failureSummary.slice(0, 200)}`)"""
WIDE = """() => {
  const wide = document.documentElement.scrollWidth, room = document.documentElement.clientWidth;
  const out = (e) => e.getBoundingClientRect().right > room + 1;
  return wide <= room ? [] : [...document.querySelectorAll("article *")].filter(out).slice(0, 5)
    .map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 60)}`);
}"""
OPEN = "document.querySelectorAll('article details').forEach((fold) => { fold.open = true; })"
PAGES = [f"lessons/{stem}" for stem in shelf.LESSONS] + shelf.OTHERS


@pytest.fixture(scope="module", params=["desktop light", "desktop dark", "phone light", "phone dark"])
def reader(request, browser, site):
    device, theme = request.param.split()
    size = {"width": 1280, "height": 900} if device == "desktop" else {"width": 390, "height": 844}
    phone = {"has_touch": True, "is_mobile": True} if device == "phone" else {}
    with shelf.Reader(browser, site, viewport=size, color_scheme=theme, **phone) as reader:
        yield reader


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_sound(reader, name):
    reader.wrong.clear()
    page = reader.open(name)
    page.evaluate(OPEN)
    assert page.evaluate(WIDE) == []
    page.add_script_tag(path=AXE)
    assert page.evaluate(FOUND, RULES) == []
    assert reader.wrong == []
