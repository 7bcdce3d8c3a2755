"""What is here, what is missing, how to get it: one line each."""

import platform
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from posenc.course._places import INSTALL


def doctor() -> int:
    """Print a line for each thing that the course needs; 1 if one is missing."""
    wrong = 0
    for name, version, wanted in _needed():
        ok = version is not None and wanted.contains(version, prereleases=True)
        wrong += not ok
        print(_line(name, version, wanted, ok))
        if name == "torch" and ok:
            print(f"✓ device {_device()}")
    return int(wrong > 0)


def _needed() -> Iterator[tuple[str, str | None, SpecifierSet]]:
    """Each name with the version here and the versions that pyproject.toml asks for."""
    about = metadata.metadata("posenc")
    python = SpecifierSet(about["Requires-Python"])
    yield "Python", platform.python_version(), python
    for text in metadata.requires("posenc") or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": "lab"}):
            name = requirement.name
            yield name, _version(name), requirement.specifier


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _line(name: str, version: str | None, wanted: SpecifierSet, ok: bool) -> str:
    if ok:
        return f"✓ {name} {version}"
    here = f"{name} {version} does not fit" if version else f"{name} is missing"
    remedy = f"make a new environment with Python {wanted}"
    if name != "Python":
        remedy = INSTALL.format(extra="lab")
    return f"✗ {here}, the course needs {wanted}; to get it: {remedy}"


def _device() -> str:
    """The fastest device that torch sees; the course runs on any of them."""
    import torch

    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    return "mps" if torch.backends.mps.is_available() else "cpu"
