"""What tests of `make full` share: a browser, and every edition of every lesson."""

import pytest
import shelf
from real import ROOT

from posenc.course import tools
from posenc.course.editions import editions

SANDBOXED = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser():
    """The Chromium that CHROMIUM names, or is here."""
    driver_of = pytest.importorskip("playwright.sync_api", reason="it comes with `make full`")
    named = tools.find_browser()
    if not named:
        pytest.fail("no Chromium here: install it, or name it in CHROMIUM")
    with driver_of.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=named, args=SANDBOXED)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    """Every edition of every lesson, made for real."""
    out = tmp_path_factory.mktemp("dist")
    assert editions.editions(ROOT, editions.Order(), out) == 0
    return out


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """The web book, as its command makes it."""
    return shelf.made(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="session")
def site(book, tmp_path_factory):
    """Where a server on this machine has the book, in a subfolder."""
    with shelf.served(book, tmp_path_factory.mktemp("site")) as base:
        yield base
