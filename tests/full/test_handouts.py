"""Every edition of every lesson, made for real: leaks, print, pages."""

import html
import json
import re

import nbformat
import pytest
from real import SOURCES, every_lesson, pieces

from posenc.course import places, tools
from posenc.course.editions import editions, leaks
from posenc.course.editions import page as pages
from posenc.course.editions.audience import AUDIENCES
from posenc.course.editions.listing import listing

pypdf = pytest.importorskip("pypdf")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not tools.find_browser(), reason="no Chromium here"),
]


def words_of(path):
    """All that a file says to who reads it, or looks into it."""
    if path.suffix == ".pdf":
        reader = pypdf.PdfReader(path)
        return ["".join(page.extract_text() for page in reader.pages), str(reader.metadata)]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return [text, html.unescape(text), html.unescape(re.sub(r"<[^>]+>", "", text))]
    if path.suffix == ".ipynb":
        notebook = json.loads(text)
        # The package itself has formulas in it, as an installed one has.
        notebook["cells"] = [c for c in notebook["cells"] if c["id"] != "colab-setup"]
        return [notebook]
    return [text]


# --- leaks -------------------------------------------------------------------


def test_no_student_artefact_shows_a_line_of_an_answer(dist):
    secret = [piece for stem in SOURCES for piece in pieces(SOURCES[stem])]
    files = [path for path in (dist / "student").rglob("*") if path.is_file()]
    assert len(files) >= 4 * len(SOURCES) + 1
    lesson = {path: [s for s in SOURCES if path.stem == s] for path in files}
    for path in files:
        # What one lesson asks another may show, so each is held against its own answers.
        mine = pieces(SOURCES[lesson[path][0]]) if lesson[path] else []
        assert leaks.leaked(mine, words_of(path)) == [], path
    assert secret


def chapter(reader, stem):
    """What the bound volume says on the pages of a lesson."""
    labelled = zip(reader.page_labels, reader.pages, strict=True)
    return "".join(page.extract_text() for label, page in labelled if label[:2] == stem[:2])


@every_lesson
def test_no_chapter_of_the_bound_volume_shows_an_answer_of_its_own(dist, stem):
    volumes = [pypdf.PdfReader(dist / who / "pdf" / "course.pdf") for who in ("student", "study")]
    student, study = ([chapter(volume, stem)] for volume in volumes)
    assert leaks.leaked(pieces(SOURCES[stem]), student) == []
    assert leaks.leaked(pieces(SOURCES[stem]), study) == pieces(SOURCES[stem])


@every_lesson
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_the_same_search_finds_them_in_the_study_edition(dist, stem, form):
    path = dist / "study" / form / f"{stem}.{form}"
    assert leaks.leaked(pieces(SOURCES[stem]), words_of(path)) == pieces(SOURCES[stem])


@pytest.mark.parametrize("medium", ["screen", "paper"])
def test_a_planted_line_is_found_in_a_page_and_in_print(tmp_path, medium):
    from posenc.course.editions import printer

    source = next(iter(SOURCES.values()))
    line = next(piece for piece in pieces(source) if len(piece) > 30)
    student = editions.content(editions.Piece(source, "student", "ipynb"))
    notebook = nbformat.reads(student.decode(), as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text=line)]
    html = pages.page(notebook, pages.Page(source.stem, "student", medium, ()))
    with printer.printer() as print_page:
        path = tmp_path / ("page.html" if medium == "screen" else "page.pdf")
        path.write_bytes(html.encode() if medium == "screen" else print_page(html))
    assert leaks.leaked(pieces(source), words_of(path)) == [line]


# --- paper -------------------------------------------------------------------


def code_of(stem, audience):
    content = editions.content(editions.Piece(SOURCES[stem], audience, "ipynb"))
    notebook = nbformat.reads(content.decode(), as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@every_lesson
@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_handout_is_a4_numbered_titled_and_whole(dist, stem, audience):
    reader = pypdf.PdfReader(dist / audience / "pdf" / f"{stem}.pdf")
    title = nbformat.read(places.built_from(SOURCES[stem]), as_version=4).cells[0].source
    running = leaks.squeezed(title.splitlines()[0].lstrip("# "))
    for number, page in enumerate(reader.pages, 1):
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
        text = leaks.squeezed(page.extract_text())
        assert running in text
        assert f"{stem[:2]}·{number}" in text
        full = len(text) > len(running) + 60 or len(page.images) > 1
        assert full, f"page {number} is all but empty"


@every_lesson
def test_no_line_of_code_is_cut_off_in_print(dist, stem):
    [text, _] = words_of(dist / "student" / "pdf" / f"{stem}.pdf")
    printed = leaks.squeezed(text)
    for cell in code_of(stem, "student"):
        if not re.match(r"check\.(predict|verdict)\(", cell.source.strip()):
            for line in listing(cell.source).splitlines():
                assert leaks.squeezed(line) in printed, line


@every_lesson
def test_the_contents_name_the_right_pages(dist, stem):
    reader = pypdf.PdfReader(dist / "student" / "pdf" / f"{stem}.pdf")
    pages = [leaks.squeezed(page.extract_text()) for page in reader.pages]
    sections = list(headings(reader.outline))
    assert len(sections) > 5
    for entry in sections:
        page = reader.get_destination_page_number(entry) + 1
        title = leaks.squeezed(entry.title)
        assert title in pages[page - 1]
        if "$" not in entry.title and title.isascii():
            assert f"{title}{page}" in pages[0] + pages[1], entry.title


def headings(outline, depth=0):
    for entry in outline:
        if isinstance(entry, list):
            yield from headings(entry, depth + 1) if depth == 0 else ()
        elif depth == 1:
            yield entry


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_bound_volume_has_every_page_once_and_names_it(dist, audience):
    bound = pypdf.PdfReader(dist / audience / "pdf" / "course.pdf")
    single = [pypdf.PdfReader(dist / audience / "pdf" / f"{stem}.pdf") for stem in SOURCES]
    labels = list(bound.page_labels)
    wanted = [
        f"{stem[:2]} · {number}"
        for stem, reader in zip(SOURCES, single, strict=True)
        for number in range(1, len(reader.pages) + 1)
    ]
    front = len(labels) - len(wanted)
    assert 1 <= front <= 4
    assert labels[front:] == wanted
    contents = leaks.squeezed("".join(page.extract_text() for page in bound.pages[:front]))
    for stem, reader in zip(SOURCES, single, strict=True):
        last = [*headings(reader.outline)][-1]
        page = reader.get_destination_page_number(last) + 1
        assert f"{stem[:2]}·{page}" in contents


# --- screens -----------------------------------------------------------------


@every_lesson
@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_page_needs_no_network_and_sets_its_formulas(dist, stem, audience):
    asked, said = [], []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=tools.find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((dist / audience / "html" / f"{stem}.html").as_uri())
        page.evaluate("MathJax.startup.promise")
        assert page.locator("mjx-merror").count() == 0
        assert "$" not in page.locator("main p:not(:has(code))").all_inner_texts()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
