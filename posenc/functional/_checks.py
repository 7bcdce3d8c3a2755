"""What several functions refuse, said once."""

import math
from typing import SupportsFloat

import torch
from torch import Tensor


def check_numbers(pos: Tensor, name: str = "pos") -> None:
    """Raise unless ``pos`` is a tensor of real numbers with at least one axis."""
    if not isinstance(pos, Tensor):
        raise TypeError(
            f"{name} must be a tensor, for example torch.arange(n); got {type(pos).__name__}"
        )
    if pos.dtype == torch.bool or pos.is_complex():
        raise TypeError(f"{name} must hold integers or real numbers; got {pos.dtype}")
    if pos.dim() == 0:
        raise ValueError(f"{name} must have an axis of positions, (n,) or (b, n); got a scalar")


def check_one_device(first: str, one: Tensor, second: str, other: Tensor) -> None:
    """Raise unless two tensors, each after its name, are on one device."""
    if one.device != other.device:
        raise ValueError(
            f"{first} is on {one.device} but {second} is on {other.device}: "
            "move one with .to(device)"
        )


def check_float(dtype: torch.dtype) -> None:
    """Raise unless ``dtype`` can hold a code."""
    if not dtype.is_floating_point:
        raise TypeError(f"dtype must be a floating-point type; got {dtype}")


def check_dim(dim: int) -> None:
    """Raise unless ``dim`` is even and positive."""
    check_integer("dim", dim)
    if dim <= 0 or dim % 2:
        raise ValueError(
            f"dim must be even and positive, because channels turn in pairs; got {dim}"
        )


def check_integer(name: str, value: int) -> None:
    """Raise unless ``value`` is an integer, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer; got {value!r}")


def check_count(name: str, value: int) -> None:
    """Raise unless ``value`` is an integer, 1 or above."""
    check_integer(name, value)
    if value < 1:
        raise ValueError(f"{name} must be at least 1; got {value}")


def check_real(name: str, value: float) -> None:
    """Raise unless ``value`` is a real number, and no truth value."""
    if isinstance(value, bool) or not isinstance(value, (float, int, SupportsFloat)):
        raise TypeError(f"{name} must be a number; got {value!r}")


def check_above(name: str, value: float, bound: float = 0.0) -> None:
    """Raise unless ``value`` is a finite number above ``bound``."""
    if isinstance(value, bool) or not isinstance(value, (float, int, SupportsFloat)):
        raise TypeError(f"{name} must be a finite number above {bound:g}; got {value!r}")
    if not bound < value < math.inf:  # a graph can compare, and cannot ask isfinite
        raise ValueError(f"{name} must be a finite number above {bound:g}; got {value}")
