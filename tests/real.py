"""The lessons of this repository, for tests that look at each of them."""

from pathlib import Path

import pytest

from posenc.course import places
from posenc.course.editions.leaks import secrets

ROOT = places.find_root(Path(__file__).parent)
SOURCES = {path.stem: path for path in places.sources(ROOT)}
LESSONS = {path.stem: path for path in places.lessons(ROOT)}
every_lesson = pytest.mark.parametrize("stem", sorted(SOURCES))


def pieces(source):
    """Every piece of an answer that no student's file may hold."""
    return [piece for found in secrets(source).values() for piece in found]
