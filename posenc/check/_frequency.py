"""Checkers of notebook 03: frequencies, codes, the shift matrix, a head that looks back."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check._speeds import SAYS, WRONG_SPEEDS
from posenc.check._verdict import Mistake, Remark, Verdict, judge, require, same

__all__ = ["inverse_frequencies", "offset_head", "shift_matrix", "sinusoidal"]

F64 = torch.float64


def inverse_frequencies(answer: object) -> Verdict:
    """Check ``answer(dim, base)``, the dim/2 speeds base^(-2i/dim), fastest first.

    >>> from posenc import functional
    >>> _ = inverse_frequencies(functional.inverse_frequencies)
    ✓ inverse_frequencies: dim/2 speeds of equal ratio, the fastest first
    """
    return judge("inverse_frequencies", answer, _frequencies)


def sinusoidal(answer: object) -> Verdict:
    """Check ``answer(pos, dim)``, the codes (n, dim): sine in channel 2i, cosine in 2i + 1.

    >>> from posenc import functional
    >>> _ = sinusoidal(functional.sinusoidal)
    ✓ sinusoidal: a sine and a cosine of one speed in every pair
    """
    return judge("sinusoidal", answer, _codes)


def shift_matrix(answer: object) -> Verdict:
    """Check ``answer(k, dim)``, the matrix that takes the code of p to the code of p + k.

    >>> from posenc import functional
    >>> _ = shift_matrix(functional.shift_matrix)
    ✓ shift_matrix: the code of p goes to the code of p + k, for every p
    """
    return judge("shift_matrix", answer, _shift)


def offset_head(answer: object) -> Verdict:
    """Check ``answer(k, dim)``, weights (W_q, W_k) with which every word finds the one k back.

    >>> from posenc import functional
    >>> _ = offset_head(lambda k, dim: (functional.shift_matrix(k, dim), torch.eye(dim)))
    ✓ offset_head: every query prefers the key k positions before it
    """
    return judge("offset_head", answer, _head)


# --- frequencies ------------------------------------------------------------------------


def _frequencies(answer: Callable[[int, float], Tensor]) -> str:
    for dim, base in ((8, 10_000), (6, 64), (2, 10)):
        case = f"inverse_frequencies({dim}, {base})"
        found, right = answer(dim, base), functional.inverse_frequencies(dim, base, dtype=F64)
        _told_apart(found, dim, base)
        same(found, right, case=case, atol=1e-9)
    return "dim/2 speeds of equal ratio, the fastest first"


def _told_apart(found: object, dim: int, base: float) -> None:
    """Raise the known mistake that these speeds are."""
    if not isinstance(found, Tensor):
        return
    require(
        found.shape != (dim,),
        "one-a-channel",
        f"one speed a pair, so {dim // 2} of them for {dim} channels; there are {dim}",
    )
    i = torch.arange(dim // 2, dtype=F64)
    for slug, rule in WRONG_SPEEDS.items():
        if dim > 2 and _close(found, rule(i, dim, base), 1e-7):
            raise Mistake(slug, SAYS[slug])


def _close(found: Tensor, other: Tensor, atol: float = 1e-4) -> bool:
    if found.shape != other.shape:
        return False
    return torch.allclose(found.detach().to("cpu", F64), other, rtol=1e-4, atol=atol)


# --- codes ------------------------------------------------------------------------------


def _codes(answer: Callable[[Tensor, int], Tensor]) -> str:
    dim = 8
    for pos in (torch.arange(12), torch.tensor([5, 0, 9, 2, 2, 700, 31, 4, 8, 77])):
        case = f"sinusoidal({_said(pos)}, {dim})"
        found = answer(pos.clone(), dim)
        right = functional.sinusoidal(pos, dim, dtype=F64)
        if isinstance(found, Tensor):
            _why(found.detach().to("cpu", F64), pos, right)
        same(found, right, case=case)
    return "a sine and a cosine of one speed in every pair"


def _said(pos: Tensor) -> str:
    ordered = torch.equal(pos, torch.arange(len(pos)))
    return f"torch.arange({len(pos)})" if ordered else "torch.tensor([5, 0, 9, …])"


def _why(table: Tensor, pos: Tensor, right: Tensor) -> None:
    """Raise the mistake, or the remark, that explains a wrong table."""
    n, dim = right.shape
    require(
        table.shape != (dim, n),
        "transposed",
        f"rows are positions: the shape must be (n, dim) = ({n}, {dim}); it is ({dim}, {n})",
    )
    if table.shape != right.shape or _close(table, right):
        return
    halves = torch.cat((right[:, 0::2], right[:, 1::2]), dim=1)
    if _close(table, halves):
        raise Remark(
            "equivalent: all sines, then all cosines; the same numbers in another order of channels"
        )
    swapped = right.unflatten(1, (-1, 2)).flip(-1).flatten(1)
    if _close(table, swapped):
        raise Remark("equivalent: the cosine stands before the sine in every pair")
    _wrong_rows(table, pos, right)
    _wrong_pairs(table, pos)


def _wrong_rows(table: Tensor, pos: Tensor, right: Tensor) -> None:
    """Raise where the rows do not follow the positions that were given."""
    dim = right.shape[1]
    counted = torch.arange(len(pos))
    for slug, other, message in (
        ("ignores-pos", counted, "the rows follow 0, 1, 2, …; they must follow pos"),
        ("from-one", pos + 1, "every code belongs to the position after: count from 0"),
    ):
        found = functional.sinusoidal(other, dim, dtype=F64)
        require(not _close(table, found), slug, message)
    theta = functional.angles(pos, functional.inverse_frequencies(dim, dtype=F64))
    both = theta.repeat_interleave(2, dim=1)
    striped = torch.where(torch.arange(len(pos))[:, None] % 2 == 0, both.sin(), both.cos())
    require(
        not _close(table, striped),
        "wrong-axis",
        "even rows are sines, odd rows cosines: write [:, 0::2] for channels; [0::2] is rows",
    )


def _wrong_pairs(table: Tensor, pos: Tensor) -> None:
    """Raise where the two channels of a pair are no clock hand of the right speed."""
    sines, cosines = table[:, 0::2], table[:, 1::2]
    dim = table.shape[1]
    require(
        not _close(sines, cosines),
        "one-function",
        "channel 2i + 1 repeats channel 2i: one of the two must be the cosine",
    )
    i = torch.arange(dim // 2, dtype=F64)
    right = 10_000.0 ** (-2 * i / dim)
    off = ((sines**2 + cosines**2 - 1).abs() > 1e-3).any(0)
    if off.any():
        why = "did a loop that steps by two double the index again?"
        if _close(sines, functional.angles(pos, right).sin()):
            why = "sine and cosine must take the same exponent"
        raise Mistake(
            "two-speeds",
            f"the cosine of pair {int(off.nonzero()[0])} uses another speed than its sine "
            f"(sin² + cos² is not 1): {why}",
        )
    _wrong_speeds(sines, pos)


def _wrong_speeds(sines: Tensor, pos: Tensor) -> None:
    """Raise where the pairs are clock hands of the wrong speeds."""
    i = torch.arange(sines.shape[1], dtype=F64)
    dim = 2 * len(i)
    degrees = functional.angles(pos, 10_000.0 ** (-2 * i / dim)) * torch.pi / 180
    require(
        not _close(sines, degrees.sin()), "degrees", "the angles were taken in degrees, not radians"
    )
    for slug, rule in WRONG_SPEEDS.items():
        theta = functional.angles(pos, rule(i, dim, 10_000.0))
        rounding = 1e-2 if slug == "inverted" else 1e-4  # float32 cannot hold large angles well
        require(not _close(sines, theta.sin(), rounding), slug, SAYS[slug])


# --- shift ------------------------------------------------------------------------------


def _shift(answer: Callable[[int, int], Tensor]) -> str:
    for k, dim in ((3, 8), (-5, 4), (0, 6)):
        case = f"shift_matrix({k}, {dim})"
        found = answer(k, dim)
        right = functional.shift_matrix(k, dim, dtype=F64)
        if isinstance(found, Tensor) and found.shape == right.shape:
            _wrong_turn(found.detach().to("cpu", F64), right, k, dim)
        same(found, right, case=case)
    return "the code of p goes to the code of p + k, for every p"


def _wrong_turn(found: Tensor, right: Tensor, k: int, dim: int) -> None:
    if _close(found, right):
        return
    require(
        not _close(found, right.T),
        "backwards",
        "the hands turn backwards: the code of p goes to p − k; the plus stands top right",
    )
    halves = torch.cat((torch.arange(0, dim, 2), torch.arange(1, dim, 2)))
    require(
        not _close(found, right[halves][:, halves]),
        "halves",
        "this shifts codes with all sines first; here sine and cosine of a pair are neighbours",
    )
    require(
        not _close(found, functional.shift_matrix(1, dim, dtype=F64)),
        "ignores-k",
        f"k is ignored: this is the matrix for one step, not for k = {k}",
    )
    _wrong_blocks(found, k, dim)


def _wrong_blocks(found: Tensor, k: int, dim: int) -> None:
    first = functional.shift_matrix(k, 2, dtype=F64)
    require(
        not _close(found, torch.block_diag(*[first] * (dim // 2))),
        "one-speed",
        "every block turns by the same angle; pair i must turn by ω_i k",
    )
    require(
        k == 0 or not _close(found, torch.eye(dim, dtype=F64)),
        "stands-still",
        f"nothing turns: the matrix for k = {k} is the identity",
    )


# --- a head -----------------------------------------------------------------------------


def _head(answer: Callable[[int, int], tuple[Tensor, Tensor]]) -> str:
    dim, n = 32, 80
    codes = functional.sinusoidal(torch.arange(n), dim, dtype=F64)  # (n, d)
    for k in (1, 5, 30):
        weights = answer(k, dim)
        _two_matrices(weights, f"offset_head({k}, {dim})", dim)
        w_q, w_k = (weight.detach().to("cpu", F64) for weight in weights)
        scores = (codes @ w_q) @ (codes @ w_k).T  # (q, k)
        alike = _close(w_q, w_k) and not _close(w_q, torch.eye(dim, dtype=F64))
        _looks_back(scores, k, alike)
    return "every query prefers the key k positions before it"


def _two_matrices(weights: object, case: str, dim: int) -> None:
    pair = isinstance(weights, (tuple, list)) and len(weights) == 2
    require(pair, "not-a-pair", f"{case} must return two matrices, W_q and W_k")
    assert isinstance(weights, (tuple, list))
    for name, weight in zip(("W_q", "W_k"), weights, strict=True):
        fits = isinstance(weight, Tensor) and weight.dim() == 2 and len(weight) == dim
        require(fits, "shape", f"{name} of {case} must be a tensor of shape ({dim}, …)")
    widths = {weight.shape[1] for weight in weights}
    require(len(widths) == 1, "shape", f"W_q and W_k of {case} must have one width; got {widths}")


def _looks_back(scores: Tensor, k: int, alike: bool) -> None:
    """Raise unless row i is greatest at column i − k, for every i ≥ k."""
    n = len(scores)
    chosen, rows = scores.argmax(-1), torch.arange(n)
    inner = slice(k, n - k)
    own = "W_q and W_k are both shifted alike, so it cancels" if alike else "nothing is shifted"
    for slug, other, message in (
        ("looks-ahead", rows + k, f"every query prefers the key {k} *after* it: turn the sign"),
        ("looks-at-itself", rows, f"every query prefers its own key: {own}"),
        ("ignores-k", rows - 1, f"k is ignored: with k = {k} every query prefers the key 1 back"),
    ):
        told = slug != "ignores-k" or k > 1
        require(not (told and torch.equal(chosen[inner], other[inner])), slug, message)
    wrong = (chosen != rows - k) & (rows >= k)
    if wrong.any():
        i = int(wrong.nonzero()[0])
        raise Mistake(
            "value",
            f"with k = {k} query {i} must prefer key {i - k}; it prefers key {int(chosen[i])}",
        )
