"""A learner beside a course, and nothing of the tester's own places."""

import pytest
from beside import Course

from posenc.course.learner import work as place


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


@pytest.fixture
def touched(course):
    """A course whose lesson the learner has changed."""
    course.lab()
    course.learner_writes("mine")
    return course


@pytest.fixture(autouse=True)
def no_place_of_the_testers(monkeypatch):
    for name in (place.VARIABLE, "POSENC_RECORD"):
        monkeypatch.delenv(name, raising=False)
