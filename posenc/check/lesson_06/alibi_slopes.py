"""ALiBi's slopes: n_heads -> (h,)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge, require, same

F64 = torch.float64
EXACT = 1e-5  # bfloat16 rounds a slope of 12 heads by 1e-4 of it, float32 by 1e-7


def alibi_slopes(answer: Callable[[int], Any]) -> Verdict:
    """Check ``alibi_slopes(n_heads)``: a slope for each head, as published models have them.

    >>> verdict = alibi_slopes(lambda n: [2 ** (-8 * h / n) for h in range(n)])
    ✗ alibi_slopes: the first slope is 1: the heads count from 1, so it is 0.5 with 8 heads
    """
    return judge("alibi_slopes", answer, _examine_slopes)


def _lower(n: int) -> int:
    return 2 ** (n.bit_length() - 1)


def _series(n: int, first: int = 1, base: float = 2.0) -> Tensor:
    """Return base^(-8h/n) for h = first … first + n - 1."""
    return base ** (-8 * torch.arange(first, first + n, dtype=F64) / n)


def published(n: int) -> Tensor:
    """Return the slopes of published models in float64, (h,)."""
    return functional.alibi_slopes(n).to(F64)


def _two_series(n: int, second: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the slopes of the next lower power of two, then some of the next higher one."""
    lower = _lower(n)
    return torch.cat((_series(lower), second(_series(2 * lower))[: n - lower]))


SLIPS = (
    Slip("off-by-one", lambda n: _series(n, 0),
         "the first slope is 1: the heads count from 1, so it is 0.5 with 8 heads"),
    Slip("sign", lambda n: -published(n), "the slopes are negative; the bias has the minus"),
    Slip("geometric", _series,
         "this is one geometric series, the paper's sentence; for 12 heads published models take "
         "the slopes of 8, then every second one of 16", seen="ml-explore/mlx#343"),
    Slip("not-every-second", lambda n: _two_series(n, lambda more: more),
         "12 heads take the first slopes of 16 after those of 8; take every second one"),
    Slip("other-second", lambda n: _two_series(n, lambda more: more[1::2]),
         "the 9th slope of 12 repeats the first: every second one of 16 begins with its first, "
         "0.71"),
    Slip("next-power", lambda n: _series(_lower(2 * n - 1))[:n],
         "12 heads take the first 12 slopes of 16; published models begin with all 8 of 8 heads",
         seen="baichuan-inc/Baichuan2#225"),
    Slip("halves-each-head", lambda n: 2.0 ** -torch.arange(1, n + 1, dtype=F64),
         "each slope is half of the one before, whatever the number of heads: the exponent is "
         "−8h/n"),
    Slip("grows", lambda n: 1 / published(n),
         "the slopes are above 1 and grow: the exponent −8h/n has lost its minus"),
    Slip("base-e", lambda n: _series(n, base=math.e),
         "the series falls by powers of e; the base is 2"),
    Slip("equal-steps", lambda n: torch.linspace(0.5, 2**-8, n, dtype=F64),
         "these are equal steps from 1/2 to 1/256; equal ratios are wanted"),
    Slip("half-precision", lambda n: published(n).bfloat16().to(F64),
         "the slopes are rounded to bfloat16: of 20, one is 0.8398 for 0.8409, off by 4.3 at "
         "distance 4095"),
    Slip("float16", lambda n: published(n).half().to(F64),
         "the slopes are rounded to float16: make them in float32"),
)  # fmt: skip


def _examine_slopes(answer: Callable[[int], Any]) -> str:
    is_moved = False
    for n in (8, 20, 12, 2, 1, 6, 3):
        found, right = _as_slopes(answer(n), n), published(n)
        if torch.allclose(found, right, rtol=EXACT, atol=0):
            continue
        if torch.allclose(found.sort().values, right.sort().values, rtol=EXACT, atol=0):
            is_moved = True
            continue
        name_slopes(found, n)
        same(found, right, case=f"alibi_slopes({n})", atol=1e-6)
    if is_moved:
        raise Remark(
            "the right slopes in another order: fine for a new model, but a checkpoint has its own"
        )
    return "right for 8 heads, for 12 and for 20"


def _as_slopes(found: Any, n: int) -> Tensor:
    slopes = torch.as_tensor(found).detach().to("cpu")
    require(
        slopes.shape == (n,),
        "shape",
        f"alibi_slopes({n}) must be {n} numbers, one a head; its shape is {tuple(slopes.shape)}",
    )
    if slopes.dtype in (torch.float16, torch.bfloat16):
        exact = torch.equal(slopes, functional.alibi_slopes(n).to(slopes.dtype))
        words = f"the slopes are kept in {slopes.dtype}: keep them in float32"
        require(not exact, "half-precision", words)
    return slopes.to(F64)


def name_slopes(found: Tensor, n: int) -> None:
    """Raise the slip, or the first property, that explains wrong slopes."""
    name_it(found, SLIPS, n, atol=1e-6)
    right, lower = published(n), 2 ** (n.bit_length() - 1)
    case, wrong = f"alibi_slopes({n})", ~torch.isclose(found, right, rtol=EXACT, atol=0)
    above = bool(found.isfinite().all() and (found > 0).all())
    require(above, "not-above-zero", f"{case} must be numbers above 0; it holds {found.min():.4g}")
    steep = f"{case} must stay below 1; its largest is {found.max():.4g}"
    require(bool((found < 1).all()), "too-steep", steep)
    if lower > 1 and wrong[:lower].any():
        _one_ratio(found[:lower], case)
    at = int(wrong.nonzero()[0])
    slug = "first-part" if at < lower else "second-part"
    whose = f"as with {lower} heads" if at < lower else f"every second one of {2 * lower} heads"
    words = f"slope {at + 1} must be {right[at]:.4g}, {whose}; it is {found[at]:.4g}"
    raise Mistake(slug, f"{case}: {words}")


def _one_ratio(first: Tensor, case: str) -> None:
    """Raise unless the slopes of a power of two fall by one ratio."""
    ratios, step = first[1:] / first[:-1], 2.0 ** (-8 / len(first))
    said = f"{case}: each of the first {len(first)} slopes must be {step:.4g} of the one before"
    even = torch.allclose(ratios, torch.full_like(ratios, step), rtol=EXACT)
    require(even, "ratio", f"{said}; slope 2 is {ratios[0]:.4g} of slope 1")
