"""The pages: one for each student, and one for the class, with the picture of its mistakes."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import jinja2

from posenc import plots
from posenc.course.grade.outside.judge import RANK

MARKS = dict(zip(RANK, "✓≈✗○··", strict=True))
MOST = 24  # mistakes in the picture: one a row
FEEDBACK = "feedback"  # the folder
# Windows opens a device where a file is called so, whatever its suffix.
DEVICES = re.compile(r"(?:con|prn|aux|nul|conin|conout|(?:com|lpt)\d)", re.IGNORECASE)
LONGEST = 40
Row = dict[str, Any]


def file_names(students: Iterable[str]) -> dict[str, str]:
    """Return a file name for each student: the name itself, where a file may be called so.

    No two names are one file, on no system: whatever a system may take for the same (case,
    accents, forms of Unicode) counts as the same. Other names end in a dot and a digest; no name
    that stays as it is has a dot.
    """
    names: dict[str, str] = {}
    taken = set()
    for student in sorted(students):
        safe = "".join(char if char.isalnum() or char in " -_" else "_" for char in student)
        short = safe[:LONGEST].strip(" -") or "_"
        folded = _folded(short)
        is_device = bool(DEVICES.fullmatch(folded))
        if short != student or folded in taken or is_device:
            digest = hashlib.sha256(student.encode("utf-8", "backslashreplace")).hexdigest()[:32]
            short = f"{'_' * is_device}{short}.{digest}"
        else:
            taken.add(folded)
        names[student] = f"{short}.html"
    return names


def _folded(name: str) -> str:
    """Return what is left of a name where a system compares as loosely as it can."""
    loose = unicodedata.normalize("NFKD", name.upper().lower().casefold())
    return "".join(char for char in loose if char.isalnum() or char in " -_")


def by_lesson(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each lesson."""
    tables: dict[str, list[Row]] = {}
    for row in rows:
        tables.setdefault(row["lesson"], []).append(row)
    return tables


def total(rows: list[Row], key: str) -> float:
    """Return a sum over rows."""
    return sum(row[key] for row in rows)


def feedback(student: str, rows: list[Row]) -> bytes:
    """Return a student's page."""
    tables = {
        _with_points(lesson, of): [
            [f"{MARKS[row['verdict']]} {row['verdict']}", _called(row), row["message"],
             f"{row['points']:g} of {row['of']:g}", row["file"]] for row in of
        ] for lesson, of in by_lesson(rows).items()
    }  # fmt: skip
    columns = ["verdict", "exercise", "what was found", "points", "file"]
    return _page("feedback.html.j2", title=student, tables=tables, columns=columns)


def _page(template: str, **about: Any) -> bytes:
    made = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.PackageLoader("posenc.course.grade", "."),
    )
    return made.get_template(template).render(about).encode()


def _called(row: Row) -> str:
    return " · ".join(filter(None, (row["heading"], row["exercise"])))


def _with_points(lesson: str, rows: list[Row]) -> str:
    return f"{lesson} · {_points(rows)} points" if lesson else ""


def _points(rows: list[Row]) -> str:
    return f"{total(rows, 'points'):g} of {total(rows, 'of'):g}"


def of_class(
    rows: list[Row], pages: dict[str, str], picture: plots.Picture | None, notes: list[str]
) -> bytes:
    """Return the page of the class, which links the students' pages."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for lesson, of in by_lesson(rows).items():
        for student in dict.fromkeys(row["student"] for row in of):
            mine = [row for row in of if row["student"] == student]
            tables.setdefault(lesson, []).append({
                "student": student,
                "link": f"{FEEDBACK}/{quote(pages[student])}",
                "marks": " ".join(MARKS[row["verdict"]] for row in mine),
                "points": _points(mine),
            })  # fmt: skip
    return _page(
        "class.html.j2", title="The class", tables=tables, notes=notes, legend=_legend(),
        draw=rows[0]["draw"] if rows else None, alt=picture.alt if picture else "",
    )  # fmt: skip


def _legend() -> str:
    said: dict[str, list[str]] = {}
    for verdict, mark in MARKS.items():
        said.setdefault(mark, []).append(verdict)
    return ", ".join(f"{mark} {' or '.join(names)}" for mark, names in said.items())


def mistakes(rows: list[Row]) -> plots.Picture | None:
    """Return which mistakes were made, the most frequent first; None if there is none.

    A mistake counts by its share of the students who handed in its lesson.
    """
    lessons = by_lesson(rows)
    handed_in = {name: len({row["student"] for row in of}) for name, of in lessons.items()}
    counted = Counter(
        (row["lesson"], f"{row['exercise']}: {row['mistake']}")
        for row in rows
        if row["verdict"] == "wrong"
    )
    if not counted:
        return None
    most = sorted(counted, key=lambda one: (-counted[one] / handed_in[one[0]], one))[:MOST]
    several = len({lesson for lesson, _ in counted}) > 1
    names = [f"{lesson[:2]} {name}"[:60] if several else name[:60] for lesson, name in most]
    shares = [counted[one] / handed_in[one[0]] for one in most]
    return plots.dots(
        {name: [share] for name, share in zip(names, shares, strict=True)},
        xlabel="students who made it, of those who handed in the lesson",
        percent=True, trained=False,
        alt=f"The most frequent mistake is {names[0]}, made by {counted[most[0]]} of "
            f"{handed_in[most[0][0]]} students",
    )  # fmt: skip
