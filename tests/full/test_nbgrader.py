"""nbgrader, in an environment of its own, gives the points that `grade` gives."""

import csv
import json
import os
import shutil
import subprocess
import sysconfig

import nbformat
import pytest
from doors import environment
from nbformat.v4 import new_code_cell
from real import ROOT, SOURCES, pieces

from posenc.course import lesson
from posenc.course.cells import tags
from posenc.course.editions import editions, leaks
from posenc.course.grade import run

pytestmark = pytest.mark.full

STEM = next(stem for stem in SOURCES if stem.startswith("03"))  # the lesson that runs quickest
EXERCISES = {exercise.name: exercise for exercise in lesson.read(SOURCES[STEM]).exercises}
FIRST, *_, LAST = EXERCISES
SLIP = """\
def inverse_frequencies(dim, base):
    return base ** (-torch.arange(dim // 2) / dim)


check.inverse_frequencies(inverse_frequencies)"""
ODD = """\
inverse_frequencies = lambda dim, base: shares(dim).mul(-1).exp2() ** math.log2(base)

check.inverse_frequencies(inverse_frequencies)
print("done")"""
HELPER = "def shares(dim):\n    return torch.arange(0, dim, 2, dtype=torch.float64) / dim"
SCORES = """\
from nbgrader.api import Gradebook
import json
with Gradebook("sqlite:///gradebook.db") as book:
    print(json.dumps({
        one.student.id: {g.name: g.auto_score for n in one.notebooks for g in n.grades}
        for one in book.assignment_submissions("ps")
    }))
"""


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """nbgrader beside what is installed here, as a teacher has it."""
    folder = tmp_path_factory.mktemp("nbgrader") / "venv"
    return environment(folder, "nbgrader==0.9.6", seen=[ROOT, sysconfig.get_path("purelib")])


@pytest.fixture(scope="module")
def course(nbgrader, tmp_path_factory):
    """A course of nbgrader's with one assignment; a function that calls nbgrader in it."""
    folder, dist = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("dist")
    order = editions.Order(audiences=("instructor",), formats=("ipynb",), names=("03",))
    assert editions.editions(ROOT, order, dist) == 0
    (folder / "source" / "ps").mkdir(parents=True)
    shutil.copy(dist / "instructor" / "ipynb" / f"{STEM}.ipynb", folder / "source" / "ps")
    shutil.copy(dist / "instructor" / "ipynb" / "nbgrader_config.py", folder)

    def call(*words):
        env = os.environ | {"PATH": f"{nbgrader.parent}{os.pathsep}{os.environ['PATH']}"}
        command = [nbgrader, *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    call("-m", "nbgrader", "generate_assignment", "ps", "--create")
    return folder, call


def released(folder):
    return nbformat.read(folder / "release" / "ps" / f"{STEM}.ipynb", as_version=4)


def submit(folder, student, answers, *before):
    """Hand in the released assignment with these answers, and these cells at its beginning."""
    notebook = released(folder)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removeprefix("exercise-")
        cell.source = answers.get(name, cell.source)
    notebook.cells[1:1] = [new_code_cell(cell) for cell in before]
    path = folder / "submitted" / student / "ps" / f"{STEM}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def test_what_is_released_holds_no_answer_and_no_note(course):
    notebook = released(course[0])
    assert leaks.leaked(pieces(SOURCES[STEM]), notebook) == []
    assert not [cell for cell in notebook.cells if "teacher" in tags(cell)]


def test_its_points_are_ours(course, tmp_path):
    """One who solved all; one with half, of it a slip; one who wrote in another form."""
    folder, call = course
    solved = {name: exercise.answer for name, exercise in EXERCISES.items()}
    submit(folder, "ann", solved)
    submit(folder, "bob", {FIRST: SLIP, LAST: solved[LAST]})
    submit(folder, "cleo", {FIRST: ODD}, "import math\nimport torch", HELPER)
    call("-m", "nbgrader", "autograde", "ps")
    theirs = json.loads(call("-c", SCORES))
    assert run.run(ROOT, folder / "submitted", tmp_path / "out", jobs=2, trusted=True) == 0
    ours = {student: {} for student in theirs}
    with open(tmp_path / "out" / "results.csv", newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            ours[row["student"]][f"check-{row['exercise']}"] = float(row["points"])
    assert ours == theirs
    most = [exercise.points for exercise in EXERCISES.values()]
    sums = {student: sum(points.values()) for student, points in ours.items()}
    assert sums == {"ann": sum(most), "bob": most[-1], "cleo": most[0]}
