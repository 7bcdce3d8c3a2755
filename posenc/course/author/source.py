"""From a lesson's source to the cells of its notebook, not yet run.

In the notebook an exercise is a stub and its check; the answer stands in a last section, folded.
"""

import copy
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from posenc import __version__
from posenc.check.trial.solution import MARKER
from posenc.course import lesson
from posenc.course.author.asked import learners
from posenc.course.author.published import published
from posenc.course.cells import COMMITTED, EDITION, LANGUAGE, REPORT, SOLUTIONS
from posenc.course.lesson import Cell, Exercise
from posenc.course.places import CourseError

# No id that an author gives begins as the ids of exercises, solutions, checks and notes do.
GIVEN = re.compile(r"(?!(?:exercise|solutions?|check|note|colab)\b)[a-z][a-z0-9-]{2,59}")
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


def notebook_from(source: Path) -> NotebookNode:
    """The lesson as a notebook whose code cells have not been run."""
    read, ids = lesson.read(source), _Ids()
    told = [_cell(cell, ids) for cell in read.cells]
    cells = told + _solutions(read.exercises, ids)
    stamp = published(source.parent.parent)
    if cells and cells[0].cell_type == "markdown":
        # The ids are those of the lesson without any of this.
        told[0].source += EDITION.format(__version__)
        if told[-1].cell_type == "markdown":
            told[-1].source += REPORT.format(__version__)
        cells[0].source += COMMITTED
        cells[0].source += f"\n\n{stamp.badge(source.stem)}" if stamp else ""
    return new_notebook(cells=cells, metadata=metadata_of(source))


def metadata_of(source: Path) -> dict[str, Any]:
    """The metadata of a lesson's notebook; by its name the lab knows it as one of the course."""
    return {**NOTEBOOK_METADATA, "posenc": {"lesson": source.stem}}


class _Ids:
    """Cell ids that stay the same as long as the cell does."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def given(self, name: str) -> str:
        """The id that an author gave a cell, by which links find it whatever it comes to say."""
        if not GIVEN.fullmatch(name):
            raise CourseError(
                f"a cell has id={name!r}: write letters, digits and hyphens, as in "
                'id="trap-two", and not the beginning of an id that the builder gives'
            )
        if name in self.seen:
            raise CourseError(f"two cells have id={name!r}: a link could mean either")
        return self.named(name)

    def named(self, name: str) -> str:
        self.seen[name] += 1
        count = self.seen[name]
        return name[:60] if count == 1 else f"{name[:60]}-{count}"

    def hashed(self, kind: str, text: str) -> str:
        return self.named(hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()[:12])


def _cell(cell: Cell, ids: _Ids) -> NotebookNode:
    make = {"code": new_code_cell, "markdown": new_markdown_cell}.get(cell.kind)
    if make is None:
        raise CourseError(f"a {cell.kind} cell: write it as markdown or code")
    metadata = copy.deepcopy(cell.metadata)
    given = metadata.pop("id", None)
    if cell.exercise:
        made = make(cell.exercise.stub, id=ids.named(f"exercise-{cell.exercise.name}"))
    else:
        text = learners(cell.source) if cell.kind == "code" else cell.source
        named = given is not None
        made = make(text, id=ids.given(str(given)) if named else ids.hashed(cell.kind, text))
    made.metadata.update(metadata)
    return made


def _solutions(exercises: tuple[Exercise, ...], ids: _Ids) -> list[NotebookNode]:
    texts = [SOLUTIONS.rstrip()] if exercises else []
    cells = [new_markdown_cell(text, id=ids.named("solutions")) for text in texts]
    for exercise in exercises:
        heading = f"**{exercise.heading}** · `{exercise.name}`"
        code = f"{MARKER.format(name=exercise.name)}\n{exercise.answer}"
        answer = new_code_cell(code, id=ids.named(f"solution-{exercise.name}"))
        answer.metadata.update(tags=["solution"], jupyter={"source_hidden": True})
        cells += [new_markdown_cell(heading, id=ids.hashed("heading", heading)), answer]
    return cells
