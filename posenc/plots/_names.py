"""The names along a map: as many as there is room for, in letters that can be read."""

import math
from typing import Any

from matplotlib.axes import Axes

from posenc.plots._data import grouped, read

TICKS = {1: 10, 2: 8, 3: 6}  # numbers along an axis, by the panels in a row
NAMES = 24  # words that fit along an axis


def name_axes(ax: Axes, x: Any, y: Any, shape: tuple[int, ...], n_across: int) -> None:
    """Write the names of columns and rows, as many as there is room for."""
    across = 150 if n_across == 1 else 250 / n_across  # points that a square matrix has for names
    wide = n_across == 1 and ax.get_aspect() == "auto"
    for axis, names, n in ((ax.xaxis, x, shape[1]), (ax.yaxis, y, shape[0])):
        which = axis.axis_name
        stretched = wide and which == "x"
        room = 72 * ax.figure.bbox.width / ax.figure.dpi - 170 if stretched else across
        words, spelled = _names(which, range(n) if names is None else names)
        if len(words) != n:
            raise ValueError(f"{which} must hold one name for each of {n}; got {len(words)}")
        most = NAMES if spelled else 20 if stretched else TICKS[min(n_across, 3)]
        places = range(0, n, 1 if n <= most else round_up(n / most))
        shown = [words[i] for i in places]
        tall = which == "y" and ax.bbox.height > ax.figure.dpi * 3.5  # inches
        font = min(8.0, 0.95 * (1 + tall) * room / len(shown))
        letters = len(shown) * (max(map(len, shown)) + 1) if stretched else len(" ".join(shown))
        crowded = max(map(len, shown)) > 1 and letters * font * 0.6 > room
        axis.set_ticks(places, shown)
        turned = 90 if which == "x" and crowded else 0
        axis.set_tick_params(length=2, rotation=turned, labelsize=font)


def _names(axis: str, names: Any) -> tuple[list[str], bool]:
    """Return what stands along an axis, and whether these are words: a number may be left out."""
    names = list(names)
    if all(isinstance(name, str) for name in names):
        return names, True
    return [grouped(float(value)) for value in read(axis, names).values], False


def round_up(step: float) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50, …."""
    ten = 10 ** math.floor(math.log10(step))
    return int(next(ten * m for m in (1, 2, 5, 10) if ten * m >= step))
