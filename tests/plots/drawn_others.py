"""Dots, paths, dials, wheels and ticks, read back."""

import math

import numpy as np
import seen
from drawn import Case
from drawn_lines import look
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from posenc import ENCODINGS, plots

ROPE, NONE = ENCODINGS["rope"].label, "NoPE"  # what figures say for `none`

# --- dots ---------------------------------------------------------------------


def read_dots(figure):
    """The panels from the left; the first has the names of the rows, which go on in the others."""
    axes = sorted(figure.axes, key=lambda ax: ax.get_position().x0)
    rows = {place: name for name, place in seen.labels(axes[0].yaxis)}
    assert len({ax.get_ylim() for ax in axes}) == 1
    return [figure.get_suptitle(), *(_panel(ax, rows) for ax in axes)]


def _panel(ax, rows):
    assert seen.honest(ax.xaxis)
    dots, means = {row: ([], None) for row in rows.values()}, {}
    drawn = [line for line in seen.in_data(ax) if line.get_marker() != "|"]
    places = [tuple(place) for line in drawn for place in seen.points(line)]
    for line in seen.in_data(ax):
        for x, y in seen.points(line):
            row = rows[round(y)]
            if line.get_marker() == "|":
                means[row] = (x, y == round(y))
            else:
                dots[row] = ([*dots[row][0], x], seen.style(line)[::2])
    return {
        "title": seen.frame(ax)["title"],
        "x": (ax.get_xlabel(), seen.frame(ax)["grow"][0]),
        "rows": dots,
        "hidden": len(places) - len(set(places)),
        "down": [rows[y] for y in sorted(rows, key=lambda y: -seen.on_page(ax, 0, y)[1])],
        "means": means,
        "chance": [place for place, _ in seen.across(ax)["x"]],
        "named": [(t.get_text(), t.xy[0]) for t in ax.texts if t.xy[1] == 1 and t.xy[0]],
        "words": {rows[t.xy[1]]: t.get_text() for t in ax.texts if not t.xy[0]},
        "hatched": [
            rows[round(p.get_y() + p.get_height() / 2, 6)]
            for p in ax.patches
            if p.get_hatch() == "////"
        ],
    }


def dotted(rows, *, title="", chance=(), x="accuracy"):
    means = {label: (seen.short(np.mean(values)), True)
             for label, (values, _) in rows.items() if len(values) > 2}  # fmt: skip
    return {
        "title": title,
        "x": (x, "right"),
        "rows": rows,
        "hidden": 0,
        "down": list(rows),
        "means": means,
        "chance": list(chance),
        "named": [("chance", level) for level in chance],
        "words": {label: "not run" for label, (values, _) in rows.items() if not values},
        "hatched": [label for label, (values, _) in rows.items() if not values],
    }


def marks(name, values):
    return values, look(name)[::2] if values else None


# --- paths --------------------------------------------------------------------

WAY, BACK = [[1.0, 5.0], [2.0, 7.0], [4.0, 6.0]], [[0.0, 1.0], [5.0, 2.0], [6.0, 4.0], [7.0, 3.0]]


def read_path(figure):
    [ax] = figure.axes
    assert seen.honest(ax.xaxis)
    assert seen.honest(ax.yaxis)
    named = seen.by_legend(figure) if figure.legends else [seen.points(x) for x in ax.lines]
    words = {text.get_text(): seen.short(text.xy) for text in ax.texts}
    joined = [line.get_linestyle() != "None" for line in ax.lines]
    return {**seen.frame(ax), "scale": ax.get_aspect(), "paths": named, "words": words,
            "joined": joined}  # fmt: skip


def pathed(paths, *, words=None, joined=(True, True)):
    return {"title": "", "x": "sine", "y": "cosine", "grow": ("right", "up"), "scale": 1.0,
            "paths": paths, "words": words or {}, "joined": list(joined)}  # fmt: skip


SINES = {"xlabel": "sine", "ylabel": "cosine"}

# --- dials and wheels ---------------------------------------------------------


def read_dials(figure):
    return [_dial(ax) for ax in sorted(figure.axes, key=lambda ax: ax.get_position().x0)]


def _dial(ax):
    [hand] = [line for line in ax.lines if len(line.get_xdata()) == 2]
    dots = [tuple(seen.points(line)[0]) for line in ax.lines if line is not hand]
    axle, tip = map(tuple, seen.points(hand))
    [hours] = ax.collections
    return {
        "turned": _clockwise(*tip),
        "its ends": (axle == (0, 0), {axle, tip} == set(dots)),
        "hours": sorted(_clockwise(*outer) for _, outer in hours.get_segments()),
        "words": _below(ax),
        "wheel": _wheel(ax),
    }


def _clockwise(x, y):
    """Degrees from twelve."""
    return round(math.degrees(math.atan2(x, y)), 2) % 360


def _below(ax):
    """The words below a dial, from above."""
    words = [text for text in ax.texts if not text.get_text().isdigit()]
    assert all(text.xy == (0, -1) for text in words)
    return [text.get_text() for text in sorted(words, key=lambda text: -text.xyann[1])]


def _wheel(ax):
    """The digits of a wheel from above, and the one that is black, in the window."""
    assert seen.frame(ax)["grow"] == ("right", "up")  # so that clockwise is clockwise
    digits = [text for text in ax.texts if text.get_text().isdigit()]
    digits.sort(key=lambda text: -seen.on_page(ax, *text.get_position())[1])
    windows = [part for part in ax.patches if to_hex(part.get_facecolor()) == "#ffffff"]
    for text, part in zip([x for x in digits if x.get_color() == "black"], windows, strict=True):
        assert part.get_bbox().contains(*text.get_position())
    return [(text.get_text(), text.get_color() == "black") for text in digits]


