"""The course's own answers: the solutions of its lessons, gathered when the lessons are built.

They lie beside this module, a file for each lesson, written by ``python -m posenc.course claims``.
"""

import json
from importlib import resources
from typing import Any

from posenc.check.answers import running
from posenc.check.answers.keeping import Answer
from posenc.check.trial.record import LESSON


def find(exercise: str) -> Answer:
    """Return the course's own answer to an exercise.

    Raises ``ValueError`` where this copy of the package does not hold it.
    """
    lesson = LESSON[exercise]
    file = resources.files("posenc.check.answers").joinpath(f"solutions_{lesson[:2]}.json")
    try:
        told = json.loads(file.read_text("utf-8"))[exercise]
    except (FileNotFoundError, KeyError):
        raise ValueError(
            f"the course's answer to {exercise!r} is not in this copy of posenc: "
            f"solve the exercise in lesson {lesson[:2]}, and run this again"
        ) from None
    return Answer(exercise=exercise, lesson=lesson, edition="", **told)


def made(exercise: str) -> Any:
    """Return the function or class with which the course solves an exercise."""
    return running.made(find(exercise))
