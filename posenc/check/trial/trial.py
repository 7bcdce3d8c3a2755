"""Claims on trial: measure, verdict."""

import math
import operator
import os
from dataclasses import dataclass

import torch

from posenc.check.engine.verdict import strict
from posenc.check.trial import guesses, ledger
from posenc.check.trial.claims import CLAIMS
from posenc.check.trial.settled import settled_by
from posenc.check.trial.shown import is_steady, number_in, shown

OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "in": lambda entry, bound: bound[0] <= entry <= bound[1],
}
_TAKES = {False: "one number", True: "two numbers, (low, high)"}
MEASURED = "measured"  # what settles a prediction of a number
VERDICTS = ("holds", "holds only if", "does not hold", "not decided at this size")


class ClaimFailed(AssertionError):
    """A claim of the course is false where it was measured."""


def claim(
    id: str,
    text: str,
    value: object,
    op: str,
    bound: float | tuple[float, float],
    *,
    seeds: int | None = None,
    show: str | None = None,
    settles: dict[str, str] | None = None,
) -> None:
    """Measure a claim: ``value op bound``, for every entry of ``value``; print one line.

    ``op`` is <, <=, >, >=, ==, or "in", whose bound is ``(low, high)``, both included.
    ``show`` puts the number nearest to the bound into the line. The line is the same on every
    machine: the builder refuses a number that is neither exact nor at least 20 % of a step away
    from its next rounding, and one that was trained, of ``seeds`` trainings, is shown in a live
    kernel alone. A false claim raises ``ClaimFailed`` where ``POSENC_STRICT=1`` and prints one
    ✗ line elsewhere; NaN is false.

    ``settles`` names the predictions that it answers, each with its right option, or with
    "measured": the number as it is shown, or the values of a curve. The builder takes it out of
    the notebook, where it is looked up by ``id`` and ``text``. A guess that was made gets a line
    of its own. A claim that settles is bounded on both sides: by == or "in", or by < 1e-12 where
    no entry is below 0, as of a distance.

    >>> claim("sum", "one and one are two", 1 + 1, "==", 2)
    ✓ one and one are two
    >>> claim("third", "a third is near 0.33", 1 / 3, "in", (0.33, 0.34), show="{:.4f}")
    ✓ a third is near 0.33 (0.3333)
    """
    if op not in OPERATORS:
        raise ValueError(f"op must be one of {', '.join(OPERATORS)}; got {op!r}")
    ends = _ends(id, op, bound)
    values = _floats(value)
    if not values:
        raise ValueError(f"claim {id!r} has no value to compare")
    worst = _worst(values, op, ends)
    told = shown(worst, show) if show else ""
    line = f"{text}{_behind(seeds, told)}"
    if not all(OPERATORS[op](entry, bound) for entry in values):
        _fail(id, f"{line}: measured {worst:.4g}, claimed {op} {_written(op, ends)}")
        return
    if show and not seeds and ledger.is_kept():
        _refuse_unsteady(id, worst, show)
    measured = {"value": _whole(float(f"{worst:.3g}")), "op": op, "seeds": seeds}
    limits = [_whole(end) for end in ends] if op == "in" else _whole(ends[0])
    both = {"both sides": True} if _is_bounded_on_both_sides(values, op, ends) else {}
    ledger.note({"id": id, "claim": text, **measured, "bound": limits, **both})
    print(f"✓ {line}")
    number = number_in(told) if told else float(f"{worst:.3g}")
    for key, right in (settles or settled_by(id, text)).items():
        came = guesses.settle(key, number if right == MEASURED else right, values)
        if came is not None:
            print(came)


def _refuse_unsteady(id: str, value: float, show: str) -> None:
    """Stop the builder at a number that a stored line must not hold."""
    if not is_steady(value, show):
        raise ValueError(
            f"claim {id!r} shows {value!r} as {shown(value, show)}, which another machine may "
            "round in another way: show fewer digits, or none"
        )


def _fail(id: str, line: str) -> None:
    if strict():
        raise ClaimFailed(f"claim {id!r} is false: {line}")
    print(f"✗ {line}")


def _written(op: str, ends: tuple[float, float]) -> str:
    return f"{ends[0]:g}" if op != "in" else f"({ends[0]:g}, {ends[1]:g})"


def _floats(value: object) -> list[float]:
    """Return the numbers, in float64 on the CPU: Apple's GPUs have no float64."""
    home = value.detach().cpu() if isinstance(value, torch.Tensor) else value
    return torch.as_tensor(home, dtype=torch.float64, device="cpu").flatten().tolist()


def _ends(id: str, op: str, bound: object) -> tuple[float, float]:
    """Return the low and the high end of a bound, which are one but for "in"."""
    ends = _floats(bound)
    if len(ends) != (2 if op == "in" else 1) or ends[0] > ends[-1]:
        raise ValueError(f"claim {id!r}: {op} takes {_TAKES[op == 'in']}; got {bound}")
    return ends[0], ends[-1]


def _behind(seeds: int | None, told: str) -> str:
    """Return what stands behind the text: the number, and how many trainings."""
    if seeds and os.environ.get("POSENC_QUIET") == "1":
        told = ""  # a stored output: other machines train to other numbers
    parts = [*[told] * bool(told), *[f"{seeds} seeds"] * bool(seeds)]
    return f" ({'; '.join(parts)})" if parts else ""


def _is_bounded_on_both_sides(values: list[float], op: str, ends: tuple[float, float]) -> bool:
    return op in ("==", "in") or (op in ("<", "<=") and ends[1] <= 1e-12 and min(values) >= 0)


def _whole(number: float) -> float:
    """Return 2 for 2.0, as JavaScript writes it: JupyterLab saves what it has read unchanged."""
    return int(number) if number.is_integer() else number


def _worst(values: list[float], op: str, ends: tuple[float, float]) -> float:
    """Return the entry nearest to the bound, or farthest beyond it."""
    if any(math.isnan(entry) for entry in values):
        return math.nan
    if op == "==":
        return max(values, key=lambda entry: abs(entry - ends[0]))
    if op == "in":
        return min(values, key=lambda entry: min(entry - ends[0], ends[1] - entry))
    return max(values) if op.startswith("<") else min(values)


@dataclass(frozen=True)
class Trial:
    """A claim of others and what became of it."""

    id: str
    verdict: str
    because: str

    @property
    def _ruling(self) -> str:
        return self.verdict + "." * (self.verdict != "holds only if")  # that one goes on

    def __repr__(self) -> str:
        claim = CLAIMS[self.id]
        return f"Claim {self.id}, “{claim}”: {self._ruling} {self.because}"

    def _repr_markdown_(self) -> str:
        return (
            f"> **Claim on trial · {self.id}**: *{CLAIMS[self.id]}*\n>\n"
            f"> **Verdict: {self._ruling}** {self.because}"
        )


def verdict(id: str, ruling: str, *, because: str) -> Trial:
    """Return the verdict on a claim of others, shown as a boxed paragraph.

    Raises ``ValueError`` for an unknown claim or a ruling that is none of the four.

    >>> verdict("B9", "holds only if", because="a projection follows.").verdict
    'holds only if'
    """
    if id not in CLAIMS:
        raise ValueError(f"no claim {id!r} is on trial; known are: {', '.join(CLAIMS)}")
    if ruling not in VERDICTS:
        raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}; got {ruling!r}")
    ledger.note({"id": id, "claim": CLAIMS[id], "verdict": ruling, "because": because})
    return Trial(id, ruling, because)
