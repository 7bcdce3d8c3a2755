"""Checkers of notebook 01: attention, its blindness to order, and counting with a mask."""

import inspect
import math
from collections.abc import Callable, Iterator

import torch
from torch import Generator, Tensor

from posenc.check._verdict import Mistake, Verdict, judge, require, same

__all__ = ["attention", "counting_weights", "permutation_equivariant"]

Map = Callable[[Tensor], Tensor]  # (n, d) -> (n, d)
Arguments = tuple[Tensor, Tensor, Tensor, Tensor]  # x, W_q, W_k, W_v


# --- attention under a mask -----------------------------------------------------------------


def attention(answer: Callable[..., Tensor]) -> Verdict:
    """Check ``attention(x, W_q, W_k, W_v, mask)``; the mask may be left out of the signature.

    Shapes: ``(n, d)``, three of ``(d, dh)``, ``(n, n)`` boolean with True = may attend.
    Wrong answers are named: softmax over the queries, a mask applied after softmax, ….

    >>> verdict = attention(lambda x, W_q, W_k, W_v: x @ W_v)
    ✗ attention: every word must be a mean of values weighted by softmax; yours returns x @ W_v
    """
    return judge("attention", answer, _examine_attention)


def _examine_attention(answer: Callable[..., Tensor]) -> str:
    masked = _arguments(answer) != 4
    arguments, mask = _attention_case()
    full = torch.ones_like(mask)
    masks: dict[str, Tensor | None] = {"full": None}
    if masked:
        masks = {"causal": mask, "full": full}
    for name, allowed in masks.items():
        given = arguments if allowed is None else (*arguments, allowed.clone())
        found = answer(*(part.clone() for part in given))
        expected = _attend(*arguments, allowed)
        if not _equal(found, expected):
            _name_attention_mistake(found, arguments, allowed)
            same(found, expected, case=f"the output for 5 words under a {name} mask")
    return "right, with and without words that a query may not see" if masked else "right"


def _arguments(answer: Callable[..., Tensor]) -> int:
    try:
        return len(inspect.signature(answer).parameters)
    except (TypeError, ValueError):  # some callables do not say
        return 5


def _attention_case() -> tuple[Arguments, Tensor]:
    generator = Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    return (draw(5, 6), draw(6, 4), draw(6, 4), draw(6, 4)), mask


def _attend(
    x: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    mask: Tensor | None = None,
    *,
    scale: float | None = None,
    dim: int = -1,
) -> Tensor:
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = q @ k.T / (scale or math.sqrt(q.shape[-1]))
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(dim).nan_to_num(0.0) @ v


def _wrong_attention(arguments: Arguments, mask: Tensor) -> Iterator[tuple[str, str, Map]]:
    """Yield slug, message and program of the known mistakes."""
    x, _, _, W_v = arguments
    scores = x @ arguments[1] @ (x @ arguments[2]).T
    yield "no-scores", "every word must be a mean of values weighted by softmax; " \
        "yours returns x @ W_v", lambda m: x @ W_v  # fmt: skip
    yield "no-scale", "the scores are not divided by the root of the width of q", \
        lambda m: _attend(*arguments, m, scale=1.0)  # fmt: skip
    yield "scale-of-x", "the scores must be divided by the root of the width of q " \
        "(q.shape[-1]), not of x", lambda m: _attend(*arguments, m, scale=math.sqrt(6))  # fmt: skip
    yield "scale-not-root", "the scores must be divided by the root of the width of q, " \
        "not by the width", lambda m: _attend(*arguments, m, scale=4.0)  # fmt: skip
    yield "softmax-over-queries", "softmax must run over the keys, softmax(-1): every query's " \
        "weights sum to 1", lambda m: _attend(*arguments, m, dim=0)  # fmt: skip
    yield "mask-ignored", "the mask changes nothing: words that a query may not see still " \
        "count", lambda m: _attend(*arguments)  # fmt: skip
    yield "mask-inverted", "the mask is turned round: True means may attend, and ~mask is " \
        "what to hide", lambda m: _attend(*arguments, ~m)  # fmt: skip
    yield "mask-transposed", "the mask is transposed: mask[i, j] says whether query i may " \
        "see key j", lambda m: _attend(*arguments, m.T)  # fmt: skip
    yield "mask-after-softmax", "the mask comes after softmax, so the weights no longer sum to " \
        "1: set hidden scores to -inf before it", \
        lambda m: (scores / 2).softmax(-1) * m @ (x @ W_v)  # fmt: skip
    yield "mask-zero-score", "a hidden score is set to 0, and exp(0) still counts: " \
        "set it to -inf", lambda m: (scores / 2 * m).softmax(-1) @ (x @ W_v)  # fmt: skip


def _name_attention_mistake(found: object, arguments: Arguments, mask: Tensor | None) -> None:
    full = torch.ones(5, 5, dtype=torch.bool)
    allowed = full if mask is None else mask
    for slug, message, program in _wrong_attention(arguments, allowed):
        if _equal(found, program(allowed), nan=0.0):
            raise Mistake(slug, message)
    if isinstance(found, Tensor) and found.isnan().any():
        raise Mistake("nan", "the output holds NaN: is there a row in which all is hidden?")


def _equal(found: object, expected: Tensor, nan: float = math.nan) -> bool:
    if not isinstance(found, Tensor) or found.shape != expected.shape:
        return False
    return torch.allclose(found.to(torch.float64).nan_to_num(nan), expected, atol=1e-6)


# --- a test of blindness --------------------------------------------------------------------


