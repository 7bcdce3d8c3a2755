"""The results of all files put to students: who is who, which file counts, what is told of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posenc.course.grade import kinds, naming, submissions
from posenc.course.grade.submissions import Submission
from posenc.course.grade.tasks import Lesson

Row = dict[str, Any]


@dataclass
class Handed:
    """One file with its results, and the student that they are put to."""

    file: Submission
    rows: list[Row]
    student: str
    counts: bool = True

    @property
    def lessons(self) -> set[str]:
        """The lessons that it answers; "" where it answers none."""
        return {row["lesson"] for row in self.rows}

    @property
    def is_notebook(self) -> bool:
        """Whether it is a notebook, and not something else that was handed in."""
        return kinds.is_notebook(self.file.path)

    @property
    def is_image(self) -> bool:
        """Whether it is an image."""
        return kinds.is_image(self.file.path)


def settle(
    files: Iterable[tuple[Submission, list[Row]]],
    lessons: Iterable[Lesson],
    wanted: Collection[str],
) -> "Class":
    """Return the class: every file put to its student, and those left out that do not count.

    Of a file that answers several lessons, only the rows of those in ``wanted`` are kept.
    """
    handed = [Handed(file, rows, file.student) for file, rows in files]
    apart = _tell_apart(handed)
    _take_numbers_off(handed)
    for one in handed:
        one.rows = [row for row in one.rows if row["lesson"] in {"", *wanted}]
    _leave_out(handed)
    return Class(handed, apart, [lesson.name for lesson in lessons])


@dataclass
class Class:
    """What a class handed in."""

    handed: list[Handed]
    apart: list[list[str]]  # students who share a name
    lessons: Collection[str]

    @property
    def rows(self) -> list[Row]:
        """The results that count, with the names of the students."""
        counted = [one for one in self.handed if one.counts]
        return [row | {"student": one.student} for one in counted for row in one.rows]

    def notes(self) -> list[str]:
        """Return a line for each thing that a teacher should know about these files."""
        readers = {one.student for one in self.handed if one.is_notebook}
        others = [one for one in self.handed if not one.is_notebook]
        lost = [one for one in others if one.counts or one.student not in readers]
        beside = [one for one in others if not one.counts and one.student in readers]
        said = (
            ("not read, hand in the .ipynb itself", lost),
            (
                "not read, because a notebook of the same student counts",
                [one for one in beside if not one.is_image],
            ),
        )
        notes = [f"{what}: {_listed(some)}" for what, some in said if some]
        return [*notes, *self._merged(), *self._apart(), *self._of_several(), *self._doubled()]

    def _merged(self) -> list[str]:
        """Return a line for names that were written in different ways and became one."""
        written: dict[str, dict[str, None]] = defaultdict(dict)
        for one in self.handed:
            if naming.platform_of(one.file.below) is None:
                name = naming.spelled(one.file.below, self.lessons)
                number, rest = naming.without_its_lesson(name)
                written[one.student][rest if rest == one.student else name] = None
        return _cut(
            "taken for one student",
            [
                f"{student} ({' and '.join(naming.clean(name) for name in names)})"
                for student, names in sorted(written.items())
                if len(names) > 1
            ],
        )

    def _apart(self) -> list[str]:
        return _cut(
            "several students have one name, and are told apart by the platform's number",
            [", ".join(students) for students in self.apart],
        )

    def _of_several(self) -> list[str]:
        return [
            f"{one.file.name} holds exercises of {', '.join(sorted(one.lessons))}, "
            "and each of these lessons is graded"
            for one in self.handed
            if len(one.lessons) > 1
        ]

    def _doubled(self) -> list[str]:
        """Return a line for each student with several notebooks for one lesson."""
        files: dict[tuple[str, str], set[Path]] = defaultdict(set)
        for one in self.handed:
            for lesson in one.lessons if one.is_notebook else ():
                files[one.student, lesson].add(one.file.path)
        return [
            f"{student} has {len(found)} files for {lesson or 'no lesson'}, and the best of each "
            f"exercise counts; if {student} is a folder of several students, grade that folder"
            for (student, lesson), found in sorted(files.items())
            if len(found) > 1
        ]


def _listed(some: list[Handed]) -> str:
    return submissions.listed([one.file.path for one in some], some[0].file.folder)


def _cut(what: str, parts: list[str]) -> list[str]:
    """Return one line of these parts, or none."""
    shown, more = parts[: submissions.SHOWN], len(parts) - submissions.SHOWN
    rest = f"; and {more} more" if more > 0 else ""
    return [f"{what}: {'; '.join(shown)}{rest}"] if parts else []


def _tell_apart(handed: list[Handed]) -> list[list[str]]:
    """Add the platform's number to a name that two students have; return what was done.

    Canvas numbers people. Moodle numbers the participants of one assignment, so that two
    numbers are two people where they hand in the same lesson.
    """
    apart = []
    by_name: dict[str, list[tuple[Handed, naming.Platform]]] = defaultdict(list)
    for one in handed:
        if (platform := naming.platform_of(one.file.below)) and platform.number:
            by_name[one.student].append((one, platform))
    for name, found in sorted(by_name.items()):
        if _are_several(found):
            for one, platform in found:
                one.student = f"{name} {platform.number}"
            apart.append(sorted({one.student for one, _ in found}))
    return apart


def _are_several(found: list[tuple[Handed, naming.Platform]]) -> bool:
    numbers = {platform.number for _, platform in found}
    people = {platform.number for _, platform in found if platform.is_lasting}
    of_lessons = [{(platform.number, name) for name in one.lessons} for one, platform in found]
    handed_in = set().union(*of_lessons)
    shared = len({name for _, name in handed_in}) < len(handed_in)
    return len(people) > 1 or (len(numbers) > 1 and shared)


def _take_numbers_off(handed: list[Handed]) -> None:
    """Take a lesson's number off a name: 03_12345678 and 04_12345678 are one student.

    It is one where every file of that name answers the lesson of its own number. In a class
    that is called student_01, student_02, … the numbers stay.
    """
    by_rest: dict[str, list[tuple[Handed, str]]] = defaultdict(list)
    for one in handed:
        number, rest = naming.without_its_lesson(one.student)
        if rest and not naming.platform_of(one.file.below):
            by_rest[rest].append((one, number))
    for rest, found in by_rest.items():
        if all(number in {name[:2] for name in one.lessons} for one, number in found):
            for one, _ in found:
                one.student = rest


def _leave_out(handed: list[Handed]) -> None:
    """Leave out what is no notebook and says nothing new of its student."""
    told: dict[str, set[str]] = defaultdict(set)
    for one in sorted(handed, key=lambda one: (not one.is_notebook, one.lessons == {""})):
        mine = told[one.student]
        is_new = not mine if one.lessons == {""} else not one.lessons <= mine
        one.counts = one.is_notebook or (is_new and not (mine and one.is_image))
        mine |= one.lessons
