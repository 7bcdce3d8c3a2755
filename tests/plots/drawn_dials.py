"""Grids of dials, read back: where each hand points, in the row and column of its names."""

import math

import seen
from drawn import Case
from matplotlib.collections import LineCollection, PatchCollection

from posenc import plots


def read_grid(figure):
    [ax] = figure.axes
    rims = [part for part in ax.collections if isinstance(part, PatchCollection)]
    twelve, hands = [part for part in ax.collections if isinstance(part, LineCollection)]
    centres = {_middle(path) for part in rims for path in part.get_paths()}
    tips = sorted(map(tuple, seen.points(ax.lines[0])))
    segments = [tuple(map(tuple, seen.short(segment))) for segment in hands.get_segments()]
    assert sorted(tip for _, tip in segments) == tips
    marks = [tuple(map(tuple, seen.short(mark))) for mark in twelve.get_segments()]
    assert all(_turn(*mark) == 0 for mark in marks)
    assert {rim for rim, _ in marks} == {(x, round(y - 0.42, 7)) for (x, y), _ in segments}
    dials = {middle: _hand(*ends) for ends in segments for middle in [ends[0]]}
    dials |= {seen_at: text.get_text() for text in ax.texts for seen_at in [text.get_position()]}
    assert centres == set(dials)
    columns, rows = ({place: word for word, place in seen.labels(axis)}
                     for axis in (ax.xaxis, ax.yaxis))  # fmt: skip
    return {**seen.frame(ax), "scale": ax.get_aspect(),
            "hands": {(rows[y], columns[x]): hand for (x, y), hand in dials.items()}}  # fmt: skip


def _middle(path):
    (left, low), (right, high) = path.get_extents().get_points()
    return round((left + right) / 2, 7) + 0.0, round((low + high) / 2, 7) + 0.0


def _turn(outer, inner):
    """Degrees from twelve, clockwise, of the way from inner to outer, where y grows downwards."""
    return round(math.degrees(math.atan2(outer[0] - inner[0], inner[1] - outer[1])), 2) % 360


def _hand(axle, tip):
    return _turn(tip, axle), round(math.dist(axle, tip) / 0.42, 3)


NAN = [math.nan, math.nan]

CASES = {
    "dials": Case(
        lambda: plots.dials(
            [[[0.0, 1.0], [1.0, 0.0], [0.0, -0.5]], [[-1.0, 0.0], [0.6, 0.8], NAN]],
            xlabel="position", ylabel="text", x=[5, 6, 7.5], y=["a", "b"],
            missing="no row",
        ),
        read_grid,
        {"title": "", "x": "position", "y": "text", "grow": ("right", "down"), "scale": 1.0,
         "hands": {("a", "5"): (0.0, 1.0), ("a", "6"): (90.0, 1.0), ("a", "7.5"): (180.0, 0.5),
                   ("b", "5"): (270.0, 1.0), ("b", "6"): (36.87, 1.0), ("b", "7.5"): "no row"}},
    ),
    "dials: numbered": Case(
        lambda: plots.dials([[[0.0, 1.0]], [[1.0, 0.0]]], xlabel="pair", title="T"),
        read_grid,
        {"title": "T", "x": "pair", "y": "", "grow": ("right", "down"), "scale": 1.0,
         "hands": {("0", "0"): (0.0, 1.0), ("1", "0"): (90.0, 1.0)}},
    ),
}  # fmt: skip
