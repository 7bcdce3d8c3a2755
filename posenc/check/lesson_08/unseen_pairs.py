"""Pairs that meet unseen angles: (dim, base, trained) -> how many."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.compare import explain
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import RULES
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_08.number import number, said, told_apart
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
    ✓ unseen_pairs: These are the pairs whose wavelength is longer than the training length.
    """
    return judge("unseen_pairs", answer, _examine)


def unseen(dim: int, base: float, trained: float, turns: float = 1.0) -> Tensor:
    """Return how many pairs turn less than so many times."""
    return (trained * speeds(dim, base) / TURN < turns).sum()


def _last_seen(dim: int, base: float, trained: float) -> float:
    return dim * math.log(trained / TURN) / (2 * math.log(base))


def _ruled(slug: str) -> Callable[[int, float, float], Tensor]:
    def program(dim: int, base: float, trained: float) -> Tensor:
        return (trained * RULES[slug][0](torch.arange(dim // 2, dtype=F64), dim, base) < TURN).sum()

    return program


COUNTS = (
    Slip("counts-seen", lambda dim, base, trained: dim // 2 - unseen(dim, base, trained),
         "These are the pairs that complete a turn. Count the others: trained · frequency < 2π."),
    Slip("first-index",
         lambda dim, base, trained: (trained * speeds(dim, base) < TURN).int().argmax(),
         "This is the index of the first pair, from argmax. Count them: use sum."),
    Slip("channels", lambda dim, base, trained: 2 * unseen(dim, base, trained),
         "This counts channels, two for each pair. Count pairs."),
    Slip("share", lambda dim, base, trained: unseen(dim, base, trained) / (dim // 2),
         "This is the share of the pairs. Return their number: sum, not mean."),
    Slip("one-too-many", lambda dim, base, trained: unseen(dim, base, trained) + 1,
         "The count is one too large: the last pair that completes its turn is included. Leave it "
         "out."),
    Slip("one-too-many-clamped",
         lambda dim, base, trained:
             torch.tensor(min(dim // 2, max(0, dim // 2 - math.floor(_last_seen(dim, base, trained))
                                            ))),
         "The count is one too large: pair 0 is left out, or the last complete pair is counted. "
         "Begin with i = 0; in a formula use floor(…) + 1."),
    Slip("one-too-few", lambda dim, base, trained: unseen(dim, base, trained) - 1,
         "The count is one too small, and −1 where every pair completes a turn. Include the last "
         "pair."),
    Slip("not-clamped",
         lambda dim, base, trained:
             torch.tensor(dim // 2 - 1 - math.floor(_last_seen(dim, base, trained))),
         "The formula leaves the range 0 … dim/2, as where every pair completes a turn. Clamp it: "
         "max(0, min(…, dim // 2))."),
    Slip("not-clamped-above",
         lambda dim, base, trained:
             torch.tensor(max(0, dim // 2 - 1 - math.floor(_last_seen(dim, base, trained)))),
         "The formula exceeds dim/2 where no pair completes a turn. Clamp it: "
         "min(…, dim // 2)."),
)  # fmt: skip
TURNS = (
    Slip("no-two-pi", lambda dim, base, trained: unseen(dim, base, trained, 1 / TURN),
         "A turn is taken as 1. The frequencies are in radians: compare with 2π."),
    Slip("half-turn", lambda dim, base, trained: unseen(dim, base, trained, 0.5),
         "Half a turn, π, counts as a whole one. Compare with 2π, and do not round the turns."),
    Slip("two-turns", lambda dim, base, trained: unseen(dim, base, trained, 2),
         "Only pairs with two turns, 4π, count as complete. Compare with 2π, one turn."),
    Slip("degrees", lambda dim, base, trained: unseen(dim, base, trained, 360 / TURN),
         "A turn is taken as 360. The frequencies are in radians: compare with 2π."),
    Slip("two-pi-twice", lambda dim, base, trained: unseen(dim, base, trained, TURN),
         "The angle is divided by 2π twice. Compare trained · frequency with 2π once."),
    Slip("six", lambda dim, base, trained: unseen(dim, base, trained, 6 / TURN),
         "A turn is taken as 6. Compare with 2π = 6.283."),
    Slip("ignores-base", lambda dim, base, trained: unseen(dim, 10_000, trained),
         "The base is 10000, whatever was asked. Use the argument."),
    Slip("ignores-dim",
         lambda dim, base, trained: unseen(128, base, trained),
         "There are 64 pairs, whatever was asked. Use the argument dim."),
    Slip("one-position-less", lambda dim, base, trained: unseen(dim, base, trained - 1),
         "trained − 1 positions are multiplied. Multiply the frequencies by trained."),
    Slip("ignores-length", lambda dim, base, trained: unseen(dim, base, 4096),
         "The training length is 4096, whatever was asked. Use the argument."),
    Slip("a-speed-a-channel",
         lambda dim, base, trained:
             (trained * base ** (-torch.arange(dim, dtype=F64) / dim) < TURN).sum(),
         "There is a frequency for each of the dim channels. Make one per pair, base^(−2i/dim) "
         "with i below dim/2."),
    Slip("twice-the-pairs",
         lambda dim, base, trained:
             (trained * base ** (-2 * torch.arange(dim, dtype=F64) / dim) < TURN).sum(),
         "i runs to dim − 1, twice as many pairs as there are. Stop at dim/2 − 1."),
    Slip("half-the-pairs",
         lambda dim, base, trained: (trained * speeds(dim, base)[::2] < TURN).sum(),
         "Only every other pair is counted. Take i = 0, 1, 2, … below dim/2."),
)  # fmt: skip
FREQUENCIES = {
    "doubled-exponent": "The exponent is doubled: arange(0, dim, 2) holds 2i already. Use −2i/dim.",
    "halved-exponent": "The exponent is halved, −i/dim. Use −2i/dim, with i = 0, 1, … dim/2 − 1.",
    "inverted": "The frequencies grow with i. Use a minus in the exponent, −2i/dim; divide by a "
    "frequency only for a wavelength.",
    "ends-at-base": "The exponents run to exactly −1, as i / (dim/2 − 1) does. Divide by dim/2: "
    "the last one is −(dim − 2)/dim.",
    "equal-steps": "The frequencies fall in equal steps. Use equal ratios, base^(−2i/dim).",
    "base-1000": "The base is 1000, whatever was asked. Use the argument.",
    "wrong-log": "exp undoes math.log, but the logarithm is log10. Use math.log(base).",
    "odd-exponent": "The exponent is 2i + 1. Use 2i.",
    "one-speed": "All pairs have frequency 1: // in the exponent makes it 0. Use /.",
    "not-scaled": "The exponent is not divided by dim. Use −2i/dim.",
}
SLIPS = (
    *COUNTS,
    *TURNS,
    *(Slip(slug, _ruled(slug), says) for slug, says in FREQUENCIES.items()),
)
Case = tuple[int, float, int]  # dim, base, trained


def _clear(dim: int, base: float, trained: int) -> bool:
    """Return whether no pair turns so nearly once that a rounding decides."""
    return bool((trained * speeds(dim, base) / TURN - 1).abs().min() > 1e-3)


def _one_less(dim: int, base: float, trained: int) -> bool:
    """Return whether one position less would leave one pair more."""
    return _clear(dim, base, trained) and bool(
        unseen(dim, base, trained - 1) > unseen(dim, base, trained)
    )


KINDS = (
    ((128, 96, 112), (10_000.0, 20_000.0, 30_000.0), 4096, _clear),
    ((128, 112, 160), (500_000.0, 300_000.0, 400_000.0), 8192, _clear),
    ((8, 6, 10), (10_000.0, 5000.0, 20_000.0), 16, _clear),
    ((8, 6, 10), (2.0, 3.0), 64, _clear),  # every pair completes a turn
    ((96, 80, 104), (500_000.0, 600_000.0, 700_000.0), 8192, _clear),
    ((40, 24, 52), (1000.0, 300.0, 700.0), 2, _clear),  # no pair does
    ((36, 28, 44), (1_000_000.0, 2_000_000.0), 1000, _clear),
    ((14, 18, 22), (300.0, 200.0, 400.0), 30, _clear),
    ((10, 12, 14), (100.0, 150.0, 200.0, 250.0), 16, _one_less),
    ((20, 16, 24), (10_000.0, 7000.0), 131_072, _clear),
)


def _cases(draw: Draw) -> tuple[Case, ...]:
    """Return a case of each kind, the first one first: by it a count is asked again."""

    def one(
        dims: tuple[int, ...], bases: tuple[float, ...], trained: int, holds: Callable[..., bool]
    ) -> Case:
        room = max(trained // 8, 1)
        return draw.until(
            lambda: (draw.one_of(*dims), draw.one_of(*bases), draw.near(trained, room)),
            lambda case: holds(*case),
        )

    def some() -> tuple[Case, ...]:
        first, *others = (one(*kind) for kind in KINDS)
        return (first, *draw.shuffled(others))

    return draw.until(some, lambda cases: told_apart(cases, unseen, SLIPS))


PAIRS = Drawn("unseen_pairs", _cases)


def _examine(answer: Callable[[int, float, int], object]) -> str:
    found = [number(answer(*case), said("unseen_pairs", *case)) for case in PAIRS]
    right = [float(unseen(*case)) for case in PAIRS]
    if found == right:
        return "These are the pairs whose wavelength is longer than the training length."
    explain([torch.tensor(x, dtype=F64) for x in found], SLIPS, PAIRS)
    for mine, true, case in zip(found, right, PAIRS, strict=True):
        words = f"{said('unseen_pairs', *case)} must be {true:g}; it is {mine:g}"
        limit = case[0] // 2
        require(mine == int(mine), "not-whole", f"{words}. Count pairs in whole numbers.")
        require(0 <= mine <= limit, "no-such-number", f"{words}. There are only {limit} pairs.")
    _moves_with(answer, found)
    i = next(i for i, (mine, true) in enumerate(zip(found, right, strict=True)) if mine != true)
    raise _at_the_border(found[i], right[i], PAIRS[i])


def _at_the_border(mine: float, true: float, case: tuple[int, float, int]) -> Mistake:
    """Return a wrong count as a mistake, with the turns of a pair that is counted wrongly."""
    dim, base, trained = case
    many = mine > true
    pair = int(dim // 2 - true - 1 if many else dim // 2 - true)
    turns = trained * base ** (-2 * pair / dim) / TURN
    words = f"{said('unseen_pairs', *case)} must be {true:g}; it is {mine:g}. "
    words += (
        f"Pair {pair} turns {trained} · {base:g}^(−{2 * pair}/{dim}) / 2π = {turns:.4g} times: "
    )
    cure = "do not count it, nor any faster one." if many else "count it."
    return Mistake("too-many" if many else "too-few", words + cure)


def _moves_with(answer: Callable[[int, float, int], object], found: list[float]) -> None:
    """Raise unless more length leaves fewer pairs unseen, and a larger base more."""
    dim, base, trained = PAIRS[0]
    long, large = 16 * trained, 50 * base
    longer = number(answer(dim, base, long), said("unseen_pairs", dim, base, long))
    larger = number(answer(dim, large, trained), said("unseen_pairs", dim, large, trained))
    for slug, known, says in (
        ("ignores-trained", longer != found[0], f"The count stays {found[0]:g} from trained = "
         f"{trained} to {long}. Multiply the frequencies by trained."),
        ("grows-with-length", longer <= found[0], f"A longer training length, {long} for "
         f"{trained}, leaves more pairs unseen, {longer:g} for {found[0]:g}. Count pairs with "
         "less than a turn."),
        ("ignores-base", larger != found[0], f"The count stays {found[0]:g} from base {base:.0f} "
         f"to {large:.0f}. Make the frequencies from base."),
        ("falls-with-base", larger >= found[0], f"A larger base, {large:.0f} for {base:.0f}, "
         f"leaves fewer pairs unseen, {larger:g} for {found[0]:g}. It must slow pairs down: use "
         "base^(−2i/dim)."),
    ):  # fmt: skip
        require(known, slug, says)
