"""What the course claims and rules, noted as it is built and shown as one table.

While a lesson is built, ``POSENC_LEDGER`` names a file that gets a line for each claim and
ruling; the builder puts them into the metadata of their cells, and ``python -m posenc.course
claims`` gathers them from there into ``verdicts.json``, which lies beside this module.
"""

import json
import os
from dataclasses import dataclass
from importlib import resources
from typing import Any

_given: dict[tuple[str, str], dict[str, Any]] = {}  # the rulings of this kernel
LAST = "11"  # the lesson that shows the ledger: its own rulings come from the kernel


def note(row: dict[str, Any]) -> None:
    """Keep a ruling for ``ledger``; and give it, or a claim, to the builder where there is one."""
    if "verdict" in row:
        _given[row["id"], row["because"]] = row
    path = os.environ.get("POSENC_LEDGER", "")
    if is_kept():
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def is_kept() -> bool:
    """Return whether a lesson is being built."""
    return bool(os.environ.get("POSENC_LEDGER"))


@dataclass(frozen=True)
class Ledger:
    """The claims of others that the course has put on trial, shown as a table."""

    rows: tuple[dict[str, Any], ...]  # id, claim, verdict, because; lesson and cell, or neither

    def __repr__(self) -> str:
        told = (f"{row['id']}, {row['verdict']}: {row['claim']}" for row in self.rows)
        return "\n".join(told)

    def _repr_markdown_(self) -> str:
        lines = ["| | claim | verdict | because | where |", "|:--|:--|:--|:--|:--|"]
        lines += [
            f"| {row['id']} | {row['claim']} | **{row['verdict']}** | {row['because']} "
            f"| {link(row) if 'cell' in row else 'here'} |"
            for row in self.rows
        ]
        return "\n".join(lines)


def link(row: dict[str, Any], folder: str = "") -> str:
    """Return the Markdown link to the cell of a claim or a ruling; JupyterLab goes to the cell."""
    return f"[{row['lesson'][:2]}]({folder}{row['lesson']}.ipynb#cell-id={row['cell']})"


def ledger() -> Ledger:
    """Return every verdict of the course, with its reason and a link to the cell that gave it.

    Collected from the built notebooks; those given in this kernel alone are said to be here.

    >>> [row["verdict"] for row in ledger().rows if row["id"] == "B16"]
    ['does not hold']
    """
    stored = resources.files("posenc.check.trial").joinpath("verdicts.json").read_text("utf-8")
    rows = [row for row in json.loads(stored) if row["lesson"][:2] != LAST]
    known = {(row["id"], row["because"]) for row in rows}
    rows += [row for key, row in _given.items() if key not in known]
    return Ledger(tuple(sorted(rows, key=lambda row: (row["id"][0], int(row["id"][1:])))))
