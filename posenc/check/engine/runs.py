"""Which run decides between two explanations? The answer names one, and its two outcomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, require

Choice = tuple[str, str, str]  # a run, and its outcome under each explanation


@dataclass(frozen=True)
class Runs:
    """The runs to choose from, and what is said of a wrong choice.

    ``under`` names the explanations, ``slugs`` the mistake of a wrong outcome under each.
    ``alike`` says why a run shows the same under both; ``reasons`` why the others do not.
    """

    under: tuple[str, str]
    slugs: tuple[str, str]
    words: tuple[str, str]
    outcomes: Mapping[str, tuple[str, str]]
    alike: Mapping[str, str]
    reasons: Mapping[str, tuple[str, str]]

    def choice(self, run: str) -> Choice:
        """Return a run with both of its outcomes."""
        return (run, *self.outcomes[run])

    def slips(self) -> tuple[Slip, ...]:
        """Return the choices that separate nothing."""
        return tuple(
            Slip(run.replace(" ", "-"), partial(self.choice, run), says)
            for run, says in self.alike.items()
        )

    def examine(self, answer: Callable[[], Choice]) -> str:
        """Return what the chosen run shows, or raise what is wrong with the choice."""
        run, *said = self._taken(answer())
        if run in self.alike:
            raise Mistake(run.replace(" ", "-"), self.alike[run])
        true = self.outcomes[run]
        swapped = f"The two outcomes have changed places. Return the one {self.under[0]} first."
        require(tuple(said) != true[::-1], "outcomes-swapped", swapped)
        same = f"Both outcomes are {said[0]!r}, so this run would separate nothing. "
        for found, outcome, slug, why in zip(
            said, true, self.slugs, self.reasons[run], strict=True
        ):
            require(found == outcome, slug, f"{same}{why}")
        shown = ", ".join(f"{word!r} {so}" for word, so in zip(true, self.under, strict=True))
        return f"{run!r} separates them: {shown}"

    def _taken(self, found: Any) -> Choice:
        """Return the three words, or raise what is wrong with their form."""
        either = " or ".join(f'"{word}"' for word in self.words)
        cure = f'Return three words: return "run", {either}, {either}.'
        three = isinstance(found, (tuple, list)) and len(found) == 3
        require(three, "shape", f"The function returned a {type(found).__name__}. {cure}")
        run, *outcomes = map(_bare, found)
        runs = ", ".join(map(repr, self.outcomes))
        require(run in self.outcomes, "word", f"The run is {found[0]!r:.40}. The runs are {runs}.")
        known = " and ".join(map(repr, self.words))
        for word, given in zip(outcomes, found[1:], strict=True):
            said = f"An outcome is {given!r:.40}. The outcomes are {known}."
            require(word in self.words, "word", said)
        return run, outcomes[0], outcomes[1]


def _bare(word: Any) -> str:
    """Return a word without quotes and double spaces; "" for what is no text."""
    return " ".join(word.strip(" \n“”\"'").split()) if isinstance(word, str) else ""
