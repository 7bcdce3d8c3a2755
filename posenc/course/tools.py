"""What is installed, what a command needs, and how to get what is missing."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from posenc.course.places import COURSE, CourseError

FORMATS = {"ipynb": "ipynb", "colab": "ipynb", "html": "html", "pdf": "pdf"}  # their suffixes
# The module, and the formats that need it; "book" is no format, but a command of its own.
MODULES = {
    "nbformat": (*FORMATS, "book"),
    "jupytext": (*FORMATS, "book"),
    "nbclient": (*FORMATS, "book"),
    "nbconvert": ("html", "pdf", "book"),
    "bs4": ("html", "pdf", "book"),
    "mathjax": ("html", "pdf", "book"),
    "playwright": ("pdf",),
    "pypdf": ("pdf",),
    "sphinx": ("book",),
    "myst_nb": ("book",),
    "sphinx_book_theme": ("book",),
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


def requirements(extra: str) -> dict[str, SpecifierSet]:
    """Each package that an extra asks for, those of its own extras included, with its versions."""
    found: dict[str, SpecifierSet] = {}
    for text in metadata.requires("posenc") or []:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        if requirement.name == "posenc":
            for inner in requirement.extras:
                found |= requirements(inner)
        else:
            found[requirement.name] = requirement.specifier
    return found


def version(name: str) -> str | None:
    """The version of an installed package; None if it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def remedy(extra: str) -> str:
    """The command that installs an extra of the course on this machine: `run …: …`.

    In the clone's own `.venv` it is the set-up, in another environment that environment's pip;
    where the system guards its Python, the set-up makes a `.venv`; an installed package has no
    set-up, so there pip gets the names of the packages.
    """
    setup, pip = COURSE / "tools" / "setup.py", [sys.executable, "-m", "pip", "install"]
    if not setup.exists():
        names = [f"{name}{wanted}" for name, wanted in requirements(extra).items()]
        return f"run: {_typed([*pip, *names])}"
    own = Path(sys.prefix).resolve() == COURSE / ".venv"
    program = os.path.relpath(sys.executable, COURSE) if own else sys.executable
    words = [program, os.path.join("tools", "setup.py"), extra]
    if not own and not _is_guarded():
        words = [*pip, "-c", "constraints.txt", "-e", f".[{extra}]"]
    return f"run this in {COURSE}: {_typed(words)}"


def _is_guarded() -> bool:
    """Whether this Python is the system's, which lets no pip install into it."""
    guard = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    return sys.prefix == sys.base_prefix and guard.exists()


def _typed(words: list[str]) -> str:
    """The words as they are typed in the shell of this system."""
    if os.name == "posix":
        return shlex.join(words)
    line = subprocess.list2cmdline(words)
    return f"& {line}" if line.startswith('"') else line  # PowerShell runs a quoted path so


def _missing(formats: set[str]) -> Iterator[str]:
    modules = [
        name
        for name, needed in MODULES.items()
        if formats & set(needed) and importlib.util.find_spec(name) is None
    ]
    if modules:
        what = f"{', '.join(modules)} {'is' if len(modules) == 1 else 'are'} missing"
        yield f"{what}. To get it, {remedy('book' if 'book' in formats else 'handouts')}"
    if "pdf" in formats and not find_browser():
        named = os.environ.get("CHROMIUM")
        what = f"CHROMIUM names {named}, which cannot be run" if named else "no Chromium is here"
        yield (
            f"{what}; PDFs are printed by it: `sudo apt install chromium` on Debian and Ubuntu, "
            "elsewhere set CHROMIUM to the program of a Chrome or Chromium"
        )
