"""Every picture is read back from what was drawn, and compared with what was handed in."""

import contextlib
import importlib
import inspect
import pickle
from pathlib import Path

import pytest
from spoilers import SPOILERS

from posenc import plots

MODULES = sorted(path.stem for path in Path(__file__).parent.glob("drawn_*.py"))
CASES = {name: case for m in MODULES for name, case in importlib.import_module(m).CASES.items()}


def drawing():
    """The public functions that make a picture."""
    functions = {name: getattr(plots, name) for name in plots.__all__}
    return [
        name
        for name, function in functions.items()
        if inspect.isfunction(function)
        and inspect.signature(function, eval_str=True).return_annotation is plots.Picture
    ]


def test_every_function_that_draws_is_read_back():
    assert len(drawing()) > 8
    assert set(drawing()) == {name.partition(":")[0] for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_what_is_drawn_is_what_was_handed_in(name):
    case = CASES[name]
    assert case.seen(case.draw().figure) == case.wanted


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.spoil or ":" not in n])
def test_a_reader_would_notice(name):
    case = CASES[name]
    figure = pickle.dumps(case.draw().figure)  # drawing it again takes longer
    tried, unseen = set(), set()
    for spoiler, spoil in SPOILERS.items():
        spoiled = pickle.loads(figure)
        if spoil(spoiled) is not False:
            tried.add(spoiler)
            with contextlib.suppress(AssertionError, KeyError, ValueError):
                unseen |= {spoiler} if case.seen(spoiled) == case.wanted else set()
    assert len(tried) > 2
    assert unseen == set()
