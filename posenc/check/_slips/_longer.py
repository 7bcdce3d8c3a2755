"""Wrong programs of notebook 08: pairs that meet unseen angles, squeezed positions."""

import math

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.functional import inverse_frequencies

F64 = torch.float64
TURN = 2 * math.pi


def speeds(dim: int, base: float) -> Tensor:
    """Return the speeds of RoPE in float64, (dim/2,)."""
    return inverse_frequencies(dim, base, dtype=F64)


# --- unseen pairs: (dim, base, trained) -> how many -------------------------------------------


def unseen(dim: int, base: float, trained: float, turns: float = 1.0) -> Tensor:
    """Return how many pairs turn less than so many times."""
    return (trained * speeds(dim, base) / TURN < turns).sum()


def _last_seen(dim: int, base: float, trained: int) -> float:
    return dim * math.log(trained / TURN) / (2 * math.log(base))


UNSEEN = (
    Slip(
        "counts-seen",
        lambda dim, base, trained: dim // 2 - unseen(dim, base, trained),
        "these are the pairs that do complete a turn; the others are asked for",
    ),
    Slip(
        "no-two-pi",
        lambda dim, base, trained: unseen(dim, base, trained, 1 / TURN),
        "a turn is 2π, not 1: the speeds are in radians",
    ),
    Slip(
        "half-turn",
        lambda dim, base, trained: unseen(dim, base, trained, 0.5),
        "a full turn is 2π; π is half of one",
    ),
    Slip(
        "degrees",
        lambda dim, base, trained: unseen(dim, base, trained, 360 / TURN),
        "a turn is 2π, not 360: the speeds are in radians",
    ),
    Slip(
        "channels",
        lambda dim, base, trained: 2 * unseen(dim, base, trained),
        "count pairs: a pair has two channels",
    ),
    Slip(
        "a-speed-a-channel",
        lambda dim, base, trained: (
            trained * base ** (-torch.arange(dim, dtype=F64) / dim) < TURN
        ).sum(),
        "a speed for each of dim channels; there is one a pair, base^(−2i/dim), i below dim/2",
    ),
    Slip(
        "doubled-exponent",
        lambda dim, base, trained: (trained * speeds(dim, base) ** 2 < TURN).sum(),
        "the exponent is doubled: it is −2i/dim, with i = 0, 1, … dim/2 − 1",
    ),
    Slip(
        "halved-exponent",
        lambda dim, base, trained: (trained * speeds(dim, base) ** 0.5 < TURN).sum(),
        "the exponent is halved: it is −2i/dim; here it is −i/dim",
    ),
    Slip(
        "inverted",
        lambda dim, base, trained: (trained / speeds(dim, base) < TURN).sum(),
        "the speeds grow: divide by them for wavelengths, or multiply the length by them",
    ),
    Slip(
        "ignores-base",
        lambda dim, base, trained: unseen(dim, 10_000, trained),
        "the base is 10 000, whatever was asked: use the argument",
    ),
    Slip(
        "share",
        lambda dim, base, trained: unseen(dim, base, trained) / (dim // 2),
        "this is the share of the pairs; their number is asked for",
    ),
    Slip(
        "one-too-many",
        lambda dim, base, trained: unseen(dim, base, trained) + 1,
        "one pair too many: the last that completes its turn is counted",
    ),
    Slip(
        "one-too-few",
        lambda dim, base, trained: unseen(dim, base, trained) - 1,
        "one pair too few: is the last one left out?",
    ),
    Slip(
        "not-clamped",
        lambda dim, base, trained: torch.tensor(
            dim // 2 - 1 - math.floor(_last_seen(dim, base, trained))
        ),
        "below 0 where every pair completes a turn: put max(0, …) around the formula",
    ),
)

# --- squeezed positions: (pos, factor) -> (n,) -------------------------------------------------


def squeezed(pos: Tensor, factor: float) -> Tensor:
    """Return the positions divided by the factor, in float64."""
    return pos.double() / factor


INTERPOLATED = (
    Slip(
        "stretched",
        lambda pos, factor: pos * factor,
        "the positions are stretched: divide by factor",
    ),
    Slip(
        "whole",
        lambda pos, factor: squeezed(pos, factor).floor(),
        "positions were cut to whole numbers: neighbours share one; / keeps fractions, // does not",
    ),
    Slip(
        "rounded",
        lambda pos, factor: squeezed(pos, factor).round(),
        "positions were rounded: neighbours share one; keep the fractions",
    ),
    Slip(
        "rounded-up",
        lambda pos, factor: squeezed(pos, factor).ceil(),
        "positions were rounded up: neighbours share one; keep the fractions",
    ),
    Slip(
        "clipped",
        lambda pos, factor: pos.double().clamp(max=float(pos.max()) / factor),
        "the end was clipped: all words beyond it share one position; squeeze all",
    ),
    Slip(
        "clipped-by-count",
        lambda pos, factor: pos.double().clamp(max=len(pos) / factor),
        "the end was clipped at n / factor: squeeze all positions",
    ),
    Slip(
        "wrapped",
        lambda pos, factor: pos.double() % factor,
        "% is the remainder: positions begin anew; / squeezes them",
    ),
    Slip(
        "wrapped-at-the-end",
        lambda pos, factor: pos.double() % (len(pos) / factor),
        "beyond n / factor the positions begin anew, and two words share one: squeeze all",
    ),
    Slip(
        "untouched",
        lambda pos, factor: pos,
        "the positions are as they were: divide by factor",
    ),
    Slip(
        "ignores-pos",
        lambda pos, factor: squeezed(torch.arange(len(pos)), factor),
        "the words are counted anew, 0, 1, 2, …: squeeze the positions that are given",
    ),
    Slip(
        "normalised",
        lambda pos, factor: pos.double() / pos.max(),
        "divided by the last position: then a step means another thing in every text",
    ),
    Slip(
        "normalised-by-count",
        lambda pos, factor: pos.double() / len(pos),
        "divided by the number of words: then a step means another thing in every text",
    ),
    Slip(
        "ends-pinned",
        lambda pos, factor: pos.double() * (len(pos) / factor - 1) / (len(pos) - 1),
        "first and last are pinned to 0 and n / factor − 1: every step must be 1 / factor",
    ),
    Slip(
        "moved-back",
        lambda pos, factor: pos.double() - factor,
        "the factor is taken off; positions must be divided by it",
    ),
    Slip(
        "logarithm",
        lambda pos, factor: torch.log1p(pos.double()) / math.log(factor),
        "a logarithm crowds the far words: every step must shrink alike",
    ),
    Slip(
        "bfloat16-positions",
        lambda pos, factor: pos.bfloat16().double() / factor,
        "positions were rounded to bfloat16: 257 becomes 256; divide in float32",
        "EleutherAI/gpt-neox#1003",
    ),
    Slip(
        "bfloat16-result",
        lambda pos, factor: squeezed(pos, factor).bfloat16(),
        "the squeezed positions are rounded to bfloat16, and neighbours share one: use float32",
    ),
)

KNOWN: dict[str, tuple[Slip, ...]] = {
    "unseen_pairs": UNSEEN,
    "interpolated": INTERPOLATED,
}
