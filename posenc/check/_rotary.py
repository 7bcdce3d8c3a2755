"""Checkers of notebook 07: turning neighbours, turning a part, weights for another layout."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check._speeds import SAYS, WRONG_SPEEDS
from posenc.check._verdict import Mistake, Remark, Verdict, judge, require, same

__all__ = ["partial_rotary", "rotary", "to_pairs"]

F64 = torch.float64


def rotary(answer: object) -> Verdict:
    """Check ``answer(x, pos)``, RoPE on neighbouring channels: (..., n, dh), (n,) -> (..., n, dh).

    >>> speeds = functional.inverse_frequencies
    >>> _ = rotary(lambda x, pos: functional.rotate_pairs(
    ...     x, functional.angles(pos, speeds(x.shape[-1]))))
    ✓ rotary: every pair turns by its own speed times the position
    """
    return judge("rotary", answer, _rotary)


def partial_rotary(answer: object) -> Verdict:
    """Check ``answer(x, pos, share)``: the first share of the channels turns, the rest stays.

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


def _turned(x: Tensor, pos: Tensor, speeds: Tensor) -> Tensor:
    return functional.rotate_pairs(x, functional.angles(pos, speeds.to(F64)))


def _speeds(dim: int) -> Tensor:
    return functional.inverse_frequencies(dim, dtype=F64)


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=F64, generator=torch.Generator().manual_seed(7))


def _close(found: Tensor, other: Tensor, atol: float = 1e-4) -> bool:
    return found.shape == other.shape and torch.allclose(found, other, rtol=1e-4, atol=atol)


def _rotary(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    for pos, said in (
        (torch.arange(5), "torch.arange(5)"),
        (torch.tensor([7, 0, 3, 40, 2]), "torch.tensor([7, 0, 3, 40, 2])"),
    ):
        for x, shape in ((_random(5, 8), "(5, 8)"), (_random(2, 3, 5, 8), "(2, 3, 5, 8)")):
            found = answer(x.clone(), pos.clone())
            right = _turned(x, pos, _speeds(8))
            if isinstance(found, Tensor) and found.shape == right.shape:
                _why(found.detach().to("cpu", F64), x, pos, right)
            same(found, right, case=f"rotary(x of shape {shape}, {said})")
    return "every pair turns by its own speed times the position"


def _why(found: Tensor, x: Tensor, pos: Tensor, right: Tensor) -> None:
    """Raise the mistake, or the remark, that explains a wrong turn."""
    if _close(found, right):
        return
    theta = functional.angles(pos, _speeds(8))
    if _close(found, functional.rotate_pairs(x, -theta)):
        raise Remark(
            "equivalent: clockwise, by −θ; the score depends on the difference all the same, "
            "and the weights of the other direction do not fit"
        )
    require(
        not _close(found, functional.rotate_halves(x, theta)),
        "halves",
        "channels i and i + dh/2 turn together; here neighbours do, 2i and 2i + 1",
    )
    require(not _close(found, x), "stands-still", "nothing turns: x comes back as it was")
    _wrong_places(found, right)
    _wrong_angles(found, x, pos)


def _wrong_places(found: Tensor, right: Tensor) -> None:
    """Raise where the turned channels are right, and stand in another order."""
    require(
        not _close(found, torch.cat((right[..., 0::2], right[..., 1::2]), -1)),
        "firsts-then-seconds",
        "turned right, put together wrong: all first channels stand before all second ones; "
        "put each pair back into 2i and 2i + 1",
    )
    require(
        not _close(found, right.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)),
        "exchanged",
        "turned right, but the two channels of each pair are exchanged: a cos θ − b sin θ is first",
    )


def _wrong_angles(found: Tensor, x: Tensor, pos: Tensor) -> None:
    """Raise where the neighbours turn, but not by their speed times the position."""
    require(
        not _close(found, _turned(x, torch.arange(len(pos)), _speeds(8))),
        "ignores-pos",
        "the rows turn by 0, 1, 2, …; they must turn by pos",
    )
    require(
        not _close(found, _turned(x, pos, torch.ones(4))),
        "one-speed",
        "all pairs turn at one speed; pair i must turn at base^(-2i/dh)",
    )
    _lengths(found, x)
    i = torch.arange(4, dtype=F64)
    for slug, rule in WRONG_SPEEDS.items():
        require(not _close(found, _turned(x, pos, rule(i, 8, 10_000.0))), slug, SAYS[slug])


