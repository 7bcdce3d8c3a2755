"""What is right in the notebook is right in the grader, in whatever form it was written."""

import ast
import itertools
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import handed_in
import odd_forms
import pytest
import torch
from nbclient import NotebookClient
from real import SOURCES

from posenc import check
from posenc.check.engine import draws
from posenc.check.trial.record import RETIRED
from posenc.course import lesson as lessons
from posenc.course import places
from posenc.course.grade import tasks
from posenc.course.grade.outside import judge, sandbox
from posenc.course.grade.submissions import Cells

SAYS = Path(__file__).with_name("notebook_says.py")
CHECKED = Path(__file__).parents[2] / "check"
SET = ("set_default_dtype", "set_grad_enabled", "manual_seed")
KINDS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def notebooks(stem, form, only=None):
    """Return the cells of a lesson with its exercises in a form: as handed in, and as run.

    The lesson's pictures and trainings are left out; with ``only``, so are the other exercises.
    """
    handed, ran = [], []
    for cell in lessons.read(SOURCES[stem]).cells:
        if cell.exercise and only in (None, cell.exercise.name):
            own = odd_forms.cells(form, cell.exercise.answer)
            handed += own
            ran += odd_forms.run_order(form, own)
        elif quick := _quick(cell):
            handed.append(quick)
            ran.append(quick)
    return handed, ran


def _quick(cell):
    if cell.kind != "code" or cell.exercise:
        return ""
    kept = [one for one in ast.parse(cell.source).body
            if isinstance(one, KINDS) or any(word in ast.unparse(one) for word in SET)
            or isinstance(getattr(one, "value", None), ast.Attribute)]  # fmt: skip
    return "\n".join(map(ast.unparse, kept))


def notebook_says(all_of_them):
    """Return what the checks say when the cells are run, for each notebook."""
    env = os.environ | {"POSENC_QUIET": "1", "PYTHONPATH": str(SAYS.parents[3])}
    told = subprocess.run([sys.executable, str(SAYS)], input=json.dumps(all_of_them), env=env,
                          capture_output=True, text=True)  # fmt: skip
    assert not told.returncode, told.stderr
    return json.loads(told.stdout)


class Grader:
    """Grades many notebooks in one sandbox; in a new one where it ended, or knows too much."""

    AT_MOST = 8  # notebooks: a sandbox lends at most 1000 functions, and 01 has six exercises

    def __init__(self):
        self.box, self.read = None, 0

    def says(self, stem, cells, only=None):
        """Return what is said of each exercise, by its checker."""
        lesson = tasks.read(SOURCES[stem])
        asked = [task for task in lesson.tasks if only in (None, task.name)]
        grading = judge._Grading(None, lesson, Cells(cells, {}), trusted=True)
        self.read += 1
        if self.box and self.read % self.AT_MOST == 0:
            self.box.close()
            self.box = None
        if self.box:
            self.box.clock.start(sandbox.TO_READ)
            names = [task.name for task in lesson.tasks]
            self.box.peer.ask("read", cells, list(lesson.cells), names)
        grading.box = self.box
        with judge._aside():
            said = {task.checker: grading._best(task) for task in asked}
        self.box = grading.box
        return said


@pytest.fixture(scope="module")
def grader():
    one = Grader()
    yield one
    if one.box:
        one.box.close()


# What a class sets in torch is undone in the notebook when the check ends, and in the grader after
# each call of it; this form asserts that it was undone before the next call.
UNDONE = "float64 in the answer"


def _is_class(stem, checker):
    (name,) = [task.name for task in tasks.read(SOURCES[stem]).tasks if task.checker == checker]
    (answer,) = [cell.exercise.answer for cell in lessons.read(SOURCES[stem]).cells
                 if cell.exercise and cell.exercise.name == name]  # fmt: skip
    return any(isinstance(node, ast.ClassDef) for node in ast.parse(answer).body)


