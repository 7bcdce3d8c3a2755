"""The mathematics: pure functions on tensors. No classes, no state, no randomness.

Shapes are in the letters of :mod:`posenc`; frequencies are in radians per position.
"""

from posenc.functional._axes import mrope_angles
from posenc.functional._bias import alibi_slopes, fourier_features, t5_bucket
from posenc.functional._blocks import add_code
from posenc.functional._checks import (
    check_above,
    check_count,
    check_float,
    check_integer,
    check_numbers,
    check_real,
)
from posenc.functional._rotary import (
    ntk_base,
    rotate_halves,
    rotate_pairs,
    scaled_frequencies,
    yarn_temperature,
)
from posenc.functional._sinusoid import (
    angles,
    distance,
    inverse_frequencies,
    shift_matrix,
    sinusoidal,
)

__all__ = [
    "add_code",
    "alibi_slopes",
    "angles",
    "check_above",
    "check_count",
    "check_float",
    "check_integer",
    "check_numbers",
    "check_real",
    "distance",
    "fourier_features",
    "inverse_frequencies",
    "mrope_angles",
    "ntk_base",
    "rotate_halves",
    "rotate_pairs",
    "scaled_frequencies",
    "shift_matrix",
    "sinusoidal",
    "t5_bucket",
    "yarn_temperature",
]
