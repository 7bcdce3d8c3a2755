"""What a learner can change in a notebook: its cells. Read from the file's own JSON.

JupyterLab writes more than that when a lesson is only opened or run: outputs, counts, the
state of widgets, the version of Python. None of it counts as a change. Nothing is imported
here, because the copies are looked at before the course opens, and that should be quick.
"""

import difflib
import hashlib
import json
import platform
from typing import Any

Cell = tuple[str, str]  # its type and its source
LANGUAGE = {  # as JupyterLab writes it, but for the version
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
# Which edition one reads, below the title and again where an error is to be reported.
EDITION = "\n\n*Edition {}*"
REPORT = """

*You found an error? Tell the person who gave you this course, or open an issue where it came from.
Say which lesson, edition ({}) and section it is in, what you saw, and what you expected.*"""
# Below the title of a committed notebook; the copies and the editions leave it out.
COMMITTED = """

*This is the lesson as it is published, with its outputs.
To work on it, run `make lab` in the course's folder:
it opens a copy of your own, without outputs, so that you can predict before you see.*"""

# With what the section of solutions begins, which the builder adds.
SOLUTIONS = """\
## Solutions

*Run All* leaves these cells out: only your own answer counts as solved.
To see a solution pass its check, run its cell and then, in a cell of your own, the call that its first line names.
"""  # noqa: E501


def title_of(text: str) -> str:
    """The heading with which a text begins, without its marks."""
    return text.partition("\n")[0].lstrip("# ")


def tags(cell: Any) -> list[str]:
    """The tags of a cell."""
    return list(cell["metadata"].get("tags", []))


def without_committed(notebook: Any) -> None:
    """Take away the lines that say how to work with a committed notebook."""
    for cell in notebook["cells"][:1]:
        cell["source"] = _text(cell["source"]).replace(COMMITTED, "")


def clear(notebook: Any) -> None:
    """Take the outputs away: below a question they would answer it."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None


def cells_of(content: bytes) -> list[Cell] | None:
    """The cells of a notebook in their order, None if it cannot be read."""
    try:
        return [(str(cell["cell_type"]), _text(cell["source"])) for cell in _read(content)["cells"]]
    except (ValueError, LookupError, TypeError):
        return None


def fingerprint(content: bytes) -> str | None:
    """A hash over the type and the source of every cell, None if there are none to read."""
    cells = cells_of(content)
    return None if cells is None else digest(json.dumps(cells).encode())


def digest(content: bytes) -> str:
    """The hash of the bytes."""
    return hashlib.sha256(content).hexdigest()


def cleared(content: bytes) -> bytes:
    """The lesson without its outputs, which would answer the questions above them."""
    notebook = _read(content)
    without_committed(notebook)
    clear(notebook)
    for cell in notebook["cells"][:1]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    return _as_bytes(notebook)


def settled(content: bytes) -> bytes:
    """The lesson with what JupyterLab would note of this machine's Python when it opens it.

    Without it a lesson that was only opened would ask on closing whether to save it.
    """
    notebook = _read(content)
    metadata = notebook.setdefault("metadata", {})
    metadata["language_info"] = LANGUAGE | {"version": platform.python_version()}
    return _as_bytes(notebook)


def differences(mine: bytes, course: bytes) -> list[str]:
    """What differs, cell by cell, as lines to read; empty where every cell is the same."""
    own, other = cells_of(mine), cells_of(course)
    if own is None or other is None:
        return ["It cannot be read as a notebook, so its cells cannot be compared."]
    lines: list[str] = []
    matcher = difflib.SequenceMatcher(None, own, other, autojunk=False)
    for kind, *(a, b, c, d) in matcher.get_opcodes():
        if kind != "equal":
            lines += ["", _where(a, b, c, d), *_changed(own[a:b], other[c:d])]
    return lines


def _where(a: int, b: int, c: int, d: int) -> str:
    """Which cells are compared, counted from 1."""
    if a == b:
        return f"{_named(c, d)} of the course, not in your copy:"
    if c == d:
        return f"{_named(a, b)} of your copy, not in the course:"
    theirs = _named(c, d).lower()
    return f"{_named(a, b)} of your copy (-), {theirs} of the course (+):"


def _named(begin: int, end: int) -> str:
    return f"Cell {end}" if end - begin == 1 else f"Cells {begin + 1} to {end}"


def _changed(own: list[Cell], other: list[Cell]) -> list[str]:
    """The lines of some cells as a unified diff, without its heads."""
    rows = difflib.unified_diff(_rows(own), _rows(other), lineterm="", n=2)
    return ["    …" if row.startswith("@@") else f"  {row}" for row in list(rows)[3:]]


def _rows(cells: list[Cell]) -> list[str]:
    return [row for kind, source in cells for row in (f"[{kind}]", *source.splitlines())]


def _as_bytes(notebook: Any) -> bytes:
    # As nbformat writes it, byte for byte: a test compares.
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _read(content: bytes) -> Any:
    return json.loads(content.decode("utf-8"))


def _text(source: Any) -> str:
    """A source, which the format keeps as one text or as a list of lines."""
    return source if isinstance(source, str) else "".join(source)
