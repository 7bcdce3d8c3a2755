"""What a test of order-blindness does to the rows of x, seen from outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]  # (n, d) -> (n, d)
Order = tuple[int, ...]

COMPARE = "Compare f(x[order]) with f(x)[order]."


@dataclass
class Run:
    """One call of the learner's test: its function, its x, and what it gave to the function."""

    f: Map
    x: Tensor
    given: list[Tensor] = field(default_factory=list)
    said: Any = None

    def shuffled(self) -> list[Order | None]:
        """Return the order of the rows in each call of f but x itself; None is no order of x."""
        return [order for order in map(self._order, self.given) if order != self._as_it_is()]

    def _as_it_is(self) -> Order:
        return tuple(range(len(self.x)))

    def _order(self, given: Tensor) -> Order | None:
        if given.shape != self.x.shape:
            return None
        alike = (given[:, None] == self.x).all(-1)  # (given, row of x)
        order = tuple(alike.to(torch.uint8).argmax(1).tolist())
        return order if alike.any(1).all() and len(set(order)) == len(order) else None

    def repeats(self) -> bool:
        """Return whether f was given rows of x, and one of them twice."""
        tried = [part for part in self.given if part.shape == self.x.shape]
        alike = [(part[:, None] == self.x).all(-1) for part in tried]
        return any(bool(rows.any(1).all() and not rows.any(0).all()) for rows in alike)

    def agreeing(self) -> list[bool]:
        """Return for each shuffle whether it shuffled the output of f alike."""
        out = self.f(self.x)
        tried = [list(order) for order in self.shuffled() if order]
        return [torch.allclose(self.f(self.x[o]), out[o], atol=1e-9) for o in tried]

    def channels(self) -> bool:
        """Return whether f was given x with its columns in another order."""
        turned = [Run(self.f, self.x.T, [part.T]) for part in self.given if part.dim() == 2]
        return any(None not in run.shuffled() and run.shuffled() for run in turned)


def watched(answer: Callable[[Map, Tensor], Any], runs: list[Run]) -> Callable[[Map, Tensor], Any]:
    """Return the test, its calls written down in ``runs``."""

    def test(f: Map, x: Tensor) -> Any:
        run = Run(f, x.clone())
        runs.append(run)

        def seen(given: Tensor) -> Tensor:
            if isinstance(given, Tensor):
                run.given.append(given.detach().clone())
            return f(given)

        run.said = answer(seen, x)
        return run.said

    return test


def explained(runs: list[Run], wrong: list[Run]) -> tuple[str, str] | None:
    """Return slug and advice for the runs that went wrong, None where their shuffles are fine."""
    lost = [part for run in wrong for part in run.given if len(part) != len(run.x)]
    if not any(run.given for run in runs):
        return "f-not-called", f"It never calls f. {COMPARE}"
    if any(run.channels() for run in wrong):
        return "channels", "It shuffles the channels, x[:, order]. Tokens are rows: use x[order]."
    if lost:
        said = f"It calls f with {len(lost[0])} rows where x has {len(wrong[0].x)}."
        return "rows-lost", f"{said} Use torch.randperm(len(x))."
    if not any(run.shuffled() for run in runs):
        return "never-shuffled", f"It calls f with the rows in their own order only. {COMPARE}"
    if any(run.repeats() for run in wrong):
        return "rows-repeated", (
            "It calls f with one row of x several times. Use torch.randperm(len(x)), which takes "
            "each once."
        )
    if any(None in run.shuffled() for run in wrong):
        return "other-rows", "It calls f with rows that are not those of x. Use x[order]."
    if all(run.said for run in runs):
        return "always-true", (
            "It never returns False: what it compares is always equal. Return False where "
            "f(x[order]) differs from f(x)[order]."
        )
    return _agreed(runs, wrong) if all(run.said for run in wrong) else None


def _agreed(runs: list[Run], wrong: list[Run]) -> tuple[str, str] | None:
    """Return why functions that see the order passed, if in most runs a shuffle agreed."""
    met = [run.agreeing() for run in wrong if len(run.x) > 3]  # of three, one in six stays
    if met and 2 * sum(any(alike) or not alike for alike in met) <= len(met):
        return None  # most were given shuffles that differ only, and took them for the same
    known = _too_few([run.shuffled() for run in runs if run.said and len(run.x) > 3])
    mixed = met or [run.agreeing() for run in wrong]
    if known or all(all(alike) for alike in mixed):
        return known
    return "any-shuffle", (
        "It takes one shuffle that agrees for all of them. Return False at the first that "
        "differs, and True after the loop."
    )


def _too_few(calls: list[list[Order | None]]) -> tuple[str, str] | None:
    """The orders of the runs that returned True: what they tried is all that they tried."""
    if all(len(orders) <= 1 for orders in calls):
        return "few-shuffles", (
            "It tries one shuffle only. Try twenty: return False at the first that differs, and "
            "True after the loop."
        )
    if all(len(set(orders)) == 1 for orders in calls):
        return "few-shuffles", f"It tries one shuffle {len(calls[0])} times. {ANEW}"
    kinds = {order for orders in calls for order in orders if order}
    if all(_rolled(order) for order in kinds):
        return "rolls", (
            "Its shuffles only roll the rows, which leaves neighbours together. "
            "Draw any order, torch.randperm(len(x))."
        )
    return None


ANEW = "Draw torch.randperm(len(x)) in each round of the loop, without a fixed seed."
FEW = 10


def few(runs: list[Run]) -> str:
    """Return what to say of a test that tries the same few orders in all its runs, or ''."""
    n = 6
    kinds = {order for run in runs if len(run.x) == n for order in run.shuffled()}
    if len(kinds) > FEW:
        return ""
    which = "one of the 719 shuffles" if len(kinds) == 1 else f"{len(kinds)} of the 719 shuffles"
    return f"It only ever tries {which} of six rows, and f may differ in another. {ANEW}"


def _rolled(order: Order) -> bool:
    n = len(order)
    return all((after - before) % n == 1 for before, after in zip(order, order[1:], strict=False))
