"""Weights made for halves, put in order for neighbours: (weight, n_heads) -> (h · dh, d)."""

import torch
from torch import Tensor

from posenc.check.engine.compare import alike
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, require
from posenc.check.lesson_07.tried import Tried
from posenc.check.lesson_07.turning import F64, random


def to_pairs(answer: object) -> Verdict:
    """Check ``answer(weight, n_heads)``: rows made for halves, put in order for neighbours.

    >>> _ = to_pairs(lambda weight, n_heads:
    ...     weight.unflatten(0, (n_heads, 2, -1)).transpose(1, 2).flatten(0, 2))
    ✓ to_pairs: The rows are interleaved head by head, so every score stays what it was.
    """
    return EXERCISE.check(answer)


def right(weight: Tensor, heads: int) -> Tensor:
    """Put rows made for halves in the order of neighbours, head by head."""
    return weight.unflatten(0, (heads, 2, -1)).transpose(1, 2).flatten(0, 2)


def other_way(weight: Tensor, heads: int) -> Tensor:
    """Put rows made for neighbours in the order of halves, head by head."""
    return weight.unflatten(0, (heads, -1, 2)).transpose(1, 2).flatten(0, 2)


def _by_width(weight: Tensor, half: int) -> Tensor:
    return weight.unflatten(0, (-1, 2, half)).transpose(1, 2).flatten(0, 2)


