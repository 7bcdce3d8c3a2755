"""What the teacher gets: a table, a page for each student, a page and a picture for the class."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from posenc import plots
from posenc._files import write_aside
from posenc.course.grade.outside.judge import RANK

COLUMNS = ("student", "lesson", "heading", "exercise", "verdict", "mistake", "message", "seconds",
           "points", "of", "file", "draw")  # fmt: skip
MARKS = dict(zip(RANK, "✓≈✗○··", strict=True))
MOST = 24  # mistakes in the picture: one a row
Row = dict[str, Any]


def write(out: Path, results: list[Row], notes: list[str]) -> list[Row]:
    """Write the two tables, `feedback/`, `mistakes.png` and `index.html`; return the rows."""
    rows = best(results)
    write_aside(out / "results.csv", _csv(COLUMNS, rows))
    points = points_by_lesson(rows)
    write_aside(out / "points.csv", _csv(points[0], points))
    pages = _page_names({row["student"] for row in rows})
    (out / "feedback").mkdir(exist_ok=True)
    for student, page in pages.items():
        mine = [row for row in rows if row["student"] == student]
        write_aside(out / "feedback" / page, _feedback(student, mine))
    picture = mistakes(rows)
    if picture is not None:
        write_aside(out / "mistakes.png", picture.png)
    write_aside(out / "index.html", _class_page(rows, pages, picture, notes))
    return rows


def best(results: list[Row]) -> list[Row]:
    """Return one row for each student and exercise: of two files, the better answer."""
    chosen: dict[tuple[str, str, str], Row] = {}
    for row in sorted(results, key=lambda row: (RANK.index(row["verdict"]), row["file"])):
        chosen.setdefault((row["student"], row["lesson"], row["exercise"]), row)
    order = {(row["lesson"], row["exercise"]): None for row in results}
    place = {key: number for number, key in enumerate(order)}
    return sorted(
        chosen.values(),
        key=lambda row: (row["student"], row["lesson"], place[row["lesson"], row["exercise"]]),
    )


def points_by_lesson(rows: list[Row]) -> list[Row]:
    """Return a row for each student: the points of each lesson, and of all; most are named."""
    heads = {}
    for lesson, of in sorted(_by_lesson(rows).items()):
        most = {row["exercise"]: row["of"] for row in of}
        heads[lesson] = f"{lesson} (of {sum(most.values()):g})"
    heads.pop("", None)  # what answers no lesson has no points
    table = []
    for student in dict.fromkeys(row["student"] for row in rows):
        mine = [row for row in rows if row["student"] == student]
        sums = {lesson: _sum(of, "points") for lesson, of in _by_lesson(mine).items()}
        by_lesson = {head: sums.get(lesson, "") for lesson, head in heads.items()}
        table.append({"student": student, **by_lesson, "all": _sum(mine, "points")})
    return table


def doubled(results: Iterable[Row]) -> list[str]:
    """Return a line for each student with several files for one lesson: is it one student?"""
    files: dict[tuple[str, str], set[str]] = {}
    for row in results:
        files.setdefault((row["student"], row["lesson"]), set()).add(row["file"])
    return [
        f"{student} has {len(found)} files for {lesson or 'no lesson'}, and the best of each "
        f"exercise counts; if {student} is a folder of several students, grade that folder"
        for (student, lesson), found in sorted(files.items())
        if len(found) > 1
    ]


def _csv(columns: Iterable[str], rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(row[name]) for name in writer.fieldnames} for row in rows)
    return text.getvalue().encode("utf-8-sig")  # by the mark spreadsheets know the encoding


def _plain(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if risky else value


# --- pages ------------------------------------------------------------------------------------


def _page(**about: Any) -> bytes:
    template = resources.files("posenc.course.grade").joinpath("feedback.html.j2")
    made = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return made.from_string(template.read_text(encoding="utf-8")).render(about).encode()


def _page_names(students: set[str]) -> dict[str, str]:
    """Return a file name for each student: the name itself, where a file may be called so."""
    names: dict[str, str] = {}
    for student in sorted(students):
        safe = "".join(char if char.isalnum() or char in " -_" else "_" for char in student)[:40]
        taken = safe.casefold() in {name.casefold() for name in names.values()}
        if safe != student or taken:
            safe += "-" + hashlib.sha256(student.encode()).hexdigest()[:8]
        names[student] = safe
    return {student: f"{name}.html" for student, name in names.items()}


def _by_lesson(rows: Iterable[Row]) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    for row in rows:
        tables.setdefault(row["lesson"], []).append(row)
    return tables


def _feedback(student: str, rows: list[Row]) -> bytes:
    tables = {
        _with_points(lesson, of): [
            [f"{MARKS[row['verdict']]} {row['verdict']}", _called(row), row["message"],
             f"{row['points']:g} of {row['of']:g}", row["file"]] for row in of
        ] for lesson, of in _by_lesson(rows).items()
    }  # fmt: skip
    columns = ["verdict", "exercise", "what was found", "points", "file"]
    return _page(title=student, tables=tables, columns=columns, picture=None, notes=[])


def _called(row: Row) -> str:
    return " · ".join(filter(None, (row["heading"], row["exercise"])))


def _with_points(lesson: str, rows: list[Row]) -> str:
    return f"{lesson} · {_total(rows)} points" if lesson else ""


def _total(rows: list[Row]) -> str:
    return f"{_sum(rows, 'points'):g} of {_sum(rows, 'of'):g}"


def _sum(rows: list[Row], key: str) -> float:
    return sum(row[key] for row in rows)


def _class_page(rows: list[Row], pages: dict[str, str], picture: Any, notes: list[str]) -> bytes:
    tables: dict[str, list[list[Any]]] = {}
    for lesson, of in _by_lesson(rows).items():
        for student in dict.fromkeys(row["student"] for row in of):
            mine = [row for row in of if row["student"] == student]
            marks = " ".join(MARKS[row["verdict"]] for row in mine)
            tables.setdefault(lesson, []).append([student, marks, _total(mine), pages[student]])
    return _page(
        title="The class", tables=tables, columns=["student", "exercises", "points", "page"],
        picture="mistakes.png" if picture else None, alt=picture.alt if picture else "",
        notes=notes,
    )  # fmt: skip


def mistakes(rows: list[Row]) -> plots.Picture | None:
    """Return which mistakes the class made, the most frequent first; None if there is none."""
    students = len({row["student"] for row in rows})
    counted = Counter(
        f"{row['exercise']}: {row['mistake']}"[:60] for row in rows if row["verdict"] == "wrong"
    )
    if not counted:
        return None
    most = counted.most_common(MOST)
    name, count = most[0]
    return plots.dots(
        {name: [count / students] for name, count in most}, xlabel="students who made it",
        percent=True, trained=False,
        alt=f"The most frequent mistake is {name}, made by {count} of {students} students",
    )  # fmt: skip
