"""The learning rate to report: rates -> the test accuracies of one."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from posenc.check.engine.slip import Slip, name_it, told_by
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same

Rates = dict[float, tuple[Tensor, Tensor]]  # rate -> validation losses, test accuracies (seeds,)


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


SLIPS = (
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
        name_it(together, told_by(_all, SLIPS))
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
