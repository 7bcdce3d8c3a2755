"""The learning rate to report: rates -> the test accuracies of one."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip, name_it, told_by
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same

Rates = dict[float, tuple[Tensor, Tensor]]  # rate -> validation losses, test accuracies (seeds,)


def reported_rate(answer: Callable[[Rates], Tensor]) -> Verdict:
    """Check ``reported_rate(rates)``: the test accuracies of the rate chosen by validation.

    ``rates`` is a dict from learning rates to pairs of (seeds,): validation losses and test
    accuracies. The rate with the least mean loss is reported; one at which a seed diverged
    (its loss is NaN) comes after those at which none did.

    >>> verdict = reported_rate(lambda rates: max((test for _, test in rates.values()), key=sum))
    ✗ reported_rate: It takes the rate that does best in the test, and so reports luck. \
Choose by the mean validation loss.
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


def _by(rule: Callable[[Tensor, Tensor], Any]) -> Callable[[Rates], Tensor]:
    return lambda rates: reported(rates, rule)


def _first_kept(rates: Rates) -> Tensor:
    """Return what Python's min finds, which keeps a NaN that comes first."""
    return min(rates.values(), key=lambda pair: float(pair[0].mean()))[1]


def _other_end(rates: Rates) -> Tensor:
    return max(rates.values(), key=lambda pair: float(pair[0].mean()))[1]


CHOOSE = "Choose by the mean validation loss."
SLIPS = (
    Slip("by-test", _by(lambda valid, test: -test.mean()),
         f"It takes the rate that does best in the test, and so reports luck. {CHOOSE}"),
    Slip("best-test-seed", _by(lambda valid, test: -test.max()),
         f"It takes the rate with the one best test accuracy, and so reports luck. {CHOOSE}"),
    Slip("loss-and-test", _by(lambda valid, test: (valid - test).mean()),
         f"The test accuracies have a part in the choice. {CHOOSE}"),
    Slip("test-by-seed", lambda rates: _each_seed(rates, by_test=True),
         f"It takes each seed's best test over all rates. Report one rate. {CHOOSE}"),
    Slip("a-rate-a-seed", _each_seed,
         "It takes another rate for each seed. Choose one rate for all seeds, by their mean loss."),
    Slip("greatest-loss", _by(lambda valid, test: -valid.mean()),
         "It takes the greatest validation loss. A smaller loss is better: use min."),
    Slip("max-of-means", _other_end,
         "It takes the greatest mean loss, as max finds it. A smaller loss is better: use min."),
    Slip("best-seed", _by(lambda valid, test: valid.nan_to_num(9).min()),
         "It takes the rate of the one best seed. Compare the mean loss of all seeds."),
    Slip("worst-seed", _by(lambda valid, test: valid.max()),
         "It compares the worst seed of each rate. Compare the mean loss of all seeds."),
    Slip("first-seed", _by(lambda valid, test: valid[0]),
         "It compares the first seed only. Compare the mean loss of all seeds."),
    Slip("last-seed", _by(lambda valid, test: valid[-1]),
         "It compares the last seed only. Compare the mean loss of all seeds."),
    Slip("least-spread", _by(lambda valid, test: valid.std()),
         "It takes the rate whose losses differ least. Compare their mean."),
    Slip("nan-kept", _first_kept,
         "A diverged rate that comes first stays: min keeps NaN, and x == math.nan is never true. "
         "Use math.isnan, or nan_to_num(math.inf)."),
    Slip("diverged-wins", _by(lambda valid, test: valid.nanmean()),
         "It leaves the diverged seed out of the mean. A rate at which one diverged comes last."),
    Slip("nan-counts-as-zero", _by(lambda valid, test: valid.nan_to_num(0.0).mean()),
         "A diverged rate wins: its NaN counts as 0, or argmin takes NaN for the least. Give it "
         "math.inf first."),
    Slip("nan-counts-as-one", _by(lambda valid, test: valid.nan_to_num(1.0).mean()),
         "The loss of a diverged seed counts as 1, and its rate may win. Give it math.inf."),
    Slip("median", _by(lambda valid, test: valid.nanmedian()),
         "It compares medians, which leave a diverged seed out. Compare means."),
    Slip("strict-median", _by(lambda valid, test: valid.median()),
         "It compares medians. Compare means."),
    Slip("mean-of-rates", lambda rates: torch.stack([test for _, test in rates.values()]).mean(0),
         "It averages over the rates. Report one rate, the best by validation."),
    Slip("first-rate", lambda rates: next(iter(rates.values()))[1],
         f"It reports the first rate, whatever the losses are. {CHOOSE}"),
    Slip("last-rate", lambda rates: list(rates.values())[-1][1],
         f"It reports the last rate, whatever the losses are. {CHOOSE}"),
    Slip("least-rate", lambda rates: rates[min(rates)][1],
         "It reports the smallest rate: min(rates) compares the keys. Give min a key, the mean "
         "loss."),
    Slip("greatest-rate", lambda rates: rates[max(rates)][1],
         "It reports the greatest rate: max(rates) compares the keys. Use min with a key, the mean "
         "loss."),
    Slip("losses", lambda rates: min(rates.values(), key=lambda p: p[0].nan_to_num(9e9).mean())[0],
         "It returns the validation losses of the right rate. Return its test accuracies, [1]."),
    Slip("sorted", lambda rates: reported(rates).sort().values,
         "The accuracies of the right rate are sorted. Leave them in the order of the seeds."),
)  # fmt: skip
SIZES = (*[(4, 5)] * 12, (3, 2), (6, 3), (2, 4), (5, 1))  # rates, seeds
RATES = (0.01, 0.003, 0.03, 0.1, 0.3, 0.001), (0.03, 0.1, 0.003, 0.01, 1, 2)


