"""A table for another grid: (table, old, new) -> (H · W, d)."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from posenc.check.engine.compare import again, first_difference
from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_10.grid import ROUNDING, at, places, telling


def resized_table(answer: Callable[..., Any]) -> Verdict:
    """Check ``resized_table(table, old, new)``: (h·w, d), (h, w), (H, W) -> (H·W, d).

    Bilinear, in two dimensions, with pixel centres (``align_corners=False``).

    >>> def mine(table, old, new):
    ...     return table[:new[0] * new[1]]
    >>> verdict = resized_table(mine)
    ✗ resized_table: resized_table(table, (2, 3), (4, 6)) must have shape (24, 8); it has (6, 8)
    """
    return judge("resized_table", answer, _examine_table)


Size = tuple[int, int]


def resized(table: Tensor, old: Size, new: Size, **options: Any) -> Tensor:
    """Return the table interpolated on its grid, bilinear unless an option says otherwise."""
    grid = table.T.reshape(1, -1, *old)  # (1, d, h, w)
    options = {"mode": "bilinear", "align_corners": False, **options}
    return F.interpolate(grid, size=new, **options).flatten(2)[0].T


def _with(**options: Any) -> Callable[[Tensor, Size, Size], Tensor]:
    return lambda table, old, new: resized(table, old, new, **options)


def _scrambled(table: Tensor, old: Size, new: Size) -> Tensor:
    grid = table.reshape(1, -1, *old)
    return F.interpolate(grid, size=new, mode="bilinear").flatten(2)[0].T


def _flat(table: Tensor, old: Size, new: Size) -> Tensor:
    return F.interpolate(table.T[None], size=new[0] * new[1], mode="linear")[0].T


def _scrambled_back(table: Tensor, old: Size, new: Size) -> Tensor:
    return resized(table, old, new).T.reshape(-1, table.shape[1])


def _read_down(table: Tensor, old: Size, new: Size) -> Tensor:
    return resized(table, old, new).unflatten(0, new).transpose(0, 1).flatten(0, 1)


def _tiled(table: Tensor, old: Size, new: Size) -> Tensor:
    return table[torch.arange(new[0] * new[1]) % len(table)]


SLIPS = (
    Slip("flat", _flat,
         "it interpolates along the flat index: the end of one row flows into the start of the "
         "next; reshape to (h, w) first"),
    Slip("corners", _with(align_corners=True),
         "it pins the corner patches (align_corners=True); leave it False"),
    Slip("nearest", _with(mode="nearest", align_corners=None),
         "it repeats the nearest row (mode='nearest'); use bilinear"),
    Slip("bicubic", _with(mode="bicubic"),
         "it is bicubic, as many models have it; here bilinear is asked for"),
    Slip("scrambled", _scrambled,
         "a reshape mixed channels with places: (h·w, d) must be transposed before it becomes (d, "
         "h, w)"),
    Slip("scrambled-back", _scrambled_back,
         "the last reshape mixed channels with places: flatten (d, H, W) to (d, H·W), then "
         "transpose"),
    Slip("old-swapped", lambda table, old, new: resized(table, old[::-1], new),
         "it reads the old table as (w, h): old is (h, w), the height first"),
    Slip("new-swapped", lambda table, old, new: resized(table, old, new[::-1]),
         "it makes W rows of H: new is (H, W), the height first"),
    Slip("both-swapped", lambda table, old, new: resized(table, old[::-1], new[::-1]),
         "both sizes are read as (width, height): the height comes first"),
    Slip("read-down", _read_down, "the new grid is read column by column: read it row by row"),
    Slip("tiled", _tiled,
         "the old rows are repeated, none is interpolated: put them on the grid first"),
)  # fmt: skip
SIZES = (((2, 3), (4, 6)), ((4, 6), (4, 6)), ((4, 4), (6, 6)), ((6, 4), (3, 9)))


def _examine_table(answer: Callable[..., Any]) -> str:
    generator = torch.Generator().manual_seed(10)
    for old, new in SIZES:
        table = torch.randn(old[0] * old[1], 8, generator=generator)
        case = f"resized_table(table, {old}, {new})"
        found, right = answer(table.clone(), old, new), resized(table, old, new)
        first = first_difference([found], [right], [case], atol=ROUNDING)
        if first:
            told = telling(SLIPS, right, table, old, new)
            name_it(found, told, table, old, new, atol=ROUNDING)
            _wrong_resizing(answer, old, new)
            raise first
    return "right: the table becomes a grid, grows in both directions, and is flattened again"


def _wrong_resizing(answer: Callable[..., Any], *sizes: tuple[int, int]) -> None:
    """Raise the first property that fails: channels apart, ones stay, then rows, then columns."""
    (h, w), (_, width) = sizes
    ones = torch.ones(h * w, 8)
    row, column = (places(h, w)[:, i, None] * ones for i in (0, 1))
    first = (row * w + column + 1) * torch.eye(8)[0]
    others = _ask(answer, first, *sizes)[:, 1:].abs().max()
    said = "numbers stand in channel 0 alone, and other channels get some: keep channels apart"
    require(float(others) < ROUNDING, "mixes-channels", said)
    for table, slug, says in (
        (ones, "ones", "a table of ones must stay a table of ones"),
        (row, "rows", "a table that holds the number of its row"),
        (column, "columns", "a table that holds the number of its column"),
    ):
        right, found = resized(table, *sizes), _ask(answer, table, *sizes)
        wrong = (found - right).abs() > ROUNDING
        if wrong.any():
            place, channel = wrong.nonzero()[0].tolist()
            where = at(torch.tensor(divmod(place, width)))
            said = (
                f"{says}: from {sizes[0]} to {sizes[1]} {where} must be {right[place, channel]:.4g}"
            )
            require(False, slug, f"{said}; it is {found[place, channel]:.4g}")


def _ask(answer: Callable[..., Any], table: Tensor, *sizes: tuple[int, int]) -> Tensor:
    right = resized(table, *sizes)
    return again(answer, table.clone(), *sizes, like=right, case="resized_table")
