"""Cells that are run again after Run All: what the builder refuses."""

import pytest
import tiny

from posenc.course import places
from posenc.course.author import build
from posenc.course.places import CourseError

FIRST = "# %%\nx = 1\n\n# %%\nx + 1\n\n# %%\n"


@pytest.mark.slow  # a kernel of its own
@pytest.mark.parametrize(
    ("last", "words"),
    [
        ("x = 5", "no longer prints '2': run once more it prints '6'; the cell:\n    x + 1"),
        ("del x", "run once more it prints \"NameError: name 'x' is not defined\""),
        ("y = []\nprint(len(y))", ""),
    ],
)
def test_a_cell_must_print_the_same_after_the_last_one(tmp_path, last, words):
    source = tiny.write(tmp_path, FIRST + last + "\n")
    if not words:
        build.build_one(source)
        return
    with pytest.raises(CourseError) as refused:
        build.build_one(source)
    assert words in str(refused.value)
    assert not places.built_from(source).exists()


@pytest.mark.slow
def test_a_lesson_that_is_as_built_is_not_gone_through_twice(tmp_path, monkeypatch):
    source = tiny.write(tmp_path, FIRST + "y = 3\n")
    build.build_one(source)
    monkeypatch.setattr(build.rerun, "in_reverse", None)  # calling it would fail
    build.build_one(source)