def permutation_equivariant(answer: Callable[[Map, Tensor], bool]) -> Verdict:
    """Check ``permutation_equivariant(f, x)``: does f shuffle its output when x is shuffled?

    The answer is tried on functions that are and are not, some of them sly: one that only
    a reversal leaves alone, one with a faint position, one in float32.

    >>> verdict = permutation_equivariant(lambda f, x: True)
    ✗ permutation_equivariant: it says True for a running sum (x.cumsum(0)), which sees the order
    """
    return judge("permutation_equivariant", answer, _examine_test)


def _examine_test(answer: Callable[[Map, Tensor], bool]) -> str:
    with torch.random.fork_rng(devices=[]):  # the learner's own random numbers go on
        torch.manual_seed(0)
        for slug, name, f, x, truth, advice in _functions():
            for _ in range(40 if len(x) == 3 else 3):
                said = _as_bool(answer(f, x.clone()))
                fact = "is equivariant" if truth else "sees the order"
                message = f"it says {said} for {name}, which {fact}" + f": {advice}" * bool(advice)
                require(said == truth, slug, message)
    return "right for functions that see the order and for those that do not"


def _as_bool(said: object) -> bool:
    scalar = isinstance(said, Tensor) and said.numel() == 1
    require(
        isinstance(said, bool) or scalar or type(said).__name__ == "bool_",
        "not-a-bool",
        f"it must return True or False; it returned {type(said).__name__}",
    )
    return bool(said)


def _functions() -> Iterator[tuple[str, str, Map, Tensor, bool, str]]:
    """Yield slug, name, function, input, whether it is equivariant, and advice."""
    generator = Generator().manual_seed(0)
    x = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    W = torch.randn(3, 4, 4, generator=generator, dtype=torch.float64)
    steps = torch.arange(6, dtype=torch.float64)[:, None]
    invariance = "compare f(x[order]) with f(x)[order], not with f(x)"
    exact = "two sums of the same numbers differ by rounding: leave room for it, not =="
    wide = "the difference is small but no rounding: float64 allows a narrow tolerance"
    several = "try many random shuffles: some functions mind only a few of them"

    yield "always-true", "a running sum (x.cumsum(0))", lambda x: x.cumsum(0), x, False, ""
    yield "invariance", "softmax in each row", lambda x: x.softmax(-1), x, True, invariance
    yield "exact", "attention", lambda x: _attend(x, *W), x, True, exact
    small, small_W = x.float(), W.float()
    yield "exact", "attention in float32", lambda x: _attend(x, *small_W), small, True, exact
    yield "invariance", "the words minus their mean", lambda x: x - x.mean(0), x, True, exact
    yield "invariance", "a mean given to every word", lambda x: x.mean(0).expand_as(x), \
        x, True, exact  # fmt: skip
    yield "tolerance", "a position as faint as 0.0001", lambda x: x + 1e-4 * steps, \
        x, False, wide  # fmt: skip
    yield "few-shuffles", "the sum of both neighbours", lambda x: x.roll(1, 0) + x.roll(-1, 0), \
        x, False, several  # fmt: skip
    yield "few-shuffles", "the last word added to every word", lambda x: x + x[-1], \
        x, False, several  # fmt: skip
    yield "few-shuffles", "a running sum of three words", lambda x: x.cumsum(0), x[:3], False, \
        "a random shuffle of three words changes nothing one time in six: try many"  # fmt: skip


# --- counting with a mask -------------------------------------------------------------------


def counting_weights(answer: Callable[[], tuple[Tensor, Tensor, Tensor]]) -> Verdict:
    """Check ``counting_weights() -> W_q, W_k, W_v``, each (2, 2), for causal attention.

    The start marker is (1, 0), every other word (0, something); channel 0 of the output
    at word t must be 1 / (t + 1).

    >>> eye = torch.eye(2)
    >>> verdict = counting_weights(lambda: (eye, eye, eye))
    ✗ counting_weights: channel 0 at word 1 must be 0.5; it is 0.4754: does every word get the \
same weight?
    """
    return judge("counting_weights", answer, _examine_counting)


def _examine_counting(answer: Callable[[], tuple[Tensor, Tensor, Tensor]]) -> str:
    weights = answer()
    require(
        isinstance(weights, (tuple, list))
        and len(weights) == 3
        and all(isinstance(W, Tensor) and tuple(W.shape) == (2, 2) for W in weights),
        "shape",
        "it must return three tensors W_q, W_k, W_v of shape (2, 2)",
    )
    n = 40
    words = torch.randn(n, generator=Generator().manual_seed(0), dtype=torch.float64)
    x = torch.stack((torch.zeros_like(words), words), 1)
    x[0] = torch.tensor([1.0, 0.0])  # the start marker
    W_q, W_k, W_v = (W.to(torch.float64) for W in weights)
    found = _attend(x, W_q, W_k, W_v, torch.ones(n, n, dtype=torch.bool).tril())[:, 0]
    expected = 1 / torch.arange(1, n + 1, dtype=torch.float64)
    wrong = ((found - expected).abs() > 1e-6) | found.isnan()
    if wrong.any():
        t = int(wrong.nonzero()[0])
        text = f"channel 0 at word {t} must be {expected[t]:.4g}; it is {found[t]:.4g}"
        raise Mistake("value", text + _counting_advice(found))
    return "every word knows how many stand before it, and no position was put in"


def _counting_advice(found: Tensor) -> str:
    if found.abs().max() < 1e-9:
        return ": does W_v let the marker's 1 through to channel 0?"
    if abs(float(found[0]) - 1) > 1e-6:
        return ": word 0 sees the marker alone, so its value there must be 1"
    return ": does every word get the same weight?"
