"""Curves: at most four, named at their ends, with the band of their seeds."""

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from posenc import analysis
from posenc.plots._data import Data, axis_fact, listed, number, read, read_table
from posenc.plots._guess import draw_guess
from posenc.plots._picture import DPI, Picture, canvas, head
from posenc.plots._style import GREY, RC, label_of, styles_for

MOST = 4  # curves that stay apart in grey print


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
    ylim: tuple[float, float] | None = None,
    size: str = "wide",
    trained: bool | None = None,
    guess: tuple[Any, Any] | None = None,
    alt: str = "",
) -> Picture:
    """Return up to four curves over a common ``x``, each named where it ends.

    Shapes: each ``(n,)`` or ``(seeds, n)``, of which the mean is drawn and a band from
    the least to the greatest; ``x`` is ``(n,)``, by default 0, 1, 2, …. ``percent`` writes
    0.5 as 50 %, ``chance`` draws the level of guessing, ``guess`` the ``(x, y)`` that a reader
    predicted, None where there is none. A logarithmic axis with a 0 on it
    is linear from 0 to the smallest positive value.

    Raises ``ValueError`` for more than four curves, values that are not finite, shapes
    that do not fit, or negative values on a logarithmic axis.

    >>> import torch
    >>> p = torch.arange(20, dtype=torch.float64)
    >>> lines({"sin": p.sin(), "cos": p.cos()}, x=p, xlabel="position", ylabel="code").size
    (720, 320)
    """
    curves = _curves(series, trained)
    grid = _grid(x, next(iter(curves.values())).values.shape[1])
    labels = {name: label_of(name) for name in curves}
    figure, ax = canvas(size, title)
    with matplotlib.rc_context(RC):
        ends = _draw(ax, grid.values, curves, labels)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if chance is not None:
            ax.axhline(chance, color=GREY, linestyle="--", linewidth=1.2, zorder=1)
            ends.append((chance, "chance", {"color": GREY, "linestyle": "--"}))
        if guess is not None:
            ends.append(draw_guess(ax, guess))
        scales = _scale(ax, "x", logx, [grid]), _scale(ax, "y", logy, list(curves.values()))
        _frame(ax, grid.values, ylim, percent)
        name_ends(ax, float(grid.values.max()), ends)
    facts = [head("lines", title), axis_fact("x", xlabel, [grid], scale=scales[0])]
    facts.append(axis_fact("y", ylabel, curves.values(), scale=scales[1], limits=ylim))
    facts += [_fact(labels[name], grid, curve) for name, curve in curves.items()]
    facts += [] if chance is None else [f"chance: {number(chance)}"]
    facts += [] if guess is None else [f"your guess: {listed(map(number, guess[1]))}"]
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


def _grid(x: Any, n: int) -> Data:
    grid = read("x", range(n) if x is None else x)
    if grid.values.shape != (n,):
        raise ValueError(f"x must have one value a point, ({n},); got {grid.values.shape}")
    return grid


def _draw(
    ax: Axes, x: np.ndarray, curves: dict[str, Data], labels: dict[str, str]
) -> list[tuple[float, str, dict[str, Any]]]:
    """Draw means and bands; return where each curve ends, its label and its style."""
    styles, ends = styles_for(curves), []
    for offset, (name, data) in enumerate(curves.items()):
        mean, style = data.values.mean(0), styles[name]
        every = max(1, len(x) // 8)
        ax.plot(x, mean, markevery=(offset * every // len(curves), every), **style)
        if len(data.values) > 1:
            low, high = data.values.min(0), data.values.max(0)
            ax.fill_between(x, low, high, color=style["color"], alpha=0.18, linewidth=0)
        ends.append((float(mean[x.argmax()]), labels[name], style))
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
        axes_of.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if values.min() > 0:
        return "logarithmic"
    trained = any(item.trained for item in data)
    return "logarithmic, with a 0" if trained else f"logarithmic, linear up to {number(least)}"


def _frame(ax: Axes, x: np.ndarray, ylim: tuple[float, float] | None, percent: bool) -> None:
    ax.grid(True)
    ax.margins(x=0.02 if len(x) > 1 else 0.2)
    if ax.get_xscale() == "linear" and (x == x.round()).all():  # words and positions are whole
        ax.xaxis.set_major_locator(MaxNLocator("auto", steps=(1, 2, 2.5, 5, 10), integer=True))
    if ylim is not None:
        ax.set_ylim(*ylim)
    if percent:
        ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))


def name_ends(ax: Axes, x_end: float, ends: list[tuple[float, str, dict[str, Any]]]) -> None:
    """Write each label beside the end of its line, moved apart where they would overlap."""
    ax.autoscale_view()
    figure = ax.figure
    to_axes = ax.transAxes.inverted()
    wanted = [to_axes.transform(ax.transData.transform((x_end, y)))[1] for y, _, _ in ends]
    gap = 0.17 / (figure.bbox.height / DPI - 0.9)  # inches of a line of text / of the axes
    for y, (_, label, style) in zip(spread(wanted, gap), ends, strict=True):
        # a swatch of the line itself: colour alone would not survive grey print
        ax.plot(
            (1.015, 1.035, 1.055), (y, y, y), markevery=[1], transform=ax.transAxes,
            clip_on=False, **{**style, "linewidth": 1.5},
        )  # fmt: skip
        color = style["color"] if label == "chance" else "black"
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


def _fact(label: str, grid: Data, curve: Data) -> str:
    seeds, n = curve.values.shape
    shape = f"{n} points" if seeds == 1 else f"{seeds} seeds × {n} points"
    return f'series "{label}": {shape}, {curve.fact(grid)}'


def kernel(
    dim: int, base: float = 10_000.0, *, max_offset: int = 64, title: str = "", alt: str = ""
) -> Picture:
    """Return the mean of cos(ω_i k) over the pairs, against the offset k.

    It is the product of two sinusoidal codes k apart, as a share of its largest value;
    where it stops falling is marked.

    Raises ``ValueError`` for an odd ``dim``, a bad ``base``, or ``max_offset`` below 2.

    >>> kernel(64).alt
    'The product of two codes falls up to offset 5; at 6 it first rises.'
    """
    if isinstance(max_offset, bool) or not isinstance(max_offset, int) or max_offset < 2:
        raise ValueError(f"max_offset must be an integer of at least 2; got {max_offset!r}")
    offsets = torch.arange(max_offset + 1)
    curve = analysis.kernel(offsets, dim, base)  # (max_offset + 1,)
    rise = analysis.first_rise(curve)
    picture = lines(
        {f"d = {dim}, base = {number(base)}": curve}, offsets, xlabel="offset k",
        ylabel="mean of cos(ωᵢ k)", title=title, alt=alt or _tells(rise),
    )  # fmt: skip
    if rise is not None:
        _mark(picture, rise - 1, float(curve[rise - 1]))
    return picture


def _tells(rise: int | None) -> str:
    if rise is None:
        return "The product of two codes falls with every step that parts them"
    return f"The product of two codes falls up to offset {rise - 1}; at {rise} it first rises"


def _mark(picture: Picture, last: int, height: float) -> None:
    """Point at the place where a curve stops falling."""
    with matplotlib.rc_context(RC):
        picture.figure.axes[0].annotate(
            f"stops falling at k = {last}", (last, height), (18, 34),
            textcoords="offset points",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
            arrowprops={"arrowstyle": "->", "color": GREY},
        )  # fmt: skip
