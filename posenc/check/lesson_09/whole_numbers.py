"""Positions as an answer: whole numbers, one a word."""

import torch
from torch import Tensor

from posenc.check.engine.verdict import require


def whole_numbers(found: object, like: Tensor, case: str) -> Tensor:
    """Return what was found as int64, or raise the first thing that is wrong with its form."""
    require(
        isinstance(found, Tensor),
        "not-a-tensor",
        f"{case} must return a tensor; it returned {type(found).__name__}",
    )
    assert isinstance(found, Tensor)
    require(
        found.shape == like.shape,
        "shape",
        f"{case} must have shape {tuple(like.shape)}; it has {tuple(found.shape)}",
    )
    require(
        not found.is_floating_point() and found.dtype != torch.bool,
        "dtype",
        f"{case} must hold whole numbers, since a table is read by them; it holds {found.dtype}",
    )
    return found.long()
