"""Causal attention, mended where its mask leaks: (x, W_q, W_k, W_v) -> (n, dh)."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from posenc.check.engine.compare import name_entry
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same
from posenc.check.lesson_01.attending import Arguments, attend, drawn
from posenc.check.lesson_01.attention_slips import ATTENTION, MASKS

Answer = Callable[..., Tensor]


def mended_attention(answer: Answer) -> Verdict:
    """Check ``mended_attention(x, W_q, W_k, W_v)``: causal attention, ``(n, d) -> (n, dh)``.

    The program to be mended takes softmax over the queries, so that its mask leaks.

    >>> verdict = mended_attention(lambda x, W_q, W_k, W_v: attend(x, W_q, W_k, W_v))
    ✗ mended_attention: nothing is hidden: a word may not see those after it; at [0, 0] it is \
-1.177, not 0.7601
    """
    return judge("mended_attention", answer, _examine_mended)


def _causal(slip: Slip) -> Slip:
    def program(x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        mask = torch.ones(len(x), len(x), dtype=torch.bool).tril()
        return slip.program(x, q, k, v, mask)

    return replace(slip, program=program)


SLIPS = tuple(
    _causal(slip) for slip in (*ATTENTION, *MASKS)
    if slip.slug not in ("mask-own", "mask-inverted", "mask-ignored", "mask-transposed")
) + (
    Slip("mask-ignored", attend, "nothing is hidden: a word may not see those after it"),
    Slip("mask-inverted",
         lambda x, q, k, v: attend(x, q, k, v, torch.ones(len(x), len(x)).triu().bool()),
         "the past is hidden, and later words are seen: hide triu(1), what comes after"),
    Slip("mask-without-oneself",
         lambda x, q, k, v: attend(x, q, k, v, torch.ones(len(x), len(x)).tril(-1).bool()),
         "a word does not see itself, and word 0 sees nothing, NaN: hide triu(1), not triu()"),
)  # fmt: skip


def _examine_mended(answer: Answer) -> str:
    for n, dh in ((5, 4), (3, 9)):
        given = drawn(n, dh)
        expected = attend(*given, torch.ones(n, n, dtype=torch.bool).tril())
        found = answer(*(part.clone() for part in given))
        case = f"the output for {n} words of width {dh}"
        try:
            same(found, expected, case=case, atol=1e-6)
        except Mistake as plain:
            name_entry(found, expected, SLIPS, *given)
            if plain.slug == "value":
                _judge_leak(answer, given, found)
            raise
    return "right: no word hears of those after it, and every query's weights sum to 1"


def _judge_leak(answer: Answer, given: Arguments, found: Tensor) -> None:
    x = given[0].clone()
    x[-1] += 1.0
    moved = (answer(x, *given[1:]) - found).abs().amax(1)
    require(
        bool(moved[:-1].max() < 1e-9),
        "leaks",
        f"the last word changes, and word {int(moved[:-1].argmax())} moves by "
        f"{float(moved[:-1].max()):.3g}: it may not hear of words after it",
    )
