"""Pages to PDF: one browser for all of them, and the numbers of their pages filled in."""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from posenc.course import _pages

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECONDS = 60
FILL = """numbers => document.querySelectorAll(".page-number").forEach(
    spot => { spot.textContent = numbers[spot.dataset.of] ?? ""; })"""


def find_browser() -> str | None:
    """The Chromium that CHROMIUM names, or the first of the usual names on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def printer() -> Iterator[Callable[[str], bytes]]:
    """A function from pages to PDFs; its browser ends with the block."""
    script = _pages.mathjax()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        # Without a network, as the reader will be.
        context = browser.new_context(offline=True)
        try:
            yield lambda html: _print(context, html, script)
        finally:
            browser.close()


def _print(context: Any, html: str, script: str) -> bytes:
    tab = context.new_page()
    try:
        tab.set_default_timeout(SECONDS * 1000)
        tab.set_content(html)
        if _pages.MATHEMATICS in html:
            tab.evaluate("settings => { window.MathJax = settings; }", _pages.CONFIGURATION)
            tab.add_script_tag(content=script)
            tab.evaluate("MathJax.startup.promise")
        first = _pdf(tab)
        tab.evaluate(FILL, _page_numbers(first))
        return _pdf(tab)
    finally:
        tab.close()


def _pdf(tab: Any) -> bytes:
    return bytes(
        tab.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
    )


def _page_numbers(pdf: bytes) -> dict[str, str]:
    """Each place that a link of the page leads to, with its page."""
    reader = PdfReader(io.BytesIO(pdf))
    pages = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, 1)}
    return {
        name.removeprefix("/"): str(pages[place.page.idnum])
        for name, place in reader.named_destinations.items()
    }
