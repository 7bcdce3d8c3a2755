"""What a turn of neighbouring channels is, and what holds of every one."""

import torch
from torch import Tensor

from posenc.check.engine.verdict import Mistake, require
from posenc.functional import angles, inverse_frequencies, rotate_pairs

F64 = torch.float64


def speeds(dim: int) -> Tensor:
    """Return the speeds of a width in float64, (dim/2,)."""
    return inverse_frequencies(dim, dtype=F64)


def turned(x: Tensor, pos: Tensor, speed: Tensor) -> Tensor:
    """Turn neighbouring channels by their speed times the position, (..., n, dh), (n,)."""
    return rotate_pairs(x, angles(pos, speed.to(F64)))


def rope(x: Tensor, pos: Tensor) -> Tensor:
    """Turn neighbouring channels as RoPE does, (..., n, dh), (n,) -> (..., n, dh)."""
    return turned(x, pos, speeds(x.shape[-1]))


def random(*shape: int) -> Tensor:
    """Return the same numbers each time."""
    return torch.randn(*shape, dtype=F64, generator=torch.Generator().manual_seed(7))


def examine_turn(found: Tensor, x: Tensor, pos: Tensor, speeds: Tensor) -> None:
    """Raise the first property of a turn that fails: (..., n, w) twice, (n,), (w/2,).

    Precision, lengths, no mirror, the same in every head, position 0, speed, even steps.

    >>> x, pos = torch.ones(2, 2, dtype=torch.float64), torch.arange(2)
    >>> examine_turn(turned(x, pos, torch.ones(1)), x, pos, torch.ones(1))
    """
    _rounding(found, turned(x, pos, speeds))
    _lengths(found, x)
    turns = _points(found) / _points(x)  # (..., n, m), complex
    if turns.dim() > 2:
        mirrored = (_points(found) / _points(x).conj()).flatten(0, -3)
        turns = turns.flatten(0, -3)
        _places(turns, mirrored)
        turns = turns[0]
    _start(turns, pos)
    _speed(turns.angle(), pos, speeds)


def _points(x: Tensor) -> Tensor:
    """Return the pairs as points of the plane, (..., w) -> (..., w/2)."""
    return torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())


def _sizes(x: Tensor) -> Tensor:
    return x.unflatten(-1, (-1, 2)).norm(dim=-1)  # (..., n, m)


def _rounding(found: Tensor, right: Tensor) -> None:
    """Raise where every number is nearly right, and half of the pairs are a little off."""
    off = _sizes(found - right) / _sizes(right)
    slight = bool((off < 0.01).all()) and bool(
        (off > 1e-5).flatten(0, -2).any(0).sum() * 2 >= off.shape[-1]
    )
    require(
        not slight,
        "rounded",
        "the numbers are rounded to 16 bits on the way: make angles, cosines and sines in float32, "
        "cast last",
    )


def _lengths(found: Tensor, x: Tensor) -> None:
    """Raise unless every pair has kept its length, as a turn does."""
    size, before = _sizes(found), _sizes(x)
    off = (size - before).abs() > 1e-3 * (1 + before)
    if off.any():
        pair = int(off.nonzero()[0][-1])
        raise Mistake(
            "length",
            f"the length of pair {pair} changes, so it does not turn: one minus, before the sine "
            "of the first channel, and both channels from the old x, at one angle",
        )


def _places(turns: Tensor, mirrored: Tensor) -> None:
    """Raise where a row turns otherwise in another head, (heads, n, m); mirrored tells why."""
    same, mirror = ((t - t[:1]).abs().max() < 1e-3 for t in (turns, mirrored))
    require(
        bool(same) or not mirror,
        "mirrored",
        "the pairs are mirrored, not only turned: first a cos θ − b sin θ, then a sin θ + b cos θ",
    )
    require(
        bool(same),
        "depends-on-head",
        "a position turns otherwise in another head or sentence: words lie along axis -2 of x",
    )


def _start(turns: Tensor, pos: Tensor) -> None:
    """Raise unless position 0 stays as it is."""
    off = (turns - 1).abs() > 1e-3
    at_zero = off & (pos == 0)[:, None]
    if at_zero.any():
        row, pair = (int(i) for i in at_zero.nonzero()[0])
        angle = float(turns[row, pair].angle())
        raise Mistake(
            "start", f"position 0 must not turn; there pair {pair} turns by {angle:.4g} rad"
        )


def _speed(angle: Tensor, pos: Tensor, speeds: Tensor) -> None:
    """Raise unless each pair turns by its speed at position 1, and by as much each position."""
    far = pos[:, None] * speeds  # (n, m)
    gap = torch.remainder(angle - far + torch.pi, 2 * torch.pi) - torch.pi
    off = gap.abs() > 0.01 * far + 1e-6
    at_one = off & (pos == 1)[:, None]
    wrong, slug = (at_one, "speed") if at_one.any() else (off, "uneven-steps")
    if wrong.any():
        row, pair = (int(i) for i in wrong.nonzero()[0])
        raise Mistake(
            slug,
            f"at position {pos[row]} pair {pair} must turn by {far[row, pair]:.4g} rad; it "
            f"turns by {round(float(far[row, pair] + gap[row, pair]), 6):.4g}",
        )
