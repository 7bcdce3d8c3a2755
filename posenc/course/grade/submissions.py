"""The files that were handed in: whose they are, which lesson they answer, their cells."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from posenc.check.trial.solution import name_in
from posenc.course.grade import reader
from posenc.course.grade.reader import Unreadable
from posenc.course.grade.tasks import Lesson
from posenc.course.places import CourseError

COPY = re.compile(r"[ _-]*(\(\d+\)|-Copy\d*)$")  # what browsers and Jupyter add to a second file
UPDATE = r"(?:-\d{1,2}(?!\d))?"  # what `course lab` added to an updated lesson
MARK = r"(?:(?:new|old)\d{0,3}_)?"  # what it writes after the number: 03_new_the_frequency_formula
# How learning platforms name what they hand to the teacher: Moodle's folders, Canvas's files.
MOODLE = re.compile(r"(.+?)_\d+_assignsubmission_")
CANVAS = re.compile(r"([^_]+)_(?:LATE_)?\d+_\d+_", re.IGNORECASE)
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
        """The path below the folder of submissions."""
        return clean(str(self.path.relative_to(self.folder)))


def find(folder: Path, lessons: Iterable[Lesson]) -> list[Submission]:
    """Return the notebooks in a folder: `STUDENT/….ipynb` or `STUDENT.ipynb`, also nested."""
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder; name the one that holds the submissions")
    names = [lesson.name for lesson in lessons]
    found = [
        Submission(_student(path.relative_to(folder), names), path, folder)
        for path in sorted(folder.rglob("*.ipynb"))
        if ".ipynb_checkpoints" not in path.parts
    ]
    if not found:
        raise CourseError(f"no .ipynb in {folder} or below it")
    return found


def _student(path: Path, lessons: list[str]) -> str:
    first = path.parts[0]
    if platform := MOODLE.match(first) or (len(path.parts) == 1 and CANVAS.match(first)):
        return clean(platform[1])
    if len(path.parts) > 1:
        return clean(first)
    name = COPY.sub("", path.stem)
    for lesson in lessons:
        number, _, rest = lesson.partition("_")
        name = re.sub(f"{re.escape(number)}_{MARK}{re.escape(rest)}{UPDATE}", " ", name)
        # "03_ada", and the same of every lesson: a number before a name is the lesson's
        name = re.sub(rf"^{lesson[:2]}[ _-]+(?=\D)", "", name)
    return clean(COPY.sub("", name.strip(" _-"))).strip(" _-") or clean(path.stem)


def answers(submission: Submission, lessons: Iterable[Lesson], names: Collection[str]) -> bool:
    """Return whether a file answers one of these lessons, as far as it can be read."""
    try:
        cells = cells_of(submission.path)
    except Unreadable:
        cells = None
    try:
        return lesson_of(submission.name, cells, lessons).name in names
    except Unreadable:
        return cells is None


def passed_over(folder: Path, submissions: Iterable[Submission]) -> list[str]:
    """Return what lies there and is not graded: other files, and folders without a notebook."""
    near = [path for path in [*folder.glob("*"), *folder.glob("*/*")] if path.name[:1] != "."]
    others = [path for path in near if path.is_file() and path.suffix != ".ipynb"]
    taken = {submission.path.relative_to(folder).parts[0] for submission in submissions}
    empty = [path for path in folder.iterdir() if path.is_dir() and path.name not in taken]
    said = ("not read, for they are no .ipynb", others), ("without a notebook", empty)
    return [f"{what}: {_named(paths, folder)}" for what, paths in said if paths]


def _named(paths: list[Path], folder: Path) -> str:
    names = [clean(str(path.relative_to(folder))) for path in sorted(paths)]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def clean(text: str, most: int = 150) -> str:
    """Return a text in one spelling, cut, and without what cannot be printed."""
    text = text[: 4 * most].encode("utf-8", "replace").decode()
    text = unicodedata.normalize("NFC", text)
    return "".join(char if char.isprintable() else "?" for char in text)[:most]


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


def lesson_of(name: str, cells: Cells | None, lessons: Iterable[Lesson]) -> Lesson:
    """Return the lesson that a file answers: by what is in it, then by its name."""
    ranked = sorted(lessons, key=lambda lesson: -_matches(lesson, cells))
    if ranked and _matches(ranked[0], cells):
        return ranked[0]
    for lesson in ranked:
        if lesson.name in name or re.search(rf"(?<!\d){lesson.name[:2]}(?!\d)", Path(name).stem):
            return lesson
    raise Unreadable("no exercise of this course is in it, and its name names no lesson")


def _matches(lesson: Lesson, cells: Cells | None) -> int:
    if cells is None:
        return 0
    return sum(task.cell_id in cells.by_id or task.checker in cells.checks for task in lesson.tasks)
