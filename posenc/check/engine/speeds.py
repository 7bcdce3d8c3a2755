"""Frequencies, right and wrong ones that people publish: shared by several checkers."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

F64 = torch.float64
Rule = Callable[[Tensor, int, float], Tensor]  # (i, dim, base) -> the frequencies

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
    "doubled-exponent": "The exponent is −4i/dim. torch.arange(0, dim, 2) is 2i already, so do not "
    "double it: use −2i/dim.",
    "halved-exponent": "The exponent is −i/dim, which is the same as base 100 in place of 10 000. "
    "Use −2i/dim for pair i.",
    "inverted": "The frequencies grow from pair to pair. Put a minus in the exponent, or multiply "
    "by the frequency instead of dividing by it.",
    "slowest-first": "The frequencies are in reverse order. Put the highest first: 1 for pair 0.",
    "turns": "The frequencies have a factor of 2π too many. Leave it out: they are in radians per "
    "position.",
    "starts-late": "The first exponent is −2/dim. Begin with exponent 0, so that the first "
    "frequency is 1.",
    "ends-at-base": "The exponent is divided by dim/2 − 1, as in tensor2tensor, so the last "
    "frequency is exactly 1/base. Divide by dim/2.",
    "equal-steps": "The frequencies fall in equal steps. Use equal ratios: base^(−2i/dim).",
}

ENDS = (
    "the exponent is divided by d/2 − 1, as in tensor2tensor: the longest wavelength is 2π · base; "
    "other numbers"
)
RULES: dict[str, tuple[Rule, str]] = {
    **{slug: (rule, SAYS[slug]) for slug, rule in WRONG_SPEEDS.items()},
    "base-1000": (
        lambda i, dim, base: 1000.0 ** (-2 * i / dim),
        "The base is 1000. Use the base that was asked for; the paper has 10 000.",
    ),
    "wrong-log": (
        lambda i, dim, base: torch.exp(-2 * i / dim * math.log10(base)),
        "The logarithm inside exp is log10, so base 10 000 acts as e⁴ = 55. Use math.log, which "
        "exp undoes.",
    ),
    "degrees": (
        lambda i, dim, base: base ** (-2 * i / dim) * math.pi / 180,
        "The angles are in degrees: pair 0 needs 360 positions for a full turn, not 6.28. Leave "
        "out π/180.",
    ),
    "odd-exponent": (
        lambda i, dim, base: base ** (-(2 * i + 1) / dim),
        "The exponent is −(2i + 1)/dim. Use −2i/dim, for the sine and for the cosine.",
    ),
    "one-speed": (
        lambda i, dim, base: torch.ones_like(i),
        "All pairs have the frequency 1. Give pair i the exponent −2i/dim; with // in place of / "
        "every exponent is 0.",
    ),
    "not-scaled": (
        lambda i, dim, base: base ** (-2 * i),
        "The exponent −2i is not divided by dim, so all frequencies but the first are almost 0. "
        "Divide it by dim, with /.",
    ),
}
SEEN = {
    "inverted": "harvardnlp/annotated-transformer#131",
    "doubled-exponent": "SamLynnEvans/Transformer#25",
    "base-1000": "maxjcohen/transformer#62",
    "ends-at-base": "hojonathanho/diffusion#15",
}


def paper(i: Tensor, dim: int, base: float) -> Tensor:
    """Return the paper's frequencies, base^(-2i/dim)."""
    return base ** (-2 * i / dim)


def speeds_of(dim: int, rule: Rule = paper, base: float = 10_000.0) -> Tensor:
    """Return the frequencies of a width by one of the rules, (dim/2,), float64."""
    return rule(torch.arange(dim // 2, dtype=F64), dim, base)
