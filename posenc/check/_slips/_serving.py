"""Wrong programs of notebook 09: positions under padding and packing."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip

# --- mask -> (b, n) -----------------------------------------------------------------------------


def count_words(mask: Tensor) -> Tensor:
    """Return how many words stand before each, and 0 for pads before the first."""
    return (mask.cumsum(-1) - 1).clamp(min=0)


def _columns(mask: Tensor) -> Tensor:
    return torch.arange(mask.shape[1]).expand(mask.shape)


def _less(mask: Tensor, pads: Tensor) -> Tensor:
    return (_columns(mask) - pads).clamp(min=0)


PADDED = (
    Slip(
        "columns",
        _columns,
        "it numbers the columns: row 1's first word stands in column 2, not 0",
        "ndif-team/nnsight#672",
    ),
    Slip(
        "starts-at-one",
        lambda mask: mask.cumsum(-1),
        "the first word gets 1: cumsum counts the word itself, so take one off",
    ),
    Slip(
        "first-two-alike",
        lambda mask: (mask.cumsum(-1) - 2).clamp(min=0),
        "the first two words both get 0: take one off the count, not two",
    ),
    Slip(
        "down-the-batch",
        lambda mask: (mask.cumsum(0) - 1).clamp(min=0),
        "it counts down the batch (dim 0): count along each row, dim -1",
    ),
    Slip(
        "counts-pads",
        lambda mask: count_words(~mask),
        "it counts the pads: in the mask, True is a word",
    ),
    Slip(
        "left-only",
        lambda mask: _less(mask, (~mask).sum(-1, keepdim=True)),
        "it takes off the number of pads, which fits pads on the left alone: count the words",
    ),
    Slip(
        "all-pads",
        lambda mask: _less(mask, (~mask).sum()),
        "it takes off the pads of all rows together: each row has its own",
    ),
    Slip(
        "most-pads",
        lambda mask: _less(mask, (~mask).sum(-1).max()),
        "it takes off the pads of the row that has most: each row has its own",
    ),
    Slip(
        "first-row",
        lambda mask: _less(mask, (~mask[0]).sum()),
        "it takes off the first row's pads from every row: each row has its own",
    ),
    Slip(
        "from-the-end",
        lambda mask: count_words(mask.flip(-1)).flip(-1),
        "it counts from the end of each row: the first word gets 0",
    ),
    Slip(
        "across-rows",
        lambda mask: (mask.flatten().cumsum(0) - 1).clamp(min=0).reshape(mask.shape),
        "it counts on from row to row: each row begins at 0",
    ),
)

# --- doc_ids -> (n,) ----------------------------------------------------------------------------


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


PACKED = (
    Slip(
        "no-restart",
        lambda ids: torch.arange(len(ids)),
        "nothing restarts: with [0, 0, 0, 1, 1] the fourth word must get 0, not 3",
        "huggingface/nanoVLM#201",
    ),
    Slip(
        "starts-at-one",
        lambda ids: packed(ids) + 1,
        "each document must count from 0, not from 1",
    ),
    Slip(
        "beginnings",
        _begins,
        "it says where each document begins: take that off each index",
    ),
    Slip(
        "only-rising",
        lambda ids: packed(ids, lambda step: step > 0),
        "it restarts only where the number rises; documents have numbers in any order: diff != 0",
    ),
    Slip(
        "only-falling",
        lambda ids: packed(ids, lambda step: step < 0),
        "it restarts only where the number falls; documents have numbers in any order: diff != 0",
    ),
    Slip(
        "only-by-one",
        lambda ids: packed(ids, lambda step: step == 1),
        "it restarts only where the number grows by 1; any change is a new document: diff != 0",
    ),
    Slip(
        "within",
        lambda ids: packed(ids, lambda step: step == 0),
        "it restarts within the documents and counts on between them: diff != 0 is a beginning",
    ),
    Slip(
        "numbers",
        lambda ids: ids,
        "these are the documents' numbers: count the words of each",
    ),
    Slip(
        "which-document",
        lambda ids: torch.cat((torch.zeros(1, dtype=torch.long), (ids.diff() != 0).cumsum(0))),
        "this says which document a word is in, 0, 1, 2, …: count the words of each",
    ),
    Slip(
        "by-number",
        _by_number,
        "the documents' beginnings are those of their numbers in order; they come in any order",
    ),
    Slip(
        "last-length",
        _by_last_length,
        "a document begins after all before it together, not after the length of the last one",
    ),
    Slip(
        "no-cummax",
        lambda ids: _begins(ids).where(packed(ids) != 0, 0) + packed(ids),
        "only the first word of a document is reset: carry its beginning on, with cummax",
    ),
    Slip(
        "from-the-end",
        lambda ids: packed(ids.flip(0)).flip(0),
        "each document is counted from its end: its first word gets 0",
    ),
    Slip(
        "lengths",
        lambda ids: ids.unique_consecutive(return_inverse=True, return_counts=True)[2][
            ids.unique_consecutive(return_inverse=True)[1]
        ],
        "this is how long each document is: count its words from 0",
    ),
)

KNOWN: dict[str, tuple[Slip, ...]] = {
    "left_padded_positions": PADDED,
    "packed_positions": PACKED,
}