SLIPS = (
    Slip("unchanged", lambda weight, heads: weight,
         "The rows are in their old order, a0, a1, …, b0, b1, …. Exchange the axis of 2 with the "
         "axis of dh/2 before you flatten.", seen="rasbt/LLMs-from-scratch#747"),
    Slip("other-way", other_way,
         "This is the way from interleaved to half-split. Go back: split dh into (2, dh/2), not "
         "into (dh/2, 2), and exchange these axes."),
    Slip("other-way-twice", lambda weight, heads: other_way(other_way(weight, heads), heads),
         "The way to half-split was taken once more, which is no way back unless dh = 4. Split dh "
         "into (2, dh/2) and exchange these axes."),
    Slip("exchanged",
         lambda weight, heads: right(weight, heads).unflatten(0, (-1, 2)).flip(1).flatten(0, 1),
         "The two rows of each pair are exchanged: b0 comes before a0. Put a0 first."),
    Slip("seconds-reversed",
         lambda weight, heads: torch.stack(
             ((w := weight.unflatten(0, (heads, 2, -1)))[:, 0], w[:, 1].flip(1)), 2).flatten(0, 2),
         "The second half of each head is reversed: a0 stands beside the last b. Put b0 there."),
    Slip("columns", lambda weight, heads: right(weight.mT, heads).mT,
         "The columns are reordered, but they belong to x. Reorder the rows, which make the "
         "channels of q."),
    Slip("columns-too", lambda weight, heads: right(right(weight, heads).mT, heads).mT,
         "The columns are reordered as well as the rows, but they belong to x. Leave them."),
    Slip("transposed", lambda weight, heads: weight.mT,
         "The matrix is transposed. Keep rows as rows, in another order."),
    Slip("transposed-too", lambda weight, heads: right(weight, heads).mT,
         "The rows are in order, but the matrix is transposed. Leave out the .T at the end."),
    Slip("not-flattened",
         lambda weight, heads: weight.unflatten(0, (heads, 2, -1)).transpose(1, 2),
         "The axes (n_heads, dh/2, 2) are still apart. End with .flatten(0, 2)."),
    Slip("flattened-too-little",
         lambda weight, heads:
             weight.unflatten(0, (heads, 2, -1)).transpose(1, 2).flatten(0, 1),
         "The axis of 2 is still there. End with .flatten(0, 2), over three axes."),
    Slip("heads-as-width", lambda weight, heads: _by_width(weight, heads // 2),
         "n_heads was used as the width of a head. It is the number of heads: "
         "unflatten(0, (n_heads, 2, -1))."),
    Slip("heads-as-half", lambda weight, heads: _by_width(weight, heads),
         "n_heads was used as half the width of a head. It is the number of heads: "
         "unflatten(0, (n_heads, 2, -1))."),
    Slip("width-from-columns",
         lambda weight, heads: _by_width(weight, weight.shape[1] // heads // 2),
         "The width of a head was computed from the columns. They belong to x: use "
         "len(weight) // n_heads."),
)  # fmt: skip


def _cases(draw: Draw) -> list[tuple[Tensor, int]]:
    """Return weight and n_heads of each case, one with several heads first."""
    square = (
        (draw.one_of(2, 3, 4), draw.one_of(8, 10, 12)),
        (1, draw.one_of(6, 8, 10)),
        (draw.one_of(3, 2, 5), 4),
    )
    long = (
        (draw.one_of(4, 2, 6), *draw.one_of((10, 3), (12, 2), (14, 3)), torch.float32),
        (draw.one_of(5, 3, 4), *draw.one_of((6, 2), (10, 2), (14, 3)), F64),
    )
    sizes = (
        *((heads, dh, heads * dh, F64) for heads, dh in square),
        *((heads, dh, 2 * heads * times, kind) for heads, dh, times, kind in long),
    )
    return [
        (random(heads * dh, columns, draw=draw).to(kind), heads)
        for heads, dh, columns, kind in (sizes[0], *draw.shuffled(sizes[1:]))
    ]


def _not_in_order(found: Tensor, true: Tensor, weight: Tensor, heads: int) -> None:
    if alike(found, true, atol=1e-4):
        return
    weight = weight.to(F64)
    for count in (n for n in range(1, len(weight) // 2 + 1) if len(weight) % (2 * n) == 0):
        for way, does in ((right, "interleaved"), (other_way, "put half-split")):
            said = f"{does} as in {_heads(count)} of {len(weight) // count} channels"
            require(
                count == heads or not alike(found, way(weight, count), atol=1e-4),
                "other-heads",
                f"The rows are {said}; n_heads is {heads}, so a head has {len(weight) // heads}. "
                "Interleave the two halves of each of these heads.",
            )
    _wrong_order(_which(found, weight), _which(true, weight), heads)


def _heads(count: int) -> str:
    return f"{count} heads" if count > 1 else "one head"


def _which(found: Tensor, weight: Tensor) -> Tensor:
    """Return for each row which old one it is; raise where it is none."""
    far = (found[:, None] - weight).abs().amax(-1)  # (new, old)
    row = int(far.amin(1).argmax())
    cosine = torch.nn.functional.cosine_similarity(found[row], weight, dim=-1)  # (old,)
    old = int(cosine.abs().argmax())
    factor = float(found[row].norm() / weight[old].norm() * cosine[old].sign())
    whole = abs(float(cosine[old])) > 1 - 1e-6
    said = f"it is old row {old} times {factor:.3g}" if whole else "its numbers are new"
    said = said if found[row].any() else "it is all zeros"
    require(
        bool(far.amin(1).max() < 1e-4),
        "not-a-row",
        f"Row {row} of the answer is not a row of the weight: {said}. Move rows whole, and leave "
        "their numbers as they are.",
    )
    return far.argmin(1)


def _wrong_order(mine: Tensor, true: Tensor, heads: int) -> None:
    """Raise the first property of an order that fails; mine and true are numbers of rows."""
    count = mine.bincount(minlength=len(mine))
    lost, twice = int(count.argmin()), int(count.argmax())
    said = f"Old row {twice} appears {count.max()} times, and old row {lost} is lost."
    require(bool((count == 1).all()), "rows-lost", f"{said} Use each row once.")
    dh = len(mine) // heads
    row = int((mine != true).int().argmax())
    if bool((mine // dh != true // dh).any()):
        row = int((mine // dh != true // dh).int().argmax())
        raise Mistake(
            "across-heads",
            f"Rows of different heads are mixed: old row {mine[row]} of head {mine[row] // dh} "
            f"is in head {row // dh}. Reorder within each of the {_heads(heads)} of {dh} rows.",
        )
    head, place = divmod(row, dh)
    name = f"{'ab'[place % 2]}{place // 2}"
    raise Mistake(
        "order",
        f"In {_heads(heads)} of {dh} rows, row {place} of head {head} must be {name}, old row "
        f"{true[row]}; it is old row {mine[row]}. Per head take a0, b0, a1, b1, ….",
    )


EXERCISE = Tried(
    name="to_pairs",
    right=right,
    cases=Drawn("to_pairs", _cases),
    praise="The rows are interleaved head by head, so every score stays what it was.",
    slips=SLIPS,
    lacks=_not_in_order,
    said=lambda weight, heads: f"to_pairs(weight of shape {tuple(weight.shape)}, {heads})",
    atol=1e-4,
)
