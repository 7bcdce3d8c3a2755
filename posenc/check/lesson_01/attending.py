"""Attention of one head, right, and the words and weights that it is tried on."""

import math

import torch
from torch import Generator, Tensor

Arguments = tuple[Tensor, Tensor, Tensor, Tensor]  # x, W_q, W_k, W_v


def attend(
    x: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    mask: Tensor | None = None,
    *,
    root: float | None = None,
    fill: float = -math.inf,
    dim: int = -1,
) -> Tensor:
    """Return attention, or a wrong one: other root, filling, or axis of the softmax."""
    return weights(x, W_q, W_k, mask, root=root, fill=fill, dim=dim) @ (x @ W_v)


def weights(
    x: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    mask: Tensor | None = None,
    *,
    root: float | None = None,
    fill: float = -math.inf,
    dim: int = -1,
) -> Tensor:
    """Return the weights of attention, (n, n), queries down and keys across."""
    s = scores(x, W_q, W_k, root)
    return (s if mask is None else s.masked_fill(~mask, fill)).softmax(dim)


def scores(x: Tensor, W_q: Tensor, W_k: Tensor, root: float | None = None) -> Tensor:
    """Return the scaled scores, (n, n)."""
    return (x @ W_q) @ (x @ W_k).T / (root or math.sqrt(W_q.shape[1]))


def drawn(n: int, dh: int, d: int = 6) -> Arguments:
    """Return random words and matrices, the same for the same n."""
    generator = Generator().manual_seed(n)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return draw(n, d), draw(d, dh), draw(d, dh), draw(d, dh)
