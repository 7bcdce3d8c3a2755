"""What the seeds of two encodings allow one to say: (a, b, chance) -> a word."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.slip import name_it, told_by
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_05.reading_slips import SLIPS, read

Reading = Callable[[list[float], list[float], float], Any]  # seeds, seeds, chance -> a word
MARGIN = 0.05  # above chance, before a result counts as one
WORDS = ("a", "b", "both at chance", "not decided")
READINGS = (
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
)


def reading(answer: Reading) -> Verdict:
    """Check ``reading(a, b, chance)``: what the seeds of two encodings allow one to say.

    "both at chance" where no seed is more than 0.05 above it; "a" or "b" where every seed
    of one beats every seed of the other; "not decided" otherwise.

    >>> verdict = reading(lambda a, b, chance: "a" if sum(a) > sum(b) else "b")
    ✗ reading: it compares means alone: look at chance first, then whether the seeds overlap; \
[0.95, 0.6, 0.97] against [0.7, 0.65, 0.68], chance 0.1: must be 'not decided'; it is 'a'
    """
    return judge("reading", answer, _examine_reading)


def _examine_reading(answer: Reading) -> str:
    found = _words(answer)
    right = _words(read)
    wrong = (found != right).nonzero().flatten().tolist()
    if not wrong:
        return "right: chance first, then whether the seeds part"
    a, b, chance = READINGS[wrong[0]]
    word, said = WORDS[int(right[wrong[0]])], WORDS[int(found[wrong[0]])]
    case = f"{a} against {b}, chance {chance:g}: must be {word!r}; it is {said!r}"
    try:
        name_it(found, told_by(_words, SLIPS))
    except Mistake as slip:
        raise Mistake(slip.slug, f"{slip}; {case}") from None
    _judge_readings(found)
    raise Mistake("value", case)


def _words(answer: Reading) -> Tensor:
    """Return the number of the word for each of the readings."""
    numbers = []
    for a, b, chance in READINGS:
        word = answer(list(a), list(b), chance)
        known = isinstance(word, str) and word in WORDS
        require(known, "word", f"the words are {', '.join(WORDS)}; it said {word!r}")
        numbers.append(WORDS.index(word))
    return torch.tensor(numbers)


def _judge_readings(found: Tensor) -> None:
    constant = bool((found == found[0]).all())
    require(not constant, "always-the-same", f"it says {WORDS[int(found[0])]!r} whatever it reads")
    missing = [word for number, word in enumerate(WORDS) if number not in found.tolist()]
    require(not missing, "word-never-said", f"it never says {' nor '.join(map(repr, missing))}")
    for (a, b, chance), number in zip(READINGS, found.tolist(), strict=True):
        guessing = max(a + b) <= chance + MARGIN
        said = f"{a} against {b}, chance {chance:g}: "
        words = f"{said}no seed is {MARGIN} above chance, nothing to compare"
        require(not guessing or number == 2, "at-chance", words)
        words = f"{said}there is a seed more than {MARGIN} above chance"
        require(guessing or number != 2, "above-chance", words)
        parted = min(a) > max(b) or min(b) > max(a)
        words = f"{said}the seeds overlap, or draw"
        require(guessing or parted or number == 3, "overlap", words)
        require(not parted or guessing or number != 3, "parted", f"{said}the seeds do not overlap")
