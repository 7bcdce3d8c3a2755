"""Which key each query prefers."""

from torch import Tensor


def preferred_keys(scores: Tensor) -> list[int | None]:
    """Return for each row the column of its maximum, None where several share it."""
    tops = scores.max(dim=1, keepdim=True).values
    scale = scores.abs().max().clamp(min=1.0)
    is_top = scores >= tops - 1e-9 * scale
    return [int(row.nonzero()) if row.sum() == 1 else None for row in is_top]
