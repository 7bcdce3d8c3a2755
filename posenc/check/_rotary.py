"""Checkers of notebook 07: turning neighbours, turning a part, weights for another layout."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check._slips import _turns
from posenc.check._turning import examine_turn
from posenc.check.engine.compare import alike, explain, first_difference
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

__all__ = ["partial_rotary", "rotary", "to_pairs"]

F64 = torch.float64


def rotary(answer: object) -> Verdict:
    """Check ``answer(x, pos)``, RoPE on neighbouring channels: (..., n, dh), (n,) -> (..., n, dh).

    >>> from posenc import functional
    >>> speeds = functional.inverse_frequencies
    >>> _ = rotary(lambda x, pos: functional.rotate_pairs(
    ...     x, functional.angles(pos, speeds(x.shape[-1]))))
    ✓ rotary: every pair turns by its own speed times the position
    """
    return judge("rotary", answer, _rotary)


def partial_rotary(answer: object) -> Verdict:
    """Check ``answer(x, pos, share)``: the first share of the channels turns, the rest stays.

    >>> from posenc import functional
    >>> def answer(x, pos, share):
    ...     speeds = functional.inverse_frequencies(int(x.shape[-1] * share))
    ...     return functional.rotate_pairs(x, functional.angles(pos, speeds))
    >>> _ = partial_rotary(answer)
    ✓ partial_rotary: the first channels turn, with speeds of their own width
    """
    return judge("partial_rotary", answer, _partial)


def to_pairs(answer: object) -> Verdict:
    """Check ``answer(weight, n_heads)``: rows made for halves, put in order for neighbours.

    >>> _ = to_pairs(lambda weight, n_heads:
    ...     weight.unflatten(0, (n_heads, 2, -1)).transpose(1, 2).flatten(0, 2))
    ✓ to_pairs: every score stays what it was
    """
    return judge("to_pairs", answer, _pairs)


# --- turning ----------------------------------------------------------------------------


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=F64, generator=torch.Generator().manual_seed(7))


NEAR = tuple(
    (_random(*shape), torch.tensor(pos))
    for pos in ([0, 1, 2, 3, 4], [7, 0, 3, 40, 2])
    for shape in ((5, 8), (2, 3, 5, 8))
)
FAR = ((_random(5, 8), torch.tensor([0, 1, 257, 1003, 2049])),)
DRIFT = 2e-3  # what float32 may lose up to position 2049


def _rotary(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    cases = (*NEAR, *FAR)
    found = [answer(x.clone(), pos.clone()) for x, pos in cases]
    right = [_turns.rope(*case) for case in cases]
    said = [f"rotary(x of shape {tuple(x.shape)}, {_said(pos)})" for x, pos in cases]
    near = len(NEAR)
    first = first_difference(found[:near], right[:near], said[:near], atol=1e-4)
    far = first_difference(found[near:], right[near:], said[near:], atol=DRIFT)
    if first is None and far is None:
        return "every pair turns by its own speed times the position"
    explain(found, _turns.ROTARY, cases, atol=DRIFT)
    for i in (1, 3, 0, 2):  # with heads first: they tell a mirror from a turn
        x, pos = NEAR[i]
        examine_turn(_number(found[i]), x, pos, _turns.speeds(8))
    require(
        first is not None,
        "far",
        f"right up to position 40, not beyond: {far}; are angles or positions rounded to 16 bits?",
    )
    raise first or AssertionError("one of them differs")


def _said(pos: Tensor) -> str:
    numbers = pos.tolist()
    return "torch.arange(5)" if numbers == [0, 1, 2, 3, 4] else f"torch.tensor({numbers})"


def _number(found: Tensor) -> Tensor:
    return found.detach().to("cpu", F64)


# --- a part -----------------------------------------------------------------------------

PARTS = tuple(
    (_random(4, dh), torch.tensor([0, 1, 5, 30]), share)
    for dh, share in ((16, 0.5), (16, 0.25), (8, 1.0))
)


def _partial(answer: Callable[[Tensor, Tensor, float], Tensor]) -> str:
    found = [answer(x.clone(), pos.clone(), share) for x, pos, share in PARTS]
    right = [_turns.part(*case) for case in PARTS]
    said = [f"partial_rotary(x of shape {tuple(x.shape)}, pos, {share})" for x, _, share in PARTS]
    first = first_difference(found, right, said, atol=1e-4)
    if first is None:
        return "the first channels turn, with speeds of their own width"
    explain(found, _turns.PARTIAL, PARTS, atol=1e-4)
    for mine, (x, pos, share) in zip(found, PARTS, strict=True):
        width = int(x.shape[-1] * share)
        require(
            alike(mine[:, width:], x[:, width:], atol=1e-4),
            "rest",
            f"the channels from {width} on must come back as they were",
        )
        examine_turn(_number(mine)[:, :width], x[:, :width], pos, _turns.speeds(width))
    raise first


# --- weights ----------------------------------------------------------------------------

WEIGHTS = tuple((_random(heads * dh, heads * dh), heads) for heads, dh in ((2, 8), (1, 6), (3, 4)))


def _pairs(answer: Callable[[Tensor, int], Tensor]) -> str:
    found = [answer(weight.clone(), heads) for weight, heads in WEIGHTS]
    right = [_turns.to_pairs(*case) for case in WEIGHTS]
    said = [f"to_pairs(weight of shape {tuple(w.shape)}, {heads})" for w, heads in WEIGHTS]
    first = first_difference(found, right, said, atol=1e-4)
    if first is None:
        return "every score stays what it was"
    explain(found, _turns.PAIRS, WEIGHTS, atol=1e-4)
    for mine, true, (weight, heads) in zip(found, right, WEIGHTS, strict=True):
        if not alike(mine, true, atol=1e-4):
            _wrong_order(_which(_number(mine), weight), _which(true, weight), heads)
    raise first


def _which(found: Tensor, weight: Tensor) -> Tensor:
    """Return for each row which old one it is; raise where it is none."""
    far = (found[:, None] - weight).abs().amax(-1)  # (new, old)
    row = int(far.amin(1).argmax())
    require(
        bool(far.amin(1).max() < 1e-4),
        "not-a-row",
        f"row {row} of the answer is no row of the weight: rows move whole, and none is changed",
    )
    return far.argmin(1)


def _wrong_order(mine: Tensor, true: Tensor, heads: int) -> None:
    """Raise the first property of an order that fails; mine and true are numbers of rows."""
    count = mine.bincount(minlength=len(mine))
    lost, twice = int(count.argmin()), int(count.argmax())
    said = f"row {twice} stands there {count.max()} times, and row {lost} is lost"
    require(bool((count == 1).all()), "rows-lost", said)
    dh = len(mine) // heads
    require(
        bool((mine // dh == true // dh).all()),
        "across-heads",
        f"rows of different heads are mixed: reorder within each of the {heads} heads",
    )
    row = int((mine != true).int().argmax())
    head, place = divmod(row, dh)
    name = f"{'ab'[place % 2]}{place // 2}"
    said = f"row {place} of head {head} must be {name}, old row {true[row]}"
    raise Mistake("order", f"{said}; it is old row {mine[row]}")
