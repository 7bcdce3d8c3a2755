"""A lesson, read once from its source: its cells, its exercises, its title.

In the source, which is in the percent format, an exercise is written once, its answer between
two markers.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jupytext

from posenc.course.cells import title_of
from posenc.course.places import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
# What jupytext notes for the way back to text, and no notebook needs.
_BOOKKEEPING = {"lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker"}
_REGION = re.compile(
    rf"^(?P<indent>[ \t]*){BEGIN}[ \t]*\n(?P<answer>.*?)^[ \t]*{END}[ \t]*(?:\n|\Z)",
    flags=re.DOTALL | re.MULTILINE,
)
_STATEMENT = re.compile(r"\*\*(Exercise \d+[^*]*)\*\*")
_NUMBER = re.compile(r"\*\*Exercise (\d+)")
_DIFFICULTY = re.compile(r"difficulty (\d) of 5")


@dataclass(frozen=True)
class Exercise:
    """One exercise of a source: its name, its heading, its cell as written, its worth."""

    name: str
    heading: str
    code: str
    points: int

    @property
    def stub(self) -> str:
        """The cell with `raise NotImplementedError` where the answer stood."""
        return _REGION.sub(r"\g<indent>raise NotImplementedError\n", self.code).rstrip()

    @property
    def answer(self) -> str:
        """The cell with its answer, without the markers."""
        return _REGION.sub(r"\g<answer>", self.code).rstrip()


@dataclass(frozen=True)
class Cell:
    """A cell as written; an exercise where it is one."""

    kind: str
    source: str
    metadata: dict[str, Any]
    exercise: Exercise | None


@dataclass(frozen=True)
class Lesson:
    """What a source says."""

    stem: str
    cells: tuple[Cell, ...]

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises of the lesson, in its order."""
        return tuple(cell.exercise for cell in self.cells if cell.exercise)

    @property
    def title(self) -> str:
        """The heading with which it begins; the name of its file where there is none."""
        first = next((cell.source for cell in self.cells if cell.kind == "markdown"), "")
        return title_of(first) if first.startswith("# ") else self.stem


def read(source: Path) -> Lesson:
    """The lesson in a source; read again only where the source has changed."""
    return _read(source.name, source.read_text(encoding="utf-8"))


@lru_cache(64)
def _read(name: str, text: str) -> Lesson:
    return Lesson(name.removesuffix(".py"), tuple(_cells(name, text)))


def _cells(name: str, text: str) -> Iterator[Cell]:
    statement = ""
    for cell in jupytext.reads(text, fmt="py:percent").cells:
        code = cell.source.strip("\n")
        metadata = {k: v for k, v in cell.metadata.items() if k not in _BOOKKEEPING}
        if cell.cell_type == "code":
            _refuse_comments_alone(code, name)
        elif cell.cell_type == "markdown" and _STATEMENT.search(code):
            statement = code
        exercise = None
        if _is_exercise(code, metadata, name):
            exercise = _exercise(code, metadata, statement, name)
        yield Cell(cell.cell_type, code, metadata, exercise)


def _refuse_comments_alone(code: str, name: str) -> None:
    lines = [line.strip() for line in code.splitlines()]
    if all(not line or line.startswith("#") for line in lines):
        raise CourseError(
            f"{name}: a code cell without code; if it is text, begin it with "
            f"`# %% [markdown]`:\n{code}"
        )


def _is_exercise(code: str, metadata: dict[str, Any], name: str) -> bool:
    tagged = "exercise" in metadata.get("tags", [])
    marked = code.count(BEGIN)
    regions = len(_REGION.findall(code))
    if tagged == bool(marked) and regions == marked == code.count(END):
        return tagged
    raise CourseError(
        f"{name}: an exercise has the tag `exercise` and its answer between "
        f"`{BEGIN}` and `{END}`; this cell has not all three:\n{code}"
    )


def explained(statement: str) -> tuple[str, int]:
    """The name and the points of an exercise that is answered in words, from its statement.

    >>> explained("**Exercise 6 · explain** · difficulty 2 of 5")
    ('explain-6', 2)
    """
    number, difficulty = _NUMBER.search(statement), _DIFFICULTY.search(statement)
    if not number or not difficulty:
        raise CourseError(
            "a cell with the tag `explain` stands below its statement, which begins with "
            f"**Exercise 6 · explain** · difficulty 2 of 5; above one of them stands:\n{statement}"
        )
    return f"explain-{number[1]}", int(difficulty[1])


def _exercise(code: str, metadata: dict[str, Any], statement: str, name: str) -> Exercise:
    if not statement:
        raise CourseError(
            f"{name}: an exercise without a statement; "
            "write **Exercise 1** · … in a markdown cell above it"
        )
    heading = _STATEMENT.findall(statement)[-1]
    # A point for each step of difficulty, unless the cell says `points=3`.
    difficulty = _DIFFICULTY.search(statement)
    points = metadata.get("points", int(difficulty[1]) if difficulty else 1)
    return Exercise(_holder(code, name), heading, code, points)


def _holder(code: str, name: str) -> str:
    """The top-level function or class that holds the answer."""
    try:
        body = ast.parse(code).body
    except SyntaxError as problem:
        raise CourseError(f"{name}: an exercise that is no Python: {problem}") from None
    line = 1 + code[: code.index(BEGIN)].count("\n")
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _holds(node, line):
            if any(_holds(f, line) for f in ast.walk(node) if isinstance(f, ast.FunctionDef)):
                return node.name
    raise CourseError(
        f"{name}: `{BEGIN}` must stand inside a function or a method, where "
        f"the stub's `raise NotImplementedError` waits for a call:\n{code}"
    )


def _holds(node: ast.FunctionDef | ast.ClassDef, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or line)
