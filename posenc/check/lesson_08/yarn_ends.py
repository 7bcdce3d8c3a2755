"""The ends of YaRN's ramp, right and wrong ones: ``(dim, base, trained) -> (low, high)``."""

import math
from collections.abc import Callable

from posenc.check.lesson_08.speeds import TURN

Ends = Callable[[int, float, float], tuple[float, float]]
Clamp = Callable[[int, float, float], tuple[float, float]]  # dim, low, high -> low, high
Index = Callable[[float, int, float, float], float]  # turns, dim, base, trained -> i(turns)


def pair_that_turns(turns: float, dim: int, base: float, trained: float) -> float:
    """Return the number, with its fraction, of the pair that turns so often."""
    return dim * math.log(trained / (TURN * turns)) / (2 * math.log(base))


def both_clamped(dim: int, low: float, high: float) -> tuple[float, float]:
    """Return the ends as the authors' code clamps them."""
    return max(low, 0), min(high, dim - 1)


def raw_ends(dim: int, base: float, trained: float) -> tuple[float, float]:
    """Return the ends of the ramp, not clamped."""
    return _with(pair_that_turns)(dim, base, trained)


def ends(dim: int, base: float, trained: float) -> tuple[float, float]:
    """Return the last pair that is kept and the first that is divided in full.

    >>> ends(128, 10_000.0, 4096)
    (20, 46)
    """
    return both_clamped(dim, *raw_ends(dim, base, trained))


def _with(
    index: Index,
    fast: float = 32,
    slow: float = 1,
    low: Callable[[float], float] = math.floor,
    high: Callable[[float], float] = math.ceil,
) -> Ends:
    return lambda *given: (low(index(fast, *given)), high(index(slow, *given)))


def _at(fast: float = 32, slow: float = 1) -> Ends:
    return _with(pair_that_turns, fast, slow)


def _rounded(low: Callable[[float], float], high: Callable[[float], float]) -> Ends:
    return _with(pair_that_turns, low=low, high=high)


def _log(number: float) -> float:
    return math.log(number) if number > 0 else -1e9


INDEX = "i(t) = dim · ln(trained / (2π t)) / (2 ln base)"
WRONG: dict[str, tuple[Ends, str]] = {
    "bounds-swapped": (
        _at(fast=1, slow=32),
        "The bounds are swapped. Take low from 32 turns, the fast pairs, and high from 1.",
    ),
    "not-rounded": (
        _rounded(float, float),
        "The ends of the ramp are not whole. Round low down and high up.",
    ),
    "rounded-inwards": (
        _rounded(math.ceil, math.floor),
        "The ends of the ramp are rounded inwards. Round low down and high up.",
    ),
    "both-rounded-down": (
        _rounded(math.floor, math.floor),
        "Both ends of the ramp are rounded down. Round high up, and use / in i(t), not //.",
    ),
    "both-rounded-up": (
        _rounded(math.ceil, math.ceil),
        "Both ends of the ramp are rounded up. Round low down.",
    ),
    "rounded-to-nearest": (
        _rounded(round, round),
        "The ends of the ramp are rounded to the nearest pair. Round low down and high up.",
    ),
    "one-pair-late": (
        _rounded(lambda x: math.floor(x) + 1, lambda x: math.ceil(x) + 1),
        "Both ends are one pair too late. Use i(32) rounded down and i(1) rounded up, without + 1.",
    ),
    "ramp-one-longer": (
        _rounded(math.floor, lambda x: math.ceil(x) + 1),
        "high is one too large. Use i(1) rounded up, without + 1.",
    ),
    "sixteen-turns": (_at(fast=16), "low is taken at 16 turns. Take i(32)."),
    "sixty-four-turns": (_at(fast=64), "low is taken at 64 turns. Take i(32)."),
    "two-turns": (_at(slow=2), "high is taken at 2 turns. Take i(1)."),
    "four-turns": (_at(fast=4), "low is taken at Llama 3's 4 turns. Take i(32)."),
    "no-two-pi": (
        _with(lambda t, d, base, n: pair_that_turns(t, d, base, n * TURN)),
        f"The 2π is missing. Use {INDEX}: a wavelength is 2π over the frequency.",
    ),
    "pi-for-two-pi": (
        _with(lambda t, d, base, n: pair_that_turns(t, d, base, 2 * n)),
        f"A turn is taken as π, not as 2π. Use {INDEX}.",
    ),
    "brackets-of-two-pi": (
        _with(lambda t, d, base, n: d * math.log(n / 2 * math.pi * t) / (2 * math.log(base))),
        "trained / 2 * π * t multiplies by π t. Divide by all of it: trained / (2 * math.pi * t).",
    ),
    "brackets-of-the-log": (
        _with(lambda t, d, base, n: d / 2 * math.log(base) * math.log(n / (TURN * t))),
        "dim / 2 * ln base multiplies by ln base. Divide by all of it: dim * … / (2 * ln base).",
    ),
    "no-two": (
        _with(lambda t, d, base, n: d * math.log(n / (TURN * t)) / math.log(base)),
        "i(t) counts channels, twice the pairs. Divide by 2 ln base, not by ln base.",
    ),
    "half-the-index": (
        _with(lambda t, d, base, n: d * math.log(n / (TURN * t)) / (4 * math.log(base))),
        "i(t) is halved twice. Use dim over 2 ln base, or dim/2 over ln base.",
    ),
    "log10": (
        _with(lambda t, d, base, n: pair_that_turns(t, d, base, n) / math.log(10)),
        "log10 stands over the natural ln base, so low and high are 2.3 times too small. Use "
        "math.log in both.",
    ),
    "log10-below": (
        _with(lambda t, d, base, n: pair_that_turns(t, d, base, n) * math.log(10)),
        "ln stands over log10 of the base, so low and high are 2.3 times too large. Use math.log "
        "in both.",
    ),
    "log2": (
        _with(lambda t, d, base, n: pair_that_turns(t, d, base, n) / math.log(2)),
        "log2 stands over the natural ln base, so low and high are 1.44 times too large. Use "
        "math.log in both.",
    ),
    "whole-turns": (
        _with(lambda t, d, base, n: d * _log(n // (TURN * t)) / (2 * math.log(base))),
        "trained // (2π t) cuts the fraction off before the logarithm. Use /.",
    ),
    "ramp-ignores-base": (
        _with(lambda t, d, base, n: pair_that_turns(t, d, 10_000.0, n)),
        "low and high are made with base 10000, whatever base is. Use the argument.",
    ),
    "ramp-ignores-length": (
        _with(lambda t, d, base, n: pair_that_turns(t, d, base, 4096)),
        "low and high are made for length 4096, whatever trained is. Use the argument.",
    ),
    "ramp-ignores-dim": (
        _with(lambda t, d, base, n: pair_that_turns(t, 128, base, n)),
        "low and high are made for width 128, whatever dim is. Use the argument.",
    ),
}
