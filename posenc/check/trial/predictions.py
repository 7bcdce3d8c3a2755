"""Predictions: a question is asked before the run, and holds no answer."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from posenc.check.trial import guesses, ledger
from posenc.check.trial.guesses import LEVELS


@dataclass(frozen=True)
class Prediction:
    """A question to be answered before the next cell is run."""

    key: str
    question: str
    options: tuple[str, ...]
    asked: guesses.Question = field(repr=False, compare=False)
    sure: bool = False
    held: list[str] = field(default_factory=list, repr=False, compare=False)

    def __repr__(self) -> str:
        asks = [f"Predict: {self.question}", *self._answers()]
        how_sure = "  ".join(f"( ) {level}" for level in LEVELS)
        return "\n".join([*asks, *[f"How sure are you?  {how_sure}"] * self.sure])

    def _answers(self) -> list[str]:
        return [f"  ( ) {option}" for option in self.options]

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, object]:
        if os.environ.get("POSENC_QUIET") == "1":  # a stored output: plain text, as on paper
            return {"text/plain": repr(self)}
        return {"text/plain": repr(self), **self._view(guesses.last_guess(self.asked))}

    def _view(self, last: guesses.Guess) -> dict[str, Any]:
        from posenc import widgets

        note, sure = self._noted(last), self._sureness(last)
        options = self.question, self.options, self._remember
        return widgets.choice(*options, chosen=last.option, note=note, sure=sure)

    def _sureness(self, last: guesses.Guess) -> Any:
        """Return the buttons that ask how sure one is; None where that is not asked."""
        from posenc import widgets

        self.held[:] = [last.sure]
        chosen = LEVELS.index(last.sure) if last.sure else None
        return widgets.Sure(LEVELS, self._is_sure, chosen) if self.sure else None

    def _remember(self, answer: Any) -> None:
        """Note a guess, with what was said of how sure it is."""
        guesses.guess(self.asked, answer, self.held[0] if self.held else "")

    def _is_sure(self, level: int) -> None:
        """Note how sure the last guess is; hold it for the first one where there is none."""
        self.held[:] = [LEVELS[level]]
        last = guesses.last_guess(self.asked)
        if last.option is not None or last.values:
            self._remember(last.values or last.option)

    def _noted(self, last: guesses.Guess) -> str:
        """Return what stands below the question: the guess that the record already has."""
        if last.option is not None:
            return f"Noted earlier: you predicted “{self.options[last.option]}”."
        if last.values and self.asked.scale:
            return f"Noted earlier: you predicted {self.asked.scale.words(last.values)}."
        if last.earlier is not None:
            return (
                f"You once predicted “{last.earlier}”. The question has changed since, so that "
                "guess is not counted. Please predict again."
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
    asked = noted(guesses.ask(key, question, options))
    return Prediction(key, question, tuple(options), asked, sure)


def noted(asked: guesses.Question) -> guesses.Question:
    """Give a question to the builder, where there is one, and return it."""
    ledger.note({"asks": asked.key, "question": asked.words, "options": asked.form})
    return asked
