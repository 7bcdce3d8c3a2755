"""Rows and columns of patches: (height, width) -> (height · width, 2)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import first_difference
from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_10.grid import ROUNDING, at, places, telling

F64 = torch.float64


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


def _divided(height: int, width: int, rows: int, columns: int) -> Tensor:
    i = torch.arange(height * width)
    return torch.stack((i // rows, i % columns), -1)


def _to_and_fro(height: int, width: int) -> Tensor:
    row, column = places(height, width).unbind(-1)
    return torch.stack((row, torch.where(row % 2 == 1, width - 1 - column, column)), -1)


SLIPS = (
    Slip("one-based", lambda height, width: places(height, width) + 1,
         "rows and columns must count from 0; the first is (1, 1)"),
    Slip("column-first", lambda height, width: places(height, width).flip(-1),
         "the column stands first: on 8 × 32, patch 1 must be (0, 1), not (1, 0)",
         seen="facebookresearch/mae#18"),
    Slip("divides-by-height", lambda height, width: _divided(height, width, height, height),
         "it divides by the height: on 8 × 32, patch 8 stands at (0, 8), not (1, 0)"),
    Slip("rows-by-height", lambda height, width: _divided(height, width, height, width),
         "the row is made with the height: on 8 × 32, a row begins every 32 patches, not every 8"),
    Slip("columns-by-height", lambda height, width: _divided(height, width, width, height),
         "the column is made with the height: on 8 × 32, patch 8 stands in column 8, not 0"),
    Slip("reads-columns", lambda height, width: places(width, height).flip(-1),
         "it goes down the columns: on 8 × 32, patch 1 stands at (0, 1), not (1, 0)"),
    Slip("square", lambda height, width: _divided(height, width, *2 * [math.isqrt(height * width)]),
         "it assumes a square grid: on 8 × 32, patch 16 does not begin a row",
         seen="Mountchicken/Union14M#12"),
    Slip("to-and-fro", _to_and_fro,
         "every second row runs from right to left: each begins at column 0"),
    Slip("from-below",
         lambda height, width: places(height, width).flip(0) * torch.tensor([1, 0])
             + places(height, width) * torch.tensor([0, 1]),
         "row 0 is at the bottom: patches are read from the top"),
    Slip("centred",
         lambda height, width: places(height, width) - torch.tensor([height // 2, width // 2]),
         "rows and columns are counted from the middle: count from the first patch, (0, 0)"),
    Slip("normalised",
         lambda height, width: places(height, width)
             / torch.tensor([height - 1, width - 1]).clamp(min=1),
         "rows and columns are squeezed to 0 … 1: a step would change with the size of the image"),
    Slip("row-not-cut",
         lambda height, width:
             torch.stack(((i := torch.arange(height * width)) / width, i % width), -1),
         "the row has a fraction: // cuts it, / does not"),
)  # fmt: skip


def _examine_grid(answer: Callable[[int, int], Any]) -> str:
    for height, width in ((8, 32), (2, 3), (3, 3), (5, 1), (1, 4)):
        case = f"grid_positions({height}, {width})"
        found, right = answer(height, width), places(height, width)
        first = first_difference([found], [right], [case], atol=ROUNDING)
        if first:
            told = telling(SLIPS, right, height, width)
            name_it(found, told, height, width, atol=ROUNDING)
            _wrong_places(found.detach().to("cpu", F64), right, height, width, case)
            raise first
    return "right: row before column, read line by line, on any grid"


def _wrong_places(found: Tensor, right: Tensor, height: int, width: int, case: str) -> None:
    """Raise the first property of a grid that fails: whole, inside, each place once, in order."""
    limits = torch.tensor([height, width])
    for wrong, slug, says in (
        (found % 1 != 0, "not-whole", "rows and columns are whole numbers"),
        ((found < 0) | (found >= limits), "outside", f"rows are 0 … {height - 1}, columns "
         f"0 … {width - 1}"),
    ):  # fmt: skip
        if wrong.any():
            patch = int(wrong.any(-1).int().argmax())
            require(False, slug, f"{says}: in {case} patch {patch} stands at {at(found[patch])}")
    flat = (found[:, 0] * width + found[:, 1]).long()
    twice = int(flat.bincount(minlength=1).argmax())
    first = (flat == twice).nonzero()[:2, 0].tolist()
    said = f"in {case} two patches, {first}, stand at {at(found[first[0]])}"
    require(len(first) == 1, "one-place", said)
    patch = int((found != right).any(-1).int().argmax())
    said = f"in {case} patch {patch} must stand at {at(right[patch])}, not at {at(found[patch])}"
    require(False, "order", said)
