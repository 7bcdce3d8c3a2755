"""The learner's record as a file: taken along, brought back, or deleted.

It is a line of JSON for each checked answer and each guess, beside the learner's copies.
"""

import json
from pathlib import Path

from posenc.check.trial.record import Event, read
from posenc.course import _places
from posenc.course._places import CourseError


def take(record: Path, target: Path) -> str:
    """Copy the record to a new file; return a line that says so."""
    events = _there(record)
    if target.exists():
        raise CourseError(f"{target} is there already and stays as it is: name another file")
    try:
        _places.write_aside(target, _lines(events))
    except OSError as problem:
        raise CourseError(f"{target} cannot be written: {problem.strerror}") from None
    return f"{target}: {len(events)} entries of {record}"


def bring(record: Path, source: Path) -> str:
    """Add the entries of another record that are not in this one; return a line that says so."""
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise CourseError(f"{source} cannot be read as a record: {problem}") from None
    wanted = [_event(line, source, n) for n, line in enumerate(text.splitlines(), 1) if line]
    here = read(record)
    new = [event for n, event in enumerate(wanted) if event not in here + wanted[:n]]
    record.parent.mkdir(parents=True, exist_ok=True)
    whole = record.read_bytes() if record.is_file() else b""
    if whole and not whole.endswith(b"\n"):
        whole += b"\n"
    _places.write_aside(record, whole + _lines(new))
    return f"{record}: {len(new)} entries added, {len(wanted) - len(new)} were there already"


def delete(record: Path, *, sure: bool) -> str:
    """Delete the record, or say what would be deleted; return a line that says so."""
    events = _there(record)
    if not sure:
        return f"{record} holds {len(events)} entries. To delete them for good, add --yes."
    record.unlink()
    return f"{record}: deleted, with {len(events)} entries. Your notebooks are as they were."


def _there(record: Path) -> list[Event]:
    if not record.is_file():
        raise CourseError(f"there is no record yet: {record} is written with your first answer")
    return read(record)


def _event(line: str, source: Path, number: int) -> Event:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if not isinstance(event, dict) or not {"exercise", "guess", "right"} & event.keys():
        raise CourseError(
            f"{source} is no record of this course (line {number}: {line[:60]!r}); "
            "nothing was added"
        )
    return event


def _lines(events: list[Event]) -> bytes:
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events).encode()
