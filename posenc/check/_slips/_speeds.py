"""Wrong speeds (notebook 03), as programs: ``(dim, base) -> (dim/2,)``."""

import math

import torch
from torch import Tensor

from posenc.check._speeds import SAYS, WRONG_SPEEDS, Rule
from posenc.check.engine.slip import Slip

F64 = torch.float64
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


def _slip(slug: str, rule: Rule, says: str) -> Slip:
    fine = slug == "ends-at-base"
    says = ENDS if fine else says
    return Slip(slug, lambda d, base: speeds_of(d, rule, base), says, SEEN.get(slug, ""), fine)


KNOWN: dict[str, tuple[Slip, ...]] = {
    "inverse_frequencies": (
        *(_slip(slug, *pair) for slug, pair in RULES.items()),
        Slip(
            "ignores-base",
            lambda dim, base: speeds_of(dim),
            "the base is 10 000, whatever was asked: use the argument",
        ),
        Slip(
            "wavelengths",
            lambda dim, base: 2 * math.pi / speeds_of(dim, paper, base),
            "these are wavelengths, 2π over the speed: return the speeds, 1 for the first pair",
        ),
        Slip(
            "negative",
            lambda dim, base: -speeds_of(dim, paper, base),
            "the speeds are negative: the minus belongs into the exponent",
        ),
    )
}
