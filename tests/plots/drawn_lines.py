"""Curves, and the kernel of the sinusoids, read back."""

import math

import seen
import torch
from drawn import Case
from matplotlib.lines import Line2D

from posenc import ENCODINGS, plots

X = [1.0, 2.0, 4.0, 7.0]
RISING, FALLING = [0.1, 0.2, 0.25, 0.9], [0.8, 0.7, 0.3, 0.35]
SEEDS = [[0.1, 0.2, 0.3, 0.5], [0.2, 0.1, 0.5, 0.7], [0.3, 0.6, 0.7, 0.9]]
WORDS = {"xlabel": "position", "ylabel": "accuracy"}
FRAME = {"title": "", "x": "position", "y": "accuracy", "grow": ("right", "up")}
BASE = 10_000.0


def read(figure):
    [ax] = figure.axes
    assert seen.honest(ax.xaxis)
    assert seen.honest(ax.yaxis)
    heights = seen.named_at(ax)
    return {
        **seen.frame(ax),
        "curves": seen.curves(ax),
        "bands": seen.bands(ax),
        "down the page": sorted(heights, key=heights.get, reverse=True),
        "styles": seen.swatches(ax),
        "levels": [place for place, _ in seen.across(ax)["y"]],
    }


def said(curves, bands=None, levels=(), styles=None, **frame):
    """What a reader must see, for curves whose ends are far from each other."""
    named = {name: seen.short(list(map(list, zip(x, y, strict=True))))
             for name, (x, y) in curves.items()}  # fmt: skip
    ends = {name: rows[-1][1] for name, rows in named.items()}
    ends |= dict.fromkeys(["chance"] * len(levels), *levels)
    return {
        **FRAME,
        **frame,
        "curves": named,
        "bands": bands or {},
        "down the page": sorted(ends, key=ends.get, reverse=True),
        "styles": styles,
        "levels": list(levels),
    }


def look(name):
    """The style that a name has in the whole course."""
    return seen.style(Line2D([], [], **plots.style_of(name)))


CHANCE = ("#666666", look("alibi")[1], "None")
ROPE, LEARNED = ENCODINGS["rope"].label, "learned embeddings"
STYLES = {ROPE: look("rope"), LEARNED: look("learned")}


def mean_of_cosines(k, dim):
    speeds = [BASE ** (-2 * i / dim) for i in range(dim // 2)]
    return sum(math.cos(speed * k) for speed in speeds) / len(speeds)


KERNEL = [mean_of_cosines(k, 32) for k in range(22)]
LAST = next(k for k in range(21) if KERNEL[k + 1] > KERNEL[k])


def read_kernel(figure):
    [ax] = figure.axes
    [mark] = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    return {
        **seen.frame(ax),
        "curves": seen.curves(ax),
        "points at": seen.short(mark.xy),
        "says": mark.get_text(),
        "honest": seen.honest(ax.xaxis) and seen.honest(ax.yaxis),
    }


CASES = {
    "lines": Case(
        lambda: plots.lines({"rope": RISING, "learned": FALLING}, X, **WORDS),
        read,
        said({ROPE: (X, RISING), LEARNED: (X, FALLING)}, styles=STYLES),
    ),
    "lines: without x, with a title": Case(
        lambda: plots.lines({"learned": torch.tensor(FALLING)}, title="T", **WORDS),
        read,
        said({LEARNED: (range(4), FALLING)}, title="T", styles={LEARNED: STYLES[LEARNED]}),
    ),
    "lines: x from right to left": Case(
        lambda: plots.lines({"learned": FALLING[::-1], "rope": RISING[::-1]}, X[::-1], **WORDS),
        read,
        said({LEARNED: (X[::-1], FALLING[::-1]), ROPE: (X[::-1], RISING[::-1])}, styles=STYLES)
        | {"down the page": [ROPE, LEARNED]},  # at the right, where x is greatest
    ),
    "lines: seeds, chance, percent": Case(
        lambda: plots.lines(
            {"rope": SEEDS, "learned": FALLING}, X, chance=0.05, percent=True, **WORDS
        ),  # fmt: skip
        read,
        said(
            {ROPE: (X, [0.2, 0.3, 0.5, 0.7]), LEARNED: (X, FALLING)},
            bands={ROPE: [[1.0, 0.1, 0.3], [2.0, 0.1, 0.6], [4.0, 0.3, 0.7], [7.0, 0.5, 0.9]]},
            levels=[0.05],
            styles={**STYLES, "chance": CHANCE},
        ),
    ),
    "lines: logarithmic, limits": Case(
        lambda: plots.lines({"rope": RISING}, X, logx=True, ylim=(0, 2), **WORDS),
        lambda figure: (read(figure), figure.axes[0].get_xscale(), figure.axes[0].get_ylim()),
        (said({ROPE: (X, RISING)}, styles={ROPE: STYLES[ROPE]}), "log", (0, 2)),
    ),
    "lines: y with a nought, logarithmic": Case(
        lambda: plots.lines({"rope": [0, 1, 10, 5]}, X, logy=True, **WORDS),
        lambda figure: (read(figure), figure.axes[0].get_yscale(), figure.axes[0].get_xscale()),
        (said({ROPE: (X, [0, 1, 10, 5])}, styles={ROPE: STYLES[ROPE]}), "symlog", "linear"),
    ),
    "lines: in steps, whole heights": Case(
        lambda: plots.lines({"rope": [0, 3, 3, 4]}, X, steps=True, **WORDS),
        lambda figure: (
            read(figure),
            [line.get_drawstyle() for line in seen.in_data(figure.axes[0])],
            {float(place % 1) for place in figure.axes[0].get_yticks()},
        ),
        (said({ROPE: (X, [0, 3, 3, 4])}, styles={ROPE: STYLES[ROPE]}), ["steps-mid"], {0.0}),
    ),
    "kernel": Case(
        lambda: plots.kernel(32, max_offset=20),
        read_kernel,
        {
            "title": "",
            "x": "offset k",
            "y": "mean of cos(ωᵢ k)",
            "grow": ("right", "up"),
            "curves": {"d = 32, base = 10000": seen.short(list(enumerate(KERNEL[:21])))},
            "points at": seen.short([LAST, KERNEL[LAST]]),
            "says": f"stops falling at k = {LAST}",
            "honest": True,
        },
    ),
}
