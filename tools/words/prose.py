"""The prose of a file, piece by piece, each with its line: of markdown, of a lesson's source.

A piece has two texts of the same length: as it is written, and with what is no prose (code,
formulas, the names of links) behind a mask, so that a place in the one is the same in the other.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from posenc.course import lesson

MASK = "\ufffc"
OTHERS = "Also called"  # the column of a table in which other people's words stand
MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
TITLE = 4  # words in italics, from which on they are the title of a paper and no emphasis
_ALL = re.compile(r"[^\n]")
_DIGIT = re.compile(r"\d")
_CODED = re.compile(r"`[^`\n]+`|\$[^$\n]+\$")  # in a string that readers see
_LESSON = re.compile(r"\.ipynb(#|$)")


@dataclass(frozen=True)
class Piece:
    """A paragraph, a heading, a cell of a table, a string or a comment."""

    line: int
    kind: str  # "heading", "text", "th", "td", "string" or "comment"
    shown: str
    masked: str
    bold: tuple[str, ...] = ()

    def at(self, place: int) -> int:
        """The line of the file on which a place of the text stands."""
        return self.line + self.shown.count("\n", 0, place)


def read(path: Path) -> list[Piece]:
    """The pieces of a file: a lesson's source, another program, or markdown."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return list(markdown(text))
    if "# %%" in text:
        return [piece for piece, _cell in of_lesson(path)]
    return list(program(text))


def of_lesson(path: Path) -> Iterator[tuple[Piece, int]]:
    """The pieces of a lesson's source, each with the number of its cell."""
    whole, place = path.read_text(encoding="utf-8"), 0
    for number, cell in enumerate(lesson.read(path).cells):
        written = cell.source
        if cell.kind == "markdown":
            written = "\n".join(f"# {line}".rstrip() for line in written.splitlines())
        found = whole.find(written, place)
        place = found if found >= 0 else place  # a line that jupytext writes in its own way
        line = whole.count("\n", 0, place)
        pieces = markdown(cell.source, line) if cell.kind == "markdown" else program(written, line)
        yield from ((piece, number) for piece in pieces)
        place += len(written)


# --- markdown ----------------------------------------------------------------


def markdown(text: str, above: int = 0) -> Iterator[Piece]:
    """The paragraphs, headings and cells of tables of a text that begins below line `above`."""
    kind, heads, column = "text", [""], 0
    for token in MARKDOWN.parse(text):
        if token.type == "heading_open":
            kind = "heading"
        elif token.type == "table_open":
            heads = []
        elif token.type == "tr_open":
            column = -1
        elif token.type in {"th_open", "td_open"}:
            column, kind = column + 1, token.type[:2]
        elif token.type == "html_block" and token.map:
            said = BeautifulSoup(token.content, "html.parser").get_text().strip("\n")
            yield Piece(above + token.map[0] + 1, "text", said, said)
        elif token.type == "inline" and token.map:
            shown, masked, bold = _inline(token)
            if kind == "th":
                heads.append(shown)
            if kind != "td" or heads[column] != OTHERS:
                yield Piece(above + token.map[0] + 1, kind, shown, masked, bold)
            kind = "text"


def _inline(token: Token) -> tuple[str, str, tuple[str, ...]]:
    shown, masked, to = "", "", ""
    bold: list[str] = []
    begin = slanted = 0
    for child in token.children or []:
        if child.type == "link_open":
            to = str(child.attrGet("href"))
        elif child.type == "link_close":
            to = ""
        elif child.type == "strong_open":
            begin = len(shown)
        elif child.type == "strong_close":
            bold.append(shown[begin:])
        elif child.type == "em_open":
            slanted = len(shown)
        elif child.type == "em_close" and len(shown[slanted:].split()) >= TITLE:
            masked = masked[:slanted] + _ALL.sub(MASK, masked[slanted:])
        text = "\n" if child.type in {"softbreak", "hardbreak"} else child.content
        if child.type.startswith("math"):
            text = f"${text}$"
        elif child.type == "code_inline":
            text = f"`{text}`"
        elif child.type == "html_inline":
            text = ""
        shown += text
        masked += _masked(child.type, text, to)
    return shown, masked, tuple(bold)


def _masked(kind: str, text: str, to: str) -> str:
    # Where a link leads to a cell, its text is a title; elsewhere it may be the number of a thread.
    if kind == "code_inline" or kind.startswith("math") or _LESSON.search(to):
        return _ALL.sub(MASK, text)
    return _DIGIT.sub(MASK, text) if to.startswith("http") else text


# --- programs ----------------------------------------------------------------


def program(code: str, above: int = 0) -> Iterator[Piece]:
    """The strings of a program that have at least two words, and its comments."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a cell with a command of IPython's
        return
    inside = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
              for part in ast.walk(node) if part is not node}  # fmt: skip
    for node in ast.walk(tree):
        text = "" if node in inside else _said(node)
        if re.search(r"\w\W* \W*\w", text):
            masked = _CODED.sub(lambda code: MASK * len(code[0]), text)
            yield Piece(above + node.lineno, "string", text, masked)  # type: ignore[attr-defined]
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            text = token.string.lstrip("#: ")
            yield Piece(above + token.start[0], "comment", text, text)


def _said(node: ast.AST) -> str:
    """What a string says; a value that is filled in is one masked letter."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else MASK for part in node.values
        )
    return ""
