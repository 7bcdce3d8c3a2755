"""Attention under a mask: (x, W_q, W_k, W_v, mask) -> (n, dh)."""

import inspect

import torch
from torch import Generator, Tensor

from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_01.attending import attend, drawn, scores, weights
from posenc.check.lesson_01.attention_slips import ATTENTION, SLIPS
from posenc.check.lesson_01.outputs import Answer, Given, examine


def attention(answer: Answer) -> Verdict:
    """Check ``attention(x, W_q, W_k, W_v, mask)``; the mask may be left out of the signature.

    Shapes: ``(n, d)``, three of ``(d, dh)``, ``(n, n)`` boolean with True = may attend.
    Wrong answers are named: softmax over the queries, a mask applied after softmax, ….

    >>> verdict = attention(lambda x, W_q, W_k, W_v: x @ x.T @ x @ W_v)
    ✗ attention: The attention weights of token 0 sum to 4.817, not to 1. Divide them by their \
sum, as softmax(-1) does.
    """
    return judge("attention", answer, _examine_attention)


def _examine_attention(answer: Answer) -> str:
    masked = _arguments(answer) != 4
    cases = _masked() if masked else _unmasked()

    def lacks(found: list[Tensor], expected: list[Tensor]) -> None:
        again = answer(*(part.clone() for part in cases[0][1]))
        require(torch.equal(again.nan_to_num(), found[0].nan_to_num()), "not-the-same-twice", TWICE)
        both = zip(found, expected, strict=True)
        close = all(torch.allclose(mine.detach().to(true), true, 0.02, 0.02) for mine, true in both)
        mixed = _read_weights(answer, masked)
        if mixed is not None:
            _judge_weights(*mixed, close)

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


Read = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def _read_weights(answer: Answer, masked: bool) -> Read | None:
    """Return what the answer gives where values are x @ W_v = 1: the output is the weights.

    With it, what it gives for twice the values, the mask, the right weights and the scores.
    """
    n, dh = 4, 9
    x, W_q, W_k, _ = drawn(n, dh)
    W_q, W_k = W_q / 3, W_k / 3  # so that no weight vanishes
    W_v = torch.nn.functional.pad(torch.linalg.pinv(x), (0, dh - n))
    mask = torch.ones(n, n, dtype=torch.bool)
    if masked:
        mask = torch.tensor([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0, 1]]).bool()
    rest = [mask] if masked else []
    try:
        found = answer(x.clone(), W_q, W_k, W_v, *rest).detach().to(torch.float64)
        twice = answer(x.clone(), W_q, W_k, 2 * W_v, *rest).detach().to(torch.float64)
    except Exception:  # it is wrong already; another size tells nothing more
        return None
    if tuple(found.shape) != (n, dh) or not found.isfinite().all():
        return None
    return found, twice, mask, weights(x, W_q, W_k, mask), scores(x, W_q, W_k)


def _judge_weights(
    found: Tensor, twice: Tensor, mask: Tensor, right: Tensor, s: Tensor, close: bool
) -> None:
    n = len(mask)
    mixed, others = found[:, :n], found[:, n:]
    noise = bool((mixed * ~mask).min() < -1e-6)  # of a rounding: no weight is below 0
    require(not (close and noise), "rounded", ROUNDED)
    said = "Twice the values do not give twice the output. Use the values as they are, x @ W_v."
    require(close or torch.allclose(2 * found, twice, atol=1e-6), "values", said)
    said = f"Values that are all 0 come out as {float(others.abs().max()):.4g}."
    require(bool(others.abs().max() < 1e-6), "added", f"{said} Add nothing to their average.")
    _judge_hidden(mixed, mask)
    require(not close, "rounded", ROUNDED)
    _judge_rows(mixed, mask)
    _judge_scores(mixed, right, s)


ROUNDED = (
    "The output is right to two digits only, so something in it is rounded. "
    "Compute in float32 or float64 throughout, without round or half."
)


def _judge_hidden(found: Tensor, mask: Tensor) -> None:
    for i, row in enumerate(found):
        hidden = (row * ~mask[i]).abs()
        j = int(hidden.argmax())
        said = f"mask[{i}, {j}] hides token {j}, yet token {i} gives it the weight {row[j]:.4g}"
        says = f"{said}. Set its score to -inf before softmax, and take softmax once."
        require(bool(hidden[j] < 1e-6), "hidden-counts", says)


def _judge_rows(found: Tensor, mask: Tensor) -> None:
    for i, row in enumerate(found):
        total = float(row.sum())
        said = f"The attention weights of token {i} sum to {total:.4g}, not to 1"
        says = f"{said}. Divide them by their sum, as softmax(-1) does."
        require(abs(total - 1) < 1e-6, "rows-sum", says)
        j = int(row.argmin())
        said = f"Token {i} gives token {j} the weight {row[j]:.4g}"
        require(bool(row[j] > -1e-9), "negative-weight", f"{said}. Softmax gives none below 0.")
        j = int((row - mask[i].double()).argmin())
        said = f"mask[{i}, {j}] lets token {i} attend to token {j}, but the weight is 0"
        says = f"{said}. Hide only where the mask is False."
        require(bool(row[j] > 0), "allowed-is-hidden", says)


def _judge_scores(found: Tensor, right: Tensor, s: Tensor) -> None:
    """The logs of the weights must be the scores, but for one constant a row."""
    close = torch.allclose(found, right, atol=1e-6)
    said = "The attention weights are right, but what they average is not v. Use v = x @ W_v."
    require(not close, "values", said)
    seen = right > 0
    mean = [(part * seen).sum(1, keepdim=True) / seen.sum(1, keepdim=True)
            for part in (found.clamp(min=1e-300).log(), s)]  # fmt: skip
    logs, wanted = (found.clamp(min=1e-300).log() - mean[0])[seen], (s - mean[1])[seen]
    ratio = float(logs @ wanted / (wanted @ wanted))
    require(
        not torch.allclose(logs, ratio * wanted, atol=1e-4),
        "temperature",
        f"The scores for q of width 9 are {ratio:.3g} times q · k / 3. "
        "Divide q · k by the root of q.shape[-1], once.",
    )
    i = int((found - right).abs().amax(1).argmax())
    top, best = int(found[i].argmax()), int(right[i].argmax())
    said = f"Token {i} gives token {top} the weight {found[i, top]:.4g}; it must be "
    said += f"{right[i, top]:.4g}" + (f", and token {best} must weigh most" * (best != top))
    raise Mistake("weights", f"{said}. Compute the scores as q @ k.T, divided by the root of dh.")
