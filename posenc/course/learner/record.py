"""The learner's record as a file: taken along, brought back, or deleted.

It is a line of JSON for each checked answer and each guess, beside the learner's copies.
Answers that passed are kept in a folder beside it, and are deleted with it.
"""

import contextlib
import json
from pathlib import Path

from posenc._files import write_aside
from posenc.check.answers import keeping
from posenc.check.trial.record import Event, is_event, read
from posenc.course.learner.work import folder
from posenc.course.learner.work import record as work_record
from posenc.course.places import CourseError


def export(root: Path, file: Path) -> int:
    """Copy the record to a new file."""
    events, record = _there(root)
    if file.exists():
        raise CourseError(f"{file} is there already and stays as it is: name another file")
    try:
        write_aside(file, _lines(events))
    except OSError as problem:
        raise CourseError(f"{file} cannot be written: {problem.strerror}") from None
    print(f"{file}: {len(events)} entries of {record}")
    return 0


def bring(root: Path, file: Path) -> int:
    """Add the entries of another record that are not in this one."""
    record = _place(root)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise CourseError(f"{file} cannot be read as a record: {problem}") from None
    wanted = [_event(line, file, n) for n, line in enumerate(text.splitlines(), 1) if line]
    here = read(record)
    new = [event for n, event in enumerate(wanted) if event not in here + wanted[:n]]
    record.parent.mkdir(parents=True, exist_ok=True)
    whole = record.read_bytes() if record.is_file() else b""
    if whole and not whole.endswith(b"\n"):
        whole += b"\n"
    write_aside(record, whole + _lines(new))
    print(f"{record}: {len(new)} entries added, {len(wanted) - len(new)} were there already")
    return 0


def delete(root: Path, *, yes: bool) -> int:
    """Delete the record and the answers kept beside it, or say what would be deleted."""
    record = _place(root)
    kept = keeping.files(record)
    events = [] if kept and not record.is_file() else _there(root)[0]
    held = f"{len(events)} entries" + (f", and {len(kept)} answers beside it" if kept else "")
    if yes:
        record.unlink(missing_ok=True)
        for path in kept:
            path.unlink()
        with contextlib.suppress(OSError):  # not there, or other files are in it
            (record.absolute().parent / keeping.FOLDER).rmdir()
        print(f"{record}: deleted, with {held}. Your notebooks are as they were.")
    else:
        print(f"{record} holds {held}. To delete them for good, add --yes.")
    return 0


def _place(root: Path) -> Path:
    work, _ = folder(root)
    return work_record(work)


def _there(root: Path) -> tuple[list[Event], Path]:
    record = _place(root)
    if not record.is_file():
        raise CourseError(f"there is no record yet: {record} is written with your first answer")
    return read(record), record


def _event(line: str, source: Path, number: int) -> Event:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    if not is_event(event) or not {"exercise", "guess", "right"} & event.keys():
        raise CourseError(
            f"{source} is no record of this course (line {number}: {line[:60]!r}); "
            "nothing was added"
        )
    return event


def _lines(events: list[Event]) -> bytes:
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events).encode()
