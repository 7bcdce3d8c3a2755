"""Curves: at most four, named at their ends, with the band of their seeds."""

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
)

from posenc.plots._data import Data, axis_fact, grouped, listed, number, read, read_table
from posenc.plots._guess import draw_guess
from posenc.plots._marks import DASHED, rings, trained_line
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import RC, label_of, styles_for

MOST = 4  # curves that stay apart in grey print
TICKED = 8  # points that each have a number on the axis


def lines(
    series: Mapping[str, Any],
    x: Any = None,
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    logx: bool = False,
    logy: bool = False,
    percent: bool = False,
    chance: float | None = None,
    trained_to: float | None = None,
    levels: Mapping[str, float] | None = None,
    marks: Mapping[str, float] | None = None,
    ylim: tuple[float, float] | None = None,
    size: str = "wide",
    steps: bool = False,
    band: str = "seeds",
    trained: bool | None = None,
    guess: tuple[Any, Any] | None = None,
    alt: str = "",
) -> Picture:
    """Return up to four curves over a common ``x``, each named where it ends.

    Shapes: each ``(n,)`` or ``(seeds, n)``, of which the mean is drawn and a band from
    the least to the greatest; ``x`` is ``(n,)``, by default 0, 1, 2, …. The text form calls
    the rows of a band what ``band`` says. ``steps`` holds each value halfway to its neighbours,
    for what jumps and has nothing in between. ``percent`` writes
    0.5 as 50 %, ``chance`` draws the level of guessing and ``levels`` others, by their names.
    ``guess`` is the ``(x, y)`` that a reader predicted, None where there is none.
    ``trained_to`` draws a line at the training length if ``x`` goes beyond it; ``marks``
    draws a ring on a curve, ``{name: x}``. A logarithmic axis with a 0 on it is linear from
    0 to the smallest positive value.

    Raises ``ValueError`` for more than four curves, values that are not finite, shapes
    that do not fit, negative values on a logarithmic axis, or a mark that is on no curve.

    >>> import torch
    >>> p = torch.arange(20, dtype=torch.float64)
    >>> lines({"sin": p.sin(), "cos": p.cos()}, x=p, xlabel="position", ylabel="code").size
    (720, 320)
    """
    curves = _curves(series, trained)
    grid = _grid(x, next(iter(curves.values())).values.shape[1])
    labels, across = {name: label_of(name) for name in curves}, _levels(chance, levels)
    figure, ax = canvas(size, title)
    with matplotlib.rc_context(RC):
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ends = _draw(ax, grid.values, curves, labels, marks or {}, steps) + _across(ax, across)
        ends += [] if guess is None else [draw_guess(ax, guess)]
        scales = _scale(ax, "x", logx, [grid]), _scale(ax, "y", logy, list(curves.values()))
        _frame(ax, grid.values, ylim, percent)
        _whole(ax, steps, curves)
        reach = trained_line(ax, trained_to, grid.values)
        ax.set_title(title, pad=16 if reach else None)
        name_ends(ax, float(grid.values.max()), ends)
    facts = [head("lines", title), axis_fact("x", xlabel, [grid], scale=scales[0])]
    facts.append(axis_fact("y", ylabel, curves.values(), scale=scales[1], limits=ylim))
    facts += [_fact(labels[name], grid, curve, steps, band) for name, curve in curves.items()]
    facts += [f"{name}: {number(level)}" for name, level in across.items()]
    facts += [] if guess is None else [f"your guess: {listed(map(number, guess[1]))}"]
    facts += reach + [f'mark on "{labels[name]}": {number(x)}' for name, x in (marks or {}).items()]
    said = alt or f"{ylabel} against {xlabel}, for {listed(labels.values())}"
    return Picture(figure, said, facts)


def _curves(series: Any, trained: bool | None) -> dict[str, Data]:
    """Return each series as (seeds, n), all with one n."""
    curves = {}
    for name, value in read_table("series", series, most=MOST).items():
        data = read(f"series {name!r}", value, trained)
        if data.values.ndim not in (1, 2):
            raise ValueError(f"series {name!r} must be (n,) or (seeds, n); got {data.values.shape}")
        curves[name] = Data(np.atleast_2d(data.values), data.trained)
    lengths = {name: data.values.shape[1] for name, data in curves.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"all series must be of one length; got {lengths}")
    return curves


def _levels(chance: float | None, levels: Mapping[str, float] | None) -> dict[str, float]:
    return {**({} if chance is None else {"chance": chance}), **(levels or {})}


def _across(ax: Axes, levels: Mapping[str, float]) -> list[tuple[float, str, dict[str, Any]]]:
    """Draw each level from side to side; return where its name is to stand."""
    for level in levels.values():
        ax.axhline(level, **DASHED)
    return [(level, name, DASHED) for name, level in levels.items()]


def _grid(x: Any, n: int) -> Data:
    grid = read("x", range(n) if x is None else x)
    if grid.values.shape != (n,):
        raise ValueError(f"x must have one value a point, ({n},); got {grid.values.shape}")
    return grid


