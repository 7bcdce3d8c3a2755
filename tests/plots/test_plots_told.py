"""What a picture tells in words, line by line."""

import re

import numpy as np
import pytest
import torch

from posenc import plots

UP = torch.arange(5, dtype=torch.float64)
XY = {"xlabel": "x", "ylabel": "y"}
MAPS = {"xlabel": "key", "ylabel": "query"}

TOLD = {
    "lines": (
        lambda: plots.lines(
            {"rope": UP / 4, "mine": [UP.tolist(), (UP + 1).tolist()]}, x=[1, 2, 4, 8, 16],
            xlabel="length", ylabel="loss", title="A title", chance=0.125, ylim=(0, 8),
        ),
        """
        lines "A title"
        x: "length", 1 to 16
        y: "loss", 0 to 8
        series "RoPE": 5 points, data
        series "mine": 2 seeds × 5 points, data
        chance: 0.125
        Loss against length, for RoPE and mine.
        """,
    ),
    "lines on logarithmic axes": (
        lambda: plots.lines({"a": [1.0, 10.0, 100.0]}, x=[0, 1, 10], logx=True, logy=True, **XY),
        """
        lines
        x: "x", 0 to 10, logarithmic, linear up to 1
        y: "y", 1 to 100, logarithmic
        series "a": 3 points, data
        Y against x, for a.
        """,
    ),
    "trained lines on a logarithmic axis": (
        lambda: plots.lines({"a": torch.tensor([0.0, 10.0, 100.0])}, logy=True, **XY),
        """
        lines
        x: "x", 0 to 2
        y: "y", logarithmic, with a 0
        series "a": 3 points, data: trained, not compared
        Y against x, for a.
        """,
    ),
    "lines in steps, with a band of something else": (
        lambda: plots.lines(
            {"a": [[1, 2], [3, 4]], "b": [0, 1]}, steps=True, band="nearby gaps", **XY
        ),
        """
        lines
        x: "x", 0 to 1
        y: "y", 0 to 4
        series "a": 2 nearby gaps × 2 points in steps, data
        series "b": 2 points in steps, data
        Y against x, for a and b.
        """,
    ),
    "lines with an alt text": (
        lambda: plots.lines({"a": [1, 2]}, alt="said by hand!", **XY),
        """
        lines
        x: "x", 0 to 1
        y: "y", 1 to 2
        series "a": 2 points, data
        Said by hand!
        """,
    ),
    "dots": (
        lambda: plots.dots(
            {"one": {"rope": [0.0, 0.5], "mine": [1.0]}, "two": {"rope": [0.25]}},
            xlabel="accuracy", title="T", percent=True, chance={"one": 0.25}, trained=False,
        ),
        """
        dots "T"
        x: "accuracy", percent
        panel "one"
        chance: 0.25
        row "RoPE": 2 values, data
        row "mine": 1 values, data
        panel "two"
        row "RoPE": 1 values, data
        Accuracy of RoPE and mine.
        """,
    ),
    "dots of one panel": (
        lambda: plots.dots({"mine": [1e-5, 2e6]}, xlabel="x", trained=False, chance=0.1),
        """
        dots
        x: "x"
        chance: 0.1
        row "mine": 2 values, data
        X of mine.
        """,
    ),
    "a heat map": (
        lambda: plots.heatmap([[0.0, 1.5, 2.0]], title="T", label="weight", **MAPS),
        """
        heatmap "T"
        x: "key", 3 columns
        y: "query", 1 rows
        colour: 0 to 2
        matrix: data
        Weight over query and key.
        """,
    ),
    "signed heat maps": (
        lambda: plots.heatmaps(
            {"rope": [[-1.0, 0.5], [0.0, 0.25]], "b": [[0.0, 2.0]]}, signed=True, **MAPS
        ),
        """
        heatmaps
        x: "key", 2 columns
        y: "query", 1 and 2 rows
        colour: -2 to 2, signed, with a line at 0
        matrix "RoPE": data
        matrix "b": data
        Values over query and key, for RoPE and b.
        """,
    ),
    "a signed heat map with its numbers": (
        lambda: plots.heatmaps({"a": np.eye(2)}, signed=True, values=True, **XY),
        """
        heatmap
        x: "x", 2 columns
        y: "y", 2 rows
        colour: -1 to 1, signed
        matrix "a": data
        Values over y and x, for a.
        """,
    ),
    "one value": (
        lambda: plots.heatmap([[3.0, 3.0]], **XY),
        """
        heatmap
        x: "x", 2 columns
        y: "y", 1 rows
        colour: 0 to 3
        matrix: data
        Values over y and x.
        """,
    ),
    "attention of two heads": (
        lambda: plots.attention(np.eye(3)[None].repeat(2, 0), ["a b", "\n\t", ""], title="T"),
        """
        attention "T"
        x: "key", 3 columns
        y: "query", 3 rows
        words: a␣b ⏎⇥ ∅
        colour: 0 to 1
        matrix "head 0": data
        matrix "head 1": data
        Attention of each query to each key.
        """,
    ),
    "attention with a name": (
        lambda: plots.attention(np.eye(2)[None], names=["mine"], alt="so"),
        """
        attention
        x: "key", 2 columns
        y: "query", 2 rows
        colour: 0 to 1
        matrix "mine": data
        So.
        """,
    ),
    "paths": (
        lambda: plots.path(
            {"rope": [[0.0, 1.0], [1.0, 0.5]], "b": [[0, 0]]}, xlabel="u", ylabel="v", title="T"
        ),
        """
        path "T"
        x: "u", 0 to 1
        y: "v", 0 to 1
        series "RoPE": 2 points, data
        series "b": 1 points, data
        V against u, for RoPE and b.
        """,
    ),
    "clock hands": (
        lambda: plots.clock_hands(7.5, 8, title="T", n_hands=3),
        """
        clock hands "T"
        pairs: 0, 2, 3
        position 7.5: hands at 70, 4, 0 degrees
        data
        At position 7.5 the hands of 3 pairs stand at 70, 4 and 0 degrees.
        """,
    ),
    "dials": (
        lambda: plots.dials([[[0.0, 1.0], [1.0, 0.0]]], xlabel="position", y=["a"], title="T"),
        """
        dials "T"
        x: "position", 2 columns
        y: "", 1 rows
        hands: data
        Hands at a: 0 and 90 degrees.
        """,
    ),
    "one hand": (
        lambda: plots.clock_hands(3, 2),
        """
        clock hands
        pairs: 0
        position 3: hands at 172 degrees
        data
        At position 3 the hand stands at 172 degrees.
        """,
    ),
    "clock hands with an odometer": (
        lambda: plots.clock_hands(1234, 12, odometer=10),
        """
        clock hands
        pairs: 5, 4, 3, 2, 1, 0
        position 1234: hands at 33, 152, 347, 42, 112, 143 degrees
        odometer: 0 0 1 2 3 4
        data
        At position 1234 the hands of 6 pairs stand at 33, 152, 347, 42, 112 and 143 degrees.
        """,
    ),
    "an odometer": (
        lambda: plots.odometer(13, 8, 2, title="T"),
        """
        odometer "T"
        base 2: 0 0 0 0 1 1 0 1
        The odometer shows position 13.
        """,
    ),
    "an odometer by default": (
        lambda: plots.odometer(7),
        """
        odometer
        base 10: 0 0 0 0 0 7
        The odometer shows position 7.
        """,
    ),
    "a kernel": (
        lambda: plots.kernel(16, 100.0, max_offset=9, title="T"),
        """
        lines "T"
        x: "offset k", 0 to 9
        y: "mean of cos(ωᵢ k)", 0.2359 to 1
        series "d = 16, base = 100": 10 points, data
        The dot product of two position vectors falls up to distance 4; at 5 it first rises.
        """,
    ),
    "a kernel that only falls": (
        lambda: plots.kernel(2, 100.0, max_offset=2),
        """
        lines
        x: "offset k", 0 to 2
        y: "mean of cos(ωᵢ k)", -0.4161 to 1
        series "d = 2, base = 100": 3 points, data
        The dot product of two position vectors falls with every further position.
        """,
    ),
    "a tick table": (
        lambda: plots.tick_table(
            {"rope": {"long": True, "short": False, "odd": "half"}}, title="T"
        ),
        """
        tick table "T"
        RoPE: long yes, short no, odd "half"
        Which requirement each row meets.
        """,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_a_picture_tells(name):
    draw, told = TOLD[name]
    lines = [line.strip() for line in told.strip().splitlines()]
    assert re.sub(r"data [0-9a-f]{8}", "data", repr(draw())).splitlines() == lines
