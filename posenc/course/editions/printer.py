"""Pages to PDF: one browser for all of them, and the numbers of their pages filled in."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from playwright.sync_api import Error, sync_playwright
from pypdf import PdfReader

from posenc.course.editions.page import CONFIGURATION, MATHEMATICS, mathjax
from posenc.course.places import CourseError
from posenc.course.tools import find_browser

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECONDS = 60
FILL = """numbers => document.querySelectorAll(".page-number").forEach(
    spot => { spot.textContent = numbers[spot.dataset.of] ?? ""; })"""


@contextmanager
def printer() -> Iterator[Callable[[str], bytes]]:
    """A function from pages to PDFs; its browser starts with the first and ends with the block."""
    with ExitStack() as stack:

        @cache
        def window() -> Any:
            driver = stack.enter_context(sync_playwright())
            # Ctrl+C is for this process, which then ends the browser in good order.
            browser = driver.chromium.launch(
                executable_path=find_browser(), args=ARGUMENTS, handle_sigint=False
            )
            stack.enter_context(browser)
            # Without a network, as the reader will be.
            return browser.new_context(offline=True)

        try:
            yield lambda html: _print(window(), html)
        except Error as problem:
            first = problem.message.splitlines()[0]
            raise CourseError(f"Chromium ({find_browser()}) could not print: {first}") from None


def _print(window: Any, html: str) -> bytes:
    tab = window.new_page()
    try:
        tab.set_default_timeout(SECONDS * 1000)
        tab.set_content(html)
        if MATHEMATICS in html:
            tab.evaluate("settings => { window.MathJax = settings; }", CONFIGURATION)
            tab.add_script_tag(content=mathjax())
            tab.evaluate("MathJax.startup.promise")
        draft = _pdf(tab, tagged=False)
        tab.evaluate(FILL, _page_numbers(draft))
        # Tagged, so that the text of the figures can be heard.
        return _pdf(tab, tagged=True)
    finally:
        tab.close()


def _pdf(tab: Any, *, tagged: bool) -> bytes:
    options = {"prefer_css_page_size": True, "print_background": True, "outline": True}
    return bytes(tab.pdf(tagged=tagged, **options))


def _page_numbers(pdf: bytes) -> dict[str, str]:
    """Each place that a link of the page leads to, with its page."""
    reader = PdfReader(io.BytesIO(pdf))
    pages = {page.indirect_reference: number for number, page in enumerate(reader.pages, 1)}
    return {
        name.removeprefix("/"): str(pages[place.page])
        for name, place in reader.named_destinations.items()
        if place.page in pages
    }
