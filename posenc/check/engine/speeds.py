"""The speeds of the hands, right and wrong ones that people publish: shared by several checkers."""

import math
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

ENDS = (
    "equivalent: d/2 − 1 for d/2, as in tensor2tensor: the slowest wavelength is exactly "
    "2π · base; other numbers than here"
)
RULES: dict[str, tuple[Rule, str]] = {
    **{slug: (rule, SAYS[slug]) for slug, rule in WRONG_SPEEDS.items()},
    "base-1000": (
        lambda i, dim, base: 1000.0 ** (-2 * i / dim),
        "the base is 1000, whatever was asked: at d = 512 the longest wavelength is 6 116",
    ),
    "wrong-log": (
        lambda i, dim, base: torch.exp(-2 * i / dim * math.log10(base)),
        "log10 inside of exp: exp undoes math.log; with log10 the base 10 000 becomes e⁴ = 55",
    ),
    "degrees": (
        lambda i, dim, base: base ** (-2 * i / dim) * math.pi / 180,
        "the angles were taken in degrees, not radians: the first hand needs 360 positions "
        "a turn, not 6.28",
    ),
    "odd-exponent": (
        lambda i, dim, base: base ** (-(2 * i + 1) / dim),
        "the exponent is 2i + 1: it is 2i, for the sine and for the cosine",
    ),
    "one-speed": (
        lambda i, dim, base: torch.ones_like(i),
        "all pairs turn at one speed, 1: did // make every exponent 0?",
    ),
    "not-scaled": (
        lambda i, dim, base: base ** (-2 * i),
        "the exponent is not divided by dim: all hands but the first stand all but still",
    ),
}
SEEN = {
    "inverted": "harvardnlp/annotated-transformer#131",
    "doubled-exponent": "SamLynnEvans/Transformer#25",
    "base-1000": "maxjcohen/transformer#62",
    "ends-at-base": "hojonathanho/diffusion#15",
}


def paper(i: Tensor, dim: int, base: float) -> Tensor:
    """Return the paper's speeds, base^(-2i/dim)."""
    return base ** (-2 * i / dim)


def speeds_of(dim: int, rule: Rule = paper, base: float = 10_000.0) -> Tensor:
    """Return the speeds of a width by one of the rules, (dim/2,), float64."""
    return rule(torch.arange(dim // 2, dtype=F64), dim, base)
