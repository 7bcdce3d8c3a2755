"""Does anything of an answer show? Searched in notebooks, pages and the text of PDFs.

Every line of an answer is searched for, without regard to spaces and line ends, which
pages and printers change. A line too short to mean anything (`return x`) is searched for
together with the lines above it. What the lesson shows elsewhere, in its own code, its
stubs or its hints, is no secret.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posenc.course.lesson import BEGIN, END, Exercise, read

LEAST = 16  # characters without spaces, from which on a line speaks for itself


def secrets(source: Path) -> dict[str, list[str]]:
    """Each exercise with the pieces of its answer that no student's file may hold."""
    shown = squeezed(_without_answers(source.read_text(encoding="utf-8")))
    return {
        exercise.name: [piece for piece in _pieces(exercise) if piece not in shown]
        for exercise in read(source).exercises
    }


def leaked(pieces: list[str], found: Any) -> list[str]:
    """Which of the pieces are in what was found: text, bytes, or anything made of them."""
    texts = [squeezed(text) for text in _texts(found)]
    return [piece for piece in pieces if any(piece in text for text in texts)]


def squeezed(text: str) -> str:
    """The text without spaces, soft ends of lines and ligatures, which printers put in."""
    return re.sub(r"[\s\u00ad\u200b]+", "", unicodedata.normalize("NFKC", text))


def _without_answers(text: str) -> str:
    """The source as it is read by one who has only the stubs."""
    text = re.sub(rf"{BEGIN}.*?{END}", "raise NotImplementedError", text, flags=re.DOTALL)
    # A comment's mark is not part of what the page shows.
    return re.sub(r"^# ?", "", text, flags=re.MULTILINE)


def _pieces(exercise: Exercise) -> Iterator[str]:
    """Every line of the answer, the short ones together with what stands above them."""
    inside, above = False, ""
    for line in exercise.code.splitlines():
        if BEGIN in line or END in line:
            inside = BEGIN in line
            continue
        here = squeezed(line)
        if inside and here:
            yield here if len(here) >= LEAST else above[-LEAST:] + here
        above += here


def _texts(found: Any) -> Iterator[str]:
    """Every text in it; what is stored in base64 is read as well."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from _texts(value)
    elif isinstance(found, bytes):
        yield found.decode("utf-8", errors="ignore")
    elif isinstance(found, str):
        yield found
        yield from _decoded(found)


def _decoded(text: str) -> Iterator[str]:
    for run in re.findall(r"[A-Za-z0-9+/\n]{400,}={0,2}", text):
        try:
            yield base64.b64decode(run).decode("utf-8", errors="ignore")
        except binascii.Error:
            continue
