"""Cases drawn for a class: a right answer passes all of them, one that counts its calls none."""

import functools
from copy import deepcopy
from inspect import isfunction, signature

import pytest
from modules_04 import Right, spoilt
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
    """What the answer returns for the notebook's cases, and leaves in its stores, call by call."""
    kept = []

    @functools.wraps(answer)
    def recording(*given, **named):
        key = _key(given)
        found = answer(*given, **named)
        kept.append((key, deepcopy((found, _stores(given)))))
        return found

    assert passed(name, recording, None)
    return kept


def replayed(call, given):
    found, stores = deepcopy(call)
    for store, left in zip(_stores(given), stores, strict=True):
        store.clear()
        store.update(left)
    return found


def _stores(given):
    """What an answer may change: `cached_step` keeps its keys there."""
    return [part for part in given if isinstance(part, dict)]


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
        return replayed(kept[min(len(calls), len(kept)) - 1][1], given)

    return counting


def by_table(name, answer):
    """An answer that looks up what was right in the notebook, and else returns the first."""
    kept = recorded(name, answer)
    table = dict(kept)

    @functools.wraps(answer)
    def looking_up(*given, **named):
        key = _key(given)
        answer(*given, **named)
        return replayed(table.get(key, kept[0][1]), given)

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


def test_a_grader_asks_in_an_order_of_chance():
    seen, cases = [], [(number,) for number in range(20)]
    with draws.by(3):
        assert draws.asked("a", lambda n: seen.append(n) or -n, cases) == [-n for (n,) in cases]
    assert seen[0] == 0
    assert seen != sorted(seen)


def test_a_module_for_the_sizes_of_the_notebook_passes_there_alone():
    sizes = {(64, 8), (40, 12), (40, 4), (40, 20), (2100, 8), (600, 8), (16, 8), (16, 6), (32, 8)}
    answer = spoilt(make=lambda self, n, d: Right.make(self, n, d) * ((n, d) in sizes))
    assert passed("positional_module", answer, None)
    assert not any(passed("positional_module", answer, number) for number in NUMBERS[:4])
