"""What is wrong with the form of a result: nothing came back, an error, a list of tensors."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

NOTHING = "The function returned None. Did you print instead of return?"
SOMETIMES = "For one input the function returned None. Let every branch end in a return."


def no_result(found: object) -> str:
    """Return what to say of a result that is none: None, or an exception; "" for any other.

    >>> no_result(ValueError("too long"))
    "The function returned ValueError('too long'). Write raise in place of return."
    """
    if found is None:
        return NOTHING
    if isinstance(found, BaseException):
        return f"The function returned {_short(found)}. Write raise in place of return."
    if isinstance(found, type) and issubclass(found, BaseException):
        return f"The function returned the class {found.__name__}. Write raise in place of return."
    return ""


def no_tensor(found: object, shape: Sequence[int] | None = None) -> str:
    """Return what to say of a result that is not a tensor to compare; "" for one that is.

    ``shape`` is what the tensor should have: it tells whether to stack or to concatenate.
    """
    if no_result(found):
        return no_result(found)
    if isinstance(found, Tensor):
        return _layout(found)
    kind = type(found).__name__
    if isinstance(found, (list, tuple)) and any(isinstance(part, Tensor) for part in found):
        return f"The function returned a {kind} of {len(found)} tensors. {_joined(found, shape)}"
    if isinstance(found, Iterator):
        return f"The function returned a {kind}. Collect its items and join them with torch.stack."
    if callable(found):
        return f"The function returned a {kind}. Did you leave out the parentheses of a call?"
    return ""


def _layout(found: Tensor) -> str:
    if found.is_nested:
        return "The function returned a nested tensor. Return one whose rows are equally long."
    if found.layout != torch.strided:
        return "The function returned a sparse tensor. Return result.to_dense()."
    if found.is_quantized:
        return "The function returned a quantized tensor. Return result.dequantize()."
    return ""


def _joined(parts: Sequence[Any], shape: Sequence[int] | None) -> str:
    """Return which of torch.stack and torch.cat gives the shape, and both where neither does."""
    if shape is not None and all(isinstance(part, Tensor) for part in parts):
        for join in (torch.stack, torch.cat):
            for dim in (*range(len(shape) - 1), -1):
                if _shape(join, parts, dim) == tuple(shape):
                    return f"Join them with torch.{join.__name__}(…, dim={dim})."
    return "Join them with torch.stack (a new axis) or torch.cat (an axis that they have)."


def _shape(join: Any, parts: Sequence[Tensor], dim: int) -> tuple[int, ...] | None:
    try:
        return tuple(join(list(parts), dim=dim).shape)
    except (RuntimeError, IndexError):
        return None


def _short(error: BaseException) -> str:
    try:
        return " ".join(repr(error).split())[:80]
    except Exception:  # its own repr may raise
        return type(error).__name__
