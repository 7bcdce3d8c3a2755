"""What an edition is made with, looked for before the first of them is begun."""

import importlib.util
import os
import shutil
from collections.abc import Iterable, Iterator

from posenc.course._places import CourseError, remedy

FORMATS = {"ipynb": "ipynb", "colab": "ipynb", "html": "html", "pdf": "pdf"}  # their suffixes
# The module, and the formats that need it.
MODULES = {
    "nbformat": tuple(FORMATS),
    "jupytext": tuple(FORMATS),
    "nbclient": tuple(FORMATS),
    "nbconvert": ("html", "pdf"),
    "bs4": ("html", "pdf"),
    "mathjax": ("html", "pdf"),
    "playwright": ("pdf",),
    "pypdf": ("pdf",),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def require(formats: Iterable[str]) -> None:
    """Raise one error that names all that is missing for `formats`, and how to get it."""
    lines = list(_missing(set(formats)))
    if lines:
        raise CourseError("\n".join(lines))


def find_browser() -> str | None:
    """The Chromium that CHROMIUM names, or the first of the usual names on PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)


def _missing(formats: set[str]) -> Iterator[str]:
    modules = [
        name
        for name, needed in MODULES.items()
        if formats & set(needed) and importlib.util.find_spec(name) is None
    ]
    if modules:
        what = f"{', '.join(modules)} {'is' if len(modules) == 1 else 'are'} missing"
        yield f"{what}. To get it, {remedy('handouts')}"
    if "pdf" in formats and not find_browser():
        named = os.environ.get("CHROMIUM")
        what = f"CHROMIUM names {named}, which cannot be run" if named else "no Chromium is here"
        yield (
            f"{what}; PDFs are printed by it: `sudo apt install chromium` on Debian and Ubuntu, "
            "elsewhere set CHROMIUM to the program of a Chrome or Chromium"
        )
