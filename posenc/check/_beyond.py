"""Checkers of notebook 10: places on a grid, a resized table, Fourier features."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from posenc.check._verdict import Verdict, judge, require, same

__all__ = ["fourier_features", "grid_positions", "resized_table"]

ROUNDING = 1e-6  # none of the learner's business


# --- places on a grid -----------------------------------------------------------------------


def grid_positions(answer: Callable[[int, int], Any]) -> Verdict:
    """Check ``grid_positions(height, width)``: -> (height · width, 2), row before column.

    The patches come as they are read: the first row from left to right, then the next.

    >>> def mine(height, width):
    ...     i = torch.arange(height * width)
    ...     return torch.stack((i // height, i % height), dim=-1)
    >>> verdict = grid_positions(mine)
    ✗ grid_positions: it divides by the height: on 8 × 32, patch 8 stands at (0, 8), not (1, 0)
    """
    return judge("grid_positions", answer, _examine_grid)


def _examine_grid(answer: Callable[[int, int], Any]) -> str:
    for height, width in ((8, 32), (2, 3), (3, 3), (5, 1), (1, 4)):
        case = f"grid_positions({height}, {width})"
        found, right = answer(height, width), _places(height, width)
        if isinstance(found, Tensor) and found.shape == right.shape:
            _name_the_slip(found, right, height, width)
        same(found, right, case=case)
    return "right: row before column, read line by line, on any grid"


def _places(height: int, width: int) -> Tensor:
    return torch.cartesian_prod(torch.arange(height), torch.arange(width))


def _name_the_slip(found: Tensor, right: Tensor, height: int, width: int) -> None:
    """Raise where the answer equals one of the grids that people really build."""
    if height == width or 1 in (height, width):
        return
    for slug, slip, message in _slips(right, height, width):
        require(not torch.equal(found.double(), slip.double()), slug, message)


def _slips(right: Tensor, height: int, width: int) -> tuple[tuple[str, Tensor, str], ...]:
    """Return the wrong grids: slug, grid, what to say."""
    i = torch.arange(height * width)
    place, at = f"on {height} × {width}, patch", f"({i[height] // width}, {i[height] % width})"
    side = math.isqrt(height * width)
    transposed = _places(width, height)
    return (
        ("one-based", right + 1, "rows and columns must count from 0; the first is (1, 1)"),
        (
            "column-first", right.flip(-1),
            f"the column stands first: {place} 1 must be (0, 1), not (1, 0)",
        ),
        (
            "divides-by-height", torch.stack((i // height, i % height), -1),
            f"it divides by the height: {place} {height} stands at {at}, not (1, 0)",
        ),
        (
            "reads-columns", transposed.flip(-1),
            f"it goes down the columns: {place} 1 stands at (0, 1), not (1, 0)",
        ),
        (
            "square", torch.stack((i // side, i % side), -1),
            f"it assumes a square grid: {place} {side} does not begin a row",
        ),
    )  # fmt: skip


# --- a table for another grid ---------------------------------------------------------------


def resized_table(answer: Callable[..., Any]) -> Verdict:
    """Check ``resized_table(table, old, new)``: (h·w, d), (h, w), (H, W) -> (H·W, d).

    Bilinear, in two dimensions, with pixel centres (``align_corners=False``).

    >>> def mine(table, old, new):
    ...     return table[:new[0] * new[1]]
    >>> verdict = resized_table(mine)
    ✗ resized_table: resized_table(table, (2, 3), (4, 6)) must have shape (24, 8); it has (6, 8)
    """
    return judge("resized_table", answer, _examine_table)


def _examine_table(answer: Callable[..., Any]) -> str:
    generator = torch.Generator().manual_seed(10)
    for old, new in (((2, 3), (4, 6)), ((4, 6), (4, 6)), ((4, 4), (6, 6)), ((6, 4), (3, 9))):
        table = torch.randn(old[0] * old[1], 8, generator=generator)
        case = f"resized_table(table, {old}, {new})"
        found, right = answer(table.clone(), old, new), _resized(table, old, new)
        if isinstance(found, Tensor) and found.shape == right.shape and old != new:
            _name_the_resizing(found, table, old, new)
        same(found, right, case=case)
    return "right: the table becomes a grid, grows in both directions, and is flattened again"


def _resized(table: Tensor, old: tuple[int, int], new: tuple[int, int], **options: Any) -> Tensor:
    grid = table.T.reshape(1, -1, *old)  # (1, d, h, w)
    options = {"mode": "bilinear", "align_corners": False, **options}
    return F.interpolate(grid, size=new, **options).flatten(2)[0].T


def _name_the_resizing(
    found: Tensor, table: Tensor, old: tuple[int, int], new: tuple[int, int]
) -> None:
    flat = F.interpolate(table.T[None], size=new[0] * new[1], mode="linear")[0].T
    scrambled = F.interpolate(table.reshape(1, -1, *old), size=new, mode="bilinear")
    right = _resized(table, old, new)
    slips = (
        ("flat", flat, "it interpolates along the flat index: the end of one row flows into "
         "the start of the next; reshape to (h, w) first"),
        ("corners", _resized(table, old, new, align_corners=True),
         "it pins the corner patches (align_corners=True); leave it False"),
        ("nearest", _resized(table, old, new, mode="nearest", align_corners=None),
         "it repeats the nearest row (mode='nearest'); use bilinear"),
        ("bicubic", _resized(table, old, new, mode="bicubic"),
         "it is bicubic, as many models have it; here bilinear is asked for"),
        ("scrambled", scrambled.flatten(2)[0].T,
         "a reshape mixed channels with places: (h·w, d) must be transposed before it "
         "becomes (d, h, w)"),
        ("scrambled-back", right.T.reshape(len(right), -1),
         "the last reshape mixed channels with places: flatten (d, H, W) to (d, H·W), "
         "then transpose"),
        ("old-swapped", _resized(table, old[::-1], new),
         "it reads the old table as (w, h): old is (h, w), the height first"),
        ("new-swapped", _resized(table, old, new[::-1]),
         "it makes W rows of H: new is (H, W), the height first"),
    )  # fmt: skip
    for slug, slip, message in slips:
        near = torch.allclose(found.double(), slip.double(), atol=ROUNDING)
        fine = torch.allclose(right.double(), slip.double(), atol=ROUNDING)  # on a square grid
        require(not near or fine, slug, message)


# --- Fourier features -----------------------------------------------------------------------


def fourier_features(answer: Callable[[Tensor, Tensor], Any]) -> Verdict:
    """Check ``fourier_features(coordinates, frequencies)``: (n, c), (m, c) -> (n, 2m).

    All sines first, then all cosines, of 2π times the product.

    >>> def mine(coordinates, frequencies):
    ...     phases = coordinates @ frequencies.T
    ...     return torch.cat((phases.sin(), phases.cos()), dim=-1)
    >>> verdict = fourier_features(mine)
    ✗ fourier_features: the 2π is missing: frequency 1 must make one wave from 0 to 1
    """
    return judge("fourier_features", answer, _examine_features)


def _examine_features(answer: Callable[[Tensor, Tensor], Any]) -> str:
    generator = torch.Generator().manual_seed(11)
    for n, m, c in ((5, 3, 2), (1, 4, 1), (6, 2, 3)):
        coordinates = torch.rand(n, c, generator=generator, dtype=torch.float64)
        frequencies = torch.randn(m, c, generator=generator, dtype=torch.float64) * 2
        found = answer(coordinates.clone(), frequencies.clone())
        phases = 2 * math.pi * coordinates @ frequencies.T  # (n, m)
        right = torch.cat((phases.sin(), phases.cos()), -1)
        if isinstance(found, Tensor) and found.shape == right.shape:
            _name_the_features(found, phases)
        case = f"with {c} coordinates and {m} frequencies the answer"
        same(found, right, case=case)
    return "right: one wave for each frequency vector, as sine and cosine"


def _name_the_features(found: Tensor, phases: Tensor) -> None:
    sin, cos = phases.sin(), phases.cos()
    bare = phases / (2 * math.pi)
    slips = (
        ("no-two-pi", torch.cat((bare.sin(), bare.cos()), -1),
         "the 2π is missing: frequency 1 must make one wave from 0 to 1"),
        ("half-turn", torch.cat(((phases / 2).sin(), (phases / 2).cos()), -1),
         "it is π, not 2π: frequency 1 must make one wave from 0 to 1"),
        ("cosines-first", torch.cat((cos, sin), -1), "the cosines stand first"),
        ("sines-twice", torch.cat((sin, sin), -1), "both halves are sines"),
        ("interleaved", torch.stack((sin, cos), -1).flatten(-2),
         "sines and cosines alternate; here all sines come first"),
    )  # fmt: skip
    for slug, slip, message in slips:
        require(not torch.allclose(found.double(), slip, atol=1e-4), slug, message)
