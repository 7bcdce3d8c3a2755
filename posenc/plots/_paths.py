"""Points in the plane: two channels of a code, drawn against each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np

from posenc.plots._data import Data, axis_fact, listed, read, read_table
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import RC, label_of, styles_for

MOST = 4


def path(
    points: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    labels: Sequence[Any] | None = None,
    join: bool = True,
    size: str = "small",
    trained: bool | None = None,
    alt: str = "",
) -> Picture:
    """Return up to four paths of points in the plane, both axes of one scale.

    Shapes: each ``(n, 2)``. ``labels`` writes a word beside each point of the first path,
    ``join=False`` leaves out the lines between points.

    Raises ``ValueError`` for more than four paths, other shapes, or labels that do not
    fit.

    >>> circle = {"a pair": [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0)]}
    >>> path(circle, xlabel="sine", ylabel="cosine", labels=[0, 1, 2]).facts[3]
    'series "a pair": 3 points, data 114ffe3d'
    """
    paths = _paths(points, trained)
    figure, ax = canvas(size, title)
    with matplotlib.rc_context(RC):
        for number, (name, style) in enumerate(styles_for(paths).items()):
            if not join:  # loose points of the first path are full, all others hollow
                face = {"markerfacecolor": "white"} if number else {}
                style = {**style, "linestyle": "none", **face}
            ax.plot(*paths[name].values.T, label=label_of(name), **style)
        if labels is not None:
            _write(ax, next(iter(paths.values())), labels)
        ax.set_aspect("equal", adjustable="datalim")
        ax.margins(0.12)
        ax.grid(True)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if len(paths) > 1:
            figure.legend(loc="outside right upper", frameon=False)
    names = [label_of(name) for name in paths]
    facts = [head("path", title)]
    for i, (axis, label) in enumerate((("x", xlabel), ("y", ylabel))):
        columns = [Data(data.values[:, i], data.trained) for data in paths.values()]
        facts.append(axis_fact(axis, label, columns))
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
