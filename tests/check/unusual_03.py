"""Right answers to the exercises of notebook 03 in unusual forms, `FORMS`."""

import math
from collections import namedtuple

import numpy as np
import torch
from matrices_03 import S, one
from programs_03 import angles, code, pair, w
from torch import nn

from posenc import shift_matrix

eye = torch.eye


def exact(dim):
    return 10_000.0 ** -(torch.arange(0, dim, 2).double() / dim)


def by_log(dim, base=10_000.0):
    return torch.exp(torch.arange(0, dim, 2) * -(math.log(base) / dim))


def by_loops(pos, dim):
    rows = [
        [f(p / 10_000 ** (2 * i / dim)) for i in range(dim // 2) for f in (math.sin, math.cos)]
        for p in pos.tolist()
    ]
    return torch.tensor(rows)


def by_polar(pos, dim):
    angles = torch.einsum("n,m->nm", pos.double(), by_log(dim).double())
    return torch.view_as_real(torch.polar(torch.ones_like(angles), angles)).flip(-1).flatten(1)


def powers_of_one(k, dim):
    return torch.linalg.matrix_power(shift_matrix(1, dim, dtype=torch.float64), k)


class Frequencies(nn.Module):
    def forward(self, dim, base):
        return w(dim, base)


def overwritten_array(pos, dim):
    a = pos.numpy()[:, None] / np.power(10_000, 2 * (np.arange(dim) // 2) / dim)
    a[:, 0::2], a[:, 1::2] = np.sin(a[:, 0::2]), np.cos(a[:, 1::2])
    return torch.from_numpy(a)


def by_phase(pos, dim):
    phase = torch.tensor([0, math.pi / 2], dtype=torch.float64).repeat(dim // 2)
    return (pos[:, None].double() * exact(dim).repeat_interleave(2) + phase).sin()


def by_exponential(pos, dim):
    z = torch.exp(1j * pos[:, None] * exact(dim))
    return torch.stack((z.imag, z.real), -1).flatten(1)


def generated(k, dim):
    generator, i = torch.zeros(dim, dim, dtype=torch.float64), torch.arange(0, dim, 2)
    generator[i, i + 1], generator[i + 1, i] = exact(dim), -exact(dim)
    return torch.linalg.matrix_exp(k * generator)


def fitted(k, dim):
    pos = torch.arange(-2 * dim, 40 * dim).double()
    return torch.linalg.lstsq(code(pos, exact(dim)), code(pos + k, exact(dim))).solution.T


def by_entry(k, dim):
    matrix, i, a = torch.zeros(dim, dim), torch.arange(0, dim, 2), k * w(dim)
    matrix[i, i] = matrix[i + 1, i + 1] = a.cos()
    matrix[i, i + 1], matrix[i + 1, i] = a.sin(), -a.sin()
    return matrix


def turned(k, dim):
    """The head in another basis."""
    basis, _ = torch.linalg.qr(torch.randn(dim, dim, dtype=torch.float64))
    return S(k, dim) @ basis, basis


FORMS = {
    "inverse_frequencies": [
        lambda d, b: torch.tensor([b ** (-i / d) for i in range(0, d, 2)]),
        lambda d, b: torch.exp2(-(torch.arange(0, d, 2) / d).double() * math.log2(b)),
        lambda d, b: 1 / b ** (torch.arange(0, d, 2) / d),
        Frequencies(),
        lambda dim, base: torch.from_numpy(1.0 / np.power(base, np.arange(0, dim, 2) / dim)),
        lambda dim, base: w(dim, base).repeat_interleave(2)[::2].requires_grad_(),
        lambda dim, base: torch.logspace(0, -math.log10(base) * (dim - 2) / dim, dim // 2),
        lambda dim, base: torch.full((dim // 2,), base ** (-2 / dim)).cumprod(0).roll(1).index_fill(
            0, torch.tensor([0]), 1.0),
    ],
    "sinusoidal": [
        by_loops,
        by_polar,
        lambda pos, d: code(pos.double(), exact(d)),
        lambda pos, d: code(pos, by_log(d)),
        by_phase,
        by_exponential,
        overwritten_array,
        lambda pos, dim: code(torch.arange(int(pos.max()) + 1), w(dim))[pos],
        lambda pos, dim: torch.vmap(lambda p: pair((p * w(dim)).sin(), (p * w(dim)).cos()))(pos),
        lambda pos, dim: pair(angles(pos, dim).T.sin().T, angles(pos, dim).T.cos().T).T.clone().T,
    ],
    "shift_matrix": [
        generated,
        fitted,
        by_entry,
        powers_of_one,
        lambda k, d: shift_matrix(-k, d).T,
    ],
    "offset_head": [
        lambda k, d: (9 * shift_matrix(k, d), eye(d)),
        lambda k, d: [shift_matrix(k - 1, d), shift_matrix(-1, d)],
        lambda k, d: (eye(d), shift_matrix(-k, d)),
        turned,
        lambda k, dim: (torch.eye(dim), S(k, dim).T),
        lambda k, dim: (S(k / 2, dim), S(-k / 2, dim)),
        lambda k, dim: (S(k, dim)[:, :4], one(dim)[:, :4]),
        lambda k, dim: torch.stack((S(k, dim), one(dim))),
        lambda k, dim: namedtuple("Weights", "q k")(S(k, dim).float(), torch.eye(dim)),
    ],
}  # fmt: skip
