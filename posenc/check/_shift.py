"""What notebook 03 asks of a matrix that shifts codes, and of a head that looks back."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from posenc import functional
from posenc.check._slips import _shifts
from posenc.check.engine.sinusoids import close
from posenc.check.engine.slip import name_it
from posenc.check.engine.verdict import Mistake, require, same

__all__ = ["examine_head", "examine_shift"]

F64 = torch.float64

# --- shift ------------------------------------------------------------------------------


def examine_shift(answer: Callable[[int, int], Tensor]) -> str:
    """Return the sentence for a right matrix, or raise what is wrong with it."""
    for k, dim in ((3, 8), (-5, 4), (0, 6)):
        case = f"shift_matrix({k}, {dim})"
        found = answer(k, dim)
        right = functional.shift_matrix(k, dim, dtype=F64)
        require(
            not isinstance(found, (list, tuple)) or not any(isinstance(b, Tensor) for b in found),
            "blocks",
            f"{case} returned single blocks: torch.block_diag(*blocks) makes one matrix of them",
        )
        fits = isinstance(found, Tensor) and found.shape == right.shape
        if fits and not found.is_complex() and not close(found, right):
            name_it(found, _shifts.KNOWN["shift_matrix"], k, dim)
            _turns(found, right, k, case)
        same(found, right, case=case)
    return "the code of p goes to the code of p + k, for every p"


def _turns(found: Tensor, right: Tensor, k: int, case: str) -> None:
    """Raise the first property that the matrix lacks: lengths, pairs, one angle a pair."""
    half = found.dtype in (torch.float16, torch.bfloat16)  # `same` has a name for it
    found, dim = found.detach().to("cpu", F64), len(found)
    if not found.isfinite().all() or (half and close(found, right, 0.01)):
        return
    outside = found * (torch.block_diag(*[torch.ones(2, 2)] * (dim // 2)) == 0)
    if (outside.abs() > 1e-4).any():
        row, column = (int(i) for i in (outside.abs() > 1e-4).nonzero()[0])
        raise Mistake(
            "mixes-pairs",
            f"{case}: channel {column} must not reach channel {row} of another pair; "
            f"at [{row}, {column}] there is {found[row, column]:.4g}, not 0",
        )
    squares = found @ found.T
    if not close(squares, torch.eye(dim, dtype=F64), 1e-3):
        i = int((squares.diagonal() - 1).abs().argmax())
        raise Mistake(
            "no-turn",
            f"{case}: a turn keeps lengths, M Mᵀ = 1; row {i} is {squares[i, i] ** 0.5:.4g} long",
        )
    _angles(found, right, k, case)


def _angles(found: Tensor, right: Tensor, k: int, case: str) -> None:
    pairs = torch.arange(0, len(found), 2)
    mirrored = (found[pairs, pairs] * found[pairs + 1, pairs + 1]) < (
        found[pairs, pairs + 1] * found[pairs + 1, pairs]
    )
    require(
        not mirrored.any(),
        "mirror",
        f"{case}: the block of pair {int(mirrored.int().argmax())} is a mirror, not a turn: cos "
        "twice on the diagonal, sin top right, −sin bottom left",
    )
    turned, wanted = (torch.atan2(m[pairs, pairs + 1], m[pairs, pairs]) for m in (found, right))
    off = (turned - wanted).abs() > 1e-3
    if off.any():
        i = int(off.nonzero()[0])
        raise Mistake(
            "wrong-angle",
            f"{case}: pair {i} must turn by ω_{i} · {k} = {wanted[i]:.4g}; it turns by "
            f"{turned[i]:.4g}",
        )


# --- a head -----------------------------------------------------------------------------


def examine_head(answer: Callable[[int, int], tuple[Tensor, Tensor]]) -> str:
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
    for slip in _shifts.KNOWN["offset_head"]:
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
