"""Where a learner's copies lie: in the course's folder or, if need be, elsewhere."""

import errno
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posenc.course.places import CourseError

VARIABLE = "POSENC_WORK"
STATE = ".posenc"  # in the folder of the copies: what was delivered, JupyterLab's log and settings
REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def folder(root: Path) -> tuple[Path, list[str]]:
    """The folder of the copies, made if it is not there, and a line where it is an unusual one."""
    named = os.environ.get(VARIABLE)
    if named:
        work = Path(os.path.abspath(Path(named).expanduser()))
        return _made(work, f"give {VARIABLE} another folder"), []
    work = root / "work"
    try:
        _make(work)
        return work, []
    except OSError as problem:
        if problem.errno not in REFUSED:
            raise _unusable(work, problem, f"or set {VARIABLE} to another folder") from None
    other = _home() / "posenc-work"
    _made(other, f"set {VARIABLE} to a folder that can be written")
    return other, [f"{root} cannot be written, so your copies are kept in {other}."]


def record(work: Path) -> Path:
    """The file in which the checkers note answers and guesses."""
    return Path(os.environ.get("POSENC_RECORD") or work / "record.jsonl")


def command(words: str) -> str:
    """How to call the course's command line on this machine, from any folder."""
    if os.name == "nt":
        return f'& "{sys.executable}" -m posenc.course {words}'
    return f"{shlex.quote(sys.executable)} -m posenc.course {words}"


def setting(work: Path) -> str:
    """What stands before a command to have the copies in `work`."""
    if os.name == "nt":
        return f'$env:{VARIABLE} = "{work}"; '
    return f"{VARIABLE}={shlex.quote(str(work))} "


@contextmanager
def explained(work: Path) -> Iterator[None]:
    """Turn what the disk refuses into a sentence."""
    try:
        yield
    except OSError as problem:
        place = Path(problem.filename or work)
        raise _unusable(place, problem, f"or set {VARIABLE} to another folder") from None


def _made(work: Path, remedy: str) -> Path:
    try:
        _make(work)
    except OSError as problem:
        raise _unusable(work, problem, remedy) from None
    return work


def _make(work: Path) -> None:
    """Make the folder, and try whether a file can be written into it."""
    (work / STATE).mkdir(parents=True, exist_ok=True)
    for place in (work, work / STATE):
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"?")


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise CourseError(
            f"The course's folder cannot be written and there is no home folder; "
            f"set {VARIABLE} to a folder that can be written."
        ) from None


def _unusable(place: Path, problem: OSError, remedy: str) -> CourseError:
    """One sentence for what is wrong with a folder, with the remedy that fits."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return CourseError(
            f"{place} cannot be written because the disk is full: make room and start again, "
            f"{remedy}. Nothing of yours was changed."
        )
    if problem.errno in (errno.EEXIST, errno.ENOTDIR):
        return CourseError(
            f"{place} is needed as a folder for your copies, but something else has that name "
            f"or is above it: rename that, {remedy}."
        )
    return CourseError(f"{place} cannot be written ({problem.strerror}): {remedy}.")
