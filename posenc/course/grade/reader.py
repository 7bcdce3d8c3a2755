"""Reads a notebook in a process of its own, which has little memory and little time.

What was handed in may be anything, and read whole it takes many times its size. That process
drops outputs and metadata as it reads, and returns the code. It is this file, run as a program:
it needs Python's own library alone, and starts in a few hundredths of a second.
"""

import contextlib
import io
import json
import mmap
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LARGEST = 100_000_000  # bytes of a notebook
CODE = 4_000_000  # characters of its code
CELLS = 10_000
MEMORY = 380_000_000  # bytes that the process may take; the file, which is mapped, comes to that
SECONDS = 20  # that it may compute
WAIT = 120  # seconds after which a file that does not come is left alone
AGAIN = "save the notebook and hand it in again"
CLEAR = "clear its outputs, " + AGAIN
ITSELF = "hand in the .ipynb itself"
OUT_OF = "hand in the .ipynb that is in it"
STARTS = {
    b"PK\x03\x04": f"a zip archive: {OUT_OF}",
    b"Rar!": f"a RAR archive: {OUT_OF}",
    b"7z\xbc\xaf": f"a 7z archive: {OUT_OF}",
    b"\x1f\x8b": f"a gzip archive: {OUT_OF}",
    b"%PDF": f"a PDF: {ITSELF}",
    b"\x89PNG": f"a picture: {ITSELF}",
    b"\xff\xd8\xff": f"a picture: {ITSELF}",
    b"{\\rtf": f"a text document (RTF): {ITSELF}",
    b"<": f"a web page (HTML), perhaps one that shows a notebook: {ITSELF}",
}
# What is kept of an object, which may be the notebook, a sheet, a cell, or its metadata.
KEPT = ("nbformat", "worksheets", "cells", "cell_type", "source", "input", "id", "metadata", "tags")
Cell = tuple[str, str, bool]  # its id, its code, whether it is tagged as a solution


class Unreadable(Exception):
    """This file cannot be graded, and why."""


def cells(path: Path) -> list[Cell]:
    """Return the code cells of a notebook of any format; raise ``Unreadable`` if there are none."""
    command = [sys.executable, "-I", "-S", __file__]
    try:
        with opened(path) as file:
            done = subprocess.run(command, stdin=file, capture_output=True, timeout=WAIT)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"it did not come within {WAIT} s") from None
    if done.returncode:
        most = f"{SECONDS} s and {MEMORY // 1_000_000} MB of memory"
        raise Unreadable(f"it cannot be read within {most}: {CLEAR}")
    told = json.loads(done.stdout)
    if isinstance(told, str):
        raise Unreadable(told)
    return [(name, code, tagged) for name, code, tagged in told]


@contextlib.contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file that was handed in; raise ``Unreadable`` if it is not to be read."""
    if path.is_symlink() or not path.is_file():
        raise Unreadable("it is a link or no file, and links are not followed")
    try:
        file = path.open("rb")
    except OSError as problem:
        raise Unreadable(f"it cannot be opened: {problem.strerror}") from None
    with file:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"it is larger than {LARGEST // 1_000_000} MB: {CLEAR}")
        yield file


# --- in the process of its own ----------------------------------------------------------------


def main() -> None:
    """Read the notebook that is standard input; print its cells, or why there are none."""
    _limit()
    told: Any
    try:
        told = _cells(_parsed(_text()))
    except Unreadable as problem:
        told = str(problem)
    except RecursionError:
        told = "it is no notebook: it is nested too deeply; hand in the .ipynb itself"
    sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"))


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has none
        return
    for kind, most in ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _text() -> str:
    """Return the file as text: of what is no ASCII the bytes, two for each, until it is kept.

    As text of the usual kind one emoji would make all of it four bytes a character.
    """
    try:
        raw = mmap.mmap(sys.stdin.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        raise Unreadable(f"it is empty: {AGAIN}") from None
    with raw:
        start = raw[:1024]
        for mark, said in STARTS.items():
            if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(mark):
                raise Unreadable(f"it is {said}")
        encoding = json.detect_encoding(start)
        if not encoding.startswith("utf-8"):
            return str(raw, encoding, "replace")
        with memoryview(raw) as view, view[3 * encoding.endswith("sig") :] as part:
            return str(part, "ascii", "surrogateescape")


def _plain(text: str) -> str:
    """Return a text as it was written, without the halves of characters that no text has."""
    with contextlib.suppress(UnicodeEncodeError):
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_hook=_kept, parse_int=float)
    except json.JSONDecodeError as problem:
        ends = problem.msg.startswith("Unterminated") or len(text) - problem.pos < 10
        if ends and text[:1024].lstrip().startswith("{"):
            raise Unreadable(f"the file breaks off: {AGAIN}") from None
        where = f"line {problem.lineno}, column {problem.colno}"
        raise Unreadable(f"it is no notebook: {where}, is no JSON; {ITSELF}") from None


def _kept(found: dict[str, Any]) -> dict[str, Any] | None:
    return {key: found[key] for key in KEPT if key in found} or None


def _cells(told: Any) -> list[Cell]:
    if not isinstance(told, dict) or not ("cells" in told or "worksheets" in told):
        raise Unreadable(f"it is no notebook: it has no cells; {ITSELF}")
    form = told.get("nbformat", 4)
    if isinstance(form, float) and form > 4:
        raise Unreadable(f"its format is {form:g}, and none after 4 is read: save it in that")
    try:
        sheets = [told] if "cells" in told else told["worksheets"]
        found = [cell for sheet in sheets for cell in sheet["cells"]]
        code = [_cell(cell) for cell in found if cell["cell_type"] == "code"]
    except (TypeError, KeyError, AttributeError):
        raise Unreadable(f"it is no notebook: a cell of it is none; {ITSELF}") from None
    length = sum(len(name) + len(text) for name, text, _ in code)
    for what, most, many in (("cells", CELLS, len(found)), ("characters of code", CODE, length)):
        if many > most:
            raise Unreadable(f"it has {many} {what}, and at most {most} are read")
    return [(_plain(name), _plain(text), tagged) for name, text, tagged in code]


def _cell(cell: dict[str, Any]) -> Cell:
    lines = cell.get("source", cell.get("input", ""))
    code = lines if isinstance(lines, str) else "".join(lines)
    about = cell.get("metadata")
    tags = (about.get("tags") if isinstance(about, dict) else None) or []
    return str(cell.get("id", "")), code, "solution" in tags


if __name__ == "__main__":
    main()
