"""Checkers of notebook 09: positions under padding and packing, and one cached step."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check._verdict import Verdict, judge, require
from posenc.functional import angles, inverse_frequencies, rotate_pairs

__all__ = ["cached_step", "left_padded_positions", "packed_positions"]

WIDTH = 8  # of the head in cached_step
Step = Callable[..., Any]  # q, k, v, store, turn -> (dh,)


# --- padding --------------------------------------------------------------------------------


def left_padded_positions(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``left_padded_positions(mask)``: (b, n) boolean -> (b, n), words count from 0.

    What pads get is free, as long as it is not below 0.

    >>> def mine(mask):
    ...     return torch.arange(mask.shape[1]).expand(mask.shape)
    >>> verdict = left_padded_positions(mine)
    ✗ left_padded_positions: it numbers the columns: row 1's first word stands in column 2, not 0
    """
    return judge("left_padded_positions", answer, _examine_padding)


def _examine_padding(answer: Callable[[Tensor], Any]) -> str:
    lengths = torch.tensor([5, 3, 1, 0])
    for mask in (
        torch.arange(5) >= 5 - lengths[:, None],  # pads on the left
        torch.arange(5) < lengths[:, None],  # on the right
        torch.tensor([[True, True], [False, True]]),
    ):
        found = _whole_numbers(answer(mask.clone()), mask, "left_padded_positions(mask)")
        right = (mask.cumsum(-1) - 1).clamp(min=0)
        if not torch.equal(found[mask], right[mask]):
            _name_padding(found, right, mask)
        require(
            bool((found >= 0).all()),
            "negative",
            "pads get positions below 0: a table would be read from its end; clamp them",
        )
    return "right: each row's words count from 0, wherever the pads stand"


def _name_padding(found: Tensor, right: Tensor, mask: Tensor) -> None:
    columns = torch.arange(mask.shape[1]).expand(mask.shape)
    require(
        not torch.equal(found[mask], columns[mask]),
        "columns",
        "it numbers the columns: row 1's first word stands in column 2, not 0",
    )
    require(
        not torch.equal(found[mask], right[mask] + 1),
        "starts-at-one",
        "the first word gets 1: cumsum counts the word itself, so take one off",
    )
    down, pads = (mask.cumsum(0)[mask], (~mask).cumsum(-1)[mask])
    for slug, slip, message in (
        ("down-the-batch", down, "it counts down the batch (dim 0): count along each row, dim -1"),
        ("counts-pads", pads, "it counts the pads: in the mask, True is a word"),
    ):
        less = (slip - 1).clamp(min=0)
        near = torch.equal(found[mask], slip) or torch.equal(found[mask], less)
        require(not near, slug, message)
    _first_wrong(found, right, mask)


def _first_wrong(found: Tensor, right: Tensor, mask: Tensor) -> None:
    wrong = (found != right) & mask
    if wrong.any():
        row, column = (int(i) for i in wrong.nonzero()[0])
        require(
            False,
            "value",
            f"with the mask {mask.int().tolist()} the word at [{row}, {column}] must be "
            f"{right[row, column]}; it is {found[row, column]}",
        )


def _whole_numbers(found: object, like: Tensor, case: str) -> Tensor:
    require(
        isinstance(found, Tensor),
        "not-a-tensor",
        f"{case} must return a tensor; it returned {type(found).__name__}",
    )
    assert isinstance(found, Tensor)
    require(
        found.shape == like.shape,
        "shape",
        f"{case} must have shape {tuple(like.shape)}; it has {tuple(found.shape)}",
    )
    require(
        not found.is_floating_point() and found.dtype != torch.bool,
        "dtype",
        f"{case} must hold whole numbers, since a table is read by them; it holds {found.dtype}",
    )
    return found.long()


# --- packing --------------------------------------------------------------------------------


