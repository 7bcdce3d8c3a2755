"""Positions of packed documents: doc_ids -> (n,)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import explain
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_09.whole_numbers import before, examine_digits, whole_numbers


def packed_positions(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``packed_positions(doc_ids)``: (n,) -> (n,), each document counts from 0.

    >>> verdict = packed_positions(lambda ids: torch.arange(len(ids)))
    ✗ packed_positions: The count never restarts: with [0, 0, 0, 1, 1] the fourth token gets 3. \
Restart at 0 where doc_ids changes.
    """
    return judge("packed_positions", answer, _examine_packing)


def _changes(ids: Tensor) -> Tensor:
    """Return where a document begins, index 0 left out, (n - 1,)."""
    return ids.diff() != 0


def packed(ids: Tensor, new: Callable[[Tensor], Tensor] = lambda step: step != 0) -> Tensor:
    """Return positions that restart where ``new`` holds of the step to the next id."""
    return _since(torch.cat((torch.tensor([True]), new(ids.diff()))))


def _since(begins: Tensor) -> Tensor:
    p = torch.arange(len(begins))
    return p - (p * begins).cummax(0).values


def _begins(ids: Tensor) -> Tensor:
    return torch.arange(len(ids)) - packed(ids)


def _by_number(ids: Tensor) -> Tensor:
    _, where, counts = ids.unique(return_inverse=True, return_counts=True)
    return torch.arange(len(ids)) - (counts.cumsum(0) - counts)[where]


def _sorted(ids: Tensor) -> Tensor:
    return torch.cat([torch.arange(int(n)) for n in ids.unique(return_counts=True)[1]])


def _by_last_length(ids: Tensor) -> Tensor:
    counts = ids.unique_consecutive(return_counts=True)[1]
    before = torch.cat((torch.zeros(1, dtype=torch.long), counts[:-1]))
    return torch.arange(len(ids)) - before.repeat_interleave(counts)


def _early(ids: Tensor, last: bool = False) -> Tensor:
    return _since(torch.cat((_changes(ids), torch.tensor([last]))))


def _late(ids: Tensor) -> Tensor:
    begins = torch.cat((torch.tensor([True]), _changes(ids))).roll(1)
    return _since(begins)


def _last_alone(ids: Tensor) -> Tensor:
    return torch.arange(len(ids)) - _begins(ids).max()


def _sums(ids: Tensor) -> Tensor:
    begins = torch.cat((torch.tensor([True]), _changes(ids)))
    p = torch.arange(len(ids))
    return p - (p * begins).cumsum(0)


def _steps_within(ids: Tensor) -> Tensor:
    return torch.cat((torch.zeros(1, dtype=torch.long), (ids.diff() == 0).cumsum(0)))


def _first_length(ids: Tensor) -> Tensor:
    return torch.arange(len(ids)) % int(ids.unique_consecutive(return_counts=True)[1][0])


def _numbers_in(dtype: torch.dtype, says: str) -> Slip:
    """Return the slip of comparing the documents' numbers in another type."""
    return Slip(
        f"numbers-in-{str(dtype).removeprefix('torch.')}",
        lambda ids: packed(ids.to(dtype)),
        f"The documents' numbers {says}. Compare them as they came.",
    )


ANY_ORDER = "Documents have numbers in any order: use diff != 0."
SLIPS = (
    Slip("no-restart", lambda ids: torch.arange(len(ids)),
         "The count never restarts: with [0, 0, 0, 1, 1] the fourth token gets 3. Restart at 0 "
         "where doc_ids changes.",
         seen="huggingface/nanoVLM#201"),
    Slip("starts-at-one", lambda ids: packed(ids) + 1,
         "Each document counts from 1. Count from 0."),
    Slip("beginnings", _begins,
         "It returns where each token's document begins. Subtract that from the token's index."),
    Slip("only-rising", lambda ids: packed(ids, lambda step: step > 0),
         f"It restarts only where the number rises. {ANY_ORDER}"),
    Slip("only-falling", lambda ids: packed(ids, lambda step: step < 0),
         f"It restarts only where the number falls. {ANY_ORDER}"),
    Slip("only-by-one", lambda ids: packed(ids, lambda step: step == 1),
         f"It restarts only where the number grows by 1. {ANY_ORDER}"),
    Slip("within", lambda ids: packed(ids, lambda step: step == 0),
         "It restarts within documents and counts on between them. A document begins where "
         "diff != 0."),
    Slip("numbers", lambda ids: ids,
         "It returns the documents' numbers. Count the tokens of each document."),
    Slip("which-document",
         lambda ids: torch.cat((torch.zeros(1, dtype=torch.long), (ids.diff() != 0).cumsum(0))),
         "It returns which document a token is in, 0, 1, 2, …. Count the tokens of each document."),
    Slip("by-number", _by_number,
         "It takes the documents in the order of their numbers. They stand in any order: use "
         "unique_consecutive, which does not sort."),
    Slip("sorted", _sorted,
         "unique sorts the documents by number, so their lengths are in another order. Use "
         "unique_consecutive."),
    Slip("last-length", _by_last_length,
         "It subtracts the length of the document before. Subtract that of all documents before."),
    Slip("first-length", _first_length,
         "It restarts after every length of the first document. Restart where doc_ids changes."),
    Slip("no-cummax", lambda ids: _begins(ids).where(packed(ids) != 0, 0) + packed(ids),
         "Only the first token of a document is reset. Carry its beginning on, with cummax."),
    Slip("max", _last_alone,
         "max gives the last beginning of all, and every token subtracts it. Use cummax: the last "
         "beginning so far."),
    Slip("cumsum", _sums,
         "cumsum adds up all beginnings so far. Use cummax: the last beginning so far."),
    Slip("one-early", _early,
         "Each document begins one token early. diff has n − 1 entries, from index 1 on: put the "
         "extra entry first, not last."),
    Slip("one-early-too", lambda ids: _early(ids, last=True),
         "Each document begins one token early. diff has n − 1 entries, from index 1 on: put the "
         "extra entry, True, first."),
    Slip("one-late", _late,
         "Each document begins one token late. Its first token is where doc_ids differs from the "
         "token before: no roll."),
    Slip("never-reset", _steps_within,
         "It counts tokens that continue a document, and never resets the count. Subtract the "
         "index at which the document begins."),
    Slip("from-the-end", lambda ids: packed(ids.flip(0)).flip(0),
         "It counts each document from its end: its last token gets 0. Count from its first."),
    Slip("lengths",
         lambda ids:
             ids.unique_consecutive(return_inverse=True, return_counts=True)[2][
                 ids.unique_consecutive(return_inverse=True)[1]],
         "It returns how long each document is. Count its tokens from 0."),
    *(_numbers_in(dtype, says) for dtype, says in (
        (torch.int8, "wrap round in int8: 300 becomes 44"),
        (torch.int16, "wrap round in int16: 70000 becomes 4464"),
        (torch.bfloat16, "are rounded in bfloat16: 257 becomes 256"),
        (torch.float16, "are rounded in float16: 2049 becomes 2048"),
        (torch.float32, "are rounded in float32: 16777217 becomes 16777216"))),
    Slip("zero-is-no-pad", lambda ids: packed(ids) * (ids != 0),
         "Document 0 gets 0 at every token. 0 is a document's number like any other: leave out "
         "the test for it."),
)  # fmt: skip


