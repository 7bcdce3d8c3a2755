"""A learner's own copies of the lessons: brought up to date, never overwritten."""

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from posenc._files import write_aside
from posenc.course import cells, places

RECORD = Path(".posenc") / "copies.json"
KEPT = Path(".posenc") / "kept"  # what stood in a file that an update replaced
RELEASED = Path(__file__).with_name("released.json")


@dataclass(frozen=True)
class Copy:
    """A lesson, or a learner's copy of it: its name, its bytes, and the hashes over them."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """Changes with every byte."""
        return cells.digest(self.content)

    @property
    def cells(self) -> str | None:
        """Changes with what a learner can change: a cell's type, its source, the order."""
        return cells.fingerprint(self.content)


def update(root: Path, work: Path) -> list[str]:
    """Bring the lessons of `root` into `work`; return a line for each thing done."""
    record, said = read_record(work)
    for lesson in own_lessons(root):
        line = _deliver(_fresh(lesson), work, _entry(record, lesson.stem))
        said += [line] if line else []
    write_record(work, record)
    return said


def again(lesson: Path, work: Path) -> list[str]:
    """Put a fresh copy of one lesson in place of the learner's, which is kept; say so."""
    record, said = read_record(work)
    fresh, entry = _fresh(lesson), _entry(record, lesson.stem)
    main = work / fresh.name
    if main.is_file() and _read(main).cells == fresh.cells:
        return [*said, f"{main} is as the course has it: there is nothing to begin again."]
    kept = None
    if os.path.lexists(main):
        kept = next(path for path in _marked(lesson.stem, "old", work) if not os.path.lexists(path))
        os.rename(main, kept)
    _write(main, fresh, entry)
    _set_aside_updates(fresh, work, entry)
    write_record(work, record)
    old = f"; your old copy is kept as {kept.name}" if kept else ""
    return [*said, f"{main} is a fresh copy{old}."]


def compare(lesson: Path, work: Path) -> list[str]:
    """What differs between the course's lesson and each copy of it, as lines to read."""
    course, copies = _fresh(lesson), [_read(path) for path in copies_of(lesson.stem, work)]
    said = [] if copies else [f"There is no copy of {lesson.name} in {work} yet."]
    for copy in copies:
        lines = cells.differences(copy.content, course.content)
        differ = "differs from the course's lesson:" if lines else "has the course's cells."
        said += [f"{work / copy.name} {differ}", *lines]
    return said


def own_lessons(root: Path) -> list[Path]:
    """The lessons of this course: a notebook of somebody else's is never copied."""
    return [path for path in places.lessons(root) if places.is_lesson(path)]


def copies_of(stem: str, work: Path) -> list[Path]:
    """`01_x.ipynb`, `01_x-2.ipynb` (of the first release), `01_new_x.ipynb`, …, if files."""
    number, _, rest = stem.partition("_")
    mark = rf"{number}_(?:(?P<new>new\d*)_)?{re.escape(rest)}(?:-(?P<old>\d+))?\.ipynb"
    found = [(re.fullmatch(mark, path.name), path) for path in work.iterdir()]
    kept = [(_order(m["new"], m["old"]), path) for m, path in found if m and path.is_file()]
    return [path for _, path in sorted(kept)]


def _order(new: str | None, old: str | None) -> tuple[int, int]:
    return int((new or "new0").removeprefix("new") or 1), int(old or 1)


def _deliver(lesson: Copy, work: Path, entry: dict[str, Any]) -> str | None:
    """Put one lesson where it overwrites nothing of the learner's."""
    main = work / lesson.name
    copies = [_read(path) for path in copies_of(main.stem, work)]
    same = [copy for copy in copies if copy.cells == lesson.cells]
    left = [copy for copy in copies if _unchanged(copy, main.stem, entry)]
    if not os.path.lexists(main):
        target, line = main, f"{main.name}: new"
    elif lesson.digest == entry["latest"] or (same and not _as_delivered(same, entry)):
        _note(same, lesson, entry)
        return None
    elif left:
        target, line = work / left[0].name, f"{left[0].name}: updated (you had not changed it)"
        line += _keep(left[0], work) if not _as_delivered(left[:1], entry) else ""
    else:
        target = next(p for p in _marked(main.stem, "new", work) if not os.path.lexists(p))
        line = f"{target.name}: an updated lesson; your {main.name} is as you left it"
    _write(target, lesson, entry)
    return line


