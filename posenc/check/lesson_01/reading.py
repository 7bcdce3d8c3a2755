"""The attention weights of an answer, read off its output: what is wrong with them."""

import math

import torch
from torch import Tensor

from posenc.check.engine.verdict import Mistake, require
from posenc.check.lesson_01.attending import drawn, scores, weights
from posenc.check.lesson_01.outputs import Answer, Given

N, WIDTH = 4, 9


def judge_weights(
    answer: Answer, mask: Tensor | None, close: bool, under: Tensor | None = None
) -> None:
    """Raise the first property that the weights lack; where values are 1, the output is they.

    ``mask`` is handed to the answer, ``under`` is the mask of an answer that takes none.
    ``close``: its outputs are right to two digits.
    """
    x, W_q, W_k, W_v = legible()
    given: Given = (x, W_q, W_k, W_v) if mask is None else (x, W_q, W_k, W_v, mask)
    seen = torch.ones(N, N, dtype=torch.bool)
    seen = mask if mask is not None else under if under is not None else seen
    found = _output(answer, given)
    if found is None or not found.isfinite().all():
        return
    mixed, others = found[:, :N], found[:, N:]
    noise = bool((mixed * ~seen).min() < -1e-6)  # of a rounding: no weight is below 0
    require(not (close and noise), "rounded", ROUNDED)
    twice = _output(answer, (*given[:3], 2 * W_v, *given[4:]))
    said = "Twice the values do not give twice the output. Use the values as they are, x @ W_v."
    linear = twice is not None and torch.allclose(2 * found, twice, atol=1e-6)
    require(close or linear, "values", said)
    said = f"Values that are all 0 come out as {float(others.abs().max()):.4g}."
    require(bool(others.abs().max() < 1e-6), "added", f"{said} Add nothing to their average.")
    _judge_hidden(answer, given, mixed, seen)
    require(not close, "rounded", ROUNDED)
    _judge_rows(mixed, seen)
    _judge_scores(mixed, weights(x, W_q, W_k, seen), scores(x, W_q, W_k))


def legible() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return x and matrices with which the first columns of the output are the weights."""
    x, W_q, W_k, _ = drawn(N, WIDTH)
    W_v = torch.nn.functional.pad(torch.linalg.pinv(x), (0, WIDTH - N))
    return x, W_q / 3, W_k / 3, W_v  # a third, so that no weight vanishes


def sums_are_1(answer: Answer) -> bool:
    """Return whether the weights of each token sum to 1, for an answer that takes no mask."""
    found = _output(answer, legible())
    return found is not None and torch.allclose(found.sum(1), found.new_ones(N), atol=1e-6)


def _output(answer: Answer, given: Given) -> Tensor | None:
    try:
        found = answer(*(part.clone() for part in given)).detach().to(torch.float64)
    except Exception:  # it is wrong already; another size tells nothing more
        return None
    return found if tuple(found.shape) == (N, WIDTH) else None


def _moves(answer: Answer, given: Given, i: int, j: int) -> bool:
    """Return whether the output of token i depends on token j."""
    x = given[0].clone()
    x[j] += 1.0
    before, after = _output(answer, given), _output(answer, (x, *given[1:]))
    return before is None or after is None or not torch.allclose(before[i], after[i], atol=1e-9)


ROUNDED = (
    "The output is right to two digits only, so something in it is rounded. "
    "Compute in float32 or float64 throughout, without round or half."
)


OTHER_VALUES = (
    "No hidden token moves the output, but what is averaged is not v. Use v = x @ W_v, "
    "with x as it is given."
)


def _judge_hidden(answer: Answer, given: Given, found: Tensor, mask: Tensor) -> None:
    for i, row in enumerate(found):
        hidden = (row * ~mask[i]).abs()
        j = int(hidden.argmax())
        leaks = hidden[j] < 1e-6 or i == j or _moves(answer, given, i, j)
        require(bool(leaks), "values", OTHER_VALUES)
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
        j = int(row.masked_fill(~mask[i], math.inf).argmin())
        said = f"Token {i} may attend to token {j}, but gives it the weight 0"
        says = f"{said}. Hide only where the mask is False."
        require(bool(row[j] > 1e-9), "allowed-is-hidden", says)  # read off with rounding


def _judge_scores(found: Tensor, right: Tensor, s: Tensor) -> None:
    """The logs of the weights must be the scores, but for one constant a row."""
    said = f"With {N} tokens of width {WIDTH} it is right, but not at other sizes. "
    says = f"{said}Take each size from its tensor: is one written in as a number?"
    require(not torch.allclose(found, right, atol=1e-6), "some-sizes", says)
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
