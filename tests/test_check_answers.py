"""What every checker owes: the right answer passes, each wrong one is named, a stub is no mistake.

The answers stand beside the tests of their checkers, in `EXERCISES`:
`{name: (right, {slug: wrong})}`, and other right ones in `OTHER_FORMS`: `[(name, right)]`.
"""

from importlib import import_module
from pathlib import Path

import pytest
import torch

from posenc import check

HERE = Path(__file__)
MODULES = [
    import_module(path.stem)
    for path in sorted(HERE.parent.glob("*.py"))
    if path != HERE and "\nEXERCISES = " in path.read_text(encoding="utf-8")
]
EXERCISES = {
    name: answers
    for module in MODULES
    for name, answers in getattr(module, "EXERCISES", {}).items()
}
OTHER_FORMS = [pair for module in MODULES for pair in getattr(module, "OTHER_FORMS", [])]
every_exercise = pytest.mark.parametrize("name", EXERCISES)


def judged(name, answer, capsys):
    """The verdict, and the one line that is printed."""
    verdict = getattr(check, name)(answer)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    return verdict, printed


def test_there_are_exercises():
    assert len(EXERCISES) > 8  # of lessons 01 to 05; the others are in check/


@every_exercise
def test_the_solution_passes(name, capsys):
    verdict, line = judged(name, EXERCISES[name][0], capsys)
    assert verdict.passed
    assert not verdict.equivalent
    assert line.startswith(f"✓ {name}: ")


@pytest.mark.parametrize(("name", "answer"), OTHER_FORMS)
def test_other_right_forms_pass(name, answer, capsys):
    verdict, _ = judged(name, answer, capsys)
    assert (verdict.passed, verdict.equivalent) == (True, False), verdict.message


@every_exercise
def test_the_notebooks_default_dtype_may_be_another(name):
    torch.set_default_dtype(torch.float64)
    try:
        assert getattr(check, name)(EXERCISES[name][0]).passed
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    ("name", "slug"), [(name, slug) for name, (_, wrong) in EXERCISES.items() for slug in wrong]
)
def test_a_wrong_answer_is_named(name, slug, capsys):
    verdict, line = judged(name, EXERCISES[name][1][slug], capsys)
    assert (verdict.passed, verdict.mistake) == (False, slug), verdict.message
    assert line.startswith(f"✗ {name}: ")


@every_exercise
def test_what_is_not_written_is_no_mistake(name, capsys):
    def stub(*_):
        raise NotImplementedError

    verdict, line = judged(name, stub, capsys)
    assert (verdict.passed, verdict.mistake) == (False, None)
    assert line == f"○ {name}: not written yet\n"
