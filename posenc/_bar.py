"""Progress that leaves nothing behind, and interruptions that are told in one line."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
_lines: list["_Line"] = []  # the bars that run now in this notebook, the outermost first


class Interrupted(KeyboardInterrupt):
    """Somebody has stopped a long piece of work; a notebook shows its one line only.

    It is a ``KeyboardInterrupt``, so that Run All ends there.

    >>> Interrupted("Interrupted after 3 of 9 steps.")._render_traceback_()
    ['Interrupted after 3 of 9 steps.']
    """

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@contextlib.contextmanager
def told(line: Callable[[], str]) -> Iterator[None]:
    """Say with ``line`` how far the block came, should somebody interrupt it.

    >>> try:
    ...     with told(lambda: "Interrupted at once."):
    ...         raise KeyboardInterrupt
    ... except Interrupted as error:
    ...     print(error)
    Interrupted at once.
    """
    try:
        yield
    except KeyboardInterrupt:
        _close(_lines)
        raise Interrupted(line()) from None
    except BaseException:  # its traceback would keep the bar open
        _close(_lines)
        raise


def progress(items: Iterable[T], what: str = "") -> Iterable[T]:
    """Return ``items`` with a progress bar, or plain where ``POSENC_QUIET=1``.

    The bar is gone afterwards: in a notebook all bars of a cell share one display, and
    all that is saved of it is an empty output.
    """
    if os.environ.get("POSENC_QUIET") == "1":
        return items
    from tqdm import tqdm

    if (cell := _cell()) is None:
        return tqdm(items, desc=what, leave=False)
    return _shared(items, what, cell)


def _cell() -> int | None:
    """Return the number of the notebook's cell that runs, None outside of notebooks."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return None if getattr(shell, "kernel", None) is None else shell.execution_count


def _shared(items: Iterable[T], what: str, cell: int) -> Iterator[T]:
    from tqdm import tqdm

    _close([line for line in _lines if line.cell != cell])  # of a cell that was broken off
    line = _Line(cell)
    _lines.append(line)
    try:
        # miniters: else a thread of tqdm's would write, and know no cell to write into
        with tqdm(items, what, leave=False, file=line, position=0, ncols=64,
                  miniters=1, mininterval=0.2) as bar:  # fmt: skip
            yield from bar
    finally:
        _close([line])


class _Line:
    """A file for tqdm: what is written replaces what stood there before."""

    def __init__(self, cell: int) -> None:
        self.cell, self.text = cell, ""
        self.handle: Any = None

    def write(self, text: str) -> None:
        self.text = text.strip("\r\n ")
        _show()

    def flush(self) -> None:
        """Nothing waits to be written."""


def _show() -> None:
    """Show the lines of all bars in the display of the first."""
    from IPython.display import display

    shown = "\n".join(line.text for line in _lines if line.text)
    data = {"text/plain": shown} if shown else {}  # nothing at all is drawn for an empty one
    if _lines and _lines[0].handle:
        _lines[0].handle.update(data, raw=True)
    elif shown:
        _lines[0].handle = display(data, raw=True, display_id=True)


def _close(lines: list[_Line]) -> None:
    for line in list(lines):
        if line in _lines:
            line.text = ""
            _show()
            _lines.remove(line)
