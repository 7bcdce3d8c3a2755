"""Fails, or only slower? (early, late) -> a word."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip, name_it, told_by
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

Seeds = list[float]
LEVEL, MARGIN = 0.95, 0.05
ROOM = 0.025  # so far an accuracy is moved for a class
SOLVED, SLOWER, STUCK, OPEN = "solved", "slower", "stuck", "not decided"
WORDS = (SOLVED, SLOWER, STUCK, OPEN)


def slower_or_stuck(answer: Callable[[list[float], list[float]], Any]) -> Verdict:
    """Check ``slower_or_stuck(early, late)``: what the seeds of two trainings say.

    "solved" where every early seed reaches 0.95; "slower" where every late one does;
    "stuck" where no late seed is more than 0.05 above the best early one; else "not decided".

    >>> verdict = slower_or_stuck(lambda early, late: "solved" if max(early) > 0.9 else "stuck")
    ✗ slower_or_stuck: It never says 'slower' nor 'not decided'. With early [0.4, 0.6, 0.5], \
late [0.97, 0.99, 0.96] it says 'stuck', not 'slower'.
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


Fate = Callable[[Seeds, Seeds], str]


def _if(stuck: Callable[[Seeds, Seeds], bool]) -> Fate:
    """Return the rule with another test for what is stuck."""

    def program(early: Seeds, late: Seeds) -> str:
        word = fate(early, late)
        return word if word in (SOLVED, SLOWER) else STUCK if stuck(early, late) else OPEN

    return program


def _renamed(**words: str) -> Fate:
    names = {"solved": SOLVED, "slower": SLOWER, "stuck": STUCK, "open": OPEN}
    said = {names[old]: names[new] for old, new in words.items()}
    return lambda early, late: said.get(word := fate(early, late), word)


def _either(early: Seeds, late: Seeds) -> str:
    best = [max(pair) for pair in zip(early, late, strict=False)]
    return SOLVED if min(early) >= LEVEL else SLOWER if min(best) >= LEVEL else fate(early, late)


def _any_late(early: Seeds, late: Seeds) -> str:
    word = fate(early, late)
    return SLOWER if word != SOLVED and max(late) >= LEVEL else word


def _stuck_first(early: Seeds, late: Seeds) -> str:
    return STUCK if max(late) <= max(early) + MARGIN else fate(early, late)


