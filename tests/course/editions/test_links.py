"""A link to a cell, written once, leads there in every edition of two small lessons."""

import io
import re

import nbformat
import pytest
import tiny
from bs4 import BeautifulSoup
from making import made
from pypdf import PdfReader

from posenc.course import places
from posenc.course.author.published import FILE, Published
from posenc.course.editions import editions, printer, volume
from posenc.course.editions.audience import AUDIENCES
from posenc.course.tools import find_browser

FIRST = tiny.LESSON.replace("# %% [markdown]\n# ## 1", '# %% [markdown] id="the-guess"\n# ## 1')
NEXT = """\
# %% [markdown]
# # 02 · What next?
#
# It was asked in [lesson 01, section 1](01_tiny.ipynb#cell-id=the-guess), where you wrote
# [a function](01_tiny.ipynb#cell-id=exercise-double); see [the glossary](GLOSSARY.md), or
# [section 1](02_next.ipynb#cell-id=what-follows).

# %% [markdown] id="what-follows"
# ## 1 · This
"""
SECTION, FUNCTION = "cell-id=the-guess", "cell-id=exercise-double"


@pytest.fixture
def two(tmp_path):
    first, second = tiny.lesson(tmp_path, FIRST), tiny.lesson(tmp_path, NEXT, "02_next")
    (second.parent / "teaching" / "02_next.md").unlink()
    return first, second


def page(source, audience, form="html"):
    return BeautifulSoup(editions.content(editions.Piece(source, audience, form)), "html.parser")


def head(notebook):
    return notebook.cells[0].source


@pytest.mark.parametrize("audience", AUDIENCES)
def test_on_pages_a_link_leads_to_a_cell_that_is_there(two, audience):
    soups = {source.stem: page(source, audience) for source in two}
    soup = soups["02_next"]
    hrefs = [link["href"] for link in soup.select(".text_cell a")]
    assert hrefs == [f"01_tiny.html#{SECTION}", f"01_tiny.html#{FUNCTION}", "#cell-id=what-follows"]
    for href in hrefs:
        stem, fragment = re.fullmatch(r"(?:(\w+)\.html)?#(.+)", href).groups()
        assert soups[stem or "02_next"].find(id=fragment)
    assert "see the glossary," in soup.get_text()


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_notebook_keeps_the_link_as_jupyterlab_reads_it(two, audience):
    first, second = (made(source, audience) for source in two)
    ids = {f"cell-id={cell.id}" for cell in first.cells}
    assert set(re.findall(r"01_tiny\.ipynb#([^)]+)", head(second))) == {SECTION, FUNCTION} <= ids


def test_on_colab_a_link_scrolls_to_the_cell_where_the_lesson_is_published(two):
    stamp = '{"repo": "a/b", "branch": "main"}'
    (places.built_from(two[0]).parent / FILE).write_text(stamp)
    first, second = (made(source, "study", "colab") for source in two)
    url = Published("a/b", "main").url("01_tiny")
    assert f"[a function]({url}#scrollTo=exercise-double)" in head(second)
    assert "[section 1](#scrollTo=what-follows)" in head(second)
    assert {"the-guess", "exercise-double"} <= {cell.metadata["id"] for cell in first.cells}
    nbformat.validate(first)


def test_on_colab_an_unpublished_lesson_is_named(two):
    text = " ".join(head(made(two[1], "study", "colab")).split())
    assert "in lesson 01, section 1, where you wrote a function (lesson 01); see" in text
    assert "[section 1](#scrollTo=what-follows)" in text


def test_in_the_volume_a_link_is_the_name_of_its_lesson_or_leads_within_it(two):
    if not find_browser():
        pytest.skip("Chromium is not here")
    with printer.printer() as print_page:
        printed = [
            volume.Lesson(source.stem, source.stem,
                          editions.content(editions.Piece(source, "study", "pdf"), print_page))
            for source in two
        ]  # fmt: skip
        bound = PdfReader(io.BytesIO(volume.bind(printed, "study", print_page)))
    text = " ".join(" ".join(sheet.extract_text() for sheet in bound.pages).split())
    assert "lesson 01, section 1, where you wrote a function (lesson 01); see the glossary" in text
    goals = [
        annotation.get_object().get("/Dest") or annotation.get_object()["/A"]["/D"]
        for sheet in bound.pages
        for annotation in sheet.get("/Annots", [])
    ]
    named = {name.lstrip("/") for name in bound.named_destinations}
    assert "cell-id=what-follows" in {str(goal).lstrip("/") for goal in goals} <= named
