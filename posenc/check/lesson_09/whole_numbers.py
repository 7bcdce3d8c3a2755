"""Positions as an answer: whole numbers, one per token."""

from collections.abc import Sequence

import torch
from torch import Tensor

from posenc.check.engine.verdict import Mistake, require

WRAPS = {torch.int8: 128, torch.uint8: 256, torch.int16: 32768}
ROUNDS = {256: "bfloat16", 2048: "float16"}


def whole_numbers(found: object, like: Tensor, case: str) -> Tensor:
    """Return what was found as int64, or raise the first thing that is wrong with its form."""
    said = f"{case} returned None. Does the function print instead of return?"
    require(found is not None, "not-a-tensor", said)
    kind = type(found).__name__
    parts = isinstance(found, (list, tuple)) and any(isinstance(x, Tensor) for x in found)
    cure = "Join the tensors with torch.cat or stack." if parts else "Make one with torch.tensor."
    is_tensor = isinstance(found, Tensor)
    require(is_tensor, "not-a-tensor", f"{case} returned a {kind}, not a tensor. {cure}")
    assert isinstance(found, Tensor)
    said = f"{case} has the shape {tuple(found.shape)}. Return one position per token,"
    require(found.shape == like.shape, "shape", f"{said} {tuple(like.shape)}.")
    whole = not found.is_floating_point() and found.dtype != torch.bool
    said = f"{case} holds {found.dtype}. Return whole numbers, torch.long, as a table needs them."
    require(whole, "dtype", said)
    return found.long()


def examine_digits(found: Sequence[Tensor], right: Sequence[Tensor]) -> None:
    """Raise if the positions are right but for a number type that does not hold them."""
    mine, true = torch.cat([*found]), torch.cat([*right])
    for dtype, limit in WRAPS.items():
        if torch.equal(mine, true.to(dtype).long()):
            said = f"Counts wrap round at {limit}, as {dtype} does. Count in torch.long."
            raise Mistake("wraps", said)
    wrong = mine != true
    first = int(true[wrong].min())
    near = bool(((mine - true).abs() <= (true / 64).clamp(min=1)).all())
    if near and first >= 255:
        limit, name = list(ROUNDS.items())[first >= 2047]
        said = f"Counts above {limit} are rounded, as in {name}. Count in torch.long."
        raise Mistake("rounded", said)


def before(count: int) -> str:
    """Return how many tokens stand before one, in words."""
    return "one token stands" if count == 1 else f"{count} tokens stand"
