"""More answers to the exercises of notebook 10: wrong ones, and right ones in other forms."""

import math

import numpy as np
import torch
import torch.nn.functional as F

# --- grid_positions -------------------------------------------------------------------------


def grid(h, w):
    return torch.cartesian_prod(torch.arange(h), torch.arange(w))


def divided(h, w, width, dtype=torch.long):
    i = torch.arange(h * w).to(dtype)
    return torch.stack((i // width, i % width), dim=-1)


def meshes(h, w, order="ij"):
    return torch.meshgrid(torch.arange(h), torch.arange(w), indexing=order)


PLACES = [
    lambda h, w: torch.tensor([(r, c) for r in range(h) for c in range(w)]),
    lambda h, w: torch.from_numpy(np.indices((h, w)).reshape(2, -1).T),
    lambda h, w: torch.stack(meshes(h, w), -1).view(-1, 2).double(),
    lambda h, w: torch.ones(h, w).nonzero().int(),
]
PLACES_TOLD = {
    "two grids": ("not-a-tensor", "2 tensors. Join them with torch.stack", meshes),
    "end to end": ("end-to-end", "Use torch.stack((rows, columns), dim=-1)",
        lambda h, w: torch.cat((torch.arange(h).repeat_interleave(w),
            torch.arange(w).repeat(h))).view(-1, 2)),
    "indexing xy": ("reads-columns", "Read row by row",
        lambda h, w: torch.stack(meshes(h, w, "xy"), -1).reshape(-1, 2)),
    "32 on every grid": ("divides-by-32", "Divide by the width", lambda h, w: divided(h, w, 32)),
    "one too many": ("width-and-one", "width + 1", lambda h, w: divided(h, w, w + 1)),
    "both repeated": ("both-repeated", "repeat_interleave(width) for the rows",
        lambda h, w: torch.stack((torch.arange(h).repeat(w), torch.arange(w).repeat(h)), -1)),
    "rounded": ("row-rounded", "Round down, with //",
        lambda h, w: torch.stack(((torch.arange(h * w) / w).round(), grid(h, w)[:, 1]), -1)),
    "bfloat16": ("bfloat16", "above 256", lambda h, w: divided(h, w, w, torch.bfloat16)),
    "float16": ("float16", "above 2048", lambda h, w: divided(h, w, w, torch.float16)),
    "right to left": ("mirrored", "Start at column 0",
        lambda h, w: torch.stack((grid(h, w)[:, 0], w - 1 - grid(h, w)[:, 1]), -1)),
    "all at the origin": ("one-place", "patches 0 and 1 both get (0, 0)",
        lambda h, w: 0 * grid(h, w)),
    "None": ("not-a-tensor", "returned None", lambda h, w: print(h, w)),
}  # fmt: skip

# --- resized_table --------------------------------------------------------------------------


def moved(field, new, **options):
    return F.interpolate(field, size=new, **{"mode": "bilinear", **options})


def resize(table, old, new, **options):
    return moved(table.T.reshape(1, -1, *old), new, **options)[0].flatten(1).T


def along(grid, axis, n, centre=0.5):
    """One direction, by hand."""
    m = grid.shape[axis]
    p = ((torch.arange(n).double() + centre) * m / n - centre).clamp(0, m - 1)
    low = p.long()
    share = (p - low).to(grid.dtype).reshape(-1, *[1] * (2 - axis))
    high = (low + 1).clamp(max=m - 1)
    return grid.index_select(axis, low) * (1 - share) + grid.index_select(axis, high) * share


def by_hand(table, old, new, centre=0.5):
    rows = along(table.reshape(*old, -1), 0, new[0], centre)
    return along(rows, 1, new[1], centre).flatten(0, 1)


def permuted(table, old, new):
    field = moved(table.reshape(1, *old, -1).permute(0, 3, 1, 2), new)
    return field.permute(0, 2, 3, 1).reshape(-1, table.shape[1])


TABLES = [
    by_hand,
    permuted,
    lambda t, old, new: resize(t.double(), old, new),
    lambda t, old, new: torch.stack([moved(c.reshape(1, 1, *old), new).flatten() for c in t.T], 1),
    lambda t, old, new: resize(resize(t, old, (new[0], old[1])), (new[0], old[1]), new),
]
TABLES_TOLD = {
    "channels last": ("shape", "height was taken for channels",
        lambda t, old, new: moved(t.reshape(1, *old, -1), new).reshape(new[0] * new[1], -1)),
    "axes of the grid": ("grid-transposed", "Give interpolate (1, d, h, w)",
        lambda t, old, new: moved(t.reshape(1, *old, -1).permute(0, 3, 2, 1), new)[0].flatten(1).T),
    "smoothed": ("antialias", "Leave that out",
        lambda t, old, new: resize(t, old, new, antialias=True)),
    "areas": ("area", "mode='area'", lambda t, old, new: resize(t, old, new, mode="area")),
    "from corners": ("no-centres", "Read at their centres",
        lambda t, old, new: by_hand(t, old, new, centre=0)),
    "kept if it fits": ("cut", "Interpolate there, too",
        lambda t, old, new: t[: new[0] * new[1]] if new[0] * new[1] <= len(t)
            else resize(t, old, new)),
    "bfloat16": ("rounded", "rounded to 16 bits",
        lambda t, old, new: resize(t.bfloat16(), old, new).float()),
    "width 8": ("one-size", "Take all sizes from the arguments",
        lambda t, old, new: moved(t.T.reshape(1, 8, *old), new)[0].flatten(1).T),
    "batch axis": ("shape", "end with [0]", lambda t, old, new: resize(t, old, new)[None]),
    "None": ("not-a-tensor", "returned None", lambda t, old, new: None),
}  # fmt: skip

# --- fourier_features -----------------------------------------------------------------------


def phases(x, b):
    return 2 * math.pi * x @ b.T


def both(angles):
    return torch.cat((angles.sin(), angles.cos()), dim=-1)


def polar(x, b):
    found = torch.polar(torch.ones_like(phases(x, b)), phases(x, b))
    return torch.cat((found.imag, found.real), -1)


def looped(x, b):
    dots = [[sum(p * q for p, q in zip(r, v, strict=True)) for v in b.tolist()] for r in x.tolist()]
    return torch.tensor([[f(2 * math.pi * one) for f in (math.sin, math.cos) for one in row]
                         for row in dots])  # fmt: skip


WAVES = [
    polar,
    looped,
    lambda x, b: both(torch.einsum("nc,mc->nm", x, b).mul(2 * math.pi)),
    lambda x, b: torch.cat((phases(x, b), phases(x, b) + math.pi / 2), -1).sin(),
    lambda x, b: both(2 * math.pi * (F.linear(x, b) % 1)),
]
WAVES_TOLD = {
    "a pair": ("not-a-tensor", "Join them with torch.cat",
        lambda x, b: (phases(x, b).sin(), phases(x, b).cos())),
    "2π outside": ("two-pi-outside", "Put it inside",
        lambda x, b: 2 * math.pi * both(x @ b.T)),
    "the mean": ("mean", "Sum them", lambda x, b: both(phases(x, b) / x.shape[1])),
    "elementwise": ("raises", "Use coordinates @ frequencies.T",
        lambda x, b: (2 * math.pi * x * b).sin()),
    "not transposed": ("raises", "(n, c) times (c, m)", lambda x, b: both(2 * math.pi * x @ b)),
    "the product": ("product", "Sum them",
        lambda x, b: both(2 * math.pi * (x[:, None] * b).prod(-1))),
    "3.14": ("short-pi", "Use math.pi", lambda x, b: both(2 * 3.14 * x @ b.T)),
    "√2": ("times-root-two", "between −1 and 1", lambda x, b: both(phases(x, b)) * 2**0.5),
    "of the largest": ("depends-on-others", "when it stands alone",
        lambda x, b: both(phases(x / x.abs().max(), b))),
    "along the points": ("shape", "along dim=-1",
        lambda x, b: torch.cat((phases(x, b).sin(), phases(x, b).cos()))),
    "stacked": ("shape", "not with stack",
        lambda x, b: torch.stack((phases(x, b).sin(), phases(x, b).cos()), -1)),
    "whole numbers": ("whole-numbers", "rounded to whole numbers",
        lambda x, b: both(phases(x, b)).round()),
    "three at most": ("shape", "(1, 6), not (1, 8)", lambda x, b: both(phases(x, b[:3]))),
    "None": ("not-a-tensor", "returned None", lambda x, b: None),
}  # fmt: skip

FORMS = {"grid_positions": PLACES, "resized_table": TABLES, "fourier_features": WAVES}
TOLD = {
    "grid_positions": PLACES_TOLD,
    "resized_table": TABLES_TOLD,
    "fourier_features": WAVES_TOLD,
}
