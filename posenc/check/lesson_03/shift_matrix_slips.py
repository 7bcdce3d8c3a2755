"""Wrong shift matrices that people publish, as programs: (k, dim) -> (dim, dim)."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.sinusoid_slips import HALVES, ORDERS
from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import RULES, speeds_of
from posenc.functional import shift_matrix

F64 = torch.float64
Program = Callable[[int, int], Tensor]


def _blocks(k: float, speeds: Tensor, signs: tuple[int, ...] = (1, 1, -1, 1)) -> Tensor:
    """Return 2 × 2 blocks (cos, sin, −sin, cos), each entry times its sign but the third's."""
    cos, sin = (k * speeds).cos(), (k * speeds).sin()
    entries = [s * x for s, x in zip(signs, (cos, sin, sin, cos), strict=True)]
    return torch.block_diag(*torch.stack(entries, dim=-1).unflatten(-1, (2, 2)))


def _exchanged(angles: Tensor) -> Tensor:
    """Return 2 × 2 blocks (sin, cos, −cos, sin)."""
    return _blocks(1, torch.pi / 2 - angles)


def _shift(k: float, dim: int) -> Tensor:
    return shift_matrix(k, dim, dtype=F64)


def in_halves(matrix: Tensor) -> Tensor:
    """Return the matrix for vectors with all sines first, (dim, dim) -> (dim, dim)."""
    halves = ORDERS[HALVES](torch.arange(len(matrix))[None])[0]
    return matrix[:, halves][halves]


def _rounded(dtype: torch.dtype) -> Program:
    return lambda k, dim: _blocks(k, speeds_of(dim).to(dtype).to(F64))


def _alternating(k: int, dim: int) -> Tensor:
    """The minus once top right and once bottom left, block by block."""
    signs = (-1.0) ** torch.arange(dim // 2, dtype=F64)
    return _blocks(k, speeds_of(dim) * signs)


SAYS = {  # the exercise fixes the base: a learner may have kept another
    "base-1000": "The base is 1000. Use 10 000.",
    "not-scaled": "Only the first pair rotates: all other frequencies are (almost) 0. Rotate pair "
    "i by ω_i · k, with the exponent −2i/dim.",
}
SLIPS = (
    Slip(
        "ignores-sign",
        lambda k, dim: _shift(abs(k), dim),
        "The shift by −5 is the same as that by 5. Keep the sign of k, which may be negative.",
    ),
    Slip(
        "empty-range",
        lambda k, dim: _shift(max(k, 0), dim),
        "A negative k gives the identity, as a loop over range(k) does. Rotate by the angle ω_i k, "
        "which may be negative.",
    ),
    Slip(
        "backwards",
        lambda k, dim: _shift(-k, dim),
        "The matrix takes position p to p − k. Put +sin top right and −sin bottom left: the sine "
        "is the first channel of a pair.",
    ),
    Slip(
        "halves",
        lambda k, dim: in_halves(_shift(k, dim)),
        "This matrix shifts vectors with all sines first. Here the sine and the cosine of pair i "
        "are the channels 2i and 2i + 1.",
    ),
    Slip(
        "ignores-k",
        lambda k, dim: _shift(1, dim),
        "This is the matrix of one step, whatever k is. Multiply the angles by k.",
    ),
    Slip(
        "added-k",
        lambda k, dim: _blocks(1, speeds_of(dim) + k),
        "The angle of pair i is ω_i + k. Multiply: it must be ω_i · k.",
    ),
    Slip(
        "one-speed",
        lambda k, dim: _blocks(k, torch.ones(dim // 2, dtype=F64)),
        "Every block rotates by the same angle. Rotate pair i by ω_i · k.",
    ),
    Slip(
        "stands-still",
        lambda k, dim: torch.eye(dim, dtype=F64),
        "The matrix is the identity for every k. Rotate pair i by ω_i · k.",
    ),
    Slip(
        "mirror",
        lambda k, dim: _blocks(k, speeds_of(dim), (1, 1, 1, -1)),
        "The blocks are reflections. A rotation has cos twice on the diagonal, sin top right and "
        "−sin bottom left.",
    ),
    Slip(
        "no-minus",
        lambda k, dim: _blocks(k, speeds_of(dim), (1, 1, 1, 1)),
        "Both sines of a block have the same sign. A rotation has sin top right and −sin bottom "
        "left.",
    ),
    Slip(
        "alternating",
        _alternating,
        "The odd pairs rotate the other way. Rotate all pairs alike, with sin top right and −sin "
        "bottom left.",
    ),
    Slip(
        "exchanged",
        lambda k, dim: _exchanged(k * speeds_of(dim)),
        "Sine and cosine are exchanged. Put the cosines on the diagonal.",
    ),
    Slip(
        "cosines-alone",
        lambda k, dim: (k * speeds_of(dim)).cos().repeat_interleave(2).diag(),
        "There are only cosines, on the diagonal. A rotation also needs sin top right and −sin "
        "bottom left.",
    ),
    Slip(
        "entry-powers",
        lambda k, dim: _shift(1, dim) ** k,
        "The entries were raised to the power k. Use torch.linalg.matrix_power, which multiplies "
        "matrices.",
    ),
    Slip(
        "k-times",
        lambda k, dim: k * _shift(1, dim),
        "This is k times the matrix of one step. Apply that matrix k times, or rotate by k times "
        "the angle.",
    ),
    Slip(
        "wraps-k",
        lambda k, dim: _shift(k % dim, dim),
        "The shift is k modulo dim. Use k itself: positions do not wrap around after dim of them.",
    ),
    *(
        Slip(
            f"{kind}-frequencies",
            _rounded(dtype),
            f"The frequencies are rounded to {kind}; 0.1 becomes {digits}. Compute them in float32 "
            "or float64.",
        )
        for kind, dtype, digits in (
            ("bfloat16", torch.bfloat16, "0.1001"),
            ("float16", torch.float16, "0.09998"),
        )
    ),
    *(
        Slip(slug, lambda k, dim, r=rule: _blocks(k, speeds_of(dim, r)), SAYS.get(slug, says))
        for slug, (rule, says) in RULES.items()
        if slug != "one-speed"
    ),
)
