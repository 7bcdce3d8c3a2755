"""Running a lesson, and running its cells once more, from the last to the first.

A reader runs all cells, then goes back to one of them. It must print what it printed, though
the kernel now holds what the later cells have left: names that two cells give to different
things, generators that have moved on, models that were trained further.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode


@dataclass(frozen=True)
class Difference:
    """A cell that printed one thing when it was reached, and another when it was run again."""

    source: str
    before: str
    after: str

    def __str__(self) -> str:
        first, second = _where_they_part(self.before, self.after)
        code = "\n".join(f"    {line}" for line in self.source.splitlines())
        return f"prints {first!r}: run once more it prints {second!r}; the cell:\n{code}"


def client(notebook: NotebookNode, folder: Path, **more: Any) -> NotebookClient:
    """What runs the cells of a notebook, in a folder, with outputs that are the same twice."""
    return NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        # Where the kernel cuts a long print into messages is chance.
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        **more,
    )


def in_reverse(client: NotebookClient, notebook: NotebookNode) -> Iterator[Difference]:
    """Run the code cells of a notebook that has run, last to first, in the same kernel.

    Yields what came out differently. The notebook keeps the outputs that it has.
    """
    client.allow_errors = True
    for index, cell in reversed(list(enumerate(notebook.cells))):
        if cell.cell_type != "code":
            continue
        again = copy.deepcopy(cell)
        again.outputs = []
        client.execute_cell(again, index)
        notebook.cells[index] = cell  # the client has put the other one there
        before, after = said(cell), said(again)
        if before != after:
            yield Difference(cell.source, before, after)


def changed(notebook: NotebookNode, target: Path) -> bool:
    """Whether the notebook at `target` has other code than this one, or is not there."""
    try:
        there = nbformat.read(target, as_version=4)
    except (OSError, ValueError, AttributeError):
        return True
    return _code(notebook)[:-1] != _code(there)  # the builder adds a last cell of its own


def _code(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def said(cell: NotebookNode) -> str:
    """What the outputs of a cell say in text; pixels and widgets are left out."""
    return "\n".join(text for output in cell.outputs for text in _texts(output))


def _texts(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        yield from output.text.splitlines()
    elif output.output_type == "error":
        yield f"{output.ename}: {output.evalue}"
    else:
        data: dict[str, Any] = output.get("data", {})
        yield from (str(data[kind]) for kind in sorted(data) if kind.startswith("text/"))


def _where_they_part(before: str, after: str) -> tuple[str, str]:
    """The first line of each in which they differ."""
    pairs = zip([*before.splitlines(), ""], [*after.splitlines(), ""], strict=False)
    return next((pair for pair in pairs if pair[0] != pair[1]), (before, after))
