"""Wrong speeds (notebook 03), as programs: ``(dim, base) -> (dim/2,)``."""

import math

from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import ENDS, RULES, SEEN, Rule, paper, speeds_of


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
