"""Wrong programs of notebook 11: which learning rate to report, and fails or slower."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip

Rates = dict[float, tuple[Tensor, Tensor]]  # rate -> validation losses, test accuracies (seeds,)
Seeds = list[float]

# --- the learning rate to report ---------------------------------------------------------------


def reported(rates: Rates, by: Callable[[Tensor, Tensor], Tensor] | None = None) -> Tensor:
    """Return the test accuracies of the rate with the least mean loss, (seeds,).

    A rate at which a seed diverged comes after those at which none did. ``by`` is another
    rule: of validation losses and test accuracies, the least wins.
    """

    def finite(value: float) -> float:
        return math.inf if math.isnan(value) else value

    rule = by or (lambda valid, test: valid.mean())
    return min(rates.values(), key=lambda pair: finite(float(rule(*pair))))[1]


def _each_seed(rates: Rates, by_test: bool = False) -> Tensor:
    valid, test = (torch.stack(parts) for parts in zip(*rates.values(), strict=True))
    if by_test:
        return test.amax(0)
    chosen = valid.nan_to_num(math.inf).argmin(0)
    return test.gather(0, chosen[None])[0]


CHOSEN = (
    Slip("by-test", lambda rates: reported(rates, lambda valid, test: -test.mean()),
         "it takes the rate that does best in the test, and so reports luck: choose by validation"),
    Slip("best-test-seed", lambda rates: reported(rates, lambda valid, test: -test.max()),
         "it takes the rate with the luckiest test: choose by the mean validation loss"),
    Slip("test-by-seed", lambda rates: _each_seed(rates, by_test=True),
         "it takes each seed's best test over all rates: choose one rate, by validation"),
    Slip("a-rate-a-seed", _each_seed,
         "it takes another rate for each seed: choose one rate for all of them"),
    Slip("greatest-loss", lambda rates: reported(rates, lambda valid, test: -valid.mean()),
         "it takes the greatest validation loss: a loss is better the smaller it is"),
    Slip("best-seed", lambda rates: reported(rates, lambda valid, test: valid.nan_to_num(9).min()),
         "it takes the rate of the one best seed: compare the mean of the seeds"),
    Slip("diverged-wins", lambda rates: reported(rates, lambda valid, test: valid.nanmean()),
         "it leaves the diverged seed out of the mean: a rate at which one diverged comes last"),
    Slip("nan-counts-as-zero",
         lambda rates: reported(rates, lambda valid, test: valid.nan_to_num(0.0).mean()),
         "it counts the loss of a diverged seed as 0, the best there is"),
    Slip("median", lambda rates: reported(rates, lambda valid, test: valid.nanmedian()),
         "it compares medians, which do not see a diverged seed: compare means"),
    Slip("mean-of-rates", lambda rates: torch.stack([test for _, test in rates.values()]).mean(0),
         "it averages over the rates: report one rate, the best by validation"),
    Slip("first-rate", lambda rates: next(iter(rates.values()))[1],
         "it reports the first rate, whatever the losses are"),
    Slip("last-rate", lambda rates: list(rates.values())[-1][1],
         "it reports the last rate, whatever the losses are"),
    Slip("least-rate", lambda rates: rates[min(rates)][1],
         "it reports the smallest rate, whatever the losses are"),
    Slip("greatest-rate", lambda rates: rates[max(rates)][1],
         "it reports the greatest rate, whatever the losses are"),
    Slip("losses", lambda rates: min(rates.values(), key=lambda p: p[0].nan_to_num(9e9).mean())[0],
         "these are the validation losses of the right rate: report its test accuracies"),
)  # fmt: skip

# --- fails, or only slower? --------------------------------------------------------------------

LEVEL, MARGIN = 0.95, 0.05
SOLVED, SLOWER, STUCK, OPEN = "solved", "slower", "stuck", "not decided"


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


FATES = (
    Slip("means", lambda early, late: fate(early, late, least=mean, most=mean),
         "it compares means: every seed must reach 95 %, and no seed may rise"),
    Slip("any-seed", lambda early, late: fate(early, late, least=max),
         "one seed at 95 % is enough for it: every seed must be there"),
    Slip("never-open", _never_open,
         "what is still rising is no failure: say 'not decided'"),
    Slip("rising-is-slower", _rises_is_slower,
         "what rises has not arrived: 'slower' is for seeds that all reach 95 % late"),
    Slip("late-alone", lambda early, late: SOLVED if min(late) >= LEVEL else fate(early, late),
         "it calls solved what only the long training solved: that is 'slower'"),
    Slip("early-alone", lambda early, late: SOLVED if min(early) >= LEVEL else STUCK,
         "it reads the short training alone, and calls 'stuck' what was not yet given time"),
    Slip("no-margin", lambda early, late: fate(early, late, margin=0.0),
         "a rise within 0.05 is noise of the seeds: leave it that margin"),
    Slip("late-against-95", lambda early, late: SOLVED if min(early) >= LEVEL else SLOWER
         if min(late) >= LEVEL else STUCK if max(late) < LEVEL else OPEN,
         "it calls stuck whatever stays below 95 %: ask whether it has risen"),
    Slip("least-rises", lambda early, late: fate(early, late, most=min),
         "it looks for a rise in the worst seed alone: any seed that rises leaves it open"),
    Slip("swapped", lambda early, late: fate(late, early),
         "early and late have changed places"),
    Slip("above", lambda early, late: fate([x - 1e-9 for x in early], [x - 1e-9 for x in late]),
         "95 % itself is enough: >=, not >"),
)  # fmt: skip

KNOWN = {"reported_rate": CHOSEN, "slower_or_stuck": FATES}
