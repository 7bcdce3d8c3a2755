"""Where a file goes against the page of words: habits, numbers, quotes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.words.habits import HABITS
from tools.words.prose import MASK, Piece, read

# Quoted words are somebody's; an apostrophe and a prime are no quotes.
_QUOTED = re.compile(r"“[^”]*”|\"[^\"\n]*\"")
_STRAIGHT = re.compile(r"(?<![\d\w])\"(?=\w)|(?<=\w)\"|(?<=[.,?!])\"")
_FOUR = re.compile(r"(?<![\d.,\u00a0\u202f])(?<!\d )\d[ \u00a0\u202f]\d{3}(?![\d.])(?![ \u00a0]\d)")
_FIVE = re.compile(r"(?<![\w.,/#-])\d{5,}(?![\w/-]|\.\d)")
_SPACE = re.compile(r"(?<![\d.,])(?<!\d )\d{2,3}(?: \d{3})+(?![\d.])(?! \d)")
NUMBERS = (
    (_FOUR, "four digits without a space: 2048"),
    (_FIVE, "a no-break space from five digits on: 10\u00a0000"),
    (_SPACE, "a no-break space, not an ordinary one: 10\u00a0000"),
)


@dataclass(frozen=True)
class Hit:
    """One place, the words there, and what to write instead."""

    line: int
    words: str
    instead: str


def hits(path: Path, pieces: Iterable[Piece] | None = None) -> list[Hit]:
    """All that is found in a file, in the order of its lines."""
    found: list[Hit] = []
    for piece in read(path) if pieces is None else pieces:
        found += _habits(piece, path.name)
        found += _numbers(piece)
        found += _quotes(piece)
    return sorted(set(found), key=lambda hit: (hit.line, hit.words))


def _habits(piece: Piece, name: str) -> Iterator[Hit]:
    unquoted = _QUOTED.sub(lambda said: re.sub(r"[^\n]", MASK, said[0]), piece.masked)
    for habit in HABITS:
        if name.startswith(habit.but_in or ("-",)):
            continue
        # A phrase may go over the end of a line.
        for match in habit.compiled.finditer(unquoted.replace("\n", " ")):
            if not match.groupdict().get("allowed"):
                yield _hit(piece, match, habit.instead)


def _numbers(piece: Piece) -> Iterator[Hit]:
    for pattern, instead in NUMBERS:
        yield from (_hit(piece, match, instead) for match in pattern.finditer(piece.masked))


def _quotes(piece: Piece) -> Iterator[Hit]:
    for match in _STRAIGHT.finditer(piece.masked):
        yield Hit(piece.at(match.start()), _around(piece.shown, match.start()), '“ and ”, not "')


def _hit(piece: Piece, match: re.Match[str], instead: str) -> Hit:
    words = " ".join(piece.shown[match.start() : match.end()].split(" "))
    return Hit(piece.at(match.start()), words.replace("\n", " ").strip(), instead)


def _around(text: str, place: int) -> str:
    """The word in which a place is."""
    return next(word[0] for word in re.finditer(r"\S+", text) if word.end() > place)
