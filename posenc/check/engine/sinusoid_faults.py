"""More wrong position vectors, as programs: channels not written, written over, rounded."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.sinusoid_slips import interleaved
from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import speeds_of
from posenc.functional import sinusoidal

F64 = torch.float64
Program = Callable[[Tensor, int], Tensor]


def _angles(pos: Tensor, dim: int) -> Tensor:
    return pos.to(F64)[:, None] * speeds_of(dim)  # (n, dim/2)


def _alternate(evens: Tensor, odds: Tensor) -> Tensor:
    return torch.stack((evens, odds), dim=-1).flatten(1)


def _right(pos: Tensor, dim: int) -> Tensor:
    return sinusoidal(pos, dim, dtype=F64)


def _cosine_of_sine(pos: Tensor, dim: int) -> Tensor:
    sines = _angles(pos, dim).sin()
    return _alternate(sines, sines.cos())


def _sine_of_cosine(pos: Tensor, dim: int) -> Tensor:
    cosines = _angles(pos, dim).cos()
    return _alternate(cosines.sin(), cosines)


def _halves_overwritten(pos: Tensor, dim: int) -> Tensor:
    table = _angles(pos, dim).repeat_interleave(2, dim=1)
    table[:, : dim // 2] = table[:, 0::2].sin()
    table[:, dim // 2 :] = table[:, 1::2].cos()
    return table


def _only_sines(pos: Tensor, dim: int) -> Tensor:
    sines = _angles(pos, dim).sin()
    return _alternate(sines, torch.zeros_like(sines))


def _only_cosines(pos: Tensor, dim: int) -> Tensor:
    cosines = _angles(pos, dim).cos()
    return _alternate(torch.zeros_like(cosines), cosines)


def _in_neighbours(pos: Tensor, dim: int) -> Tensor:
    theta, table = _angles(pos, dim), torch.zeros(len(pos), dim, dtype=F64)
    for k in range(dim // 2):
        table[:, k], table[:, k + 1] = theta[:, k].sin(), theta[:, k].cos()
    return table


def _angles_by_halves(pos: Tensor, dim: int) -> Tensor:
    theta = _angles(pos, dim).repeat(1, 2)
    return interleaved(theta[:, 0::2], theta[:, 1::2])


def _angles_by_pairs(pos: Tensor, dim: int) -> Tensor:
    sines, cosines = _angles(pos, dim).repeat_interleave(2, dim=1).chunk(2, dim=1)
    return torch.cat((sines.sin(), cosines.cos()), dim=1)


def _channel_frequencies(pos: Tensor, dim: int) -> Tensor:
    every = 10_000 ** (-torch.arange(dim, dtype=F64) / dim)
    sines, cosines = (pos.to(F64)[:, None] * every).chunk(2, dim=1)
    return torch.cat((sines.sin(), cosines.cos()), dim=1)


def _padding_row(pos: Tensor, dim: int) -> Tensor:
    return _right(pos, dim) * (pos != 0)[:, None]


def _floored(pos: Tensor, dim: int) -> Tensor:
    theta = _angles(pos, dim).floor()
    return interleaved(theta, theta)


def _as(dtype: torch.dtype) -> Program:
    return lambda pos, dim: _right(pos.to(dtype).to(F64), dim)


def _frequencies(dtype: torch.dtype) -> Program:
    def program(pos: Tensor, dim: int) -> Tensor:
        theta = pos.to(F64)[:, None] * speeds_of(dim).to(dtype).to(F64)
        return interleaved(theta, theta)

    return program


def _rounded_angles(dtype: torch.dtype) -> Program:
    def program(pos: Tensor, dim: int) -> Tensor:
        theta = _angles(pos, dim).to(dtype).to(F64)
        return interleaved(theta, theta)

    return program


def _throughout(pos: Tensor, dim: int) -> Tensor:
    theta = (pos.bfloat16()[:, None] * speeds_of(dim).bfloat16()).to(F64)
    return interleaved(theta, theta)


FAULTS = (
    Slip(
        "int16-positions",
        _as(torch.int16),
        "The positions are counted in int16, so 32768 becomes −32768. Count in int64 or float32.",
        "vllm-project/tpu-inference#2755",
    ),
    Slip(
        "int8-positions",
        _as(torch.int8),
        "The positions are counted in int8, so 128 becomes −128. Count in int64 or float32.",
    ),
    Slip(
        "uint8-positions",
        _as(torch.uint8),
        "The positions are counted in uint8, so 256 becomes 0. Count in int64 or float32.",
    ),
    *(
        Slip(
            f"{kind}-frequencies",
            _frequencies(dtype),
            f"The frequencies are rounded to {kind}; 0.1 becomes {digits}. Compute and store them "
            "in float32.",
            seen,
        )
        for kind, dtype, digits, seen in (
            ("bfloat16", torch.bfloat16, "0.1001", "NVIDIA-NeMo/Automodel#2549"),
            ("float16", torch.float16, "0.09998", ""),
        )
    ),
    *(
        Slip(
            f"{kind}-angles",
            _rounded_angles(dtype),
            f"The angles are rounded to {kind}; {angle}. Multiply pos and the frequencies in "
            "float32.",
        )
        for kind, dtype, angle in (
            ("bfloat16", torch.bfloat16, "1.1 becomes 1.102"),
            ("float16", torch.float16, "204.9 becomes 204.875"),
        )
    ),
    Slip(
        "bfloat16-throughout",
        _throughout,
        "Positions, frequencies and angles are in bfloat16, which keeps about 3 digits. Compute "
        "the angles in float32, and convert last.",
    ),
    Slip(
        "cosine-of-sine",
        _cosine_of_sine,
        "The cosines are taken of the sines, which were written over the angles. Keep the angles "
        "in a tensor of their own.",
    ),
    Slip(
        "sine-of-cosine",
        _sine_of_cosine,
        "The sines are taken of the cosines, which were written over the angles. Keep the angles "
        "in a tensor of their own.",
    ),
    Slip(
        "halves-overwritten",
        _halves_overwritten,
        "The sines are written over angles that the cosines still need. Keep the angles in a "
        "tensor of their own.",
        "huggingface/transformers#11724",
    ),
    Slip(
        "only-sines",
        _only_sines,
        "Half of the channels are still 0: only the sines were written. Write each cosine in the "
        "other channel of its pair.",
    ),
    Slip(
        "only-cosines",
        _only_cosines,
        "Half of the channels are still 0: there are cosines and no sines. Write the sines to "
        "codes[:, 0::2], the cosines to codes[:, 1::2].",
    ),
    Slip(
        "half-empty",
        _in_neighbours,
        "The channels k and k + 1 were written for pair k, and the last ones are still 0. Use 2k "
        "and 2k + 1.",
    ),
    Slip(
        "angles-by-halves",
        _angles_by_halves,
        "The angles repeat as θ0, θ1, …, θ0, θ1, …, and sine and cosine alternate. Use "
        "repeat_interleave(2), so that a pair shares its angle.",
    ),
    Slip(
        "angles-by-pairs",
        _angles_by_pairs,
        "The angles repeat as θ0, θ0, θ1, θ1, …, and all sines come first. Let sine and cosine "
        "alternate: codes[:, 0::2], codes[:, 1::2].",
    ),
    Slip(
        "channel-frequencies",
        _channel_frequencies,
        "Every channel has a frequency of its own, with exponent channel/dim. Give a sine and its "
        "cosine the same one, 2i/dim.",
    ),
    Slip(
        "floored-angles",
        _floored,
        "The angles are whole numbers, as // gives by rounding down. Divide with /, or multiply by "
        "the frequencies.",
    ),
    Slip(
        "padding-row",
        _padding_row,
        "The vector of position 0 is all zeros, as if it were padding. It is 0, 1, 0, 1, …: sin 0 "
        "and cos 0 of every pair.",
    ),
)
