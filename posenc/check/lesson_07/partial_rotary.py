"""The first share of the channels turns, the rest stays."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.compare import alike
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, require
from posenc.check.lesson_07 import rotary_slips
from posenc.check.lesson_07.rotary_slips import Turn
from posenc.check.lesson_07.turning import examine_turn, random, rope, speeds, turned


def partial_rotary(answer: object) -> Verdict:
    """Check ``answer(x, pos, share)``: the first share of the channels turns, the rest stays.

    >>> from posenc import functional
    >>> def answer(x, pos, share):
    ...     speeds = functional.inverse_frequencies(int(x.shape[-1] * share))
    ...     return functional.rotate_pairs(x, functional.angles(pos, speeds))
    >>> _ = partial_rotary(answer)
    ✓ partial_rotary: the first channels turn, with speeds of their own width
    """
    return EXERCISE.check(answer)


def part(x: Tensor, pos: Tensor, share: float, turn: Turn = rope) -> Tensor:
    """Turn the first share of the channels, leave the rest."""
    width = int(x.shape[-1] * share)
    return torch.cat((turn(x[..., :width], pos), x[..., width:]), -1)


def _last(x: Tensor, pos: Tensor, share: float) -> Tensor:
    rest = x.shape[-1] - int(x.shape[-1] * share)
    return torch.cat((x[..., :rest], rope(x[..., rest:], pos)), -1)


def _parted(turn: Turn) -> Callable[[Tensor, Tensor, float], Tensor]:
    return lambda x, pos, share: part(x, pos, share, turn)


SLIPS = (
    *(
        Slip(slip.slug, _parted(slip.program), slip.says, slip.seen, slip.fine)
        for slip in rotary_slips.SLIPS
        if slip.slug in ("clockwise", "halves", "stands-still", "ignores-pos")
    ),
    Slip("whole-head",
         lambda x, pos, share:
             turned(x, pos, speeds(x.shape[-1])[: int(x.shape[-1] * share) // 2]),
         "these speeds are the fastest of the whole head, as in p-RoPE; make those of the part's "
         "own width"),
    Slip("everything", lambda x, pos, share: rope(x, pos),
         "all channels turn; the first share of them should"),
    Slip("last", _last, "the last channels turn; the first should"),
    Slip("half-of-it", lambda x, pos, share: part(x, pos, share / 2),
         "only half as many channels turn as should: share is a part of the channels, not of the "
         "pairs"),
    Slip("position-shared", lambda x, pos, share: rope(x, pos * share),
         "the positions are multiplied by share, and all channels turn: share says how many turn"),
)  # fmt: skip
PARTS = tuple(
    (random(4, dh), torch.tensor([0, 1, 5, 30]), share)
    for dh, share in ((16, 0.5), (16, 0.25), (8, 1.0))
)


def _not_parted(found: Tensor, right: Tensor, x: Tensor, pos: Tensor, share: float) -> None:
    width = int(x.shape[-1] * share)
    require(
        alike(found[:, width:], x[:, width:], atol=1e-4),
        "rest",
        f"the channels from {width} on must come back as they were",
    )
    examine_turn(found[:, :width], x[:, :width], pos, speeds(width))


EXERCISE = Exercise(
    name="partial_rotary",
    right=part,
    cases=PARTS,
    praise="the first channels turn, with speeds of their own width",
    slips=SLIPS,
    lacks=_not_parted,
    said=lambda x, pos, share: f"partial_rotary(x of shape {tuple(x.shape)}, pos, {share})",
    atol=1e-4,
)
