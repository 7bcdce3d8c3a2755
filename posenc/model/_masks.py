"""Who may attend to whom, and what is refused."""

import torch
from torch import Tensor


def allowed(
    mask: Tensor | None, sizes: tuple[int, int, int], causal: bool, device: torch.device
) -> Tensor | None:
    """Return who may attend, broadcastable to (b, h, n, n), or None for everyone."""
    n = sizes[-1]
    past = torch.ones(n, n, dtype=torch.bool, device=device).tril() if causal else None
    if mask is None:
        return past
    mask = _four_axes(mask, *sizes)
    return mask if past is None else mask & past


def _four_axes(mask: Tensor, b: int, h: int, n: int) -> Tensor:
    if mask.dtype != torch.bool:
        raise TypeError(f"mask must be boolean, True = may attend; got {mask.dtype}")
    shape = {2: (1, 1, *mask.shape), 3: (mask.shape[0], 1, *mask.shape[1:])}.get(
        mask.dim(), tuple(mask.shape)
    )
    fits = len(shape) == 4 and all(
        size in allowed for size, allowed in zip(shape, ((1, b), (1, h), (1, n), (n,)), strict=True)
    )
    if not fits:
        raise ValueError(
            f"mask must be (n, n), (b, 1 or n, n) or (b, 1 or h, 1 or n, n) with b={b}, h={h}, "
            f"n={n}; got {tuple(mask.shape)}"
        )
    return mask.view(shape)


def check_tokens(tokens: Tensor) -> tuple[int, int]:
    """Return (b, n), or raise unless the tokens are integers of that shape."""
    if tokens.dim() != 2 or tokens.is_floating_point() or tokens.dtype == torch.bool:
        raise ValueError(
            f"tokens must be integers of shape (b, n); got {tokens.dtype} {tuple(tokens.shape)}"
        )
    return tokens.shape[0], tokens.shape[1]
