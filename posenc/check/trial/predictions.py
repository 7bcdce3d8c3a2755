"""Predictions: a question is asked before the run, and holds no answer."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from posenc.check.trial import guesses, ledger


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


def predict(
    key: str,
    question: str,
    options: list[str],
    *,
    sure: bool = False,
    kind: str = "",
    beliefs: Mapping[str, str] | None = None,
) -> Prediction:
    """Ask for a guess before the run: buttons in a live notebook, plain text on paper.

    ``sure`` asks how sure the guess is, too. ``kind`` ("reason" or "surprise") and ``beliefs``
    (who holds each wrong option) are the author's: the builder takes them out of the lesson.

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
