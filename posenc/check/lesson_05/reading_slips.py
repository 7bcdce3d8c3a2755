"""Wrong ways of comparing two encodings by their seeds."""

from collections.abc import Callable
from statistics import mean, stdev

from posenc.check.engine.slip import Slip

CHANCE, OPEN = "both at chance", "not decided"


def read(
    a: list[float],
    b: list[float],
    chance: float,
    *,
    at_chance: Callable[..., float] = max,
    low: Callable[..., float] = min,
    high: Callable[..., float] = max,
    margin: float = 0.05,
) -> str:
    """Return what the seeds allow one to say; other functions make it wrong."""
    if at_chance(a + b) <= chance + margin:
        return CHANCE
    if low(a) > high(b):
        return "a"
    return "b" if low(b) > high(a) else OPEN


def _seeds_first(a: list[float], b: list[float], chance: float) -> str:
    word = read(a, b, -1.0)
    return CHANCE if word == OPEN and max(a + b) <= chance + 0.05 else word


def _by_pairs(a: list[float], b: list[float], chance: float) -> str:
    if max(a + b) <= chance + 0.05:
        return CHANCE
    over = {x > y for x, y in zip(a, b, strict=False)}
    return OPEN if len(over) > 1 else "a" if over == {True} else "b"


def _by_spread(a: list[float], b: list[float], chance: float) -> str:
    if max(a + b) <= chance + 0.05:
        return CHANCE
    if abs(mean(a) - mean(b)) <= stdev(a) + stdev(b):
        return OPEN
    return "a" if mean(a) > mean(b) else "b"


def _one_at_chance(a: list[float], b: list[float], chance: float) -> str:
    return CHANCE if min(max(a), max(b)) <= chance + 0.05 else read(a, b, chance)


def _ties(a: list[float], b: list[float], chance: float) -> str:
    word = read(a, b, chance)
    return word if word != OPEN else "a" if min(a) >= max(b) else "b" if min(b) >= max(a) else OPEN


SWAPPED = {"a": "b", "b": "a"}

SLIPS = (
    Slip("means", lambda a, b, c: read(a, b, c, low=mean, high=mean),
         "it compares means, though the seeds overlap: compare the least with the greatest"),
    Slip("only-means", lambda a, b, c: read(a, b, -1.0, low=mean, high=mean),
         "it compares means alone: look at chance first, then whether the seeds overlap"),
    Slip("means-throughout",
         lambda a, b, c: CHANCE if max(mean(a), mean(b)) <= c + 0.05
         else read(a, b, -1.0, low=mean, high=mean),
         "it compares means throughout: look at the seeds, the least against the greatest"),
    Slip("best-seed", lambda a, b, c: read(a, b, c, low=max),
         "it compares the best seeds alone, though the others overlap"),
    Slip("worst-seed", lambda a, b, c: read(a, b, c, high=min),
         "it compares the worst seeds alone, though the others overlap"),
    Slip("last-seed", lambda a, b, c: read(a, b, c, low=lambda s: s[-1], high=lambda s: s[-1]),
         "it compares one seed of each alone: every seed of one must beat every seed of the other"),
    Slip("pairs", _by_pairs,
         "it compares seed 0 with seed 0, 1 with 1: seeds of two models are no pairs"),
    Slip("any-seed", lambda a, b, c: read(a, b, c, low=max, high=min),
         "it is enough for it that one seed beats one: every seed must beat every seed"),
    Slip("spread", _by_spread,
         "it compares the means with the spread; asked is whether every seed beats every seed"),
    Slip("ties", _ties,
         "it takes a draw for a win: beating means >, not >="),
    Slip("swapped", lambda a, b, c: SWAPPED.get(word := read(a, b, c), word),
         "a and b have changed places: higher is better"),
    Slip("chance", lambda a, b, c: read(a, b, -1.0),
         "it never looks at chance, and compares where there is nothing to compare"),
    Slip("chance-last", _seeds_first,
         "it looks at chance last: a win among models that all guess is no win"),
    Slip("mean-chance", lambda a, b, c: read(a, b, c, at_chance=mean),
         "it holds the mean against chance: one seed above it is enough to go on"),
    Slip("one-at-chance", _one_at_chance,
         "one of the two is above chance, and that is enough to compare them"),
    Slip("any-at-chance", lambda a, b, c: read(a, b, c, at_chance=min),
         "one seed at chance is not enough: *no* seed may be above it"),
    Slip("first-at-chance", lambda a, b, c: CHANCE if max(a) <= c + 0.05 else read(a, b, c),
         "it holds the seeds of a alone against chance, not those of b"),
    Slip("no-margin", lambda a, b, c: read(a, b, c, margin=0.0),
         "it leaves out the margin: up to 0.05 above chance is still chance"),
    Slip("times-margin", lambda a, b, c: read(a, b, c * 1.05, margin=0.0),
         "it takes 5 % of chance for the margin; it is 0.05 added to it"),
    Slip("chance-of-half", lambda a, b, c: read(a, b, 0.5),
         "it takes 0.5 for chance whatever chance it was given"),
)  # fmt: skip
