"""Wrong programs for ALiBi's bias, (n_heads, q_pos, k_pos) -> (h, q, k), and the correct one."""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.lesson_06.alibi_slopes_slips import SLIPS as SLOPES
from posenc.check.lesson_06.alibi_slopes_slips import published

F64 = torch.float64


def alibi(slopes: Tensor, distance: Tensor) -> Tensor:
    """Return minus slope times distance, (h,), (q, k) -> (h, q, k), float64."""
    return -slopes.to(F64)[:, None, None] * distance.to(F64)


def right_bias(n: int, q: Tensor, k: Tensor) -> Tensor:
    """Return the correct bias, −m · (i − j), (h, q, k), float64."""
    return alibi(published(n), q[:, None] - k)


def _of(distance: Callable[[Tensor, Tensor], Tensor]) -> Callable[[int, Tensor, Tensor], Tensor]:
    """Return the program that takes other distances."""
    return lambda n, q, k: alibi(published(n), distance(q, k))


def _masked(n: int, q: Tensor, k: Tensor) -> Tensor:
    return right_bias(n, q, k).where(q[:, None] >= k, -math.inf)


def _wraps(dtype: torch.dtype) -> Callable[[int, Tensor, Tensor], Tensor]:
    return _of(lambda q, k: (q[:, None] - k).to(dtype))


SLIPS = (
    Slip("sign", _of(lambda q, k: k - q[:, None]),
         "The sign is reversed: the bias grows with the distance. Give it its minus, −m·(i − j)."),
    Slip("symmetric", _of(lambda q, k: (q[:, None] - k).abs()),
         "Equal under a causal mask: this is the encoder's −m·|i − j|, the same to the left "
         "and to the right.", seen="mosaicml/llm-foundry#186", fine=True),
    Slip("sign-symmetric", _of(lambda q, k: -(q[:, None] - k).abs()),
         "The bias is +m·|i − j|, which favours keys far away, on both sides. Give it its minus."),
    Slip("key-alone",
         lambda n, q, k: alibi(published(n), -k.expand(len(q), -1)),
         "Equal under a causal mask: +m·j depends on the key only. In an encoder every token would "
         "attend to the end.", seen="ofirpress/attention_with_linear_biases#5", fine=True),
    Slip("key-alone-sign",
         lambda n, q, k: alibi(published(n), k.expand(len(q), -1)),
         "The bias is −m·j, which favours the beginning of the text. Without the query it is +m·j, "
         "under a causal mask."),
    Slip("masked", _masked,
         "Equal: the causal mask is included already, −inf for keys after the query.", fine=True),
    Slip("zero-after", _of(lambda q, k: (q[:, None] - k).clamp(min=0)),
         "Equal under a causal mask: keys after the query get 0 here, which hides nothing.",
         fine=True),
    Slip("hides-the-past",
         lambda n, q, k: right_bias(n, q, k).where(q[:, None] <= k, -math.inf),
         "Keys before the query are −inf: the mask is reversed. Keep them, or leave out the mask."),
    Slip("own-masked",
         lambda n, q, k: right_bias(n, q, k).where(q[:, None] > k, -math.inf),
         "The query's own position is −inf. Hide only keys after it (i < j), or leave out the "
         "mask."),
    Slip("mask-by-index",
         lambda n, q, k: right_bias(n, q, k).masked_fill(
             torch.ones(len(q), len(k)).triu(1).bool(), -math.inf),
         "The mask compares rows and columns, so query 3 cannot see keys 1 and 2. Compare q_pos "
         "with k_pos, or leave it out."),
    Slip("ignores-pos",
         _of(lambda q, k: torch.arange(len(q))[:, None] - torch.arange(len(k))),
         "The distances are those of 0, 1, 2, …. Compute them from q_pos and k_pos."),
    Slip("bfloat16-positions",
         _of(lambda q, k: q.bfloat16().double()[:, None] - k.bfloat16().double()),
         "The positions were rounded to bfloat16, in which 257 becomes 256. Subtract them as "
         "integers."),
    Slip("float16-positions",
         _of(lambda q, k: q.half().double()[:, None] - k.half().double()),
         "The positions were rounded to float16, in which 4095 becomes 4096. Subtract them as "
         "integers."),
    Slip("bfloat16-distances", _of(lambda q, k: (q[:, None] - k).bfloat16()),
         "The distances were rounded to bfloat16, in which 4095 becomes 4096. Keep int64."),
    Slip("float16-distances", _of(lambda q, k: (q[:, None] - k).half()),
         "The distances were rounded to float16, in which 69989 becomes inf. Keep int64."),
    Slip("wraps-int8", _wraps(torch.int8),
         "Distances or positions were cast to int8, which wraps above 127: 4095 became −1. Keep "
         "int64."),
    Slip("wraps-uint8", _wraps(torch.uint8),
         "The distances were cast to uint8, which has no sign: −1 became 255. Keep int64."),
    Slip("wraps-int16", _wraps(torch.int16),
         "The distances were cast to int16, which wraps above 32767: 69989 became 4453. Keep "
         "int64."),
    Slip("int16-positions",
         _of(lambda q, k: q.to(torch.int16)[:, None].int() - k.to(torch.int16)),
         "The positions were cast to int16, which wraps above 32767: 70001 became 4465. Keep "
         "int64."),
    Slip("softmax", lambda n, q, k: right_bias(n, q, k).softmax(-1),
         "These are attention weights: each row sums to 1. Return the bias before softmax."),
    Slip("softmax-masked", lambda n, q, k: _masked(n, q, k).softmax(-1),
         "These are attention weights: each row sums to 1. Return the bias before softmax."),
    Slip("exponent", lambda n, q, k: right_bias(n, q, k).float().exp(),
         "This is exp(−m·(i − j)): 1 at distance 0. Return the exponent; softmax applies exp."),
)  # fmt: skip
WRONG_SLOPES = (
    Slip("one-slope", lambda n: published(n)[:1].expand(n),
         "All heads have the slope of head 1. Give each its own: slopes[:, None, None]."),
    Slip("no-slope", lambda n: torch.ones(n, dtype=F64),
         "All heads lose 1 per token. Multiply the distance by the slopes: slopes[:, None, None]."),
    *(replace(slip, slug=f"slopes-{slip.slug}") for slip in SLOPES),
)  # fmt: skip
