"""Every question has a short answer, and a link to a cell that exists, under its heading."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs, urldefrag

import nbformat
import pytest
from markdown_it import MarkdownIt
from real import LESSONS, ROOT

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


@cache
def cells_of(stem):
    """{id of a cell: the heading above it or in it, without its number}, in the lesson's order."""
    found, title = {}, ""
    for cell in nbformat.read(LESSONS[stem], as_version=4).cells:
        heading = re.match(r"#+ (?:\d+ · )?(.+)", cell.source)
        if cell.cell_type == "markdown" and heading:
            title = " ".join(heading[1].split())
        found[cell.id] = title
    return found


def complaint(text, target):
    """What is wrong with a link to a lesson, with what to do; None where nothing is."""
    name, fragment = urldefrag(target)
    stem, cell = name.removesuffix(".ipynb"), parse_qs(fragment).get("cell-id", [""])[0]
    if stem not in LESSONS:
        return f"{target}: there is no such lesson. Name one of notebooks/*.ipynb."
    cells, title = cells_of(stem), " ".join(text.partition(" · ")[2].split())
    if cells.get(cell) == title and text.startswith(f"{stem[:2]} · "):
        return None
    if cell in cells:
        return f"{target}: this cell is in “{cells[cell]}”. Write [{stem[:2]} · {cells[cell]}]."
    here = [key for key, heading in cells.items() if heading == title]
    titles = here or sorted(set(cells.values()))
    return f"{target}: no cell of lesson {stem[:2]} has this id. “{title}” has: {titles}."


ENTRIES, LINKS = read(PAGE.read_text(encoding="utf-8"))
every_question = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.question[:40])


def test_the_links_to_lessons_lead_to_the_cells_that_they_name():
    into = [link for link in LINKS if ".ipynb" in link[1]]
    assert len(into) > len(ENTRIES) / 2
    assert [said for link in into if (said := complaint(*link))] == []


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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text, target: (text, "03_no_lesson.ipynb#cell-id=1"), "no such lesson"),
        (lambda text, target: (text, target + "0"), "has this id"),
        (lambda text, target: (text + " again", target), "this cell is in"),
    ],
)
def test_a_wrong_link_is_told_with_its_remedy(change, said):
    link = next(link for link in LINKS if ".ipynb" in link[1])
    assert said in complaint(*change(*link))
