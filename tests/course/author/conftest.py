"""A course of one lesson, built once for all tests here."""

import json

import pytest
import tiny

from posenc.course import places
from posenc.course.author import build, check


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The bytes of the tiny lesson, built once."""
    root = tmp_path_factory.mktemp("built")
    build.build_one(tiny.write(root))
    return (root / "notebooks" / "01_tiny.ipynb").read_bytes()


@pytest.fixture
def course(tmp_path, built):
    """A course of one lesson, built; `problems()` is what `check` says of it."""
    source = tiny.write(tmp_path)
    target = places.built_from(source)
    target.write_bytes(built)

    class Course:
        root = tmp_path

        def problems(self):
            return list(check.problems(source, target))

        def edit(self, change):
            notebook = json.loads(target.read_text())
            change(notebook["cells"])
            target.write_text(json.dumps(notebook))

    Course.source, Course.target = source, target
    return Course()
