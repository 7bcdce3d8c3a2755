"""Wrong shift matrices and heads that learners and public repositories wrote.

`FOUND` is `{exercise: {label: (slug, words of the line, program)}}`.
"""

import math

import numpy as np
import torch
from programs_03 import BFLOAT, code, w

from posenc import shift_matrix


def block(a):
    return torch.tensor([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])


def blocks(k, freq):
    return torch.block_diag(*[block(k * f) for f in freq.tolist()])


def S(k, dim, base=10_000.0):
    return shift_matrix(k, dim, base, dtype=torch.float64)


def one(dim):
    return torch.eye(dim, dtype=torch.float64)


def repeated_step(k, dim):
    matrix = one(dim)
    for _ in range(k):
        matrix = matrix @ S(1, dim)
    return matrix


def half_minus(k, dim):
    matrix = S(k, dim)
    matrix[2:, 2:] = matrix[2:, 2:].T.clone()
    return matrix


def sorted_shift(k, dim, base=10_000.0):
    order = torch.cat((torch.arange(0, dim, 2), torch.arange(1, dim, 2)))
    return S(k, dim, base)[order][:, order]


def queries(k, dim):
    vectors = code(torch.arange(80), w(dim))
    return vectors @ S(k, dim).float(), vectors


FOUND = {
    "shift_matrix": {
        "no star": (
            "raises", "torch.block_diag(*blocks)",
            lambda k, d: torch.block_diag([block(k * s) for s in w(d).tolist()])),
        "a block per channel": (
            "shape", "dim/2 = 4 blocks", lambda k, d: blocks(k, w(2 * d))),
        "one-hot": ("one-hot-shift", "one-hot vectors", lambda k, d: torch.eye(d).roll(k, 0)),
        "of the example": (
            "fixed-width", "as if dim were 8",
            lambda k, d: blocks(k, 10.0 ** -torch.arange(d // 2))),
        "three decimals": (
            "rounded", "3 decimals", lambda k, d: S(k, d).round(decimals=3)),
        "float16 and back": (
            "half-precision", "float16", lambda k, d: S(k, d).half().float()),
        "bfloat16 frequencies": (
            "bfloat16-frequencies", "0.1001", lambda k, d: blocks(k, w(d).to(BFLOAT))),
        "k added": ("added-k", "Multiply", lambda k, d: blocks(1, w(d) + k)),
        "all alike, halves": (
            "one-speed", "pair i", lambda k, d: torch.kron(block(k), torch.eye(d // 2))),
        "k modulo dim": ("wraps-k", "k itself", lambda k, d: S(k % d, d)),
        "cosine first": (
            "backwards", "the sine is the first",
            lambda k, d: S(k, d).unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
                .unflatten(1, (-1, 2)).flip(2).flatten(1)),
        "backwards but for one": ("wrong-angle", "rotates by -0.3", half_minus),
        "cosines": (
            "cosines-alone", "−sin bottom left",
            lambda k, d: (k * w(d)).cos().repeat_interleave(2).diag()),
        "complex": (
            "dtype", "is complex",
            lambda k, d: torch.polar(torch.ones(d // 2), k * w(d)).diag()),
        "a batch": ("shape", "must be (8, 8)", lambda k, d: S(k, d)[None]),
        "loop over k": ("empty-range", "range(k)", repeated_step),
        "base 5000": ("last-speed", "The base is 5000", lambda k, d: S(k, d, 5000.0)),
        "stacked": (
            "blocks", "block_diag",
            lambda k, d: torch.stack([block(k * s) for s in w(d).tolist()])),
        "printed": ("returned-none", "Did you print", lambda k, d: print(S(k, d))),
        "whole": ("dtype", "int64", lambda k, d: S(k, d).round().long()),
        "one pair": (
            "not-scaled", "Only the first pair",
            lambda k, d: torch.block_diag(block(k), torch.eye(d - 2))),
        "base 5000, halves": (
            "halves", "all sines first", lambda k, d: sorted_shift(k, d, 5000.0)),
        "at most 100": (
            "wrong-angle", "shift_matrix(300, 6)", lambda k, d: S(min(k, 100), d)),
    },
    "offset_head": {
        "rounded down": (
            "rounded-down", "k // 2 rounds down",
            lambda k, d: (S(k // 2, d), S(-(k // 2), d))),
        "rounded up": (
            "rounded-up", "Do not round",
            lambda k, d: (S((k + 1) // 2, d), S(-((k + 1) // 2), d))),
        "both, one transposed": (
            "twice-ahead", "both are shifted", lambda k, d: (S(k, d).T, S(k, d))),
        "ones": ("one-key", "rank 1", lambda k, d: (torch.ones(d, d), torch.ones(d, d))),
        "printed": ("returned-none", "Did you print", lambda k, d: print(S(k, d))),
        "modulo dim": ("wraps-k", "k itself", lambda k, d: (S(k % d, d), one(d))),
        "width 32": ("shape", "(32, 32). It must be (6, 6)", lambda k, d: (S(k, 32), one(32))),
        "at most 31": (
            "wrong-offset", "With k = 50", lambda k, d: (S(min(k, 31), d), one(d))),
        "arrays": (
            "shape", "torch.from_numpy", lambda k, d: (S(k, d).numpy(), np.eye(d))),
        "side by side": (
            "not-a-pair", "one tensor of shape (32, 64)",
            lambda k, d: torch.cat((S(k, d), one(d)), 1)),
        "base 1000": ("base-1000", "base 1000", lambda k, d: (S(k, d, 1000.0), one(d))),
        "queries and keys": ("shape", "without position vectors", queries),
        "half": ("half", "k/2 before", lambda k, d: (S(k / 2, d), one(d))),
        "halves": ("halves", "all sines first", lambda k, d: (sorted_shift(k, d), one(d))),
        "three": ("not-a-pair", "3 values", lambda k, d: (S(k, d), one(d), one(d))),
        "nothing for keys": ("flat", "Is one of", lambda k, d: (S(k, d), 0 * one(d))),
        "unequal widths": (
            "shape", "equally wide", lambda k, d: (S(k, d), one(d)[:, :4])),
    },
}  # fmt: skip
