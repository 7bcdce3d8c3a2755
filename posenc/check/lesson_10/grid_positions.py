"""Rows and columns of patches: (height, width) -> (height · width, 2)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_10.grid import ROUNDING, at, formed, places


def grid_positions(answer: Callable[[int, int], Any]) -> Verdict:
    """Check ``grid_positions(height, width)``: -> (height · width, 2), row before column.

    The patches come as they are read: the first row from left to right, then the next.

    >>> def mine(height, width):
    ...     i = torch.arange(height * width)
    ...     return torch.stack((i // height, i % height), dim=-1)
    >>> verdict = grid_positions(mine)
    ✗ grid_positions: It divides by the height: on 8 × 32, patch 8 gets (1, 0), not (0, 8). \
Divide by the width.
    """
    return judge("grid_positions", answer, _examine)


def _divided(height: int, width: int, rows: int, columns: int) -> Tensor:
    i = torch.arange(height * width)
    return torch.stack((i // rows, i % columns), -1)


def _to_and_fro(height: int, width: int) -> Tensor:
    row, column = places(height, width).unbind(-1)
    return torch.stack((row, torch.where(row % 2 == 1, width - 1 - column, column)), -1)


def _rounded(dtype: torch.dtype) -> Callable[[int, int], Tensor]:
    def program(height: int, width: int) -> Tensor:
        i = torch.arange(height * width).to(dtype)
        return torch.stack((i // width, i % width), -1)

    return program


def _tiled(rows: bool) -> Callable[[int, int], Tensor]:
    """Both rows and columns are repeated in one way: as a whole, or each entry."""

    def program(height: int, width: int) -> Tensor:
        row, column = torch.arange(height), torch.arange(width)
        if rows:
            return torch.stack((row.repeat(width), column.repeat(height)), -1)
        return torch.stack((row.repeat_interleave(width), column.repeat_interleave(height)), -1)

    return program


SLIPS = (
    Slip("one-based", lambda height, width: places(height, width) + 1,
         "Rows and columns count from 1: the first patch gets (1, 1). Count from 0."),
    Slip("column-first", lambda height, width: places(height, width).flip(-1),
         "The column stands first: on 8 × 32, patch 1 gets (1, 0), not (0, 1). Put the row first.",
         seen="facebookresearch/mae#18"),
    Slip("divides-by-height", lambda height, width: _divided(height, width, height, height),
         "It divides by the height: on 8 × 32, patch 8 gets (1, 0), not (0, 8). Divide by the "
         "width."),
    Slip("rows-by-height", lambda height, width: _divided(height, width, height, width),
         "The row is i // height: on 8 × 32, a row begins every 8 patches, not every 32. Use "
         "i // width."),
    Slip("columns-by-height", lambda height, width: _divided(height, width, width, height),
         "The column is i % height: on 8 × 32, patch 8 gets column 0, not 8. Use i % width."),
    Slip("divides-by-32", lambda height, width: _divided(height, width, 32, 32),
         "It divides by 32 on every grid. Divide by the width that is given."),
    Slip("width-less-one",
         lambda height, width: _divided(height, width, *2 * [max(width - 1, 1)]),
         "It divides by width − 1: on 8 × 32, patch 31 begins row 1. Divide by the width."),
    Slip("width-and-one", lambda height, width: _divided(height, width, width + 1, width + 1),
         "It divides by width + 1: on 8 × 32, patch 32 gets column 32. Divide by the width."),
    Slip("reads-columns", lambda height, width: places(width, height).flip(-1),
         "It goes down the columns: on 8 × 32, patch 1 gets (1, 0), not (0, 1). Read row by row."),
    Slip("square", lambda height, width: _divided(height, width, *2 * [math.isqrt(height * width)]),
         "It assumes a square grid: on 8 × 32, patch 16 begins a row. Divide by the width.",
         seen="Mountchicken/Union14M#12"),
    Slip("end-to-end",
         lambda height, width: places(height, width).T.reshape(-1, 2),
         "All rows and then all columns are cut into pairs: patch 0 gets two rows. Use "
         "torch.stack((rows, columns), dim=-1)."),
    Slip("both-repeated", _tiled(rows=True),
         "Rows and columns are both repeated as a whole. Use repeat_interleave(width) for the "
         "rows: each stays for a whole line."),
    Slip("both-interleaved", _tiled(rows=False),
         "Rows and columns both repeat each entry. Use repeat(height) for the columns: they start "
         "again in each row."),
    Slip("row-twice", lambda height, width: places(height, width)[:, [0, 0]],
         "The row stands twice. The second number is the column, i % width."),
    Slip("to-and-fro", _to_and_fro,
         "Every second row runs from right to left. Start each row at column 0."),
    Slip("mirrored",
         lambda height, width: (places(height, width) - torch.tensor([0, width - 1])).abs(),
         "Rows run from right to left: the first patch gets column width − 1. Start at column 0."),
    Slip("from-below",
         lambda height, width: places(height, width).flip(0) * torch.tensor([1, 0])
             + places(height, width) * torch.tensor([0, 1]),
         "Row 0 is at the bottom. Read the patches from the top."),
    Slip("centred",
         lambda height, width: places(height, width) - torch.tensor([height // 2, width // 2]),
         "Rows and columns are counted from the middle. Count from the first patch, (0, 0)."),
    Slip("normalised",
         lambda height, width: places(height, width)
             / torch.tensor([height - 1, width - 1]).clamp(min=1),
         "Rows and columns are scaled to 0 … 1, so a step depends on the image's size. Return "
         "whole numbers."),
    Slip("row-not-cut",
         lambda height, width:
             torch.stack(((i := torch.arange(height * width)) / width, i % width), -1),
         "The row has a fraction, because / does not round down. Use //."),
    Slip("row-rounded",
         lambda height, width:
             torch.stack(((i := torch.arange(height * width)).div(width).round(), i % width), -1),
         "The row is rounded to the nearest, so it changes in mid-row. Round down, with //."),
    Slip("bfloat16", _rounded(torch.bfloat16),
         "Patch numbers above 256 are rounded, as in bfloat16. Count in torch.long."),
    Slip("float16", _rounded(torch.float16),
         "Patch numbers above 2048 are rounded, as in float16. Count in torch.long."),
)  # fmt: skip


def _hint(shape: tuple[int, ...], wanted: tuple[int, ...], height: int, width: int) -> str:
    n = wanted[0]
    if shape == (2, n):
        return "It has a row of rows and a row of columns: stack along dim=-1."
    if shape == (n,):
        return "It has one number per patch: return row and column, stacked along dim=-1."
    if shape[-1:] == (2,) and math.prod(shape) == 2 * n:
        return "The pairs stand on the grid: reshape to (-1, 2)."
    if shape == (n + 1, 2):
        return "There is one row too many: leave out a class token."
    return "Return one row per patch, (height · width, 2)."


def _examine(answer: Callable[[int, int], Any]) -> str:
    return EXERCISE.examine(formed(answer, EXERCISE, _hint))


def _wrong_places(found: Tensor, right: Tensor, height: int, width: int) -> None:
    """Raise the first property of a grid that fails: whole, inside, each place once, in order."""
    if torch.equal(found, right.double()):
        return
    grid = f"On {height} × {width}"
    limits = torch.tensor([height, width])
    for wrong, slug, says in (
        (found % 1 != 0, "not-whole", "Rows and columns must be whole numbers."),
        ((found < 0) | (found >= limits), "outside",
         f"Rows must be 0 to {height - 1}, columns 0 to {width - 1}."),
    ):  # fmt: skip
        if wrong.any():
            patch = int(wrong.any(-1).int().argmax())
            where = f"not {at(right[patch])}"
            require(False, slug, f"{grid} patch {patch} gets {at(found[patch])}, {where}. {says}")
    flat = (found[:, 0] * width + found[:, 1]).long()
    twice = int(flat.bincount(minlength=1).argmax())
    first = (flat == twice).nonzero()[:2, 0].tolist()
    said = f"{grid} patches {' and '.join(map(str, first))} both get {at(found[first[0]])}."
    require(len(first) == 1, "one-place", f"{said} Give each its own row and column.")
    patch = int((found != right).any(-1).int().argmax())
    said = f"{grid} patch {patch} gets {at(found[patch])}, not {at(right[patch])}."
    require(False, "order", f"{said} Read row by row, from left to right.")


def _cases(draw: Draw) -> tuple[tuple[int, int], ...]:
    """Return height and width of each grid, a wide one first; patches go above 256 and 2048."""
    size = draw.near(3, 1)
    wide = draw.near(8, 2), draw.near(32, 5)
    others = draw.shuffled(
        (
            (2, draw.one_of(3, 5, 7)),
            (size, size),
            (1, draw.near(4, 2)),
            (draw.near(9, 1), draw.one_of(30, 35, 40)),
            (3, draw.near(700, 3, 4)),
            (draw.near(5, 2), 1),
        )
    )
    return (wide, *others)


EXERCISE = Exercise(
    name="grid_positions",
    right=places,
    cases=Drawn("grid_positions", _cases),
    praise="row before column, read row by row, on any grid",
    slips=SLIPS,
    lacks=_wrong_places,
    atol=ROUNDING,
)
