"""Checkers of notebook 11: which learning rate to report, and fails or only slower."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from posenc.check._slips._models import told_by
from posenc.check._slips._study import (
    KNOWN,
    LEVEL,
    MARGIN,
    OPEN,
    SLOWER,
    SOLVED,
    STUCK,
    Rates,
    fate,
    reported,
)
from posenc.check.engine.slip import name_it
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same

__all__ = ["reported_rate", "slower_or_stuck"]

# --- the learning rate to report ------------------------------------------------------------


def reported_rate(answer: Callable[[Rates], Tensor]) -> Verdict:
    """Check ``reported_rate(rates)``: the test accuracies of the rate chosen by validation.

    ``rates`` is a dict from learning rates to pairs of (seeds,): validation losses and test
    accuracies. The rate with the least mean loss is reported; one at which a seed diverged
    (its loss is NaN) comes after those at which none did.

    >>> verdict = reported_rate(lambda rates: max((test for _, test in rates.values()), key=sum))
    ✗ reported_rate: it takes the rate that does best in the test, and so reports luck: \
choose by validation
    """
    return judge("reported_rate", answer, _examine_rate)


def _records() -> list[Rates]:
    """Return some encodings' rates; in the last ones a seed has diverged."""
    generator = Generator().manual_seed(0)
    records = []
    for case in range(12):
        losses = torch.rand(4, 5, generator=generator, dtype=torch.float64)
        tests = torch.rand(4, 5, generator=generator, dtype=torch.float64)
        if case >= 6:
            row, best = case % 4, float(losses.mean(1).min())
            losses[row] = best * (0.5 if case % 2 else 1.1)  # 0 for the diverged seed would win
            losses[row, case % 5] = math.nan
        rates = (0.01, 0.003, 0.03, 0.1) if case % 2 else (0.03, 0.1, 0.003, 0.01)
        records.append(dict(zip(rates, zip(losses, tests, strict=True), strict=True)))
    return records


def _examine_rate(answer: Callable[[Rates], Tensor]) -> str:
    records = _records()
    found = [answer({rate: (v.clone(), t.clone()) for rate, (v, t) in one.items()})
             for one in records]  # fmt: skip
    for mine, one in zip(found, records, strict=True):
        require(
            isinstance(mine, Tensor),
            "not-a-tensor",
            f"return the test accuracies, a tensor of (seeds,); it returned {type(mine).__name__}",
        )
        require(
            mine.shape == (5,),
            "shape",
            f"each of the 5 seeds has its accuracy; the result has shape {tuple(mine.shape)}",
        )
        if torch.allclose(mine.double(), reported(one), equal_nan=True):
            continue
        together = torch.stack([part.double() for part in found])
        name_it(together, told_by(_all, KNOWN["reported_rate"]))
        _no_row(mine.double(), one)
        same(mine, reported(one), case="reported_rate(rates)")
    return "one rate for all seeds, chosen without a look at the test"


def _all(program: Callable[[Rates], Tensor]) -> Tensor:
    return torch.stack([program(one).double() for one in _records()])


def _no_row(mine: Tensor, one: Rates) -> None:
    rows = [test for _, test in one.values()]
    said = "these are no rate's test accuracies: report the seeds of one rate as they are"
    require(any(torch.allclose(mine, row) for row in rows), "no-such-rate", said)
    chosen = next(rate for rate, (_, test) in one.items() if torch.allclose(mine, test))
    losses = {rate: float(valid.mean()) for rate, (valid, _) in one.items()}
    told = ", ".join(f"{rate:g}: {loss:.3f}" for rate, loss in losses.items())
    raise Mistake("other-rate", f"it reports rate {chosen:g}; the mean losses are {told}")


# --- fails, or only slower? -----------------------------------------------------------------

WORDS = (SOLVED, SLOWER, STUCK, OPEN)
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


def slower_or_stuck(answer: Callable[[list[float], list[float]], Any]) -> Verdict:
    """Check ``slower_or_stuck(early, late)``: what the seeds of two trainings say.

    "solved" where every early seed reaches 0.95; "slower" where every late one does;
    "stuck" where no late seed is more than 0.05 above the best early one; else "not decided".

    >>> verdict = slower_or_stuck(lambda early, late: "solved" if max(early) > 0.9 else "stuck")
    ✗ slower_or_stuck: it never says 'slower' nor 'not decided'
    """
    return judge("slower_or_stuck", answer, _examine_fates)


def _examine_fates(answer: Callable[[list[float], list[float]], Any]) -> str:
    found, right = _told(answer), _told(fate)
    wrong = (found != right).nonzero().flatten().tolist()
    if not wrong:
        return "right: every seed counts, and what still rises is left open"
    early, late = FATES[wrong[0]]
    word, said = WORDS[int(right[wrong[0]])], WORDS[int(found[wrong[0]])]
    case = f"early {early}, late {late}: must be {word!r}; it is {said!r}"
    try:
        name_it(found, told_by(_told, KNOWN["slower_or_stuck"]))
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
