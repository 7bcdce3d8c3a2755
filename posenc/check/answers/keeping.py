"""Where answers are kept: files with a keyed hash, beside the learner's record.

The key lies in the user's own folder, outside the course. A file that was edited, torn, copied
from another computer or handed in by another learner has a hash that does not match, and is
never run. Where no file can be written, an answer lives as long as this kernel.
"""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import sys
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from posenc._files import write_aside
from posenc.check.trial import record

FOLDER = "answers"
KEY = "answers.key"
PLACE = "POSENC_KEYS"  # names another folder for it: Colab's Drive outlives its machines
KEY_BYTES = 32
LARGEST = 1_000_000  # bytes of a file: no answer comes near


@dataclass(frozen=True)
class Answer:
    """An answer as it is kept: text, never an object."""

    exercise: str
    lesson: str  # its number
    edition: str  # the version of the course whose checker has judged it
    source: str  # runs by itself
    answer: str  # an expression: what the answer is after that
    dtype: str = "float32"  # torch's default where it was judged
    mistake: str | None = None  # the slip's name, where it is wrong

    @property
    def slot(self) -> tuple[str, bool]:
        """What is kept once: the answer that passed, and the first wrong one."""
        return self.exercise, self.mistake is not None


class Spoiled(Exception):
    """A file is not as it was stored; its text says which file."""


_here: dict[tuple[str, bool], Answer] = {}  # kept by this kernel alone


def find(exercise: str, wrong: bool) -> Answer | None:
    """Return the kept answer, None where there is none; raise ``Spoiled`` if it must not be run."""
    here = _here.get((exercise, wrong))
    place = folder()
    if here or place is None:
        return here
    return read(place, exercise, wrong)


def remember(answer: Answer) -> None:
    """Keep an answer in this kernel's memory, where there is no file."""
    _here[answer.slot] = answer


def forget(answer: Answer) -> None:
    """Take an answer out of the memory: it is in a file now."""
    _here.pop(answer.slot, None)


def folder() -> Path | None:
    """Return the folder of the answers: beside the record, None where no record is named."""
    file = record.file()
    return file.absolute().parent / FOLDER if file else None


# --- files ----------------------------------------------------------------------------------


def files(record_file: Path) -> list[Path]:
    """Return the answers beside a record: files named for an exercise, not the learner's others."""
    place = record_file.absolute().parent / FOLDER
    slots = ((exercise, wrong) for exercise in record.LESSON for wrong in (False, True))
    paths = (_file(place, *slot) for slot in slots)
    return [path for path in paths if os.path.lexists(path)]


def store(place: Path, answer: Answer) -> bool:
    """Write an answer, whole or not at all; return whether that could be done."""
    try:
        key = _key()
        if key is None:
            return False
        place.mkdir(parents=True, exist_ok=True)
        kept = asdict(answer) | {"hash": _hash(asdict(answer), key)}
        text = json.dumps(kept, indent=1, ensure_ascii=True) + "\n"
        write_aside(_file(place, *answer.slot), text.encode())
    except OSError:
        return False
    return True


def read(place: Path, exercise: str, wrong: bool) -> Answer | None:
    """Return the answer of a file whose hash matches, None where there is no file.

    Raises ``Spoiled`` for any other file.
    """
    path = _file(place, exercise, wrong)
    if not os.path.lexists(path):
        return None
    key = _key()
    told = _parsed(path)
    signed = told.pop("hash", None)
    if key is None or not _fits(signed, told, key):
        raise Spoiled(str(path))
    answer = Answer(**told) if told.keys() == {field.name for field in fields(Answer)} else None
    if answer is None or answer.slot != (exercise, wrong):  # renamed: another exercise's
        raise Spoiled(str(path))
    return answer


def _parsed(path: Path) -> dict[str, Any]:
    told: Any = None
    with contextlib.suppress(OSError, ValueError, RecursionError, MemoryError):
        if path.is_file() and path.stat().st_size <= LARGEST:  # no pipe, nothing endless
            told = json.loads(path.read_bytes())
    return told if isinstance(told, dict) else {}


def _file(place: Path, exercise: str, wrong: bool) -> Path:
    return place / f"{exercise}{'.first_wrong' if wrong else ''}.json"


def _fits(signed: Any, told: dict[str, Any], key: bytes) -> bool:
    if not (isinstance(signed, str) and signed.isascii()):
        return False
    try:
        return hmac.compare_digest(signed, _hash(told, key))
    except RecursionError:  # nested deeper than an answer is
        return False


def _hash(told: dict[str, Any], key: bytes) -> str:
    text = json.dumps(told, sort_keys=True, ensure_ascii=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


# --- the key --------------------------------------------------------------------------------


def home() -> Path | None:
    """Return the user's own folder for the key, as the system has it; None where there is none."""
    named = os.environ.get(PLACE)
    with contextlib.suppress(RuntimeError):
        if named:
            return Path(named)
        if os.name == "nt":
            return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "posenc"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support" / "posenc"
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "posenc"
    return None


def _key() -> bytes | None:
    """Return this user's key, made at the first use; None where it cannot be kept."""
    place = home()
    if place is None:
        return None
    path = place / KEY
    try:
        if not (path.is_file() and path.stat().st_size == KEY_BYTES):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.unlink(missing_ok=True)  # a torn one is of no use
            _made(path)
        return path.read_bytes()
    except OSError:
        return None


def _made(path: Path) -> None:
    """Write a new key that only this user can read, whole; the first of two that do so wins."""
    number, name = tempfile.mkstemp(dir=path.parent)  # its mode is 0600
    try:
        with os.fdopen(number, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(name, path)
        except FileExistsError:
            return
        except OSError:  # this disk has no links
            os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
