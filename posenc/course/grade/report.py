"""What the teacher gets: a table, a page for each student, a page and a picture for the class."""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from posenc._files import write_aside
from posenc.course.grade import pages
from posenc.course.grade.outside.judge import RANK

COLUMNS = ("student", "lesson", "heading", "exercise", "verdict", "mistake", "message", "seconds",
           "points", "of", "file", "draw")  # fmt: skip
# What spreadsheets take for a formula: a sign, also in another width and behind what is not seen.
# One that separates cells by semicolons begins a new cell behind each.
FORMULA = re.compile(
    "(^|;)(?=[\\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*[=+\\-@＝＋－＠﹦﹢﹣﹫]|[\t\r\n])"
)
Row = dict[str, Any]


def write(out: Path, results: list[Row], notes: list[str]) -> list[Row]:
    """Write the two tables, `feedback/`, `mistakes.png` and `index.html`; return the rows."""
    rows = best(results)
    write_aside(out / "results.csv", _csv(COLUMNS, rows))
    points = points_by_lesson(rows)
    write_aside(out / "points.csv", _csv(points[0], points))
    names = pages.file_names({row["student"] for row in rows})
    (out / pages.FEEDBACK).mkdir(exist_ok=True)
    for student, name in names.items():
        mine = [row for row in rows if row["student"] == student]
        write_aside(out / pages.FEEDBACK / name, pages.feedback(student, mine))
    picture = pages.mistakes(rows)
    if picture is not None:
        write_aside(out / "mistakes.png", picture.png)
    write_aside(out / "index.html", pages.of_class(rows, names, picture, notes))
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
    for lesson, of in sorted(pages.by_lesson(rows).items()):
        most = {row["exercise"]: row["of"] for row in of}
        heads[lesson] = f"{lesson} (of {sum(most.values()):g})"
    heads.pop("", None)  # what answers no lesson has no points
    table = []
    for student in dict.fromkeys(row["student"] for row in rows):
        mine = [row for row in rows if row["student"] == student]
        sums = {lesson: pages.total(of, "points") for lesson, of in pages.by_lesson(mine).items()}
        by_lesson = {head: sums.get(lesson, "") for lesson, head in heads.items()}
        table.append({"student": student, **by_lesson, "all": pages.total(mine, "points")})
    return table


def _csv(columns: Iterable[str], rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({name: _plain(row[name]) for name in writer.fieldnames} for row in rows)
    return text.getvalue().encode("utf-8-sig")  # by the mark spreadsheets know the encoding


def _plain(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return FORMULA.sub(r"\1'", value) if isinstance(value, str) else value
