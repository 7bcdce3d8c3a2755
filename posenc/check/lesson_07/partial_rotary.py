"""The first share of the channels rotates, the rest stays."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.compare import alike
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict
from posenc.check.lesson_07 import rotary_slips
from posenc.check.lesson_07.alone import examine_positions, examine_rows, measured
from posenc.check.lesson_07.measured import name_frequencies
from posenc.check.lesson_07.rotary_slips import Turn
from posenc.check.lesson_07.tried import Tried
from posenc.check.lesson_07.turning import (
    examine_frequencies,
    examine_turn,
    random,
    rope,
    speeds,
    turned,
)
from posenc.functional import angles, rotate_pairs

Answer = Callable[[Tensor, Tensor, float], Tensor]


def partial_rotary(answer: object) -> Verdict:
    """Check ``answer(x, pos, share)``: the first share of the channels rotates, the rest stays.

    >>> from posenc import functional
    >>> def answer(x, pos, share):
    ...     frequencies = functional.inverse_frequencies(int(x.shape[-1] * share))
    ...     return functional.rotate_pairs(x, functional.angles(pos, frequencies))
    >>> _ = partial_rotary(answer)
    ✓ partial_rotary: The first channels rotate, with the frequencies of their own width.
    """
    return EXERCISE.check(answer)


def part(x: Tensor, pos: Tensor, share: float, turn: Turn = rope) -> Tensor:
    """Rotate the first share of the channels, leave the rest."""
    width = int(x.shape[-1] * share)
    return torch.cat((turn(x[..., :width], pos), x[..., width:]), -1) if width else x


def _last(x: Tensor, pos: Tensor, share: float) -> Tensor:
    rest = x.shape[-1] - int(x.shape[-1] * share)
    return torch.cat((x[..., :rest], rope(x[..., rest:], pos)), -1)


def _rest_first(x: Tensor, pos: Tensor, share: float) -> Tensor:
    width = int(x.shape[-1] * share)
    return torch.cat((x[..., width:], rope(x[..., :width], pos)), -1)


def _first_rows(x: Tensor, pos: Tensor, share: float) -> Tensor:
    rows = int(len(x) * share)
    return torch.cat((rope(x, pos)[:rows], x[rows:]))


def _every_other(x: Tensor, pos: Tensor, share: float) -> Tensor:
    theta = angles(pos, speeds(x.shape[-1]))
    theta[:, torch.arange(theta.shape[1]) % round(1 / share) != 0] = 0
    return rotate_pairs(x, theta)


def _strided(x: Tensor, pos: Tensor, share: float) -> Tensor:
    out, step = x.clone(), round(1 / share)
    out[..., ::step] = rope(x[..., ::step], pos)
    return out


def _whole_angles(x: Tensor, pos: Tensor, share: float) -> Tensor:
    theta, width = angles(pos, speeds(x.shape[-1])), int(x.shape[-1] * share)
    a, b = x[..., :width:2], x[..., 1:width:2]
    two = (a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos())
    return torch.cat((torch.stack(two, -1).flatten(-2), x[..., width:]), -1)


def _zeros(x: Tensor, pos: Tensor, share: float) -> Tensor:
    return torch.cat((rope(x[..., : (w := int(x.shape[-1] * share))], pos), 0 * x[..., w:]), -1)


def _parted(turn: Turn) -> Callable[[Tensor, Tensor, float], Tensor]:
    return lambda x, pos, share: part(x, pos, share, turn)


OWN = "Make them from the width of the part, int(dh · share)."
WIDTHS = (
    Slip("whole-head",
         lambda x, pos, share:
             turned(x, pos, speeds(x.shape[-1])[: int(x.shape[-1] * share) // 2]),
         f"The frequencies are the fastest of the whole head, as in p-RoPE. {OWN}"),
    Slip("whole-head-slowest",
         lambda x, pos, share: part(x, pos, share, lambda part, pos:
             turned(part, pos, speeds(x.shape[-1])[-(part.shape[-1] // 2):])),
         f"The frequencies are the slowest of the whole head. {OWN}"),
    Slip("whole-head-angles", _whole_angles,
         f"The angles are made for the whole head and do not fit the part that rotates. {OWN}"),
    Slip("whole-head-angles-too-many",
         lambda x, pos, share:
             rotate_pairs(x[..., : int(x.shape[-1] * share)], angles(pos, speeds(x.shape[-1]))),
         f"The angles are made for the whole head and outnumber the pairs of the part. {OWN}"),
)  # fmt: skip
WHICH = (
    Slip("everything", lambda x, pos, share: rope(x, pos),
         "All channels rotate, whatever share is. Rotate x[..., :int(dh · share)] only."),
    Slip("last", _last, "The last channels rotate. Rotate the first int(dh · share)."),
    Slip("half-of-it", lambda x, pos, share: part(x, pos, share / 2),
         "Only half as many channels rotate as should. share is a part of the channels, not of the "
         "pairs: rotate int(dh · share) of them."),
    Slip("twice-as-many", lambda x, pos, share: part(x, pos, min(2 * share, 1)),
         "Twice as many channels rotate as should. share is a part of the dh channels, not pairs "
         "of them: rotate int(dh · share)."),
    Slip("whole-or-nothing", lambda x, pos, share: rope(x, pos) if share == 1 else x,
         "Nothing rotates unless share is 1, as int(share) is 0 below it. Use int(dh · share)."),
    Slip("share-twice", lambda x, pos, share: part(x, pos, share * share),
         "share is applied twice: with share 0.5 a quarter of the channels rotates. Multiply dh by "
         "it once."),
    Slip("complement", lambda x, pos, share: part(x, pos, 1 - share),
         "1 − share of the channels rotates. Rotate share of them: x[..., :int(dh · share)]."),
    Slip("always-a-quarter", lambda x, pos, share: part(x, pos, 0.25),
         "A quarter of the channels rotates, whatever share is. Rotate int(dh · share) of them."),
    Slip("always-half", lambda x, pos, share: part(x, pos, 0.5),
         "Half of the channels rotates, whatever share is. Rotate int(dh · share) of them."),
    Slip("share-of-rows", _first_rows,
         "The first rows rotate, so share cuts tokens. Cut channels, the last axis: "
         "x[..., :int(dh · share)]."),
    Slip("every-other-pair", _every_other,
         "Every 1/share-th pair rotates, spread over the head. Rotate the first int(dh · share) "
         "channels."),
    Slip("strided", _strided,
         "Every 1/share-th channel rotates, x[..., ::step]. Rotate the first int(dh · share) "
         "channels."),
    Slip("position-shared", lambda x, pos, share: rope(x, pos * share),
         "The positions are multiplied by share, and all channels rotate. share says how many "
         "channels rotate."),
    Slip("rest-first", _rest_first,
         "The parts are in the wrong order: the rest comes before the rotated channels. Put the "
         "rotated ones first in torch.cat."),
    Slip("rest-lost", lambda x, pos, share: rope(x[..., : int(x.shape[-1] * share)], pos),
         "The rest is left out. Append x[..., int(dh · share):] with torch.cat."),
    Slip("rest-below",
         lambda x, pos, share: torch.cat((
             rope(x[..., : int(x.shape[-1] * share)], pos), x[..., int(x.shape[-1] * share) :])),
         "The rest is put below the rotated channels, as more rows. Use torch.cat((…), dim=-1)."),
    Slip("rest-zero", _zeros,
         "The rest is zero. Return x[..., int(dh · share):] as it came in."),
    Slip("mixture", lambda x, pos, share: share * rope(x, pos) + (1 - share) * x,
         "Rotated and old channels are averaged with weight share. Rotate the first "
         "int(dh · share) channels and keep the others."),
)  # fmt: skip
SLIPS = (
    *WIDTHS,
    *WHICH,
    Slip("clockwise", _parted(lambda x, pos: rope(x, -pos)),
         "Equivalent: the rotation is clockwise, by −θ. Every score stays the same; weights that "
         "were trained with the other direction do not fit.", fine=True),
    *(
        Slip(slip.slug, _parted(slip.program), slip.says, slip.seen)
        for slip in rotary_slips.SLIPS
        if slip.slug != "clockwise"
    ),
)  # fmt: skip


def _cases(draw: Draw) -> list[tuple[Tensor, Tensor, float]]:
    """Return x, pos and share of each case; the last one reaches far.

    A half and a quarter of each width are whole pairs: slips rotate so many.
    """
    few = draw.near(5, 2), draw.near(30, 4)
    start, share = draw.near(7, 2), draw.one_of((40, 0.4), (80, 0.4), (16, 0.75))
    parts = (
        (draw.one_of(16, 24, 32), 0.5, [0, 1, *few]),
        (draw.one_of(32, 16, 48), 0.25, [0, 1, *few]),
        (draw.one_of(8, 16, 24), 1.0, [1, 0, *few[::-1]]),
        (draw.one_of(24, 40, 8), 0.5, list(range(start, start + draw.one_of(6, 5, 7)))),
        (*share, [draw.near(12, 3), 3, 1]),
        (draw.one_of(40, 56, 48), 0.5, [2, 0, 1, draw.near(9, 3)]),
        (8, 0.5, draw.shuffled([2, 1, 0])),
    )
    far = [draw.near(4097, 100, 2), draw.near(300, 9), 0, draw.near(33_000, 7), 1]
    return [
        (random(len(pos), dh, draw=draw), torch.tensor(pos), share)
        for dh, share, pos in (*draw.shuffled(parts), (draw.one_of(8, 16), 1.0, far))
    ]


CASES = Drawn("partial_rotary", _cases)
DRIFT = 1e-2  # what float32 may lose up to position 33 000


def _not_parted(answer: Answer, found: list[Tensor], _: object) -> None:
    """Raise the first property that fails: the rest, a rotation, its frequencies, far away."""
    parts, (far,) = CASES[:-1], CASES[-1:]
    for mine, case in zip(found, parts, strict=False):
        _rest(mine, *case)
    for mine, (x, pos, share) in zip(found, parts, strict=False):
        width = int(x.shape[-1] * share)
        ask = _first_part(answer, x, share)
        examine_rows(ask, mine[:, :width], x[:, :width], pos)
        examine_turn(mine[:, :width], x[:, :width], pos, speeds(width))
    x, pos, share = far
    examine_positions(_first_part(answer, x, share), found[-1], x, pos)
    name_frequencies(
        lambda width: measured(_first_part(answer, random(2, 2 * width), 0.5), width),
        "the number of channels that rotate",
    )
    for mine, (x, pos, share) in zip(found, parts, strict=False):
        width = int(x.shape[-1] * share)
        examine_frequencies(mine[:, :width], x[:, :width], pos, speeds(width))


def _first_part(answer: Answer, whole: Tensor, share: float) -> Turn:
    """Return the answer as what it does to the first channels, the rest of x as it is."""

    def turn(x: Tensor, pos: Tensor) -> Tensor:
        rest = whole[: len(x), x.shape[-1] :]
        return answer(torch.cat((x, rest), -1), pos, share)[..., : x.shape[-1]]

    return turn


def _rest(found: Tensor, x: Tensor, pos: Tensor, share: float) -> None:
    width = int(x.shape[-1] * share)
    if not alike(found[:, width:], x[:, width:], atol=1e-4):
        row, channel = (int(i) for i in ((found - x)[:, width:].abs() > 1e-4).nonzero()[0])
        place = (row, channel + width)
        raise Mistake(
            "rest",
            f"Of {x.shape[-1]} channels and share {share} only the first {width} rotate. Channel "
            f"{place[1]} at position {pos[row]} changes from {x[place]:.4g} to {found[place]:.4g}. "
            "Return it as it came in.",
        )


EXERCISE = Tried(
    name="partial_rotary",
    right=part,
    cases=CASES,
    praise="The first channels rotate, with the frequencies of their own width.",
    slips=SLIPS,
    asks=_not_parted,
    said=lambda x, pos, share:
        f"partial_rotary(x of shape {tuple(x.shape)}, torch.tensor({pos.tolist()}), {share})",
    atol=(*(1e-4,) * 7, DRIFT),
)  # fmt: skip
