"""One number as an answer, and a call in words."""

import torch
from torch import Tensor

from posenc.check.engine.verdict import require


def said(name: str, *case: float) -> str:
    """Return a call as it is written."""
    return f"{name}({', '.join(f'{x:.4g}' if isinstance(x, float) else str(x) for x in case)})"


def number(found: object, case: str) -> float:
    """Return the one number in ``found``, or raise the mistake."""
    if isinstance(found, Tensor) and found.numel() == 1 and found.dtype != torch.bool:
        found = found.item()
    is_number = isinstance(found, (int, float)) and not isinstance(found, bool)
    finite = is_number and abs(found) < 1e15  # type: ignore[arg-type]
    shown = found if is_number else type(found).__name__
    require(finite, "not-a-number", f"{case} must be one whole number; it is {shown}")
    return float(found)  # type: ignore[arg-type]
