"""Counting with a causal mask: weights () -> W_q, W_k, W_v, each (2, 2)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same
from posenc.check.lesson_01.attending import weights


def counting_weights(answer: Callable[[], tuple[Tensor, Tensor, Tensor]]) -> Verdict:
    """Check ``counting_weights() -> W_q, W_k, W_v``, each (2, 2), for causal attention.

    The start marker is (1, 0), every other word (0, something); channel 0 of the output
    at word t must be 1 / (t + 1).

    >>> eye = torch.eye(2)
    >>> verdict = counting_weights(lambda: (eye, eye, eye))
    ✗ counting_weights: Token 1 gives the start marker the weight 0.4754, not 1/2. Choose W_q so \
that all scores are equal.
    """
    return judge("counting_weights", answer, _examine_counting)


def _examine_counting(answer: Callable[[], tuple[Tensor, Tensor, Tensor]]) -> str:
    parts = _three(answer())
    for words in CASES:
        mistake = _counted(parts, words)
        if mistake is not None:
            turned = not parts[2].any() and _counted(parts[::-1], words) is None
            require(not turned, "order-of-matrices", ORDER)
            raise mistake
    n = len(CASES[0])
    return f"right: channel 0 is 1/(t + 1) at each of {n} tokens, and no position was put in"


F64 = torch.float64


def _words(draw: Draw) -> list[Tensor]:
    """Return what the words hold in channel 1, little and much, each (n,)."""
    n, sizes = draw.near(40, 10), (1.0, draw.between(30.0, 25, 40))
    return [size * torch.randn(n, generator=draw.generator(seed), dtype=F64)
            for seed, size in enumerate(sizes)]  # fmt: skip


CASES = Drawn("counting_weights", _words)
ORDER = "The three matrices come as W_v, W_k, W_q. Return them in the order W_q, W_k, W_v."


def _counted(parts: list[Tensor], words: Tensor) -> Mistake | None:
    W_q, W_k, W_v = parts
    n = len(words)
    x = torch.stack((torch.zeros_like(words), words), 1)
    x[0] = torch.tensor([1.0, 0.0])  # the start marker
    found = weights(x, W_q, W_k, torch.ones(n, n, dtype=torch.bool).tril())
    expected = 1 / torch.arange(1, n + 1, dtype=F64)
    try:
        _judge_equal(found[:, 0], expected)
        _judge_value(W_v)
        same((found @ x @ W_v)[:, 0], expected, case="channel 0", atol=1e-6)
    except Mistake as mistake:
        return mistake
    return None


def _judge_equal(found: Tensor, expected: Tensor) -> None:
    off = (found - expected).abs()
    if off.max() < 1e-6:
        return
    t = int((off > 1e-6).nonzero()[0])
    near = abs(float(found[t]) * (t + 1) - 1) < 5e-4
    weight = f"{found[t]:.7f}" if near else f"{found[t]:.4g}"
    raise Mistake(
        "unequal-weights",
        f"Token {t} gives the start marker the weight {weight}, not 1/{t + 1}. "
        "Choose W_q so that all scores are equal.",
    )


def _three(given: Any) -> list[Tensor]:
    said = "The function returned None. Did you print the matrices instead of returning them?"
    require(given is not None, "nothing-returned", said)
    if isinstance(given, Tensor) and given.dim() < 3:
        raise Mistake(
            "one-tensor",
            f"The function returned one tensor of shape {tuple(given.shape)}. Return the three "
            "matrices W_q, W_k, W_v: the check computes the output of the layer.",
        )
    try:
        parts = [torch.as_tensor(part, dtype=F64) for part in given]
    except (TypeError, ValueError, RuntimeError):
        parts = []
    shapes = ", ".join(str(tuple(part.shape)) for part in parts) or f"a {type(given).__name__}"
    require(
        len(parts) == 3 and all(part.shape == (2, 2) for part in parts),
        "shape",
        f"The function returned {shapes}. Return three tensors of shape (2, 2), W_q, W_k, W_v.",
    )
    stacked = torch.stack(parts).detach()
    said = "A matrix holds inf or NaN. Use finite numbers; 0 will do."
    require(bool(stacked.isfinite().all()), "not-finite", said)
    return list(stacked)


def _judge_value(W_v: Tensor) -> None:
    marker, other = float(W_v[0, 0]), float(W_v[1, 0])
    if abs(marker) < 1e-9 and abs(float(W_v[0, 1])) > 1e-9:
        said = "W_v[0, 1] sends the start marker's 1 to channel 1. Set W_v[0, 0] to 1 instead."
        raise Mistake("wrong-channel", said)
    said = "W_v[0, 0] is 0, so the start marker's 1 is lost. Set W_v[0, 0] to 1."
    require(abs(marker) > 1e-9, "no-value", said)
    said = f"W_v[0, 0] is {marker:.4g}, so the output is {marker:.4g}/(t + 1). Set it to 1."
    require(math.isclose(marker, 1, abs_tol=1e-6), "value-scaled", said)
    said = f"W_v[1, 0] is {other:.4g}, which lets the other tokens into channel 0. Set it to 0."
    require(abs(other) < 1e-6, "words-leak", said)
