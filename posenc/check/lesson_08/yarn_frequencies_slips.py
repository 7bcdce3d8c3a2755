"""Wrong frequencies of YaRN, as programs: ``(dim, base, factor, trained) -> (dim/2,)``."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.lesson_08.speeds import TURN, speeds
from posenc.check.lesson_08.yarn_ends import WRONG, Clamp, Ends, both_clamped, ends, raw_ends
from posenc.functional import ntk_base, yarn_temperature

F64 = torch.float64
Kept = Callable[[int, float, float], Tensor]  # dim, base, trained -> the share that is kept
Mix = Callable[[Tensor, Tensor, float], Tensor]  # old frequencies, kept, factor -> new ones


def ramp(dim: int, low: float, high: float) -> Tensor:
    """Return the share of each pair's frequency that is kept, (dim/2,)."""
    width = high - low or 0.001
    return 1 - ((torch.arange(dim // 2, dtype=F64) - low) / width).clamp(0, 1)


def mixed(old: Tensor, kept: Tensor, factor: float) -> Tensor:
    """Return old frequencies and divided ones, mixed by the share that is kept, (dim/2,)."""
    return old * kept + old / factor * (1 - kept)


def yarn(dim: int, base: float, factor: float, trained: float) -> Tensor:
    """Return YaRN's frequencies, (dim/2,), float64."""
    return mixed(speeds(dim, base), ramp(dim, *ends(dim, base, trained)), factor)


def _no_clamp(dim: int, low: float, high: float) -> tuple[float, float]:
    return low, high


Of = Callable[[Clamp], tuple[Kept, Mix]]
Row = tuple[str, str, Of]  # slug, what to say, the program once it knows how ends are clamped


def _slips(rows: tuple[Row, ...], clamp: Clamp) -> tuple[Slip, ...]:
    """Return the slips with their ends clamped in this way."""

    def program(of: Of) -> Callable[[int, float, float, float], Tensor]:
        kept, mix = of(clamp)
        return lambda d, base, s, n: mix(speeds(d, base), kept(d, base, n), s)

    return tuple(Slip(slug, program(of), says) for slug, says, of in rows)


def _at(slug: str, ends_of: Ends, says: str) -> Row:
    """Return the row of a ramp with other ends."""

    def of(clamp: Clamp) -> tuple[Kept, Mix]:
        return lambda d, *given: ramp(d, *clamp(d, *ends_of(d, *given))), mixed

    return slug, says, of


def _shaped(slug: str, change: Callable[[Tensor], Tensor], says: str) -> Row:
    """Return the row of a ramp with the right ends and another form."""

    def of(clamp: Clamp) -> tuple[Kept, Mix]:
        return lambda d, *given: change(ramp(d, *clamp(d, *raw_ends(d, *given)))), mixed

    return slug, says, of


def _mixed_by(slug: str, mix: Mix, says: str) -> Row:
    """Return the row of the right ramp with another use of it."""

    def of(clamp: Clamp) -> tuple[Kept, Mix]:
        return lambda d, *given: ramp(d, *clamp(d, *raw_ends(d, *given))), mix

    return slug, says, of


def _by_turns(dim: int, base: float, trained: float, many: float = 32) -> Tensor:
    return ((speeds(dim, base) * trained / TURN - 1) / (many - 1)).clamp(0, 1)


def _beyond(clamp: Clamp) -> tuple[Kept, Mix]:
    def kept(dim: int, base: float, trained: float) -> Tensor:
        low, high = clamp(dim, *raw_ends(dim, base, trained))
        return 1 - (torch.arange(dim // 2, dtype=F64) - low) / (high - low)

    return kept, mixed


def _over_channels(clamp: Clamp) -> tuple[Kept, Mix]:
    def kept(dim: int, base: float, trained: float) -> Tensor:
        return ramp(2 * dim, *clamp(dim, *raw_ends(dim, base, trained)))[::2]

    return kept, mixed


def _step(end: int) -> Callable[[Clamp], tuple[Kept, Mix]]:
    def of(clamp: Clamp) -> tuple[Kept, Mix]:
        def kept(dim: int, base: float, trained: float) -> Tensor:
            bound = clamp(dim, *raw_ends(dim, base, trained))[end]
            return (torch.arange(dim // 2) < bound + 1 - end).double()

        return kept, mixed

    return of


def _clamped_to(slug: str, clamp: Clamp, says: str) -> Slip:
    return Slip(
        slug,
        lambda d, base, s, n: mixed(speeds(d, base), ramp(d, *clamp(d, *raw_ends(d, base, n))), s),
        says,
    )


ALL = (
    Slip("untouched", lambda dim, base, factor, trained: speeds(dim, base),
         "These are the old frequencies, no pair is divided. Divide the pairs from high on by "
         "factor.", seen="jmaczan/tiny-vllm#1"),
    Slip("all-divided", lambda dim, base, factor, trained: speeds(dim, base) / factor,
         "Every pair is divided by factor, as in linear interpolation. Keep the pairs up to low."),
    Slip("all-multiplied", lambda dim, base, factor, trained: speeds(dim, base) * factor,
         "Every pair is multiplied by factor. Keep the pairs up to low, divide those from high "
         "on."),
    Slip("ntk", lambda dim, base, factor, trained: speeds(dim, ntk_base(dim, base, factor)),
         "This is NTK, one larger base for all pairs. Keep the old base; keep, divide or mix each "
         "pair."),
    Slip("llama-3",
         lambda dim, base, factor, trained:
             mixed(speeds(dim, base), _by_turns(dim, base, trained, 4), factor),
         "This is Llama 3's ramp, over turns from 4 to 1. Ramp over the number of the pair, from "
         "32 turns to 1."),
    Slip("ramp-by-turns",
         lambda dim, base, factor, trained:
             mixed(speeds(dim, base), _by_turns(dim, base, trained), factor),
         "The ramp goes over turns, as the paper prints it. Ramp over the number of the pair, as "
         "the authors' code does."),
    Slip("new-length",
         lambda dim, base, factor, trained:
             mixed(speeds(dim, base), ramp(dim, *ends(dim, base, trained * factor)), factor),
         "The turns are counted in the new length, trained · factor. Count them in trained."),
    Slip("length-divided",
         lambda dim, base, factor, trained:
             mixed(speeds(dim, base), ramp(dim, *ends(dim, base, trained / factor)), factor),
         "The turns are counted in trained / factor. Count them in trained."),
)  # fmt: skip
CLAMPED = (
    _clamped_to("ends-not-clamped", _no_clamp,
                "The ends leave the range: for (128, 10000, 4, 128) low is −4. Take max(low, 0) "
                "and min(high, dim − 1)."),
    _clamped_to("low-not-clamped", lambda d, low, high: (low, min(high, d - 1)),
                "low goes below 0: it is −4 for (128, 10000, 4, 128), so pair 0 changes. Take "
                "max(low, 0)."),
    _clamped_to("high-not-clamped", lambda d, low, high: (max(low, 0), high),
                "high goes beyond dim − 1: for (16, 10, 4, 1024) it is 18. Take "
                "min(high, dim − 1)."),
    _clamped_to("high-clamped-to-pairs", lambda d, low, high: (max(low, 0), min(high, d // 2 - 1)),
                "high is clamped to dim/2 − 1, so the ramp ends too early in long training "
                "lengths. Clamp it to dim − 1.",),
    _clamped_to("high-clamped-to-half", lambda d, low, high: (max(low, 0), min(high, d // 2)),
                "high is clamped to dim/2, so the ramp ends too early in long training lengths. "
                "Clamp it to dim − 1."),
    _clamped_to("high-clamped-to-dim", lambda d, low, high: (max(low, 0), min(high, d)),
                "high is clamped to dim. Clamp it to dim − 1, the last channel, as the authors' "
                "code does."),
    _clamped_to("high-alone-to-pairs", lambda d, low, high: (low, min(high, d // 2 - 1)),
                "low is not clamped, and high is clamped to dim/2 − 1. Take max(low, 0) and "
                "min(high, dim − 1)."),
    _clamped_to("low-clamped-to-one", lambda d, low, high: (max(low, 1), min(high, d - 1)),
                "low is clamped to 1. Take max(low, 0): pairs count from 0."),
    _clamped_to("low-without-sign", lambda d, low, high: (abs(low), min(high, d - 1)),
                "abs makes −4 a 4: low moves the wrong way. Take max(low, 0)."),
)  # fmt: skip
RAMPS = (
    _shaped("backwards", lambda kept: 1 - kept,
             "The fast pairs are divided and the slow ones kept. Let the share that is kept fall "
             "from 1 to 0, not rise."),
    _shaped("squared", lambda kept: kept**2,
             "The ramp is squared. Let the share fall in equal steps from pair to pair."),
    _shaped("smooth-step", lambda kept: kept**2 * (3 - 2 * kept),
             "The ramp is a smooth step, 3k² − 2k³. Let the share fall in equal steps from pair to "
             "pair."),
    _shaped("cosine-ramp", lambda kept: (1 - (math.pi * kept).cos()) / 2,
             "The ramp is half a cosine. Let the share fall in equal steps from pair to pair."),
    _shaped("step-in-the-middle", lambda kept: (kept > 0.5).double(),
             "The share is rounded to 0 or 1. Let it fall in equal steps from low to high."),
    ("no-ramp", "All pairs before high are kept. Let the share fall from low on.", _step(1)),
    ("no-ramp-early", "All pairs after low are divided. Let the share fall up to high.", _step(0)),
    ("over-channels",
     "The ramp runs over the channels 0, 2, 4, …. Use the number of the pair, "
     "torch.arange(dim // 2).", _over_channels),
    ("not-clamped",
     "The share goes above 1 and below 0 beyond the ramp. Clamp it to 0 … 1.", _beyond),
)  # fmt: skip
MIXTURES = (
    _mixed_by("temperature", lambda old, kept, s: mixed(old, kept, s) * yarn_temperature(s),
               "The frequencies are multiplied by 0.1 ln s + 1. Leave it out: it belongs to "
               "cosines and sines."),
    _mixed_by("inverse-temperature",
               lambda old, kept, s: mixed(old, kept, s) / yarn_temperature(s),
               "The frequencies are divided by 0.1 ln s + 1. Leave it out: it belongs to cosines "
               "and sines."),
    _mixed_by("wavelengths-mixed", lambda old, kept, s: old / (kept + s * (1 - kept)),
               "The wavelengths are mixed. Mix the frequencies: "
               "old · kept + old / factor · (1 − kept)."),
    _mixed_by("geometric", lambda old, kept, s: old * s ** (kept - 1),
               "The logarithms are mixed. Mix the frequencies: "
               "old · kept + old / factor · (1 − kept)."),
    _mixed_by("multiplied", lambda old, kept, s: mixed(old, kept, 1 / s),
               "The slow pairs are multiplied by factor. Divide them: old / factor · (1 − kept)."),
    _mixed_by("slow-left-out", lambda old, kept, s: old * kept,
               "The slow pairs stand still. Add what is not kept, divided: "
               "old / factor · (1 − kept)."),
    _mixed_by("fast-left-out", lambda old, kept, s: old / s * (1 - kept),
               "The fast pairs have frequency 0. Add what is kept, old · kept."),
    _mixed_by("wavelengths", lambda old, kept, s: TURN / mixed(old, kept, s),
               "These are wavelengths, 2π over the frequency. Return the frequencies."),
    _mixed_by("share-alone", lambda old, kept, s: kept,
               "This is the share that is kept. Mix with it: "
               "old · kept + old / factor · (1 − kept)."),
    _mixed_by("share-of-the-rest", lambda old, kept, s: mixed(old, kept, s) / old,
               "These are factors on the old frequencies. Multiply the old frequencies by them."),
    _mixed_by("root-of-the-factor", lambda old, kept, s: mixed(old, kept, s**0.5),
               "The slow pairs are divided by √factor. Divide them by factor."),
    _mixed_by("factor-squared", lambda old, kept, s: mixed(old, kept, s**2),
               "The slow pairs are divided by factor twice. Divide them once."),
)  # fmt: skip


ENDS = tuple(_at(slug, ends_of, says) for slug, (ends_of, says) in WRONG.items())
ROWS = (*RAMPS, *ENDS, *MIXTURES)
SLIPS = (*ALL, *CLAMPED, *_slips(ROWS, both_clamped))
UNCLAMPED = _slips(ROWS, _no_clamp)  # the same mistakes where the ends are not clamped either