def disagreements(grader, wanted):
    """Yield the answers that are right there and not here, or the other way round."""
    told = notebook_says([notebooks(*one)[1] for one in wanted])
    for (stem, form, only), there in zip(wanted, told, strict=True):
        cells, _ = notebooks(stem, form, only)
        for checker, (verdict, *why) in grader.says(stem, cells, only).items():
            right = there.get(checker, "") in ("✓", "≈")
            if form == UNDONE and not right and _is_class(stem, checker):
                continue
            if right != (verdict in judge.PASSED):
                yield form, stem[:2], checker, there.get(checker), verdict, *why


FORMS = list(odd_forms.FORMS)
STEMS = sorted(SOURCES)


EXERCISES = [(stem, task.name) for stem in STEMS for task in tasks.read(SOURCES[stem]).tasks]


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.full)])
def test_a_form_of_each_answer(grader, step):
    turns = zip(itertools.cycle(EXERCISES), FORMS[::step], strict=False)
    assert list(disagreements(grader, [(stem, form, name) for (stem, name), form in turns])) == []


@pytest.mark.full
@pytest.mark.parametrize("stem", STEMS)
def test_a_lesson_s_answers_in_every_form(grader, stem):
    assert list(disagreements(grader, [(stem, form, None) for form in FORMS])) == []


@pytest.mark.full
@pytest.mark.parametrize("stem", [stem for stem in STEMS if stem[:2] in ("03", "09")])
def test_the_whole_notebook_run_by_jupyter_says_the_same(grader, stem):
    """Each exercise of the lesson in another form, and nothing left out."""
    handed = []
    exercises = iter(FORMS[::9])
    for cell in lessons.read(SOURCES[stem]).cells:
        if cell.exercise:
            handed += odd_forms.cells(next(exercises), cell.exercise.answer)
        elif cell.kind == "code":
            handed.append(cell.source)
    client = NotebookClient(handed_in.of_code(*handed), allow_errors=True, timeout=180)
    client.execute(env=os.environ | places.KERNEL_ENV)
    printed = [output.text for cell in client.nb.cells for output in cell.outputs
               if output.output_type == "stream"]  # fmt: skip
    names = {task.name: task.checker for task in tasks.read(SOURCES[stem]).tasks}
    passed = {checker for name, checker in names.items()
              if any(f"{mark} {name}:" in text for mark in "✓≈" for text in printed)}  # fmt: skip
    said = grader.says(stem, handed)
    assert passed == {name for name, said in said.items() if said[0] in judge.PASSED}


@pytest.mark.full
@pytest.mark.parametrize(
    "number", [path.stem[-2:] for path in sorted(CHECKED.glob("lesson_??.py"))]
)
def test_right_answers_of_the_checkers_tests_are_right_here(grader, number, monkeypatch):
    """Those are right in other ways than the solution: one for each way that somebody took."""
    monkeypatch.syspath_prepend(CHECKED)
    known = import_module(f"lesson_{number}")
    tables = [("RIGHT", {name: [one] for name, one in known.RIGHT.items()})]
    tables += [("FORMS", getattr(known, "FORMS", {}))]
    for table, rows in tables:
        for name in rows.keys() - RETIRED.keys():  # no lesson asks for these any more
            for i, program in enumerate(rows[name]):
                at = f"{table}[{name!r}]" + (f"[{i}]" if table == "FORMS" else "")
                fetch = f"import sys\nsys.path.insert(0, {str(CHECKED)!r})\nimport lesson_{number}"
                cells = [f"{fetch}\n{name} = lesson_{number}.{at}", f"check.{name}({name})"]
                passed = getattr(check, name)(program).passed
                said = grader.says(stem_of(number), cells)[name]
                assert passed == (said[0] in judge.PASSED), (name, i, said)


HEAD = "def unseen_pairs(dim, base, trained)"
BROKEN = f"x = 1\n{HEAD}\n    return 18"
STUB = f"{HEAD}:\n    raise NotImplementedError"


def test_an_answer_whose_cell_is_no_python_is_told_so_first(grader):
    why = "its cell cannot be read: cell 1, line 2, is no Python: expected ':'"
    said = grader.says(stem_of("08"), [BROKEN])["unseen_pairs"]
    assert said[0] == "missing"
    assert said[2].startswith(why)
    said = grader.says(stem_of("08"), [BROKEN, STUB])["unseen_pairs"]
    assert said == ("not written", "", f"not written yet ({why})")


