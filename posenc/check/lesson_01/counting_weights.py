"""Counting with a causal mask: weights () -> W_q, W_k, W_v, each (2, 2)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same
from posenc.check.lesson_01.attending import weights


def counting_weights(answer: Callable[[], tuple[Tensor, Tensor, Tensor]]) -> Verdict:
    """Check ``counting_weights() -> W_q, W_k, W_v``, each (2, 2), for causal attention.

    The start marker is (1, 0), every other word (0, something); channel 0 of the output
    at word t must be 1 / (t + 1).

    >>> eye = torch.eye(2)
    >>> verdict = counting_weights(lambda: (eye, eye, eye))
    ✗ counting_weights: word 1 gives the marker the weight 0.4754, not 1/2: all that it sees \
must weigh alike
    """
    return judge("counting_weights", answer, _examine_counting)


def _examine_counting(answer: Callable[[], tuple[Tensor, Tensor, Tensor]]) -> str:
    W_q, W_k, W_v = _three(answer())
    n = 40
    words = torch.randn(n, generator=Generator().manual_seed(0), dtype=torch.float64)
    x = torch.stack((torch.zeros_like(words), words), 1)
    x[0] = torch.tensor([1.0, 0.0])  # the start marker
    found = weights(x, W_q, W_k, torch.ones(n, n, dtype=torch.bool).tril())
    expected = 1 / torch.arange(1, n + 1, dtype=torch.float64)
    wrong = (found[:, 0] - expected).abs() > 1e-6
    if wrong.any():
        t = int(wrong.nonzero()[0])
        said = f"word {t} gives the marker the weight {found[t, 0]:.4g}, not 1/{t + 1}"
        raise Mistake("unequal-weights", f"{said}: all that it sees must weigh alike")
    _judge_value(W_v)
    same((found @ x @ W_v)[:, 0], expected, case="channel 0", atol=1e-6)
    return "every word knows how many stand before it, and no position was put in"


def _three(given: Any) -> list[Tensor]:
    try:
        parts = [torch.as_tensor(part, dtype=torch.float64) for part in given]
    except (TypeError, ValueError, RuntimeError):
        parts = []
    require(
        len(parts) == 3 and all(part.shape == (2, 2) for part in parts),
        "shape",
        "it must return three tensors W_q, W_k, W_v of shape (2, 2)",
    )
    finite = all(bool(part.isfinite().all()) for part in parts)
    require(finite, "not-finite", "the matrices must hold finite numbers")
    return [part.detach() for part in parts]


def _judge_value(W_v: Tensor) -> None:
    marker, other = float(W_v[0, 0]), float(W_v[1, 0])
    says = "the marker's 1 must come out in channel 0: W_v[0, 0] must be 1"
    if abs(marker) < 1e-9 and abs(float(W_v[0, 1])) > 1e-9:
        raise Mistake("wrong-channel", f"{says}; yours sends it to channel 1, by W_v[0, 1]")
    require(abs(marker) > 1e-9, "no-value", f"{says}; it is 0")
    require(math.isclose(marker, 1, abs_tol=1e-6), "value-scaled", f"{says}; it is {marker:.4g}")
    require(
        abs(other) < 1e-6,
        "words-leak",
        f"W_v[1, 0] is {other:.4g}: it lets what the other words say into channel 0; make it 0",
    )
