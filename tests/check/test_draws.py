"""Cases drawn for a class: a right answer passes all of them, one that counts its calls none."""

import functools
from copy import deepcopy
from inspect import isfunction, signature

import pytest
from test_exercises import EACH_EQUIVALENT, FORMS, RIGHT

from posenc import check
from posenc.check.engine import draws

NUMBERS = range(1, 21)
FUNCTIONS = [  # what takes nothing has one result, and no cases to tell apart
    (name, answer) for name, answer in RIGHT.items()
    if not isinstance(answer, type) and signature(answer).parameters
]  # fmt: skip
SOLVED = [*RIGHT.items(), *FORMS, *((name, answer) for name, (_, answer) in EACH_EQUIVALENT)]


def passed(name, answer, number):
    with draws.by(number):
        return getattr(check, name)(answer).passed


def recorded(name, answer):
    """What the answer returns for the notebook's cases, call by call."""
    kept = []

    @functools.wraps(answer)
    def recording(*given, **named):
        found = answer(*given, **named)
        kept.append((_key(given), deepcopy(found)))
        return found

    assert passed(name, recording, None)
    return kept


def _key(given):
    """What tells these arguments from others: the numbers, and what a function makes of them."""
    rest = [given[1:]] if given[1:] else [(n,) for n in range(1, 21)]
    first = [given[0](*each) for each in rest] if isfunction(given[0]) else [given[0]]
    return repr(
        [part.tolist() if hasattr(part, "tolist") else part for part in (*first, *given[1:])]
    )


def by_count(name, answer):
    """An answer that counts its calls and returns what was right in the notebook."""
    kept, calls = recorded(name, answer), []

    @functools.wraps(answer)
    def counting(*given, **named):
        answer(*given, **named)  # as a checker may ask for: that the model is called
        calls.append(given)
        return deepcopy(kept[min(len(calls), len(kept)) - 1][1])

    return counting


def by_table(name, answer):
    """An answer that looks up what was right in the notebook, and else returns the first."""
    kept = recorded(name, answer)
    table = dict(kept)

    @functools.wraps(answer)
    def looking_up(*given, **named):
        answer(*given, **named)
        return deepcopy(table.get(_key(given), kept[0][1]))

    return looking_up


@pytest.mark.parametrize(("name", "answer"), RIGHT.items())
def test_a_right_answer_passes_two_draws(name, answer):
    assert passed(name, answer, 1)
    assert passed(name, answer, 2)


@pytest.mark.full
@pytest.mark.parametrize(("name", "answer"), SOLVED)
def test_a_right_answer_passes_twenty_draws(name, answer, capsys):
    failed = [number for number in NUMBERS if not passed(name, answer, number)]
    assert not failed, capsys.readouterr().out


@pytest.mark.parametrize(("name", "answer"), FUNCTIONS)
def test_an_answer_that_counts_its_calls_passes_the_notebook_alone(name, answer):
    assert passed(name, by_count(name, answer), None)
    assert not any(passed(name, by_count(name, answer), number) for number in NUMBERS[:4])


@pytest.mark.parametrize(("name", "answer"), FUNCTIONS)
def test_a_table_of_results_passes_the_notebook_alone(name, answer):
    assert passed(name, by_table(name, answer), None)
    assert not any(passed(name, by_table(name, answer), number) for number in NUMBERS[:4])
