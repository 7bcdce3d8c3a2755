"""Attention under a mask: (x, W_q, W_k, W_v, mask) -> (n, dh)."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import name_entry
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same
from posenc.check.lesson_01.attending import attend, drawn, scores, weights
from posenc.check.lesson_01.attention_slips import SLIPS

Answer = Callable[..., Tensor]


def attention(answer: Answer) -> Verdict:
    """Check ``attention(x, W_q, W_k, W_v, mask)``; the mask may be left out of the signature.

    Shapes: ``(n, d)``, three of ``(d, dh)``, ``(n, n)`` boolean with True = may attend.
    Wrong answers are named: softmax over the queries, a mask applied after softmax, ….

    >>> verdict = attention(lambda x, W_q, W_k, W_v: x @ x.T @ x @ W_v)
    ✗ masked_attention: the weights of word 0 sum to 4.817, not to 1:
    softmax(-1) divides by their sum
    """
    return judge("attention", answer, _examine_attention)


def _examine_attention(answer: Answer) -> str:
    masked = _arguments(answer) != 4
    slips = [slip for slip in SLIPS if masked or "mask" not in slip.slug]
    for n, dh, name, mask in _cases() if masked else ((5, 4, "", None), (3, 9, "", None)):
        given = (*drawn(n, dh), *([] if mask is None else [mask]))
        expected = attend(*given)
        found = answer(*(part.clone() for part in given))
        case = f"the output for {n} words of width {dh}{name}"
        _judge_output(answer, found, expected, given, tuple(slips), case)
    return "right, with and without words that a query may not see" if masked else "right"


def _judge_output(
    answer: Answer,
    found: Any,
    expected: Tensor,
    given: tuple[Tensor, ...],
    slips: tuple[Slip, ...],
    case: str,
) -> None:
    """Name what is wrong: a known slip first, then a property of the weights, then an entry."""
    try:
        same(found, expected, case=case, atol=1e-6)
    except Mistake as plain:
        name_entry(found, expected, slips, *given)
        if plain.slug not in ("value", "not-finite"):
            raise
        again = answer(*(part.clone() for part in given))
        require(
            torch.equal(again.nan_to_num(), found.nan_to_num()),
            "not-the-same-twice",
            "asked twice it gives two answers: nothing in it may be random, no dropout either",
        )
        _judge_weights(answer, given)
        raise


def _arguments(answer: Answer) -> int:
    try:
        return len(inspect.signature(answer).parameters)
    except (TypeError, ValueError):  # some callables do not say
        return 5


def _cases() -> Iterator[tuple[int, int, str, Tensor]]:
    """Yield n, dh, name and mask; of the first, no row or column is all True or all False."""
    mixed = torch.tensor([[1, 0, 0, 1, 0], [1, 1, 0, 0, 1], [0, 1, 0, 0, 1], [1, 0, 1, 1, 0],
                          [0, 0, 1, 1, 1]]).bool()  # fmt: skip
    yield 5, 4, " under a mask", mixed
    yield 5, 4, " under a causal mask", torch.ones(5, 5, dtype=torch.bool).tril()
    yield 5, 4, " with nothing hidden", torch.ones(5, 5, dtype=torch.bool)
    yield 3, 9, " under a causal mask", torch.ones(3, 3, dtype=torch.bool).tril()


def _judge_weights(answer: Answer, given: tuple[Tensor, ...]) -> None:
    """Read the weights off: where values are x @ W_v = 1, the output is the weights."""
    n, dh = 4, 9
    x, W_q, W_k, _ = drawn(n, dh)
    W_q, W_k = W_q / 3, W_k / 3  # so that no weight vanishes
    W_v = torch.nn.functional.pad(torch.linalg.pinv(x), (0, dh - n))
    mask = torch.ones(n, n, dtype=torch.bool)
    if len(given) == 5:
        mask = torch.tensor([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0, 1]]).bool()
    rest = [mask] if len(given) == 5 else []
    try:
        found = answer(x.clone(), W_q, W_k, W_v, *rest).detach().to(torch.float64)
        twice = answer(x.clone(), W_q, W_k, 2 * W_v, *rest).detach()
    except Exception:  # it is wrong already; another size tells nothing more
        return
    if tuple(found.shape) == (n, dh) and found.isfinite().all():
        said = "twice the values must give twice the output: let them enter as they are, x @ W_v"
        require(torch.allclose(2 * found, twice.to(found), atol=1e-6), "values", said)
        mixed, others = found[:, :n], found[:, n:]
        said = "values that are all 0 come out as {:.4g}: nothing may be added to their mean"
        require(bool(others.abs().max() < 1e-6), "added", said.format(float(others.abs().max())))
        _judge_rows(mixed, mask)
        _judge_scores(mixed, weights(x, W_q, W_k, mask), scores(x, W_q, W_k))


def _judge_rows(found: Tensor, mask: Tensor) -> None:
    for i, row in enumerate(found):
        hidden = (row * ~mask[i]).abs()
        j = int(hidden.argmax())
        said = f"mask[{i}, {j}] hides word {j}, yet it weighs {row[j]:.4g} in word {i}'s mean"
        require(bool(hidden[j] < 1e-6), "hidden-counts", f"{said}: hide it by -inf before softmax")
        total = float(row.sum())
        said = f"the weights of word {i} sum to {total:.4g}, not to 1"
        require(abs(total - 1) < 1e-6, "rows-sum", f"{said}: softmax(-1) divides by their sum")
        j = int(row.argmin())
        said = f"word {i} gives word {j} the weight {row[j]:.4g}"
        require(bool(row[j] > -1e-9), "negative-weight", f"{said}: softmax gives none below 0")
        j = int((row - mask[i].double()).argmin())
        said = f"mask[{i}, {j}] lets word {i} see word {j}, which yet weighs nothing"
        require(bool(row[j] > 0), "allowed-is-hidden", said)


def _judge_scores(found: Tensor, right: Tensor, s: Tensor) -> None:
    """The logs of the weights must be the scores, but for one constant a row."""
    close = torch.allclose(found, right, atol=1e-6)
    require(not close, "values", "the weights are right, but what they mix is not x @ W_v")
    seen = right > 0
    mean = [(part * seen).sum(1, keepdim=True) / seen.sum(1, keepdim=True)
            for part in (found.clamp(min=1e-300).log(), s)]  # fmt: skip
    logs, wanted = (found.clamp(min=1e-300).log() - mean[0])[seen], (s - mean[1])[seen]
    ratio = float(logs @ wanted / (wanted @ wanted))
    require(
        not torch.allclose(logs, ratio * wanted, atol=1e-4),
        "temperature",
        f"the scores are {ratio:.3g} times what they must be, q · k by the root of q.shape[-1]",
    )
    i = int((found - right).abs().amax(1).argmax())
    top, best = int(found[i].argmax()), int(right[i].argmax())
    said = f"word {i} gives word {top} the weight {found[i, top]:.4g}; it must be "
    said += f"{right[i, top]:.4g}" + (f", and word {best} must weigh most" * (best != top))
    raise Mistake("weights", f"{said}: the weights do not follow q · k")
