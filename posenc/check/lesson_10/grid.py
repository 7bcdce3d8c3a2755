"""Places on a grid, and the slips that show on this one."""

from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import alike
from posenc.check.engine.slip import Slip

ROUNDING = 1e-4  # none of the learner's business


def places(height: int, width: int) -> Tensor:
    """Return row and column of each patch, read line by line."""
    return torch.cartesian_prod(torch.arange(height), torch.arange(width))


def at(place: Tensor) -> str:
    """Return a place in words."""
    return f"({', '.join(f'{x:g}' for x in place.tolist())})"


def telling(slips: tuple[Slip, ...], right: Tensor, *given: Any) -> tuple[Slip, ...]:
    """Return the slips that do not make the right numbers here, as some do on a square grid."""
    return tuple(s for s in slips if not alike(s.program(*given), right, atol=ROUNDING))
