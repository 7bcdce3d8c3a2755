"""What cannot be drawn is refused at the door, by its name."""

import math

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from posenc import plots

AXES = {"xlabel": "x", "ylabel": "y"}

WRONG = {
    "at most 4": lambda: plots.lines({name: [1, 2] for name in "abcde"}, **AXES),
    "not finite .such as nan": lambda: plots.lines({"a": [1.0, math.nan]}, **AXES),
    "such as inf": lambda: plots.heatmap([[math.inf, 1.0]], **AXES),
    "series 'a' is empty": lambda: plots.lines({"a": []}, **AXES),
    "series is empty": lambda: plots.lines({}, **AXES),
    "a dict from names": lambda: plots.lines([1, 2, 3], **AXES),
    "of one length": lambda: plots.lines({"a": [1, 2], "b": [1, 2, 3]}, **AXES),
    "of one shape": lambda: plots.lines({"a": [[1, 2], [3]]}, **AXES),
    "one value a point": lambda: plots.lines({"a": [1, 2]}, x=[1, 2, 3], **AXES),
    "must be .n,. or .seeds, n.": lambda: plots.lines({"a": np.zeros((2, 2, 2))}, **AXES),
    "must be numbers": lambda: plots.lines({"a": ["one", "two"]}, **AXES),
    "complex": lambda: plots.lines({"a": torch.zeros(2, dtype=torch.complex64)}, **AXES),
    "logx=True needs": lambda: plots.lines({"a": [1, 2]}, x=[-1, 1], logx=True, **AXES),
    "size must be one of": lambda: plots.lines({"a": [1, 2]}, size="huge", **AXES),
    "shares between 0 and 1": lambda: plots.dots({"a": [55]}, xlabel="x", percent=True),
    "mixes panels and rows": lambda: plots.dots({"a": [1], "b": {"c": [1]}}, xlabel="x"),
    "which are no panels": lambda: plots.dots({"a": [1]}, xlabel="x", chance={"b": 0.5}),
    "one number a seed": lambda: plots.dots({"a": [[1, 2]]}, xlabel="x"),
    "choose one slice": lambda: plots.heatmap(np.zeros((2, 2, 2)), **AXES),
    "one name for each": lambda: plots.heatmap(np.eye(3), x="ab", **AXES),
    "up to 24 rows": lambda: plots.heatmap(np.zeros((25, 2)), values=True, **AXES),
    "and 18 columns": lambda: plots.heatmap(np.eye(19), values=True, **AXES),
    "scores before|after softmax": lambda: plots.attention(3 * np.eye(3)),
    "at most 4 heads": lambda: plots.attention(np.zeros((5, 2, 2))),
    "one word for each of 3": lambda: plots.attention(np.eye(3), ["a"]),
    "must be .n, 2.": lambda: plots.path({"a": [[1, 2, 3]]}, **AXES),
    "n_hands must be": lambda: plots.clock_hands(1, 64, n_hands=9),
    "a sine and a cosine": lambda: plots.dials([[0.0, 1.0]], xlabel="x"),
    "8 rows and 16 columns": lambda: plots.dials(np.zeros((1, 17, 2)), xlabel="x"),
    "x must hold one name for each of 2": lambda: plots.dials(
        np.zeros((1, 2, 2)), xlabel="x", x="abc"
    ),
    "pairs holds 2 values that are not finite": lambda: plots.dials([[[math.nan] * 2]], xlabel="x"),
    "up to 8 letters": lambda: plots.dials([[[math.nan] * 2]], xlabel="x", missing="no row here"),
    "whole positions": lambda: plots.clock_hands(1.5, 64, odometer=10),
    "base from 2 to 10": lambda: plots.odometer(1, 3, 16),
    "more than 2 digits": lambda: plots.odometer(100, 2),
    "max_offset": lambda: plots.kernel(64, max_offset=1),
    "True, False or a short text": lambda: plots.tick_table({"a": {"b": 1}}),
    "the first has": lambda: plots.tick_table({"a": {"b": True}, "c": {"d": True}}),
    "must say in a sentence": lambda: plots.Picture(Figure(), " "),
    "saved as .png": lambda: plots.odometer(1).save("a.svg"),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_input_is_refused_at_the_door_by_name(message):
    with pytest.raises(ValueError, match=message):
        WRONG[message]()
