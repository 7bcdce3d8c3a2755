"""What the project says of itself, read once; a fresh clone, and a machine without a network."""

import shutil
import tomllib

import pytest
import yaml
from machine import COURSE, LISTS, Machine
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def root(pytestconfig):
    return pytestconfig.rootpath


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def pins(root):
    lines = (root / "constraints.txt").read_text().splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin.specifier for pin in pinned}


@pytest.fixture(scope="module")
def conda(root):
    return yaml.safe_load((root / "environment.yml").read_text())


@pytest.fixture
def clone(pytestconfig, tmp_path):
    folder = tmp_path / "Über Kurs"  # a space and an umlaut, as in many a home
    folder.mkdir()
    for name in LISTS:
        whole = pytestconfig.rootpath / name
        (shutil.copytree if whole.is_dir() else shutil.copy)(whole, folder / name)
    package = folder / "posenc" / "course"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__main__.py").write_text(COURSE)
    return folder


@pytest.fixture
def machine(clone, tmp_path):
    return Machine(clone, tmp_path)
