"""Claims on trial: measure, verdict."""

import math
import operator
from dataclasses import dataclass

import torch

from posenc.check.engine.verdict import strict
from posenc.check.trial import guesses, ledger
from posenc.check.trial.claims import CLAIMS

OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
VERDICTS = ("holds", "holds only if", "does not hold", "not decided at this size")


class ClaimFailed(AssertionError):
    """A claim of the course is false where it was measured."""


def claim(
    id: str,
    text: str,
    value: object,
    op: str,
    bound: float,
    *,
    seeds: int | None = None,
    settles: dict[str, str] | None = None,
) -> None:
    """Measure a claim: ``value op bound``, for every entry of ``value``; print one line.

    The line holds no digits, so that it is the same on every machine. A false claim raises
    ``ClaimFailed`` where ``POSENC_STRICT=1`` and prints one ✗ line elsewhere; NaN is false.
    ``seeds`` says how many trainings stand behind it; ``settles`` names the predictions that
    it answers, with the right option.

    >>> claim("sum", "one and one are two", 1 + 1, "==", 2)
    ✓ one and one are two
    """
    if op not in OPERATORS:
        raise ValueError(f"op must be one of {', '.join(OPERATORS)}; got {op!r}")
    values = torch.as_tensor(value, dtype=torch.float64).flatten()
    if not len(values):
        raise ValueError(f"claim {id!r} has no value to compare")
    holds = all(OPERATORS[op](entry, bound) for entry in values.tolist())
    behind = f" ({seeds} seeds)" if seeds else ""
    worst = _worst(values.tolist(), op, bound)
    if holds:
        near = _whole(float(f"{worst:.3g}"))
        measured = {"value": near, "op": op, "bound": _whole(float(bound)), "seeds": seeds}
        ledger.note({"id": id, "claim": text, **measured})
        print(f"✓ {text}{behind}{_guessed(settles)}")
        return
    line = f"{text}{behind}: measured {worst:.4g}, claimed {op} {bound:g}"
    if strict():
        raise ClaimFailed(f"claim {id!r} is false: {line}")
    print(f"✗ {line}")


def _whole(number: float) -> float:
    """Return 2 for 2.0, as JavaScript writes it: JupyterLab saves what it has read unchanged."""
    return int(number) if number.is_integer() else number


def _worst(values: list[float], op: str, bound: float) -> float:
    if any(math.isnan(entry) for entry in values):
        return math.nan
    if op == "==":
        return max(values, key=lambda entry: abs(entry - bound))
    return max(values) if op.startswith("<") else min(values)


def _guessed(settles: dict[str, str] | None) -> str:
    lines = []
    for key, right in (settles or {}).items():
        came = guesses.settle(key, right)
        if came is not None:
            word = "as you predicted" if came.true else "you predicted"
            lines.append(f" · {word}: {came.guess}")
    return "".join(lines)


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
