"""Pairs that meet unseen angles: (dim, base, trained) -> how many."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.compare import explain
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_08.number import number, said
from posenc.check.lesson_08.speeds import TURN, speeds

F64 = torch.float64


def unseen_pairs(answer: object) -> Verdict:
    """Check ``answer(dim, base, trained)``, how many pairs never complete a turn.

    >>> import math
    >>> from posenc import functional
    >>> def right(dim, base, trained):
    ...     turns = trained * functional.inverse_frequencies(dim, base) / (2 * math.pi)
    ...     return int((turns < 1).sum())
    >>> _ = unseen_pairs(right)
    ✓ unseen_pairs: the pairs whose wavelength is longer than the trained length
    """
    return judge("unseen_pairs", answer, _examine)


def unseen(dim: int, base: float, trained: float, turns: float = 1.0) -> Tensor:
    """Return how many pairs turn less than so many times."""
    return (trained * speeds(dim, base) / TURN < turns).sum()


def _last_seen(dim: int, base: float, trained: int) -> float:
    return dim * math.log(trained / TURN) / (2 * math.log(base))


SLIPS = (
    Slip("counts-seen", lambda dim, base, trained: dim // 2 - unseen(dim, base, trained),
         "these are the pairs that do complete a turn; the others are asked for"),
    Slip("no-two-pi", lambda dim, base, trained: unseen(dim, base, trained, 1 / TURN),
         "a turn is 2π, not 1: the speeds are in radians"),
    Slip("half-turn", lambda dim, base, trained: unseen(dim, base, trained, 0.5),
         "a full turn is 2π; π is half of one"),
    Slip("degrees", lambda dim, base, trained: unseen(dim, base, trained, 360 / TURN),
         "a turn is 2π, not 360: the speeds are in radians"),
    Slip("channels", lambda dim, base, trained: 2 * unseen(dim, base, trained),
         "count pairs: a pair has two channels"),
    Slip("a-speed-a-channel",
         lambda dim, base, trained:
             (trained * base ** (-torch.arange(dim, dtype=F64) / dim) < TURN).sum(),
         "a speed for each of dim channels; there is one a pair, base^(−2i/dim), i below dim/2"),
    Slip("doubled-exponent",
         lambda dim, base, trained: (trained * speeds(dim, base) ** 2 < TURN).sum(),
         "the exponent is doubled: it is −2i/dim, with i = 0, 1, … dim/2 − 1"),
    Slip("halved-exponent",
         lambda dim, base, trained: (trained * speeds(dim, base) ** 0.5 < TURN).sum(),
         "the exponent is halved: it is −2i/dim; here it is −i/dim"),
    Slip("inverted", lambda dim, base, trained: (trained / speeds(dim, base) < TURN).sum(),
         "the speeds grow: divide by them for wavelengths, or multiply the length by them"),
    Slip("ignores-base", lambda dim, base, trained: unseen(dim, 10_000, trained),
         "the base is 10 000, whatever was asked: use the argument"),
    Slip("share", lambda dim, base, trained: unseen(dim, base, trained) / (dim // 2),
         "this is the share of the pairs; their number is asked for"),
    Slip("one-too-many", lambda dim, base, trained: unseen(dim, base, trained) + 1,
         "one pair too many: the last that completes its turn is counted"),
    Slip("one-too-few", lambda dim, base, trained: unseen(dim, base, trained) - 1,
         "one pair too few: is the last one left out?"),
    Slip("not-clamped",
         lambda dim, base, trained:
             torch.tensor(dim // 2 - 1 - math.floor(_last_seen(dim, base, trained))),
         "below 0 where every pair completes a turn: put max(0, …) around the formula"),
)  # fmt: skip
PAIRS = ((128, 10_000.0, 4096), (128, 500_000.0, 8192), (8, 10_000.0, 16), (8, 2.0, 64))


def _examine(answer: Callable[[int, float, int], object]) -> str:
    found = [number(answer(*case), said("unseen_pairs", *case)) for case in PAIRS]
    right = [float(unseen(*case)) for case in PAIRS]
    if found == right:
        return "the pairs whose wavelength is longer than the trained length"
    explain([torch.tensor(x, dtype=F64) for x in found], SLIPS, PAIRS)
    for mine, true, case in zip(found, right, PAIRS, strict=True):
        words = f"{said('unseen_pairs', *case)} must be {true:g}; it is {mine:g}"
        limit = case[0] // 2
        require(mine == int(mine), "not-whole", f"{words}: pairs are counted in whole numbers")
        require(0 <= mine <= limit, "no-such-number", f"{words}: there are {limit} pairs")
    _moves_with(answer, found)
    i = next(i for i, (mine, true) in enumerate(zip(found, right, strict=True)) if mine != true)
    words = f"{said('unseen_pairs', *PAIRS[i])} must be {right[i]:g}; it is {found[i]:g}"
    slug = "too-many" if found[i] > right[i] else "too-few"
    raise Mistake(slug, f"{words}: compare trained · speed with 2π, for each pair")


def _moves_with(answer: Callable[[int, float, int], object], found: list[float]) -> None:
    """Raise unless more length leaves fewer pairs unseen, and a larger base more."""
    longer = number(answer(128, 10_000.0, 65_536), "unseen_pairs(128, 10000, 65536)")
    larger = number(answer(128, 500_000.0, 4096), "unseen_pairs(128, 500000, 4096)")
    for slug, known, says in (
        ("ignores-trained", longer != found[0], "sixteen times the trained length changes nothing"),
        ("grows-with-length", longer <= found[0], "training on longer texts leaves more pairs "
         "unseen; it must leave fewer"),
        ("ignores-base", larger != found[0], "a base fifty times as large changes nothing"),
        ("falls-with-base", larger >= found[0], "a larger base leaves fewer pairs unseen; it slows "
         "pairs down, so it must leave more"),
    ):  # fmt: skip
        require(known, slug, f"{says}: it is {found[0]:g} for unseen_pairs(128, 10000, 4096)")
