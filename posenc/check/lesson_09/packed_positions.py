"""Positions of packed documents: doc_ids -> (n,)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import explain
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_09.whole_numbers import whole_numbers


def packed_positions(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``packed_positions(doc_ids)``: (n,) -> (n,), each document counts from 0.

    >>> verdict = packed_positions(lambda ids: torch.arange(len(ids)))
    ✗ packed_positions: nothing restarts: with [0, 0, 0, 1, 1] the fourth word must get 0, not 3
    """
    return judge("packed_positions", answer, _examine_packing)


def packed(ids: Tensor, new: Callable[[Tensor], Tensor] = lambda step: step != 0) -> Tensor:
    """Return positions that restart where ``new`` holds of the step to the next id."""
    p = torch.arange(len(ids))
    return p - (p * torch.cat((torch.tensor([True]), new(ids.diff())))).cummax(0).values


def _begins(ids: Tensor) -> Tensor:
    return torch.arange(len(ids)) - packed(ids)


def _by_number(ids: Tensor) -> Tensor:
    _, where, counts = ids.unique(return_inverse=True, return_counts=True)
    return torch.arange(len(ids)) - (counts.cumsum(0) - counts)[where]


def _by_last_length(ids: Tensor) -> Tensor:
    counts = ids.unique_consecutive(return_counts=True)[1]
    before = torch.cat((torch.zeros(1, dtype=torch.long), counts[:-1]))
    return torch.arange(len(ids)) - before.repeat_interleave(counts)


SLIPS = (
    Slip("no-restart", lambda ids: torch.arange(len(ids)),
         "nothing restarts: with [0, 0, 0, 1, 1] the fourth word must get 0, not 3",
         seen="huggingface/nanoVLM#201"),
    Slip("starts-at-one", lambda ids: packed(ids) + 1,
         "each document must count from 0, not from 1"),
    Slip("beginnings", _begins, "it says where each document begins: take that off each index"),
    Slip("only-rising", lambda ids: packed(ids, lambda step: step > 0),
         "it restarts only where the number rises; documents have numbers in any order: diff != 0"),
    Slip("only-falling", lambda ids: packed(ids, lambda step: step < 0),
         "it restarts only where the number falls; documents have numbers in any order: diff != 0"),
    Slip("only-by-one", lambda ids: packed(ids, lambda step: step == 1),
         "it restarts only where the number grows by 1; any change is a new document: diff != 0"),
    Slip("within", lambda ids: packed(ids, lambda step: step == 0),
         "it restarts within the documents and counts on between them: diff != 0 is a beginning"),
    Slip("numbers", lambda ids: ids, "these are the documents' numbers: count the words of each"),
    Slip("which-document",
         lambda ids: torch.cat((torch.zeros(1, dtype=torch.long), (ids.diff() != 0).cumsum(0))),
         "this says which document a word is in, 0, 1, 2, …: count the words of each"),
    Slip("by-number", _by_number,
         "the documents' beginnings are those of their numbers in order; they come in any order"),
    Slip("last-length", _by_last_length,
         "a document begins after all before it together, not after the length of the last one"),
    Slip("no-cummax", lambda ids: _begins(ids).where(packed(ids) != 0, 0) + packed(ids),
         "only the first word of a document is reset: carry its beginning on, with cummax"),
    Slip("from-the-end", lambda ids: packed(ids.flip(0)).flip(0),
         "each document is counted from its end: its first word gets 0"),
    Slip("lengths",
         lambda ids:
             ids.unique_consecutive(return_inverse=True, return_counts=True)[2][
                 ids.unique_consecutive(return_inverse=True)[1]],
         "this is how long each document is: count its words from 0"),
)  # fmt: skip
DOCUMENTS = (
    [0, 0, 0, 1, 1], [4, 4, 7, 7, 7, 7, 7, 9], [3, 1, 1, 2, 2, 2, 0], [5], [6, 6, 6],
    [8] * 300 + [2] * 40,
)  # fmt: skip


def _examine_packing(answer: Callable[[Tensor], Any]) -> str:
    cases = [torch.tensor(ids) for ids in DOCUMENTS]
    said = [f"packed_positions({ids if len(ids) < 9 else '[8, 8, …]'})" for ids in DOCUMENTS]
    found = [
        whole_numbers(answer(ids.clone()), ids, case) for ids, case in zip(cases, said, strict=True)
    ]
    right = [packed(ids) for ids in cases]
    if all(torch.equal(mine, true) for mine, true in zip(found, right, strict=True)):
        return "right: every document counts from 0, whatever its number and length"
    explain(found, SLIPS, [(ids,) for ids in cases])
    for mine, true, case in zip(found, right, said, strict=True):
        for i, (number, count) in enumerate(zip(mine.tolist(), true.tolist(), strict=True)):
            slug = "not-restarted" if i and number == mine[i - 1] + 1 else "start"
            words = "where a document begins,"
            if count:
                slug, words = "steps", "within a document"
            require(
                number == count, slug, f"{words} {case} at [{i}] must be {count}; it is {number}"
            )
    raise AssertionError("one of them differs")
