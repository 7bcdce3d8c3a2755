"""Frequencies, angles, sinusoidal codes, distances."""

import math

import torch
from torch import Tensor

from posenc.functional._checks import (
    check_above,
    check_dim,
    check_float,
    check_numbers,
    check_one_device,
)


def inverse_frequencies(
    dim: int,
    base: float = 10_000.0,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Tensor:
    """Return the speeds ω_i = base^(-2i/dim) of the dim/2 pairs, fastest first.

    Shapes: ``(dim/2,)``; unit: radians per position.

    Raises ``ValueError`` for an odd or non-positive ``dim``, or for a ``base`` that is
    not a finite number above 0.

    Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.5.

    >>> inverse_frequencies(8)
    tensor([1.0000, 0.1000, 0.0100, 0.0010])
    """
    check_dim(dim)
    check_above("base", base)
    check_float(dtype)
    # Python's floats are float64: the last digit is right even where the device has none
    speeds = [base ** (-i / dim) for i in range(0, dim, 2)]
    return torch.tensor(speeds, dtype=dtype, device=device)  # (dim/2,)


def angles(pos: Tensor, inv_freq: Tensor) -> Tensor:
    """Return the angle that each pair has reached at each position, in radians.

    Shapes: ``(..., n), (m,) -> (..., n, m)``. Computed in float32 at least: in bfloat16
    the positions 256 and 257 would already share one angle.

    Raises ``TypeError`` for positions that are not numbers and ``ValueError`` for shapes
    or devices that do not fit.

    >>> angles(torch.arange(3), inverse_frequencies(4))
    tensor([[0.0000, 0.0000],
            [1.0000, 0.0100],
            [2.0000, 0.0200]])
    """
    check_numbers(pos)
    if inv_freq.dim() != 1 or not inv_freq.is_floating_point():
        raise ValueError(
            "inv_freq must be one floating-point number a pair, of shape (m,); "
            f"got {inv_freq.dtype} of shape {tuple(inv_freq.shape)}"
        )
    check_one_device("pos", pos, "inv_freq", inv_freq)
    dtype = torch.promote_types(inv_freq.dtype, torch.float32)
    if pos.is_floating_point():
        dtype = torch.promote_types(dtype, pos.dtype)
    return pos.to(dtype)[..., None] * inv_freq.to(dtype)  # (..., n, m)


def sinusoidal(
    pos: Tensor,
    dim: int,
    base: float = 10_000.0,
    *,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return the sinusoidal codes: channel 2i is sin(ω_i p), channel 2i+1 is cos(ω_i p).

    Shapes: ``(..., n) -> (..., n, dim)``. A half-precision ``dtype`` is cast to last.

    Raises ``ValueError`` for an odd or non-positive ``dim`` or a bad ``base``.

    Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.5.

    >>> sinusoidal(torch.arange(2), 4)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    check_numbers(pos)
    check_float(dtype)
    work = torch.promote_types(dtype, torch.float32)
    inv_freq = inverse_frequencies(dim, base, dtype=work, device=pos.device)  # (dim/2,)
    theta = angles(pos, inv_freq)  # (..., n, dim/2)
    pairs = torch.stack((theta.sin(), theta.cos()), dim=-1)  # (..., n, dim/2, 2)
    return pairs.flatten(-2).to(dtype)  # (..., n, dim)


def shift_matrix(
    k: float,
    dim: int,
    base: float = 10_000.0,
    *,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return the matrix M_k with ``sinusoidal(p + k) = M_k @ sinusoidal(p)`` for every p.

    Shapes: ``(dim, dim)``; codes kept as rows take ``codes @ M_k.T``. Each pair turns by
    ω_i k, clockwise, because (sin, cos) starts at twelve o'clock.

    Raises ``ValueError`` for an odd or non-positive ``dim``, a bad ``base``, or a ``k``
    that is not finite.

    Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.5 (the claim, not the matrix).

    >>> code = sinusoidal(torch.arange(10), 4, dtype=torch.float64)
    >>> shifted = code @ shift_matrix(3, 4, dtype=torch.float64).T
    >>> torch.allclose(shifted[0], code[3])
    True
    """
    check_float(dtype)
    if not math.isfinite(k):
        raise ValueError(f"k must be a finite number of positions; got {k}")
    theta = inverse_frequencies(dim, base, dtype=torch.float64) * k  # (dim/2,)
    sin, cos = theta.sin(), theta.cos()  # (dim/2,)
    rows = [torch.stack((cos, sin), -1), torch.stack((-sin, cos), -1)]  # two (dim/2, 2)
    blocks = torch.stack(rows, dim=-2)  # (dim/2, 2, 2)
    return torch.block_diag(*blocks).to(dtype)  # (dim, dim)


def distance(q_pos: Tensor, k_pos: Tensor) -> Tensor:
    """Return how far each query stands behind each key: query minus key, in positions.

    Shapes: ``(q,), (k,) -> (q, k)`` and ``(b, q), (b, k) -> (b, 1, q, k)``, where the 1
    is the axis of the heads.

    Raises ``TypeError`` for positions that are not numbers and ``ValueError`` for other
    shapes or for two devices.

    >>> distance(torch.arange(3), torch.arange(3))
    tensor([[ 0, -1, -2],
            [ 1,  0, -1],
            [ 2,  1,  0]])
    """
    for pos in (q_pos, k_pos):
        check_numbers(pos)
    check_one_device("q_pos", q_pos, "k_pos", k_pos)
    shapes = tuple(q_pos.shape), tuple(k_pos.shape)
    batched = q_pos.dim() == 2
    if q_pos.dim() not in (1, 2) or k_pos.dim() != q_pos.dim():
        raise ValueError(f"positions must both be (n,) or both (b, n); got {shapes}")
    if batched and len(q_pos) != len(k_pos):
        raise ValueError(f"q_pos and k_pos must have one batch size; got {shapes}")
    # small or unsigned integers would wrap around below zero
    q_pos, k_pos = (pos if pos.is_floating_point() else pos.long() for pos in (q_pos, k_pos))
    difference = q_pos[..., :, None] - k_pos[..., None, :]  # (q, k) or (b, q, k)
    return difference[:, None] if batched else difference  # (b, 1, q, k) or (q, k)
