"""From a source in the percent format to the cells of a notebook, not yet run.

In the source an exercise is written once, its answer between two markers. In the
notebook it is a stub and its check; the answer stands in a last section, folded.
"""

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from posenc.check.trial.solution import MARKER
from posenc.course._cells import COMMITTED, LANGUAGE
from posenc.course._places import CourseError
from posenc.course._published import published

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
SOLUTIONS = """\
## Solutions

*Run All* leaves these cells out: only your own answer counts as solved.
To see a solution pass its check, run its cell and then, in a cell of your own, the call that its first line names.
"""  # noqa: E501
NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    # As JupyterLab writes it, so that opening and saving changes nothing else; without the
    # version, which would change with the builder's Python.
    "language_info": LANGUAGE,
}

# What jupytext notes for the way back to text, and no notebook needs.
_BOOKKEEPING = {"lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker"}

_REGION = re.compile(
    rf"^(?P<indent>[ \t]*){BEGIN}[ \t]*\n(?P<answer>.*?)^[ \t]*{END}[ \t]*(?:\n|\Z)",
    flags=re.DOTALL | re.MULTILINE,
)
_STATEMENT = re.compile(r"\*\*(Exercise \d+[^*]*)\*\*")
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


def notebook_from(source: Path) -> nbformat.NotebookNode:
    """The lesson as a notebook whose code cells have not been run."""
    ids = _Ids()
    cells, exercises = [], []
    for cell, exercise in _cells(source):
        if exercise:
            exercises.append(exercise)
            cells.append(_stub_cell(cell, exercise, ids))
        else:
            cells.append(_plain_cell(cell, ids))
    cells += _solution_cells(exercises, ids)
    stamp = published(source.parent.parent)
    if cells and cells[0].cell_type == "markdown":
        # The ids are those of the lesson without either.
        cells[0].source += COMMITTED
        cells[0].source += f"\n\n{stamp.badge(source.stem)}" if stamp else ""
    return new_notebook(cells=cells, metadata=metadata_of(source))


def metadata_of(source: Path) -> dict[str, Any]:
    """The metadata of a lesson's notebook; by its name the lab knows it as one of the course."""
    return {**NOTEBOOK_METADATA, "posenc": {"lesson": source.stem}}


def exercises(source: Path) -> list[Exercise]:
    """The exercises of a lesson, in its order."""
    return [exercise for _, exercise in _cells(source) if exercise]


def _cells(source: Path) -> Iterator[tuple[nbformat.NotebookNode, Exercise | None]]:
    """Each cell as written, with its exercise where it is one."""
    statement = ""
    for cell in jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent").cells:
        cell.source = cell.source.strip("\n")
        _refuse_comments_alone(cell, source)
        if cell.cell_type == "markdown" and _STATEMENT.search(cell.source):
            statement = cell.source
        yield cell, _exercise(cell, statement, source) if _is_exercise(cell, source) else None


def _refuse_comments_alone(cell: nbformat.NotebookNode, source: Path) -> None:
    lines = [line.strip() for line in cell.source.splitlines()]
    if cell.cell_type == "code" and all(not x or x.startswith("#") for x in lines):
        raise CourseError(
            f"{source.name}: a code cell without code; if it is text, begin it with "
            f"`# %% [markdown]`:\n{cell.source}"
        )


class _Ids:
    """Cell ids that stay the same as long as the cell does."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def named(self, name: str) -> str:
        self.seen[name] += 1
        count = self.seen[name]
        return name[:60] if count == 1 else f"{name[:60]}-{count}"

    def hashed(self, kind: str, text: str) -> str:
        return self.named(hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()[:12])


def _plain_cell(cell: nbformat.NotebookNode, ids: _Ids) -> nbformat.NotebookNode:
    make = {"code": new_code_cell, "markdown": new_markdown_cell}.get(cell.cell_type)
    if make is None:
        raise CourseError(f"a {cell.cell_type} cell: write it as markdown or code")
    made = make(cell.source, id=ids.hashed(cell.cell_type, cell.source))
    made.metadata.update(_metadata(cell))
    return made


def _stub_cell(cell: nbformat.NotebookNode, exercise: Exercise, ids: _Ids) -> nbformat.NotebookNode:
    made = new_code_cell(exercise.stub, id=ids.named(f"exercise-{exercise.name}"))
    made.metadata.update(_metadata(cell))
    return made


def _metadata(cell: nbformat.NotebookNode) -> dict[str, Any]:
    return {k: v for k, v in cell.metadata.items() if k not in _BOOKKEEPING}


def _solution_cells(exercises: list[Exercise], ids: _Ids) -> list[nbformat.NotebookNode]:
    texts = [SOLUTIONS.rstrip()] if exercises else []
    cells = [new_markdown_cell(text, id=ids.named("solutions")) for text in texts]
    for exercise in exercises:
        heading = f"**{exercise.heading}** · `{exercise.name}`"
        code = f"{MARKER.format(name=exercise.name)}\n{exercise.answer}"
        answer = new_code_cell(code, id=ids.named(f"solution-{exercise.name}"))
        answer.metadata.update(tags=["solution"], jupyter={"source_hidden": True})
        cells += [new_markdown_cell(heading, id=ids.hashed("heading", heading)), answer]
    return cells


def _is_exercise(cell: nbformat.NotebookNode, source: Path) -> bool:
    tagged = "exercise" in cell.metadata.get("tags", [])
    marked = cell.source.count(BEGIN)
    regions = len(_REGION.findall(cell.source))
    if tagged == bool(marked) and regions == marked == cell.source.count(END):
        return tagged
    raise CourseError(
        f"{source.name}: an exercise has the tag `exercise` and its answer between "
        f"`{BEGIN}` and `{END}`; this cell has not all three:\n{cell.source}"
    )


def _exercise(cell: nbformat.NotebookNode, statement: str, source: Path) -> Exercise:
    if not statement:
        raise CourseError(
            f"{source.name}: an exercise without a statement; "
            "write **Exercise 1** · … in a markdown cell above it"
        )
    heading = _STATEMENT.findall(statement)[-1]
    # A point for each step of difficulty, unless the cell says `points=3`.
    difficulty = _DIFFICULTY.search(statement)
    points = cell.metadata.get("points", int(difficulty[1]) if difficulty else 1)
    return Exercise(_name(cell.source, source), heading, cell.source, points)


def _name(code: str, source: Path) -> str:
    """The top-level function or class that holds the answer."""
    try:
        body = ast.parse(code).body
    except SyntaxError as problem:
        raise CourseError(f"{source.name}: an exercise that is no Python: {problem}") from None
    line = 1 + code[: code.index(BEGIN)].count("\n")
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _holds(node, line):
            if any(_holds(f, line) for f in ast.walk(node) if _is_function(f)):
                return node.name
    raise CourseError(
        f"{source.name}: `{BEGIN}` must stand inside a function or a method, where "
        f"the stub's `raise NotImplementedError` waits for a call:\n{code}"
    )


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef)


def _holds(node: ast.AST, line: int) -> bool:
    return node.lineno <= line <= node.end_lineno  # type: ignore[attr-defined]