def test_a_version_that_ends_its_sandbox_leaves_the_others_to_be_tried(grader):
    ends = f"import os\n{HEAD}:\n    os._exit(0)"
    turns = "trained * base ** (-2 * i / dim) / 6.283185307179586"
    right = f"{HEAD}:\n    return sum({turns} < 1 for i in range(dim // 2))"
    said = grader.says(stem_of("08"), [right, ends], only="unseen_pairs")
    assert said["unseen_pairs"][0] == "right"


# --- settings -----------------------------------------------------------------------------------

SET_UP = "import math\nimport torch\nimport posenc\nfrom posenc import check"
EXACT = "torch.set_default_dtype(torch.float64)"
MIXED = {  # right where floating point is what it says, and an error of dtypes elsewhere
    ("03", "offset_head"): """
eye = torch.eye(256)
def offset_head(k, dim):
    turn = posenc.shift_matrix(k, dim, dtype=torch.float{bits})
    return torch.eye(dim) @ turn, eye[:dim, :dim] @ torch.eye(dim, dtype=torch.float{bits})
""",
    ("03", "shift_matrix"): """
def shift_matrix(k, dim):
    speeds = posenc.inverse_frequencies(dim, dtype=torch.float{bits})
    turns = [torch.tensor([[math.cos(k * s), math.sin(k * s)], [-math.sin(k * s), math.cos(k * s)]])
             for s in speeds.tolist()]
    return torch.block_diag(*turns) @ torch.eye(dim, dtype=torch.float{bits})
""",
    ("09", "cached_step"): """
one = torch.ones(1, dtype=torch.float{bits})
def cached_step(q, k, v, store, turn):
    p = store["seen"]
    store["keys"].append(turn(k, p))
    store["values"].append(v)
    store["seen"] = p + 1
    scores = torch.stack(store["keys"]) @ turn(q, p) / len(q) ** 0.5
    weights = torch.dot(torch.ones(1), one) * scores.softmax(0)
    return weights @ torch.stack(store["values"])
""",
}
KERNELS = {  # the cells above the answer, and the number type that they leave in force
    "the set-up cell": ([SET_UP + "\n" + EXACT], 64),
    "the set-up cell without its setting": ([SET_UP], 32),
    "another setting": ([SET_UP + "\n" + EXACT, "torch.set_default_dtype(torch.float32)"], 32),
}


def stem_of(number):
    return next(stem for stem in STEMS if stem.startswith(number))


def says(grader, number, name, cells):
    return grader.says(stem_of(number), cells, only=name)[name][0]


def test_the_settings_in_force_are_the_notebook_s(grader):
    all_of_them = [(at, [*above, MIXED[at].format(bits=bits), f"check.{at[1]}({at[1]})"])
                   for at in MIXED for above, bits in KERNELS.values()]  # fmt: skip
    there = notebook_says([cells for _, cells in all_of_them])
    for ((number, name), cells), told in zip(all_of_them, there, strict=True):
        assert told[name] == "✓"
        assert says(grader, number, name, cells) == "right"


@pytest.mark.parametrize(("number", "name"), MIXED)
def test_the_lesson_s_settings_hold_where_their_cell_was_deleted(grader, number, name):
    assert says(grader, number, name, [MIXED[number, name].format(bits=64)]) == "right"


def test_the_teacher_s_own_settings_are_left_alone(grader):
    says(grader, "03", "offset_head", [MIXED["03", "offset_head"].format(bits=64)])
    assert torch.get_default_dtype() == torch.float32


def test_cases_are_those_of_the_dtype_in_force():
    cases = draws.Drawn("some", lambda draw: [torch.ones(1)])
    assert cases[0].dtype == torch.float32
    with judge._with_numbers_of(torch.float64):
        assert cases[0].dtype == torch.float64
    assert cases[0].dtype == torch.float32
