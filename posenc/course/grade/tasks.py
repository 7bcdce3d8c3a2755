"""What a lesson asks for: its exercises with their checkers and points, and its cells."""

import ast
from dataclasses import dataclass
from pathlib import Path

from posenc.course import lesson
from posenc.course.lesson import Exercise


@dataclass(frozen=True)
class Task:
    """One exercise: the name of its answer, the checker that judges it, what it is worth."""

    name: str
    checker: str
    points: float
    heading: str

    @property
    def cell_id(self) -> str:
        """The id of its cell in the built notebook."""
        return f"exercise-{self.name}"


@dataclass(frozen=True)
class Lesson:
    """One notebook: its name, its tasks, and its cells without stubs and solutions."""

    name: str
    tasks: tuple[Task, ...]
    cells: tuple[str, ...]


def read(source: Path) -> Lesson:
    """Return what a source asks for."""
    told = lesson.read(source)
    cells = tuple(x.source for x in told.cells if x.kind == "code" and not x.exercise)
    return Lesson(told.stem, tuple(map(_task, told.exercises)), cells)


def _task(exercise: Exercise) -> Task:
    """Read the checker off the call with which the exercise's cell ends."""
    checker = exercise.name
    for node in ast.walk(ast.parse(exercise.code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("check."):
            checker = ast.unparse(node.func).removeprefix("check.")
    heading = exercise.heading.split("·")[0].strip()
    return Task(exercise.name, checker, exercise.points, heading)