def _draw(
    ax: Axes, x: np.ndarray, curves: dict[str, Data], labels: dict[str, str],
    marks: Mapping[str, float], steps: bool,
) -> list[tuple[float, str, dict[str, Any]]]:  # fmt: skip
    """Draw means, bands and marks; return where each curve ends, its label and its style."""
    styles, ends = styles_for(curves), []
    for offset, (name, data) in enumerate(curves.items()):
        mean, style = data.values.mean(0), styles[name]
        every = max(1, len(x) // 8)
        ax.plot(
            x, mean, markevery=(offset * every // len(curves), every),
            drawstyle="steps-mid" if steps else "default", **style,
        )  # fmt: skip
        if len(data.values) > 1:
            low, high = data.values.min(0), data.values.max(0)
            ax.fill_between(
                x, low, high, step="mid" if steps else None,
                color=style["color"], alpha=0.18, linewidth=0,
            )  # fmt: skip
        ends.append((float(mean[x.argmax()]), labels[name], style))
    means = {name: data.values.mean(0) for name, data in curves.items()}
    rings(ax, marks, x, means, styles, steps=steps)
    return ends


def _scale(ax: Axes, axis: str, log: bool, data: list[Data]) -> str:
    """Make an axis logarithmic where asked, and return what the text form says of it."""
    if not log:
        return ""
    values = np.concatenate([item.values.ravel() for item in data])
    if values.min() < 0 or values.max() == 0:
        raise ValueError(
            f"log{axis}=True needs values above 0 (a single 0 may begin the axis); "
            f"the least is {number(values.min())}, the greatest {number(values.max())}"
        )
    set_scale = ax.set_xscale if axis == "x" else ax.set_yscale
    least = values[values > 0].min()
    if values.min() > 0:
        set_scale("log")
    else:
        set_scale("symlog", linthresh=least, linscale=0.5)
    axes_of = ax.xaxis if axis == "x" else ax.yaxis
    if 1e-4 < least and values.max() < 1e7:
        _plain(axes_of, short=values.min() > 0 and values.max() < 100 * least)
    if values.min() > 0:
        return "logarithmic"
    trained = any(item.trained for item in data)
    return "logarithmic, with a 0" if trained else f"logarithmic, linear up to {number(least)}"


def _plain(axis: Axis, short: bool) -> None:
    """Write 0.01 and 1000 in place of powers of ten; between them, too, where they are few."""
    plain = FuncFormatter(lambda value, _: grouped(value))
    axis.set_major_formatter(plain)
    if short:
        axis.set_minor_locator(LogLocator(subs=(2, 5)))
        axis.set_minor_formatter(plain)


def _frame(ax: Axes, x: np.ndarray, ylim: tuple[float, float] | None, percent: bool) -> None:
    ax.grid(True)
    ax.margins(x=0.02 if len(x) > 1 else 0.2)
    if ax.get_xscale() == "linear" and (x == x.round()).all():  # words and positions are whole
        ax.xaxis.set_major_locator(MaxNLocator("auto", steps=(1, 2, 2.5, 5, 10), integer=True))
    if len(x) <= TICKED and _far_apart(ax, x):  # a number at each point, and at no other place
        ax.set_xticks(np.unique(x))
        ax.xaxis.set_minor_locator(NullLocator())
    if ylim is not None:
        ax.set_ylim(*ylim)
    if percent:
        ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))


def _whole(ax: Axes, steps: bool, curves: dict[str, Data]) -> None:
    """Number only whole heights where steps go from one whole number to another."""
    whole = all((data.values == data.values.round()).all() for data in curves.values())
    if steps and whole and ax.get_yscale() == "linear":
        ax.yaxis.set_major_locator(MaxNLocator("auto", steps=(1, 2, 5, 10), integer=True))


def _far_apart(ax: Axes, x: np.ndarray) -> bool:
    """Return whether the numbers of all points have room on the axis."""
    ax.autoscale_view()
    places = np.unique(ax.transAxes.inverted().transform(
        ax.transData.transform(np.stack((x, np.full(len(x), ax.get_ylim()[1])), -1))
    )[:, 0])  # fmt: skip
    return len(places) > 1 and bool(np.diff(places).min() > 0.07)


def name_ends(ax: Axes, x_end: float, ends: list[tuple[float, str, dict[str, Any]]]) -> None:
    """Write each label beside the end of its line, moved apart where they would overlap."""
    ax.autoscale_view()
    figure = ax.figure
    to_axes = ax.transAxes.inverted()
    wanted = [to_axes.transform(ax.transData.transform((x_end, y)))[1] for y, _, _ in ends]
    gap = 0.17 / (figure.bbox.height / figure.dpi - 1.1)  # inches of a line of text / of the axes
    for y, (_, label, style) in zip(spread(wanted, gap), ends, strict=True):
        # a swatch of the line itself: colour alone would not survive grey print
        ax.plot(
            (1.015, 1.035, 1.055), (y, y, y), markevery=[1], transform=ax.transAxes,
            clip_on=False, **{**style, "linewidth": 1.5, "zorder": 2},
        )  # fmt: skip
        color = "black" if "marker" in style else style["color"]
        ax.text(1.065, y, label, transform=ax.transAxes, va="center", color=color)


def spread(wanted: list[float], gap: float) -> list[float]:
    """Return the places nearest to ``wanted``, within 0 and 1, that are ``gap`` apart.

    >>> [round(y, 2) for y in spread([0.5, 0.5, 1.2], 0.1)]
    [0.45, 0.55, 1.0]
    """
    order = np.argsort(wanted, kind="stable")
    places = np.clip(np.asarray(wanted, dtype=float), 0.0, 1.0)[order]
    for _ in range(200):
        missing = gap - np.diff(places)
        push = np.where(missing > 1e-9, missing / 2, 0.0)
        places[:-1] -= push
        places[1:] += push
        places += max(0.0, -places[0])
        places -= max(0.0, places[-1] - 1.0)
    result = np.empty_like(places)
    result[order] = places
    return [float(y) for y in result]


def _fact(label: str, grid: Data, curve: Data, steps: bool, band: str) -> str:
    rows, n = curve.values.shape
    shape = f"{n} points" if rows == 1 else f"{rows} {band} × {n} points"
    return f'series "{label}": {shape}{" in steps" if steps else ""}, {curve.fact(grid)}'
