"""Fails, or only slower? (early, late) -> a word."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip, name_it, told_by
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

Seeds = list[float]
LEVEL, MARGIN = 0.95, 0.05
SOLVED, SLOWER, STUCK, OPEN = "solved", "slower", "stuck", "not decided"
WORDS = (SOLVED, SLOWER, STUCK, OPEN)


def slower_or_stuck(answer: Callable[[list[float], list[float]], Any]) -> Verdict:
    """Check ``slower_or_stuck(early, late)``: what the seeds of two trainings say.

    "solved" where every early seed reaches 0.95; "slower" where every late one does;
    "stuck" where no late seed is more than 0.05 above the best early one; else "not decided".

    >>> verdict = slower_or_stuck(lambda early, late: "solved" if max(early) > 0.9 else "stuck")
    ✗ slower_or_stuck: it never says 'slower' nor 'not decided'
    """
    return judge("slower_or_stuck", answer, _examine_fates)


def mean(seeds: Seeds) -> float:
    """Return the mean of some seeds."""
    return sum(seeds) / len(seeds)


def fate(
    early: Seeds,
    late: Seeds,
    *,
    least: Callable[[Seeds], float] = min,
    most: Callable[[Seeds], float] = max,
    margin: float = MARGIN,
) -> str:
    """Return what the seeds say; ``least`` and ``most`` are what stands for all of them."""
    if least(early) >= LEVEL:
        return SOLVED
    if least(late) >= LEVEL:
        return SLOWER
    return STUCK if most(late) <= most(early) + margin else OPEN


def _never_open(early: Seeds, late: Seeds) -> str:
    word = fate(early, late)
    return STUCK if word == OPEN else word


def _rises_is_slower(early: Seeds, late: Seeds) -> str:
    word = fate(early, late)
    return SLOWER if word == OPEN else word


SLIPS = (
    Slip("means", lambda early, late: fate(early, late, least=mean, most=mean),
         "it compares means: every seed must reach 95 %, and no seed may rise"),
    Slip("any-seed", lambda early, late: fate(early, late, least=max),
         "one seed at 95 % is enough for it: every seed must be there"),
    Slip("never-open", _never_open, "what is still rising is no failure: say 'not decided'"),
    Slip("rising-is-slower", _rises_is_slower,
         "what rises has not arrived: 'slower' is for seeds that all reach 95 % late"),
    Slip("late-alone", lambda early, late: SOLVED if min(late) >= LEVEL else fate(early, late),
         "it calls solved what only the long training solved: that is 'slower'"),
    Slip("early-alone", lambda early, late: SOLVED if min(early) >= LEVEL else STUCK,
         "it reads the short training alone, and calls 'stuck' what was not yet given time"),
    Slip("no-margin", lambda early, late: fate(early, late, margin=0.0),
         "a rise within 0.05 is noise of the seeds: leave it that margin"),
    Slip("late-against-95",
         lambda early, late: SOLVED if min(early) >= LEVEL else SLOWER if min(late) >= LEVEL
             else STUCK if max(late) < LEVEL else OPEN,
         "it calls stuck whatever stays below 95 %: ask whether it has risen"),
    Slip("least-rises", lambda early, late: fate(early, late, most=min),
         "it looks for a rise in the worst seed alone: any seed that rises leaves it open"),
    Slip("swapped", lambda early, late: fate(late, early), "early and late have changed places"),
    Slip("above", lambda early, late: fate([x - 1e-9 for x in early], [x - 1e-9 for x in late]),
         "95 % itself is enough: >=, not >"),
)  # fmt: skip
FATES = (
    ([0.97, 0.99, 1.0], [1.0, 1.0, 1.0]),
    ([0.95, 0.96, 0.95], [0.95, 0.97, 0.99]),
    ([0.4, 0.6, 0.5], [0.97, 0.99, 0.96]),
    ([0.4, 0.97, 0.5], [0.95, 0.99, 0.96]),
    ([0.24, 0.25, 0.23], [0.26, 0.24, 0.25]),
    ([0.5, 0.51, 0.49], [0.54, 0.55, 0.53]),
    ([0.3, 0.5, 0.4], [0.6, 0.7, 0.65]),
    ([0.3, 0.3, 0.3], [0.3, 0.99, 0.3]),
    ([0.3, 0.3, 0.35], [0.99, 0.94, 0.99]),
    ([0.9, 0.99, 0.99], [0.9, 0.99, 0.99]),
    ([0.6, 0.62, 0.61], [0.2, 0.66, 0.2]),
    ([0.6, 0.7, 0.5], [0.74, 0.73, 0.74]),
    ([0.99, 0.98, 0.97], [0.5, 0.6, 0.7]),
)


def _examine_fates(answer: Callable[[list[float], list[float]], Any]) -> str:
    found, right = _told(answer), _told(fate)
    wrong = (found != right).nonzero().flatten().tolist()
    if not wrong:
        return "right: every seed counts, and what still rises is left open"
    early, late = FATES[wrong[0]]
    word, said = WORDS[int(right[wrong[0]])], WORDS[int(found[wrong[0]])]
    case = f"early {early}, late {late}: must be {word!r}; it is {said!r}"
    try:
        name_it(found, told_by(_told, SLIPS))
    except Mistake as slip:
        raise Mistake(slip.slug, f"{slip}; {case}") from None
    missing = [word for number, word in enumerate(WORDS) if number not in found.tolist()]
    require(not missing, "word-never-said", f"it never says {' nor '.join(map(repr, missing))}")
    _judge_fates(found)
    raise Mistake("value", case)


def _told(answer: Callable[[list[float], list[float]], Any]) -> Tensor:
    numbers = []
    for early, late in FATES:
        word = answer(list(early), list(late))
        known = isinstance(word, str) and word in WORDS
        require(known, "word", f"the words are {', '.join(WORDS)}; it said {word!r}")
        numbers.append(WORDS.index(word))
    return torch.tensor(numbers)


def _judge_fates(found: Tensor) -> None:
    for (early, late), number in zip(FATES, found.tolist(), strict=True):
        said, word = f"early {early}, late {late}: ", WORDS[number]
        there, late_there = min(early) >= LEVEL, min(late) >= LEVEL
        words = f"{said}every early seed is at 0.95 or above"
        require(not there or word == SOLVED, "is-solved", words)
        words = f"{said}not every early seed has reached 0.95"
        require(there or word != SOLVED, "not-solved", words)
        words = f"{said}not every late seed has reached 0.95"
        require(late_there or word != SLOWER, "not-slower", words)
        rises = max(late) > max(early) + MARGIN
        words = f"{said}a late seed is more than 0.05 above the best early one"
        require(not rises or word != STUCK, "rises", words)
