"""A prediction as a form: choose, type or draw; the page's script keeps the guess."""

import re
from dataclasses import dataclass
from typing import Any, Self

from nbformat import NotebookNode

from posenc.course.editions.book.templating import render

STEPS = 50  # of a slider, from its least to its greatest value
_LEVELS = re.compile(r"^How sure are you\?\s*(.*)$", flags=re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """What a cell asks: of ``options`` (a choice), or on a ``scale`` (a number, a curve)."""

    key: str
    question: str
    options: tuple[str, ...]
    scale: dict[str, Any]
    axes: tuple[str, str]  # of a curve: what is up, what is across
    levels: tuple[str, ...]  # how sure one is

    @property
    def kind(self) -> str:
        """What one does to answer."""
        return "choice" if self.options else "curve" if self.scale["x"] else "number"

    @classmethod
    def of(cls, cell: NotebookNode) -> Self | None:
        """What the cell asks, as the builder noted it; None where it asks nothing."""
        entries = cell.metadata.get("posenc", {}).get("ledger", [])
        found = [entry for entry in entries if "asks" in entry]
        if not found:
            return None
        [entry], text = found, str(cell.outputs[0].data["text/plain"])
        sure, options = _LEVELS.search(text), entry["options"]
        rows = [row.strip() for row in text.splitlines() if not _LEVELS.match(row)]
        curve = isinstance(options, dict) and options["x"]
        return cls(
            key=entry["asks"],
            question=entry["question"],
            options=tuple(options) if isinstance(options, list) else (),
            scale=options if isinstance(options, dict) else {},
            axes=(rows[1], rows[-1]) if curve else ("", ""),
            levels=tuple(re.split(r"\s*\( \) ", sure[1])[1:]) if sure else (),
        )


def question(asked: Asked, name: str, announced: bool) -> str:
    """The form; ``name`` is what the guess is kept under, ``announced`` says "Predict." above."""
    return render("asked.html.j2", asked=asked, name=name, announced=announced, steps=STEPS)
