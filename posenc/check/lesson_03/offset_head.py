"""A head that looks k positions back: (k, dim) -> W_q, W_k."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.draws import Draw, Drawn, asked
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_03.asking import called
from posenc.check.lesson_03.offset_head_slips import SLIPS

__all__ = ["SLIPS", "offset_head"]

F64 = torch.float64


def _cases(draw: Draw) -> tuple[tuple[int, int], ...]:
    """Return steps, odd and even, below the width and above it, and widths."""
    odd = draw.near(5, 1, 2), draw.near(7, 2, 2)
    even = draw.near(30, 3, 2), draw.near(50, 3, 2), draw.near(34, 4, 2)
    return draw.repeated((
        (odd[0], draw.one_of(32, 36, 40)), (1, draw.one_of(6, 10, 12)),
        (even[0], draw.one_of(32, 40, 48)), (even[1], draw.one_of(20, 16, 18)),
        (odd[1], draw.one_of(64, 48, 56)), (even[2], draw.one_of(8, 10, 12)),
    ))  # fmt: skip


CASES = Drawn("offset_head", _cases)
N = 240  # positions, more than four times the greatest k


def offset_head(answer: object) -> Verdict:
    """Check ``answer(k, dim)``, weights (W_q, W_k) with which every token finds the one k back.

    >>> from posenc import functional
    >>> _ = offset_head(lambda k, dim: (functional.shift_matrix(k, dim), torch.eye(dim)))
    ✓ offset_head: every query prefers the key k positions before it
    """
    return judge("offset_head", answer, _examine_head)


@dataclass(frozen=True)
class Head:
    """The weights of one call, and the scores that they give."""

    k: int
    dim: int
    w_q: Tensor
    w_k: Tensor

    @property
    def scores(self) -> Tensor:
        """Of every query with every key, (n, n)."""
        vectors = functional.sinusoidal(torch.arange(N), self.dim, dtype=F64)
        return (vectors @ self.w_q) @ (vectors @ self.w_k).T

    @property
    def inner(self) -> slice:
        """The rows where every slip finds its key."""
        return slice(2 * self.k + 1, N - 2 * self.k - 1)


def _examine_head(answer: Callable[[int, int], tuple[Tensor, Tensor]]) -> str:
    """Return the sentence for a head that looks back, or raise what is wrong with it."""
    heads = asked("offset_head", partial(_head, answer), CASES)
    wrong = [head for head in heads if _wrong_rows(head).any()]
    if wrong:
        _flat(wrong[0])
        _slip(heads)
        _offset(wrong[0])
        _first_wrong(wrong[0])
    return "every query prefers the key k positions before it"


def _head(answer: Callable[[int, int], tuple[Tensor, Tensor]], k: int, dim: int) -> Head:
    """Return the head of one call, or raise what is wrong with its form."""
    case = f"offset_head({k}, {dim})"
    head = Head(k, dim, *_two_matrices(called(answer, case, k, dim), case, dim))
    require(
        bool(head.scores.isfinite().all()),
        "not-finite",
        f"With k = {k} and dim = {dim} some scores are not finite. Look for a division by 0.",
    )
    return head


def _two_matrices(weights: object, case: str, dim: int) -> tuple[Tensor, Tensor]:
    """Return W_q and W_k in float64, or raise what is wrong with their form."""
    stacked = isinstance(weights, Tensor) and weights.dim() == 3 and len(weights) == 2
    many = f"{len(weights)} values" if isinstance(weights, (tuple, list)) else ""
    shape = f"one tensor of shape {tuple(weights.shape)}" if isinstance(weights, Tensor) else ""
    pair = stacked or (isinstance(weights, (tuple, list)) and len(weights) == 2)
    require(
        pair,
        "not-a-pair",
        f"{case} returned {many or shape or type(weights).__name__}. Return the two matrices: "
        "return W_q, W_k.",
    )
    assert isinstance(weights, (tuple, list, Tensor))
    found = [
        _matrix(weight, f"{name} of {case}", dim)
        for name, weight in zip(("W_q", "W_k"), weights, strict=True)
    ]
    widths = [weight.shape[1] for weight in found]
    require(
        widths[0] == widths[1],
        "shape",
        f"{case}: W_q has {widths[0]} columns and W_k has {widths[1]}. Make them equally wide.",
    )
    return found[0], found[1]


def _matrix(weight: object, case: str, dim: int) -> Tensor:
    """Return one matrix in float64, or raise what is wrong with its form."""
    kind = type(weight).__name__
    advice = " Use torch.from_numpy." if kind == "ndarray" else ""
    if not isinstance(weight, Tensor):
        words = f"{case} is a {kind}, not a tensor of shape ({dim}, {dim}).{advice}"
        raise Mistake("shape", words)
    size = tuple(weight.shape)
    rows = len(size) == 2 and size[0] != dim == size[1]
    many = "These look like queries or keys: return the weights alone, without position vectors."
    require(
        weight.dim() == 2 and size[0] == dim,
        "shape",
        f"{case} has the shape {size}. It must be ({dim}, {dim}). {many if rows else ''}",
    )
    return weight.detach().to("cpu", F64)


def _wrong_rows(head: Head) -> Tensor:
    """Return which rows are not greatest at column i − k, of those with i ≥ k, (n,)."""
    rows = torch.arange(N)
    return (head.scores.argmax(-1) != rows - head.k) & (rows >= head.k)


def _flat(head: Head) -> None:
    scores, k = head.scores, head.k
    spread = float((scores.amax(-1) - scores.amin(-1)).max())
    require(
        spread > 1e-6,
        "flat",
        f"With k = {k} every key scores {float(scores[0, 0]):.3g} for query 0, so no key is "
        "preferred. Is one of the two matrices zero?",
    )
    chosen = scores.argmax(-1)
    rank = int(torch.linalg.matrix_rank(head.w_q @ head.w_k.T))
    turn = "W_q = posenc.shift_matrix(k, dim), W_k = torch.eye(dim)"
    single = f" W_q W_kᵀ has rank 1: all queries point the same way. Rotate them: {turn}."
    require(
        not (chosen == chosen[0]).all(),
        "one-key",
        f"With k = {k} every query prefers key {int(chosen[0])}, whatever its position."
        + (single if rank == 1 else f" Make the queries depend on the position: {turn}."),
    )


def _slip(heads: Sequence[Head]) -> None:
    """Raise the slip whose queries prefer the same keys in every case."""
    alike = all(_one_direction(head) for head in heads)
    for slip in SLIPS:
        if alike == (slip.slug == "both-shifted") and all(_chooses(slip, head) for head in heads):
            head = next(head for head in heads if _wrong_rows(head).any())
            row = N // 2
            key = int(head.scores[row].argmax())
            raise Mistake(
                slip.slug, f"{slip.says} (k = {head.k}: query {row} prefers key {key}, not "
                f"{row - head.k}.)"
            )  # fmt: skip


def _one_direction(head: Head) -> bool:
    """Return whether both matrices are alike, and more than a multiple of the identity."""
    if head.w_q.shape != head.w_k.shape or head.w_q.shape[1] != head.dim:
        return False
    size = float(head.w_q.diagonal().mean())
    plain = torch.allclose(head.w_q, size * torch.eye(head.dim, dtype=F64), atol=1e-4)
    return torch.allclose(head.w_q, head.w_k, atol=1e-4) and not plain


def _chooses(slip: Slip, head: Head) -> bool:
    """Return whether a slip prefers the same keys, in the rows where it is sure of one."""
    other = Head(head.k, head.dim, *slip.program(head.k, head.dim)).scores[head.inner]
    best = other.topk(2).values
    sure = best[:, 0] - best[:, 1] > 1e-6
    return bool((head.scores[head.inner].argmax(-1) == other.argmax(-1))[sure].all())


def _offset(head: Head) -> None:
    """Raise with the offset of all queries, where they have the same."""
    steps = (torch.arange(N) - head.scores.argmax(-1))[head.inner]
    if (steps == steps[0]).all():
        step = int(steps[0])
        where = f"{step} before" if step > 0 else f"{-step} after" if step else "at"
        raise Mistake(
            "wrong-offset",
            f"With k = {head.k} and dim = {head.dim} every query prefers the key {where} its own "
            f"position. Shift by {head.k} in all: once, by shift_matrix(k, dim).",
        )


def _first_wrong(head: Head) -> None:
    """Raise with the first query that looks elsewhere."""
    scores, k = head.scores, head.k
    i = int(_wrong_rows(head).nonzero()[0])
    least = (scores.argmin(-1) == torch.arange(N) - k)[k:].all()
    require(
        not bool(least),
        "sign",
        f"With k = {k} the key {k} before scores least of all, {float(scores[i, i - k]):.3g}. "
        "Remove the minus sign of one matrix.",
    )
    raise Mistake(
        "wrong-key",
        f"With k = {k} and dim = {head.dim} query {i} prefers key {int(scores[i].argmax())}, not "
        f"{i - k}, and the offset changes with the position. Rotate each pair by its own ω_i · k.",
    )
