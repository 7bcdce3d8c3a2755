"""A class in the middle of a change: files of an earlier release and of today in one run."""

import csv
import json
import lzma
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from real import LESSONS, ROOT, SOURCES

from posenc.course import lesson
from posenc.course.grade import run

pytestmark = pytest.mark.full

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.json.xz"))
# Exercises that are new or ask for more than they did, and how the grader calls what is lacking.
ASKS_FOR_MORE = {
    "0.1.0.json.xz": {
        "yarn_frequencies": "ends-not-clamped",
        "separating_run": "missing",
        "shift_is_shown": "missing",
        "deciding_run": "missing",
        "chosen_run": "missing",
        "prompt_positions": "missing",
    }
}


def test_there_is_a_release():
    assert RELEASES


def of_release(cells, solved):
    """A learner's copy of a release in which some exercises have that release's own answers."""
    answers = {cell["id"].removeprefix("solution-"): cell["source"] for cell in cells}
    found = []
    for cell in cells:
        name = cell["id"].removeprefix("exercise-")
        source = answers[name] if name in solved else cell["source"]
        found.append(new_code_cell(source, id=cell["id"], metadata={"tags": cell["tags"]}))
    return new_notebook(cells=found)


def of_today(stem, solved):
    """A learner's copy of today's lesson with some exercises solved."""
    notebook = nbformat.read(LESSONS[stem], as_version=4)
    answers = {exercise.name: exercise.answer for exercise in lesson.read(SOURCES[stem]).exercises}
    for cell in notebook.cells:
        name = cell.id.removeprefix("exercise-")
        if cell.id.startswith("exercise-") and name in solved:
            cell.source = answers[name]
    return notebook


@pytest.mark.parametrize("release", RELEASES, ids=[path.name for path in RELEASES])
def test_answers_in_both_editions_get_the_same_points(release, tmp_path):
    """Every exercise solved but one of each lesson, in each edition's own words."""
    asks_for_more = ASKS_FOR_MORE.get(release.name, {})
    lessons = json.loads(lzma.decompress(release.read_bytes()))
    worth = {}
    for stem, cells in lessons.items():
        exercises = lesson.read(SOURCES[stem]).exercises
        left = next(one.name for one in exercises[1:] if one.name not in asks_for_more)
        solved = [one.name for one in exercises if one.name != left]
        worth |= {one.name: float(one.points * (one.name in solved)) for one in exercises}
        for student, notebook in (
            ("old", of_release(cells, solved)),
            ("new", of_today(stem, solved)),
        ):
            path = tmp_path / "in" / student / f"{stem}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, path)
    assert run.run(ROOT, tmp_path / "in", tmp_path / "out", jobs=2, trusted=True) == 0
    found = {"old": {}, "new": {}}
    with open(tmp_path / "out" / "results.csv", newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            found[row["student"]][row["exercise"]] = float(row["points"]), row["mistake"]
    assert {name: points for name, (points, _) in found["new"].items()} == worth
    other = {name: mistake for name, (points, mistake) in found["old"].items()
             if points != worth[name]}  # fmt: skip
    assert other == asks_for_more