RISE = "Compare max(late) with max(early) + 0.05."
SLIPS = (
    Slip("means", lambda early, late: fate(early, late, least=mean, most=mean),
         "It compares means. Every seed must reach 0.95, and any seed that rises counts."),
    Slip("any-seed", lambda early, late: fate(early, late, least=max),
         "One seed at 0.95 is enough for it. Ask for every seed, with min or all."),
    Slip("any-late-seed", _any_late,
         "One late seed at 0.95 is 'slower' for it. Ask for every late seed, with min or all."),
    Slip("never-open", _renamed(open="stuck"),
         "It calls 'stuck' what is still rising. Return 'not decided' there."),
    Slip("rising-is-slower", _renamed(open="slower"),
         "It calls 'slower' what is still rising. Keep that for late seeds that all reach 0.95."),
    Slip("words-swapped", _renamed(open="stuck", stuck="open"),
         "'stuck' and 'not decided' have changed places. 'stuck' is where no late seed rises."),
    Slip("late-alone", lambda early, late: SOLVED if min(late) >= LEVEL else fate(early, late),
         "It calls 'solved' what only the long training solved. Return 'slower' there."),
    Slip("slower-first", lambda early, late: SLOWER if min(late) >= LEVEL else fate(early, late),
         "It asks for 'slower' before 'solved', and most solved ones are both. Ask for 'solved' "
         "first."),
    Slip("stuck-first", _stuck_first,
         "It asks for 'stuck' first, and what is solved early does not rise either. Ask for "
         "'solved' and 'slower' first."),
    Slip("early-alone", lambda early, late: SOLVED if min(early) >= LEVEL else STUCK,
         "It reads the short training alone. Use late for 'slower' and 'not decided'."),
    Slip("either", _either,
         "It takes the better of early and late for each seed. For 'slower', every late seed must "
         "reach 0.95."),
    Slip("no-margin", lambda early, late: fate(early, late, margin=0.0),
         f"A rise within 0.05 is noise of the seeds. {RISE}"),
    Slip("margin-tenth", lambda early, late: fate(early, late, margin=0.1),
         f"It allows a rise of 0.1. {RISE}"),
    Slip("margin-strict", _if(lambda early, late: max(late) < max(early) + MARGIN),
         "A rise of exactly 0.05 is not more than 0.05. Use <= for 'stuck'."),
    Slip("margin-of-itself", _if(lambda early, late: max(late) <= max(early) * (1 + MARGIN)),
         f"The margin is 5 % of the accuracy. {RISE}"),
    Slip("absolute", _if(lambda early, late: abs(max(late) - max(early)) <= MARGIN),
         f"A fall counts as a rise, because of abs: early [0.5, 0.5], late [0.3, 0.3]. {RISE}"),
    Slip("fall-is-open", _if(lambda early, late: max(early) <= max(late) <= max(early) + MARGIN),
         f"It calls a fall 'not decided'. {RISE}"),
    Slip("worst-early", _if(lambda early, late: max(late) <= min(early) + MARGIN),
         f"It compares with the worst early seed, and any spread looks like a rise. {RISE}"),
    Slip("mean-early", _if(lambda early, late: max(late) <= mean(early) + MARGIN),
         f"It compares with the mean of the early seeds. {RISE}"),
    Slip("mean-late", _if(lambda early, late: mean(late) <= max(early) + MARGIN),
         f"It compares the mean of the late seeds. Any seed that rises counts. {RISE}"),
    Slip("mean-rises", _if(lambda early, late: mean(late) <= mean(early) + MARGIN),
         f"It compares mean with mean. Any seed that rises counts. {RISE}"),
    Slip("seed-with-seed",
         _if(lambda early, late: all(b <= a + MARGIN for a, b in zip(early, late, strict=False))),
         "It compares each late seed with the early seed of its number; seeds are no pairs. "
         f"{RISE}"),
    Slip("late-against-95",
         lambda early, late: SOLVED if min(early) >= LEVEL else SLOWER if min(late) >= LEVEL
             else STUCK if max(late) < LEVEL else OPEN,
         f"It calls 'stuck' whatever stays below 0.95. {RISE}"),
    Slip("least-rises", lambda early, late: fate(early, late, most=min),
         f"It looks for a rise in the worst seed only. Any seed that rises counts. {RISE}"),
    Slip("worst-late", _if(lambda early, late: min(late) <= max(early) + MARGIN),
         f"It asks that every late seed rises. Any seed that rises counts. {RISE}"),
    Slip("swapped", lambda early, late: fate(late, early),
         "early and late have changed places. early comes first."),
    Slip("above", lambda early, late: fate([x - 1e-9 for x in early], [x - 1e-9 for x in late]),
         "0.95 itself is not enough for it. Use >=, not >."),
    Slip("percent", lambda early, late: STUCK,
         "It returns 'stuck' for everything. Accuracies are shares: compare with 0.95 and 0.05, "
         "not with 95 and 5."),
    Slip("first-three", lambda early, late: fate(early[:3], late[:3]),
         "It reads the first three seeds only. Use all that come."),
)  # fmt: skip
KINDS = (
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
    ([0.24, 0.25], [0.24, 0.6]),
    ([0.5, 0.5], [0.3, 0.3]),
    ([0.0, 0.0], [0.05, 0.0]),
    ([0.3, 0.5], [0.58, 0.5]),
    ([0.3, 0.3, 0.3, 0.3], [0.2, 0.2, 0.2, 0.6]),
    ([0.97, 0.5], [0.6, 0.96]),
    ([0.96, 0.97, 0.98, 0.5, 0.5], [0.96, 0.97, 0.98, 0.4, 0.5]),
    ([0.1, 0.2], [0.1, 0.2, 0.1, 0.7, 0.2]),
    ([0.4], [0.97]),
    ([0.9, 0.9], [0.94, 0.949]),
)


