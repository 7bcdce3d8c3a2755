"""Predictions: what was asked, what was guessed, and what came of it.

A guess is kept under its lesson, its key and the number of the option, with the wording
beside it; a number and a curve under their values. Two files lie beside this module:
``predictions.json`` has what the lessons ask today, ``first_release.json`` what they asked
when guesses were kept by their wording alone.
"""

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from posenc.check.trial import record, where
from posenc.check.trial.came import Came, came
from posenc.check.trial.record import Event
from posenc.check.trial.scales import Scale, is_number, scale_of

LEVELS = ("just guessing", "fairly sure", "sure")  # how sure one can say to be


@dataclass(frozen=True)
class Question:
    """A prediction as it is asked: the number of its lesson, its key, its words."""

    lesson: str
    key: str
    words: str
    options: tuple[str, ...] = ()
    scale: Scale | None = None  # of a number or a curve, which have no options

    @property
    def form(self) -> Any:
        """What a guess may be: the options, or the scale as a table."""
        return self.scale.form if self.scale else list(self.options)

    def is_that_of(self, event: Event) -> bool:
        """Whether an event is about this prediction, however it was worded."""
        return (event.get("lesson"), event.get("key")) == (self.lesson, self.key)

    def has_the_options_of(self, event: Event) -> bool:
        """Whether the options, or the scale, are still those that the event chose from."""
        if self.scale is None:
            return self.form == event.get("options")
        other = scale_of(event.get("options"))
        return other is not None and replace(other, near=0) == replace(self.scale, near=0)


@dataclass(frozen=True)
class Guess:
    """The last guess on a question; where an older form of it was answered, what was said."""

    option: int | None = None
    earlier: str | None = None
    values: tuple[float, ...] = ()
    sure: str = ""


_asked: dict[str, Question] = {}  # what the cells of this kernel have asked


def ask(key: str, words: str, options: Iterable[str] = (), scale: Scale | None = None) -> Question:
    """Return the question, and remember it for the claim that settles it."""
    _asked[key] = question = Question(_lesson_of(key, words), key, words, tuple(options), scale)
    return question


def guess(question: Question, answer: int | Sequence[float], sure: str = "") -> None:
    """Note a guess: the number of an option, counted from 0, or the values on the scale."""
    about: Event = {"lesson": question.lesson, "key": question.key}
    if isinstance(answer, int):
        about |= {"option": answer, "guess": question.options[answer]}
    elif question.scale:
        about |= {"values": list(answer), "guess": question.scale.words(answer)}
    about |= {"question": question.words, "options": question.form}
    record.add(about | ({"sure": sure} if sure else {}))


def last_guess(question: Question) -> Guess:
    """Return the learner's last guess on a question, as it stands in the record."""
    for event in reversed(all_events()):
        if "guess" not in event or not question.is_that_of(event):
            continue
        if not question.has_the_options_of(event):
            return Guess(earlier=str(event["guess"]))
        sure = event["sure"] if event.get("sure") in LEVELS else ""
        option: Any = event.get("option")
        values: Any = event.get("values")
        if type(option) is int and 0 <= option < len(question.options):
            return Guess(option=option, sure=sure)
        if question.scale and question.scale.takes(values):
            return Guess(values=tuple(values), sure=sure)
    return Guess()  # also where somebody has edited all that was noted


def settle(key: str, right: Any, measured: Sequence[float] = ()) -> Came | None:
    """Note what was right of a prediction; return what came of it, None without a guess.

    ``right`` is the option, the number, also as text, or the values of a curve at its places;
    where it is none of these, such as "measured", ``measured`` is taken.

    Raises ``ValueError`` where this is nothing that settles the question.
    """
    question = asked(key)
    if question is None:
        return None
    if question.scale:
        right = _measured(question, question.scale, right, measured)
    found = last_guess(question)
    if found.option is None and not found.values:
        return None
    about = {"lesson": question.lesson, "key": key, "right": right, **where.here()}
    if about not in record.events():
        record.add(about)
    guessed = found.values or question.options[found.option or 0]
    return came(question.form, guessed, right)


def _measured(question: Question, scale: Scale, *told: Any) -> list[float]:
    """Return what was measured, as a list of numbers: one, or one a place of the curve."""
    for one in told:
        plain = getattr(one, "tolist", lambda one=one: one)()
        values = list(plain) if isinstance(plain, list | tuple) else [plain]
        values = [scale.number(value) if isinstance(value, str) else value for value in values]
        if len(values) == max(1, len(scale.x)) and all(map(is_number, values)):
            return [float(value) for value in values]
    wanted = f"{len(scale.x)} numbers" if scale.x else f"a number {scale.unit}".rstrip()
    raise ValueError(f"prediction {question.key!r} is settled by {wanted}; got {told[0]!r}")


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
    return tuple(_question(*row) for row in rows)


def _question(lesson: str, key: str, words: str, form: Any) -> Question:
    scale = scale_of(form)
    return Question(lesson, key, words, () if scale else tuple(form), scale)


def _lesson_of(key: str, words: str) -> str:
    """Return the number of the lesson that asks; the notebook's own where no lesson does."""
    known = [question for question in today() if question.key == key]
    exact = [question for question in known if question.words == words]
    lessons = {question.lesson for question in exact or known}
    return lessons.pop() if len(lessons) == 1 else where.lesson()


def asked(key: str) -> Question | None:
    """Return the question that this kernel has asked, or that one lesson asks, under a key."""
    known = [question for question in today() if question.key == key]
    return _asked.get(key) or (known[0] if len(known) == 1 else None)


# --- records of the first release -----------------------------------------------------------


def all_events() -> list[Event]:
    """Return the record, the lines of the first release put into today's form."""
    return [_modern(event) for event in record.events()]


def _modern(event: Event) -> Event:
    """``{"question": …, "guess": …}`` and ``{"question": …, "right": …}`` with their key."""
    if "key" in event or "question" not in event:
        return event
    words, told = str(event["question"]), str(event.get("guess", event.get("right")))
    known = _first_release().get(words, []) + [q for q in _asked.values() if q.words == words]
    for question in known:
        if told in question.options:
            about = {"lesson": question.lesson, "key": question.key, "question": words}
            if "right" in event:
                return {**about, "right": told}
            number, options = question.options.index(told), list(question.options)
            return {**about, "option": number, "guess": told, "options": options}
    return {"lesson": "", "key": words, **event}
