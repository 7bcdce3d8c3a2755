"""Predictions: what was asked, what was guessed, and what came of it.

A guess is kept under its lesson, its key and the number of the option, with the wording
beside it. Two files lie beside this module: ``predictions.json`` has what the lessons ask
today, ``first_release.json`` what they asked when guesses were kept by their wording alone.
"""

import functools
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath

from posenc.check.trial import record
from posenc.check.trial.record import Event


@dataclass(frozen=True)
class Question:
    """A prediction as it is asked: the number of its lesson, its key, its words."""

    lesson: str
    key: str
    words: str
    options: tuple[str, ...]

    def is_that_of(self, event: Event) -> bool:
        """Whether an event is about this prediction, however it was worded."""
        return (event.get("lesson"), event.get("key")) == (self.lesson, self.key)

    def has_the_options_of(self, event: Event) -> bool:
        """Whether the options are still those that the event chose from."""
        return list(self.options) == event.get("options")


@dataclass(frozen=True)
class Guess:
    """The last guess on a question: its option, or None and what an older wording was answered."""

    option: int | None = None
    earlier: str | None = None


@dataclass(frozen=True)
class Came:
    """What came of a guess; as a string, the line that settles it."""

    guess: str
    right: str

    @property
    def true(self) -> bool:
        """Whether the guess came true."""
        return self.guess == self.right

    def __str__(self) -> str:
        return f"You predicted “{self.guess}”; it is “{self.right}”."


_asked: dict[str, Question] = {}  # what the cells of this kernel have asked


def ask(key: str, words: str, options: Iterable[str]) -> Question:
    """Return the question, and remember it for the claim that settles it."""
    _asked[key] = question = Question(_lesson_of(key, words), key, words, tuple(options))
    return question


def guess(question: Question, option: int) -> None:
    """Note a guess: the number of an option, counted from 0."""
    about = {"lesson": question.lesson, "key": question.key, "option": option}
    words = {"guess": question.options[option], "question": question.words}
    record.add({**about, **words, "options": list(question.options)})


def last_guess(question: Question) -> Guess:
    """Return the learner's last guess on a question, as it stands in the record."""
    for event in reversed(all_events()):
        if "guess" not in event or not question.is_that_of(event):
            continue
        if question.has_the_options_of(event):
            return Guess(option=event["option"])
        return Guess(earlier=str(event["guess"]))
    return Guess()


def settle(key: str, right: str) -> Came | None:
    """Note the right option of a prediction; return what came of it, None without a guess."""
    question = _asked.get(key) or _known(key)
    found = last_guess(question) if question else Guess()
    if question is None or found.option is None:
        return None
    about = {"lesson": question.lesson, "key": key, "right": right}
    if about not in record.events():
        record.add(about)
    return Came(question.options[found.option], right)


# --- whose question it is -------------------------------------------------------------------


@functools.cache
def today() -> tuple[Question, ...]:
    """Return every prediction that the lessons ask today."""
    return _read("predictions.json")


@functools.cache
def _first_release() -> dict[str, list[Question]]:
    """Return the predictions of the first release by their wording."""
    by_words: dict[str, list[Question]] = {}
    for question in _read("first_release.json"):
        by_words.setdefault(question.words, []).append(question)
    return by_words


def _read(name: str) -> tuple[Question, ...]:
    rows = json.loads(resources.files("posenc.check.trial").joinpath(name).read_text("utf-8"))
    return tuple(Question(row[0], row[1], row[2], tuple(row[3])) for row in rows)


def _lesson_of(key: str, words: str) -> str:
    """Return the number of the lesson that asks; the notebook's own where no lesson does."""
    known = [question for question in today() if question.key == key]
    exact = [question for question in known if question.words == words]
    lessons = {question.lesson for question in exact or known}
    return lessons.pop() if len(lessons) == 1 else _notebook()


def _known(key: str) -> Question | None:
    known = [question for question in today() if question.key == key]
    return known[0] if len(known) == 1 else None


def _notebook() -> str:
    """Return the number with which the name of the running notebook begins, if it has one."""
    name = PurePath(os.environ.get("JPY_SESSION_NAME", "")).name
    number = re.match(r"\d\d(?=_)", name)
    return number[0] if number else ""


# --- records of the first release -----------------------------------------------------------


def all_events() -> list[Event]:
    """Return the record, the lines of the first release put into today's form."""
    return [_modern(event) for event in record.events()]


def _modern(event: Event) -> Event:
    """``{"question": …, "guess": …}`` and ``{"question": …, "right": …}`` with their key."""
    if "key" in event or "question" not in event:
        return event
    words, told = str(event["question"]), str(event.get("guess", event.get("right")))
    asked = _first_release().get(words, []) + [q for q in _asked.values() if q.words == words]
    for question in asked:
        if told in question.options:
            about = {"lesson": question.lesson, "key": question.key, "question": words}
            if "right" in event:
                return {**about, "right": told}
            number, options = question.options.index(told), list(question.options)
            return {**about, "option": number, "guess": told, "options": options}
    return {"lesson": "", "key": words, **event}
