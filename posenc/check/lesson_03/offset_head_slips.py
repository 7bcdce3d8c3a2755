"""Heads that look elsewhere, as programs: (k, dim) -> W_q, W_k."""

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.lesson_03.shift_matrix_slips import in_halves
from posenc.functional import shift_matrix

F64 = torch.float64


def _shift(k: float, dim: int, base: float = 10_000.0) -> Tensor:
    return shift_matrix(k, dim, base, dtype=F64)


def _eye(dim: int) -> Tensor:
    return torch.eye(dim, dtype=F64)


SLIPS = (
    Slip(
        "looks-ahead",
        lambda k, dim: (_shift(-k, dim), _eye(dim)),
        "Every query prefers the key k after it. Reverse the shift: rows @ M goes back, "
        "rows @ M.T goes ahead.",
    ),
    Slip(
        "both-shifted",
        lambda k, dim: (_shift(k, dim), _shift(k, dim)),
        "W_q and W_k are shifted by the same k, so every query prefers its own key. Leave one of "
        "them unshifted.",
    ),
    Slip(
        "looks-at-itself",
        lambda k, dim: (_eye(dim), _eye(dim)),
        "Every query prefers its own key, as without any shift. Shift the queries by k with "
        "posenc.shift_matrix.",
    ),
    Slip(
        "ignores-k",
        lambda k, dim: (_shift(1, dim), _eye(dim)),
        "Every query prefers the key just before it, whatever k is. Use the argument k.",
    ),
    Slip(
        "twice",
        lambda k, dim: (_shift(k, dim), _shift(-k, dim)),
        "Every query prefers the key 2k before it. Shift the queries or the keys, not both.",
    ),
    Slip(
        "twice-ahead",
        lambda k, dim: (_shift(-k, dim), _shift(k, dim)),
        "Every query prefers the key 2k after it: both are shifted, and both the wrong way. Shift "
        "W_q alone, without .T.",
    ),
    Slip(
        "one-too-many",
        lambda k, dim: (_shift(k + 1, dim), _eye(dim)),
        "Every query prefers the key k + 1 before it. Shift by k.",
    ),
    Slip(
        "one-too-few",
        lambda k, dim: (_shift(k - 1, dim), _eye(dim)),
        "Every query prefers the key k − 1 before it. Shift by k.",
    ),
    Slip(
        "rounded-down",
        lambda k, dim: (_shift(2 * (k // 2), dim), _eye(dim)),
        "With odd k the key k − 1 before is preferred, with even k the correct one. k // 2 rounds "
        "down: shift by k / 2 on each side.",
    ),
    Slip(
        "rounded-up",
        lambda k, dim: (_shift(2 * ((k + 1) // 2), dim), _eye(dim)),
        "With odd k the key k + 1 before is preferred, with even k the correct one. Do not round "
        "k / 2 up.",
    ),
    Slip(
        "half",
        lambda k, dim: (_shift(k / 2, dim), _eye(dim)),
        "Every query prefers the key k/2 before it. Shift by k in all.",
    ),
    Slip(
        "wraps-k",
        lambda k, dim: (_shift(k % dim, dim), _eye(dim)),
        "The offset is k modulo dim. Use k itself: positions do not wrap around after dim of them.",
    ),
    Slip(
        "halves",
        lambda k, dim: (in_halves(_shift(k, dim)), _eye(dim)),
        "This matrix shifts vectors with all sines first. Here the sine and the cosine of pair i "
        "are the channels 2i and 2i + 1.",
    ),
    *(
        Slip(
            f"base-{base}",
            lambda k, dim, base=base: (_shift(k, dim, base), _eye(dim)),
            f"The shift is made for base {base}, and the position vectors have base 10 000. Use "
            "posenc.shift_matrix(k, dim).",
        )
        for base in (100, 1000)
    ),
)
