"""Who may attend to whom, and what is refused."""

import torch
from torch import Tensor

from posenc.functional import distance


def allowed(
    mask: Tensor | None, sizes: tuple[int, int, int], causal: bool, device: torch.device
) -> Tensor | None:
    """Return who may attend, broadcastable to (b, h, n, n), or None for everyone."""
    n = sizes[-1]
    past = torch.ones(n, n, dtype=torch.bool, device=device).tril() if causal else None  # (n, n)
    if mask is None:
        return past
    mask = _four_axes(mask, *sizes)  # (1 or b, 1 or h, 1 or n, n)
    if mask.device != device:
        raise ValueError(f"mask is on {mask.device} but tokens are on {device}: move one")
    return mask if past is None else mask & past


def reach(q_pos: Tensor, k_pos: Tensor, window: int | None, chunk: int | None) -> Tensor:
    """Return which keys lie in the window or the chunk of a query, (1 or b, 1, q, k).

    Four axes also where all texts count alike: a mask of two is the causal one.
    """
    if chunk is not None:
        q_pos, k_pos = q_pos // chunk, k_pos // chunk  # the number of the chunk: same shapes
    near = distance(q_pos, k_pos).abs() < (window or 1)  # (q, k) or (b, 1, q, k)
    return near if near.dim() == 4 else near[None, None]


def _four_axes(mask: Tensor, b: int, h: int, n: int) -> Tensor:
    kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
    if kind != torch.bool:
        raise TypeError(f"mask must be a boolean tensor, True = may attend; got {kind}")
    _refuse_ambiguous(mask, b, n)
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


def _refuse_ambiguous(mask: Tensor, b: int, n: int) -> None:
    """Raise for (b, n), which tokens are real, and for (n, n) where it could be that, too."""
    if mask.shape == (n, n) and b == n > 1:
        raise ValueError(
            f"a mask of shape {(n, n)} for {b} sequences of {n} can be read in two ways: write "
            "mask[None] for (n, n), who may attend to whom, mask[:, None] for (b, n), which "
            "tokens are real"
        )
    if mask.shape == (b, n) and b != n:
        raise ValueError(
            f"a mask of shape (b, n) = {(b, n)} says which tokens are real: write mask[:, None]"
        )


def check_tokens(tokens: Tensor, device: torch.device) -> tuple[int, int]:
    """Return (b, n), or raise unless the tokens are whole numbers of that shape, at hand."""
    if not isinstance(tokens, Tensor):
        raise TypeError(f"tokens must be a tensor of shape (b, n); got {type(tokens).__name__}")
    if tokens.dim() == 1:
        raise ValueError(
            f"tokens must be of shape (b, n); got {tokens.dtype} {tuple(tokens.shape)}: "
            "for one sequence write tokens[None]"
        )
    if tokens.dim() != 2 or tokens.dtype not in (torch.int64, torch.int32):
        raise ValueError(
            "tokens must be int64 or int32 of shape (b, n); "
            f"got {tokens.dtype} {tuple(tokens.shape)}: use tokens.long()"
        )
    if tokens.device != device:
        raise ValueError(
            f"tokens are on {tokens.device} but the model is on {device}: use tokens.to(device)"
        )
    return tokens.shape[0], tokens.shape[1]
