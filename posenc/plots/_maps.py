"""Matrices as colour: queries go down, keys go across, and grey print keeps the order."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from posenc.plots._cells import hatch, write
from posenc.plots._chance import above
from posenc.plots._data import Data, axis_fact, listed, number, read, read_table
from posenc.plots._marks import trained_corner
from posenc.plots._names import name_axes
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import GROUND, RC, label_of
from posenc.plots._words import counted

MOST = 4  # matrices side by side


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
    chance: Any = None,
    best: float = 1.0,
    trained_to: int | None = None,
    zero_line: bool = True,
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
    With ``chance``, one number or one a column, the colours begin at that level and end at
    ``best``: what only guesses is dark, whatever its number. ``trained_to`` draws lines
    before the first row and column that training never met; ``zero_line=False`` leaves out
    the line of ``signed``.

    Raises ``ValueError`` for a matrix that is not 2-D or not finite, for names or words that
    do not fit it, for ``values`` with more than 24 rows or 18 columns, or for a chance that
    is not below the best.

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
        x=x, y=y, values=values, words=None if words is None else {"": words},
        chance=chance, best=best, trained_to=trained_to, zero_line=zero_line, size=size,
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
    chance: Any = None,
    best: float = 1.0,
    trained_to: int | None = None,
    zero_line: bool = True,
    own_scales: bool = False,
    size: str | None = None,
    trained: bool | None = None,
    alt: str = "",
) -> Picture:
    """Return up to four named matrices side by side, with one scale of colours.

    Shapes: each ``(rows, columns)``, not all the same if ``x`` and ``y`` are left out.
    The options are those of :func:`heatmap`; ``words`` is a dict of the same names, and
    ``x`` and ``y`` may be. ``own_scales`` gives each matrix a scale of colours to itself.

    Raises ``ValueError`` as :func:`heatmap`, and for more than four matrices.

    >>> picture = heatmaps({"rope": [[1.0, 0.5]], "alibi": [[0.0, -1.0]]}, signed=True,
    ...                    xlabel="key", ylabel="query")
    >>> picture.facts[3]
    'colour: -1 to 1, signed, with a line at 0'
    """
    words = {} if words is None else read_table("words", words)
    panels = _matrices(matrices, trained, words)
    shades = {name: above(data.values, chance, best) for name, data in panels.items()}
    limits = _limits(shades, signed, fixed=chance is not None, own=own_scales)
    figure, axes, across = _page(panels, size, title)
    line = signed and zero_line and not values
    reach: list[str] = []
    with matplotlib.rc_context(RC):
        images = [
            _draw(ax, shades[name], limits[name], signed, line)
            for ax, name in zip(np.atleast_1d(axes), panels, strict=True)
        ]
        for i, (image, (name, data)) in enumerate(zip(images, panels.items(), strict=True)):
            name_axes(image.axes, _of(x, name), _of(y, name), data.values.shape, across)
            image.axes.set(xlabel=xlabel, ylabel="" if i % across else ylabel)
            reach = _fill(image, data.values, values, words.get(name), trained_to) or reach
            _head(image.axes, name, 60 // len(panels), bool(reach))
        _bars(figure, images, axes, label, own_scales, None if chance is None else best)
    said = alt or _tells(panels, label, xlabel, ylabel)
    colour = _told_colour("signed" * signed + ", with a line at 0" * line, chance, best, own_scales)
    bounded = None if own_scales or chance is not None else next(iter(limits.values()))
    facts = _facts(panels, bounded, title, (xlabel, ylabel), colour)
    return Picture(figure, said, facts + _told(words) + reach)


def _tells(panels: Iterable[str], label: str, xlabel: str, ylabel: str) -> str:
    names = [label_of(name) for name in panels if name]
    said = f"{label or 'values'} over {ylabel} and {xlabel}"
    return said + (f", for {listed(names)}" if names else "")


def _page(panels: Mapping[str, Data], size: str | None, title: str) -> tuple[Any, Any, int]:
    """Return a figure, its axes, and how many of these stand side by side."""
    square = all(_is_square(data.values) for data in panels.values())
    size = size or ("small" if len(panels) == 1 and square else _SIZE[len(panels)])
    n_rows = 2 if len(panels) == 4 and size == "tall" else 1
    figure, axes = canvas(size, title, len(panels), n_rows=n_rows)
    return figure, axes, len(panels) // n_rows


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


def _of(names: Any, panel: str) -> Any:
    return names.get(panel) if isinstance(names, Mapping) and panel in names else names


Limits = tuple[float, float]


def _limits(
    shades: Mapping[str, np.ndarray], signed: bool, *, fixed: bool, own: bool
) -> dict[str, Limits]:
    """Return the ends of the scale of colours of each matrix, the same for all unless ``own``."""
    if fixed:
        return dict.fromkeys(shades, (0.0, 1.0))
    if own:
        return {name: _span([values], signed) for name, values in shades.items()}
    return dict.fromkeys(shades, _span(shades.values(), signed))


def _span(shades: Iterable[np.ndarray], signed: bool) -> Limits:
    every = np.concatenate([values.ravel() for values in shades])
    every = every[np.isfinite(every)]
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    if signed:
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    if high > low:
        return low, high
    # One value alone: as bright as it would be beside a nought.
    return (min(low, 0.0), max(low, 0.0)) if low else (0.0, 1.0)


def _fill(
    image: Any, matrix: np.ndarray, values: bool, words: Any, trained_to: int | None
) -> list[str]:
    """Lay numbers, words and the training length over a map; return the line of text on that."""
    if values:
        write(image.axes, matrix, image)
    hatch(image.axes, matrix, words)
    return trained_corner(image.axes, trained_to, matrix.shape)


def _head(ax: Axes, name: str, width: int, reach: bool) -> None:
    if name:
        ax.set_title(textwrap.fill(label_of(name), width), pad=14 if reach else None)


def _bars(
    figure: Any, images: list[Any], axes: Any, label: str, own: bool, best: float | None
) -> None:
    """Draw one bar, or one beside each map; say of two values these, from chance its ends."""
    shrink = _BAR[len(images)]
    beside = zip(images, np.atleast_1d(axes), strict=True) if own else [(images[-1], axes)]
    for image, where in beside:
        bar = figure.colorbar(image, ax=where, label=label, pad=0.02, shrink=shrink)
        shown = [image] if own else images
        every = np.concatenate([np.ma.compressed(part.get_array()) for part in shown])
        found = np.unique(every[np.isfinite(every)])
        if best is not None:
            bar.set_ticks([0, 1], labels=["chance", number(best)])
        elif len(found) == 2:
            bar.set_ticks(found)


def _told_colour(signs: str, chance: Any, best: float, own: bool) -> str:
    if chance is None:
        return "a scale for each" if own else signs
    level = np.unique(read("chance", chance).values)
    return f"from chance ({listed(map(number, level))}) to {number(best)}"


def _draw(ax: Axes, values: np.ndarray, limits: Limits, signed: bool, line: bool) -> Any:
    # cells are square where the matrix is; stretched where that would leave a stripe
    colors = matplotlib.colormaps["cividis" if signed else "viridis"].with_extremes(bad=GROUND)
    image = ax.imshow(
        values, vmin=limits[0], vmax=limits[1], interpolation="nearest", cmap=colors,
        aspect="equal" if _is_square(values) else "auto",
    )  # fmt: skip
    ax.spines[:].set_visible(True)  # the lightest cells are as light as the ground
    if line and min(values.shape) > 1 and (values < 0).any() and (values > 0).any():
        ax.contour(values, levels=[0], colors="white", linewidths=0.9)
    return image


def _facts(
    panels: dict[str, Data], limits: Limits | None, title: str, labels: tuple[str, str],
    colour: str,
) -> list[str]:  # fmt: skip
    shapes = {data.values.shape for data in panels.values()}
    rows, columns = (listed(map(str, sorted({shape[i] for shape in shapes}))) for i in (0, 1))
    facts = [head("heatmap" if len(panels) == 1 else "heatmaps", title)]
    facts += [f"{axis_fact('x', labels[0])}, {columns} columns"]
    facts += [f"{axis_fact('y', labels[1])}, {rows} rows"]
    if limits and not any(data.trained for data in panels.values()):
        span = f"{number(limits[0], limits[1])} to {number(limits[1], limits[0])}"
        colour = f"{span}, {colour}" if colour else span
    facts += [f"colour: {colour}"] if colour else []
    for name, data in panels.items():
        facts.append(f'matrix "{label_of(name)}": {data.fact()}' if name
                     else f"matrix: {data.fact()}")  # fmt: skip
    return facts


def _told(words: dict[str, Any]) -> list[str]:
    return [f"without a number: {counted(told)}" for told in words.values() if counted(told)]
