"""What every exercise owes: right answers pass, each wrong one is named, a stub is no mistake.

The answers stand in `lesson_NN.py`: `RIGHT`, `{name: program}`; `FORMS`, other right ones,
`{name: [programs]}`; `WRONG`, `{name: {slug: program}}`; and `INVENTED`, wrong ones that no
slip is like, `{name: {label: (slug, program)}}`, by people who changed one thing in the
solution or found them in public threads.
"""

from importlib import import_module
from pathlib import Path

import pytest
import torch

from posenc import check

LESSONS = [import_module(path.stem) for path in Path(__file__).parent.glob("lesson_*.py")]
UNNAMED = {"value", "raises", "shape"}


def rows(table):
    """The pairs of all lessons, (exercise, what the table holds for it)."""
    return [pair for lesson in LESSONS for pair in getattr(lesson, table, {}).items()]


RIGHT = dict(rows("RIGHT"))
FORMS = [(name, form) for name, forms in rows("FORMS") for form in forms]
WRONG = [(name, slug, wrong) for name, table in rows("WRONG") for slug, wrong in table.items()]
INVENTED = [
    pytest.param(name, *pair, id=f"{name}-{label}")
    for name, table in rows("INVENTED")
    for label, pair in table.items()
]
every_exercise = pytest.mark.parametrize("name", RIGHT)


def judged(name, answer, capsys):
    """The verdict, and the one line that is printed."""
    verdict = getattr(check, name)(answer)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    return verdict, printed


def test_there_are_exercises():
    assert len(RIGHT) >= 20


@every_exercise
def test_the_solution_passes(name, capsys):
    verdict, line = judged(name, RIGHT[name], capsys)
    assert (verdict.passed, verdict.equivalent) == (True, False), verdict.message
    assert line.startswith(f"✓ {name}: ")


@pytest.mark.parametrize(("name", "answer"), FORMS)
def test_other_right_forms_pass(name, answer, capsys):
    verdict, _ = judged(name, answer, capsys)
    assert (verdict.passed, verdict.equivalent) == (True, False), verdict.message


@every_exercise
def test_the_notebooks_default_dtype_may_be_another(name):
    torch.set_default_dtype(torch.float64)
    try:
        assert getattr(check, name)(RIGHT[name]).passed
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    ("name", "slug", "answer"),
    [*(pytest.param(*row, id=f"{row[0]}-{row[1]}") for row in WRONG), *INVENTED],
)
def test_a_wrong_answer_is_named(name, slug, answer, capsys):
    verdict, line = judged(name, answer, capsys)
    assert (verdict.passed, verdict.mistake) == (False, slug), verdict.message
    assert line.startswith(f"✗ {name}: ")


def test_nearly_all_have_a_better_name_than_value():
    named = [case for case in INVENTED if case.values[1] not in UNNAMED]
    assert len(named) / len(INVENTED) > 0.85


@pytest.mark.parametrize("name", [n for n, right in RIGHT.items() if not isinstance(right, type)])
def test_what_is_not_written_is_no_mistake(name, capsys):
    def stub(*_):
        raise NotImplementedError

    verdict, line = judged(name, stub, capsys)
    assert (verdict.passed, verdict.mistake) == (False, None)
    assert line == f"○ {name}: not written yet\n"
