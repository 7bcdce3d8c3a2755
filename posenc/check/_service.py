"""Checkers of notebook 09: positions under padding and packing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from posenc.check._slips import _serving
from posenc.check.engine.compare import explain
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require

__all__ = ["left_padded_positions", "packed_positions"]


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


def _masks() -> tuple[Tensor, ...]:
    lengths, others = torch.tensor([5, 3, 1, 0]), torch.tensor([4, 2, 5, 3])
    return (
        torch.arange(5) >= 5 - lengths[:, None],  # pads on the left
        torch.arange(5) < lengths[:, None],  # on the right
        torch.tensor([[True, True], [False, True]]),
        torch.arange(6) >= 6 - others[:, None],  # the first row has pads, too
        torch.arange(300) >= torch.tensor([[0], [177]]),
    )


MASKS = _masks()


def _examine_padding(answer: Callable[[Tensor], Any]) -> str:
    case = "left_padded_positions(mask)"
    found = [_whole_numbers(answer(mask.clone()), mask, case) for mask in MASKS]
    words = [mine[mask] for mine, mask in zip(found, MASKS, strict=True)]
    right = [_serving.count_words(mask)[mask] for mask in MASKS]
    if not all(torch.equal(mine, true) for mine, true in zip(words, right, strict=True)):
        explain(words, [_on_words(slip) for slip in _serving.PADDED], [(m,) for m in MASKS])
        for mine, mask in zip(found, MASKS, strict=True):
            _wrong_rows(answer, mine, mask)
    require(
        all(bool((mine >= 0).all()) for mine in found),
        "negative",
        "pads get positions below 0: a table would be read from its end; clamp them",
    )
    return "right: each row's words count from 0, wherever the pads stand"


def _on_words(slip: Slip) -> Slip:
    """Return the slip with what it gives to words alone, for pads are free."""
    return replace(slip, program=lambda mask: slip.program(mask)[mask])


def _wrong_rows(answer: Callable[[Tensor], Any], found: Tensor, mask: Tensor) -> None:
    """Raise the first property that fails: a row by itself, 0 for its first word, even steps."""
    for row, (mine, words) in enumerate(zip(found, mask, strict=True)):
        alone = _whole_numbers(answer(words[None].clone()), mask[:1], "with one row it")
        require(
            torch.equal(alone[0][words], mine[words]),
            "depends-on-others",
            f"row {row} is counted otherwise when it stands alone: each row counts its own words",
        )
        where = words.nonzero()[:, 0].tolist()
        for count, column in enumerate(where):
            slug = "steps" if count else "start"
            said = f"{_short(words)}: the word in column {column} must get {count}"
            require(mine[column] == count, slug, f"in {said}; it gets {mine[column]}")


def _short(words: Tensor) -> str:
    return f"the row {words.int().tolist()}" if len(words) < 9 else f"a row of {len(words)}"


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


DOCUMENTS = (
    [0, 0, 0, 1, 1], [4, 4, 7, 7, 7, 7, 7, 9], [3, 1, 1, 2, 2, 2, 0], [5], [6, 6, 6],
    [8] * 300 + [2] * 40,
)  # fmt: skip


def _examine_packing(answer: Callable[[Tensor], Any]) -> str:
    cases = [torch.tensor(ids) for ids in DOCUMENTS]
    said = [f"packed_positions({ids if len(ids) < 9 else '[8, 8, …]'})" for ids in DOCUMENTS]
    found = [
        _whole_numbers(answer(ids.clone()), ids, case)
        for ids, case in zip(cases, said, strict=True)
    ]
    right = [_serving.packed(ids) for ids in cases]
    if all(torch.equal(mine, true) for mine, true in zip(found, right, strict=True)):
        return "right: every document counts from 0, whatever its number and length"
    explain(found, _serving.PACKED, [(ids,) for ids in cases])
    for mine, true, case in zip(found, right, said, strict=True):
        for i, (number, count) in enumerate(zip(mine.tolist(), true.tolist(), strict=True)):
            slug = (
                "steps"
                if count
                else "not-restarted"
                if i and number == mine[i - 1] + 1
                else "start"
            )
            words = "within a document" if count else "where a document begins,"
            require(
                number == count, slug, f"{words} {case} at [{i}] must be {count}; it is {number}"
            )
    raise AssertionError("one of them differs")
