"""What the seeds of two encodings allow one to say: (a, b, chance) -> a word."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.slip import name_it, told_by
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_05.reading_slips import SLIPS, read

Reading = Callable[[list[float], list[float], float], Any]  # seeds, seeds, chance -> a word
MARGIN = 0.05  # above chance, before a result counts as one
WORDS = ("a", "b", "both at chance", "not decided")
Read = tuple[list[float], list[float], float]
TO_THE_DIGIT: Read = ([0.28, 0.3, 0.29], [0.2, 0.25, 0.22], 0.25)  # chance + 0.05
DIGITS = (0, -0.05, 0.05, 0.09, 0.15)  # more for all of it: the sum is still exact
KINDS: tuple[Read, ...] = (
    ([0.99, 1.0, 0.98], [0.51, 0.62, 0.55], 0.1),
    ([0.31, 0.28, 0.3], [0.9, 0.95, 0.88], 0.1),
    ([0.95, 0.6, 0.97], [0.7, 0.65, 0.68], 0.1),
    ([0.8, 0.6, 0.7], [0.69, 0.5, 0.59], 0.1),
    ([0.6, 0.7, 0.8], [0.55, 0.65, 0.75], 0.1),
    ([0.7, 0.8, 0.9], [0.5, 0.7, 0.6], 0.1),
    ([0.5, 0.9, 0.51], [0.48, 0.49, 0.47], 0.1),
    ([0.54, 0.53, 0.52], [0.49, 0.5, 0.51], 0.5),
    ([0.36, 0.47, 0.4], [0.52, 0.5, 0.54], 0.5),
    ([0.13, 0.14, 0.12], [0.09, 0.1, 0.11], 0.1),
    ([0.61, 0.7, 0.66], [0.49, 0.52, 0.5], 0.5),
    ([0.5, 0.51, 0.49], [0.8, 0.62, 0.9], 0.5),
    ([0.6, 0.5, 0.5], [0.49, 0.5, 0.51], 0.5),
    ([0.9, 0.92, 0.95, 0.91], [0.6, 0.7, 0.65, 0.69], 0.25),
    ([0.99, 0.4, 0.42], [0.7, 0.72, 0.74], 0.1),
    ([0.6, 0.62, 0.64], [0.61, 0.7, 0.58], 0.1),
    ([0.101, 0.102, 0.103], [0.09, 0.08, 0.07], 0.1),
    ([0.08, 0.09, 0.085], [0.05, 0.06, 0.07], 0.1),
    ([0.1, 0.12, 0.11], [0.09, 0.13, 0.1], 0.1),
    ([0.9, 0.1, 0.5], [0.6, 0.7, 0.4], 0.1),
    ([0.5, 0.52, 0.51], [0.3, 0.31, 0.35], 0.1),
    TO_THE_DIGIT,
    ([0.7, 0.6, 0.5], [0.65, 0.9, 0.55], 0.1),  # the first seeds against the best ones
    ([0.8, 0.6, 0.7], [0.5, 0.75, 0.65], 0.1),  # sorted, each beats its partner
    ([0.59, 0.58, 0.59], [0.56, 0.57, 0.56], 0.5),  # above 0.05, below 0.1
    ([0.51, 0.5, 0.52], [0.51, 0.52, 0.5], 0.5),
    ([0.9, 0.95], [0.5, 0.6, 0.55, 0.4], 0.1),  # other numbers of seeds
    ([0.3, 0.2], [0.6, 0.7, 0.65, 0.5, 0.25], 0.1),
    ([0.5, 0.51, 0.49, 0.5, 0.7], [0.5, 0.52, 0.5], 0.5),
    ([0.33, 0.335], [0.33, 0.32], 1 / 3),
    ([0.7, 0.71, 0.72], [0.68, 0.69, 0.67], 0.5),  # a narrow win is a win
    ([0.71, 0.76, 0.9], [0.69, 0.71, 0.7], 0.5),  # the least equals the greatest
)


def _more(reading: Read, more: float) -> Read:
    """Return the reading with so much more for the seeds and for chance: the word stays."""
    a, b, chance = reading
    if not more:
        return reading
    return [round(x + more, 3) for x in a], [round(x + more, 3) for x in b], round(chance + more, 3)


def _readings(draw: draws.Draw) -> tuple[Read, ...]:
    """Return one reading of each kind; for a class others, a and b exchanged, in any order."""
    kept = []
    for reading in KINDS:
        most = max(reading[0] + reading[1])
        more = round(draw.between(0.0, -0.03, min(0.03, 1 - most)), 3)
        kept.append(_more(reading, draw.one_of(*DIGITS) if reading is TO_THE_DIGIT else more))
    if draw.one_of(False, True):
        kept = [(b, a, chance) for a, b, chance in kept]
    return draw.again(kept)


READINGS = draws.Drawn("reading", _readings)


def reading(answer: Reading) -> Verdict:
    """Check ``reading(a, b, chance)``: what the seeds of two encodings allow one to say.

    "both at chance" where no seed is more than 0.05 above it; "a" or "b" where every seed
    of one beats every seed of the other; "not decided" otherwise.

    >>> verdict = reading(lambda a, b, chance: "a" if sum(a) > sum(b) else "not decided")
    ✗ reading: The function never returns 'b'. Return it where min(b) > max(a).
    """
    return judge("reading", answer, _examine_reading)


def _examine_reading(answer: Reading) -> str:
    found = _words(answer)
    right = _words(read)
    wrong = (found != right).nonzero().flatten().tolist()
    if not wrong:
        return "Chance comes first, then whether the seeds overlap."
    word, said = WORDS[int(right[wrong[0]])], WORDS[int(found[wrong[0]])]
    case = f"{_case(*READINGS[wrong[0]])}: it must be {word!r}, not {said!r}."
    try:
        name_it(found, told_by(_words, SLIPS))
    except Mistake as slip:
        raise Mistake(slip.slug, f"{slip} {case}") from None
    _judge_readings(found)
    raise Mistake("value", case)


def _case(a: list[float], b: list[float], chance: float) -> str:
    return f"{a} against {b}, chance {chance:.3g}"


def _words(answer: Reading) -> Tensor:
    """Return the number of the word for each of the readings."""
    numbers = []
    for a, b, chance in READINGS:
        word = answer(list(a), list(b), chance)
        known = isinstance(word, str) and word in WORDS
        told = f"The words are {', '.join(map(repr, WORDS))}, not {word!r}."
        if isinstance(word, str) and word.strip().lower() in WORDS:
            told += f" Write {word.strip().lower()!r}, in lower case and without spaces."
        require(known, "word", told)
        numbers.append(WORDS.index(word))
    return torch.tensor(numbers)


NEVER = {
    "a": "Return it where min(a) > max(b).",
    "b": "Return it where min(b) > max(a).",
    "both at chance": "Return it where no seed is more than 0.05 above chance.",
    "not decided": "Return it where the seeds overlap.",
}


def _judge_readings(found: Tensor) -> None:
    constant = bool((found == found[0]).all())
    told = f"The function returns {WORDS[int(found[0])]!r} for every input. Use the arguments."
    require(not constant, "always-the-same", told)
    missing = [word for number, word in enumerate(WORDS) if number not in found.tolist()]
    if missing:
        raise Mistake(
            "word-never-said", f"The function never returns {missing[0]!r}. {NEVER[missing[0]]}"
        )
    for (a, b, chance), number in zip(READINGS, found.tolist(), strict=True):
        guessing = max(a + b) <= chance + MARGIN
        said = f"{_case(a, b, chance)}: the function returns {WORDS[number]!r}. "
        told = f"{said}No seed is more than {MARGIN} above chance: return 'both at chance'."
        require(not guessing or number == 2, "at-chance", told)
        told = f"{said}One seed is more than {MARGIN} above chance: compare the two lists."
        require(guessing or number != 2, "above-chance", told)
        parted = min(a) > max(b) or min(b) > max(a)
        told = f"{said}The seeds overlap or are equal: return 'not decided'."
        require(guessing or parted or number == 3, "overlap", told)
        told = f"{said}Every seed of one list beats every seed of the other, if only by little."
        require(not parted or guessing or number != 3, "parted", told)
