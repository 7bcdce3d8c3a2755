"""Where links lead: each file and each cell that a page names, and what is wrong with the rest.

A link to a lesson is written once, as JupyterLab reads it: `[lesson 04, section 2](FILE)` or
`[04 · Table, buffer, rows](FILE)`, where FILE is `04_the_pytorch_module.ipynb#cell-id=ID`.
Its text says where it leads, because paper has nothing but the text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urldefrag

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

from posenc.course import lesson, places
from posenc.course.author.source import notebook_from
from posenc.course.cells import SOLUTIONS
from tools.words.prose import MARKDOWN

FRAGMENT = "cell-id="
_HEADING = re.compile(r"^#{1,4} (?:(\d+) · )?(.+)")
_EXERCISE = re.compile(r"\*\*(Exercise \d+)")
_SPOKEN = re.compile(r"lesson (\d\d)(?:, (?:section (\d+)|(exercise \d+)|“(.+)”))?", re.IGNORECASE)
_ANCHORED = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=4)


@dataclass(frozen=True)
class Link:
    """A link of a page: the line of its paragraph, its text, where it leads."""

    line: int
    text: str
    target: str


@dataclass(frozen=True)
class Spot:
    """Where a cell is: the number of its section, its heading, its exercise."""

    section: str
    heading: str
    exercise: str


def links(tokens: Iterable[Token], above: int = 0) -> Iterator[Link]:
    """The links of a parsed text that begins below line `above`."""
    for token in tokens:
        target, text = None, ""
        for child in token.children or []:
            if child.type == "link_open":
                target, text = str(child.attrGet("href")), ""
            elif child.type == "link_close" and target is not None:
                yield Link(above + (token.map or [0])[0] + 1, " ".join(text.split()), target)
                target = None
            else:
                text += " " if child.type == "softbreak" else child.content


@cache
def spots(source: Path) -> dict[str, Spot]:
    """Each cell of a lesson that any edition has, by its id, in the order of the lesson."""
    found, section, heading, exercise = {}, "", "", ""
    for cell in notebook_from(source).cells:
        if cell.source == SOLUTIONS.rstrip():
            break
        title = _HEADING.match(cell.source) if cell.cell_type == "markdown" else None
        if title:
            level = cell.source.index(" ")  # 1 for the title; 3 inside the section
            section = section if level > 2 else (title[1] or "") * (level == 2)
            heading, exercise = " ".join(title[2].split()), ""
        stated = _EXERCISE.search(cell.source) if cell.cell_type == "markdown" else None
        exercise = stated[1].lower() if stated else exercise
        found[cell.id] = Spot(section, heading, exercise)
    return found


def dead(path: Path, root: Path) -> list[str]:
    """A line for each link of a page, or of a lesson's source, that leads nowhere."""
    return [
        f"{path.name}:{link.line}: {said}"
        for link in of_file(path)
        if (said := complaint(link, path, root))
    ]


def of_file(path: Path) -> list[Link]:
    """The links of a page, or of a lesson's source; there the line is that of the cell's text."""
    if path.suffix == ".py":
        texts = [cell.source for cell in lesson.read(path).cells if cell.kind == "markdown"]
    else:
        texts = [path.read_text(encoding="utf-8")]
    return [link for text in texts for link in links(MARKDOWN.parse(text))]


def complaint(link: Link, path: Path, root: Path) -> str | None:
    """What is wrong with a link, with what to do; None where nothing is."""
    name, fragment = urldefrag(link.target)
    if re.match(r"[a-z]+:", name):
        return None  # of the net, which no test asks
    if not name:
        return None if fragment in _anchors(path) else f"#{fragment}: there is no such heading."
    sources = {source.stem: source for source in places.sources(root)}
    if name.endswith(".ipynb"):
        stem = Path(name).stem
        if stem not in sources:
            return f"{link.target}: there is no such lesson. Name one of notebooks/*.ipynb."
        printed = path.parent != root  # whose text has to do alone
        return _of_cell(link, stem, fragment, spots(sources[stem]), printed)
    folder = path.parent.parent if path.suffix == ".py" else path.parent
    return None if (folder / name).exists() else f"{link.target}: there is no such file."


def _of_cell(
    link: Link, stem: str, fragment: str, cells: dict[str, Spot], printed: bool
) -> str | None:
    if not fragment:
        return None
    cell, number = fragment.removeprefix(FRAGMENT), stem[:2]
    title = link.text.partition(" · ")[2]
    if cell not in cells:
        near = [key for key, spot in cells.items() if _curly(spot.heading) == _curly(title)]
        there = near or sorted({spot.heading for spot in cells.values()})
        return f"{link.target}: no cell of lesson {number} has this id. “{title}” has: {there}."
    spot = cells[cell]
    if (
        not printed
        or _curly(link.text) == _curly(f"{number} · {spot.heading}")
        or _says(link.text, number, spot)
    ):
        return None
    where = f"lesson {number}, section {spot.section}" if spot.section else f"lesson {number}"
    return f"{link.target}: write [{where}] or [{number} · {spot.heading}], where this cell is."


def _says(text: str, number: str, spot: Spot) -> bool:
    """Whether a text such as `lesson 04, section 2` is true of a cell."""
    said = _SPOKEN.fullmatch(text)
    if not said or said[1] != number:
        return False
    claims = ((said[2], spot.section), (said[3], spot.exercise), (said[4], spot.heading))
    return all(_curly(claim).lower() == _curly(true).lower() for claim, true in claims if claim)


def _curly(text: str) -> str:
    """One style of quotes and spaces: a lesson's heading may still have the other."""
    return re.sub('"([^"]*)"', r"“\1”", " ".join(text.split()))


@cache
def _anchors(path: Path) -> set[str]:
    tokens = _ANCHORED.parse(path.read_text(encoding="utf-8"))
    return {str(token.attrGet("id")) for token in tokens if token.type == "heading_open"}
