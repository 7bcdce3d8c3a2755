"""The speeds of the paper's sinusoids: (dim, base) -> (dim/2,)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.mistake import remark_of
from posenc.check.engine.sinusoids import check_speeds, close
from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.speeds import ENDS, RULES, SEEN, Rule, paper, speeds_of
from posenc.check.engine.verdict import Verdict, judge, require, same

F64 = torch.float64


def inverse_frequencies(answer: object) -> Verdict:
    """Check ``answer(dim, base)``, the dim/2 speeds base^(-2i/dim), fastest first.

    >>> from posenc import functional
    >>> _ = inverse_frequencies(functional.inverse_frequencies)
    ✓ inverse_frequencies: dim/2 speeds of equal ratio, the fastest first
    """
    return judge("inverse_frequencies", answer, _examine_speeds)


def _slip(slug: str, rule: Rule, says: str) -> Slip:
    fine = slug == "ends-at-base"
    says = ENDS if fine else says
    return Slip(slug, lambda d, base: speeds_of(d, rule, base), says, SEEN.get(slug, ""), fine)


SLIPS = (
    *(_slip(slug, *pair) for slug, pair in RULES.items()),
    Slip(
        "ignores-base",
        lambda dim, base: speeds_of(dim),
        "the base is 10 000, whatever was asked: use the argument",
    ),
    Slip(
        "wavelengths",
        lambda dim, base: 2 * math.pi / speeds_of(dim, paper, base),
        "these are wavelengths, 2π over the speed: return the speeds, 1 for the first pair",
    ),
    Slip(
        "negative",
        lambda dim, base: -speeds_of(dim, paper, base),
        "the speeds are negative: the minus belongs into the exponent",
    ),
)


def _examine_speeds(answer: Callable[[int, float], Tensor]) -> str:
    for dim, base in ((8, 10_000), (6, 64)):
        case = f"inverse_frequencies({dim}, {base})"
        found, right = answer(dim, base), functional.inverse_frequencies(dim, base, dtype=F64)
        remark = remark_of(_why_speeds, found, right, dim, base, case)
        if remark is None:
            same(found, right, case=case, atol=1e-9)
    if remark is not None:
        raise remark  # of both: divided by d/2 − 1 there is no right answer for dim = 2
    found, right = answer(2, 10), functional.inverse_frequencies(2, 10, dtype=F64)
    same(found, right, case="inverse_frequencies(2, 10)", atol=1e-9)
    return "dim/2 speeds of equal ratio, the fastest first"


def _why_speeds(found: object, right: Tensor, dim: int, base: float, case: str) -> None:
    """Raise the known mistake that these speeds are, or the first property that they lack."""
    if not isinstance(found, Tensor):
        return
    require(
        found.shape != (dim,),
        "one-a-channel",
        f"one speed a pair, so {dim // 2} of them for {dim} channels; there are {dim}",
    )
    if found.shape != right.shape or found.is_complex() or close(found, right, 1e-9):
        return
    half = found.dtype in (torch.float16, torch.bfloat16)  # `same` has a name for it
    if half and torch.allclose(found.double(), right, rtol=1e-2, atol=1e-2):
        return
    name_it(found, SLIPS, dim, base, atol=1e-7)
    number = found.detach().to("cpu", F64)
    if number.isfinite().all():
        check_speeds(number, base, case)
