"""The files that were handed in: whose they are, which lesson they answer, their cells."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from posenc.check.trial.solution import name_in
from posenc.course.grade import kinds, naming, reader
from posenc.course.grade.reader import Unreadable
from posenc.course.grade.tasks import Lesson
from posenc.course.places import CourseError

CALL = re.compile(r"check\.(\w+)\(")
SHOWN = 5  # files in a note


@dataclass(frozen=True)
class Submission:
    """One file of one student."""

    student: str
    path: Path
    folder: Path

    @property
    def name(self) -> str:
        """The path below the folder of submissions, as it is shown."""
        return naming.clean(str(self.below))

    @property
    def below(self) -> Path:
        """The path below the folder of submissions."""
        return self.path.relative_to(self.folder)


def find(folder: Path, lessons: Iterable[Lesson], out: Path | None = None) -> list[Submission]:
    """Return the notebooks in a folder: `STUDENT/….ipynb` or `STUDENT.ipynb`, also nested."""
    return [one for one in handed_in(folder, lessons, out) if kinds.is_notebook(one.path)]


def handed_in(folder: Path, lessons: Iterable[Lesson], out: Path | None = None) -> list[Submission]:
    """Return all that students handed in, readable or not; what is in ``out`` is left alone."""
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder; name the one that holds the submissions")
    names = [lesson.name for lesson in lessons]
    found = [
        Submission(naming.student_of(below, names), folder / below, folder)
        for below in _below(folder, out)
        if (kinds.is_notebook(below) and not kinds.is_litter(below)) or _is_other(folder, below)
    ]
    if not found:
        raise CourseError(f"no .ipynb in {folder} or below it")
    return found


def _below(folder: Path, out: Path | None) -> list[Path]:
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    ours = out.resolve() if out else None
    return [path for path in paths if ours not in (folder.resolve() / path).parents]


def _is_other(folder: Path, below: Path) -> bool:
    return kinds.is_handed_in(below) and (folder / below).is_file()


def lesson_named(submission: Submission, lessons: Iterable[Lesson]) -> Lesson | None:
    """Return the lesson that the path says; None if it says none."""
    by_name = {lesson.name: lesson for lesson in lessons}
    return by_name.get(naming.lesson_in(submission.below, by_name))


def answers(submission: Submission, lessons: Iterable[Lesson], names: Collection[str]) -> bool:
    """Return whether a file answers one of these lessons, as far as it can be read."""
    if not kinds.is_notebook(submission.path):
        named = lesson_named(submission, lessons)
        return named is None or named.name in names
    try:
        cells = cells_of(submission.path)
    except Unreadable:
        cells = None
    try:
        found = lessons_of(submission.name, cells, lessons)
    except Unreadable:
        return cells is None
    return any(lesson.name in names for lesson in found)


def passed_over(
    folder: Path, submissions: Iterable[Submission], out: Path | None = None
) -> list[str]:
    """Return what lies there and is nobody's work: other files, and folders without a hand-in."""
    taken = {submission.below.parts[0] for submission in submissions}
    near = [
        path
        for path in folder.iterdir()
        if path.name not in taken and not kinds.is_litter(path.relative_to(folder))
        and not (out and path.resolve() == out.resolve())
    ]  # fmt: skip
    files = [path for path in near if not path.is_dir()]
    empty = [path for path in near if path.is_dir()]
    said = ("nobody's work, and not read", files), ("folders without a notebook", empty)
    return [f"{what}: {listed(paths, folder)}" for what, paths in said if paths]


def listed(paths: Iterable[Path], folder: Path) -> str:
    """Return the first of these paths and the number of the others."""
    names = [naming.clean(str(path.relative_to(folder))) for path in sorted(paths)]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def sha256(submission: Submission) -> str:
    """Return what changes when the file does."""
    found = hashlib.sha256(submission.name.encode() + b"\0")
    try:
        with reader.opened(submission.path) as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    except (OSError, Unreadable) as problem:
        found.update(str(problem).encode())
    return found.hexdigest()


@dataclass(frozen=True)
class Cells:
    """The code of a submission, and the cells that bear the ids of the lesson's exercises."""

    code: list[str]
    by_id: dict[str, str]

    @cached_property
    def checks(self) -> frozenset[str]:
        """The names of the checkers that are called."""
        return frozenset(name for code in self.code for name in CALL.findall(code))


def cells_of(path: Path) -> Cells:
    """Return the code cells of a notebook of any format, without printed solutions."""
    kept = [cell for cell in reader.cells(path) if not _is_solution(*cell)]
    return Cells([code for _, code, _ in kept], {name: code for name, code, _ in kept})


def _is_solution(name: str, code: str, tagged: bool) -> bool:
    return tagged or name.startswith("solution-") or bool(name_in(code.partition("\n")[0]))


def lessons_of(name: str, cells: Cells | None, lessons: Iterable[Lesson]) -> list[Lesson]:
    """Return the lessons that a file answers: each that has an exercise in it, else by its name.

    A check that several lessons have tells nothing, unless there is nothing else.
    """
    known = list(lessons)
    owners = Counter(name for lesson in known for name in {task.checker for task in lesson.tasks})
    alone = {name for name, count in owners.items() if count == 1}
    if held := [lesson for lesson in known if _matches(lesson, cells, alone)]:
        return held
    counts = {lesson: _matches(lesson, cells, owners) for lesson in known}
    if any(counts.values()):
        return [max(known, key=counts.__getitem__)]
    for lesson in known:
        if lesson.name in name or re.search(rf"(?<!\d){lesson.name[:2]}(?!\d)", Path(name).stem):
            return [lesson]
    raise Unreadable("no exercise of this course is in it, and its name names no lesson")


def _matches(lesson: Lesson, cells: Cells | None, checkers: Container[str]) -> int:
    """Return how many exercises of a lesson are there: by the cell's id, or by these checks."""
    if cells is None:
        return 0
    return sum(
        task.cell_id in cells.by_id or (task.checker in checkers and task.checker in cells.checks)
        for task in lesson.tasks
    )
