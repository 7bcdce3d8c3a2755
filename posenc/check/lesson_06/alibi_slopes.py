"""ALiBi's slopes: n_heads -> (h,)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine import draws
from posenc.check.engine.compare import explain
from posenc.check.engine.verdict import Mistake, Remark, Verdict, require
from posenc.check.lesson_06.alibi_slopes_slips import SLIPS, lower, published, series
from posenc.check.lesson_06.form import judge_exactly, require_digits

__all__ = ["SLIPS", "alibi_slopes"]

F64 = torch.float64
EXACT = 1e-5  # bfloat16 rounds a slope of 12 heads by 1e-4 of it, float32 by 1e-7
HEADS = draws.Drawn(
    "alibi_slopes",
    lambda draw: (
        8,
        draw.one_of(20, 18, 22, 24, 28),
        draw.one_of(12, 10, 14),
        2,
        1,
        draw.one_of(6, 5),
        3,
        draw.one_of(16, 32, 64),
        draw.near(40, 6),
        draw.one_of(7, 9, 11, 13, 15),
        draw.near(112, 12),
    ),
)


def alibi_slopes(answer: Callable[[int], Any]) -> Verdict:
    """Check ``alibi_slopes(n_heads)``: a slope for each head, as published models have them.

    >>> verdict = alibi_slopes(lambda n: [2 ** (-8 * h / n) for h in range(n)])
    ... # doctest: +ELLIPSIS
    ✗ alibi_slopes: The heads are counted from 0, so the first slope is 1. Count h from 1: ...
    """
    return judge_exactly("alibi_slopes", answer, _examine_slopes)


def _examine_slopes(answer: Callable[[int], Any]) -> str:
    found = draws.asked("alibi_slopes", lambda n: _as_slopes(answer(n), n), zip(HEADS, strict=True))
    right = [published(n) for n in HEADS]
    if _equal(found, right):
        many = f"{len(HEADS)} numbers of heads from {min(HEADS)} to {max(HEADS)}"
        return f"Correct for {many}, such as {HEADS[0]} and {HEADS[2]}."
    if _equal([x.sort().values for x in found], [x.sort().values for x in right]):
        raise Remark(
            "The slopes are correct, in another order. That is fine for a new model; a published "
            "checkpoint needs the order of the formula."
        )
    explain(found, SLIPS, [(n,) for n in HEADS], atol=1e-9)
    require_digits(found, right, "slopes")
    _of_all(dict(zip(HEADS, found, strict=True)))
    for n, mine in zip(HEADS, found, strict=True):
        _parts(mine, n)
    raise AssertionError  # some slope is wrong: _parts has named it


def _equal(found: list[Tensor], right: list[Tensor]) -> bool:
    pairs = zip(found, right, strict=True)
    return all(torch.allclose(mine, true, rtol=EXACT, atol=0) for mine, true in pairs)


def _as_slopes(found: Any, n: int) -> Tensor:
    none = found is None
    asked = "Did you print instead of return?" if none else f"Return a list of {n} numbers."
    try:
        exact = None if hasattr(found, "dtype") else F64  # Python's floats keep their digits
        slopes = torch.as_tensor(found, dtype=exact).detach().to("cpu")
    except (TypeError, ValueError, RuntimeError):
        kind = "None" if none else f"a {type(found).__name__} that is no list of numbers"
        raise Mistake("not-numbers", f"The function returned {kind}. {asked}") from None
    size, many = tuple(slopes.shape), f"Return {n} numbers, one per head."
    if len(size) == 1 and size[0] == lower(n):
        many += f" After the slopes of {lower(n)} heads, some of {2 * lower(n)} are missing."
    elif len(size) == 1 and size[0] > n:
        many += f" Cut the second series: [: n - lower], here {n - lower(n)} of them."
    require(size == (n,), "shape", f"For {n} heads the shape is {size}. {many}")
    message = f"The slopes have the type {slopes.dtype}. Return real numbers."
    require(not slopes.is_complex(), "dtype", message)
    message = f"The slopes have the type {slopes.dtype}, in which 0.5 is 0. Keep them in float32."
    require(slopes.is_floating_point(), "dtype", message)
    if slopes.dtype in (torch.float16, torch.bfloat16):
        rounded = torch.equal(slopes, functional.alibi_slopes(n).to(slopes.dtype))
        words = f"The slopes have the type {slopes.dtype}, which rounds them. Keep them in float32."
        require(not rounded, "half-precision", words)
    return slopes.to(F64)


def _same_for_all(found: dict[int, Tensor]) -> bool:
    """Return whether slope h is the same for every number of heads."""
    longest = found[max(found)]
    return all(torch.allclose(x, longest[:n], rtol=1e-4, atol=0) for n, x in found.items())


def _of_all(found: dict[int, Tensor]) -> None:
    """Raise what is wrong in the same way for all numbers of heads."""
    for n, mine in found.items():
        finite = f"A slope of {n} heads is infinite or NaN. Raise 2 to −8h/n, for h from 1 to n."
        require(bool(mine.isfinite().all()), "not-finite", finite)
        lowest = float(mine.min())
        above = f"The smallest slope of {n} heads is {lowest:.4g}. Raise 2 to −8h/n, above 0."
        require(lowest > 0, "not-above-zero", above)
    _proportions(found)
    _size(found[8])
    _whole_exponents(found)


def _proportions(found: dict[int, Tensor]) -> None:
    """Raise where slopes do not depend on the number of heads, or are all multiplied."""
    begin = ", ".join(f"{x:.4g}" for x in found[max(found)][:3])
    require(
        not _same_for_all(found),
        "fixed",
        f"For any number of heads the slopes begin {begin}. Use the exponent −8h/n, h from 1: "
        "0.5, 0.25, 0.125 for 8 heads.",
    )
    factors = [float(mine[0] / published(n)[0]) for n, mine in found.items()]
    scaled = [c * published(n) for n, c in zip(found, factors, strict=True)]
    n, factor = max(zip(found, factors, strict=True), key=lambda pair: abs(pair[1] - 1))
    message = f"All slopes of {n} heads are {factor:.6g} times the correct ones. Begin with "
    message += f"{published(n)[0]:.4g}."
    require(not _equal([*found.values()], scaled), "scaled", message)


def _size(eight: Tensor) -> None:
    """Raise where the slopes of 8 heads grow, are too steep, or are those of more heads."""
    first, last, largest = (float(x) for x in (eight[0], eight[-1], eight.max()))
    grow = f"The slopes of 8 heads grow from {first:.4g} to {last:.4g}. Let them fall from 0.5 to "
    require(not (eight.diff() > 0).all(), "grow", f"{grow}1/256: the exponent is −8h/n.")
    steep = f"The largest slope of 8 heads is {largest:.4g}. Keep all below 1: 2 ** (-8 * h / n) "
    require(largest < 1, "too-steep", f"{steep}with h = 1 … n.")
    for many in range(9, 33):
        require(
            not _equal([eight], [series(many)[:8]]),
            "greater-power",
            f"For 8 heads these are the first 8 slopes of {many} heads. Use the exponent −8h/8: 8 "
            "is a power of two already.",
        )


def _whole_exponents(found: dict[int, Tensor]) -> None:
    """Raise if the exponents are whole where they must be fractions, and correct elsewhere."""
    easy = (1, 2, 8)
    if not _equal([found[n] for n in easy], [published(n) for n in easy]):
        return
    for which, at, most, part in (  # `most`: what rounding may change in an exponent
        ("first", 1, 8, lambda x, n: x[: lower(n)]),
        ("second", 17, 1, lambda x, n: x[lower(n) :]),
    ):
        mine = torch.cat([part(x, n) for n, x in found.items()]).log2()
        true = torch.cat([part(published(n), n) for n in found]).log2()
        rounded = torch.allclose(mine, mine.round(), atol=1e-6) and bool(
            ((mine - true).abs() < most + 1e-6).all()
        )
        exponent = float(published(20).log2()[at - 1])
        require(
            not rounded,
            "whole-exponent",
            f"The exponents of the {which} series are rounded to whole numbers, but with 20 heads "
            f"slope {at} is 2^{exponent:.4g}. Divide with /, not //.",
        )


def _parts(mine: Tensor, n: int) -> None:
    """Raise the first slope that is wrong: in the first series, or in the second."""
    right, first = published(n), lower(n)
    wrong = ~torch.isclose(mine, right, rtol=EXACT, atol=0)
    if not wrong.any():
        return
    step = 2.0 ** (-8 / first)
    ratios = mine[1:first] / mine[: first - 1]
    uneven = wrong[:first].any() and not torch.allclose(
        ratios, torch.full_like(ratios, step), rtol=EXACT
    )
    if uneven:
        at = int((~torch.isclose(ratios, torch.full_like(ratios, step), rtol=EXACT)).nonzero()[0])
        raise Mistake(
            "ratio",
            f"With {n} heads slope {at + 2} is {ratios[at]:.5g} times slope {at + 1}. Multiply by "
            f"{step:.5g} = 2^(−8/{first}) from each of the first {first} heads to the next.",
        )
    at = int(wrong.nonzero()[0])
    slug = "first-part" if at < first else "second-part"
    whose = f"the slopes of {first} heads" if at < first else f"every second one of {2 * first}"
    raise Mistake(
        slug,
        f"With {n} heads slope {at + 1} is {mine[at]:.4g}. It must be {right[at]:.4g}: use {whose}"
        f"{'' if at < first else ' heads, [::2]'}.",
    )
