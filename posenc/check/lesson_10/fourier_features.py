"""Fourier features: (coordinates, frequencies) -> (n, 2m)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import again, alike
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, require
from posenc.check.lesson_10.grid import ROUNDING

F64 = torch.float64
Features = Callable[[Tensor, Tensor], Any]


def fourier_features(answer: Callable[[Tensor, Tensor], Any]) -> Verdict:
    """Check ``fourier_features(coordinates, frequencies)``: (n, c), (m, c) -> (n, 2m).

    All sines first, then all cosines, of 2π times the product.

    >>> def mine(coordinates, frequencies):
    ...     phases = coordinates @ frequencies.T
    ...     return torch.cat((phases.sin(), phases.cos()), dim=-1)
    >>> verdict = fourier_features(mine)
    ✗ fourier_features: the 2π is missing: frequency 1 must make one wave from 0 to 1
    """
    return EXERCISE.check(answer)


def both(phases: Tensor) -> Tensor:
    """Return all sines, then all cosines, (n, m) -> (n, 2m)."""
    return torch.cat((phases.sin(), phases.cos()), -1)


def phases(coordinates: Tensor, frequencies: Tensor) -> Tensor:
    """Return 2π times the product, (n, c), (m, c) -> (n, m)."""
    return 2 * math.pi * coordinates @ frequencies.T


Change = Callable[[Tensor, Tensor], Tensor]  # coordinates, frequencies -> phases


def _waves(change: Change) -> Change:
    return lambda x, b: both(change(x, b))


SLIPS = (
    Slip("no-two-pi", _waves(lambda x, b: x @ b.T),
         "the 2π is missing: frequency 1 must make one wave from 0 to 1", seen="bmild/nerf#12"),
    Slip("half-turn", _waves(lambda x, b: phases(x, b) / 2),
         "it is π, not 2π: frequency 1 must make one wave from 0 to 1"),
    Slip("degrees", _waves(lambda x, b: 360 * x @ b.T),
         "a wave is 2π, not 360: sin and cos take radians"),
    Slip("cosines-first", lambda x, b: both(phases(x, b)).roll(len(b), -1),
         "the cosines stand first"),
    Slip("sines-twice", lambda x, b: phases(x, b).sin().repeat(1, 2), "both halves are sines"),
    Slip("interleaved",
         lambda x, b: torch.stack((phases(x, b).sin(), phases(x, b).cos()), -1).flatten(-2),
         "sines and cosines alternate; here all sines come first"),
    Slip("no-waves", lambda x, b: phases(x, b).repeat(1, 2),
         "these are the phases: their sines and cosines are asked for"),
    Slip("sum-of-waves",
         lambda x, b:
             torch.cat([f(2 * math.pi * x[:, None] * b).sum(-1)
                        for f in (torch.sin, torch.cos)], -1),
         "each coordinate has waves of its own, and they are summed: sum inside, Σ b·x, then sin"),
    Slip("backwards", _waves(lambda x, b: -phases(x, b)),
         "the phases have a minus: all sines have the wrong sign"),
)  # fmt: skip


def right(coordinates: Tensor, frequencies: Tensor) -> Tensor:
    """Return the sines, then the cosines, of every wave, (n, 2m)."""
    return both(phases(coordinates, frequencies))


def _points() -> tuple[tuple[Tensor, Tensor], ...]:
    """Return coordinates on both sides of 0, with frequencies."""
    generator = torch.Generator().manual_seed(11)
    return tuple(
        (
            torch.rand(n, c, generator=generator, dtype=F64) * 4 - 2,
            torch.randn(m, c, generator=generator, dtype=F64) * 2,
        )
        for n, m, c in ((5, 3, 2), (1, 4, 1), (6, 2, 3))
    )


POINTS = _points()


def _no_waves(answer: Features, found: list[Tensor], differences: object) -> None:
    for mine, (x, b) in zip(found, POINTS, strict=True):
        _wrong_waves(answer, mine, x, b)


def _wrong_waves(answer: Features, found: Tensor, x: Tensor, b: Tensor) -> None:
    """Raise the first property that fails: precision, range, pairs, points apart, axes."""
    m = len(b)
    big = float(found.abs().max())
    require(big < 1 + ROUNDING, "out-of-range", f"sines lie between −1 and 1; there is {big:.4g}")
    sizes = (found[:, :m] ** 2 + found[:, m:] ** 2).flatten()
    size = float(sizes[(sizes - 1).abs().argmax()])
    exact = abs(size - 1) < ROUNDING or abs(size - 1) > 0.02
    require(exact, "rounded", "the numbers are rounded to 16 bits on the way: stay in float32")
    said = f"sine and cosine of one phase have squares that sum to 1; here they sum to {size:.4g}"
    require(abs(size - 1) < ROUNDING, "pairs", said)
    alone = again(answer, x[-1:].clone(), b.clone(), like=found[-1:], case="fourier_features")
    said = "a point has other features when it stands alone: each is judged by itself"
    require(alike(alone, found[-1:], atol=ROUNDING), "depends-on-others", said)
    _wrong_axes(answer, b)


def _wrong_axes(answer: Features, b: Tensor) -> None:
    """Raise unless the origin has phase 0, and each coordinate its own frequencies."""
    m, c = b.shape
    steps = [(axis, at) for axis in range(c) for at in (0.0, 0.1, -0.6, 1.7)]
    x = torch.zeros(len(steps), c, dtype=F64)
    for row, (axis, at) in enumerate(steps):
        x[row, axis] = at
    target = right(x, b)
    found = again(answer, x.clone(), b.clone(), like=target, case="fourier_features")
    wrong = (found - target).abs() > ROUNDING
    if wrong.any():
        row, j = wrong.nonzero()[0].tolist()
        axis, at = steps[row]
        wave = f"the {'sine' if j < m else 'cosine'} of frequency {b[j % m, axis]:.3g}"
        said = f"where coordinate {axis} is {at:g} and no other counts, {wave} must be "
        slug = "coordinate" if at else "origin"
        require(False, slug, f"{said}{target[row, j]:.4g}; it is {found[row, j]:.4g}")


EXERCISE = Exercise(
    name="fourier_features",
    right=right,
    cases=POINTS,
    praise="right: one wave for each frequency vector, as sine and cosine",
    slips=SLIPS,
    asks=_no_waves,
    said=lambda x, b: f"with {b.shape[1]} coordinates and {len(b)} frequencies the answer",
    atol=ROUNDING,
)
