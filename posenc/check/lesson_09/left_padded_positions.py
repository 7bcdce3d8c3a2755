"""Positions under padding: mask -> (b, n)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import explain
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_09.whole_numbers import before, examine_digits, whole_numbers


def left_padded_positions(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``left_padded_positions(mask)``: (b, n) boolean -> (b, n), tokens count from 0.

    What pads get is free, as long as it is not below 0.

    >>> def mine(mask):
    ...     return torch.arange(mask.shape[1]).expand(mask.shape)
    >>> verdict = left_padded_positions(mine)
    ✗ left_padded_positions: It numbers the columns: the first token of row 1 gets 2. Count the \
tokens of each row with cumsum.
    """
    return judge("left_padded_positions", answer, _examine_padding)


def count_words(mask: Tensor) -> Tensor:
    """Return how many tokens stand before each, and 0 for pads before the first."""
    return (mask.cumsum(-1) - 1).clamp(min=0)


def _columns(mask: Tensor) -> Tensor:
    return torch.arange(mask.shape[1]).expand(mask.shape)


def _less(mask: Tensor, pads: Tensor) -> Tensor:
    return (_columns(mask) - pads).clamp(min=0)


def _after_last_pad(mask: Tensor) -> Tensor:
    last = (~mask * (_columns(mask) + 1)).amax(-1, keepdim=True)
    return _less(mask, last)


OWN = "Each row has its own: sum over dim -1 with keepdim=True."
SLIPS = (
    Slip("columns", _columns,
         "It numbers the columns: the first token of row 1 gets 2. Count the tokens of each row "
         "with cumsum.",
         seen="ndif-team/nnsight#672"),
    Slip("starts-at-one", lambda mask: mask.cumsum(-1),
         "The first token gets 1, because cumsum counts the token itself. Subtract 1."),
    Slip("first-two-alike", lambda mask: (mask.cumsum(-1) - 2).clamp(min=0),
         "The first two tokens both get 0. Subtract 1 from the count, not 2."),
    Slip("down-the-batch", lambda mask: (mask.cumsum(0) - 1).clamp(min=0),
         "It counts down the batch, along dim 0. Count along each row, dim -1."),
    Slip("counts-pads", lambda mask: count_words(~mask),
         "It counts the pads. In the mask, True is a token: leave out the ~."),
    Slip("left-only", lambda mask: _less(mask, (~mask).sum(-1, keepdim=True)),
         "It subtracts the number of pads, which is right only with all pads on the left. Count "
         "the tokens with cumsum."),
    Slip("from-first-token", lambda mask: _less(mask, mask.int().argmax(-1, keepdim=True)),
         "It subtracts the first token's column, so a later pad counts: the last token of "
         "[1, 0, 1] gets 2, not 1. Count the tokens with cumsum."),
    Slip("after-last-pad", _after_last_pad,
         "It starts after the last pad, which is right only with all pads on the left. Count the "
         "tokens with cumsum."),
    Slip("all-pads", lambda mask: _less(mask, (~mask).sum()),
         f"It subtracts the pads of all rows together. {OWN}"),
    Slip("most-pads", lambda mask: _less(mask, (~mask).sum(-1).max()),
         f"It subtracts the pads of the row that has most. {OWN}"),
    Slip("fewest-pads", lambda mask: _less(mask, (~mask).sum(-1).min()),
         f"It subtracts the pads of the row that has fewest. {OWN}"),
    Slip("first-row", lambda mask: _less(mask, (~mask[0]).sum()),
         f"It subtracts the first row's pads from every row. {OWN}"),
    Slip("last-row", lambda mask: _less(mask, (~mask[-1]).sum()),
         f"It subtracts the last row's pads from every row. {OWN}"),
    Slip("first-row-counted", lambda mask: count_words(mask)[:1].expand(mask.shape),
         "Every row gets the positions of row 0. Count the tokens of each row along dim -1."),
    Slip("from-the-end", lambda mask: count_words(mask.flip(-1)).flip(-1),
         "It counts from the end of each row: the last token gets 0. The first must get 0."),
    Slip("across-rows",
         lambda mask: (mask.flatten().cumsum(0) - 1).clamp(min=0).reshape(mask.shape),
         "It counts on from row to row. Start each row at 0: cumsum along dim -1, not flattened."),
)  # fmt: skip


