"""What a rotation of neighbouring channels is, and what holds of every one."""

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw
from posenc.check.engine.verdict import Mistake, require
from posenc.functional import angles, inverse_frequencies, rotate_pairs

F64 = torch.float64


def speeds(dim: int) -> Tensor:
    """Return the frequencies of a width in float64, (dim/2,)."""
    return inverse_frequencies(dim, dtype=F64)


def turned(x: Tensor, pos: Tensor, speed: Tensor) -> Tensor:
    """Rotate neighbouring channels by frequency times position, (..., n, dh), (n,)."""
    return rotate_pairs(x, angles(pos, speed.to(F64)))


def rope(x: Tensor, pos: Tensor) -> Tensor:
    """Rotate neighbouring channels as RoPE does, (..., n, dh), (n,) -> (..., n, dh)."""
    return turned(x, pos, speeds(x.shape[-1]))


def random(*shape: int, draw: Draw | None = None) -> Tensor:
    """Return the same numbers each time, others for a grader's draw."""
    generator = (draw or Draw("")).generator(7)
    return torch.randn(*shape, dtype=F64, generator=generator)


def examine_turn(found: Tensor, x: Tensor, pos: Tensor, speeds: Tensor) -> None:
    """Raise the first property of a rotation that fails: (..., n, w) twice, (n,), (w/2,).

    Precision, norms, no mirror, the same in every head, position 0; not the frequencies.

    >>> x, pos = torch.ones(2, 2, dtype=torch.float64), torch.arange(2)
    >>> examine_turn(turned(x, pos, torch.ones(1)), x, pos, torch.ones(1))
    """
    _rounding(found, turned(x, pos, speeds))
    _lengths(found, x, pos, speeds)
    turns = _points(found) / _points(x)  # (..., n, m), complex
    if turns.dim() > 2:
        mirrored = (_points(found) / _points(x).conj()).flatten(0, -3)
        turns = turns.flatten(0, -3)
        _places(turns, mirrored, pos)
    _start(turns.flatten(0, -3)[0] if turns.dim() > 2 else turns, pos)


def angles_of(found: Tensor, x: Tensor) -> Tensor:
    """Return by how much each pair has turned, (..., n, w) twice -> (n, w/2)."""
    turns = _points(found) / _points(x)
    return (turns.flatten(0, -3)[0] if turns.dim() > 2 else turns).angle()


def _points(x: Tensor) -> Tensor:
    """Return the pairs as points of the plane, (..., w) -> (..., w/2)."""
    return torch.view_as_complex(x.to(F64).unflatten(-1, (-1, 2)).contiguous())


def _sizes(x: Tensor) -> Tensor:
    return x.unflatten(-1, (-1, 2)).norm(dim=-1)  # (..., n, m)


def _rounding(found: Tensor, right: Tensor) -> None:
    """Raise where every number is nearly right, and half of the pairs are a little off."""
    off = _sizes(found - right) / _sizes(right)
    slight = bool((off < 0.01).all()) and bool(
        (off > 1e-5).flatten(0, -2).any(0).sum() * 2 >= off.shape[-1]
    )
    angles_alone = bool((_sizes(found) / _sizes(right) - 1).abs().max() < 1e-5)
    require(
        not slight or angles_alone,  # then the frequencies say more
        "rounded",
        f"Every number is nearly right, and off by up to {100 * float(off.max()):.2g} %: something "
        "was rounded on the way. Compute frequencies, angles, cosines and sines in float32 at "
        "least; cast last.",
    )


def _lengths(found: Tensor, x: Tensor, pos: Tensor, speeds: Tensor) -> None:
    """Raise unless every pair has kept its norm, as under a rotation."""
    size, before = _sizes(found), _sizes(x)
    off = (size - before).abs() > 1e-3 * (1 + before)
    if not off.any():
        return
    halves = [part.unflatten(-1, (2, -1)).norm(dim=-2) for part in (found, x)]
    require(
        not torch.allclose(halves[0], halves[1].to(F64), atol=1e-3),
        "half-split",
        "Channels i and i + dh/2 keep their norm together, so the layout is half-split. Rotate "
        "channels 2i and 2i + 1 together.",
    )
    where = tuple(int(i) for i in off.nonzero()[0])
    cure = _length_cure(found, x, pos[:, None] * speeds)
    raise Mistake(
        "length",
        f"A rotation keeps norms; that of pair {where[-1]} at position {pos[where[-2]]:g} goes "
        f"from {before[where]:.3g} to {size[where]:.3g}. {cure}",
    )


