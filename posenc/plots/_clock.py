"""Clock hands that glide and digits that jump: the picture of notebook 03."""

import math
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle

from posenc.functional import inverse_frequencies
from posenc.plots._data import Data, grouped, listed, number
from posenc.plots._picture import Picture, canvas, head
from posenc.plots._style import BLUE, GREY, ORANGE, RC

MOST = 8  # dials or wheels in a row


def clock_hands(
    pos: float,
    dim: int,
    base: float = 10_000.0,
    *,
    n_hands: int = 6,
    odometer: int | None = None,
    title: str = "",
    alt: str = "",
) -> Picture:
    """Return the dials of a sinusoidal code at one position: a hand for each pair.

    The hand of pair i has turned by ω_i p, clockwise from twelve: its tip is at
    (sin, cos), the two channels of the pair. Under each dial stands its wavelength in
    positions, and then the two channels. Of more pairs than ``n_hands``, some evenly
    spaced are shown. ``odometer`` (2 or 10, say) shows the digits of a whole position in
    that base instead of the channels; then the slow end is at the left, as in a car.

    Raises ``ValueError`` for a position that is not finite, ``n_hands`` outside 1 to 8,
    an odd ``dim``, or, with ``odometer``, a position that is not a whole number from 0.

    >>> clock_hands(0, 8).alt
    'At position 0 the hands of 4 pairs stand at 0, 0, 0 and 0 degrees.'
    """
    pairs = _pairs(dim, n_hands)
    speeds = inverse_frequencies(dim, base, dtype=torch.float64).numpy()[pairs]
    if not math.isfinite(pos):
        raise ValueError(f"pos must be a finite number; got {pos}")
    wheels = None if odometer is None else _digits(pos, len(pairs), odometer)
    if odometer is not None:
        pairs, speeds = pairs[::-1], speeds[::-1]
    wavelengths = 2 * math.pi / speeds
    x, y = np.sin(speeds * pos), np.cos(speeds * pos)
    figure, axes = canvas("wide", title, len(pairs))
    with matplotlib.rc_context(RC):
        for i, ax in enumerate(np.atleast_1d(axes)):
            _page(ax, wheels is not None)
            _dial(ax, speeds[i] * pos, f"pair {pairs[i]}", wavelengths[i])
            if wheels is None:
                _below(ax, -56, f"sin {x[i]:+.2f}\ncos {y[i]:+.2f}", family="DejaVu Sans Mono")
            else:
                _wheel(ax, wheels[i], odometer or 10, 2.6)
    turned = np.degrees(speeds * pos) % 360
    facts = [head("clock hands", title), f"pairs: {', '.join(map(str, pairs))}"]
    facts.append(f"position {number(pos)}: hands at {', '.join(map(whole, turned))} degrees")
    facts += [] if wheels is None else [f"odometer: {' '.join(map(str, wheels))}"]
    data = Data(np.stack((x, y)), trained=False)
    return Picture(figure, alt or _tells(pos, turned), [*facts, data.fact()])


def odometer(
    pos: int, digits: int = 6, base: int = 10, *, title: str = "", alt: str = ""
) -> Picture:
    """Return a row of digit wheels that show a whole position.

    Raises ``ValueError`` for a position that is not a whole number from 0 or has more
    digits than the row, for ``digits`` outside 1 to 8, or a ``base`` outside 2 to 10.

    >>> odometer(42, 4)
    odometer
    base 10: 0 0 4 2
    The odometer shows position 42.
    """
    if not 1 <= digits <= MOST:
        raise ValueError(f"digits must be 1 to {MOST}; got {digits}")
    wheels = _digits(pos, digits, base)
    if pos >= base**digits:
        raise ValueError(f"{pos} has more than {digits} digits in base {base}: give more")
    figure, axes = canvas("small", title, digits)
    with matplotlib.rc_context(RC):
        for ax, digit in zip(np.atleast_1d(axes), wheels, strict=True):
            ax.set(xlim=(-0.8, 0.8), ylim=(-1.6, 1.6), aspect="equal")
            ax.axis("off")
            _wheel(ax, digit, base, 0.0)
    facts = [head("odometer", title), f"base {base}: {' '.join(map(str, wheels))}"]
    return Picture(figure, alt or f"The odometer shows position {int(pos)}", facts)


