"""A grid of clock hands: a pair of channels at many positions, or of many texts, at once."""

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.patches import Circle

from posenc.plots._clock import whole
from posenc.plots._data import Data, axis_fact, listed, number, read
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import BLUE, GREY, ORANGE, RC
from posenc.plots._words import read_words

MOST = (8, 16)  # rows and columns of dials that can be read
RADIUS = 0.42  # of a dial; a cell is 1 wide


def dials(
    pairs: Any,
    *,
    xlabel: str,
    ylabel: str = "",
    x: Any = None,
    y: Any = None,
    title: str = "",
    missing: str = "",
    trained: bool | None = None,
    alt: str = "",
) -> Picture:
    """Return a grid of dials, a hand in each: its tip is at a pair of channels, (sine, cosine).

    Shapes: ``(rows, columns, 2)``. Twelve o'clock is (0, 1), and a growing angle turns the
    hand clockwise; a hand of length 1 reaches the rim. ``x`` and ``y`` name the columns and
    the rows (numbers or words, by default 0, 1, 2, …). A pair that is NaN has no hand:
    its dial shows the word ``missing``.

    Raises ``ValueError`` for another shape, more than 8 rows or 16 columns, a word longer than
    eight letters, names that do not fit, or numbers that are not finite without a word.

    >>> dials([[[0.0, 1.0], [1.0, 0.0]]], xlabel="position", y=["pair 0"]).alt
    'Hands at pair 0: 0 and 90 degrees.'
    """
    data, told = _pairs(pairs, missing, trained)
    rows, columns = told.shape
    figure, ax = canvas("wide", title)
    with matplotlib.rc_context(RC):
        _name(ax, (rows, columns), _names("x", x, columns), _names("y", y, rows))
        ax.set(xlabel=xlabel, ylabel=ylabel)
        _draw(ax, data.values, told)
    facts = [head("dials", title)]
    facts += [f"{axis_fact('x', xlabel)}, {columns} columns"]
    facts += [f"{axis_fact('y', ylabel)}, {rows} rows", f"hands: {data.fact()}"]
    return Picture(figure, alt or _tells(data.values, told, _names("y", y, rows)), facts)


def _pairs(pairs: Any, missing: str, trained: bool | None) -> tuple[Data, np.ndarray]:
    """Return the channels, (rows, columns, 2), and a word for each that has none."""
    values = np.asarray(pairs, dtype=float)
    if values.ndim != 3 or values.shape[-1] != 2:
        raise ValueError(
            f"pairs must be (rows, columns, 2), a sine and a cosine; got shape {values.shape}"
        )
    if values.shape[0] > MOST[0] or values.shape[1] > MOST[1]:
        raise ValueError(f"at most {MOST[0]} rows and {MOST[1]} columns; got {values.shape[:2]}")
    told = np.where(np.isnan(values).all(-1), missing, "").astype(object)
    told = read_words(told, values[..., 0])
    return read("pairs", pairs, trained, words=np.stack((told, told), -1)), told


def _names(axis: str, names: Any, n: int) -> list[str]:
    if names is None:
        return [str(i) for i in range(n)]
    given = [name if isinstance(name, str) else number(float(name)) for name in names]
    if len(given) != n:
        raise ValueError(f"{axis} must hold one name for each of {n}; got {len(given)}")
    return given


def _name(ax: Axes, shape: tuple[int, int], x: list[str], y: list[str]) -> None:
    ax.set(xlim=(-0.5, shape[1] - 0.5), ylim=(shape[0] - 0.5, -0.5), aspect="equal")
    ax.set_xticks(range(shape[1]), x)
    ax.set_yticks(range(shape[0]), y)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _draw(ax: Axes, pairs: np.ndarray, words: np.ndarray) -> None:
    """Draw rim, hand and tip of each dial, or its word; the first row is on top."""
    cells = [(row, column) for row, column in np.ndindex(*words.shape)]
    full = [cell for cell in cells if words[cell] == ""]
    for style, where in (("-", full), (":", [cell for cell in cells if words[cell] != ""])):
        rims = [Circle((column, row), RADIUS) for row, column in where]
        face = "#f7f7f7" if style == "-" else "none"
        ax.add_collection(
            PatchCollection(rims, facecolor=face, edgecolor="#444444", linestyle=style)
        )
    axles = np.array([(column, row) for row, column in full], dtype=float).reshape(-1, 2)
    tips = np.array([pairs[cell] for cell in full], dtype=float).reshape(-1, 2)
    tips = axles + RADIUS * tips * (1, -1)  # rows grow downwards
    twelve = np.stack((axles - (0, RADIUS), axles - (0, 0.8 * RADIUS)), 1)
    ax.add_collection(LineCollection(list(twelve), colors=GREY, linewidths=0.8))
    ax.add_collection(LineCollection(list(np.stack((axles, tips), 1)), colors=BLUE, linewidths=2))
    ax.plot(*tips.T, "o", color=ORANGE, mec="black", mew=0.7, markersize=4)
    for row, column in cells:
        if words[row, column]:
            ax.text(column, row, str(words[row, column]), ha="center", va="center", fontsize=7)


def _tells(pairs: np.ndarray, words: np.ndarray, names: list[str]) -> str:
    """Return where the hands of each row stand."""
    said = []
    for name, row, told in zip(names, pairs, words, strict=True):
        degrees = np.degrees(np.arctan2(row[:, 0], row[:, 1])) % 360
        each = [word or whole(angle) for word, angle in zip(told, degrees, strict=True)]
        said.append(f"{name}: {listed(each)} degrees")
    return f"Hands at {'; '.join(said)}"
