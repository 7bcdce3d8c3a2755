"""Points in the plane: two channels of a code, drawn against each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np

from posenc.plots._data import Data, axis_fact, listed, read, read_table
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import GROUND, RC, label_of, styles_for

MOST = 4


def path(
    points: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    labels: Sequence[Any] | None = None,
    join: bool = True,
    arrows: bool = False,
    limits: tuple[float, float, float, float] | None = None,
    xticks: Mapping[float, str] | None = None,
    size: str = "small",
    trained: bool | None = None,
    alt: str = "",
) -> Picture:
    """Return up to four paths of points in the plane, both axes of one scale.

    Shapes: each ``(n, 2)``. ``labels`` writes a word beside each point of the first path,
    ``join=False`` leaves out the lines between points, ``arrows`` makes each path an arrow
    to its last point. ``limits`` are the ends of both axes, left, right, below and above,
    for pictures that are to be compared; else they are as the points ask. ``xticks`` are
    the words along x, each at its place, where two origins lie side by side, for instance.

    Raises ``ValueError`` for more than four paths, other shapes, or labels that do not
    fit.

    >>> circle = {"a pair": [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0)]}
    >>> path(circle, xlabel="sine", ylabel="cosine", labels=[0, 1, 2]).facts[3]
    'series "a pair": 3 points, data 114ffe3d'
    """
    paths = _paths(points, trained)
    figure, ax = canvas(size, title)
    with matplotlib.rc_context(RC):
        _draw(ax, paths, join, arrows)
        if labels is not None:
            _write(ax, next(iter(paths.values())), labels)
        _frame(ax, limits, xticks or {})
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if len(paths) > 1:
            figure.legend(loc="outside right upper", frameon=False)
    names = [label_of(name) for name in paths]
    facts = [head("path", title)]
    for i, (axis, label) in enumerate((("x", xlabel), ("y", ylabel))):
        columns = [Data(data.values[:, i], data.trained) for data in paths.values()]
        facts.append(axis_fact(axis, label, columns))
    facts += [f"words along x: {listed(xticks.values())}"] if xticks else []
    for name, data in zip(names, paths.values(), strict=True):
        facts.append(f'series "{name}": {len(data.values)} points, {data.fact()}')
    return Picture(figure, alt or f"{ylabel} against {xlabel}, for {listed(names)}", facts)


def _paths(points: Any, trained: bool | None) -> dict[str, Data]:
    paths = {}
    for name, value in read_table("points", points, most=MOST).items():
        paths[name] = read(f"the path {name!r}", value, trained)
        shape = paths[name].values.shape
        if len(shape) != 2 or shape[1] != 2:
            raise ValueError(f"the path {name!r} must be (n, 2); got shape {shape}")
    return paths


def _frame(ax: Any, limits: Any, xticks: Mapping[float, str]) -> None:
    """Give both axes one scale, the ends that are asked for, and the words along x."""
    ax.set_aspect("equal", adjustable="datalim")
    ax.margins(0.12)
    if limits is not None:
        ax.set(xlim=limits[:2], ylim=limits[2:])
        ax.set_aspect("equal", adjustable="box")
    if xticks:
        ax.set_xticks(list(xticks), list(xticks.values()))
    ax.grid(True)


def _draw(ax: Any, paths: dict[str, Data], join: bool, arrows: bool) -> None:
    for number, (name, style) in enumerate(styles_for(paths).items()):
        if not join:  # loose points of the first path are full, all others hollow
            face = {"markerfacecolor": GROUND} if number else {}
            style = {**style, "linestyle": "none", **face}
        if arrows:
            style = {**style, "marker": "none"}
            _point(ax, paths[name].values, style)
        ax.plot(*paths[name].values.T, label=label_of(name), **style)


def _point(ax: Any, points: np.ndarray, style: dict[str, Any]) -> None:
    """Draw the head of an arrow at the last point, and a small dot where it starts."""
    head = {"arrowstyle": "-|>,head_width=0.35,head_length=0.7", "color": style["color"],
            "shrinkA": 0, "shrinkB": 0, "linewidth": 0}  # fmt: skip
    ax.annotate("", points[-1], points[-2] if len(points) > 1 else points[-1], arrowprops=head)
    ax.plot(*points[:1].T, "o", color=style["color"], markersize=3)


def _write(ax: Any, data: Data, labels: Sequence[Any]) -> None:
    if len(labels) != len(data.values):
        raise ValueError(
            f"labels must hold one word for each of {len(data.values)} points; got {len(labels)}"
        )
    outward = data.values - data.values.mean(0)
    lengths = np.hypot(*outward.T)[:, None]
    outward = np.where(lengths > 0, outward / np.where(lengths > 0, lengths, 1), (0, 1))
    for xy, offset, label in zip(data.values, outward * 10, labels, strict=True):
        ax.annotate(
            str(label), xy, offset, textcoords="offset points", fontsize=8,
            ha="center", va="center",
        )  # fmt: skip
