"""Wrong turns, as programs: ``(x, pos) -> (..., n, dh)``."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import RULES, speeds_of
from posenc.check.lesson_07.turning import rope, speeds, turned
from posenc.functional import angles, rotate_halves, rotate_pairs

Turn = Callable[[Tensor, Tensor], Tensor]  # x, pos -> x turned
F64 = torch.float64


def _angles(x: Tensor, pos: Tensor) -> Tensor:
    return angles(pos, speeds(x.shape[-1]))  # (n, m)


def _exchanged(x: Tensor, axis: int) -> Tensor:
    return x.unflatten(axis, (-1, 2)).flip(axis if axis < 0 else axis + 1).flatten(axis - 1, axis)


def _by_table(x: Tensor, theta: Tensor, other: Tensor) -> Tensor:
    """Return x · cos θ + other · sin θ, with one angle a channel."""
    return x * theta.cos() + other * theta.sin()


def _halves_turned(x: Tensor, pos: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    return _by_table(x, _angles(x, pos).repeat_interleave(2, -1), torch.cat((-b, a), -1))


def _pairs_turned(x: Tensor, pos: Tensor) -> Tensor:
    theta = _angles(x, pos)
    other = torch.stack((-x[..., 1::2], x[..., 0::2]), -1).flatten(-2)
    return _by_table(x, torch.cat((theta, theta), -1), other)


def _overwritten(x: Tensor, pos: Tensor) -> Tensor:
    theta = _angles(x, pos)
    a, b = x[..., 0::2], x[..., 1::2]
    first = a * theta.cos() - b * theta.sin()
    return torch.stack((first, first * theta.sin() + b * theta.cos()), -1).flatten(-2)


def _rounded(x: Tensor, pos: Tensor) -> Tensor:
    speed = speeds(x.shape[-1]).bfloat16()
    return rotate_pairs(x, (pos.bfloat16()[:, None] * speed).to(F64))


def _ruled(slug: str) -> Turn:
    return lambda x, pos: turned(x, pos, speeds_of(x.shape[-1], RULES[slug][0]))


SLIPS = (
    Slip("clockwise", lambda x, pos: rope(x, -pos),
         "equivalent: clockwise, by −θ; the score depends on the difference all the same, and the "
         "weights of the other direction do not fit", seen="karpathy/nanochat#489", fine=True),
    Slip("halves", lambda x, pos: rotate_halves(x, _angles(x, pos)),
         "channels i and i + dh/2 turn together; here neighbours do, 2i and 2i + 1",
         seen="huggingface/transformers#25199"),
    Slip("stands-still", lambda x, pos: x, "nothing turns: x comes back as it was"),
    Slip("firsts-then-seconds",
         lambda x, pos: rope(x, pos).unflatten(-1, (-1, 2)).transpose(-1, -2).flatten(-2),
         "turned right, put together wrong: all first channels stand before all second ones; put "
         "each pair back into 2i and 2i + 1"),
    Slip("exchanged", lambda x, pos: _exchanged(rope(x, pos), -1),
         "turned right, but the two channels of each pair are exchanged: a cos θ − b sin θ is "
         "first"),
    Slip("ignores-pos", lambda x, pos: rope(x, torch.arange(len(pos))),
         "the rows turn by 0, 1, 2, …; they must turn by pos"),
    Slip("from-the-first", lambda x, pos: rope(x, pos - pos[0]),
         "the first position is taken off all: a cached key keeps the place it had; turn by pos"),
    Slip("twice", lambda x, pos: rope(rope(x, pos), pos),
         "everything is turned twice: pair 0 must turn by 1 radian a position, not by 2"),
    Slip("code-added",
         lambda x, pos:
             x + torch.stack((_angles(x, pos).sin(), _angles(x, pos).cos()), -1).flatten(-2),
         "sines and cosines are added to x: here they turn it, a cos θ − b sin θ"),
    Slip("angles-by-pairs", _halves_turned,
         "the angles lie for neighbours, θ0, θ0, θ1, θ1, …, and halves turn, i with i + dh/2: a "
         "pair has two angles", seen="raiyanyahya/how-to-train-your-gpt#6"),
    Slip("angles-by-halves", _pairs_turned,
         "the angles lie for halves, θ0, θ1, …, θ0, θ1, …, and neighbours turn: a pair has two "
         "angles", seen="xiangking/ark-nlp#47"),
    Slip("overwritten", _overwritten,
         "the second channel is made from the new first one: a slice is a view; keep the old a"),
    Slip("bfloat16-positions", lambda x, pos: rope(x, pos.bfloat16().to(F64)),
         "positions were rounded to bfloat16: 257 turns as 256 does; count in float32",
         seen="huggingface/transformers#29285"),
    Slip("float16-positions", lambda x, pos: rope(x, pos.half().to(F64)),
         "positions were rounded to float16: 2049 turns as 2048 does; count in float32"),
    Slip("bfloat16-angles", _rounded,
         "the angles are made in bfloat16, which has no 257: make them in float32, cast last",
         seen="NVIDIA/Megatron-LM#744"),
    Slip("one-speed", _ruled("one-speed"),
         "all pairs turn at one speed; pair i must turn at base^(-2i/dh)"),
    *(
        Slip(slug, _ruled(slug), says)
        for slug, (_, says) in RULES.items()
        if slug not in ("one-speed", "odd-exponent")
    ),
)  # fmt: skip
