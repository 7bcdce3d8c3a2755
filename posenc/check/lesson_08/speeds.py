"""RoPE's speeds, and what a turn is."""

import math

import torch
from torch import Tensor

from posenc.functional import inverse_frequencies

F64 = torch.float64
TURN = 2 * math.pi


def speeds(dim: int, base: float) -> Tensor:
    """Return the speeds of RoPE in float64, (dim/2,)."""
    return inverse_frequencies(dim, base, dtype=F64)
