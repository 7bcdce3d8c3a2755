"""Fourier features: (coordinates, frequencies) -> (n, 2m)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import again, alike
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_10.grid import ROUNDING, formed

F64 = torch.float64
Features = Callable[[Tensor, Tensor], Any]


def fourier_features(answer: Callable[[Tensor, Tensor], Any]) -> Verdict:
    """Check ``fourier_features(coordinates, frequencies)``: (n, c), (m, c) -> (n, 2m).

    All sines first, then all cosines, of 2π times the product.

    >>> def mine(coordinates, frequencies):
    ...     phases = coordinates @ frequencies.T
    ...     return torch.cat((phases.sin(), phases.cos()), dim=-1)
    >>> verdict = fourier_features(mine)
    ✗ fourier_features: The 2π is missing. Frequency 1 must make one wave from 0 to 1: \
2π · (coordinates @ frequencies.T).
    """
    return judge("fourier_features", answer, _examine)


def _examine(answer: Features) -> str:
    return EXERCISE.examine(formed(_fitting(answer), EXERCISE, _hint))


def _fitting(answer: Features) -> Features:
    """Return the answer; where points and frequencies do not fit, it says how they would."""

    def watched(x: Tensor, b: Tensor) -> Any:
        try:
            return answer(x, b)
        except RuntimeError as error:
            if "must match" not in str(error) and "cannot be multiplied" not in str(error):
                raise
            said = f"Points {tuple(x.shape)} and frequencies {tuple(b.shape)} do not fit as they"
            cure = "are combined. Use coordinates @ frequencies.T, (n, c) times (c, m)."
            raise Mistake("raises", f"{said} {cure}") from None

    return watched


def _hint(shape: tuple[int, ...], wanted: tuple[int, ...], x: Tensor, b: Tensor) -> str:
    n, m = len(x), len(b)
    if shape == (2 * n, m):
        return "Join sines and cosines along dim=-1."
    if shape in ((n, m, 2), (2, n, m)):
        return "Join sines and cosines with torch.cat, not with stack."
    if shape == (n, m):
        return "Return m sines and m cosines per point."
    if shape == (n, 2 * m + x.shape[1]):
        return "Leave out the coordinates themselves."
    if shape == (2 * m, n):
        return "One row per point is wanted: transpose."
    if shape == (n, 2 * x.shape[1] * m):
        return "Sum over the coordinates before the sine: coordinates @ frequencies.T."
    return "Return m sines, then m cosines per point: (n, 2m)."


def both(phases: Tensor) -> Tensor:
    """Return all sines, then all cosines, (n, m) -> (n, 2m)."""
    return torch.cat((phases.sin(), phases.cos()), -1)


def phases(coordinates: Tensor, frequencies: Tensor) -> Tensor:
    """Return 2π times the product, (n, c), (m, c) -> (n, m)."""
    return 2 * math.pi * coordinates @ frequencies.T


Change = Callable[[Tensor, Tensor], Tensor]  # coordinates, frequencies -> phases


def _waves(change: Change) -> Change:
    return lambda x, b: both(change(x, b))


ROUNDED = "Numbers are rounded to 16 bits on the way. Compute in the type of the coordinates."
ONE_WAVE = "Frequency 1 must make one wave from 0 to 1: 2π · (coordinates @ frequencies.T)."
SLIPS = (
    Slip("no-two-pi", _waves(lambda x, b: x @ b.T),
         f"The 2π is missing. {ONE_WAVE}", seen="KanishJebaMathewM/Truxify#12551"),
    Slip("half-turn", _waves(lambda x, b: phases(x, b) / 2), f"The factor is π. {ONE_WAVE}"),
    Slip("short-pi", _waves(lambda x, b: phases(x, b) * 3.14 / math.pi),
         "π is rounded to 3.14. Use math.pi."),
    Slip("degrees", _waves(lambda x, b: 360 * x @ b.T),
         "The factor is 360, but sin and cos take radians. Use 2π."),
    Slip("two-pi-outside", lambda x, b: 2 * math.pi * both(x @ b.T),
         "2π multiplies the waves, so they reach 6.28. Put it inside: sin(2π · b · x)."),
    Slip("cosines-first", lambda x, b: both(phases(x, b)).roll(len(b), -1),
         "The cosines come first. Put all sines first."),
    Slip("sines-twice", lambda x, b: phases(x, b).sin().repeat(1, 2),
         "Both halves are sines. Make the second half cosines."),
    Slip("cosines-twice", lambda x, b: phases(x, b).cos().repeat(1, 2),
         "Both halves are cosines. Make the first half sines."),
    Slip("interleaved",
         lambda x, b: torch.stack((phases(x, b).sin(), phases(x, b).cos()), -1).flatten(-2),
         "Sines and cosines alternate. Put all sines first, then all cosines: torch.cat."),
    Slip("no-waves", lambda x, b: phases(x, b).repeat(1, 2),
         "The result holds the phases. Take their sines and cosines."),
    Slip("sum-of-waves",
         lambda x, b:
             torch.cat([f(2 * math.pi * x[:, None] * b).sum(-1)
                        for f in (torch.sin, torch.cos)], -1),
         "Each coordinate gets its own waves, which are summed. Sum first, Σ b·x, then take the "
         "sine."),
    Slip("mean", _waves(lambda x, b: phases(x, b) / x.shape[1]),
         "The products are averaged over the coordinates. Sum them: Σ b·x."),
    Slip("product", _waves(lambda x, b: 2 * math.pi * (x[:, None] * b).prod(-1)),
         "The products b·x of the coordinates are multiplied. Sum them: Σ b·x."),
    Slip("first-coordinate", _waves(lambda x, b: phases(x[:, :1], b[:, :1])),
         "Only coordinate 0 is used. Sum over all: coordinates @ frequencies.T."),
    Slip("lengths", _waves(lambda x, b: 2 * math.pi * x.norm(dim=-1)[:, None] * b.norm(dim=-1)),
         "Only the norms are used, not the directions. Take the dot product of point and "
         "frequency."),
    Slip("absolute-frequencies", _waves(lambda x, b: phases(x, b.abs())),
         "The frequencies lose their sign. Use them as they are."),
    Slip("absolute-coordinates", _waves(lambda x, b: phases(x.abs(), b)),
         "The coordinates lose their sign. Use them as they are."),
    Slip("wrapped-coordinates", _waves(lambda x, b: phases(x % 1, b)),
         "The coordinates are cut to 0 … 1. Use them as they are: frequencies need not be whole."),
    Slip("scaled-coordinates", _waves(lambda x, b: phases(2 * x - 1, b)),
         "The coordinates are brought from 0 … 1 to −1 … 1. Use them as they are."),
    Slip("reversed-coordinates", _waves(lambda x, b: phases(x.flip(-1), b)),
         "The coordinates stand in reverse order. Keep frequency c with coordinate c."),
    Slip("one-frequency", _waves(lambda x, b: phases(x, b[:1].expand_as(b))),
         "Every wave has the first frequency vector. Use row j for wave j."),
    Slip("powers-of-two",
         _waves(lambda x, b: phases(x, (2.0 ** torch.arange(len(b)))[:, None].expand_as(b).to(b))),
         "The frequencies are 1, 2, 4, …, as in NeRF. Use those that are given."),
    Slip("divided-by-root-m", lambda x, b: both(phases(x, b)) / math.sqrt(len(b)),
         "The waves are divided by √m. Leave them between −1 and 1."),
    Slip("times-root-two", lambda x, b: both(phases(x, b)) * math.sqrt(2),
         "The waves are multiplied by √2, as random features are. Leave them between −1 and 1."),
    Slip("cosines-without-two-pi",
         lambda x, b: torch.cat((phases(x, b).sin(), (x @ b.T).cos()), -1),
         "The cosines lack the 2π that the sines have. Use the same phases for both."),
    Slip("rounded-inputs",
         _waves(lambda x, b: phases(x.bfloat16().double(), b.bfloat16().double())), ROUNDED),
    Slip("whole-numbers", lambda x, b: both(phases(x, b)).round(),
         "The waves are rounded to whole numbers. Leave sines and cosines as they are."),
    Slip("backwards", _waves(lambda x, b: -phases(x, b)),
         "The phases have a minus, so all sines have the wrong sign. Leave it out."),
)  # fmt: skip


def right(coordinates: Tensor, frequencies: Tensor) -> Tensor:
    """Return the sines, then the cosines, of every wave, (n, 2m)."""
    return both(phases(coordinates, frequencies))


def _points(draw: Draw) -> tuple[tuple[Tensor, Tensor], ...]:
    """Return coordinates on both sides of 0, with frequencies; several points come first."""
    generator = draw.generator(11)
    sizes = (
        (draw.near(5, 1), draw.near(3, 1), 2, F64),
        (1, draw.near(4, 1), 1, F64),
        (draw.near(6, 1), draw.one_of(2, 3), 3, F64),
        (draw.near(4, 1), draw.near(7, 1), 2, torch.float32),
    )
    return tuple(
        (
            (torch.rand(n, c, generator=generator, dtype=F64) * 4 - 2).to(dtype),
            (torch.randn(m, c, generator=generator, dtype=F64) * 2).to(dtype),
        )
        for n, m, c, dtype in (sizes[0], *draw.shuffled(sizes[1:]))
    )


POINTS = Drawn("fourier_features", _points)


def _no_waves(answer: Features, found: list[Tensor], differences: list[Any]) -> None:
    for mine, (x, b) in zip(found, POINTS, strict=True):
        _wrong_waves(answer, mine, x, b)


def _wrong_waves(answer: Features, found: Tensor, x: Tensor, b: Tensor) -> None:
    """Raise the first property that fails: range, precision, pairs, points apart, axes."""
    m = len(b)
    big = float(found.abs().max())
    said = f"There is a number {big:.4g}, and no sine is above 1. Multiply and add nothing after"
    require(big < 1 + ROUNDING, "out-of-range", f"{said} sin and cos.")
    sizes = (found[:, :m] ** 2 + found[:, m:] ** 2).flatten()
    size = float(sizes[(sizes - 1).abs().argmax()])
    exact = abs(size - 1) < ROUNDING or abs(size - 1) > 0.02
    require(exact, "rounded", ROUNDED)
    said = f"sin² + cos² of a wave is {size:.4g}, not 1. Use the same phases for column j and m + j"
    require(abs(size - 1) < ROUNDING, "pairs", f"{said}, unscaled.")
    alone = again(answer, x[-1:].clone(), b.clone(), like=found[-1:], case="fourier_features")
    said = "A point gets other features when it stands alone. Use no mean, maximum or random"
    require(alike(alone, found[-1:], atol=ROUNDING), "depends-on-others", f"{said} number.")
    _wrong_axes(answer, b)


def _wrong_axes(answer: Features, b: Tensor) -> None:
    """Raise unless the origin has phase 0, and each coordinate its own frequencies."""
    m, c = b.shape
    steps = [(axis, at) for axis in range(c) for at in (0.0, 0.1, -0.6, 1.7)]
    x = torch.zeros(len(steps), c, dtype=b.dtype)
    for row, (axis, at) in enumerate(steps):
        x[row, axis] = at
    target = right(x, b)
    found = again(answer, x.clone(), b.clone(), like=target, case="fourier_features")
    wrong = (found - target).abs() > ROUNDING
    if wrong.any():
        row, j = wrong.nonzero()[0].tolist()
        axis, at = steps[row]
        wave = f"the {'sine' if j < m else 'cosine'} of frequency {b[j % m, axis]:.3g}"
        said = f"At coordinate {axis} = {at:g}, all others 0, {wave} is {found[row, j]:.4g},"
        slug = "coordinate" if at else "origin"
        cure = f"not {target[row, j]:.4g}. The phase is 2π · Σ b·x."
        raise Mistake(slug, f"{said} {cure}")


EXERCISE = Exercise(
    name="fourier_features",
    right=right,
    cases=POINTS,
    praise="one wave for each frequency vector, as sine and cosine",
    slips=SLIPS,
    asks=_no_waves,
    said=lambda x, b: f"with {b.shape[1]} coordinates and {len(b)} frequencies the answer",
    atol=ROUNDING,
)
