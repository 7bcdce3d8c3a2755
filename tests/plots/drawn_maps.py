"""Matrices as colours, read back."""

import numpy as np
import seen
from drawn import Case

from posenc import ENCODINGS, plots

SQUARE = [[1.0, 2.0, 3.0], [4.0, 6.0, 7.0], [9.0, 5.0, 8.0]]
FLAT = [[0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 7.0, 6.0, 9.0, 8.0]]
SIGNED = [[-3.0, -1.0, 1.5], [-2.0, 0.5, 2.0], [-0.5, 1.0, 1.0]]
BIG = np.arange(21.0 * 30).reshape(21, 30)
HEAD = [[1.0, 0.0, 0.0], [0.75, 0.25, 0.0], [0.125, 0.5, 0.375]]
OTHER = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.125, 0.875]]
WORDS = {"xlabel": "key", "ylabel": "query"}
NUMBERED = {0: "0", 1: "1", 2: "2"}
ROPE, NONE = ENCODINGS["rope"].label, "NoPE"  # what figures say for `none`


def read(figure):
    """The maps from left to right and from top to bottom, and their bar."""
    maps = [ax for ax in figure.axes if ax.images]
    title = figure.get_suptitle()
    return [title, *map(seen.panel, by_place(maps)), seen.bar(figure)]


def by_place(axes):
    """In reading order on the page."""
    places = [(ax, ax.get_position()) for ax in axes]
    return [ax for ax, _ in sorted(places, key=lambda each: (-each[1].y0, each[1].x0))]


def a_map(values, columns, rows, *, written=None, title="", x="key", y="query"):
    return {
        "title": title,
        "x": x,
        "y": y,
        "grow": ("right", "down"),
        "values": seen.short(values),
        "columns": columns,
        "rows": rows,
        "written": written or {},
    }


def a_bar(low, high, word=""):
    return {"word": word, "from": low, "to": high, "is the maps'": True, "grows lighter": True}


def line_at_zero(figure):
    """Whether the line at 0 lies where the values change their sign."""
    [ax] = [ax for ax in figure.axes if ax.images]
    values = seen.zeros(ax)
    return len(values) > 3 and max(map(abs, values)) < 1e-6


CASES = {
    "heatmap": Case(
        lambda: plots.heatmap(SQUARE, label="size", **WORDS),
        read,
        ["", a_map(SQUARE, NUMBERED, NUMBERED), a_bar(1, 9, "size")],
    ),
    "heatmap: more columns, names, numbers": Case(
        lambda: plots.heatmap(
            FLAT, x=[0, 10, 20, 30, 50], y=["up", "low"], values=True, title="T", **WORDS
        ),  # fmt: skip
        read,
        [
            "",
            a_map(
                FLAT,
                {0: "0", 1: "10", 2: "20", 3: "30", 4: "50"},
                {0: "up", 1: "low"},
                written={(i, j): f"{FLAT[i][j]:.0f}" for i in range(2) for j in range(5)},
                title="T",
            ),
            a_bar(0, 9),
        ],
    ),
    "heatmap: signed": Case(
        lambda: plots.heatmap(SIGNED, signed=True, **WORDS),
        lambda figure: [*read(figure), line_at_zero(figure)],
        ["", a_map(SIGNED, NUMBERED, NUMBERED), a_bar(-3, 3), True],
        spoil=True,
    ),
    "heatmap: of many rows": Case(
        lambda: plots.heatmap(BIG, **WORDS),
        read,
        [
            "",
            a_map(BIG, {i: f"{i}" for i in range(0, 30, 5)}, {i: f"{i}" for i in range(0, 21, 5)}),
            a_bar(0, 629),
        ],
    ),
    "heatmaps": Case(
        lambda: plots.heatmaps({"rope": SQUARE, "none": FLAT}, title="T", label="size", **WORDS),
        read,
        [
            "T",
            a_map(SQUARE, NUMBERED, NUMBERED, title=ROPE),
            a_map(FLAT, {**NUMBERED, 3: "3", 4: "4"}, {0: "0", 1: "1"}, title=NONE, y=""),
            a_bar(0, 9, "size"),
        ],
    ),
    "heatmaps: two by two": Case(
        lambda: plots.heatmaps(
            {name: np.roll(SQUARE, n) for n, name in enumerate("abcd")}, size="tall", **WORDS
        ),
        read,
        [
            "",
            *[
                a_map(
                    np.roll(SQUARE, n), NUMBERED, NUMBERED, title=name, y="" if n % 2 else "query"
                )
                for n, name in enumerate("abcd")
            ],
            a_bar(1, 9),
        ],
    ),
    "attention": Case(
        lambda: plots.attention([HEAD, OTHER], ["dog", "bites", "man"]),
        read,
        [
            "",
            *[
                a_map(
                    head,
                    dict(enumerate(["dog", "bites", "man"])),
                    dict(enumerate(["dog", "bites", "man"])),
                    title=f"head {i}",
                    y="" if i else "query",
                )
                for i, head in enumerate([HEAD, OTHER])
            ],
            a_bar(0, 1, "weight"),
        ],
    ),  # fmt: skip
    "attention: with a cache": Case(
        lambda: plots.attention([HEAD[1:]], ["dog", " ", "man"], names=["late"]),
        read,
        [
            "",
            a_map(HEAD[1:], {0: "dog", 1: "␣", 2: "man"}, {0: "␣", 1: "man"}, title="late"),
            a_bar(0, 0.75, "weight"),
        ],
    ),
}
