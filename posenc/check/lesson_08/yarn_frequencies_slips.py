"""Wrong speeds of YaRN, as programs: ``(dim, base, factor, trained) -> (dim/2,)``."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.lesson_08.speeds import TURN, speeds
from posenc.functional import ntk_base, yarn_temperature

F64 = torch.float64
Kept = Callable[[int, float, float], Tensor]  # dim, base, trained -> the share that is kept


def pair_that_turns(turns: float, dim: int, base: float, trained: float) -> float:
    """Return the number, with its fraction, of the pair that turns so often."""
    return dim * math.log(trained / (TURN * turns)) / (2 * math.log(base))


def ends(
    dim: int, base: float, trained: float, *, fast: float = 32, slow: float = 1
) -> tuple[int, int]:
    """Return the last pair that is kept and the first that is divided in full."""
    low = math.floor(pair_that_turns(fast, dim, base, trained))
    return low, math.ceil(pair_that_turns(slow, dim, base, trained))


def ramp(dim: int, low: float, high: float) -> Tensor:
    """Return the share of each pair's speed that is kept, (dim/2,)."""
    return 1 - ((torch.arange(dim // 2, dtype=F64) - low) / (high - low)).clamp(0, 1)


def mixed(dim: int, base: float, factor: float, kept: Tensor) -> Tensor:
    """Return old speeds and divided ones, mixed by the share that is kept, (dim/2,)."""
    old = speeds(dim, base)
    return old * kept + old / factor * (1 - kept)


def yarn(dim: int, base: float, factor: float, trained: float) -> Tensor:
    """Return YaRN's speeds, (dim/2,), float64."""
    return mixed(dim, base, factor, ramp(dim, *ends(dim, base, trained)))


def _slip(slug: str, kept: Kept, says: str) -> Slip:
    """Return the slip that keeps another share of each pair's speed."""
    return Slip(slug, lambda d, base, s, n: mixed(d, base, s, kept(d, base, n)), says)


def _right(dim: int, base: float, trained: float) -> Tensor:
    return ramp(dim, *ends(dim, base, trained))


def _by_turns(dim: int, base: float, trained: float, many: float = 32) -> Tensor:
    return ((speeds(dim, base) * trained / TURN - 1) / (many - 1)).clamp(0, 1)


def _places(dim: int, base: float, trained: float) -> list[float]:
    return [pair_that_turns(turns, dim, base, trained) for turns in (32, 1)]


def _not_clamped(dim: int, base: float, trained: float) -> Tensor:
    low, high = ends(dim, base, trained)
    return 1 - (torch.arange(dim // 2, dtype=F64) - low) / (high - low)


def _rounded(low: Callable[[float], int], high: Callable[[float], int]) -> Kept:
    def kept(dim: int, base: float, trained: float) -> Tensor:
        first, last = _places(dim, base, trained)
        return ramp(dim, low(first), high(last))

    return kept


def _before(pair: int) -> Kept:
    """Keep all pairs before one end of the ramp, divide the others: no ramp."""
    return lambda dim, *given: (
        torch.arange(dim // 2) < ends(dim, *given)[pair] + 1 - pair
    ).double()


ALL = (
    Slip("untouched", lambda dim, base, factor, trained: speeds(dim, base),
         "these are the old speeds, no pair was divided: short texts would not show it",
         seen="jmaczan/tiny-vllm#1"),
    Slip("all-divided", lambda dim, base, factor, trained: speeds(dim, base) / factor,
         "every pair was divided, as linear interpolation does: keep the fast ones"),
    Slip("all-multiplied", lambda dim, base, factor, trained: speeds(dim, base) * factor,
         "every pair was sped up: keep the fast ones, divide the slow ones"),
    Slip("ntk", lambda dim, base, factor, trained: speeds(dim, ntk_base(dim, base, factor)),
         "this is NTK, one larger base for all pairs: here each pair is kept, divided or mixed"),
    Slip("llama-3",
         lambda dim, base, factor, trained:
             mixed(dim, base, factor, _by_turns(dim, base, trained, 4)),
         "this is Llama 3's ramp, from 4 turns to 1 by turns: YaRN ramps from 32 to 1, by pair"),
)  # fmt: skip
RAMPS = (
    _slip("backwards", lambda *given: 1 - _right(*given),
          "the fast pairs were divided and the slow ones kept: turn the ramp round"),
    _slip("bounds-swapped", lambda *given: ramp(given[0], *ends(*given, fast=1, slow=32)),
          "the bounds are swapped: low comes from 32 turns (fast pairs), high from 1"),
    _slip("ramp-by-turns", _by_turns,
          "the ramp goes by turns, as the paper prints it; the authors' code, and this exercise, "
          "ramps by the number of the pair"),
    _slip("not-rounded", lambda *given: ramp(given[0], *_places(*given)),
          "round the ends of the ramp to whole pairs: the first down, the last up"),
    _slip("rounded-inwards", _rounded(math.ceil, math.floor),
          "the ends of the ramp are rounded inwards: the first goes down, the last up"),
    _slip("both-rounded-down", _rounded(math.floor, math.floor),
          "both ends of the ramp are rounded down: the last goes up"),
    _slip("rounded-to-nearest", _rounded(round, round),
          "the ends of the ramp are rounded to the nearest pair: the first goes down, the last "
          "up"),
    _slip("not-clamped", _not_clamped,
          "the ramp goes on beyond its ends, above 1 and below 0: clamp the share to 0 … 1"),
    _slip("no-ramp", _before(1), "all pairs before high are kept: let the share fall from low on"),
    _slip("no-ramp-early", _before(0),
          "all pairs after low are divided: the share falls up to high"),
)  # fmt: skip
ENDS = (
    _slip("no-two-pi", lambda dim, base, trained: ramp(dim, *ends(dim, base, trained * TURN)),
          "the 2π is missing from i(t): the pair's wavelength is 2π over its speed"),
    _slip("twice-the-index", lambda dim, base, trained: ramp(dim, *ends(2 * dim, base, trained)),
          "i(t) counts channels: dim stands over 2 ln base, since a pair has two channels"),
    _slip("half-the-index", lambda dim, base, trained: ramp(dim, *ends(dim // 2, base, trained)),
          "i(t) is halved twice: dim over 2 ln base, or dim/2 over ln base"),
    _slip("ramp-ignores-base", lambda dim, base, trained: ramp(dim, *ends(dim, 10_000, trained)),
          "the ends of the ramp are those of base 10 000: use the argument"),
    Slip("new-length",
         lambda dim, base, factor, trained:
             mixed(dim, base, factor, _right(dim, base, trained * factor)),
         "the ends of the ramp are those of the new length: turns are counted in the trained one"),
)  # fmt: skip
MIXTURES = (
    Slip("temperature",
         lambda dim, base, factor, trained: mixed(dim, base, factor, _right(dim, base, trained))
             * yarn_temperature(factor),
         "the temperature 0.1 ln s + 1 stands on the speeds: it belongs on cosines and sines"),
    Slip("inverse-temperature",
         lambda dim, base, factor, trained: mixed(dim, base, factor, _right(dim, base, trained))
             / yarn_temperature(factor),
         "the speeds are divided by the temperature: it belongs on cosines and sines, as a "
         "factor"),
    Slip("wavelengths-mixed",
         lambda dim, base, factor, trained: speeds(dim, base)
             / (r := _right(dim, base, trained)).add(factor * (1 - r)),
         "the wavelengths are mixed: mix the speeds, old · kept + old / factor · (1 − kept)"),
    Slip("geometric",
         lambda dim, base, factor, trained: speeds(dim, base)
             * factor ** (_right(dim, base, trained) - 1),
         "the logarithms are mixed: mix the speeds, old · kept + old / factor · (1 − kept)"),
    Slip("multiplied",
         lambda dim, base, factor, trained:
             mixed(dim, base, 1 / factor, _right(dim, base, trained)),
         "the slow pairs were sped up: divide their speed by factor"),
    Slip("slow-left-out",
         lambda dim, base, factor, trained: speeds(dim, base) * _right(dim, base, trained),
         "slow pairs stand still: what is not kept comes back divided, old / factor · (1 − kept)"),
    Slip("wavelengths",
         lambda dim, base, factor, trained: TURN
             / mixed(dim, base, factor, _right(dim, base, trained)),
         "these are wavelengths, 2π over the speed: return the speeds"),
    Slip("share-alone", lambda dim, base, factor, trained: _right(dim, base, trained),
         "this is the share that is kept: mix old and divided speeds by it"),
)  # fmt: skip
SLIPS = (*ALL, *RAMPS, *ENDS, *MIXTURES)