def _length_cure(found: Tensor, x: Tensor, theta: Tensor) -> str:
    """Say what to do where norms change: (..., n, w) twice, (n, w/2)."""
    ratios = _sizes(found) / _sizes(x)
    if bool((ratios - ratios.mean()).abs().max() < 1e-3):
        return "The result is scaled: leave out the factor."
    right = [_first_right(found, x, theta, channel) for channel in (0, 1)]
    if not any(right):
        return (
            "Use a cos θ − b sin θ and a sin θ + b cos θ, with the old a and b and one θ per pair."
        )
    formula = "a sin θ + b cos θ" if right[0] else "a cos θ − b sin θ"
    return (
        f"Only the {'second' if right[0] else 'first'} channel of the pairs is wrong. Make it "
        f"{formula}, with the old a and b and one θ per pair."
    )


def _first_right(found: Tensor, x: Tensor, theta: Tensor, channel: int) -> bool:
    right = rotate_pairs(x.to(F64), theta.to(F64))
    return bool((found - right)[..., channel::2].abs().max() < 1e-3)


def _places(turns: Tensor, mirrored: Tensor, pos: Tensor) -> None:
    """Raise where a row rotates otherwise in another head, (heads, n, m); mirrored tells why."""
    same, mirror = ((t - t[:1]).abs().max() < 1e-3 for t in (turns, mirrored))
    require(
        bool(same) or not mirror,
        "mirrored",
        "The pairs are mirrored, not only rotated: one minus is in the wrong place. Use "
        "a cos θ − b sin θ for the first channel and a sin θ + b cos θ for the second.",
    )
    if not same:
        head, row, pair = (int(i) for i in ((turns - turns[:1]).abs() > 1e-3).nonzero()[0])
        one, other = (round(float(turns[h, row, pair].angle()), 9) for h in (0, head))
        raise Mistake(
            "depends-on-head",
            f"At position {pos[row]:g} pair {pair} rotates by {one:.3g} rad in one head and by "
            f"{other:.3g} in another. Rotate all heads alike: pos runs along axis −2 of x.",
        )


def _start(turns: Tensor, pos: Tensor) -> None:
    """Raise unless position 0 stays as it is."""
    off = (turns - 1).abs() > 1e-3
    at_zero = off & (pos == 0)[:, None]
    if at_zero.any():
        row, pair = (int(i) for i in at_zero.nonzero()[0])
        angle = float(turns[row, pair].angle())
        raise Mistake(
            "start",
            f"Position 0 must not rotate: its angle is 0 · frequency = 0. Pair {pair} rotates by "
            f"{angle:.4g} rad there. Multiply the frequencies by pos, without an offset.",
        )


def examine_frequencies(found: Tensor, x: Tensor, pos: Tensor, speeds: Tensor) -> None:
    """Raise unless each pair rotates by its frequency at position 1, and as much at each step.

    >>> x, pos = torch.ones(2, 2, dtype=torch.float64), torch.arange(2)
    >>> examine_frequencies(turned(x, pos, torch.ones(1)), x, pos, torch.ones(1))
    """
    far = pos[:, None] * speeds  # (n, m)
    gap = torch.remainder(angles_of(found, x) - far + torch.pi, 2 * torch.pi) - torch.pi
    off = gap.abs() > 1e-4 * far + 1e-5
    at_one = off & (pos == 1)[:, None]
    wrong = at_one if at_one.any() else off
    if not wrong.any():
        return
    row, pair = (int(i) for i in wrong.nonzero()[0])
    turn, true = round(float(far[row, pair] + gap[row, pair]), 6) + 0.0, float(far[row, pair])
    if abs(float(angles_of(found, x)[row, pair])) < 1e-6:
        turn = 0.0
    words = f"At width {x.shape[-1]} and position {pos[row]:g} pair {pair} rotates by {turn:.4g} "
    words += f"rad; it must be {true:.4g}. "
    if bool((gap.abs() < 0.01 * far + 1e-4).all()):
        words += "Compute the angles in float32 at least, and do not reduce them by a rounded 2π."
        raise Mistake("rounded-angles", words)
    slug = "speed" if at_one.any() else "uneven-steps"
    known = bool(at_one.any()) or not bool((pos == 1).any())
    formula = f"{pos[row]:g} · 10000^(−{2 * pair}/{x.shape[-1]}) = {true:.4g}"
    still = turn == 0 and (pair > 0 or bool((angles_of(found, x)[row].abs() < 1e-6).all()))
    pairs = len(speeds) if still else 0
    raise Mistake(slug, words + _cure(turn, true, formula if known else "", pairs))


def _cure(turn: float, true: float, formula: str, pairs: int) -> str:
    if pairs:
        return f"Rotate every row and all {pairs} pairs."
    if formula and abs(turn + true) < 1e-3 * true:
        return "The direction is wrong: put the minus before the sine of the first channel."
    return f"Its angle is {formula}." if formula else "Multiply the frequency by the position."
