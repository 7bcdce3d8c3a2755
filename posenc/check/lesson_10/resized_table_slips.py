"""Wrong ways to bring a table onto another grid, each a whole program."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from posenc.check.engine.slip import Slip

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


def _turned_grid(table: Tensor, old: Size, new: Size) -> Tensor:
    grid = table.reshape(1, *old, -1).permute(0, 3, 2, 1)
    return F.interpolate(grid, size=new, mode="bilinear").flatten(2)[0].T


def _read_down(table: Tensor, old: Size, new: Size) -> Tensor:
    return resized(table, old, new).unflatten(0, new).transpose(0, 1).flatten(0, 1)


def _tiled(table: Tensor, old: Size, new: Size) -> Tensor:
    return table[torch.arange(new[0] * new[1]) % len(table)]


def _no_centres(table: Tensor, old: Size, new: Size) -> Tensor:
    """Patch i of n is read at i · m / n, its corner, not its centre."""
    grid = table.reshape(*old, -1)
    for axis in (0, 1):
        m, n = old[axis], new[axis]
        p = (torch.arange(n, dtype=table.dtype) * m / n).clamp(max=m - 1)
        below = p.long()
        share = (p - below).reshape(-1, *[1] * (2 - axis))
        low, high = (grid.index_select(axis, i) for i in (below, (below + 1).clamp(max=m - 1)))
        grid = low + (high - low) * share
    return grid.flatten(0, 1)


def _one_way(rows: bool) -> Callable[[Tensor, Size, Size], Tensor]:
    """One direction is interpolated, along the other the nearest is repeated."""

    def program(table: Tensor, old: Size, new: Size) -> Tensor:
        half = (new[0], old[1]) if rows else (old[0], new[1])
        once = resized(table, old, half)
        return resized(once, half, new, mode="nearest", align_corners=None)

    return program


def _kept_if_it_fits(table: Tensor, old: Size, new: Size) -> Tensor:
    n = new[0] * new[1]
    return table[:n] if n <= len(table) else resized(table, old, new)


SLIPS = (
    Slip("flat", _flat,
         "It interpolates along the flat index, so the end of a row flows into the next. Reshape "
         "to (1, d, h, w) first."),
    Slip("corners", _with(align_corners=True),
         "The corner patches stay fixed (align_corners=True). Leave it False."),
    Slip("nearest", _with(mode="nearest", align_corners=None),
         "It repeats the nearest patch (mode='nearest'). Use mode='bilinear'."),
    Slip("nearest-exact", _with(mode="nearest-exact", align_corners=None),
         "It repeats the nearest patch (mode='nearest-exact'). Use mode='bilinear'."),
    Slip("area", _with(mode="area", align_corners=None),
         "It averages areas (mode='area'). Use mode='bilinear'."),
    Slip("bicubic", _with(mode="bicubic"),
         "It is bicubic, as in many models. Use mode='bilinear'."),
    Slip("bicubic-corners", _with(mode="bicubic", align_corners=True),
         "It is bicubic with fixed corners. Use mode='bilinear', align_corners=False."),
    Slip("antialias", _with(antialias=True),
         "It smooths where the grid shrinks (antialias=True). Leave that out."),
    Slip("no-centres", _no_centres,
         "It reads at i · h / H, from the corners of patches. Read at their centres: "
         "(i + ½) · h / H − ½."),
    Slip("rows-alone", _one_way(rows=True),
         "Rows are interpolated, columns repeated. Interpolate in both directions."),
    Slip("columns-alone", _one_way(rows=False),
         "Columns are interpolated, rows repeated. Interpolate in both directions."),
    Slip("cut", _kept_if_it_fits,
         "A smaller grid gets the first rows of the table. Interpolate there, too."),
    Slip("scrambled", _scrambled,
         "The first reshape mixes channels with places. Transpose before it: "
         "table.T.reshape(1, -1, *old)."),
    Slip("scrambled-back", _scrambled_back,
         "The last reshape mixes channels with places. Flatten (d, H, W) to (d, H·W), then "
         "transpose."),
    Slip("grid-transposed", _turned_grid,
         "Rows and columns of the old grid change places, as (1, d, w, h). Give interpolate "
         "(1, d, h, w)."),
    Slip("old-swapped", lambda table, old, new: resized(table, old[::-1], new),
         "It reads the old table as (w, h). old is (h, w), the height first."),
    Slip("new-swapped", lambda table, old, new: resized(table, old, new[::-1]),
         "It makes W rows of H. new is (H, W), the height first."),
    Slip("both-swapped", lambda table, old, new: resized(table, old[::-1], new[::-1]),
         "Both sizes are read as (width, height). The height comes first."),
    Slip("read-down", _read_down,
         "The new grid is read column by column. Read it row by row."),
    Slip("tiled", _tiled,
         "The old rows are repeated, none is interpolated. Put them on the grid first."),
    Slip("upside-down", lambda table, old, new: resized(table.flip(0), old, new),
         "The grid stands upside down: the last patch comes first. Keep the order of the patches."),
)  # fmt: skip
