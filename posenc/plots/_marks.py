"""What is laid over data: where training ended, levels to beat, and points to look at."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from posenc.plots._data import number
from posenc.plots._style import GREY, GROUND

TRAINED = "training length"
DASHED: dict[str, Any] = {"color": GREY, "linestyle": "--", "linewidth": 1.2, "zorder": 1}
DOTTED: dict[str, Any] = {
    "color": GREY,
    "linestyle": (0, (1, 1.5)),
    "linewidth": 1.6,
    "zorder": 1.5,
}


def trained_line(ax: Axes, trained_to: float | None, x: np.ndarray) -> list[str]:
    """Draw a line at the training length if ``x`` goes beyond it; return its line of text."""
    if trained_to is None or x.max() <= trained_to:
        return []
    ax.axvline(trained_to, **DOTTED)
    late = trained_to > (x.max() + x.min()) / 2 and ax.get_xscale() == "linear"
    ax.annotate(
        TRAINED, (trained_to, 1), (-2 if late else 2, 2), xycoords=("data", "axes fraction"),
        textcoords="offset points", color=GREY, fontsize=8, va="bottom",
        ha="right" if late else "left",
    )  # fmt: skip
    return [f"{TRAINED}: {number(trained_to)}"]


def trained_corner(ax: Axes, trained_to: int | None, shape: tuple[int, ...]) -> list[str]:
    """Draw the rows and the columns within the training length, if a map goes beyond it."""
    if trained_to is None or max(shape) <= trained_to:
        return []
    edge = trained_to - 0.5  # between the last cell met in training and the first new one
    for n, draw in zip(shape, (ax.axhline, ax.axvline), strict=True):
        if n > trained_to:
            draw(edge, color=GROUND, linewidth=2.4, zorder=3)  # seen on dark cells
            draw(edge, **{**DOTTED, "color": "black", "zorder": 3.1})  # and on light ones
    ax.annotate(
        TRAINED, (min(trained_to, shape[1]) - 0.5, 1), (-1, 2),
        xycoords=("data", "axes fraction"), textcoords="offset points", color=GREY, fontsize=7,
        va="bottom", ha="right",
    )  # fmt: skip
    return [f"{TRAINED}: {trained_to}"]


def rings(
    ax: Axes, marks: Mapping[str, float], x: np.ndarray, curves: Mapping[str, np.ndarray],
    styles: Mapping[str, Any], *, steps: bool = False,
) -> None:  # fmt: skip
    """Draw a ring on each named curve, where it is at the x of its mark, and write that x.

    A curve in ``steps`` has at x the value of the point nearest to it.

    Raises ``ValueError`` for a name that is no curve's, or an x beyond the curve.
    """
    for name, place in marks.items():
        if name not in curves or not x.min() <= place <= x.max():
            raise ValueError(
                f"marks name a curve and an x on it; got {name!r} at {place}, the curves are "
                f"{list(curves)}, from {number(x.min())} to {number(x.max())}"
            )
        order = x.argsort()
        between = np.interp(place, x[order], curves[name][order])
        height = float(curves[name][np.abs(x - place).argmin()] if steps else between)
        ax.plot(
            [place], [height], "o", markersize=10, markerfacecolor="none", markeredgewidth=1.6,
            color=styles[name]["color"], zorder=4, clip_on=False,
        )  # fmt: skip
        ax.annotate(
            number(place), (place, height), (8, 5), textcoords="offset points", fontsize=8,
            bbox={"facecolor": GROUND, "edgecolor": "none", "alpha": 0.85, "pad": 1}, zorder=5,
        )  # fmt: skip