def _documents(draw: Draw) -> tuple[list[int], ...]:
    """Return the documents' numbers of each call: in all orders, and near where types end."""
    ids, some = _numbers(draw), draw.near
    runs: tuple[list[tuple[int, int]], ...] = (
        [(0, some(3, 1)), (1, some(2, 1))],
        [(some(4, 1), 2), (7, some(5, 1)), (some(9, 1), 1)],
        [(3, 1), (1, 2), (2, some(3, 1)), (0, 1)],
        [(some(5, 3), 1)],
        [(some(6, 3), some(3, 1))],
        [(2, 1), (some(9, 1), 1), (4, 1), (7, some(2, 1))],
        [(ids[0] + 256, 2), (ids[0], some(3, 1)), (ids[1] + 65_536, 1), (ids[1], 1)],
        [(ids[2], 1), (ids[2] + 1, 2), (ids[3], 1), (ids[3] + 1, 1)],
        [(ids[4], 1), (ids[4] + 1, some(2, 1))],
        [(8, some(300, 20)), (2, some(40, 9))],
        [(1, some(5, 2)), (0, some(2100, 40))],
    )
    return draw.shuffled([i for i, n in run for _ in range(n)] for run in runs)


def _numbers(draw: Draw) -> tuple[int, ...]:
    """Return numbers that wrap round or round in int8, int16, float16, bfloat16, float32."""
    return (
        draw.near(44, 20),
        draw.near(4464, 300),
        2048 + 4 * abs(draw.near(0, 99)),
        256 + 4 * abs(draw.near(0, 9)),
        2**24 + 4 * abs(draw.near(0, 99)),
    )


DOCUMENTS = Drawn("packed_positions", _documents)


def _examine_packing(answer: Callable[[Tensor], Any]) -> str:
    cases = [torch.tensor(ids) for ids in DOCUMENTS]
    said = [f"packed_positions({_short(ids)})" for ids in DOCUMENTS]
    found = [
        whole_numbers(answer(ids.clone()), ids, case) for ids, case in zip(cases, said, strict=True)
    ]
    right = [packed(ids) for ids in cases]
    if all(torch.equal(mine, true) for mine, true in zip(found, right, strict=True)):
        return "each document counts from 0, whatever its number and length"
    explain(found, SLIPS, [(ids,) for ids in cases])
    examine_digits(found, right)
    for mine, true, ids in zip(found, right, DOCUMENTS, strict=True):
        _wrong_tokens(mine.tolist(), true.tolist(), ids)
    raise AssertionError("one of them differs")


def _wrong_tokens(mine: list[int], true: list[int], ids: list[int]) -> None:
    for i, (number, count) in enumerate(zip(mine, true, strict=True)):
        said = f"With {_short(ids)} token {i} gets {number}."
        if count:
            cure = f"Of its document {before(count)} before it: it must get {count}."
            require(number == count, "steps", f"{said} {cure}")
            continue
        slug = "not-restarted" if i and number == mine[i - 1] + 1 else "start"
        cure = "It is the first of its document: it must get 0."
        require(number == count, slug, f"{said} {cure}")


def _short(ids: list[int]) -> str:
    return str(ids) if len(ids) < 9 else f"[{ids[0]}, {ids[1]}, … {ids[-1]}]"
