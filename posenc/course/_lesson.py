"""A built lesson, read without the tools that build one: its title, its tags, its outputs."""

from nbformat import NotebookNode

from posenc.course._cells import COMMITTED


def without_committed(notebook: NotebookNode) -> None:
    """Take away the lines that say how to work with a committed notebook."""
    for cell in notebook.cells[:1]:
        cell.source = cell.source.replace(COMMITTED, "")


def clear(notebook: NotebookNode) -> None:
    """Take the outputs away: below a question they would answer it."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def title(notebook: NotebookNode) -> str:
    """The heading with which a lesson begins."""
    return str(notebook.cells[0].source.splitlines()[0].lstrip("# "))


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", []))
