"""Positions squeezed into the trained range: (pos, factor) -> (n,)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.compare import again, alike, explain, first_difference
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require


def interpolated(answer: object) -> Verdict:
    """Check ``answer(pos, factor)``, the positions squeezed into the trained range.

    >>> _ = interpolated(lambda pos, factor: pos / factor)
    ✓ interpolated: a text of factor times the length ends where training ended
    """
    return judge("interpolated", answer, _examine)


def squeezed(pos: Tensor, factor: float) -> Tensor:
    """Return the positions divided by the factor, in float64."""
    return pos.double() / factor


SLIPS = (
    Slip("stretched", lambda pos, factor: pos * factor,
         "the positions are stretched: divide by factor"),
    Slip("whole", lambda pos, factor: squeezed(pos, factor).floor(),
         "positions were cut to whole numbers: neighbours share one; / keeps fractions, // does "
         "not"),
    Slip("rounded", lambda pos, factor: squeezed(pos, factor).round(),
         "positions were rounded: neighbours share one; keep the fractions"),
    Slip("rounded-up", lambda pos, factor: squeezed(pos, factor).ceil(),
         "positions were rounded up: neighbours share one; keep the fractions"),
    Slip("clipped", lambda pos, factor: pos.double().clamp(max=float(pos.max()) / factor),
         "the end was clipped: all words beyond it share one position; squeeze all"),
    Slip("clipped-by-count", lambda pos, factor: pos.double().clamp(max=len(pos) / factor),
         "the end was clipped at n / factor: squeeze all positions"),
    Slip("wrapped", lambda pos, factor: pos.double() % factor,
         "% is the remainder: positions begin anew; / squeezes them"),
    Slip("wrapped-at-the-end", lambda pos, factor: pos.double() % (len(pos) / factor),
         "beyond n / factor the positions begin anew, and two words share one: squeeze all"),
    Slip("untouched", lambda pos, factor: pos, "the positions are as they were: divide by factor"),
    Slip("ignores-pos", lambda pos, factor: squeezed(torch.arange(len(pos)), factor),
         "the words are counted anew, 0, 1, 2, …: squeeze the positions that are given"),
    Slip("normalised", lambda pos, factor: pos.double() / pos.max(),
         "divided by the last position: then a step means another thing in every text"),
    Slip("normalised-by-count", lambda pos, factor: pos.double() / len(pos),
         "divided by the number of words: then a step means another thing in every text"),
    Slip("ends-pinned", lambda pos, factor: pos.double() * (len(pos) / factor - 1) / (len(pos) - 1),
         "first and last are pinned to 0 and n / factor − 1: every step must be 1 / factor"),
    Slip("moved-back", lambda pos, factor: pos.double() - factor,
         "the factor is taken off; positions must be divided by it"),
    Slip("logarithm", lambda pos, factor: torch.log1p(pos.double()) / math.log(factor),
         "a logarithm crowds the far words: every step must shrink alike"),
    Slip("bfloat16-positions", lambda pos, factor: pos.bfloat16().double() / factor,
         "positions were rounded to bfloat16: 257 becomes 256; divide in float32",
         seen="EleutherAI/gpt-neox#1003"),
    Slip("bfloat16-result", lambda pos, factor: squeezed(pos, factor).bfloat16(),
         "the squeezed positions are rounded to bfloat16, and neighbours share one: use float32"),
)  # fmt: skip
SQUEEZED = (
    ("torch.arange(9)", torch.arange(9), 4),
    ("torch.tensor([7., 0., 3.])", torch.tensor([7.0, 0.0, 3.0]), 2.5),
    ("torch.tensor([8191, 257, 4095])", torch.tensor([8191, 257, 4095]), 2),
)


def _examine(answer: Callable[[Tensor, float], Tensor]) -> str:
    cases = [(pos.clone(), factor) for _, pos, factor in SQUEEZED]
    right = [squeezed(*case) for case in cases]
    found = [answer(*case) for case in cases]
    said = [f"interpolated({words}, {factor})" for words, _, factor in SQUEEZED]
    explain(found, SLIPS, cases)  # before their type is judged: pos // 4 has a name
    first = first_difference(found, right, said)
    if first is None:
        return "a text of factor times the length ends where training ended"
    _not_squeezed(answer)
    raise first


def _not_squeezed(answer: Callable[[Tensor, float], Tensor]) -> None:
    """Raise the first property that fails: rows by themselves, 0 at 0, equal steps, factor."""

    def ask(pos: Tensor, factor: float) -> Tensor:
        return again(answer, pos, factor, like=squeezed(pos, factor), case="interpolated")

    pos = torch.arange(9)
    found = ask(pos, 4)
    said = "the result depends on the order of the positions: each must be squeezed by itself"
    require(alike(ask(pos.flip(0), 4), found.flip(0)), "order", said)
    said = "the same positions are squeezed otherwise in a shorter text: factor alone must count"
    require(alike(ask(pos[:5], 4), found[:5]), "depends-on-length", said)
    _wrong_steps(found)
    for factor in (2.5, 2):
        step = float(ask(pos, factor)[1])
        said = f"with factor {factor} the step must be {1 / factor:g}; it is {step:.4g}"
        require(abs(step - 1 / factor) < 1e-6, "ignores-factor", said)


def _wrong_steps(found: Tensor) -> None:
    """Raise unless positions 0 … 8, squeezed by 4, begin at 0 and go on by 0.25."""
    start, steps = float(found[0]), found.diff()
    said = f"position 0 must stay at 0; with factor 4 it goes to {start:.4g}"
    require(abs(start) < 1e-6, "zero-moves", said)
    first, last = float(steps[0]), float(steps[-1])
    said = f"all steps must shrink alike; with factor 4 the first is {first:.4g}, the last "
    require(alike(steps, steps[:1].expand(8)), "uneven-steps", f"{said}{last:.4g}")
    said = f"with factor 4 the step from word to word must be 0.25; it is {first:.4g}"
    require(abs(first - 0.25) < 1e-6, "step", said)
