"""The glossary is in order, defines each term in one sentence and names sections that exist."""

import re
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from real import ROOT, SOURCES

from posenc.course import lesson

MARKDOWN = MarkdownIt("commonmark").enable("table")
LATER = "not in a lesson yet"
COLUMNS = ("Term", "Definition", "Also called", "Lesson")
SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
QUOTED = re.compile("“([^”]+)”")


def cells(text):
    """The inline tokens of a table's cells, row by row, its head first."""
    rows = []
    for token in MARKDOWN.parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(token)
    return rows


HEAD, *ROWS = cells((ROOT / "notebooks" / "GLOSSARY.md").read_text(encoding="utf-8"))
TERMS = [row[0].content.strip("*") for row in ROWS]
every_entry = pytest.mark.parametrize("row", ROWS, ids=TERMS)


def markdown_of(stem):
    return [cell.source for cell in lesson.read(SOURCES[stem]).cells if cell.kind == "markdown"]


PROSE = {stem: markdown_of(stem) for stem in SOURCES}
ALL_WORDS = " ".join(" ".join(sum(PROSE.values(), [])).casefold().split())


def headings(texts):
    tokens = [token for text in texts for token in MARKDOWN.parse(text)]
    return {after.content for token, after in pairwise(tokens) if token.type == "heading_open"}


HEADINGS = {stem: headings(texts) for stem, texts in PROSE.items()}


def place(cell):
    """The stem of the lesson to which a cell links, and the section that it names."""
    link, _number, _end, *rest = cell.children
    section = "".join(child.content for child in rest).removeprefix(": ")
    return link.attrGet("href").removesuffix(".ipynb"), section


def has_text(cell):
    return bool(cell.content)


def by_letters(term):
    return re.sub(r"[^a-z0-9]", "", term.casefold())


def test_the_table_has_four_columns_and_no_cell_is_empty():
    assert tuple(cell.content for cell in HEAD) == COLUMNS
    assert len(ROWS) > 80
    assert [row[0].content for row in ROWS if len(list(filter(has_text, row))) != 4] == []


def test_terms_are_alphabetical_and_unique():
    keys = list(map(by_letters, TERMS))
    assert keys == sorted(set(keys))


@every_entry
def test_a_definition_is_one_sentence(row):
    definition = row[1].content
    ends = [match.end() for match in SENTENCE_END.finditer(definition)]
    assert ends == [len(definition)], "write one sentence with a full stop at its end only"
    assert definition[0].isupper() or definition[0].isdigit()


@every_entry
def test_the_lesson_and_its_section_exist(row):
    if row[3].content == LATER:
        return
    stem, section = place(row[3])
    assert row[3].content.startswith(f"[{stem[:2]}]")
    assert section in HEADINGS[stem], f"{stem} has no heading {section!r}: name today's"


@every_entry
def test_quoted_words_are_used_in_the_lessons(row):
    gone = [word for word in QUOTED.findall(row[2].content) if word.casefold() not in ALL_WORDS]
    assert not gone, f"no lesson says {gone}: delete it from 'Also called'"
