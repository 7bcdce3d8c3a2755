"""Wrong rotations, as programs: ``(x, pos) -> (..., n, dh)``."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import RULES, speeds_of
from posenc.check.lesson_07.turning import rope, speeds, turned
from posenc.functional import angles, rotate_halves, rotate_pairs

Turn = Callable[[Tensor, Tensor], Tensor]  # x, pos -> x rotated
F64 = torch.float64


def _angles(x: Tensor, pos: Tensor) -> Tensor:
    return angles(pos, speeds(x.shape[-1]))  # (n, m)


def _exchanged(x: Tensor) -> Tensor:
    return x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)


def _quarter(x: Tensor) -> Tensor:
    return torch.stack((-x[..., 1::2], x[..., 0::2]), -1).flatten(-2)


def _by_table(x: Tensor, theta: Tensor, other: Tensor) -> Tensor:
    """Return x · cos θ + other · sin θ, with one angle per channel."""
    return x * theta.cos() + other * theta.sin()


def _halves_turned(x: Tensor, pos: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    return _by_table(x, _angles(x, pos).repeat_interleave(2, -1), torch.cat((-b, a), -1))


def _pairs_turned(x: Tensor, pos: Tensor) -> Tensor:
    theta = _angles(x, pos)
    return _by_table(x, torch.cat((theta, theta), -1), _quarter(x))


def _each_channel(x: Tensor, pos: Tensor) -> Tensor:
    width = x.shape[-1]
    frequency = 10_000.0 ** (-torch.arange(width, dtype=F64) / width)
    return _by_table(x, pos[:, None] * frequency, _quarter(x))


def _halves_in(x: Tensor, pos: Tensor) -> Tensor:
    return rope(torch.stack(x.chunk(2, -1), -1).flatten(-2), pos)


def _overwritten(x: Tensor, pos: Tensor) -> Tensor:
    theta = _angles(x, pos)
    a, b = x[..., 0::2], x[..., 1::2]
    first = a * theta.cos() - b * theta.sin()
    return torch.stack((first, first * theta.sin() + b * theta.cos()), -1).flatten(-2)


def _no_minus(x: Tensor, pos: Tensor, first: int, second: int) -> Tensor:
    theta = _angles(x, pos)
    a, b = x[..., 0::2], x[..., 1::2]
    two = (a * theta.cos() + first * b * theta.sin(), second * a * theta.sin() + b * theta.cos())
    return torch.stack(two, -1).flatten(-2)


def _not_outer(x: Tensor, pos: Tensor) -> Tensor:
    theta = pos * speeds(x.shape[-1])
    a, b = x[..., 0::2], x[..., 1::2]
    two = (a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos())
    return torch.stack(two, -1).flatten(-2)


def _low(kind: torch.dtype) -> Turn:
    return lambda x, pos: turned(x, pos, speeds(x.shape[-1]).to(kind))


def _low_angles(kind: torch.dtype) -> Turn:
    def program(x: Tensor, pos: Tensor) -> Tensor:
        return rotate_pairs(x, (pos.to(kind)[:, None] * speeds(x.shape[-1]).to(kind)).to(F64))

    return program


def _narrow(kind: torch.dtype) -> Turn:
    return lambda x, pos: rope(x, pos.to(kind).long())


def _ruled(slug: str) -> Turn:
    return lambda x, pos: turned(x, pos, speeds_of(x.shape[-1], RULES[slug][0]))


LAYOUT = (
    Slip("clockwise", lambda x, pos: rope(x, -pos),
         "The rotation is clockwise, by −θ: scores stay the same, but a quarter turn takes (1, 0) "
         "to (0, −1). Swap the signs of the two sines.", seen="karpathy/nanochat#489"),
    Slip("halves", lambda x, pos: rotate_halves(x, _angles(x, pos)),
         "The layout is half-split: channels i and i + dh/2 rotate together. Use the interleaved "
         "one: 2i and 2i + 1.", seen="huggingface/transformers#25199"),
    Slip("halves-clockwise", lambda x, pos: rotate_halves(x, -_angles(x, pos)),
         "The layout is half-split, and the rotation clockwise. Rotate channels 2i and 2i + 1 "
         "together, by +θ."),
    Slip("firsts-then-seconds",
         lambda x, pos: rope(x, pos).unflatten(-1, (-1, 2)).transpose(-1, -2).flatten(-2),
         "All first channels come before all second ones. Put each pair back into 2i and 2i + 1, "
         "with stack and flatten instead of cat."),
    Slip("halves-in", _halves_in,
         "a and b are the two halves of x, but come back as neighbours. Take a from x[..., 0::2] "
         "and b from x[..., 1::2]."),
    Slip("exchanged", lambda x, pos: _exchanged(rope(x, pos)),
         "The two channels of each pair come back exchanged. Stack a cos θ − b sin θ first."),
    Slip("exchanged-before", lambda x, pos: rope(_exchanged(x), pos),
         "The two channels of each pair were exchanged before the rotation. Take a from "
         "x[..., 0::2] and b from x[..., 1::2]."),
    Slip("angles-by-pairs", _halves_turned,
         "The angles are interleaved (θ0, θ0, θ1, …), the channels half-split, so a pair has two "
         "angles. Use the interleaved layout for both.",
         seen="raiyanyahya/how-to-train-your-gpt#6"),
    Slip("angles-by-halves", _pairs_turned,
         "The angles are half-split (θ0, θ1, …, θ0, θ1, …), the channels interleaved, so a pair "
         "has two angles. Use repeat_interleave.", seen="xiangking/ark-nlp#47"),
    Slip("frequency-per-channel", _each_channel,
         "Each channel has a frequency of its own, so the two of a pair differ. Make dh/2 "
         "frequencies, base^(−2i/dh), one per pair."),
    Slip("overwritten", _overwritten,
         "The second channel is made from the new first one: a slice is a view of x. Keep a copy "
         "of the old a."),
    Slip("no-minus", lambda x, pos: _no_minus(x, pos, 1, 1),
         "No term has a minus, so norms change. Make the first channel a cos θ − b sin θ."),
    Slip("two-minuses", lambda x, pos: _no_minus(x, pos, -1, -1),
         "Both channels have a minus, so norms change. Make the second channel "
         "a sin θ + b cos θ."),
    Slip("not-outer", _not_outer,
         "Positions (n,) are multiplied by frequencies (dh/2,) entry by entry. Write pos[:, None], "
         "so that the angles are (n, dh/2)."),
)  # fmt: skip


def _table(cosine_first: bool, halves: bool) -> Turn:
    def program(x: Tensor, pos: Tensor) -> Tensor:
        theta = _angles(x, pos)
        two = (theta.cos(), theta.sin()) if cosine_first else (theta.sin(), theta.cos())
        return x + (torch.cat(two, -1) if halves else torch.stack(two, -1).flatten(-2))

    return program


ADDED = tuple(
    Slip(slug, _table(cosine_first, halves),
         "A table of sines and cosines was added to x, as in the sinusoidal encoding. Rotate "
         "instead: a cos θ − b sin θ, a sin θ + b cos θ.")
    for slug, cosine_first, halves in (
        ("code-added", False, False),
        ("code-added-cosines-first", True, False),
        ("code-added-halves", False, True),
        ("code-added-halves-cosines-first", True, True),
    )
)  # fmt: skip
WHERE = (
    Slip("stands-still", lambda x, pos: x,
         "x came back as it was: nothing rotates. Return the rotated channels."),
    Slip("zeros", lambda x, pos: 0 * x,
         "The result is all zeros. Fill it with the rotated channels, or stack them."),
    Slip("ignores-pos", lambda x, pos: rope(x, torch.arange(len(pos))),
         "The rows rotate by 0, 1, 2, …, whatever pos says. Multiply the frequencies by pos."),
    Slip("from-the-first", lambda x, pos: rope(x, pos - pos[0]),
         "The first position is subtracted from all, but a cached key keeps its own. Use pos as it "
         "is."),
    Slip("from-the-least", lambda x, pos: rope(x, pos - pos.min()),
         "The smallest position is subtracted from all, but a cached key keeps its own. Use pos as "
         "it is."),
    Slip("from-the-last", lambda x, pos: rope(x, pos.max() - pos),
         "Positions are counted back from the largest. Use pos as it is."),
    Slip("from-one", lambda x, pos: rope(x, pos + 1),
         "Every row rotates by one position too many, position 0 too. Multiply pos, not pos + 1."),
    Slip("normalised", lambda x, pos: rope(x, pos / pos.max()),
         "The positions are divided by the largest, so a step differs from text to text. Use pos "
         "as it is."),
    Slip("normalised-by-count", lambda x, pos: rope(x, pos / len(pos)),
         "The positions are divided by the number of tokens, so a step differs from text to text. "
         "Use pos as it is."),
    Slip("sorted", lambda x, pos: rope(x, pos.sort().values),
         "The positions are sorted first. Rotate row j by pos[j], in the order given."),
    Slip("twice", lambda x, pos: rope(rope(x, pos), pos),
         "Everything rotates twice: pair 0 by 2 radians per position, not by 1. Rotate once."),
)  # fmt: skip
ROUNDED = (
    Slip("bfloat16-positions", lambda x, pos: rope(x, pos.bfloat16().to(F64)),
         "The positions are rounded to bfloat16: 257 rotates as 256 does. Keep them in float32.",
         seen="huggingface/transformers#29285"),
    Slip("float16-positions", lambda x, pos: rope(x, pos.half().to(F64)),
         "The positions are rounded to float16: 2049 rotates as 2048 does. Keep them in float32."),
    *(
        Slip(f"{name}-positions", _narrow(kind),
             f"The positions are stored in {name}, which wraps: {most + 1} becomes {least}. Use "
             "int64 or float32.", seen="vllm-project/tpu-inference#2755" if most > 255 else "")
        for name, kind, least, most in (
            ("int16", torch.int16, -32768, 32767),
            ("int8", torch.int8, -128, 127),
            ("uint8", torch.uint8, 0, 255),
        )
    ),
    Slip("bfloat16-frequencies", _low(torch.bfloat16),
         "The frequencies are rounded to bfloat16: 0.1 becomes 0.1001. Keep them in float32 and "
         "cast the result last.", seen="NVIDIA-NeMo/Automodel#2549"),
    Slip("float16-frequencies", _low(torch.float16),
         "The frequencies are rounded to float16: 0.1 becomes 0.09998. Keep them in float32 and "
         "cast the result last."),
    Slip("bfloat16-angles", _low_angles(torch.bfloat16),
         "The angles are computed in bfloat16, where 257 is 256. Compute them in float32 and cast "
         "the result last.", seen="NVIDIA/Megatron-LM#744"),
    Slip("float16-angles", _low_angles(torch.float16),
         "The angles are computed in float16, where 2049 is 2048. Compute them in float32 and cast "
         "the result last."),
)  # fmt: skip
FREQUENCIES = {
    "doubled-exponent": "The exponent is doubled: arange(0, dh, 2) holds 2i already. Use 2i/dh.",
    "halved-exponent": "The exponent is halved, −i/dh. Use −2i/dh.",
    "inverted": "The frequencies grow with i. Put a minus into the exponent, −2i/dh.",
    "slowest-first": "The frequencies are in reverse order. Put the fastest pair first.",
    "turns": "There is a factor 2π too many. Use base^(−2i/dh), in radians per position.",
    "starts-late": "The index begins at 1. Begin with i = 0, so that pair 0 has frequency 1.",
    "ends-at-base": "The index is divided by dh/2 − 1. Divide by dh/2: the exponent is −2i/dh.",
    "equal-steps": "The frequencies fall in equal steps. Use equal ratios, base^(−2i/dh).",
    "base-1000": "The base is 1000. Use 10000.",
    "wrong-log": "exp undoes math.log, but the logarithm is log10. Use math.log(10000).",
    "degrees": "The angles are in degrees. Leave out π/180.",
    "odd-exponent": "The exponent is 2i + 1. Use 2i.",
    "one-speed": "All pairs have frequency 1. Use / in the exponent −2i/dh; // makes it 0.",
    "not-scaled": "The exponent is not divided by dh. Use −2i/dh.",
}


def _with_number(slug: str, says: str) -> str:
    wrong, right = speeds_of(8, RULES[slug][0]), speeds(8)
    pair = int(((wrong / right - 1).abs() > 1e-3).nonzero()[0])
    return f"{says} At width 8 pair {pair} has {wrong[pair]:.3g}, not {right[pair]:.3g}."


SLIPS = (
    *LAYOUT,
    *ADDED,
    *WHERE,
    *ROUNDED,
    *(Slip(slug, _ruled(slug), _with_number(slug, says)) for slug, says in FREQUENCIES.items()),
)
