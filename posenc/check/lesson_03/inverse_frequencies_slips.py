"""Wrong frequencies that people publish, as programs: (dim, base) -> (dim/2,)."""

import math

import torch

from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import RULES, SEEN, Rule, paper, speeds_of


def _then(value: float) -> Rule:
    """Return 1 for pair 0, and one value for all others."""
    return lambda i, dim, base: torch.where(i == 0, 1.0, torch.full_like(i, value))


SAYS = {
    "halved-exponent": "The exponent is −i/dim. Use −2i/dim for pair i, with i from 0 to "
    "dim/2 − 1.",
    "base-1000": "The base is 1000, whatever was asked for. Use the argument base.",
}
SLIPS = (
    *(
        Slip(slug, lambda dim, base, r=rule: speeds_of(dim, r, base), SAYS.get(slug, says),
             SEEN.get(slug, ""))
        for slug, (rule, says) in RULES.items()
    ),
    Slip(
        "ignores-base",
        lambda dim, base: speeds_of(dim),
        "The base is 10 000, whatever was asked for. Use the argument base.",
    ),
    Slip(
        "wavelengths",
        lambda dim, base: 2 * math.pi / speeds_of(dim, paper, base),
        "These are wavelengths, 2π over the frequency. Return the frequencies, 1 for pair 0.",
    ),
    Slip(
        "negative",
        lambda dim, base: -speeds_of(dim, paper, base),
        "The frequencies are negative. Put the minus in the exponent, not before the power.",
    ),
    Slip(
        "floored",
        lambda dim, base: speeds_of(dim, _then(0.0), base),
        "All frequencies but the first are exactly 0, as // gives by rounding down. Divide with /.",
    ),
    Slip(
        "log-missing",
        lambda dim, base: speeds_of(dim, lambda i, d, b: (-2 * i / d * b).exp(), base),
        "The exponent inside exp has base in place of its logarithm. Use math.log(base), or "
        "base ** (−2i/dim).",
    ),
    Slip(
        "logarithms",
        lambda dim, base: speeds_of(dim, paper, base).log(),
        "These are the logarithms of the frequencies. Apply torch.exp to them.",
    ),
    Slip(
        "base-zero",
        lambda dim, base: speeds_of(dim, _then(math.inf), base),
        "All frequencies but the first are infinite, which is a division by 0. Check that base "
        "is not 0 by then.",
    ),
    Slip(
        "negative-base",
        lambda dim, base: speeds_of(dim, _then(math.nan), base),
        "All frequencies but the first are nan, a root of a negative number. The minus belongs "
        "to the exponent: base ** -(2i/dim).",
    ),
    Slip(
        "precedence",
        lambda dim, base: speeds_of(dim, lambda i, d, b: b**-2.0 * i / d, base),
        "Only −2 was taken as the exponent, since ** comes before * and /. Put brackets around "
        "the exponent: base ** (-2 * i / dim).",
    ),
    Slip(
        "precedence-divided",
        lambda dim, base: speeds_of(dim, lambda i, d, b: b ** (-2 * i) / d, base),
        "The power is divided by dim, since ** comes before /. Put brackets around the exponent: "
        "base ** (-2 * i / dim).",
    ),
    Slip(
        "rounded-exponent",
        lambda dim, base: speeds_of(
            dim, lambda i, d, b: b ** -(2 * i / d).bfloat16().double(), base
        ),
        "The exponents are rounded to bfloat16, which keeps about 3 digits. Compute them in "
        "float32.",
    ),
)  # fmt: skip
