"""Claims on trial: predict, measure, verdict."""

import math
import operator
import os
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Prediction:
    """A question to be answered before the next cell is run; it holds no answer."""

    key: str
    question: str
    options: tuple[str, ...]
    asked: guesses.Question = field(repr=False, compare=False)

    def __repr__(self) -> str:
        rows = [f"  ( ) {option}" for option in self.options]
        return "\n".join([f"Predict: {self.question}", *rows])

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        if os.environ.get("POSENC_QUIET") == "1":  # a stored output: plain text, as on paper
            return {"text/plain": repr(self)}
        from posenc import widgets

        last = guesses.last_guess(self.asked)
        view = widgets.choice(
            self.question, self.options, self._remember, chosen=last.option, note=_noted(last, self)
        )
        return {"text/plain": repr(self), **view}

    def _remember(self, option: int) -> None:
        guesses.guess(self.asked, option)


def _noted(last: guesses.Guess, prediction: Prediction) -> str:
    """Return what stands below the options: the guess that the record already has."""
    if last.option is not None:
        return f"Noted earlier: you predicted “{prediction.options[last.option]}”."
    if last.earlier is not None:
        return (
            f"You once predicted “{last.earlier}”. The options have changed since, so that "
            "guess is not counted. Please choose again."
        )
    return ""


def predict(key: str, question: str, options: list[str]) -> Prediction:
    """Ask for a guess before the run: buttons in a live notebook, plain text on paper.

    Raises ``ValueError`` for fewer than two different options.

    >>> predict("coin", "It lands on", ["heads", "tails"])
    Predict: It lands on
      ( ) heads
      ( ) tails
    """
    if len(set(options)) < 2 or len(set(options)) != len(options):
        raise ValueError(f"a prediction needs two or more different options; got {options}")
    ledger.note({"asks": key, "question": question, "options": list(options)})
    return Prediction(key, question, tuple(options), guesses.ask(key, question, options))


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
        guess = guesses.settle(key, right)
        if guess is not None:
            word = "as you predicted" if guess == right else "you predicted"
            lines.append(f" · {word}: {guess}")
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
