"""Which statements of a submission an answer needs, and which answers are found."""

import subprocess
import sys

from handed_in import RIGHT, WRONG
from real import SOURCES, every_lesson

from posenc.course import lesson as lessons
from posenc.course.grade import tasks
from posenc.course.grade.inside import answers, statements


def answer(*cells, lesson=("import torch\nfrom posenc import check",), name="first", hint=""):
    """Return the answers that are found in these cells, the likeliest first."""
    notebook = answers.Notebook(list(cells), list(lesson), [name, "second"])
    found = []
    for version in range(9):
        exists, made, value, notes = notebook.answer(name, "interpolated", hint, version)
        if exists:
            found.append(value if made else notes)
    return found


def values(*cells, **named):
    return [found(8, 2) for found in answer(*cells, **named)]


HELPED = "def first(pos, factor):\n    return half(pos) * scale"
HALF = "def half(x):\n    return x / 2"


def test_an_answer_is_found_with_what_it_needs():
    assert values("scale = 10", HALF, HELPED) == [40]


def test_cells_in_another_order_do_as_well():
    assert values(HELPED, HALF, "scale = ten()", "def ten(): return 10") == [40]


def test_what_was_deleted_is_taken_from_the_lesson():
    assert values(HELPED, "scale = 10", lesson=[HALF, "scale = 3"]) == [40]


def test_nothing_else_is_run():
    assert values("1 / 0", "while True: pass", "scale = 10", HALF, HELPED, "sink = scale / 0")


def test_of_doubled_cells_the_last_comes_first():
    assert values(RIGHT.format("first"), WRONG.format("first")) == [8, 4]


def test_a_renamed_answer_is_the_one_that_the_check_was_handed():
    assert values(RIGHT.format("mine")) == [4]
    assert values("check.interpolated(lambda pos, factor: pos / factor)") == [4]


def test_what_the_check_was_handed_for_another_exercise_is_none():
    assert values(RIGHT.format("second")) == []


def test_a_renamed_answer_without_its_check_is_the_last_of_its_cell():
    cell = "def helper(x):\n    return x\n\ndef mine(pos, factor):\n    return helper(pos) / factor"
    assert values(cell, hint=cell) == [4]
    assert values(cell) == []


def test_magics_and_broken_cells_do_not_hide_an_answer():
    assert values("%matplotlib inline\n!ls\nhalf = 2", "def broken(:", RIGHT.format("first")) == [4]


def test_objects_that_are_filled_later_are_filled():
    cells = ("scale = []", "scale.append(3)", "table = {}", "table['x'] = 4",
             "def first(pos, factor):\n    return scale[0] * table['x']")  # fmt: skip
    assert values(*cells) == [12]


def test_an_answer_made_of_another_is_one():
    assert values("def mine(pos, factor):\n    return pos / factor", "first = mine") == [4]


def test_what_only_tries_or_shows_it_is_not_run():
    """A trial may be slow, and ask for a model that was trained."""
    tries = "first(boom(), 1)\ncheck.interpolated(first)\nplots.curve(first(boom(), 1))"
    notebook = answers.Notebook([RIGHT.format("first"), tries], [], ["first"])
    assert len_of_versions(notebook, "first") == [1]


def len_of_versions(notebook, name, checker="interpolated"):
    return [len(needed) for _, needed in notebook._versions(name, checker, "")]


@every_lesson
def test_in_its_lesson_a_solution_needs_a_few_lines_and_has_one_version(stem):
    lesson = tasks.read(SOURCES[stem])
    told = [cell for cell in lessons.read(SOURCES[stem]).cells if cell.kind == "code"]
    cells = [cell.exercise.answer if cell.exercise else cell.source for cell in told]
    notebook = answers.Notebook(cells, list(lesson.cells), [one.name for one in lesson.tasks])
    for task in lesson.tasks:
        (needed,) = len_of_versions(notebook, task.name, task.checker)
        assert needed < 10


def test_a_class_is_not_changed_by_the_training_of_what_is_made_of_it():
    train = "def train(kind):\n    model = kind()\n    model.train()\n    return model"
    cells = "class first:\n    pass", train, "model = train(first)\nmodel.eval()"
    assert len_of_versions(answers.Notebook([*cells], [], ["first"]), "first") == [1]


def test_where_a_training_may_change_what_is_needed_it_is_tried_without_first():
    cells = (
        "size = 2",
        "model = big(size)\nmodel.train()",
        "def first(pos, factor):\n    return size",
    )
    found = len_of_versions(answers.Notebook([*cells], [], ["first"]), "first")
    assert found == [2, 4]


def test_what_could_not_be_run_is_told():
    (notes,) = answer("scale = 1 / 0", "first = scale.real")
    assert "cell 1 raised ZeroDivisionError" in notes[0]


def test_imports_are_run_one_by_one():
    found, _ = statements.statements(["from posenc import check, plots"], "cell")
    assert [statement.binds for statement in found] == [{"check"}, {"plots"}]


def test_where_imports_look_is_a_setting(tmp_path):
    (tmp_path / "halves.py").write_text("def first(pos, factor):\n    return pos / factor\n")
    look = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport halves"
    assert values(look, "first = halves.first") == [4]


def test_settings_made_new_load_no_compiler():
    """It takes seconds, in every sandbox, of those that an answer has."""
    code = "import sys; from posenc.course.grade.inside import settings as s; s.anew(); "
    code += "s.in_force(lambda: None)(); sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
