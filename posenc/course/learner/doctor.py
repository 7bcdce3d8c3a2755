"""What is here, what is missing, how to get it: one line each, for each command."""

import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata

from packaging.specifiers import SpecifierSet

from posenc.course.tools import find_browser, remedy, requirements, version

# The commands beside `lab`, the extra of the course that each needs, and its programs.
OTHERS = {
    "make handouts": ("handouts", ("Chromium",)),
    "make book": ("book", ()),
    "python -m posenc.course grade": ("teach", ("bubblewrap",)),
    "python -m posenc.study --backend dask": ("cluster", ()),
    "make test": ("test", ("bubblewrap",)),
}
PROGRAMS = {
    "Chromium": "On Debian and Ubuntu, `sudo apt install chromium` brings it; elsewhere let the "
    "variable CHROMIUM name the program of a Chrome or Chromium.",
    "bubblewrap": "On Debian and Ubuntu, `sudo apt install bubblewrap` brings it.",
}


def doctor() -> int:
    """Print what each command needs and whether it is here; 1 if `lab` could not start."""
    print("make lab")
    wrong = [_tell(*row) for row in _needed("lab")]
    print(f"✓ device {_device()}" if version("torch") else "✗ device: torch is missing")
    for command, (extra, programs) in OTHERS.items():
        print(f"\n{command}")
        print("\n".join(_other(extra, programs)))
    return int(any(wrong))


def _needed(extra: str) -> Iterator[tuple[str, str | None, SpecifierSet]]:
    """Each name with the version here and the versions that pyproject.toml asks for."""
    python = SpecifierSet(metadata.metadata("posenc")["Requires-Python"])
    yield "Python", platform.python_version(), python
    for name, wanted in requirements(extra).items():
        yield name, version(name), wanted


def _tell(name: str, here: str | None, wanted: SpecifierSet) -> bool:
    """Print the line of one thing that `lab` needs; whether something is wrong with it."""
    if _fits(here, wanted):
        print(f"✓ {name} {here}")
        return False
    what = f"{name} {here} does not fit" if here else f"{name} is missing"
    help = f"make a new environment with Python {wanted}"
    if name != "Python":
        help = remedy("lab")
    print(f"✗ {what}, because the course needs {name}{wanted}. To get it, {help}")
    return True


def _fits(here: str | None, wanted: SpecifierSet) -> bool:
    return here is not None and wanted.contains(here, prereleases=True)


def _other(extra: str, programs: tuple[str, ...]) -> Iterator[str]:
    """A line for the packages that another command needs, and one for each program."""
    rows = list(_needed(extra))
    missing = [name for name, here, wanted in rows if not _fits(here, wanted)]
    if missing:
        few = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if missing[4:] else "")
        yield f"– needs {few}. To get all of it, {remedy(extra)}"
    else:
        yield f"✓ its {len(rows) - 1} packages"
    for name in programs:
        path = find_browser() if name == "Chromium" else shutil.which("bwrap")
        if name == "bubblewrap" and sys.platform != "linux":
            yield "– needs Linux, for bubblewrap; on other systems use a virtual machine"
        else:
            yield f"✓ {name} ({path})" if path else f"– needs {name}. {PROGRAMS[name]}"


def _device() -> str:
    """The fastest device that torch sees; the course runs on any of them."""
    import torch

    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    return "mps" if torch.backends.mps.is_available() else "cpu"
