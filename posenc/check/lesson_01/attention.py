"""Attention under a mask: (x, W_q, W_k, W_v, mask) -> (n, dh)."""

import inspect

import torch
from torch import Generator, Tensor

from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_01.attending import attend, drawn
from posenc.check.lesson_01.attention_slips import ATTENTION, SLIPS
from posenc.check.lesson_01.outputs import Answer, Given, examine
from posenc.check.lesson_01.reading import judge_weights


def attention(answer: Answer) -> Verdict:
    """Check ``attention(x, W_q, W_k, W_v, mask)``; the mask may be left out of the signature.

    Shapes: ``(n, d)``, three of ``(d, dh)``, ``(n, n)`` boolean with True = may attend.
    Wrong answers are named: softmax over the queries, a mask applied after softmax, ….

    >>> verdict = attention(lambda x, W_q, W_k, W_v: x @ x.T @ x @ W_v)
    ✗ masked_attention: The attention weights of token 0 sum to 4.817, not to 1. Divide \
them by their sum, as softmax(-1) does.
    """
    return judge("attention", answer, _examine_attention)


def _examine_attention(answer: Answer) -> str:
    masked = _arguments(answer) != 4
    cases = _masked() if masked else _unmasked()
    mask = torch.tensor([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0, 1]]).bool()

    def lacks(found: list[Tensor], expected: list[Tensor]) -> None:
        again = answer(*(part.clone() for part in cases[0][1]))
        require(torch.equal(again.nan_to_num(), found[0].nan_to_num()), "not-the-same-twice", TWICE)
        both = zip(found, expected, strict=True)
        close = all(torch.allclose(mine.detach().to(true), true, 0.02, 0.02) for mine, true in both)
        judge_weights(answer, mask if masked else None, close)

    examine(answer, attend, cases, SLIPS if masked else ATTENTION, lacks)
    return "right, with and without tokens that a query may not see" if masked else "right"


TWICE = (
    "Called twice with the same input, it gives two outputs. Remove what is random, dropout too."
)


def _arguments(answer: Answer) -> int:
    try:
        whole = inspect.unwrap(answer)
        return len(inspect.signature(getattr(whole, "forward", whole)).parameters)
    except (TypeError, ValueError):  # some callables do not say
        return 5


def _unmasked() -> list[tuple[str, Given]]:
    sizes = ((5, 4, 6), (3, 9, 6), (7, 3, 5), (1, 5, 6))
    return [(f"{n} tokens of width {dh}", drawn(n, dh, d)) for n, dh, d in sizes]


def _masked() -> list[tuple[str, Given]]:
    """Return cases with masks; of the first, no row or column is all True or all False."""
    mixed = torch.tensor([[1, 0, 0, 1, 0], [1, 1, 0, 0, 1], [0, 1, 0, 0, 1], [1, 0, 1, 1, 0],
                          [0, 0, 1, 1, 1]]).bool()  # fmt: skip
    ones = {n: torch.ones(n, n, dtype=torch.bool) for n in (1, 2, 3, 5)}
    seen = torch.rand(7, 7, generator=Generator().manual_seed(7)) < 0.4
    seen[range(7), [3, 0, 5, 1, 6, 2, 4]] = True  # no row is all False
    tried = (
        (5, 4, 6, "a mask", mixed), (5, 4, 6, "a causal mask", ones[5].tril()),
        (5, 4, 6, "a mask that hides nothing", ones[5]), (3, 9, 6, "a causal mask", ones[3].tril()),
        (7, 3, 5, "a mask", seen), (2, 1, 4, "a causal mask", ones[2].tril()),
        (1, 5, 6, "a mask that hides nothing", ones[1]),
    )  # fmt: skip
    return [
        (f"{n} token{'s' * (n > 1)} of width {dh} under {name}", (*drawn(n, dh, d), mask))
        for n, dh, d, name, mask in tried
    ]
