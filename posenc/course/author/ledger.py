"""The ledger: what the lessons claim and rule, gathered from the metadata of their cells.

It is written to three places: all of it to ``notebooks/results/claims.md``, the verdicts to
the README, between two marks, and to ``posenc/check/trial/verdicts.json`` for ``check.ledger()``.
What the lessons ask goes to ``predictions.json`` beside it, for the learner's record, and what
settles it, which is read off the sources, to ``settled.json``; their solutions go to
``posenc/check/answers``, for ``check.mine``.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from posenc._files import write_aside
from posenc.check.trial.ledger import link
from posenc.course import places
from posenc.course.author import solutions
from posenc.course.author.asked import as_json, asked
from posenc.course.places import CourseError

KEY = "posenc"  # in a cell's metadata
COMMAND = "python -m posenc.course claims"
BEGIN, END = f"<!-- verdicts, written by: {COMMAND} -->", "<!-- end of the verdicts -->"
Row = dict[str, Any]


def keep(noted: Path, cell: nbformat.NotebookNode) -> None:
    """Move what a cell has noted from the file into the cell's metadata."""
    rows = [json.loads(line) for line in noted.read_text(encoding="utf-8").splitlines()]
    if rows:
        cell.metadata[KEY] = {"ledger": rows}
    noted.write_text("")


def noted(cell: nbformat.NotebookNode) -> list[Row]:
    """What a built cell has claimed, ruled and asked."""
    return list(cell.metadata.get(KEY, {}).get("ledger", []))


def claims(root: Path) -> int:
    """Write the ledger; print a line for each file that has changed."""
    for path, content in _files(root).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_aside(path, content.encode())
            print(f"written: {path.relative_to(root)}")
    return 0


def stale(root: Path) -> Iterator[str]:
    """A line for each file of the ledger that is not what the lessons say."""
    if not (root / "posenc" / "check").is_dir():
        return  # lessons without a house, as a learner's own
    for path, content in _files(root).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != content:
            yield f"{path.relative_to(root)} is not what the lessons say; run: {COMMAND}"


def rows_of(root: Path) -> list[Row]:
    """Every claim and ruling of the built lessons, with its lesson and the id of its cell."""
    return [
        row | {"lesson": path.stem, "cell": cell.id}
        for path in places.lessons(root)
        for cell in nbformat.read(path, as_version=4).cells
        for row in noted(cell)
    ]


def _files(root: Path) -> dict[Path, str]:
    rows = rows_of(root)
    measured = [row for row in rows if "value" in row]
    verdicts = sorted((row for row in rows if "verdict" in row), key=_number)
    readme = root / "README.md"
    return {
        root / "notebooks" / "results" / "claims.md": _all(measured, verdicts),
        root / "posenc" / "check" / "trial" / "verdicts.json": _json(verdicts),
        root / "posenc" / "check" / "trial" / "predictions.json": _asked(rows),
        root / "posenc" / "check" / "trial" / "settled.json": as_json(
            [asked(source) for source in places.sources(root)]
        ),
        readme: _between_marks(readme, _folded(_verdict_table(verdicts, "notebooks/"))),
        **solutions.files(root),
    }


def _number(row: Row) -> tuple[str, int, str]:
    return row["id"][0], int(row["id"][1:]), row["lesson"]


def _json(verdicts: list[Row]) -> str:
    return json.dumps(verdicts, ensure_ascii=False, indent=1) + "\n"


def _asked(rows: list[Row]) -> str:
    """Every prediction, a line each: its lesson, key, question and options."""
    asked = [
        [row["lesson"][:2], row["asks"], row["question"], row["options"]]
        for row in rows
        if "asks" in row
    ]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in asked) + "\n]\n"


def _all(measured: list[Row], verdicts: list[Row]) -> str:
    seeded = sum(row["seeds"] is not None for row in measured)
    text = f"""\
# The ledger

Written by `{COMMAND}` from the built notebooks: {len(verdicts)} verdicts on claims of others,
and {len(measured)} claims of the course's own, {seeded} of them about trained models.

## Verdicts

{_verdict_table(verdicts, "../", because=True)}

## What was measured

A claim holds for every value that it names; the one nearest to the bound is shown.
Other machines measure other digits; that each claim holds is tested on every run.

| where | claim | measured | claimed | margin | seeds |
|:--|:--|--:|--:|--:|--:|
"""
    return text + "\n".join(map(_measured_line, measured)) + "\n"


def _verdict_table(verdicts: list[Row], folder: str, *, because: bool = False) -> str:
    heads = ["", "claim", "verdict", *["because"] * because, "where"]
    lines = [f"| {' | '.join(heads)} |", "|" + ":--|" * len(heads)]
    for row in verdicts:
        parts = [row["id"], row["claim"], f"**{row['verdict']}**", *[row["because"]] * because]
        lines.append(f"| {' | '.join([*parts, link(row, folder)])} |")
    return "\n".join(lines)


def _folded(table: str) -> str:
    """The verdicts answer what the lessons ask, so nobody reads them unawares."""
    summary = "The verdicts, which answer what the lessons ask you to predict"
    return f"<details><summary>{summary}</summary>\n\n{table}\n\n</details>"


def _measured_line(row: Row) -> str:
    value, ends = row["value"], [*row["bound"]] if row["op"] == "in" else [row["bound"]]
    parts = (
        link(row, "../"),
        row["claim"].replace("|", r"\|"),
        f"{value:.3g}",
        f"{row['op']} {' … '.join(f'{end:g}' for end in ends)}",
        f"{min(abs(value - end) for end in ends):.2g}",
        row["seeds"] or "",
    )
    return f"| {' | '.join(map(str, parts))} |"


def _between_marks(readme: Path, table: str) -> str:
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise CourseError(f"{readme.name} must hold once each: {BEGIN} and {END}")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"
