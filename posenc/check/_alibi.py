"""Checkers of notebook 06: ALiBi's slopes, and the bias made of them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check._slips._biases import KNOWN, alibi
from posenc.check.engine.slip import name_it
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge, require, same
from posenc.functional import alibi_slopes as _slopes

__all__ = ["alibi_bias", "alibi_slopes"]

F64 = torch.float64
EXACT = 1e-5  # bfloat16 rounds a slope of 12 heads by 1e-4 of it, float32 by 1e-7


# --- slopes ---------------------------------------------------------------------------------


def alibi_slopes(answer: Callable[[int], Any]) -> Verdict:
    """Check ``alibi_slopes(n_heads)``: a slope for each head, as published models have them.

    >>> verdict = alibi_slopes(lambda n: [2 ** (-8 * h / n) for h in range(n)])
    ✗ alibi_slopes: the first slope is 1: the heads count from 1, so it is 0.5 with 8 heads
    """
    return judge("alibi_slopes", answer, _examine_slopes)


def _examine_slopes(answer: Callable[[int], Any]) -> str:
    is_moved = False
    for n in (8, 20, 12, 2, 1, 6, 3):
        found, right = _as_slopes(answer(n), n), _slopes(n).to(F64)
        if torch.allclose(found, right, rtol=EXACT, atol=0):
            continue
        if torch.allclose(found.sort().values, right.sort().values, rtol=EXACT, atol=0):
            is_moved = True
            continue
        _name_slopes(found, n)
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
        exact = torch.equal(slopes, _slopes(n).to(slopes.dtype))
        words = f"the slopes are kept in {slopes.dtype}: keep them in float32"
        require(not exact, "half-precision", words)
    return slopes.to(F64)


def _name_slopes(found: Tensor, n: int) -> None:
    """Raise the slip, or the first property, that explains wrong slopes."""
    name_it(found, KNOWN["alibi_slopes"], n, atol=1e-6)
    right, lower = _slopes(n).to(F64), 2 ** (n.bit_length() - 1)
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


# --- the bias -------------------------------------------------------------------------------


def alibi_bias(answer: Callable[[int, Tensor, Tensor], Any]) -> Verdict:
    """Check ``alibi_bias(n_heads, q_pos, k_pos)``: minus slope times distance, for a decoder.

    Shapes: ``(q,), (k,) -> (h, q, k)``, float32. The distance is query minus key; for keys
    after the query the bias is above 0, and a causal mask hides it. What the mask and the
    softmax make equal passes with a remark.

    >>> def answer(n_heads, q_pos, k_pos):
    ...     slopes = torch.tensor([2 ** (-8 * h / n_heads) for h in range(1, n_heads + 1)])
    ...     return slopes[:, None, None] * (q_pos[:, None] - k_pos)
    >>> verdict = alibi_bias(answer)  # doctest: +ELLIPSIS
    ✗ alibi_bias: the sign is turned: the farther a key, the more it is favoured; ...
    """
    return judge("alibi_bias", answer, _examine_bias)


CASES = (
    (8, [3, 4, 5], [0, 1, 2, 3, 4, 5]),
    (20, [4095, 300], [0, 257, 4095, 12]),
    (12, [7, 0, 5, 9], [2, 9, 0, 7, 4]),
)


def _examine_bias(answer: Callable[[int, Tensor, Tensor], Any]) -> str:
    remark: Remark | None = None
    for n_heads, queries, keys in CASES:
        given = (n_heads, torch.tensor(queries), torch.tensor(keys))
        found, right = answer(*given), _bias(*given)
        case = f"alibi_bias({n_heads}, {_short(queries)}, {_short(keys)})"
        if not isinstance(found, Tensor) or found.shape != right.shape or found.dtype.itemsize < 4:
            same(found, right, case=case)
        number = found.detach().to("cpu", F64)
        if torch.allclose(number, right, rtol=EXACT, atol=1e-5):
            continue
        try:
            name_it(found, KNOWN["alibi_bias"], *given, atol=1e-6)
        except Remark as fine:
            remark = fine
            continue
        _bias_properties(answer, number, *given)
        same(found, right, case=case)
    if remark:
        raise remark
    return "right for 8 heads and for 12, up to distance 4095"


def _bias(n_heads: int, q_pos: Tensor, k_pos: Tensor) -> Tensor:
    return alibi(_slopes(n_heads), q_pos[:, None] - k_pos)


def _short(positions: list[int]) -> str:
    return f"[{', '.join(map(str, positions))}]"


def _bias_properties(
    answer: Callable[[int, Tensor, Tensor], Any],
    found: Tensor,
    n_heads: int,
    q_pos: Tensor,
    k_pos: Tensor,
) -> None:
    """Raise the first property of the bias that does not hold; found is (h, q, k)."""
    past = q_pos[:, None] >= k_pos
    said = "the bias of keys before the query must be a number; it is -inf or NaN for some"
    require(bool(found[:, past].isfinite().all()), "not-finite", said)
    moved = answer(n_heads, q_pos + 100, k_pos + 100).detach().to("cpu", F64)
    said = "when all positions go on by 100 the bias must stay: it depends on the distance alone"
    relative = torch.allclose(moved[:, past], found[:, past], atol=1e-3)
    require(relative, "not-relative", said)
    four = torch.tensor([14, 13, 12, 10])
    line = answer(n_heads, four[:1], four).detach().to("cpu", F64)[:, 0]  # distances 0, 1, 2, 4
    said = f"at distance 0 nothing is lost; head 1 gets {line[0, 0]:.4g}"
    require(bool((line[:, 0].abs() < 1e-6).all()), "own-place", said)
    said = f"a key before the query must lose; head 1 gives {line[0, 1]:+.4g} at distance 1"
    require(bool((line[:, 1] < 0).all()), "sign", said)
    _steps(line, n_heads)


def _steps(line: Tensor, n_heads: int) -> None:
    """Raise unless the bias falls by the same slope each word, the published one."""
    one, two, four = line[:, 1:].T
    require(
        torch.allclose(two, 2 * one, rtol=1e-3) and torch.allclose(four, 4 * one, rtol=1e-3),
        "not-linear",
        f"each word of distance must cost as much; head 1 has {one[0]:.4g} at distance 1, "
        f"{two[0]:.4g} at 2, {four[0]:.4g} at 4",
    )
    if not torch.allclose(-one, _slopes(n_heads).to(F64), rtol=EXACT, atol=0):
        _name_slopes(-one, n_heads)
