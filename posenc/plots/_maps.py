"""Matrices as colour: queries go down, keys go across, and grey print keeps the order."""

import math
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from posenc.plots._data import Data, axis_fact, listed, number, read, read_table
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import RC, label_of
from posenc.plots._words import counted, hatch, read_words

MOST = 4  # matrices side by side
TICKS = {1: 10, 2: 8, 3: 5}  # numbers along an axis, by the panels in a row
NAMES = 24  # words that fit along an axis
CELLS = (24, 18)  # rows and columns whose cells have room for a number


def heatmap(
    matrix: Any,
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    label: str = "",
    signed: bool = False,
    x: Any = None,
    y: Any = None,
    values: bool = False,
    words: Any = None,
    size: str | None = None,
    trained: bool | None = None,
    alt: str = "",
) -> Picture:
    """Return a matrix as colours, its first row on top.

    Shapes: ``(rows, columns)``; ``x`` and ``y`` name the columns and the rows (numbers or
    words, by default 0, 1, 2, …). ``signed`` centres the colours on 0 and draws the line
    where the sign changes: the colours grow from dark to light all the way, because a
    diverging map loses the sign in grey print. ``values`` writes the numbers into the
    cells of a small matrix; ``label`` names the colour bar. A cell without a number (NaN) is
    hatched, with its word in ``words``, (rows, columns) of texts, "" where there is a number.

    Raises ``ValueError`` for a matrix that is not 2-D or not finite, for names or words that
    do not fit it, or for ``values`` with more than 24 rows or 18 columns.

    >>> heatmap([[0, 1], [1, 0]], xlabel="key", ylabel="query", alt="Each sees the other.")
    heatmap
    x: "key", 2 columns
    y: "query", 2 rows
    colour: 0 to 1
    matrix: data ff894d20
    Each sees the other.
    """
    return heatmaps(
        {"": matrix}, xlabel=xlabel, ylabel=ylabel, title=title, label=label, signed=signed,
        x=x, y=y, values=values, words=None if words is None else {"": words}, size=size,
        trained=trained, alt=alt,
    )  # fmt: skip


