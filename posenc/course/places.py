"""Where things lie, and the one kind of error that the commands raise."""

import json
from collections.abc import Iterable
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]  # where the package is installed: no clone

# What a lesson runs under in the builder, and under nbval (the root conftest.py
# says the same, a test compares): false claims raise, no progress bars, and one
# thread, because at these sizes more threads are slower and sum in another order.
KERNEL_ENV = {
    "POSENC_STRICT": "1",
    "POSENC_QUIET": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # The kernel's debugger, which no lesson uses, else warns on the terminal.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


class CourseError(Exception):
    """What went wrong, where, and what to do, in words for the terminal."""


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds this course, or the package's own."""
    for folder in (start, *start.parents, COURSE):
        # Many projects have a folder of notebooks, and some have sources of them there.
        if any(map(_is_source, sources(folder))) or any(map(is_lesson, lessons(folder))):
            return folder
    raise CourseError(
        f"There are no lessons of this course in {start} or above it; "
        "run this command in the course's folder."
    )


def is_lesson(path: Path) -> bool:
    """Whether a notebook is a lesson of this course: the builder has written so into it."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return isinstance(notebook["metadata"]["posenc"]["lesson"], str)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _is_source(path: Path) -> bool:
    return "posenc" in path.read_text(encoding="utf-8", errors="replace")


def sources(root: Path) -> list[Path]:
    """Every lesson's source, in the order of the course."""
    return sorted((root / "notebooks" / "src").glob("[0-9][0-9]_*.py"))


def lessons(root: Path) -> list[Path]:
    """Every built lesson, in the order of the course."""
    return sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def built_from(source: Path) -> Path:
    """`notebooks/src/03_x.py` -> `notebooks/03_x.ipynb`."""
    return source.parent.parent / f"{source.stem}.ipynb"


def choose(paths: list[Path], names: Iterable[str]) -> list[Path]:
    """The paths whose names begin with one of `names`; all of them if none is given."""
    wanted = [Path(name).stem for name in names]
    for name in wanted:
        if not any(path.stem.startswith(name) for path in paths):
            known = ", ".join(path.stem for path in paths) or "none"
            raise CourseError(f"no lesson begins with {name!r}; there are: {known}")
    return [
        path for path in paths if not wanted or any(path.stem.startswith(name) for name in wanted)
    ]
