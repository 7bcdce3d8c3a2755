"""Attention under a mask: (x, W_q, W_k, W_v, mask) -> (n, dh)."""

import inspect

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_01.attending import attend, case, long, single, unmasked, usual, wide
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
    cases = MASKED if masked else UNMASKED
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


def _masked(draw: Draw) -> tuple[tuple[str, Given], ...]:
    """Return cases with masks; of the first, no row or column is all True or all False."""
    tried = (
        (usual(draw), "a mask", _mixed), (usual(draw), "a causal mask", _causal),
        (usual(draw), "a mask that hides nothing", _whole), (wide(draw), "a causal mask", _causal),
        (long(draw), "a mask", _sparse), ((2, 1, draw.near(4, 1)), "a causal mask", _causal),
        (single(draw), "a mask that hides nothing", _whole),
    )  # fmt: skip
    return draw.repeated([
        (f"{n} token{'s' * (n > 1)} of width {dh} under {name}",
         (*case(draw, n, dh, d), mask(draw, n)))
        for (n, dh, d), name, mask in tried
    ])  # fmt: skip


def _mixed(draw: Draw, n: int) -> Tensor:
    """Return a mask without a row or a column that is all True or all False."""
    if not draw.is_drawn:
        return torch.tensor([[1, 0, 0, 1, 0], [1, 1, 0, 0, 1], [0, 1, 0, 0, 1], [1, 0, 1, 1, 0],
                             [0, 0, 1, 1, 1]]).bool()  # fmt: skip
    order = draw.shuffled(range(n))
    mask = torch.rand(n, n, generator=draw.generator(), dtype=torch.float32) < 0.5
    mask[range(n), order] = True
    mask[range(n), [*order[1:], order[0]]] = False
    return mask


def _sparse(draw: Draw, n: int) -> Tensor:
    """Return a mask that hides more than half; no row or column is all False."""
    order = draw.shuffled(range(n)) if draw.is_drawn else (3, 0, 5, 1, 6, 2, 4)
    mask = torch.rand(n, n, generator=draw.generator(7), dtype=torch.float32) < 0.4
    mask[range(n), order] = True
    return mask


def _whole(_: Draw, n: int) -> Tensor:
    return torch.ones(n, n, dtype=torch.bool)


def _causal(_: Draw, n: int) -> Tensor:
    return torch.ones(n, n, dtype=torch.bool).tril()


MASKED, UNMASKED = Drawn("attention", _masked), Drawn("attention", unmasked)
