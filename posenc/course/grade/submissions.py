"""The files that were handed in: whose they are, which lesson they answer, their cells."""

import hashlib
import re
import unicodedata
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from posenc.check.trial.solution import name_in
from posenc.course.grade.tasks import Lesson
from posenc.course.places import CourseError

LARGEST = 20_000_000  # bytes of a notebook
COPY = re.compile(r"[ _-]*(\(\d+\)|-Copy\d*)$")  # what browsers and Jupyter add to a second file
UPDATE = r"(?:-\d{1,2}(?!\d))?"  # what `course lab` added to an updated lesson
MARK = r"(?:(?:new|old)\d{0,3}_)?"  # what it writes after the number: 03_new_the_frequency_formula
# How learning platforms name what they hand to the teacher: Moodle's folders, Canvas's files.
MOODLE = re.compile(r"(.+?)_\d+_assignsubmission_")
CANVAS = re.compile(r"([^_]+)_(?:LATE_)?\d+_\d+_", re.IGNORECASE)
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


class Unreadable(Exception):
    """This file cannot be graded, and why."""


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
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    return "".join(char if char.isprintable() else "?" for char in text)[:most]


def read_bytes(path: Path) -> bytes:
    """Return what is in a file, or say why it is not read."""
    if path.is_symlink() or not path.is_file():
        raise Unreadable("it is a link or no file, and links are not followed")
    if path.stat().st_size > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST // 1_000_000} MB")
    return path.read_bytes()


def sha256(submission: Submission) -> str:
    """Return what changes when the file does."""
    try:
        content = read_bytes(submission.path)
    except (OSError, Unreadable) as problem:
        content = str(problem).encode()
    return hashlib.sha256(submission.name.encode() + b"\0" + content).hexdigest()


@dataclass(frozen=True)
class Cells:
    """The code of a submission, and the cells that bear the ids of the lesson's exercises."""

    code: list[str]
    by_id: dict[str, str]


def cells_of(path: Path) -> Cells:
    """Return the code cells of a notebook of any format, without printed solutions."""
    try:
        text = read_bytes(path).decode("utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old formats lack ids
            notebook = nbformat.reads(text, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        kept = [cell for cell in cells if not _is_solution(cell)]
        by_id = {str(cell.get("id", "")): str(cell.source) for cell in kept}
        return Cells([str(cell.source) for cell in kept], by_id)
    except OSError as problem:
        raise Unreadable(f"it cannot be opened: {problem.strerror}") from None
    except Unreadable:
        raise
    except Exception as problem:  # nbformat raises whatever the parts it misses raise
        said = " ".join(str(problem).split())[:150]
        raise Unreadable(f"it is no notebook, or a part of one: {said}") from None


def _is_solution(cell: nbformat.NotebookNode) -> bool:
    tagged = "solution" in cell.metadata.get("tags", [])
    named = str(cell.get("id", "")).startswith("solution-")
    return tagged or named or bool(name_in(str(cell.source).partition("\n")[0]))


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
    text = "\n".join(cells.code)
    return sum(
        task.cell_id in cells.by_id or f"check.{task.checker}(" in text for task in lesson.tasks
    )
