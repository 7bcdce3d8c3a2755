"""What frequencies obey, one property after the other; and what equal ratios tell of them."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from posenc.check.engine.speeds import speeds_of
from posenc.check.engine.verdict import Mistake, require

__all__ = ["check_speeds", "tell_factor", "tell_ratios"]

Tried = Sequence[tuple[Tensor, int, float]]  # frequencies, with the dim and the base asked for


def check_speeds(speeds: Tensor, base: float, case: str, atol: float = 1e-9) -> None:
    """Raise the first property that these frequencies lack: positive, falling, 1, ratios, end."""
    right = speeds_of(2 * len(speeds), base=base)
    _signs(speeds, case)
    _zeros(speeds, right, case, atol)
    _falling(speeds, case, atol)
    require(
        abs(float(speeds[0]) - 1) <= 1e-3,
        "first-speed",
        f"{case}: the first frequency is {float(speeds[0]):.4g}. It must be 1: the exponent of "
        "pair 0 is 0, with no factor before the power.",
    )
    _ratios(speeds, right, base, case)


def _ratios(speeds: Tensor, right: Tensor, base: float, case: str) -> None:
    r = float(right[1] / right[0]) if len(right) > 1 else 1.0
    off = (speeds[1:] / speeds[:-1] / r - 1).abs() > 0.01
    if off.all() and off.any() and _equal(speeds[1:] / speeds[:-1]):
        found = math.exp(-math.log(float(speeds[1])) * len(speeds))
        raise Mistake(
            "last-speed",
            f"{case}: the last frequency is {float(speeds[-1]):.4g}, not {float(right[-1]):.4g}; "
            f"the frequencies fall as with base {found:.4g}. Use base {base:g} and the exponent "
            "−2i/dim.",
        )
    if off.any():
        i = int(off.nonzero()[0]) + 1
        raise Mistake(
            "unequal-ratios",
            f"{case}: the ratio of frequency {i} to frequency {i - 1} is "
            f"{float(speeds[i] / speeds[i - 1]):.4g}. It must be {r:.4g}, the same for all pairs.",
        )


def tell_factor(tried: Tried) -> None:
    """Raise where every frequency is the right one times the same factor."""
    factors = torch.cat([speeds / speeds_of(dim, base=base) for speeds, dim, base in tried])
    factor = float(factors[0])
    if factor > 0 and abs(factor - 1) > 1e-3 and (factors / factor - 1).abs().max() < 1e-3:
        named = {1 / (2 * math.pi): " (1/2π)", 2 * math.pi: " (2π)"}
        words = next((w for f, w in named.items() if abs(factor / f - 1) < 1e-3), "")
        whole = round(1 / factor)
        words = f" (1/{whole})" if whole > 1 and abs(factor * whole - 1) < 1e-4 else words
        raise Mistake(
            "first-speed",
            f"Every frequency is multiplied by {factor:.4g}{words}. Leave the factor out: the "
            "first frequency is 1, in radians per position.",
        )


def tell_ratios(tried: Tried) -> None:
    """Raise what equal ratios tell of the base and the width used, the same in every case."""
    wide = [(speeds, dim, base) for speeds, dim, base in tried if dim > 2]
    if len(wide) < 2 or not all(_falls_from_one(speeds) for speeds, _, _ in wide):
        return
    steps = [-math.log(float(speeds[1])) for speeds, _, _ in wide]  # of the logarithm, a pair
    widths = [dim for _, dim, _ in wide]
    bases = [math.exp(min(s * dim / 2, 700)) for s, dim in zip(steps, widths, strict=True)]
    dims = [2 * math.log(base) / s for s, (_, _, base) in zip(steps, wide, strict=True)]
    asked = [base for _, _, base in wide]
    if all(_alike([found, base]) for found, base in zip(bases, asked, strict=True)):
        return
    _width(steps, dims, widths, asked)
    last, right = float(wide[0][0][-1]), float(speeds_of(widths[0], base=asked[0])[-1])
    shown = f"at dim = {widths[0]} the last frequency is {last:.4g}, not {right:.4g}."
    over = [found - dim for found, dim in zip(dims, widths, strict=True)]
    if max(over) - min(over) < 0.02 and abs(over[0]) > 0.5:
        wrong = f"dim {'+' if over[0] > 0 else '−'} {abs(over[0]):.3g}"
        words = f"The exponent is divided by {wrong}. Divide it by dim: {shown}"
        raise Mistake("last-speed", words)
    if _alike(bases):
        words = f"The base is {bases[0]:.4g}. Use {_number(asked)}: {shown}"
        raise Mistake("last-speed", words)
    _scaled(bases, asked, [d / dim for d, dim in zip(dims, widths, strict=True)])


def _width(steps: list[float], dims: list[float], widths: list[int], asked: list[float]) -> None:
    """Raise where the ratio, or the width that the exponent is divided by, never changes."""
    if not (_alike(steps) or _alike(dims)):
        return
    every = f"Each frequency is {math.exp(-steps[0]):.4g} times the one before at every width"
    fixed = f", as if dim were {dims[0]:.4g}" if _alike(dims) else " and base"
    every = f"{every}{fixed}" if _alike(steps) else f"dim is taken as {dims[0]:.4g} everywhere"
    raise Mistake(
        "fixed-width",
        f"{every}. Use dim in the exponent: at dim = {widths[-1]} the ratio must be "
        f"{asked[-1] ** (-2 / widths[-1]):.4g}.",
    )


def _scaled(bases: list[float], asked: list[float], widths: list[float]) -> None:
    """Raise where the base, or the exponent, is the right one times the same factor."""
    factors = [found / base for found, base in zip(bases, asked, strict=True)]
    if _alike(factors):
        raise Mistake(
            "last-speed",
            f"The base is multiplied by {factors[0]:.4g}: it is {bases[0]:.4g} for {asked[0]:g}. "
            "Use base as it is given.",
        )
    if _alike(widths):
        much = 1 / widths[0]
        log2 = abs(much - 1 / math.log(2)) < 1e-3
        cure = "exp undoes math.log, not math.log2" if log2 else "Use −2i/dim"
        raise Mistake(
            "last-speed", f"The exponent is {much:.4g} times as large as it should be. {cure}."
        )


def _number(asked: list[float]) -> str:
    return f"{asked[0]:g}" if _alike(asked) else "the argument"


def _alike(numbers: list[float]) -> bool:
    return max(abs(x / numbers[0] - 1) for x in numbers) < 2e-3


def _falls_from_one(speeds: Tensor) -> bool:
    """Return whether these frequencies begin with 1 and fall in equal ratios."""
    if not (speeds.isfinite().all() and (speeds > 0).all()) or abs(float(speeds[0]) - 1) > 1e-3:
        return False
    ratios = speeds[1:] / speeds[:-1]
    return bool(ratios[0] < 0.9999) and bool((ratios / ratios[0] - 1).abs().max() < 0.01)


def _signs(speeds: Tensor, case: str) -> None:
    negative = speeds < 0
    if negative.any():
        i = int(negative.nonzero()[0])
        raise Mistake(
            "sign",
            f"{case}: frequency {i} is {speeds[i]:.4g}. Every frequency is positive: put the "
            "minus in the exponent.",
        )


def _zeros(speeds: Tensor, right: Tensor, case: str, atol: float) -> None:
    """Raise where right frequencies are followed by zeros."""
    zero = speeds.abs() <= atol
    first = int(zero.nonzero()[0]) if zero.any() else 0
    if first and zero[first:].all() and torch.allclose(speeds[:first], right[:first], rtol=1e-3):
        raise Mistake(
            "zeros",
            f"{case}: from pair {first} on the frequencies are 0; pair {first} must have "
            f"{float(right[first]):.4g}. Compute all dim/2 frequencies, and leave none at 0.",
        )


def _falling(speeds: Tensor, case: str, atol: float) -> None:
    rising = speeds.diff() > -atol
    if rising.any():
        i = int(rising.nonzero()[0]) + 1
        raise Mistake(
            "not-falling",
            f"{case}: frequency {i} is {speeds[i]:.4g} after {speeds[i - 1]:.4g}. Each frequency "
            "must be lower than the one before: the exponent is −2i/dim.",
        )


def _equal(ratios: Tensor) -> bool:
    return len(ratios) > 1 and bool((ratios / ratios[0] - 1).abs().max() < 0.01)
