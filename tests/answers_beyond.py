"""Right and wrong answers to the exercises of notebook 10, for test_check_answers."""

import math

import torch
import torch.nn.functional as F


def places(height, width):
    i = torch.arange(height * width)
    return torch.stack((i // width, i % width), dim=-1)


def by(height, width, divisor):
    i = torch.arange(height * width)
    return torch.stack((i // divisor, i % divisor), dim=-1)


WRONG_PLACES = {
    "column-first": lambda h, w: places(h, w).flip(-1),
    "divides-by-height": lambda h, w: by(h, w, h),
    "reads-columns": lambda h, w: places(w, h).flip(-1),
    "square": lambda h, w: by(h, w, math.isqrt(h * w)),
    "one-based": lambda h, w: places(h, w) + 1,
    "one-place": lambda h, w: places(h, w).clamp(max=5),
    "shape": lambda h, w: places(h, w).T,
    "not-a-tensor": lambda h, w: places(h, w).tolist(),
    "raises": lambda h, w: places(h, w)[h * w],
}


def resized(table, old, new, **options):
    options = {"mode": "bilinear", "align_corners": False, **options}
    grid = table.reshape(*old, -1).permute(2, 0, 1)[None]
    return F.interpolate(grid, size=new, **options)[0].flatten(1).T


def flat(table, old, new):
    return F.interpolate(table.T[None], size=new[0] * new[1], mode="linear")[0].T


def scrambled(table, old, new):
    grid = table.reshape(1, table.shape[1], *old)
    return F.interpolate(grid, size=new, mode="bilinear")[0].flatten(1).T


WRONG_TABLE = {
    "flat": flat,
    "scrambled": scrambled,
    "corners": lambda *a: resized(*a, align_corners=True),
    "nearest": lambda *a: resized(*a, mode="nearest", align_corners=None),
    "bicubic": lambda *a: resized(*a, mode="bicubic"),
    "scrambled-back": lambda *a: resized(*a).T.reshape(-1, 8),
    "old-swapped": lambda table, old, new: resized(table, old[::-1], new),
    "new-swapped": lambda table, old, new: resized(table, old, new[::-1]),
    "ones": lambda *a: -resized(*a),
    "shape": lambda table, old, new: table,
    "raises": lambda table, old, new: table.reshape(3, 3, 3),
}


def features(coordinates, frequencies, turn=2 * math.pi):
    phases = turn * coordinates @ frequencies.T
    return torch.cat((phases.sin(), phases.cos()), dim=-1)


def halves(coordinates, frequencies):
    return features(coordinates, frequencies).chunk(2, -1)


WRONG_FEATURES = {
    "no-two-pi": lambda *a: features(*a, turn=1),
    "half-turn": lambda *a: features(*a, turn=math.pi),
    "cosines-first": lambda *a: torch.cat(halves(*a)[::-1], -1),
    "sines-twice": lambda *a: torch.cat([halves(*a)[0]] * 2, -1),
    "interleaved": lambda *a: torch.stack(halves(*a), -1).flatten(-2),
    "shape": lambda *a: halves(*a)[0],
    "raises": lambda coordinates, frequencies: coordinates @ frequencies[:, :0],
}

EXERCISES = {
    "grid_positions": (places, WRONG_PLACES),
    "resized_table": (resized, WRONG_TABLE),
    "fourier_features": (features, WRONG_FEATURES),
}
