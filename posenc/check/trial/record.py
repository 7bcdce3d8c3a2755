"""The learner's own record: a line of JSON for each answer that was checked and each guess.

Where ``POSENC_RECORD`` names a file (``make lab`` names ``record.jsonl`` beside the copies)
the lines are added there; what cannot be written is remembered in this kernel. Nothing is
sent anywhere, and deleting the file loses nothing but the record.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, BinaryIO

EXERCISES = {  # read off the folders, which name them in the order of the course; in a zip, too
    name.removeprefix("lesson_"): import_module(f"posenc.check.{name}").EXERCISES
    for _, name, _ in iter_modules([str(Path(__file__).parents[1])])
    if name.startswith("lesson_")
}
CALLED = {  # the answer's name in the notebook, where it is not that of its checker
    "attention": "masked_attention",
    "positional_module": "MyEncoding",
    "mended_table": "mended",
    "table_test": "is_healthy",
    "rotary": "rotary_real",
    "own_encoding": "Own",
}
LESSON = {name: lesson for lesson, row in EXERCISES.items() for name in row}
RETIRED = {  # exercises of earlier editions that copies still call: their checkers stay
    name: lesson
    for lesson in EXERCISES
    for name in getattr(import_module(f"posenc.check.lesson_{lesson}"), "RETIRED", ())
}
Event = dict[str, Any]
_unwritten: list[Event] = []  # this kernel's events that are in no file
_left_out: list[str] = []  # the solutions that are running: what they pass is not the learner's


def exercise(name: str, mark: str, mistake: str | None) -> None:
    """Note what a checker said of the learner's answer; a stub is no answer yet."""
    if mark != "○" and not is_left_out():
        lesson = (LESSON | RETIRED).get(name, "")
        add({"exercise": name, "lesson": lesson, "mark": mark, "mistake": mistake})


@contextlib.contextmanager
def left_out(solution: str) -> Iterator[None]:
    """Record nothing while a solution runs."""
    _left_out.append(solution)
    try:
        yield
    finally:
        _left_out.pop()


def is_left_out() -> bool:
    """Return whether a solution runs: what it passes is not the learner's."""
    return bool(_left_out)


def keeps() -> bool:
    """Return whether there is a learner: the builder and nbval are none."""
    return os.environ.get("POSENC_QUIET") != "1"


def add(event: Event) -> None:
    """Keep an event, in the file where there is one."""
    if not keeps():
        return
    path = file()
    try:
        if path is None:
            raise OSError("no file is named")
        line = (json.dumps(event, ensure_ascii=False) + "\n").encode()
        with path.open("ab+", buffering=0) as lines:  # one write: two labs may add at once
            lines.write(b"\n" * _is_torn(lines) + line)
    except OSError:  # a record that cannot be written must not stop an answer from being checked
        _unwritten.append(event)


def file() -> Path | None:
    """Return the file that ``POSENC_RECORD`` names, None where it names none."""
    named = os.environ.get("POSENC_RECORD")
    return Path(named) if named else None


def events() -> list[Event]:
    """Return the record: the lines of the file, then what is in this kernel's memory alone."""
    path = file()
    if not keeps():
        return []
    return [*(read(path) if path else []), *_unwritten]


def _is_torn(lines: BinaryIO) -> bool:
    """Whether the last line has no end, because a disk was full or an editor took it."""
    if not lines.seek(0, os.SEEK_END):
        return False
    lines.seek(-1, os.SEEK_END)
    return lines.read(1) != b"\n"


def read(path: Path) -> list[Event]:
    """Return the events of a file, none where it is not there or cannot be read.

    A broken line (a full disk, an editor) costs that line alone.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    except OSError:
        return []
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            event = json.loads(line)
            found += [event] if is_event(event) else []
    return found


WORDS = ("exercise", "lesson", "key", "mark", "guess", "question", "sure", "notebook", "cell")


def is_event(event: object) -> bool:
    """Whether a line of a record says what such a line can say; anybody may have edited it."""
    if not isinstance(event, dict):
        return False
    words = [event[name] for name in WORDS if name in event]
    right = event.get("right", "")
    return all(isinstance(word, str) for word in words) and isinstance(right, str | list)