def heatmaps(
    matrices: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    label: str = "",
    signed: bool = False,
    x: Any = None,
    y: Any = None,
    values: bool = False,
    words: Any = None,
    size: str | None = None,
    trained: bool | None = None,
    alt: str = "",
) -> Picture:
    """Return up to four named matrices side by side, with one scale of colours.

    Shapes: each ``(rows, columns)``, not all the same if ``x`` and ``y`` are left out.
    The options are those of :func:`heatmap`; ``words`` is a dict of the same names.

    Raises ``ValueError`` as :func:`heatmap`, and for more than four matrices.

    >>> picture = heatmaps({"rope": [[1.0, 0.5]], "alibi": [[0.0, -1.0]]}, signed=True,
    ...                    xlabel="key", ylabel="query")
    >>> picture.facts[3]
    'colour: -1 to 1, signed, with a line at 0'
    """
    words = {} if words is None else read_table("words", words)
    panels = _matrices(matrices, trained, words)
    limits = _limits(panels.values(), signed)
    square = all(_is_square(data.values) for data in panels.values())
    size = size or ("small" if len(panels) == 1 and square else _SIZE[len(panels)])
    n_rows = 2 if len(panels) == 4 and size == "tall" else 1
    figure, axes = canvas(size, title, len(panels), n_rows=n_rows)
    with matplotlib.rc_context(RC):
        for i, (name, data) in enumerate(panels.items()):
            ax = np.atleast_1d(axes)[i]
            image = _draw(ax, data.values, limits, signed, line=signed and not values)
            _name_axes(ax, x, y, data.values.shape, len(panels) // n_rows)
            _fill(ax, data.values, limits if values else None, words.get(name))
            first = i % (len(panels) // n_rows) == 0
            ax.set(xlabel=xlabel, ylabel=ylabel if first else "")
            if name:
                ax.set_title(textwrap.fill(label_of(name), 60 // len(panels)))
        figure.colorbar(image, ax=axes, label=label, pad=0.02, shrink=_BAR[len(panels)])
    names = [label_of(name) for name in panels if name]
    said = f"{label or 'values'} over {ylabel} and {xlabel}"
    said += f", for {listed(names)}" if names else ""
    colour = "signed" * signed + ", with a line at 0" * (signed and not values)
    facts = _facts(panels, limits, title, (xlabel, ylabel), colour)
    return Picture(figure, alt or said, facts + _told(words))


_SIZE = {1: "wide", 2: "wide", 3: "wide", 4: "tall"}  # four stand two by two
_BAR = {1: 1.0, 2: 0.9, 3: 0.7, 4: 0.8}  # the colour bar's share of the height


def _is_square(values: np.ndarray) -> bool:
    return 0.6 < values.shape[0] / values.shape[1] < 1.4


def _matrices(matrices: Any, trained: bool | None, words: dict[str, Any]) -> dict[str, Data]:
    panels = {}
    for name, value in read_table("matrices", matrices, most=MOST).items():
        what = f"the matrix {name!r}" if name else "the matrix"
        panels[name] = read(what, value, trained, words=words.get(name))
        shape = panels[name].values.shape
        if len(shape) != 2:
            raise ValueError(
                f"a heat map takes (rows, columns); got shape {shape}: choose one slice"
            )
    return panels


def _limits(panels: Iterable[Data], signed: bool) -> tuple[float, float]:
    every = np.concatenate([data.values.ravel() for data in panels])
    every = every[np.isfinite(every)]
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    if signed:
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    if high > low:
        return low, high
    # One value alone: as bright as it would be beside a nought.
    return (min(low, 0.0), max(low, 0.0)) if low else (0.0, 1.0)


def _draw(
    ax: Axes, values: np.ndarray, limits: tuple[float, float], signed: bool, line: bool
) -> Any:
    # cells are square where the matrix is; stretched where that would leave a stripe
    colors = matplotlib.colormaps["cividis" if signed else "viridis"].with_extremes(bad="white")
    image = ax.imshow(
        values, vmin=limits[0], vmax=limits[1], interpolation="nearest", cmap=colors,
        aspect="equal" if _is_square(values) else "auto",
    )  # fmt: skip
    if line and min(values.shape) > 1 and (values < 0).any() and (values > 0).any():
        ax.contour(values, levels=[0], colors="white", linewidths=0.9)
    return image


def _name_axes(ax: Axes, x: Any, y: Any, shape: tuple[int, ...], n_across: int) -> None:
    """Write the names of columns and rows, as many as there is room for."""
    room = 150 if n_across == 1 else 250 / n_across  # points that the matrix has for the names
    for axis, names, n in ((ax.xaxis, x, shape[1]), (ax.yaxis, y, shape[0])):
        which = axis.axis_name
        words = [str(i) for i in range(n)] if names is None else _names(which, names)
        if len(words) != n:
            raise ValueError(f"{which} must hold one name for each of {n}; got {len(words)}")
        most = NAMES if names is not None else TICKS[min(n_across, 3)]
        places = range(0, n, 1 if n <= most else _round_up(n / most))
        shown = [words[i] for i in places]
        tall = which == "y" and ax.bbox.height > ax.figure.dpi * 3.5  # inches
        font = min(8.0, 0.95 * (1 + tall) * room / len(shown))
        crowded = max(map(len, shown)) > 1 and len(" ".join(shown)) * font * 0.6 > room
        axis.set_ticks(places, shown)
        turned = 90 if which == "x" and crowded else 0
        axis.set_tick_params(length=2, rotation=turned, labelsize=font)


def _names(axis: str, names: Any) -> list[str]:
    names = list(names)
    if all(isinstance(name, str) for name in names):
        return names
    return [number(float(value)) for value in read(axis, names).values]


def _round_up(step: float) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50, …."""
    ten = 10 ** math.floor(math.log10(step))
    return int(next(ten * m for m in (1, 2, 5, 10) if ten * m >= step))


def _fill(ax: Axes, values: np.ndarray, limits: tuple[float, float] | None, words: Any) -> None:
    """Write the numbers, where there are limits of their colours, and the words."""
    if limits is not None:
        _write(ax, values, limits)
    hatch(ax, read_words(words, values))


def _write(ax: Axes, values: np.ndarray, limits: tuple[float, float]) -> None:
    """Write the numbers into the cells, dark on light and light on dark."""
    if values.shape[0] > CELLS[0] or values.shape[1] > CELLS[1]:
        raise ValueError(
            f"values=True is for up to {CELLS[0]} rows and {CELLS[1]} columns; got {values.shape}"
        )
    whole = bool((values == np.round(values))[np.isfinite(values)].all())
    small = 8 if values.shape[1] <= (12 if whole else 8) else 6
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue  # a word stands there
        light = (value - limits[0]) / (limits[1] - limits[0]) > 0.55
        text = f"{value + 0.0:.0f}" if whole else f"{value:.2f}"
        ax.text(
            column, row, text.replace("-", "\N{MINUS SIGN}"), ha="center", va="center",
            color="black" if light else "white", fontsize=small,
        )  # fmt: skip


def _facts(
    panels: dict[str, Data], limits: tuple[float, float], title: str, labels: tuple[str, str],
    colour: str,
) -> list[str]:  # fmt: skip
    shapes = {data.values.shape for data in panels.values()}
    rows, columns = (listed(map(str, sorted({shape[i] for shape in shapes}))) for i in (0, 1))
    facts = [head("heatmap" if len(panels) == 1 else "heatmaps", title)]
    facts += [f"{axis_fact('x', labels[0])}, {columns} columns"]
    facts += [f"{axis_fact('y', labels[1])}, {rows} rows"]
    if not any(data.trained for data in panels.values()):
        span = f"{number(limits[0], limits[1])} to {number(limits[1], limits[0])}"
        colour = f"{span}, {colour}" if colour else span
    facts += [f"colour: {colour}"] if colour else []
    for name, data in panels.items():
        facts.append(f'matrix "{label_of(name)}": {data.fact()}' if name
                     else f"matrix: {data.fact()}")  # fmt: skip
    return facts


def _told(words: dict[str, Any]) -> list[str]:
    return [f"without a number: {counted(told)}" for told in words.values() if counted(told)]
