"""Every question has a short answer, and says which cell shows it or that none does yet."""

import re
from collections import Counter
from dataclasses import dataclass, field

import pytest
from markdown_it import MarkdownIt
from real import ROOT

PAGE = ROOT / "notebooks" / "QUESTIONS.md"
WHERE = ("Shown in", "Partly shown in", "Not in a lesson yet.")
CITED = re.compile(r"\bet al\.")  # its point ends no sentence
SENTENCE = re.compile(r"[.?!](?=\s|$)")


@dataclass
class Entry:
    """One question: its answer, the paragraph that says where, its links as (text, target)."""

    question: str
    paragraphs: list = field(default_factory=list)
    links: list = field(default_factory=list)


def plain(inline):
    """The text of an inline token; a piece of code is one word."""
    said = {"code_inline": "code", "softbreak": " "}
    return "".join(said.get(token.type, token.content) for token in inline.children)


def links(inline):
    """The links of an inline token as (text, target)."""
    found, target, text = [], None, ""
    for token in inline.children:
        if token.type == "link_open":
            target, text = token.attrs["href"], ""
        elif token.type == "link_close":
            found.append((text, target))
        else:
            text += token.content
    return found


def read(text):
    """The questions of a page, in its order, and the links of the whole page."""
    entries, everywhere, level, inside = [], [], None, False
    for token in MarkdownIt().parse(text):
        if token.type == "heading_open":
            level = token.tag
        elif token.type == "inline" and level:
            if level == "h3":
                entries.append(Entry(token.content))
            level, inside = None, level == "h3"
        elif token.type == "inline":
            everywhere += links(token)
            if entries and inside:
                entries[-1].paragraphs.append(plain(token))
                entries[-1].links += links(token)
    return entries, everywhere


def sentences(paragraph):
    """How many sentences a paragraph has."""
    return len(SENTENCE.findall(CITED.sub("et al", paragraph)))


ENTRIES, LINKS = read(PAGE.read_text(encoding="utf-8"))
every_question = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.question[:40])


def test_most_questions_lead_to_a_cell_of_a_lesson():
    # Where the links lead is a matter of test_words.
    into = [target for _, target in LINKS if "#cell-id=" in target]
    assert len(into) > len(ENTRIES) / 2


@every_question
def test_an_answer_has_one_to_three_sentences(entry):
    assert 1 <= sentences(entry.paragraphs[0]) <= 3, entry.paragraphs[0]


@every_question
def test_a_question_says_where_it_is_shown_or_that_it_is_not_yet(entry):
    where = entry.paragraphs[1]
    assert where.startswith(WHERE), where
    lessons = [target for _, target in entry.links if ".ipynb" in target]
    assert len(lessons) == (not where.startswith(WHERE[-1]))
    assert lessons or "Source" in where, "Name the source of an answer that no lesson shows."


def test_no_question_is_asked_twice():
    asked = Counter(" ".join(entry.question.lower().split()).strip("?. ") for entry in ENTRIES)
    assert [question for question, times in asked.items() if times > 1] == []
