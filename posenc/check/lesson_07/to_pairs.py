"""Weights made for halves, put in order for neighbours: (weight, n_heads) -> (h · dh, d)."""

from torch import Tensor

from posenc.check.engine.compare import alike
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, require
from posenc.check.lesson_07.turning import random


def to_pairs(answer: object) -> Verdict:
    """Check ``answer(weight, n_heads)``: rows made for halves, put in order for neighbours.

    >>> _ = to_pairs(lambda weight, n_heads:
    ...     weight.unflatten(0, (n_heads, 2, -1)).transpose(1, 2).flatten(0, 2))
    ✓ to_pairs: every score stays what it was
    """
    return EXERCISE.check(answer)


def right(weight: Tensor, heads: int) -> Tensor:
    """Put rows made for halves in the order of neighbours, head by head."""
    return weight.unflatten(0, (heads, 2, -1)).transpose(1, 2).flatten(0, 2)


SLIPS = (
    Slip("unchanged", lambda weight, heads: weight,
         "the rows are in their old order", seen="rasbt/LLMs-from-scratch#747"),
    Slip("other-way",
         lambda weight, heads: weight.unflatten(0, (heads, -1, 2)).transpose(1, 2).flatten(0, 2),
         "this is the way from neighbours to halves; the way back is asked for"),
    Slip("exchanged",
         lambda weight, heads: right(weight, heads).unflatten(0, (-1, 2)).flip(1).flatten(0, 1),
         "the two rows of each pair are exchanged: a0 comes before b0"),
    Slip("columns", lambda weight, heads: right(weight.T, heads).T,
         "the columns are reordered: those belong to x; the rows make the channels of q"),
    Slip("columns-too", lambda weight, heads: right(right(weight, heads).T, heads).T,
         "the columns are reordered as well as the rows: those belong to x and stay"),
    Slip("transposed", lambda weight, heads: weight.T,
         "the matrix is transposed: rows stay rows, in another order"),
)  # fmt: skip
WEIGHTS = tuple((random(heads * dh, heads * dh), heads) for heads, dh in ((2, 8), (1, 6), (3, 4)))


def _not_in_order(found: Tensor, true: Tensor, weight: Tensor, heads: int) -> None:
    if not alike(found, true, atol=1e-4):
        _wrong_order(_which(found, weight), _which(true, weight), heads)


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


EXERCISE = Exercise(
    name="to_pairs",
    right=right,
    cases=WEIGHTS,
    praise="every score stays what it was",
    slips=SLIPS,
    lacks=_not_in_order,
    said=lambda weight, heads: f"to_pairs(weight of shape {tuple(weight.shape)}, {heads})",
    atol=1e-4,
)