def _cases(draw: Draw) -> tuple[tuple[Seeds, Seeds], ...]:
    """Return a case of each kind: all programs say of it what they say of the notebook's."""

    def one(early: Seeds, late: Seeds) -> tuple[Seeds, Seeds]:
        told = _words(early, late)
        return draw.until(
            lambda: _moved(draw, early, late),
            lambda case: _words(*case) == told and (_clear(*case) or 0.0 in early),
        )

    return draw.shuffled(one(*kind) for kind in KINDS)


def _moved(draw: Draw, early: Seeds, late: Seeds) -> tuple[Seeds, Seeds]:
    """Return the seeds in another order, and equal accuracies moved alike."""
    near = {x: x for x in (*early, *late)}
    if draw.is_drawn:
        free = [x for x in near if x not in (0.0, MARGIN, LEVEL)]
        near |= {x: round(draw.between(x, x - ROOM, min(x + ROOM, 1)), 3) for x in free}
    order = draw.shuffled(range(len(early)))
    other = order if len(early) == len(late) else draw.shuffled(range(len(late)))
    return [near[early[i]] for i in order], [near[late[i]] for i in other]


def _words(early: Seeds, late: Seeds) -> list[str]:
    return [program(early, late) for program in (fate, *(slip.program for slip in SLIPS))]


def _clear(early: Seeds, late: Seeds) -> bool:
    """Return whether the rise is so far from the margin that no rounding decides."""
    return abs(max(late) - max(early) - MARGIN) > 1e-4


FATES = Drawn("slower_or_stuck", _cases)


def _examine_fates(answer: Callable[[list[float], list[float]], Any]) -> str:
    found, right = _told(answer), _told(fate)
    wrong = (found != right).nonzero().flatten().tolist()
    if not wrong:
        return "every seed counts, and what still rises is left open"
    early, late = FATES[wrong[0]]
    word, said = WORDS[int(right[wrong[0]])], WORDS[int(found[wrong[0]])]
    case = f"With early {early}, late {late} it says {said!r}, not {word!r}."
    try:
        name_it(found, told_by(_told, SLIPS))
    except Mistake as slip:
        both = f"{slip} {case}"
        raise Mistake(slip.slug, both if len(both) <= 200 else str(slip)) from None
    missing = [word for number, word in enumerate(WORDS) if number not in found.tolist()]
    never = f"It never says {' nor '.join(map(repr, missing))}. {case}"
    require(not missing, "word-never-said", never)
    _judge_fates(found)
    raise Mistake("value", case)


def _told(answer: Callable[[list[float], list[float]], Any]) -> Tensor:
    numbers = []
    for early, late in FATES:
        try:
            word = answer(list(early), list(late))
        except IndexError as error:
            said = f"With early {early}, late {late} it raised IndexError ({error})."
            raise Mistake("raises", f"{said} Use all seeds, however many come.") from None
        except (TypeError, AttributeError) as error:
            if "'list'" not in str(error):
                raise
            cure = "Use min and max, or make tensors first: torch.tensor(early)."
            said = f"early and late are lists of numbers, not tensors ({error}). {cure}"
            raise Mistake("raises", said) from None
        case = f"With early {early}, late {late} it returned"
        none = f"{case} None. Does a branch lack its return?"
        require(word is not None, "word", none)
        known = isinstance(word, str) and word in WORDS
        require(known, "word", f"{case} {word!r}. The words are {', '.join(map(repr, WORDS))}.")
        numbers.append(WORDS.index(word))
    return torch.tensor(numbers)


def _judge_fates(found: Tensor) -> None:
    """Raise the first rule that an answer breaks, with the case that shows it."""
    for (early, late), number in zip(FATES, found.tolist(), strict=True):
        word, there, late_there = WORDS[number], min(early) >= LEVEL, min(late) >= LEVEL
        rises = max(late) > max(early) + MARGIN
        for broken, slug, why in (
            (there and word != SOLVED, "is-solved", "every early seed has 0.95 or more"),
            (word == SOLVED and not there, "not-solved", "not every early seed has 0.95"),
            (word == SLOWER and not late_there, "not-slower", "not every late seed has 0.95"),
            (word == STUCK and rises, "rises", "a late seed is over 0.05 above the best early one"),
        ):
            said = f"With early {early}, late {late} it says {word!r}, but {why}."
            require(not broken, slug, said)
