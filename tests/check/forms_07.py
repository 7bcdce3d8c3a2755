"""Right answers to the exercises of notebook 07 in forms that nobody expects."""

import functools

import numpy as np
import torch
from programs_07 import speeds_of
from torch import nn


def complex_numbers(x, pos):
    theta = torch.outer(pos.double(), speeds_of(x.shape[-1]))
    pairs = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(theta), theta)).flatten(-2)


def matrices(x, pos):
    """One 2 × 2 matrix per token and pair, by einsum."""
    theta = pos[:, None].float() * speeds_of(x.shape[-1], dtype=torch.float32)
    rows = (theta.cos(), -theta.sin(), theta.sin(), theta.cos())
    turn = torch.stack(rows, -1).unflatten(-1, (2, 2)).to(x.dtype)
    return torch.einsum("nmij,...nmj->...nmi", turn, x.unflatten(-1, (-1, 2))).flatten(-2)


def in_place(x, pos):
    """A loop over tokens and pairs that writes into a copy."""
    out, f = x.clone(), speeds_of(x.shape[-1]).tolist()
    for row, p in enumerate(pos.tolist()):
        for i, speed in enumerate(f):
            cos, sin = np.cos(p * speed), np.sin(p * speed)
            a, b = x[..., row, 2 * i], x[..., row, 2 * i + 1]
            out[..., row, 2 * i] = a * cos - b * sin
            out[..., row, 2 * i + 1] = a * sin + b * cos
    return out


def by_numpy(x, pos):
    theta = pos.numpy()[:, None] * np.exp(np.arange(0, x.shape[-1], 2) * -np.log(1e4) / x.shape[-1])
    a, b, out = x.numpy()[..., 0::2], x.numpy()[..., 1::2], np.empty(x.shape)
    out[..., 0::2] = a * np.cos(theta) - b * np.sin(theta)
    out[..., 1::2] = a * np.sin(theta) + b * np.cos(theta)
    return torch.from_numpy(out)


def channels_last(x, pos):
    """A result that is a view with other strides; float32 throughout."""
    theta = (pos.float()[:, None] * speeds_of(x.shape[-1], dtype=torch.float32)).T
    y = x.transpose(-1, -2).float()
    a, b = y[..., 0::2, :], y[..., 1::2, :]
    two = (a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos())
    return torch.stack(two, -2).flatten(-3, -2).transpose(-1, -2)


class Rotary(nn.Module):
    """A module with its frequencies made when it is called."""

    def forward(self, x, pos, base=10_000.0):
        inv_freq = 1.0 / (base ** (torch.arange(0, x.shape[-1], 2).float() / x.shape[-1]))
        theta = (pos[:, None] * inv_freq).repeat_interleave(2, dim=-1)
        quarter = torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).reshape(x.shape)
        return x * theta.cos() + quarter * theta.sin()


ROTARY = [complex_numbers, matrices, in_place, by_numpy, channels_last, Rotary()]


def by_index(weight, n_heads):
    dh = len(weight) // n_heads
    order = [
        h * dh + s * dh // 2 + i for h in range(n_heads) for i in range(dh // 2) for s in (0, 1)
    ]
    return weight[order]


def by_matrix(weight, n_heads):
    order = torch.arange(len(weight)).view(n_heads, 2, -1).mT.flatten()
    return torch.eye(len(weight), dtype=weight.dtype)[order] @ weight


def head_by_head(weight, n_heads):
    parts = []
    for head in weight.chunk(n_heads):
        a, b = head.chunk(2)
        parts.extend(row for pair in zip(a, b, strict=True) for row in pair)
    return torch.stack(parts)


def written_in(weight, n_heads):
    out, halves = torch.empty_like(weight), weight.view(n_heads, 2, -1, weight.shape[1])
    by_head = out.view(n_heads, -1, weight.shape[1])
    by_head[:, 0::2], by_head[:, 1::2] = halves[:, 0], halves[:, 1]
    return out


def by_numpy_columns(weight, n_heads):
    columns = weight.T.numpy().reshape(weight.shape[1], n_heads, 2, -1).swapaxes(2, 3)
    return torch.from_numpy(columns.reshape(weight.shape[1], -1).copy()).double().T


TO_PAIRS = [by_index, by_matrix, head_by_head, written_in, by_numpy_columns]


def padded(x, pos, share, turn=complex_numbers):
    """All pairs rotate; those of the rest by nothing."""
    width = round(x.shape[-1] * share)
    out = x.clone()
    out[:, :width] = turn(x[:, :width].contiguous(), pos)
    return out


def still_pairs(x, pos, share):
    width = int(x.shape[-1] * share)
    frequency = torch.zeros(x.shape[-1] // 2, dtype=torch.float64)
    frequency[: width // 2] = speeds_of(width)
    theta = pos[:, None] * frequency
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.exp(1j * theta)).flatten(-2)


def by_split(x, pos, share):
    first, rest = x.tensor_split([int(share * x.shape[-1])], dim=-1)
    return torch.hstack((Rotary()(first, pos), rest)).double()


PARTIAL = [
    padded,
    still_pairs,
    by_split,
    functools.partial(padded, turn=in_place),
    functools.partial(padded, turn=matrices),
]
