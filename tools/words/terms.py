"""The glossary's terms, and whether each is in bold where it first occurs in the course."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from posenc.course import places
from tools.words.hits import Hit
from tools.words.prose import MARKDOWN, Piece, of_lesson

# What a reader brings along.
BROUGHT = {"token", "softmax", "seed", "dtype", "float16", "float32", "float64"}
# Everyday words too: they are bold somewhere in the lesson that makes them terms.
EVERYDAY = {
    "accuracy", "angle", "attention", "base", "channel", "control", "frequency", "norm", "offset",
    "pair", "position", "rotation", "score", "segment", "query", "key", "value", "buffer", "kernel",
    "weights", "encoder", "decoder", "packing",
}  # fmt: skip


@dataclass(frozen=True)
class Term:
    """A term, and the number of the lesson that introduces it; none, where no lesson does."""

    name: str
    lesson: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """The term in a text, in the singular or the plural."""
        return re.compile(rf"(?<![\w-]){re.escape(self.name)}(?:s|es)?(?![\w-])", re.IGNORECASE)


def terms(glossary: Path) -> Iterator[Term]:
    """The terms of the glossary, under the names that a text uses."""
    for row in rows(glossary)[1:]:
        written, lesson = row[0].strip("*"), row[3]
        number = re.search(r"\d\d", lesson)
        for name in re.split(r", | and ", re.sub(r" \(.+\)", "", written)):
            yield Term(name, number[0] if number else "")


def rows(glossary: Path) -> list[list[str]]:
    """The cells of the table, as written, its head first."""
    found: list[list[str]] = []
    for token in MARKDOWN.parse(glossary.read_text(encoding="utf-8")):
        if token.type == "tr_open":
            found.append([])
        elif token.type == "inline" and found:
            found[-1].append(token.content)
    return found


def not_bold(root: Path) -> dict[str, list[Hit]]:
    """By lesson, the terms that occur there first in the course and are not in bold."""
    lessons = {path.stem: list(_texts(path)) for path in places.sources(root)}
    found: dict[str, list[Hit]] = {stem: [] for stem in lessons}
    for term in terms(root / "notebooks" / "GLOSSARY.md"):
        if term.name in BROUGHT:
            continue
        everyday = term.name in EVERYDAY
        read = {stem: texts for stem, texts in lessons.items()
                if not everyday or stem.startswith(term.lesson or "-")}  # fmt: skip
        hit = _first(term, read, everyday)
        if hit:
            found[hit[0]].append(hit[1])
    return found


def _first(term: Term, lessons: dict[str, list[Piece]], everyday: bool) -> tuple[str, Hit] | None:
    """The lesson and the place where a term should be in bold; None where it is."""
    there = [(stem, piece, match) for stem, pieces in lessons.items() for piece in pieces
              if (match := term.pattern.search(piece.masked))]  # fmt: skip
    looked = there if everyday else there[:1]
    if not looked or any(
        term.pattern.search(said) for _, piece, _ in looked for said in piece.bold
    ):
        return None
    stem, piece, match = there[0]
    where = "once in this lesson" if everyday else "where it first occurs in the course"
    return stem, Hit(piece.at(match.start()), match[0], f"**{term.name}**, {where}")


def _texts(source: Path) -> Iterator[Piece]:
    """The markdown of a lesson but for its title, its objectives, its headings, its references."""
    for piece, cell in of_lesson(source):
        if piece.kind == "heading" and piece.shown == "References":
            return
        if cell and piece.kind in {"text", "td"}:
            yield piece
