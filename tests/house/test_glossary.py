"""The glossary is in order, defines each term in one sentence and leads to lessons' sections."""

import re

import pytest
from real import ROOT, SOURCES

from posenc.course import lesson
from tools.words.links import of_file
from tools.words.terms import rows

GLOSSARY = ROOT / "notebooks" / "GLOSSARY.md"
LATER = "not in a lesson yet"
COLUMNS = ["Term", "Definition", "Also called", "Lesson"]
SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
QUOTED = re.compile("“([^”]+)”")
HEAD, *ROWS = rows(GLOSSARY)
TERMS = [row[0].strip("*") for row in ROWS]
LEADS = {link.line for link in of_file(GLOSSARY) if "#cell-id=" in link.target}
every_entry = pytest.mark.parametrize("row", ROWS, ids=TERMS)


def markdown_of(stem):
    return [cell.source for cell in lesson.read(SOURCES[stem]).cells if cell.kind == "markdown"]


ALL_WORDS = " ".join(" ".join(text for stem in SOURCES for text in markdown_of(stem)).split())


def by_letters(term):
    return re.sub(r"[^a-z0-9]", "", term.casefold())


def test_the_table_has_four_columns_and_no_cell_is_empty():
    assert HEAD == COLUMNS
    assert len(ROWS) > 80
    assert [row[0] for row in ROWS if len(list(filter(None, row))) != 4] == []


def test_terms_are_alphabetical_and_unique():
    keys = list(map(by_letters, TERMS))
    assert keys == sorted(set(keys))


@every_entry
def test_a_definition_is_one_sentence(row):
    definition = row[1]
    ends = [match.end() for match in SENTENCE_END.finditer(definition)]
    assert ends == [len(definition)], "write one sentence with a full stop at its end only"
    assert definition[0].isupper() or definition[0].isdigit()


def test_a_term_leads_to_the_section_that_introduces_it_or_has_none_yet():
    # Where the links lead is a matter of test_words.
    assert len(LEADS) == sum(row[3] != LATER for row in ROWS)


@every_entry
def test_quoted_words_are_used_in_the_lessons(row):
    words = ALL_WORDS.casefold()
    gone = [word for word in QUOTED.findall(row[2]) if word.casefold() not in words]
    assert not gone, f"no lesson says {gone}: delete it from 'Also called'"