def _as_delivered(copies: list[Copy], entry: dict[str, Any]) -> bool:
    """Whether one of them is what was delivered, byte for byte."""
    return any(entry["files"].get(copy.name) == copy.digest for copy in copies)


def _unchanged(copy: Copy, stem: str, entry: dict[str, Any]) -> bool:
    """Whether a copy has the cells that were delivered: it was opened or run, no more."""
    delivered = {entry["cells"].get(copy.name), *_released().get(stem, [])} - {None}
    return _as_delivered([copy], entry) or copy.cells in delivered


def _note(same: list[Copy], lesson: Copy, entry: dict[str, Any]) -> None:
    """Note what is here already, in case the record was lost."""
    for copy in same:
        entry["cells"][copy.name] = copy.cells
        if copy.digest in (lesson.digest, cells.digest(cells.settled(lesson.content))):
            entry["files"][copy.name] = copy.digest
    entry["latest"] = lesson.digest


def _write(target: Path, lesson: Copy, entry: dict[str, Any]) -> None:
    content = cells.settled(lesson.content)
    write_aside(target, content)
    entry["files"][target.name], entry["latest"] = cells.digest(content), lesson.digest
    entry["cells"][target.name] = lesson.cells


def _keep(copy: Copy, work: Path) -> str:
    """Keep a file that is about to be replaced; return the words that say where."""
    folder, name = work / KEPT, Path(copy.name)
    folder.mkdir(parents=True, exist_ok=True)
    names = [name.name, *(f"{name.stem}-{number}.ipynb" for number in range(2, 1000))]
    for place in (folder / name for name in names):
        if not place.exists():
            write_aside(place, copy.content)
        if place.read_bytes() == copy.content:
            return f"; the file with its outputs is kept as {place.relative_to(work).as_posix()}"
    raise places.CourseError(f"{folder} is full of older copies: move some of them elsewhere.")


def _set_aside_updates(fresh: Copy, work: Path, entry: dict[str, Any]) -> None:
    """An update beside the old copy is the fresh copy's twin now; it goes to what is kept."""
    for path in copies_of(Path(fresh.name).stem, work)[1:]:
        copy = _read(path)
        if copy.cells == fresh.cells:
            _keep(copy, work)
            path.unlink()
            entry["files"].pop(copy.name, None)
            entry["cells"].pop(copy.name, None)


def _marked(stem: str, mark: str, work: Path) -> list[Path]:
    """`01_new_x.ipynb`, `01_new2_x.ipynb`, …: told apart where a list cuts names short."""
    number, _, rest = stem.partition("_")
    return [work / f"{number}_{mark}{n if n > 1 else ''}_{rest}.ipynb" for n in range(1, 1000)]


def _fresh(lesson: Path) -> Copy:
    return Copy(lesson.name, cells.cleared(lesson.read_bytes()))


def _read(path: Path) -> Copy:
    return Copy(path.name, path.read_bytes())


@cache
def _released() -> dict[str, list[str]]:
    """What earlier releases delivered, whose records knew bytes only."""
    return json.loads(RELEASED.read_text(encoding="utf-8"))


# --- the record of what was delivered ------------------------------------------------


def _entry(record: dict[str, Any], stem: str) -> dict[str, Any]:
    entry = record.setdefault(stem, {"latest": "", "files": {}})
    entry.setdefault("cells", {})
    return entry


def read_record(work: Path) -> tuple[dict[str, Any], list[str]]:
    """What was delivered, and a line if that can no longer be known."""
    path = work / RECORD
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return {}, []
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if all(map(_is_entry, record.values())):
            return record, []
    except (ValueError, AttributeError):
        pass
    return {}, [f"{path} cannot be read: every notebook beside it counts as yours"]


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("latest"), str)
        and isinstance(entry.get("files"), dict)
        and isinstance(entry.get("cells", {}), dict)
    )


def write_record(work: Path, record: dict[str, Any]) -> None:
    """Write the record, whole or not at all."""
    content = json.dumps(record, indent=1, sort_keys=True).encode()
    write_aside(work / RECORD, content)
