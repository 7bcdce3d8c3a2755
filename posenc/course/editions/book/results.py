"""Which cells show the result of a prediction: they stay folded until one has chosen."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from posenc.check.trial.settled import settled_by

MEASURED = "measured"  # what settles a number or a curve


@dataclass(frozen=True)
class Result:
    """What a cell has to do with a prediction: ``last`` is the cell whose claim settles it."""

    key: str
    number: int  # of the prediction in its lesson, from 1
    answer: str  # empty where it was measured
    last: bool


def results(notebook: NotebookNode) -> dict[str, list[Result]]:
    """Return, by the id of a cell, the predictions whose results it shows.

    They are the code cells from a question to the claim that settles it.
    """
    asked = {entry["asks"]: at for at, entry in _ledger(notebook) if "asks" in entry}
    numbers = {key: number for number, key in enumerate(asked, 1)}
    found: dict[str, list[Result]] = defaultdict(list)
    for at, entry in _ledger(notebook):
        for key, right in settled_by(entry.get("id", ""), entry.get("claim", "")).items():
            if key not in asked or asked[key] >= at:
                continue
            answer = "" if right == MEASURED else right
            for between in range(asked[key] + 1, at + 1):
                cell = notebook.cells[between]
                if cell.cell_type == "code":
                    result = Result(key, numbers[key], answer, between == at)
                    found[cell.id].append(result)
    return dict(found)


def _ledger(notebook: NotebookNode) -> Iterator[tuple[int, dict[str, Any]]]:
    for at, cell in enumerate(notebook.cells):
        yield from ((at, entry) for entry in cell.metadata.get("posenc", {}).get("ledger", []))
