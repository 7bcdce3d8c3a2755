"""Wrong speeds that people publish, and what to say of each: shared by several checkers."""

from collections.abc import Callable

import torch
from torch import Tensor

F64 = torch.float64
Rule = Callable[[Tensor, int, float], Tensor]  # (i, dim, base) -> the speeds

WRONG_SPEEDS: dict[str, Rule] = {
    "doubled-exponent": lambda i, dim, base: base ** (-4 * i / dim),
    "halved-exponent": lambda i, dim, base: base ** (-i / dim),
    "inverted": lambda i, dim, base: base ** (2 * i / dim),
    "slowest-first": lambda i, dim, base: (base ** (-2 * i / dim)).flip(0),
    "turns": lambda i, dim, base: 2 * torch.pi * base ** (-2 * i / dim),
    "starts-late": lambda i, dim, base: base ** (-2 * (i + 1) / dim),
    "ends-at-base": lambda i, dim, base: base ** (-2 * i / (dim - 2)),
    "equal-steps": lambda i, dim, base: torch.linspace(1, base ** (2 / dim - 1), len(i), dtype=F64),
}
SAYS = {
    "doubled-exponent": "the exponent is doubled: a loop by twos has 2i in its index already",
    "halved-exponent": "the last speed is far too fast: the exponent is −2i/dim, i = 0 … dim/2 − 1",
    "inverted": "the speeds grow: the exponent needs a minus, or you divide by a speed",
    "slowest-first": "the speeds are in reverse order: fastest first",
    "turns": "a factor 2π too many: the speeds are in radians, not in turns",
    "starts-late": "the first speed must be 1: the exponent of pair 0 is 0",
    "ends-at-base": "the last speed is exactly 1/base: divide by dim/2, not by dim/2 − 1",
    "equal-steps": "these are equal steps; equal ratios are wanted",
}
