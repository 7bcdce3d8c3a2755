"""Answers to the exercises of notebook 07, right and wrong."""

import math

import torch
import torch.nn.functional as F

import posenc


def speeds_of(dh, base=10_000.0, dtype=torch.float64):
    return base ** (-torch.arange(0, dh, 2, dtype=dtype) / dh)


def turned(x, theta):
    cos, sin = theta.cos().to(x.dtype), theta.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


def rope(x, pos):
    return turned(x, pos[:, None] * speeds_of(x.shape[-1]))


def twice_each(theta):
    return theta.repeat_interleave(2, dim=-1)


def half_of_pairs(x):
    return torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).flatten(-2)


def signed(x, pos, in_first, in_second):
    theta = (pos[:, None] * speeds_of(x.shape[-1])).to(x.dtype)
    a, b, cos, sin = x[..., 0::2], x[..., 1::2], theta.cos(), theta.sin()
    turned = (a * cos + in_first * b * sin, a * sin + in_second * b * cos)
    return torch.stack(turned, dim=-1).flatten(-2)


def angle_per_channel(x, pos):
    theta = pos[:, None] * 10_000.0 ** (
        -torch.arange(x.shape[-1], dtype=torch.float64) / x.shape[-1]
    )
    return x * theta.cos().to(x.dtype) + half_of_pairs(x) * theta.sin().to(x.dtype)


def part(x, pos, share):
    width = int(x.shape[-1] * share)
    return torch.cat((rope(x[..., :width], pos), x[..., width:]), dim=-1)


def split(x, share):
    width = int(x.shape[-1] * share)
    return x[..., :width], x[..., width:], width


def rest_in_front(x, pos, share):
    first, rest, _ = split(x, share)
    return torch.cat((rest, rope(first, pos)), dim=-1)


def part_of_pairs(x, pos, share):
    """As many pairs as there should be channels."""
    width = min(2 * int(x.shape[-1] * share), x.shape[-1])
    return torch.cat((rope(x[..., :width], pos), x[..., width:]), dim=-1)


def every_other_pair(x, pos, share):
    theta = pos[:, None] * speeds_of(x.shape[-1])
    theta[:, 1 :: round(1 / share)] = 0
    return turned(x, theta)


def to_pairs(weight, n_heads):
    return weight.unflatten(0, (n_heads, 2, -1)).transpose(1, 2).flatten(0, 2)


def posencs_own(x, pos):
    rope = posenc.build("rope", posenc.Dims(d_model=8, n_heads=1))
    return rope.rotate(x, x, pos, pos)[0]


RIGHT = {"rotary": rope, "to_pairs": to_pairs, "partial_rotary": part}
FORMS = {"rotary": [posencs_own]}
WRONG = {
    "rotary": {
        "shape": lambda x, pos: rope(x, pos)[..., :4],
        "not-a-tensor": lambda x, pos: None,
        "raises": lambda x, pos: 1 / 0,
    },
    "partial_rotary": {"start": lambda x, pos, share: part(x, pos + 1, share)},
}

