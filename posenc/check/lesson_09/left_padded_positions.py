"""Positions under padding: mask -> (b, n)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import explain
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_09.whole_numbers import whole_numbers


def left_padded_positions(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``left_padded_positions(mask)``: (b, n) boolean -> (b, n), words count from 0.

    What pads get is free, as long as it is not below 0.

    >>> def mine(mask):
    ...     return torch.arange(mask.shape[1]).expand(mask.shape)
    >>> verdict = left_padded_positions(mine)
    ✗ left_padded_positions: it numbers the columns: row 1's first word stands in column 2, not 0
    """
    return judge("left_padded_positions", answer, _examine_padding)


def count_words(mask: Tensor) -> Tensor:
    """Return how many words stand before each, and 0 for pads before the first."""
    return (mask.cumsum(-1) - 1).clamp(min=0)


def _columns(mask: Tensor) -> Tensor:
    return torch.arange(mask.shape[1]).expand(mask.shape)


def _less(mask: Tensor, pads: Tensor) -> Tensor:
    return (_columns(mask) - pads).clamp(min=0)


SLIPS = (
    Slip("columns", _columns,
         "it numbers the columns: row 1's first word stands in column 2, not 0",
         seen="ndif-team/nnsight#672"),
    Slip("starts-at-one", lambda mask: mask.cumsum(-1),
         "the first word gets 1: cumsum counts the word itself, so take one off"),
    Slip("first-two-alike", lambda mask: (mask.cumsum(-1) - 2).clamp(min=0),
         "the first two words both get 0: take one off the count, not two"),
    Slip("down-the-batch", lambda mask: (mask.cumsum(0) - 1).clamp(min=0),
         "it counts down the batch (dim 0): count along each row, dim -1"),
    Slip("counts-pads", lambda mask: count_words(~mask),
         "it counts the pads: in the mask, True is a word"),
    Slip("left-only", lambda mask: _less(mask, (~mask).sum(-1, keepdim=True)),
         "it takes off the number of pads, which fits pads on the left alone: count the words"),
    Slip("all-pads", lambda mask: _less(mask, (~mask).sum()),
         "it takes off the pads of all rows together: each row has its own"),
    Slip("most-pads", lambda mask: _less(mask, (~mask).sum(-1).max()),
         "it takes off the pads of the row that has most: each row has its own"),
    Slip("first-row", lambda mask: _less(mask, (~mask[0]).sum()),
         "it takes off the first row's pads from every row: each row has its own"),
    Slip("from-the-end", lambda mask: count_words(mask.flip(-1)).flip(-1),
         "it counts from the end of each row: the first word gets 0"),
    Slip("across-rows",
         lambda mask: (mask.flatten().cumsum(0) - 1).clamp(min=0).reshape(mask.shape),
         "it counts on from row to row: each row begins at 0"),
)  # fmt: skip


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
    found = [whole_numbers(answer(mask.clone()), mask, case) for mask in MASKS]
    words = [mine[mask] for mine, mask in zip(found, MASKS, strict=True)]
    right = [count_words(mask)[mask] for mask in MASKS]
    if not all(torch.equal(mine, true) for mine, true in zip(words, right, strict=True)):
        explain(words, [_on_words(slip) for slip in SLIPS], [(m,) for m in MASKS])
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
        alone = whole_numbers(answer(words[None].clone()), mask[:1], "with one row it")
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