def read_wheels(figure):
    return [_wheel(ax) for ax in sorted(figure.axes, key=lambda ax: ax.get_position().x0)]


def wheel(digit, base=10):
    """On a wheel the next digit comes up from below."""
    return [(f"{(digit - 1) % base}", False), (f"{digit}", True), (f"{(digit + 1) % base}", False)]


def dial(pair, dim, pos, *, wheel=()):
    speed = 10_000.0 ** (-2 * pair / dim)
    length = 2 * math.pi / speed
    count = f"{length:.1f}" if length < 100 else f"{length:.0f}"
    count = f"{count[:-3]}\xa0{count[-3:]}" if len(count) > 4 and "." not in count else count
    values = f"sin {math.sin(speed * pos):+.2f}\ncos {math.cos(speed * pos):+.2f}"
    return {
        "turned": round(math.degrees(speed * pos) % 360, 2),
        "its ends": (True, True),
        "hours": [30.0 * hour for hour in range(12)],
        "words": [f"pair {pair}", f"a turn in\n{count}\npositions", *([] if wheel else [values])],
        "wheel": list(wheel),
    }


# --- ticks --------------------------------------------------------------------

TICKS = {
    "rope": {"bounded": True, "smooth": False, "cost": "none"},
    "none": {"bounded": False, "smooth": False, "cost": "free"},
}
GROUND = {"✓": "#fbfbf8", "✗": "#d4d4d4"}


def read_ticks(figure):
    [ax] = figure.axes
    columns, rows = ({place: word for word, place in seen.labels(axis)}
                     for axis in (ax.xaxis, ax.yaxis))  # fmt: skip
    marks = {(text.get_position()): text.get_text() for text in ax.texts}
    grounds = {
        (part.get_x() + part.get_width() / 2, part.get_y() + part.get_height() / 2): part
        for part in ax.patches
        if isinstance(part, Rectangle)
    }
    found = {
        (rows[y], columns[x]): (mark, to_hex(grounds[x, y].get_facecolor()))
        for (x, y), mark in marks.items()
    }
    return {
        "cells": found,
        "across": [columns[x] for x in sorted(columns, key=lambda x: seen.on_page(ax, x, 0)[0])],
        "down": [rows[y] for y in sorted(rows, key=lambda y: -seen.on_page(ax, 0, y)[1])],
    }


CASES = {
    "dots": Case(
        lambda: plots.dots({"rope": [0.9, 0.7, 0.8], "none": [0.25, 0.5]}, xlabel="accuracy",
                           percent=True, chance=0.2),
        read_dots,
        ["", dotted({ROPE: marks("rope", [0.9, 0.7, 0.8]), NONE: marks("none", [0.25, 0.5])},
                    chance=[0.2])],
    ),
    "dots: panels, and dots that would hide each other": Case(
        lambda: plots.dots(
            {"before": {"rope": [3.0, 3.0, 9.0]}, "back1": {"none": [1.0, 4.0], "rope": [7.0]}},
            xlabel="steps", chance={"back1": 2.0}, title="T",
        ),
        read_dots,
        [
            "T",
            dotted({ROPE: marks("rope", [3.0, 3.0, 9.0]), NONE: marks("none", [])},
                   title="before", x="steps"),
            dotted({ROPE: marks("rope", [7.0]), NONE: marks("none", [1.0, 4.0])},
                   title="back1", x="steps", chance=[2.0]),
        ],
    ),
    "path": Case(
        lambda: plots.path({"rope": WAY, "none": BACK}, labels="abc", **SINES),
        read_path,
        pathed({ROPE: WAY, NONE: BACK}, words=dict(zip("abc", WAY, strict=True))),
    ),
    "path: loose points": Case(
        lambda: plots.path({"rope": BACK}, labels=[3, 1, 0, 2], join=False, **SINES),
        read_path,
        pathed([BACK], words=dict(zip("3102", BACK, strict=True)), joined=[False]),
    ),
    "clock_hands": Case(
        lambda: plots.clock_hands(7.5, 8),
        read_dials,
        [dial(pair, 8, 7.5) for pair in range(4)],
    ),
    "clock_hands: some of them": Case(
        lambda: plots.clock_hands(5, 64, n_hands=3),
        read_dials,
        [dial(pair, 64, 5) for pair in (0, 16, 31)],
    ),
    "clock_hands: with an odometer, the slow end at the left": Case(
        lambda: plots.clock_hands(126, 6, odometer=10),
        read_dials,
        [dial(pair, 6, 126, wheel=wheel(digit)) for pair, digit in ((2, 1), (1, 2), (0, 6))],
    ),
    "odometer": Case(
        lambda: plots.odometer(907, 4),
        read_wheels,
        [wheel(digit) for digit in (0, 9, 0, 7)],
    ),
    "odometer: in base 2": Case(
        lambda: plots.odometer(4, 4, 2),
        read_wheels,
        [wheel(digit, 2) for digit in (0, 1, 0, 0)],
    ),
    "tick_table": Case(
        lambda: plots.tick_table(TICKS),
        read_ticks,
        {
            "cells": {
                (label, column): ("✗✓"[mark], GROUND["✗✓"[mark]]) if isinstance(mark, bool)
                else (mark, "#efefef")
                for name, label in (("rope", ROPE), ("none", NONE))
                for column, mark in TICKS[name].items()
            },
            "across": ["bounded", "smooth", "cost"],
            "down": [ROPE, NONE],
        },
    ),
}  # fmt: skip
