"""The kernel of the sinusoids: how similar two position vectors are, by their distance."""

import matplotlib
import torch

from posenc import analysis
from posenc.plots._data import number
from posenc.plots._lines import lines
from posenc.plots._picture import Picture
from posenc.plots._style import GREY, GROUND, RC


def kernel(
    dim: int, base: float = 10_000.0, *, max_offset: int = 64, title: str = "", alt: str = ""
) -> Picture:
    """Return the mean of cos(ω_i k) over the pairs, against the offset k.

    It is the dot product of two sinusoidal position vectors at distance k, as a share of its
    largest value; where it stops falling is marked.

    Raises ``ValueError`` for an odd ``dim``, a bad ``base``, or ``max_offset`` below 2.

    >>> kernel(64).alt
    'The dot product of two position vectors falls up to distance 5; at 6 it first rises.'
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
        return "The dot product of two position vectors falls with every further position"
    falls = f"The dot product of two position vectors falls up to distance {rise - 1}"
    return f"{falls}; at {rise} it first rises"


def _mark(picture: Picture, last: int, height: float) -> None:
    """Point at the place where a curve stops falling."""
    with matplotlib.rc_context(RC):
        picture.figure.axes[0].annotate(
            f"stops falling at k = {last}", (last, height), (18, 34),
            textcoords="offset points",
            bbox={"facecolor": GROUND, "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
            arrowprops={"arrowstyle": "->", "color": GREY},
        )  # fmt: skip
