"""Wrong programs of notebook 10: places on a grid, a resized table, Fourier features."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from posenc.check.engine.slip import Slip

Size = tuple[int, int]

# --- (height, width) -> (height · width, 2) -------------------------------------------------------


def places(height: int, width: int) -> Tensor:
    """Return row and column of each patch, read line by line."""
    return torch.cartesian_prod(torch.arange(height), torch.arange(width))


def _divided(height: int, width: int, rows: int, columns: int) -> Tensor:
    i = torch.arange(height * width)
    return torch.stack((i // rows, i % columns), -1)


def _to_and_fro(height: int, width: int) -> Tensor:
    row, column = places(height, width).unbind(-1)
    return torch.stack((row, torch.where(row % 2 == 1, width - 1 - column, column)), -1)


GRID = (
    Slip(
        "one-based",
        lambda height, width: places(height, width) + 1,
        "rows and columns must count from 0; the first is (1, 1)",
    ),
    Slip(
        "column-first",
        lambda height, width: places(height, width).flip(-1),
        "the column stands first: on 8 × 32, patch 1 must be (0, 1), not (1, 0)",
        "facebookresearch/mae#18",
    ),
    Slip(
        "divides-by-height",
        lambda height, width: _divided(height, width, height, height),
        "it divides by the height: on 8 × 32, patch 8 stands at (0, 8), not (1, 0)",
    ),
    Slip(
        "rows-by-height",
        lambda height, width: _divided(height, width, height, width),
        "the row is made with the height: on 8 × 32, a row begins every 32 patches, not every 8",
    ),
    Slip(
        "columns-by-height",
        lambda height, width: _divided(height, width, width, height),
        "the column is made with the height: on 8 × 32, patch 8 stands in column 8, not 0",
    ),
    Slip(
        "reads-columns",
        lambda height, width: places(width, height).flip(-1),
        "it goes down the columns: on 8 × 32, patch 1 stands at (0, 1), not (1, 0)",
    ),
    Slip(
        "square",
        lambda height, width: _divided(height, width, *2 * [math.isqrt(height * width)]),
        "it assumes a square grid: on 8 × 32, patch 16 does not begin a row",
        "Mountchicken/Union14M#12",
    ),
    Slip(
        "to-and-fro",
        _to_and_fro,
        "every second row runs from right to left: each begins at column 0",
    ),
    Slip(
        "from-below",
        lambda height, width: (
            places(height, width).flip(0) * torch.tensor([1, 0])
            + places(height, width) * torch.tensor([0, 1])
        ),
        "row 0 is at the bottom: patches are read from the top",
    ),
    Slip(
        "centred",
        lambda height, width: places(height, width) - torch.tensor([height // 2, width // 2]),
        "rows and columns are counted from the middle: count from the first patch, (0, 0)",
    ),
    Slip(
        "normalised",
        lambda height, width: (
            places(height, width) / torch.tensor([height - 1, width - 1]).clamp(min=1)
        ),
        "rows and columns are squeezed to 0 … 1: a step would change with the size of the image",
    ),
    Slip(
        "row-not-cut",
        lambda height, width: torch.stack(
            ((i := torch.arange(height * width)) / width, i % width), -1
        ),
        "the row has a fraction: // cuts it, / does not",
    ),
)

# --- (table, old, new) -> (H · W, d) --------------------------------------------------------------


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


TABLE = (
    Slip(
        "flat",
        _flat,
        "it interpolates along the flat index: the end of one row flows into "
        "the start of the next; reshape to (h, w) first",
    ),
    Slip(
        "corners",
        _with(align_corners=True),
        "it pins the corner patches (align_corners=True); leave it False",
    ),
    Slip(
        "nearest",
        _with(mode="nearest", align_corners=None),
        "it repeats the nearest row (mode='nearest'); use bilinear",
    ),
    Slip(
        "bicubic",
        _with(mode="bicubic"),
        "it is bicubic, as many models have it; here bilinear is asked for",
    ),
    Slip(
        "scrambled",
        _scrambled,
        "a reshape mixed channels with places: (h·w, d) must be transposed before it "
        "becomes (d, h, w)",
    ),
    Slip(
        "scrambled-back",
        _scrambled_back,
        "the last reshape mixed channels with places: flatten (d, H, W) to (d, H·W), "
        "then transpose",
    ),
    Slip(
        "old-swapped",
        lambda table, old, new: resized(table, old[::-1], new),
        "it reads the old table as (w, h): old is (h, w), the height first",
    ),
    Slip(
        "new-swapped",
        lambda table, old, new: resized(table, old, new[::-1]),
        "it makes W rows of H: new is (H, W), the height first",
    ),
    Slip(
        "both-swapped",
        lambda table, old, new: resized(table, old[::-1], new[::-1]),
        "both sizes are read as (width, height): the height comes first",
    ),
    Slip(
        "read-down",
        _read_down,
        "the new grid is read column by column: read it row by row",
    ),
    Slip(
        "tiled",
        _tiled,
        "the old rows are repeated, none is interpolated: put them on the grid first",
    ),
)

# --- (coordinates, frequencies) -> (n, 2m) --------------------------------------------------------


def both(phases: Tensor) -> Tensor:
    """Return all sines, then all cosines, (n, m) -> (n, 2m)."""
    return torch.cat((phases.sin(), phases.cos()), -1)


def phases(coordinates: Tensor, frequencies: Tensor) -> Tensor:
    """Return 2π times the product, (n, c), (m, c) -> (n, m)."""
    return 2 * math.pi * coordinates @ frequencies.T


Change = Callable[[Tensor, Tensor], Tensor]  # coordinates, frequencies -> phases


def _waves(change: Change) -> Change:
    return lambda x, b: both(change(x, b))


FEATURES = (
    Slip(
        "no-two-pi",
        _waves(lambda x, b: x @ b.T),
        "the 2π is missing: frequency 1 must make one wave from 0 to 1",
        "bmild/nerf#12",
    ),
    Slip(
        "half-turn",
        _waves(lambda x, b: phases(x, b) / 2),
        "it is π, not 2π: frequency 1 must make one wave from 0 to 1",
    ),
    Slip(
        "degrees",
        _waves(lambda x, b: 360 * x @ b.T),
        "a wave is 2π, not 360: sin and cos take radians",
    ),
    Slip(
        "cosines-first",
        lambda x, b: both(phases(x, b)).roll(len(b), -1),
        "the cosines stand first",
    ),
    Slip(
        "sines-twice",
        lambda x, b: phases(x, b).sin().repeat(1, 2),
        "both halves are sines",
    ),
    Slip(
        "interleaved",
        lambda x, b: torch.stack((phases(x, b).sin(), phases(x, b).cos()), -1).flatten(-2),
        "sines and cosines alternate; here all sines come first",
    ),
    Slip(
        "no-waves",
        lambda x, b: phases(x, b).repeat(1, 2),
        "these are the phases: their sines and cosines are asked for",
    ),
    Slip(
        "sum-of-waves",
        lambda x, b: torch.cat(
            [f(2 * math.pi * x[:, None] * b).sum(-1) for f in (torch.sin, torch.cos)], -1
        ),
        "each coordinate has waves of its own, and they are summed: sum inside, Σ b·x, then sin",
    ),
    Slip(
        "backwards",
        _waves(lambda x, b: -phases(x, b)),
        "the phases have a minus: all sines have the wrong sign",
    ),
)

KNOWN: dict[str, tuple[Slip, ...]] = {
    "grid_positions": GRID,
    "resized_table": TABLE,
    "fourier_features": FEATURES,
}