def _masks(draw: Draw) -> tuple[Tensor, ...]:
    """Return masks with pads on each side; row 1 of the first has two, as a slip says."""
    n, m, size = draw.near(5, 1), draw.one_of(6, 7), draw.one_of(2, 3)
    full = torch.tensor([n, n - 2, draw.one_of(1, 2), 0, *draw.one_of([], [2], [1, 3])])
    others = torch.tensor([4, 2, draw.one_of(5, 6), 3])
    middle = draw.shuffled([[1, 0, 1], [0, 1, 1], [1, 1, 0]])
    ends = draw.one_of([0, 1], [1], [0, 1, 1, 0])
    later = torch.tensor([[0], [draw.near(177, 40)]])
    return draw.shuffled(
        (
            torch.arange(n) >= n - full[:, None],  # pads on the left
            torch.arange(n) < full[:, None],  # on the right
            torch.arange(size) >= torch.tensor([[0], [1]]),
            torch.arange(m) >= m - others[:, None],  # the first row has pads, too
            torch.tensor(middle).bool(),  # and in the middle
            torch.tensor([[0, 1, 1, 0, 0, 1, *ends]]).bool(),
            torch.arange(draw.near(2100, 40)) >= later,
        )
    )


MASKS = Drawn("left_padded_positions", _masks)


def _examine_padding(answer: Callable[[Tensor], Any]) -> str:
    case = "left_padded_positions(mask)"
    found = [whole_numbers(answer(mask.clone()), mask, case) for mask in MASKS]
    words = [mine[mask] for mine, mask in zip(found, MASKS, strict=True)]
    right = [count_words(mask)[mask] for mask in MASKS]
    if not all(torch.equal(mine, true) for mine, true in zip(words, right, strict=True)):
        explain(words, [_on_words(slip) for slip in SLIPS], [(m,) for m in MASKS])
        examine_digits(words, right)
        for mine, mask in zip(found, MASKS, strict=True):
            _wrong_rows(answer, mine, mask)
    _pads(found)
    return "each row counts its tokens from 0, wherever the pads are"


def _pads(found: list[Tensor]) -> None:
    least = min(int(mine.min()) for mine in found)
    minus_one = all(torch.equal(mine.clamp(min=-1), mine) for mine in found)
    said = f"Pads get {least}, and a table would read its last row for them."
    cure = "Subtract 1 first, then clamp: (count - 1).clamp(min=0)."
    require(least >= 0, "negative", f"{said} {cure if minus_one else 'Clamp last, at 0.'}")


def _on_words(slip: Slip) -> Slip:
    """Return the slip with what it gives to tokens alone, for pads are free."""
    return replace(slip, program=lambda mask: slip.program(mask)[mask])


def _wrong_rows(answer: Callable[[Tensor], Any], found: Tensor, mask: Tensor) -> None:
    """Raise the first property that fails: a row by itself, 0 for its first token, even steps."""
    for row, (mine, words) in enumerate(zip(found, mask, strict=True)):
        alone = whole_numbers(answer(words[None].clone()), mask[:1], "with one row it")
        said = f"Row {row} of {len(mask)} gets other positions than alone. Count each row's own"
        same = torch.equal(alone[0][words], mine[words])
        require(same, "depends-on-others", f"{said} tokens, along dim -1.")
        for count, column in enumerate(words.nonzero()[:, 0].tolist()):
            slug = "steps" if count else "start"
            said = f"In {_short(words)} the token in column {column} gets {mine[column]}."
            if count:
                said += f" In its row {before(count)} before it: it must get {count}."
            else:
                said += " It is the first token: it must get 0."
            require(mine[column] == count, slug, said)


def _short(words: Tensor) -> str:
    return f"the row {words.int().tolist()}" if len(words) < 9 else f"a row of {len(words)}"
