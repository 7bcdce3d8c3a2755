"""A lesson as a chapter of the book: the built notebook, changed cell by cell.

MyST-NB renders what comes out. It folds by tags (`hide-cell`, `hide-input`, `hide-output`) and
gives every cell its tags as classes, by which the page's script finds them.
"""

import base64
import copy
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from posenc.course.cells import tags
from posenc.course.editions.book import marks
from posenc.course.editions.book.asked import Asked, question
from posenc.course.editions.book.explorers import explorer
from posenc.course.editions.book.results import Result, results
from posenc.course.editions.book.templating import render
from posenc.course.editions.listing import listing

_EXERCISE = re.compile(r"^\*\*(Exercise \d+[^*]*)\*\*", flags=re.MULTILINE)
SHOWN = "Show the code", "Hide the code"


@dataclass
class Chapter:
    """The notebook for MyST-NB, and the files that its pages show, by their path in the book."""

    stem: str
    notebook: NotebookNode
    lessons: Collection[str]  # the stems of all chapters, for links between them
    files: dict[str, bytes] = field(default_factory=dict)
    figures: list["Figure"] = field(default_factory=list)


@dataclass(frozen=True)
class Figure:
    """A picture of a lesson: its path in the book, its text, its size, the cell it is in."""

    path: str
    alt: str
    width: int
    height: int
    cell: str


def chapter(
    notebook: NotebookNode, stem: str, lessons: Collection[str], drawn: Mapping[str, Any], bar: str
) -> Chapter:
    """Return a lesson for the book; ``drawn`` has the frames of its explorers by their cells.

    ``bar`` is what stands below the title. The notebook itself is left as it is.
    """
    made = Chapter(stem, copy.deepcopy(notebook), lessons)
    settled = results(made.notebook)
    cells: list[NotebookNode] = []
    for number, cell in enumerate(made.notebook.cells):
        text = marks.anchor(cell.id)
        if cell.cell_type == "code":
            announced = bool(cells) and "**Predict.**" in cells[-1].source
            _code(cell, made, drawn.get(cell.id), settled.get(cell.id, []), announced)
            cells.append(new_markdown_cell(text, id=f"at-{cell.id}"))
        else:
            source = _EXERCISE.sub(r"### \1", marks.linked(cell.source, lessons))
            cell.source = f"{text}\n\n{source}" + (f"\n\n{bar}" if number == 0 else "")
        cell.metadata.pop("posenc", None)
        cells.append(cell)
    made.notebook.cells = cells
    return made


def _code(
    cell: NotebookNode,
    made: Chapter,
    frames: Mapping[str, Any] | None,
    settles: list[Result],
    announced: bool,
) -> None:
    cell.source = listing(cell.source)
    asked = Asked.of(cell)
    if asked:
        cell.outputs = [_html(question(asked, f"{made.stem}/{asked.key}", announced))]
    elif frames:
        cell.outputs = [_explored(cell, made, frames)]
    else:
        cell.outputs = list(_outputs(cell, made))
    if "exercise" in tags(cell):
        cell.outputs.append(_html(render("exercise.html.j2", stem=made.stem)))
    _fold(cell, bool(asked), settles)


def _fold(cell: NotebookNode, asked: bool, settles: list[Result]) -> None:
    """Fold what is read only after a choice, and code that the lesson folds itself."""
    kinds, show = set(tags(cell)), SHOWN
    if "solution" in kinds:
        kinds, show = kinds | {"hide-cell"}, ("Show one solution", "Hide the solution")
    elif any(result.last for result in settles):
        kinds, show = kinds | {"hide-cell"}, ("Show the result", "Hide the result")
        cell.outputs = [*_answers(settles), *cell.outputs]
    elif settles and cell.outputs:
        kinds, show = kinds | {"hide-output"}, ("Show the output", "Hide the output")
    elif asked or cell.metadata.get("jupyter", {}).get("source_hidden"):
        kinds.add("hide-input")
    kinds |= {f"settles-{result.number}" for result in settles}
    if kinds:
        cell.metadata["tags"] = sorted(kinds)
    cell.metadata["mystnb"] = {"code_prompt_show": show[0], "code_prompt_hide": show[1]}


def _answers(settles: list[Result]) -> Iterator[NotebookNode]:
    for result in settles:
        if result.last:
            yield _html(render("answer.html.j2", result=result))


def _outputs(cell: NotebookNode, made: Chapter) -> Iterator[NotebookNode]:
    """The outputs, with each picture as a file of its own that says what it shows."""
    for number, output in enumerate(cell.outputs):
        data = output.get("data", {})
        if "text/markdown" in data:  # a verdict, or a table that leads to the lessons
            data["text/markdown"] = marks.linked(data["text/markdown"], made.lessons)
        if "image/png" not in data:
            yield output
            continue
        path = f"figures/{made.stem[:2]}/{cell.id}-{number}.png"
        made.files[path] = base64.b64decode(data["image/png"])
        about = output.metadata.get("image/png", {})
        figure = Figure(path, about.get("alt", ""), about["width"], about["height"], cell.id)
        made.figures.append(figure)
        yield _html(render("figure.html.j2", figure=figure))


def _explored(cell: NotebookNode, made: Chapter, frames: Mapping[str, Any]) -> NotebookNode:
    stills = [output.data["text/html"] for output in _outputs(cell, made)]
    html, files = explorer(frames, f"frames/{made.stem[:2]}/{cell.id}", stills)
    made.files.update(files)
    return _html(html)


def _html(text: str) -> NotebookNode:
    return new_output("display_data", {"text/html": text})
