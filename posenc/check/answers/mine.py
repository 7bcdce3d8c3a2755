"""``check.mine``: a learner's own answer in a later lesson, or the course's."""

import difflib
from dataclasses import replace
from typing import Any

from posenc.check.answers import background, courses, hearing, keeping, running
from posenc.check.answers.keeping import Answer, Spoiled
from posenc.check.engine.guard import TooLong
from posenc.check.engine.verdict import strict
from posenc.check.trial import record
from posenc.check.trial.record import CALLED, LESSON


class _Theirs(Exception):
    """The learner has no answer that can be used here; the text says why."""


def mine(name: str, *, first_wrong: bool = False) -> Any:
    """Return the function or class with which the learner solved an exercise; print whose it is.

    Where there is none, the course's own is returned. ``name`` is the exercise's, or what the
    answer is called in its notebook. With ``first_wrong`` it is the first wrong answer that
    made a mistake with a name, or None where there is none. In a build of the lessons, in
    tests and where answers are graded nothing of a learner's is read.

    Raises ``ValueError`` for an unknown name.

    >>> mine("inverse_frequencies")(4, 10_000)
    · inverse_frequencies: the course's function, not yours
    tensor([1.0000, 0.0100])
    """
    exercise = _exercise(name)
    called = CALLED.get(exercise, exercise)
    try:
        value = _own(exercise, first_wrong)
    except _Theirs as reason:
        why = f": {reason}" if str(reason) else ""
        if first_wrong:
            print(f"· {called}: no wrong answer of yours{why}")
            return None
        value = courses.made(exercise)
        print(f"· {called}: the course's {_kind(value)}, not yours{why}")
    else:
        first = "first wrong " if first_wrong else ""
        print(f"· {called}: your own {first}{_kind(value)}, from lesson {LESSON[exercise][:2]}")
    return value


def _exercise(name: str) -> str:
    names = {called: exercise for exercise, called in CALLED.items()}
    found = name if name in LESSON else names.get(name, "")
    if not found:
        near = difflib.get_close_matches(str(name), [*LESSON, *names], 1) or ["positional_module"]
        raise ValueError(f"no exercise is called {name!r}; is it {near[0]!r}?")
    return found


def _kind(value: object) -> str:
    return "class" if isinstance(value, type) else "function"


def _own(exercise: str, wrong: bool) -> Any:
    """Return the learner's; raise ``_Theirs`` where there is none, or none that may be run."""
    if strict() or not record.keeps():
        raise _Theirs
    why = hearing.wait(exercise, wrong)
    try:
        answer = keeping.find(exercise, wrong)
    except Spoiled as file:
        raise _Theirs(
            f"{file} is not as it was stored on this computer, so it is not run; "
            "running the exercise again renews it"
        ) from None
    if answer is None:
        raise _Theirs(f"yours is not kept, because {why}" if why else "")
    answer = _of_today(answer)
    try:
        return running.made(answer)
    except (Exception, SystemExit, TooLong) as error:
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        raise _Theirs(f"yours cannot be run any more ({said})"[:300]) from None


def _of_today(answer: Answer) -> Answer:
    """Return the answer; one of another edition of the course must pass once more."""
    today = replace(answer, edition=background.edition())
    if today == answer:
        return answer
    why = background.judge(today)
    if why:
        raise _Theirs(f"yours is of another edition of the course, and {why}")
    return today
