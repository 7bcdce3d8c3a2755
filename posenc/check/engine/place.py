"""Where in the learner's own code an exception arose."""

import linecache
import sysconfig
import traceback
from pathlib import Path

_LIBRARY = tuple(
    str(folder)
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        Path(__file__).parents[2],  # posenc
    )
)


def line_of(error: BaseException) -> str:
    """Return the last line of the learner's code that led to the error, "" where there is none.

    >>> line_of(ValueError("never raised"))
    ''
    """
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        file = frame.f_code.co_filename
        if not _is_library(file):
            text = linecache.getline(file, number).strip()
            if len(text) > 70:
                text = f"{text[:69]}…"
            return f"line {number}{_of(file)}" + f", `{text}`" * bool(text)
    return ""


def _is_library(file: str) -> bool:
    return file.startswith((*_LIBRARY, "<frozen", "<__array")) or "site-packages" in file


def _of(file: str) -> str:
    if "ipykernel_" in file or file.startswith("<ipython-input"):
        return " of your cell"
    return "" if file.startswith("<") else f" of {Path(file).name}"
