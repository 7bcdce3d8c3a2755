"""Attention of one head, right, and the words and weights that it is tried on."""

import math

import torch
from torch import Generator, Tensor

from posenc.check.engine.draws import Draw

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


def drawn(n: int, dh: int, d: int = 6, generator: Generator | None = None) -> Arguments:
    """Return random words and matrices, without a generator the same for the same n."""
    generator = generator or Generator().manual_seed(n)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return draw(n, d), draw(d, dh), draw(d, dh), draw(d, dh)


def case(draw: Draw, n: int, dh: int, d: int) -> Arguments:
    """Return the words and matrices of a case; a class's have scores of about 1.

    With matrices as large as the notebook's, float32 is off by more than is allowed in one draw
    of 700.
    """
    x, *matrices = drawn(n, dh, d, draw.generator(n))
    size = d**-0.5 if draw.is_drawn else 1.0
    W_q, W_k, W_v = (size * matrix for matrix in matrices)
    return x, W_q, W_k, W_v


def usual(draw: Draw) -> tuple[int, int, int]:
    """Return n, dh and d with dh < n < d."""
    n = draw.near(5, 1)
    return n, n - draw.one_of(1, 2), n + draw.one_of(1, 2, 3)


def wide(draw: Draw) -> tuple[int, int, int]:
    """Return n, dh and d with n < d < dh."""
    return draw.near(3, 1), draw.near(9, 1), draw.near(6, 1)


def long(draw: Draw) -> tuple[int, int, int]:
    """Return n, dh and d of more tokens."""
    dh = draw.near(3, 1)
    return draw.near(7, 1), dh, dh + draw.one_of(2, 1)


def single(draw: Draw) -> tuple[int, int, int]:
    """Return n, dh and d of one token."""
    return 1, draw.near(5, 1), draw.near(6, 1)


def unmasked(draw: Draw) -> tuple[tuple[str, Arguments], ...]:
    """Return cases without a mask, each with its words."""
    sizes = [size(draw) for size in (usual, wide, long, single)]
    return draw.repeated([(f"{n} tokens of width {dh}", case(draw, n, dh, d))
                          for n, dh, d in sizes])  # fmt: skip