def _cases(draw: Draw) -> tuple[Rates, ...]:
    """Return some encodings' rates, by which no two of the programs are the same."""
    return draw.until(lambda: draw.shuffled(_records(draw)), _told_apart)


def _records(draw: Draw) -> list[Rates]:
    """Return some encodings' rates; in the later ones a seed has diverged."""
    generator, records = draw.generator(0), []
    for case, (rates, most) in enumerate(SIZES):
        n = draw.one_of(rates, rates - 1) if rates > 3 else rates
        seeds = draw.one_of(most, most - 1) if most > 2 else most
        losses = torch.rand(n, seeds, generator=generator, dtype=torch.float64)
        tests = torch.rand(n, seeds, generator=generator, dtype=torch.float64)
        if case >= 6:
            row, best = case % n, float(losses.mean(1).min())
            losses[row] = best * (0.5 if case % 2 else 1.1)  # 0 for the diverged seed would win
            losses[row, case % seeds] = math.nan
        keys = draw.shuffled(RATES[(case + 1) % 2])
        records.append(dict(zip(keys, zip(losses, tests, strict=True), strict=False)))
    return records


def _told_apart(records: Sequence[Rates]) -> bool:
    """Return whether no two programs report the same, and no two rates are nearly as good."""
    for one in records:
        losses = torch.stack([valid.mean() for valid, _ in one.values()]).nan_to_num(math.inf)
        best, second = losses.sort().values[:2]
        if second - best < 1e-4:
            return False
    programs = (reported, *(slip.program for slip in SLIPS))
    told = {tuple(_all(program, records).nan_to_num(-1).tolist()) for program in programs}
    return len(told) == len(programs)


RECORDS = Drawn("reported_rate", _cases)


def _examine_rate(answer: Callable[[Rates], Tensor]) -> str:
    records = list(RECORDS)
    found = [_form(answer({rate: (v.clone(), t.clone()) for rate, (v, t) in one.items()}), one)
             for one in records]  # fmt: skip
    for mine, one in zip(found, records, strict=True):
        if torch.allclose(mine, reported(one), equal_nan=True):
            continue
        name_it(torch.cat(found), told_by(_all, SLIPS))
        _no_row(mine, one)
        same(mine, reported(one), case="reported_rate(rates)")
    return "one rate for all seeds, chosen without a look at the test"


def _form(found: Any, one: Rates) -> Tensor:
    """Return the accuracies in float64, or raise what was returned instead."""
    said = "reported_rate returned None. Does it print instead of return?"
    require(found is not None, "not-a-tensor", said)
    kind = type(found).__name__
    cure = "Return the test accuracies of one rate, a tensor of (seeds,)."
    if isinstance(found, (int, float)) and float(found) in one:
        cure = "That is a learning rate: return rates[rate][1], its test accuracies."
    elif isinstance(found, (tuple, list)) and any(isinstance(x, Tensor) for x in found):
        cure = "A rate has a pair, losses and accuracies: return the second, [1]."
    is_tensor = isinstance(found, Tensor)
    require(is_tensor, "not-a-tensor", f"reported_rate returned a {kind}. {cure}")
    assert isinstance(found, Tensor)
    seeds = len(next(iter(one.values()))[1])
    said = f"The result has the shape {tuple(found.shape)}, for {seeds} seeds."
    cure = "Return the accuracy of every seed, also where its loss is NaN."
    if not found.dim():
        cure = "Return the accuracy of every seed, neither a mean nor the rate."
    require(found.shape == (seeds,), "shape", f"{said} {cure}")
    return found.detach().to("cpu", torch.float64)


def _all(program: Callable[[Rates], Tensor], records: Sequence[Rates] | None = None) -> Tensor:
    return torch.cat([program(one).double() for one in records or RECORDS])


def _no_row(mine: Tensor, one: Rates) -> None:
    rows = [test for _, test in one.values()]
    said = "The result is no rate's test accuracies. Return those of one rate, as they are."
    require(any(torch.allclose(mine, row) for row in rows), "no-such-rate", said)
    chosen = next(rate for rate, (_, test) in one.items() if torch.allclose(mine, test))
    right = next(rate for rate, (_, test) in one.items() if torch.equal(test, reported(one)))
    losses = {rate: float(valid.mean()) for rate, (valid, _) in one.items()}
    told = ", ".join(f"{rate:g}: {loss:.3f}" for rate, loss in losses.items())
    said = f"With the mean losses {told}, it reports rate {chosen:g}, not {right:g}."
    raise Mistake("other-rate", f"{said} Take the least mean; one that is NaN comes last.")