INVENTED = {
    "rotary": {
        "stops at 512": ("far", lambda x, pos: rope(x, pos.clamp(max=512))),
        "right with heads alone": ("length",
            lambda x, pos: rope(x, pos) * (1 if x.dim() > 2 else 2)),
        "no minus anywhere": ("length", lambda x, pos: signed(x, pos, 1, 1)),
        "reflected": ("mirrored", lambda x, pos: signed(x, pos, 1, -1)),
        "a speed a channel": ("length", angle_per_channel),
        "positions one late": ("start", lambda x, pos: rope(x, pos + 1)),
        "base 500 000": ("speed",
            lambda x, pos: turned(x, pos[:, None] * speeds_of(x.shape[-1], 5e5))),
        "multiplied by the cosine": ("length",
            lambda x, pos: x * twice_each(pos[:, None]
                * speeds_of(x.shape[-1])).cos().to(x.dtype)),
        "longer by a tenth": ("length", lambda x, pos: 1.1 * rope(x, pos)),
        "set to length one": ("length", lambda x, pos: F.normalize(rope(x, pos), dim=-1)),
        "squared positions": ("uneven-steps", lambda x, pos: rope(x, pos**2)),
        "a share of the longest": ("speed", lambda x, pos: rope(x, pos / pos.max())),
        "answer in half precision": ("half-precision", lambda x, pos: rope(x, pos).bfloat16()),
        "answered in float16 at heart": ("rounded", lambda x, pos: rope(x, pos).half().to(x.dtype)),
        "pairs changed over": ("mirrored",
            lambda x, pos: rope(x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2), pos)),
        "sines and cosines changed over": ("start",
            lambda x, pos: turned(x, math.pi / 2 - pos[:, None] * speeds_of(x.shape[-1]))),
        "slowest pair stands still": ("speed",
            lambda x, pos: torch.cat((rope(x, pos)[..., :-2], x[..., -2:]), dim=-1)),
        "equally spaced speeds": ("speed",
            lambda x, pos: turned(x, pos[:, None] * torch.linspace(1, 0, x.shape[-1] // 2))),
        "positions of the batch": ("depends-on-head",
            lambda x, pos: rope(x.transpose(0, -2), pos[: x.shape[0]]).transpose(0, -2)),
        "words turned round": ("start", lambda x, pos: rope(x, pos.flip(0))),
    },
    "to_pairs": {
        "without heads": ("across-heads", lambda w, h: to_pairs(w, 1)),
        "heads before halves": ("across-heads",
            lambda w, h: w.unflatten(0, (h, 2, -1)).transpose(0, 1).flatten(0, 2)),
        "rolled": ("across-heads", lambda w, h: w.roll(1, 0)),
        "heads within halves": ("across-heads",
            lambda w, h: w.unflatten(0, (2, h, -1)).permute(1, 2, 0, 3).flatten(0, 2)),
        "head by head turned round": ("order",
            lambda w, h: w.unflatten(0, (h, -1)).flip(1).flatten(0, 1)),
        "first head alone": ("order",
            lambda w, h: torch.cat((to_pairs(w[: len(w) // h], 1), w[len(w) // h :]))),
        "minus on the second": ("not-a-row",
            lambda w, h: to_pairs(w, h) * torch.tensor([1.0, -1.0]).repeat(len(w) // 2)[:, None]),
        "the first half twice": ("rows-lost",
            lambda w, h: w.unflatten(0, (h, 2, -1))[:, [0, 0]].transpose(1, 2).flatten(0, 2)),
        "not flattened": ("shape", lambda w, h: w.unflatten(0, (h, 2, -1)).transpose(1, 2)),
        "reshaped without a transpose": ("across-heads",
            lambda w, h: w.reshape(h, 2, -1).reshape(len(w) // 2, -1).reshape(w.shape).flip(0)),
        "columns as well": ("not-a-row",
            lambda w, h: to_pairs(to_pairs(w, h).T, 1).T),
    },
    "partial_rotary": {
        "the rest in front": ("rest", rest_in_front),
        "twice as many": ("rest", part_of_pairs),
        "every other pair": ("rest", every_other_pair),
        "the other share": ("rest", lambda x, pos, share: part(x, pos, 1 - share)),
        "the rest is lost": ("shape", lambda x, pos, share: rope(split(x, share)[0], pos)),
        "the rest is zero": ("rest",
            lambda x, pos, share: F.pad(rope(split(x, share)[0], pos),
                (0, split(x, share)[1].shape[-1]))),
        "a quarter written in": ("speed", lambda x, pos, share: part(x, pos, 0.25)),
        "half written in": ("rest", lambda x, pos, share: part(x, pos, 0.5)),
        "a mixture": ("rest", lambda x, pos, share: share * rope(x, pos) + (1 - share) * x),
        "the first share of the words": ("rest",
            lambda x, pos, share: torch.cat((rope(x, pos)[: int(len(x) * share)],
                x[int(len(x) * share) :]))),
        "the rest turns at the slowest speed": ("rest",
            lambda x, pos, share: torch.cat((rope(split(x, share)[0], pos),
                rope(split(x, share)[1], pos * 1e-3)), dim=-1)),
    },
}  # fmt: skip
