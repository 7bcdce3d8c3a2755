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
    pairs = list(zip(a, b, strict=False))
    if all(x > y for x, y in pairs):
        return "a"
    return "b" if all(x < y for x, y in pairs) else OPEN


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


def _by_lists(a: list[float], b: list[float], chance: float) -> str:
    if max(a + b) <= chance + 0.05:
        return CHANCE
    return "a" if a > b else "b" if b > a else OPEN


def _by_sorted_pairs(a: list[float], b: list[float], chance: float) -> str:
    return _by_pairs(sorted(a), sorted(b), chance)


def _strictly(a: list[float], b: list[float], chance: float) -> str:
    return CHANCE if max(a + b) < chance + 0.05 else read(a, b, -1.0)


def _nearly_chance(a: list[float], b: list[float], chance: float) -> str:
    near = all(abs(seed - chance) <= 0.05 for seed in a + b)
    return CHANCE if near else read(a, b, -1.0)


def _with_room(a: list[float], b: list[float], chance: float) -> str:
    word = read(a, b, chance)
    lead = max(min(a) - max(b), min(b) - max(a))
    return OPEN if word in "ab" and lead <= 0.05 else word


SWAPPED = {"a": "b", "b": "a"}

SLIPS = (
    Slip("means", lambda a, b, c: read(a, b, c, low=mean, high=mean),
         "The means are compared, though the seeds overlap. Compare min of one with max of the "
         "other."),
    Slip("only-means", lambda a, b, c: read(a, b, -1.0, low=mean, high=mean),
         "Only the means are compared. Look at chance first, then at whether the seeds overlap."),
    Slip("only-sums", lambda a, b, c: "a" if sum(a) > sum(b) else "b",
         "Only the sums are compared. Look at chance first, then at whether the seeds overlap."),
    Slip("means-throughout",
         lambda a, b, c: CHANCE if max(mean(a), mean(b)) <= c + 0.05
         else read(a, b, -1.0, low=mean, high=mean),
         "Means are compared throughout. Compare single seeds: min of one with max of the other."),
    Slip("lists", _by_lists,
         "The first entries decide, as in a > b for lists. Compare min(a) with max(b)."),
    Slip("best-seed", lambda a, b, c: read(a, b, c, low=max),
         "Only the best seeds are compared, though others overlap. Compare min(a) with max(b)."),
    Slip("worst-seed", lambda a, b, c: read(a, b, c, high=min),
         "Only the worst seeds are compared, though the others overlap. Compare min(a) with "
         "max(b)."),
    Slip("last-seed", lambda a, b, c: read(a, b, c, low=lambda s: s[-1], high=lambda s: s[-1]),
         "One seed of each is compared. Every seed of one must beat every seed of the other."),
    Slip("pairs", _by_pairs,
         "Seed 0 is compared with seed 0, 1 with 1. Seeds of two models are not pairs: use "
         "min(a) > max(b)."),
    Slip("sorted-pairs", _by_sorted_pairs,
         "The sorted seeds are compared one by one. Every seed must beat every seed: "
         "min(a) > max(b)."),
    Slip("any-seed", lambda a, b, c: read(a, b, c, low=max, high=min),
         "One seed that beats another is enough here. Require it of every seed: min(a) > max(b)."),
    Slip("spread", _by_spread,
         "The means are compared with the spread. Ask whether every seed beats every seed."),
    Slip("ties", _ties,
         "A draw counts as a win. Beating means >, not >=."),
    Slip("room", _with_room,
         "A narrow win counts as undecided. The margin is for chance only: use "
         "min(a) > max(b)."),
    Slip("swapped", lambda a, b, c: SWAPPED.get(word := read(a, b, c), word),
         "'a' and 'b' are swapped. The higher accuracy is better."),
    Slip("chance", lambda a, b, c: read(a, b, -1.0),
         "Chance is not used. Where no seed is more than 0.05 above it, return 'both at chance'."),
    Slip("chance-last", _seeds_first,
         "Chance is looked at last. Look at it first: a win among models that guess is not a win."),
    Slip("mean-chance", lambda a, b, c: read(a, b, c, at_chance=mean),
         "The mean is compared with chance. One seed above it is enough: use max(a + b)."),
    Slip("one-at-chance", _one_at_chance,
         "One list at chance is enough here. Both must be: max(a + b) <= chance + 0.05."),
    Slip("any-at-chance", lambda a, b, c: read(a, b, c, at_chance=min),
         "One seed at chance is enough here. No seed may be above it: use max(a + b)."),
    Slip("first-at-chance", lambda a, b, c: CHANCE if max(a) <= c + 0.05 else read(a, b, c),
         "Only the seeds of a are compared with chance. Use max(a + b)."),
    Slip("no-margin", lambda a, b, c: read(a, b, c, margin=0.0),
         "The margin is missing. Up to 0.05 above chance counts as chance."),
    Slip("strictly-below", _strictly,
         "A seed exactly 0.05 above chance is not *more* than 0.05 above it. Use <=, not <."),
    Slip("near-chance", _nearly_chance,
         "Seeds far below chance count as above it, because of abs. Use seed - chance <= 0.05."),
    Slip("other-margin", lambda a, b, c: read(a, b, c, margin=0.1),
         "The margin is 0.1. Use 0.05."),
    Slip("times-margin", lambda a, b, c: read(a, b, c * 1.05, margin=0.0),
         "The margin is 5 % of chance. Add 0.05 to chance."),
    Slip("half-more", lambda a, b, c: read(a, b, c * 1.5, margin=0.0),
         "The margin is half of chance. Add 0.05 to chance."),
    Slip("chance-of-half", lambda a, b, c: read(a, b, 0.5),
         "Chance is taken to be 0.5. Use the argument."),
)  # fmt: skip
