"""One lesson for three audiences: study as committed, student, instructor."""

import ast
import copy
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from posenc.course.cells import SOLUTIONS, tags, without_committed
from posenc.course.lesson import Exercise, explained
from posenc.course.places import CourseError

AUDIENCES = ("study", "student", "instructor")


def edition(
    notebook: NotebookNode, audience: str, exercises: Iterable[Exercise], notes: Path
) -> NotebookNode:
    """The built lesson as one audience gets it; `notebook` itself is left as it is."""
    made = copy.deepcopy(notebook)
    without_committed(made)
    if audience == "student":
        made.cells = [cell for cell in before_solutions(made) if "rubric" not in tags(cell)]
    if audience == "instructor":
        made.cells = _with_notes(_by_hand(_solved(made, exercises)), notes)
    return made


def before_solutions(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells above the last section, which the builder adds and nothing else does."""
    headings = [cell.id for cell in notebook.cells if cell.source == SOLUTIONS.rstrip()]
    ids = [cell.id for cell in notebook.cells]
    cells = notebook.cells[: ids.index(headings[0])] if headings else notebook.cells
    if any("solution" in tags(cell) for cell in cells):
        raise CourseError("a solution stands outside the section of solutions: build it again")
    return list(cells)


# --- the instructor's ------------------------------------------------------------


def _solved(notebook: NotebookNode, exercises: Iterable[Exercise]) -> list[NotebookNode]:
    """The lesson with each answer where its stub was, and a graded cell below it."""
    answers = {cell.id: cell for cell in notebook.cells if "solution" in tags(cell)}
    by_id = {f"exercise-{exercise.name}": exercise for exercise in exercises}
    cells = []
    for cell in before_solutions(notebook):
        if "exercise" in tags(cell):
            exercise = by_id[cell.id]
            # The markers stay: by them nbgrader clears the answer again.
            cell.source = exercise.code
            cell.outputs = answers[f"solution-{exercise.name}"].outputs
            cell.metadata["nbgrader"] = _for_nbgrader(cell.id, "code", solution=True)
            cells += [cell, _graded(exercise)]
        else:
            cells.append(cell)
    return cells


def _graded(exercise: Exercise) -> NotebookNode:
    """A locked cell that raises unless the checker passes the answer."""
    call = checker_call(exercise.code)
    name = f"check-{exercise.name}"
    cell = new_code_cell(f"verdict = {call}\nassert verdict.passed, verdict.message", id=name)
    cell.metadata.update(tags=["graded"])
    cell.metadata["nbgrader"] = _for_nbgrader(name, "code", solution=False, points=exercise.points)
    return cell


def checker_call(code: str) -> str:
    """The call of the checker, with which the cell of an exercise ends."""
    last = ast.parse(code).body[-1]
    call = ast.unparse(last.value) if isinstance(last, ast.Expr) else ""
    if not call.startswith("check."):
        raise CourseError(f"an exercise must end in a call such as check.rope(rope):\n{code}")
    return call


def _for_nbgrader(
    name: str, kind: str, *, solution: bool, points: int | None = None
) -> dict[str, object]:
    """Its third schema; a cell is graded if points are named."""
    worth = {} if points is None else {"points": points}
    graded = {"grade": bool(worth), "solution": solution, "locked": not solution, "task": False}
    return {"schema_version": 3, "grade_id": name, "cell_type": kind, **graded, **worth}


def _by_hand(cells: list[NotebookNode]) -> list[NotebookNode]:
    """An answer in words has its points from the teacher, who alone has the rubric."""
    for statement, cell in pairwise(cells):
        if "explain" in tags(cell):
            name, points = explained(statement.source)
            cell.metadata["nbgrader"] = _for_nbgrader(
                name, "markdown", solution=True, points=points
            )
        if "rubric" in tags(cell):
            _for_teachers(cell, f"rubric-{cell.id}")
    return cells


def _for_teachers(cell: NotebookNode, name: str) -> None:
    """Mark a cell that no student gets.

    nbgrader keeps no cell from students, but it clears an answer to be graded by hand;
    with our nbgrader_config.py the cell goes altogether.
    """
    cell.metadata["tags"] = [*tags(cell), "teacher"]
    cell.metadata["nbgrader"] = _for_nbgrader(name, "markdown", solution=True, points=0)


# --- teaching notes --------------------------------------------------------------


def _with_notes(cells: list[NotebookNode], notes: Path) -> list[NotebookNode]:
    """Each note below the title, the section or the exercise that it names."""
    made = list(cells)
    for number, (place, text) in enumerate(read_notes(notes)):
        at = _place_of(place, made)
        if at is None:
            raise CourseError(f"{notes.name}: there is no {place!r} in the lesson")
        note = new_markdown_cell(text, id=f"note-{number}")
        _for_teachers(note, note.id)
        made.insert(at + 1, note)
    return made


def read_notes(path: Path) -> list[tuple[str, str]]:
    """Pairs of a place and what is to be said there; none where no notes are written.

    A place is a heading: `## Title`, `## Section 2` or `## Exercise 1`.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    _, *parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [(place.strip(), note.strip()) for place, note in pairs]


def _place_of(place: str, cells: list[NotebookNode]) -> int | None:
    """The cell in which the section begins, or the statement of the exercise ends."""
    if place == "Title":
        return 0
    words = re.escape(place.removeprefix("Section "))
    begins = re.compile(rf"^(?:## |\*\*){words}(?!\w)", flags=re.MULTILINE)
    found = [
        number
        for number, cell in enumerate(cells)
        if cell.cell_type == "markdown" and begins.search(cell.source)
    ]
    return found[0] if found else None
