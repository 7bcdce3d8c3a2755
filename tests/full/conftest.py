"""The browser of the tests that look at pages: the Chromium that CHROMIUM names, or is here."""

import pytest

from posenc.course import _tools

SANDBOXED = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser():
    driver_of = pytest.importorskip("playwright.sync_api", reason="it comes with `make full`")
    named = _tools.find_browser()
    if not named:
        pytest.fail("no Chromium here: install it, or name it in CHROMIUM")
    with driver_of.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=named, args=SANDBOXED)
        yield browser
        browser.close()
