"""A head that looks k words back: (k, dim) -> W_q, W_k."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.sinusoids import close
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

F64 = torch.float64


def offset_head(answer: object) -> Verdict:
    """Check ``answer(k, dim)``, weights (W_q, W_k) with which every word finds the one k back.

    >>> from posenc import functional
    >>> _ = offset_head(lambda k, dim: (functional.shift_matrix(k, dim), torch.eye(dim)))
    ✓ offset_head: every query prefers the key k positions before it
    """
    return judge("offset_head", answer, _examine_head)


def _shift(k: float, dim: int) -> Tensor:
    return functional.shift_matrix(k, dim, dtype=F64)


def _eye(dim: int) -> Tensor:
    return torch.eye(dim, dtype=F64)


SLIPS = (
    Slip(
        "looks-ahead",
        lambda k, dim: (_shift(-k, dim), _eye(dim)),
        "every query prefers the key k *after* it: turn the sign, or transpose",
    ),
    Slip(
        "both-shifted",
        lambda k, dim: (_shift(k, dim), _shift(k, dim)),
        "every query prefers its own key: W_q and W_k are both shifted alike, so it cancels",
    ),
    Slip(
        "looks-at-itself",
        lambda k, dim: (_eye(dim), _eye(dim)),
        "every query prefers its own key: nothing is shifted",
    ),
    Slip(
        "ignores-k",
        lambda k, dim: (_shift(1, dim), _eye(dim)),
        "every query prefers the key one before it: k is ignored",
    ),
    Slip(
        "twice",
        lambda k, dim: (_shift(k, dim), _shift(-k, dim)),
        "every query prefers the key 2k before it: shift the queries or the keys, not both",
    ),
    Slip(
        "one-too-many",
        lambda k, dim: (_shift(k + 1, dim), _eye(dim)),
        "every query prefers the key k + 1 before it: one step too many",
    ),
    Slip(
        "one-too-few",
        lambda k, dim: (_shift(k - 1, dim), _eye(dim)),
        "every query prefers the key k − 1 before it: one step is missing",
    ),
)


def _examine_head(answer: Callable[[int, int], tuple[Tensor, Tensor]]) -> str:
    """Return the sentence for a head that looks back, or raise what is wrong with it."""
    for k in (5, 1, 30):
        weights = answer(k, 32)
        _two_matrices(weights, f"offset_head({k}, 32)", 32)
        scores = _scores(weights)
        require(
            bool(scores.isfinite().all()), "not-finite", f"with k = {k} some scores are not finite"
        )
        _looks_back(weights, k)
    return "every query prefers the key k positions before it"


def _scores(weights: Sequence[Tensor]) -> Tensor:
    codes = functional.sinusoidal(torch.arange(80), 32, dtype=F64)  # (n, d)
    w_q, w_k = (weight.detach().to("cpu", F64) for weight in weights)
    return (codes @ w_q) @ (codes @ w_k).T  # (q, k)


def _two_matrices(weights: object, case: str, dim: int) -> None:
    pair = isinstance(weights, (tuple, list)) and len(weights) == 2
    require(pair, "not-a-pair", f"{case} must return two matrices, W_q and W_k")
    assert isinstance(weights, (tuple, list))
    for name, weight in zip(("W_q", "W_k"), weights, strict=True):
        fits = isinstance(weight, Tensor) and weight.dim() == 2 and len(weight) == dim
        require(fits, "shape", f"{name} of {case} must be a tensor of shape ({dim}, …)")
    widths = {weight.shape[1] for weight in weights}
    require(len(widths) == 1, "shape", f"W_q and W_k of {case} must have one width; got {widths}")


def _looks_back(weights: Sequence[Tensor], k: int) -> None:
    """Raise unless row i is greatest at column i − k, for every i ≥ k."""
    scores = _scores(weights)
    chosen, rows = scores.argmax(-1), torch.arange(len(scores))
    wrong = (chosen != rows - k) & (rows >= k)
    if not wrong.any():
        return
    _flat(scores, chosen, k)
    inner = slice(2 * k + 1, len(scores) - 2 * k - 1)  # where every slip finds its key
    steps = (rows - chosen)[inner]
    if len(steps) and bool((steps == steps[0]).all()):
        _by_steps(weights, int(steps[0]), k)
    _first_wrong(scores, wrong, k)


def _flat(scores: Tensor, chosen: Tensor, k: int) -> None:
    spread = float((scores.amax(-1) - scores.amin(-1)).max())
    require(spread > 1e-6, "flat", f"with k = {k} all keys score alike: no key is preferred")
    require(
        not (chosen == chosen[0]).all(),
        "one-key",
        f"with k = {k} every query prefers key {int(chosen[0])}, wherever it stands",
    )


def _by_steps(weights: Sequence[Tensor], step: int, k: int) -> None:
    """Raise the slip that looks so many steps back, everywhere."""
    w_q, w_k = (weight.detach().to("cpu", F64) for weight in weights)
    alike = close(w_q, w_k) and not close(w_q, torch.eye(32, dtype=F64))
    for slip in SLIPS:
        looks = 60 - int(_scores(slip.program(k, 32))[60].argmax())
        if looks == step and (alike or slip.slug != "both-shifted"):
            raise Mistake(slip.slug, slip.says)
    raise Mistake(
        "wrong-offset", f"with k = {k} every query prefers the key {step} before it, not {k}"
    )


def _first_wrong(scores: Tensor, wrong: Tensor, k: int) -> None:
    """Raise with the first query that looks elsewhere."""
    i = int(wrong.nonzero()[0])
    least = (scores.argmin(-1) == torch.arange(len(scores)) - k)[k:].all()
    require(
        not bool(least),
        "sign",
        f"with k = {k} the key {k} before scores least: turn the sign of one matrix",
    )
    raise Mistake(
        "wrong-key",
        f"with k = {k} query {i} must prefer key {i - k}; it prefers key "
        f"{int(scores[i].argmax())}: the choice changes from place to place",
    )