def _pairs(dim: int, n_hands: int) -> list[int]:
    """Return which pairs to show: evenly spaced, the fastest and the slowest among them."""
    if isinstance(n_hands, bool) or not isinstance(n_hands, int) or not 1 <= n_hands <= MOST:
        raise ValueError(f"n_hands must be a whole number from 1 to {MOST}; got {n_hands!r}")
    n_pairs = len(inverse_frequencies(dim))
    shown = np.linspace(0, n_pairs - 1, min(n_hands, n_pairs))
    return [int(pair) for pair in np.floor(shown + 0.5)]


def _digits(pos: float, n: int, base: int) -> list[int]:
    """Return the last n digits of a whole position, slowest first."""
    if pos < 0 or pos != int(pos):
        raise ValueError(f"an odometer shows whole positions from 0; got {pos}")
    if isinstance(base, bool) or not isinstance(base, int) or not 2 <= base <= 10:
        raise ValueError(f"an odometer counts in a base from 2 to 10; got {base!r}")
    return [int(pos) // base**place % base for place in reversed(range(n))]


def _page(ax: Axes, wheels: bool) -> None:
    """Leave room for a dial of radius 1, its lines of text, and perhaps a wheel."""
    ax.set(xlim=(-1.2, 1.2), ylim=(-2.6, 4.2) if wheels else (-3.5, 1.2), aspect="equal")
    ax.axis("off")


def _dial(ax: Axes, angle: float, name: str, wavelength: float) -> None:
    x, y = math.sin(angle), math.cos(angle)  # clockwise from twelve
    ax.add_patch(Circle((0, 0), 1, facecolor="#f7f7f7", edgecolor="#444444", linewidth=1.2))
    hours = np.arange(12) * math.pi / 6
    rim = np.stack((np.sin(hours), np.cos(hours)), -1)  # (12, 2)
    # one collection and bare lines: twelve calls of plot() a dial took half of the time
    ax.add_collection(
        LineCollection(list(np.stack((rim * 0.88, rim), 1)), colors=GREY, linewidths=0.8),
        autolim=False,
    )
    hand = Line2D((0, x * 0.82), (0, y * 0.82), color=BLUE, linewidth=2.6, solid_capstyle="round")
    tip = Line2D([x * 0.82], [y * 0.82], marker="o", color=ORANGE, mec="black", markersize=6)
    axle = Line2D([0], [0], marker="o", color="black", markersize=3)
    for line in (hand, tip, axle):
        ax.add_line(line)
    _below(ax, -5, name, fontweight="bold")
    _below(ax, -18, f"a turn in\n{_count(wavelength)}\npositions")


def _below(ax: Axes, down: float, text: str, **font: Any) -> None:
    ax.annotate(
        text, (0, -1), (0, down), textcoords="offset points", ha="center", va="top",
        fontsize=8, **font,
    )  # fmt: skip


def _count(positions: float) -> str:
    """Return a wavelength in positions: 6.3, 628, and 60 611 with a space that does not break."""
    return f"{positions:.1f}" if positions < 100 else grouped(round(positions))


def _wheel(ax: Axes, digit: int, base: int, y: float) -> None:
    """Draw a digit in its window, with the digits before and after it in grey."""
    ax.add_patch(Rectangle(
        (-0.55, y - 1.45), 1.1, 2.9, facecolor="#f7f7f7", edgecolor="#bbbbbb",
    ))  # fmt: skip
    ax.add_patch(Rectangle(
        (-0.55, y - 0.6), 1.1, 1.2, facecolor="white", edgecolor="black", linewidth=1.4,
    ))  # fmt: skip
    for step, color, size in ((0, "black", 15), (1, GREY, 10), (-1, GREY, 10)):
        ax.text(
            0, y - step * 1.02, str((digit + step) % base), ha="center",
            va="center_baseline", color=color, fontsize=size,
        )  # fmt: skip


def whole(degrees: float) -> str:
    """Return an angle in whole degrees, from 0 to 359."""
    return str(math.floor(degrees + 0.5 + 1e-9) % 360)


def _tells(pos: float, degrees: np.ndarray) -> str:
    angles = listed(map(whole, degrees))
    if len(degrees) == 1:
        return f"At position {number(pos)} the hand stands at {angles} degrees"
    n = len(degrees)
    return f"At position {number(pos)} the hands of {n} pairs stand at {angles} degrees"
