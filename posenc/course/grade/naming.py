"""Whose a file is, and which lesson it names: read off its path."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from posenc.course.grade import kinds

UPDATE = r"(?:-\d{1,2}(?!\d))?"  # what `course lab` added to an updated lesson
MARK = r"(?:(?:new|old)\d{0,3}_)?"  # what it writes after the number: 03_new_the_frequency_formula
WORD = r"(?:lesson|notebook|nb|homework|hw)?[ _-]*"  # before a lesson's number
SAID = r"[ _.-]+"  # between a lesson's number and a name
NO_DATE = r"(?<![ _.-]\d\d[ _.-])(?<!20\d\d[ _.-])"

# How systems, browsers and Colab call a second file.
COPY = (
    "copy|kopie|copie|copia|cópia|kopia|kopi|kopio|kopya|копия|копія|副本|複製|コピー|복사본|사본"
)
OF = "of|von|van|de|di|do|da|av|af"
NUMBER = r"[(（]\d+[)）]"
COPY_BEFORE = re.compile(
    rf"^(?:(?:{COPY})[ _]*(?:{NUMBER}[ _]*)?(?:{OF})|kopia|kopio|копия|копія)[ _]+", re.IGNORECASE
)
COPY_AFTER = re.compile(
    rf"(?:[ _-]*{NUMBER}|(?:[ _]*[-–—][ _]*|[ _]+)(?:{COPY})(?:[ _]+(?:{OF}))?[ _]*\d*"
    r"|[”\" _]*的副本|[ _]*のコピー|의[ _]*사본)$",
    re.IGNORECASE,
)

# How learning platforms name what they hand to the teacher: Moodle's folders, Canvas's files.
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_")
CANVAS = re.compile(
    r"(?P<name>[^\W\d].*?|)_(?:late_)?(?P<number>\d{2,})_\d{3,}_|"
    r"(?P<unnamed>anon_[^_]+)_(?:late_)?\d{3,}_",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Platform:
    """What a learning platform says about the student of a file."""

    name: str
    number: str
    is_lasting: bool  # Canvas numbers people; Moodle the participants of one assignment


def platform_of(path: Path) -> Platform | None:
    """Return what Moodle or Canvas wrote into a name; None if neither did."""
    if found := next(filter(None, map(MOODLE.match, path.parts)), None):
        return Platform(clean(found["name"]), found["number"], False)
    if len(path.parts) == 1 and (found := CANVAS.match(path.name)):
        name = found["name"] or found["unnamed"] or found["number"]
        return Platform(clean(name), found["number"] or "", True)
    return None


def student_of(path: Path, lessons: Collection[str]) -> str:
    """Return the student that a path below the submissions names."""
    if platform := platform_of(path):
        return platform.name
    name, before = _typed(path, lessons), ""
    while name != before:
        before = name
        name = _trimmed(COPY_BEFORE.sub("", COPY_AFTER.sub("", name)))
        name = _without_number(kinds.NOTEBOOK.sub("", name), lessons)
    return clean(name or _whole(path))


def spelled(path: Path, lessons: Collection[str]) -> str:
    """Return the student's name as it was typed: only the lesson's name is taken away."""
    return _typed(path, lessons) or _whole(path)


def _typed(path: Path, lessons: Collection[str]) -> str:
    name = whole = _whole(path)
    for lesson in lessons:
        name = re.sub(rf"{_pattern(lesson)}{UPDATE}(?:[ _]?{NUMBER}(?=[ _-]))?", " ", name)
    if name != whole:
        name = re.sub(r"[ _-]*  *[ _-]*", " ", _trimmed(name))
    return _without_number(name, lessons)


def _whole(path: Path) -> str:
    first = path.parts[0]
    name = kinds.bare(first) if len(path.parts) == 1 else first
    return unicodedata.normalize("NFC", name.encode("utf-8", "backslashreplace").decode())


def _pattern(lesson: str) -> str:
    number, _, rest = lesson.partition("_")
    words = "[ _-]".join(map(re.escape, rest.split("_")))
    return rf"(?i:{re.escape(number)}[ _-]{MARK}{words})"


def _without_number(name: str, lessons: Collection[str]) -> str:
    """Return "ada" of "03_ada", and the same of every lesson: before letters it is the lesson's."""
    numbers = "|".join({re.escape(lesson[:2]) for lesson in lessons})
    return re.sub(rf"^(?i:{WORD})(?:{numbers}){SAID}(?=\D)", "", name) if numbers else name


def _trimmed(name: str) -> str:
    return name.strip(" _-“”\"'")


def without_its_lesson(student: str) -> tuple[str, str]:
    """Return what may be a lesson's number, and the rest; two empty texts if there is none.

    Only the lesson that is in the file can tell whether it is one.

    >>> without_its_lesson("03_12345678"), without_its_lesson("ada_03"), without_its_lesson("ada")
    (('03', '12345678'), ('03', 'ada'), ('', ''))
    """
    if found := re.fullmatch(rf"(?i:{WORD})(\d\d){SAID}(\d.*)", student):
        return found[1], found[2]
    if found := re.fullmatch(rf"(.*?[^ _.-]){SAID}(?i:{WORD})(\d\d)", student):
        return found[2], found[1]
    return "", ""


def lesson_in(path: Path, lessons: Collection[str]) -> str:
    """Return the lesson that a name says: its whole name, or its number at either end; or ""."""
    places = [kinds.bare(path.name), *reversed(path.parts[:-1])]
    for place in (CANVAS.sub("", MOODLE.sub("", place)) for place in places):
        for lesson in lessons:
            number = re.escape(lesson[:2])
            ends = rf"^(?i:{WORD}){number}(?![\d.])|{NO_DATE}(?<=[ _.-]){number}$"
            if re.search(_pattern(lesson), place) or re.search(ends, _no_copy(place)):
                return lesson
    return ""


def _no_copy(name: str) -> str:
    return COPY_BEFORE.sub("", COPY_AFTER.sub("", name))


def clean(text: str, most: int = 150) -> str:
    """Return a text in one spelling, cut, and without what cannot be printed."""
    text = text[: 4 * most].encode("utf-8", "replace").decode()
    text = unicodedata.normalize("NFC", text)
    return "".join(char if char.isprintable() else "?" for char in text)[:most]
