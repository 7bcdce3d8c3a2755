"""What is right in the notebook is right in the grader, in whatever form it was written."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import odd_forms
import pytest
from real import SOURCES

from posenc.course import lesson as lessons
from posenc.course.grade import tasks
from posenc.course.grade.outside import judge, sandbox
from posenc.course.grade.submissions import Cells

SAYS = Path(__file__).with_name("notebook_says.py")
SET = ("set_default_dtype", "set_grad_enabled", "manual_seed")
KINDS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def notebooks(stem, form):
    """Return the cells of a lesson with its exercises in a form: as handed in, and as run.

    What is run here leaves out the lesson's pictures and trainings.
    """
    handed, ran = [], []
    for cell in lessons.read(SOURCES[stem]).cells:
        if cell.exercise:
            own = odd_forms.cells(form, cell.exercise.answer)
            handed += own
            ran += odd_forms.run_order(form, own)
        elif cell.kind == "code":
            handed.append(cell.source)
            ran.append(_quick(cell.source))
    return handed, ran


def _quick(cell):
    kept = [one for one in ast.parse(cell).body
            if isinstance(one, KINDS) or any(word in ast.unparse(one) for word in SET)]  # fmt: skip
    return "\n".join(map(ast.unparse, kept))


def notebook_says(all_of_them):
    """Return what the checks say when the cells are run, for each notebook."""
    env = os.environ | {"POSENC_QUIET": "1", "PYTHONPATH": str(SAYS.parents[3])}
    told = subprocess.run([sys.executable, str(SAYS)], input=json.dumps(all_of_them), env=env,
                          capture_output=True, text=True)  # fmt: skip
    assert not told.returncode, told.stderr
    return json.loads(told.stdout)


class Grader:
    """Grades many notebooks in one sandbox, and in a new one where it ended."""

    def __init__(self):
        self.box = None

    def says(self, stem, cells):
        """Return the mark of each exercise, by its checker."""
        lesson = tasks.read(SOURCES[stem])
        grading = judge._Grading(None, lesson, Cells(cells, {}), trusted=True)
        if self.box:
            self.box.clock.start(sandbox.TO_READ)
            names = [task.name for task in lesson.tasks]
            self.box.peer.ask("read", cells, list(lesson.cells), names)
        grading.box = self.box
        with judge._aside():
            said = {task.checker: grading._best(task) for task in lesson.tasks}
        self.box = grading.box
        return said


@pytest.fixture(scope="module")
def grader():
    one = Grader()
    yield one
    if one.box:
        one.box.close()


def disagreements(grader, wanted):
    """Yield the answers that are right there and not here, or the other way round."""
    told = notebook_says([notebooks(stem, form)[1] for stem, form in wanted])
    for (stem, form), there in zip(wanted, told, strict=True):
        for checker, (verdict, *why) in grader.says(stem, notebooks(stem, form)[0]).items():
            if (there.get(checker, "") in ("✓", "≈")) != (verdict in judge.PASSED):
                yield form, stem[:2], checker, there.get(checker), verdict, *why