def _lengths(found: Tensor, x: Tensor) -> None:
    """Raise unless every pair has kept its length, as a turn does."""
    size, before = (t.unflatten(-1, (-1, 2)).norm(dim=-1) for t in (found, x))  # (..., n, m)
    off = (size - before).abs() > 1e-3 * (1 + before)
    if off.any():
        pair = int(off.nonzero()[0][-1])
        raise Mistake(
            "length",
            f"the length of pair {pair} changes, so it does not turn: one minus, before the sine "
            "of the first channel, and both channels from the old x, at one angle",
        )


# --- a part -----------------------------------------------------------------------------


def _partial(answer: Callable[[Tensor, Tensor, float], Tensor]) -> str:
    pos = torch.tensor([0, 1, 5, 30])
    for dh, share in ((16, 0.5), (16, 0.25), (8, 1.0)):
        x = _random(4, dh)
        found = answer(x.clone(), pos.clone(), share)
        right = _turned(x, pos, _speeds(int(dh * share)))
        if isinstance(found, Tensor) and found.shape == right.shape:
            _wrong_part(found.detach().to("cpu", F64), x, pos, right, share)
        same(found, right, case=f"partial_rotary(x of shape (4, {dh}), pos, {share})")
    return "the first channels turn, with speeds of their own width"


def _wrong_part(found: Tensor, x: Tensor, pos: Tensor, right: Tensor, share: float) -> None:
    if _close(found, right):
        return
    dh = x.shape[-1]
    width = int(dh * share)
    require(
        not _close(found, _turned(x, pos, _speeds(dh)[: width // 2])),
        "whole-head",
        f"these speeds are the fastest of the whole head, as in p-RoPE; make {width} channels' own",
    )
    require(
        width == dh or not _close(found, _turned(x, pos, _speeds(dh))),
        "everything",
        f"all {dh} channels turn; the first {width} should",
    )
    last = torch.cat((x[:, :-width], _turned(x[:, -width:], pos, _speeds(width))), -1)
    require(not _close(found, last), "last", f"the last {width} channels turn; the first should")
    _half_of_it(found, x, pos, width)
    require(
        _close(found[:, width:], x[:, width:]),
        "rest",
        f"the channels from {width} on must come back as they were",
    )


def _half_of_it(found: Tensor, x: Tensor, pos: Tensor, width: int) -> None:
    """Raise where the share was taken of the pairs, and read as channels."""
    few = width // 2
    require(
        not _close(found, torch.cat((_turned(x[:, :few], pos, _speeds(few)), x[:, few:]), -1)),
        "half-of-it",
        f"only {few} channels turn, {width} should: share is a part of the channels, "
        "not of the pairs",
    )


# --- weights ----------------------------------------------------------------------------


def _pairs(answer: Callable[[Tensor, int], Tensor]) -> str:
    for heads, dh in ((2, 8), (1, 6), (3, 4)):
        weight = _random(heads * dh, heads * dh)
        found = answer(weight.clone(), heads)
        right = _to_pairs(weight, heads)
        if isinstance(found, Tensor) and found.shape == right.shape:
            _wrong_order(found.detach().to("cpu", F64), weight, heads, right)
        same(found, right, case=f"to_pairs(weight of shape {tuple(weight.shape)}, {heads})")
    return "every score stays what it was"


def _to_pairs(weight: Tensor, heads: int) -> Tensor:
    return weight.unflatten(0, (heads, 2, -1)).transpose(1, 2).flatten(0, 2)


def _wrong_order(found: Tensor, weight: Tensor, heads: int, right: Tensor) -> None:
    if _close(found, right):
        return
    require(not _close(found, weight), "unchanged", "the rows are in their old order")
    require(
        not _close(found, weight.unflatten(0, (heads, -1, 2)).transpose(1, 2).flatten(0, 2)),
        "other-way",
        "this is the way from neighbours to halves; the way back is asked for",
    )
    _stay_at_home(found, weight, heads)
    require(
        not _close(found, right.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)),
        "exchanged",
        "the two rows of each pair are exchanged: a0 comes before b0",
    )
    require(
        not _close(found, _to_pairs(weight.T, heads).T),
        "columns",
        "the columns are reordered: those belong to x; the rows make the channels of q",
    )


def _stay_at_home(found: Tensor, weight: Tensor, heads: int) -> None:
    """Raise where rows were moved, none changed, and some ended in another head."""
    mine, old = (t[:, 0].unflatten(0, (heads, -1)) for t in (found, weight))  # (h, dh)
    moved = _close(mine.flatten().sort().values, old.flatten().sort().values)
    require(
        not moved or _close(mine.sort(-1).values, old.sort(-1).values),
        "across-heads",
        f"rows of different heads are mixed: reorder within each of the {heads} heads",
    )
