"""The tables that spreadsheets open, and the pages: their names, their links, their picture."""

import csv
import io
import os
import unicodedata
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

from posenc.course.grade import pages, report

ROW = {"student": "ada", "lesson": "03_x", "heading": "Exercise 1", "exercise": "first",
       "verdict": "right", "mistake": "", "message": "", "seconds": 0.1, "points": 2, "of": 2,
       "file": "ada.ipynb", "draw": 17}  # fmt: skip

FORMULAS = {
    "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "＝1+1": "'＝1+1", "＋1": "'＋1",
    "－1": "'－1", "＠x": "'＠x", "  =1+1": "'  =1+1", "\n=1": "'\n=1", "\t1": "'\t1",
    "\r1": "'\r1", "\u200b=1": "'\u200b=1", "\ufeff\u3000=1": "'\ufeff\u3000=1",
    "x;=1+1": "x;'=1+1", "x; ＝1": "x;' ＝1",
}  # fmt: skip
TEXTS = ["ada", "a;b", "1 - 2", "a=b", '"', "a,=b", "x\ny", "李", "got [1, -2]"]


@pytest.mark.parametrize(("text", "shown"), [*FORMULAS.items(), *zip(TEXTS, TEXTS, strict=True)])
def test_no_cell_is_a_formula_and_every_field_is_quoted(tmp_path, text, shown):
    report.write(tmp_path, [ROW | {"student": text, "message": text}], [])
    for name in ("results.csv", "points.csv"):
        written = (tmp_path / name).read_bytes().decode("utf-8-sig")
        table = list(csv.reader(io.StringIO(written, newline="")))
        first = dict(zip(*table, strict=True))
        assert first["student"] == first.get("message", shown) == shown
        again = io.StringIO()
        csv.writer(again, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
        assert again.getvalue() == written


NAMES = [
    "Ada", "ada", "ADA", "a/b", "a_b", "..", ".", "", " ", "=x", "李", "x" * 300, "x" * 301,
    "José", "Jose\u0301", "Jose", "ß", "ss", "SS", "ﬁ", "fi", "Å", "\u212b", "ı", "i", "I", "K",
    "\u212a", "con", "CON", "nul", "COM1", "COM¹", "lpt9", "prn ", "aux.txt", "ada ", " ada",
    "ada.", "-rf", "a\u200bb", "ab", "a\\b", "a:b", "a?b", "😀", "😃", "प्रिया", "#1", "a%2Fb",
]  # fmt: skip


def loosest(name):
    """A name as the least exact file system compares it."""
    kept = unicodedata.normalize("NFKD", name).upper().lower().casefold()
    return "".join(char for char in kept if not unicodedata.combining(char)).rstrip(". ")


def test_page_names_never_meet():
    names = pages.file_names(NAMES)
    assert len({loosest(name) for name in names.values()}) == len(NAMES)
    assert names["李"] == "李.html"
    assert names["Jose"] == "Jose.html"
    for name in names.values():
        assert not set(name) & set('/\\:*?"<>|%#\0')
        assert len(os.fsencode(name)) < 200
        assert name[0] not in "-. "
        device = name.split(".")[0].upper()
        assert device not in {"CON", "PRN", "AUX", "NUL", "COM1", "COM¹", "LPT9", ""}


@pytest.mark.parametrize("student", ["a/b", "Ada", "x" * 300, "con"])
def test_no_student_can_take_the_page_of_another(student):
    """Who knows how pages are named hands in under the name of somebody else's page."""
    names = pages.file_names(["a/b", "ada", "Ada", "x" * 300, "con"])
    theirs = names[student].removesuffix(".html")
    for crafted in (theirs, theirs.replace(".", "-"), theirs.replace(".", "_"), names[student]):
        both = pages.file_names([*names, crafted])
        assert len({loosest(name) for name in both.values()}) == len(both)


def test_the_page_of_the_class_links_every_page(tmp_path):
    report.write(tmp_path, [ROW | {"student": name} for name in NAMES], ["a <note>"])
    index = BeautifulSoup((tmp_path / "index.html").read_text(), "html.parser")
    linked = [(link["href"], link.text) for link in index.find_all("a")]
    assert sorted(text for _, text in linked) == sorted(NAMES)
    assert {unquote(href) for href, _ in linked} == {
        f"feedback/{path.name}" for path in (tmp_path / "feedback").iterdir()
    }
    for href, text in linked:
        page = BeautifulSoup((tmp_path / unquote(href)).read_text(), "html.parser")
        assert page.h1.text == text
        assert href.isascii()


def test_only_the_class_is_told_the_number_of_the_draw(tmp_path):
    report.write(tmp_path, [ROW | {"draw": 987_654}], [])
    assert "--draw 987654" in (tmp_path / "index.html").read_text()
    assert "987654" not in (tmp_path / "feedback" / "ada.html").read_text()
    report.write(tmp_path, [ROW | {"draw": None}], [])
    assert "--draw" not in (tmp_path / "index.html").read_text()


def wrong(student, lesson, slug):
    return ROW | {"student": student, "lesson": lesson, "verdict": "wrong", "mistake": slug}


def test_a_mistake_is_counted_among_those_who_handed_in_its_lesson():
    rows = [wrong("x", "03_x", "a"), wrong("y", "03_x", "a"), wrong("z", "03_x", "b"),
            ROW | {"student": "q"}, wrong("x", "04_y", "c"),
            ROW | {"student": "z", "lesson": ""}]  # fmt: skip
    picture = pages.mistakes(rows)
    assert picture.alt == "The most frequent mistake is 04 first: c, made by 1 of 1 students."
    told = repr(picture)
    assert told.index("04 first: c") < told.index("03 first: a") < told.index("03 first: b")
    one = pages.mistakes(rows[:4])
    assert one.alt == "The most frequent mistake is first: a, made by 2 of 4 students."
    assert "first: b" in repr(one)
    assert pages.mistakes([ROW]) is None
