"""The curve that a reader predicted, over the data that settles it."""

from typing import Any

from matplotlib.axes import Axes

from posenc.plots._data import read

STYLE: dict[str, Any] = {
    "color": "#555555", "linestyle": (0, (1, 1.5)), "linewidth": 1.8, "marker": "D",
    "markerfacecolor": "white", "markersize": 6,
}  # fmt: skip


def draw_guess(ax: Axes, guess: tuple[Any, Any]) -> tuple[float, str, dict[str, Any]]:
    """Draw the points ``(x, y)``, joined; return where they end, their label and their style."""
    x, y = read("x of the guess", guess[0]).values, read("y of the guess", guess[1]).values
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"guess must be (x, y) of one length; got {x.shape} and {y.shape}")
    ax.plot(x, y, zorder=3, **STYLE)
    return float(y[x.argmax()]), "your guess", STYLE
