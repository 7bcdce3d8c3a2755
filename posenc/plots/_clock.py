"""Clock hands that glide and digits that jump: the picture of notebook 03."""

import math
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from posenc.functional import inverse_frequencies
from posenc.plots._data import Data, number
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
    (sin, cos), the two channels of the pair. Under each dial stands its wavelength, in
    positions. Of more pairs than ``n_hands``, some evenly spaced are shown. ``odometer``
    (2 or 10, say) adds the digits of a whole position in that base; then the slow end
    is at the left, as in a car.

    Raises ``ValueError`` for a position that is not finite, ``n_hands`` outside 1 to 8,
    an odd ``dim``, or, with ``odometer``, a position that is not a whole number from 0.

    >>> clock_hands(0, 8).alt
    'At position 0 the hands of 4 pairs stand at 0, 0, 0 and 0 degrees.'
    """
    raise NotImplementedError
