"""What a lesson asks for: its exercises with their checkers and points, and its cells."""

import ast
from dataclasses import dataclass
from pathlib import Path

from posenc.course._source import Exercise, exercises, notebook_from


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
    tasks = tuple(map(_task, exercises(source)))
    ours = {"exercise", "solution"}
    cells = tuple(
        cell.source
        for cell in notebook_from(source).cells
        if cell.cell_type == "code" and not ours & set(cell.metadata.get("tags", []))
    )
    return Lesson(source.stem, tasks, cells)


def _task(exercise: Exercise) -> Task:
    """Read the checker off the call with which the exercise's cell ends."""
    checker = exercise.name
    for node in ast.walk(ast.parse(exercise.code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("check."):
            checker = ast.unparse(node.func).removeprefix("check.")
    heading = exercise.heading.split("·")[0].strip()
    return Task(exercise.name, checker, exercise.points, heading)
