"""How numbers and sentences are written, what is just still drawn, and what is too much."""

import numpy as np
import pytest

from posenc import plots
from posenc.plots._data import listed, number, sentence
from posenc.plots._dots import apart
from posenc.plots._maps import _round_up

XY = {"xlabel": "x", "ylabel": "y"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"), (0.00012344, "0.0001234"), (0.0001, "0.0001"), (0.00009, "9e-05"),
        (1234.56, "1235"), (123.45, "123.5"), (100.04, "100"), (999999.5, "1000000"),
        (1e6, "1e+06"), (123456.7, "123500"), (-2.5, "-2.5"), (120.0, "120"),
    ],
)  # fmt: skip
def test_a_number_has_four_digits(value, text):
    assert number(value) == text


def test_a_number_is_nothing_beside_a_large_one():
    assert number(1e-7, 1000) == "0"
    assert number(1e-5, 1000) == "1e-05"
    assert number(1e-9) == "0"
    assert number(2e-9) == "2e-09"


@pytest.mark.parametrize("end", [".", "!", "?"])
def test_a_sentence_ends_once(end):
    assert sentence(f"  one  word{end}") == f"One word{end}"
    assert sentence("one word") == "One word."
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"


@pytest.mark.parametrize(
    ("step", "expected"), [(1.0, 1), (1.1, 2), (2.0, 2), (2.1, 5), (5.1, 10), (10.0, 10), (11, 20)]
)
def test_ticks_stand_at_round_distances(step, expected):
    assert _round_up(step) == expected


def test_dots_that_would_hide_each_other_stand_apart():
    assert apart(np.array([0.0, 0.5, 0.51, 1.0]), 1.0).round(2).tolist() == [0, -0.16, 0.16, 0]
    assert apart(np.array([3.0, 1.0, 3.0, 3.0]), 2.0).round(2).tolist() == [-0.16, 0, 0, 0.16]


STILL_DRAWN = {
    "shares of 0 and 1": lambda: plots.dots({"a": [0, 1]}, xlabel="x", percent=True),
    "eight digits": lambda: plots.odometer(0, 8),
    "the largest number": lambda: plots.odometer(99, 2),
    "eight hands": lambda: plots.clock_hands(1, 64, n_hands=8),
    "one hand": lambda: plots.clock_hands(1, 64, n_hands=1),
    "eighteen rows": lambda: plots.heatmap(np.eye(18), values=True, **XY),
    "four heads": lambda: plots.attention(np.zeros((4, 2, 2))),
    "four lines": lambda: plots.lines({name: [1, 2] for name in "abcd"}, **XY),
    "weights a little above 1": lambda: plots.attention(np.eye(2) * (1 + 9e-4)),
    "one point": lambda: plots.lines({"a": [1.0]}, **XY),
    "two offsets": lambda: plots.kernel(8, max_offset=2),
}


@pytest.mark.parametrize("name", STILL_DRAWN)
def test_what_is_just_possible_is_drawn(name):
    assert STILL_DRAWN[name]().alt


TOO_MUCH = {
    "between 0 and 1; 'a' goes from 0.5 to 1.1": lambda: plots.dots(
        {"a": [0.5, 1.1]}, xlabel="x", percent=True
    ),
    "'a' goes from -0.1 to 0.5": lambda: plots.dots({"a": [0.5, -0.1]}, xlabel="x", percent=True),
    "digits must be 1 to 8; got 9": lambda: plots.odometer(0, 9),
    "digits must be 1 to 8; got 0": lambda: plots.odometer(0, 0),
    "the path 'a' is empty": lambda: plots.path({"a": []}, **XY),
    "the matrix is empty": lambda: plots.heatmap([], **XY),
    "the matrix 'a' is empty": lambda: plots.heatmaps({"a": []}, **XY),
    "x must hold one name": lambda: plots.heatmap(np.eye(2), x=["a"], **XY),
    "y must hold one name": lambda: plots.heatmap(np.eye(2), y=["a"], **XY),
    "weights must lie between": lambda: plots.attention(np.eye(2) * -1e-5),
}


@pytest.mark.parametrize("words", TOO_MUCH)
def test_what_is_too_much_is_refused_by_its_name(words):
    with pytest.raises(ValueError, match=words):
        TOO_MUCH[words]()
