"""ALiBi's bias: (n_heads, q_pos, k_pos) -> (h, q, k)."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import Remark, Verdict, judge, require, same
from posenc.check.lesson_06.alibi_slopes import EXACT, name_slopes, published
from posenc.check.lesson_06.alibi_slopes import SLIPS as SLOPES

F64 = torch.float64


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


def alibi(slopes: Tensor, far: Tensor) -> Tensor:
    """Return minus slope times distance, (h,), (q, k) -> (h, q, k)."""
    return -slopes.to(F64)[:, None, None] * far.to(F64)


def _biased(far: Callable[[Tensor, Tensor], Tensor]) -> Callable[[int, Tensor, Tensor], Tensor]:
    """Return the program that takes other distances."""
    return lambda n_heads, q_pos, k_pos: alibi(published(n_heads), far(q_pos, k_pos))


def _right(n: int, q: Tensor, k: Tensor) -> Tensor:
    return alibi(published(n), q[:, None] - k)


def _sloped(slip: Slip) -> Slip:
    """Return the bias with the wrong slopes."""
    return replace(
        slip,
        slug=f"slopes-{slip.slug}",
        program=lambda n_heads, q_pos, k_pos: alibi(slip.program(n_heads), q_pos[:, None] - k_pos),
    )


SLIPS = (
    Slip("sign", _biased(lambda q, k: k - q[:, None]),
         "the sign is turned: the farther a key, the more it is favoured; it must lose m a word"),
    Slip("symmetric", _biased(lambda q, k: (q[:, None] - k).abs()),
         "equivalent under a causal mask: this is the encoder's −m·|i − j|, the same to the left "
         "and to the right", seen="mosaicml/llm-foundry#186", fine=True),
    Slip("sign-symmetric", _biased(lambda q, k: -(q[:, None] - k).abs()),
         "+m·|i − j| favours what is far, on both sides: the bias needs its minus"),
    Slip("key-alone",
         lambda n, q, k: alibi(published(n), -k.expand(len(q), -1)),
         "equivalent under a causal mask: +m·j, the key alone; in an encoder every word would "
         "look to the end", seen="ofirpress/attention_with_linear_biases#5", fine=True),
    Slip("key-alone-sign",
         lambda n, q, k: alibi(published(n), k.expand(len(q), -1)),
         "−m·j favours the beginning of the text: the short form is +m·j, and needs a causal "
         "mask"),
    Slip("query-alone",
         lambda n, q, k: alibi(published(n), q[:, None].expand(-1, len(k))),
         "every key of a row gets one number, and softmax does not see it: subtract the key's "
         "place"),
    Slip("masked",
         lambda n, q, k: _right(n, q, k).where(q[:, None] >= k, -math.inf),
         "equivalent: the causal mask is in it already, −inf for keys after the query", fine=True),
    Slip("zero-after", _biased(lambda q, k: (q[:, None] - k).clamp(min=0)),
         "equivalent under a causal mask: keys after the query get 0 here, and nothing hides "
         "them", fine=True),
    Slip("hides-the-past",
         lambda n, q, k: _right(n, q, k).where(q[:, None] <= k, -math.inf),
         "the mask is turned round: it hides the keys before the query"),
    Slip("ignores-pos",
         _biased(lambda q, k: torch.arange(len(q))[:, None] - torch.arange(len(k))),
         "the distances are those of 0, 1, 2, …; they must follow q_pos and k_pos"),
    Slip("bfloat16-positions",
         _biased(lambda q, k: q.bfloat16().double()[:, None] - k.bfloat16().double()),
         "positions were rounded to bfloat16, which has no 257: subtract first, in whole numbers"),
    Slip("one-slope",
         lambda n, q, k: alibi(published(n)[:1].expand(n), q[:, None] - k),
         "all heads have the slope of the first; each needs its own"),
    Slip("no-slope",
         lambda n, q, k: alibi(torch.ones(n), q[:, None] - k),
         "the slopes are missing: every head loses 1 a word"),
    *(_sloped(slip) for slip in SLOPES if slip.slug != "sign"),
)  # fmt: skip
CASES = (
    (8, [3, 4, 5], [0, 1, 2, 3, 4, 5]),
    (20, [4095, 300], [0, 257, 4095, 12]),
    (12, [7, 0, 5, 9], [2, 9, 0, 7, 4]),
)


def _examine_bias(answer: Callable[[int, Tensor, Tensor], Any]) -> str:
    remark: Remark | None = None
    for n_heads, queries, keys in CASES:
        given = (n_heads, torch.tensor(queries), torch.tensor(keys))
        found, right = answer(*given), _right(*given)
        case = f"alibi_bias({n_heads}, {_short(queries)}, {_short(keys)})"
        if not isinstance(found, Tensor) or found.shape != right.shape or found.dtype.itemsize < 4:
            same(found, right, case=case)
        number = found.detach().to("cpu", F64)
        if torch.allclose(number, right, rtol=EXACT, atol=1e-5):
            continue
        try:
            name_it(found, SLIPS, *given, atol=1e-6)
        except Remark as fine:
            remark = fine
            continue
        _bias_properties(answer, number, *given)
        same(found, right, case=case)
    if remark:
        raise remark
    return "right for 8 heads and for 12, up to distance 4095"


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
    if not torch.allclose(-one, published(n_heads), rtol=EXACT, atol=0):
        name_slopes(-one, n_heads)
