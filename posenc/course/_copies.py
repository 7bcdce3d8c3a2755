"""A learner's own copies of the lessons: brought up to date, never overwritten."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from posenc.course import _lesson, _places

RECORD = Path(".posenc") / "copies.json"


def update(root: Path, work: Path) -> list[str]:
    """Bring the lessons of `root` into `work`; return a line for each thing done."""
    (work / RECORD).parent.mkdir(parents=True, exist_ok=True)
    record, said = _read_record(work / RECORD)
    for lesson in _places.lessons(root):
        entry = record.setdefault(lesson.stem, {"latest": "", "files": {}})
        line = _deliver(lesson.stem, _cleared(lesson), work, entry)
        said += [line] if line else []
    content = json.dumps(record, indent=1, sort_keys=True).encode()
    _places.write_aside(work / RECORD, content)
    return said


def _deliver(stem: str, content: bytes, work: Path, entry: dict) -> str | None:
    """Put one lesson where it overwrites nothing of the learner's."""
    digest, files, main = _sha256(content), entry["files"], work / f"{stem}.ipynb"
    copies = {path.name: _sha256(path.read_bytes()) for path in _copies(stem, work)}
    if os.path.lexists(main) and (digest == entry["latest"] or digest in copies.values()):
        # Here already; noted, in case the record was lost.
        files.update({name: digest for name in copies if copies[name] == digest})
        entry["latest"] = digest
        return None
    untouched = [name for name in copies if files.get(name) == copies[name]]
    if not os.path.lexists(main):
        target, line = main, f"{main.name}: new"
    elif untouched:
        target = work / untouched[0]
        line = f"{target.name}: updated (you had not changed it)"
    else:
        target = _free_name(stem, work)
        line = f"{target.name}: an updated lesson; your {main.name} is as you left it"
    _places.write_aside(target, content)
    files[target.name] = entry["latest"] = digest
    return line


def _copies(stem: str, work: Path) -> list[Path]:
    """`stem.ipynb`, `stem-2.ipynb`, …, as far as they are files, in that order."""
    numbered = re.compile(rf"{re.escape(stem)}(?:-(\d+))?\.ipynb")
    found = [(numbered.fullmatch(path.name), path) for path in work.iterdir()]
    kept = [(int(m[1] or 1), path) for m, path in found if m and path.is_file()]
    return [path for _, path in sorted(kept)]


def _free_name(stem: str, work: Path) -> Path:
    return next(path for path in _numbered(stem, work) if not os.path.lexists(path))


def _numbered(stem: str, work: Path) -> Iterator[Path]:
    number = 2
    while True:
        yield work / f"{stem}-{number}.ipynb"
        number += 1


def _read_record(path: Path) -> tuple[dict, list[str]]:
    """What was delivered, and a line if that can no longer be known."""
    if not path.exists():
        return {}, []
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if all(
            isinstance(entry["latest"], str) and isinstance(entry["files"], dict)
            for entry in record.values()
        ):
            return record, []
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    return {}, [f"{path} cannot be read: every notebook beside it counts as yours"]


def _cleared(lesson: Path) -> bytes:
    """The lesson without its outputs, so that a prediction can be one."""
    notebook = nbformat.read(lesson, as_version=4)
    _lesson.clear(notebook)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
