"""What every exercise owes: right answers pass, each wrong one is named, a stub is no mistake.

The answers stand in `lesson_NN.py`: `RIGHT`, `{name: program}`; `FORMS`, other right ones,
`{name: [programs]}`; `WRONG`, `{name: {slug: program}}`; and `INVENTED`, wrong ones that no
slip is like, `{name: {label: (slug, program)}}`, by people who changed one thing in the
solution or found them in public threads.

What a line says is in `SAYS`, `{name: how it begins for right answers}`, in `EQUIVALENT`, right
with a remark, and in `SAID`, both `{name: [(words, program)]}`; a score in `SCORES`,
`{name: [(score, program)]}`.
"""

from importlib import import_module
from pathlib import Path

import pytest
import torch
from modules_04 import ForwardUnwritten, Unwritten

from posenc import check
from posenc.check.trial.record import CALLED

LESSONS = [import_module(path.stem) for path in sorted(Path(__file__).parent.glob("lesson_*.py"))]
UNNAMED = {"value", "raises", "shape"}


def rows(table):
    """The pairs of all lessons, (exercise, what the table holds for it)."""
    return [pair for lesson in LESSONS for pair in getattr(lesson, table, {}).items()]


def each(table):
    """(exercise, one entry of the list that the table holds for it)."""
    return [(name, entry) for name, entries in rows(table) for entry in entries]


RIGHT = dict(rows("RIGHT"))
FORMS = each("FORMS")
EACH_EQUIVALENT = each("EQUIVALENT")
SAYS = dict(rows("SAYS"))
WRONG = [(name, slug, wrong) for name, table in rows("WRONG") for slug, wrong in table.items()]
INVENTED = [
    pytest.param(name, *pair, id=f"{name}-{label}")
    for name, table in rows("INVENTED")
    for label, pair in table.items()
]


def judged(name, answer, capsys):
    """The verdict, and its line; what the answer itself prints stands above it."""
    verdict = getattr(check, name)(answer)
    *own, line = capsys.readouterr().out.splitlines(keepends=True)
    assert bool(own) == bool(verdict.printed)
    return verdict, line


def line_begins(mark, name, words=""):
    """How the line begins; the answer has the name that the notebook gives it."""
    return f"{mark} {CALLED.get(name, name)}: {words}"


def test_there_are_exercises():
    assert len(RIGHT) >= 39


@pytest.fixture(params=[torch.float32, torch.float64], ids=["float32", "float64"])
def _dtype(request):
    """The notebook's default dtype may be another."""
    torch.set_default_dtype(request.param)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_dtype")
@pytest.mark.parametrize(("name", "answer"), [*RIGHT.items(), *FORMS])
def test_right_answers_pass(name, answer, capsys):
    verdict, line = judged(name, answer, capsys)
    assert (verdict.passed, verdict.equivalent) == (True, False), verdict.message
    assert verdict.score in (None, 1)
    assert line.startswith(line_begins("✓", name, SAYS.get(name, "")))


@pytest.mark.parametrize(("name", "said"), EACH_EQUIVALENT)
def test_what_is_right_in_another_form_passes_with_a_remark(name, said, capsys):
    words, answer = said
    verdict, line = judged(name, answer, capsys)
    assert (verdict.passed, verdict.equivalent) == (True, True)
    assert line.startswith(line_begins("≈", name))
    assert words in line


@pytest.mark.parametrize(
    ("name", "slug", "answer"),
    [*(pytest.param(*row, id=f"{row[0]}-{row[1]}") for row in WRONG), *INVENTED],
)
def test_a_wrong_answer_is_named(name, slug, answer, capsys):
    torch.manual_seed(0)
    verdict, line = judged(name, answer, capsys)
    assert (verdict.passed, verdict.mistake) == (False, slug), verdict.message
    assert line.startswith(line_begins("✗", name))


def test_nearly_all_have_a_better_name_than_value():
    named = [case for case in INVENTED if case.values[1] not in UNNAMED]
    assert len(named) / len(INVENTED) > 0.85


@pytest.mark.parametrize(("name", "said"), each("SAID"))
def test_the_line_of_a_wrong_answer_says_what_to_do(name, said, capsys):
    words, answer = said
    verdict, line = judged(name, answer, capsys)
    assert not verdict.passed
    assert words in line


@pytest.mark.parametrize(("name", "scored"), each("SCORES"))
def test_a_test_is_scored_by_how_many_it_judges_rightly(name, scored):
    score, answer = scored
    assert getattr(check, name)(answer).score == pytest.approx(score)


def not_written(*_):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("name", "stub"),
    [
        *((name, not_written) for name, right in RIGHT.items() if not isinstance(right, type)),
        ("positional_module", Unwritten),
        ("positional_module", ForwardUnwritten),
    ],
)
def test_what_is_not_written_is_no_mistake(name, stub, capsys):
    verdict, line = judged(name, stub, capsys)
    assert (verdict.passed, verdict.mistake) == (False, None)
    assert line == line_begins("○", name, "not written yet\n")
