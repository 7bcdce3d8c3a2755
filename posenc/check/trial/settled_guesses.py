"""The learner's guesses after the run: what was asked, what was guessed, what came of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from posenc.check.trial import guesses
from posenc.check.trial.came import Came, came
from posenc.check.trial.guesses import LEVELS
from posenc.check.trial.record import Event

NOT_SAID = "not said"


@dataclass(frozen=True)
class Settled:
    """A prediction that a run has settled, and the event that says where."""

    question: str
    came: Came
    lesson: str
    sure: str
    settled: Event
    old: bool = False  # its options are others today

    @property
    def came_true(self) -> bool:
        """Whether the guess was right."""
        return self.came.true

    def __str__(self) -> str:
        asks = self.question if self.question.endswith("?") else f"{self.question}:"
        how = f" ({self.sure})" if self.sure else ""
        return f"{asks} you said “{self.came.guess}”{how}, it was “{self.came.right}”"


def settled_in(events: Iterable[Event]) -> tuple[tuple[Settled, ...], int]:
    """Return the predictions as the first run settled them, and how many wait for theirs."""
    last: dict[tuple, Event] = {}
    settled: dict[tuple, Settled] = {}
    for event in events:
        place = event.get("lesson"), event.get("key")
        if "guess" in event:
            last[place] = event
        elif "right" in event and place in last:
            guess = last[place]
            known = (*place, json.dumps(guess.get("options") or ()))
            settled.setdefault(known, _settled(guess, event))
    decided = {known[:2] for known in settled}
    return tuple(settled.values()), len(last.keys() - decided)


def _settled(guess: Event, event: Event) -> Settled:
    form = guess.get("options")
    ended = came(form, guess.get("values", guess["guess"]), event["right"])
    sure = guess["sure"] if guess.get("sure") in LEVELS else ""
    asks, lesson = str(guess.get("question", "")), str(guess.get("lesson", ""))
    return Settled(asks, ended, lesson, sure, event, _is_old(guess))


def _is_old(guess: Event) -> bool:
    """Whether today's lessons ask this with other options."""
    today = [question for question in guesses.today() if question.is_that_of(guess)]
    return any(not question.has_the_options_of(guess) for question in today)


def by_sureness(settled: Iterable[Settled]) -> dict[str, list[bool]]:
    """Return what came true for each step of sureness that was said, "" where none was."""
    steps: dict[str, list[bool]] = {level: [] for level in (*LEVELS, "")}
    for one in settled:
        steps[one.sure].append(one.came_true)
    return {level: came for level, came in steps.items() if came}