def packed_positions(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``packed_positions(doc_ids)``: (n,) -> (n,), each document counts from 0.

    >>> verdict = packed_positions(lambda ids: torch.arange(len(ids)))
    ✗ packed_positions: nothing restarts: with [0, 0, 0, 1, 1] the fourth word must get 0, not 3
    """
    return judge("packed_positions", answer, _examine_packing)


def _examine_packing(answer: Callable[[Tensor], Any]) -> str:
    for ids in ([0, 0, 0, 1, 1], [4, 4, 7, 7, 7, 7, 7, 9], [3, 1, 1, 2, 2, 2, 0], [5], [6, 6, 6]):
        doc_ids = torch.tensor(ids)
        case = f"packed_positions({ids})"
        found = _whole_numbers(answer(doc_ids.clone()), doc_ids, case).tolist()
        right = [i - ids.index(doc) for i, doc in enumerate(ids)]
        require(
            ids != [0, 0, 0, 1, 1] or found != list(range(5)),
            "no-restart",
            "nothing restarts: with [0, 0, 0, 1, 1] the fourth word must get 0, not 3",
        )
        require(
            found != [p + 1 for p in right],
            "starts-at-one",
            f"{case} begins each document at 1; it must begin at 0",
        )
        require(
            len(ids) == 1 or found != [ids.index(doc) for doc in ids] or max(found) == 0,
            "beginnings",
            f"{case} says where each document begins: take that off each index",
        )
        for i, (mine, true) in enumerate(zip(found, right, strict=True)):
            require(mine == true, "value", f"{case} at [{i}] must be {true}; it is {mine}")
    return "right: every document counts from 0, whatever its number and length"


# --- one step with a cache ------------------------------------------------------------------


def cached_step(answer: Step) -> Verdict:
    """Check ``cached_step(q, k, v, store, turn)``: one head's decode step over *turned* keys.

    ``q, k, v`` are (dh,), ``turn(x, p)`` turns by position p, and ``store`` is a dict of
    ``keys`` and ``values`` (lists of (dh,)) and ``seen``, how many words came so far; the
    step keeps all three. After some steps the checker evicts the oldest keys.

    >>> def mine(q, k, v, store, turn):
    ...     return v
    >>> verdict = cached_step(mine)
    ✗ cached_step: after the first step store["keys"] must hold 1 key; it holds 0
    """
    return judge("cached_step", answer, _examine_step)


def _examine_step(answer: Step) -> str:
    generator = torch.Generator().manual_seed(9)
    q, k, v = torch.randn(3, 9, WIDTH, generator=generator, dtype=torch.float64)
    store: dict[str, Any] = {"keys": [], "values": [], "seen": 0}
    kept: list[int] = []  # which words stand in the store
    for i in range(9):
        if i == 6:  # the window is full: the three oldest go
            del store["keys"][:3], store["values"][:3], kept[:3]
        kept.append(i)
        out = answer(q[i].clone(), k[i].clone(), v[i].clone(), store, _turn)
        _examine_store(store, i, kept, k)
        _examine_out(out, i, kept, (q, k, v))
    return "right: step by step equals the full pass, also after an eviction"


def _turn(x: Tensor, p: int) -> Tensor:
    """Turn neighbouring channels of (dh,) by p times their speeds."""
    speeds = inverse_frequencies(WIDTH, dtype=torch.float64)
    return rotate_pairs(x[None], angles(torch.tensor([p]), speeds))[0]


def _examine_store(store: dict[str, Any], i: int, kept: list[int], k: Tensor) -> None:
    step = "the first step" if i == 0 else f"step {i}"
    for name in ("keys", "values"):
        size = len(store[name])
        things = name if len(kept) > 1 else name[:-1]
        require(
            size == len(kept),
            f"{name}-not-kept",
            f'after {step} store["{name}"] must hold {len(kept)} {things}; it holds {size}',
        )
    key = store["keys"][-1]
    require(isinstance(key, Tensor), "not-a-tensor", "the store must hold tensors of (dh,)")
    if not torch.allclose(key, _turn(k[i], i)):
        _name_position(key, i, kept, k)
    require(
        store["seen"] == i + 1,
        "seen-not-counted",
        f'after {step} store["seen"] must be {i + 1}; it is {store["seen"]}',
    )
    require(
        not _stale(store, kept, k),
        "turned-twice",
        f"at step {i} keys that were turned before are turned again: turn each once, as it comes",
    )


def _name_position(key: Tensor, i: int, kept: list[int], k: Tensor) -> None:
    """Say as which position the newest key was turned instead."""
    near = [p for p in range(2 * i + 2) if torch.allclose(key, _turn(k[i], p))]
    reasons = {
        i + 1: ("one-late", ": counted after the word was added"),
        0: ("at-zero", ": a step of one word counted anew, or a key not turned at all"),
    }
    if len(kept) <= i:  # something was evicted
        reasons[len(kept) - 1] = ("cache-length", ": after the eviction, its place in the store")
    slug, why = reasons.get(near[0], ("position", "")) if near else ("not-turned", "")
    told = f"as position {near[0]}" if near else "by no position of this text"
    require(
        False, slug, f"word {i} must be turned as position {i}; its key is turned {told}{why}"
    )  # fmt: skip


def _stale(store: dict[str, Any], kept: list[int], k: Tensor) -> bool:
    pairs = zip(store["keys"], kept, strict=True)
    return any(not torch.allclose(key, _turn(k[p], p)) for key, p in pairs)


def _examine_out(out: object, i: int, kept: list[int], heads: tuple[Tensor, ...]) -> None:
    require(
        isinstance(out, Tensor) and out.shape == (WIDTH,),
        "shape",
        f"cached_step must return a tensor of shape ({WIDTH},)",
    )
    assert isinstance(out, Tensor)
    for slug, wrong, message in _outputs(i, kept, heads):
        if torch.allclose(out, wrong, atol=1e-6):
            require(not slug, slug, message)
            return
    alone = ": it sees itself alone, so its output is its own value" if i == 0 else ""
    require(False, "value", f"step {i} differs from the full pass at word {i}{alone}")


def _outputs(
    i: int, kept: list[int], heads: tuple[Tensor, ...]
) -> tuple[tuple[str, Tensor, str], ...]:
    """Return what word i may come out as, the right answer first: slug, output, what to say."""
    q, k, v = heads
    root, query = math.sqrt(WIDTH), _turn(q[i], i)
    keys, values = torch.stack([_turn(k[p], p) for p in kept]), v[kept]
    turned = torch.stack([_turn(v[p], p) for p in kept])
    scores = keys @ query
    weights = (scores / root).softmax(0)
    return (
        ("", weights @ values, ""),
        ("scale", scores.softmax(0) @ values, "the scores are not divided by √dh"),
        ("scale-by-count", (scores / math.sqrt(len(kept))).softmax(0) @ values,
         "the scores are divided by the root of how many keys there are; it must be √dh"),
        ("query-not-turned", (keys @ q[i] / root).softmax(0) @ values,
         "the query is not turned; the keys are"),
        ("values-turned", weights @ turned,
         "the values are turned too: only query and key carry the position"),
        ("no-softmax", scores / root @ values,
         "the softmax is missing: the weights must be positive and sum to 1"),
    )  # fmt: skip
