"""Pages for screens and for paper, as text: what the browser prints is in tests/full."""

import re

import nbformat
import pytest
import tiny
from bs4 import BeautifulSoup
from test_audience import EXPLAIN

from posenc.course import lesson, places
from posenc.course.editions import page as pages
from posenc.course.editions.audience import edition

PICTURE = {"image/png": "iVBORw0KGgo=", "text/plain": "line\nIt rises."}


def page(source, audience, medium, change=None):
    notebook = nbformat.read(places.built_from(source), as_version=4)
    if change:
        change(notebook)
    notes = source.parent / "teaching" / f"{source.stem}.md"
    made = edition(notebook, audience, lesson.read(source).exercises, notes)
    about = pages.Page(source.stem, audience, medium, ("01_tiny", "02_next"))
    return BeautifulSoup(pages.page(made, about), "html.parser")


def test_a_question_becomes_circles_to_tick(source):
    box = page(source, "study", "screen").select_one(".predict")
    assert box.get_text().startswith("Two and two are …")
    assert [row.get_text() for row in box.select("li")] == ["four", "five"]


def test_what_a_question_has_between_backticks_is_code(source):
    def change(notebook):
        [cell] = [cell for cell in notebook.cells if "check.predict" in cell.source]
        text = "Predict: On `back1` two are\n  ( ) `four`\n  ( ) five"
        cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": text})]

    box = page(source, "study", "screen", change).select_one(".predict")
    assert [code.get_text() for code in box.select("code")] == ["back1", "four"]
    assert box.get_text().startswith("On back1 two are …")


ASKED = {
    "number": "Predict: How many are there?\n  ________ words (from 0 to 9)",
    "sure": "Predict: It is\n  ( ) a\n  ( ) b\nHow sure are you?  ( ) just guessing  ( ) sure",
    "curve": "Predict: How does it fall?\n  accuracy\n  100 % │\n      0 │\n"
    "        └─────\n          1    2 000    4\n  distance in words",
}


@pytest.mark.parametrize("medium", ["screen", "paper"])
@pytest.mark.parametrize("kind", ASKED)
def test_every_kind_of_question_has_room_for_its_answer(source, kind, medium):
    def change(notebook):
        [cell] = [cell for cell in notebook.cells if "check.predict" in cell.source]
        cell.source = "check.predict_number(1)"
        cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": ASKED[kind]})]

    soup = page(source, "student", medium, change)
    assert ("check.predict" in soup.get_text()) == (medium == "screen")
    box = soup.select_one(".predict")
    if kind == "number":
        assert box.select_one("p .blank")
        assert box.get_text() == "How many are there? words (from 0 to 9)"
    elif kind == "sure":
        assert [row.get_text() for row in box.select("ul.sure li")] == ["just guessing", "sure"]
        assert [row.get_text() for row in box.select("ul:not(.sure) li")] == ["a", "b"]
    else:
        rows = [[cell.get_text() for cell in row.select("td")] for row in box.select("tr")]
        levels, ticks = [["100 %", "", "", ""], ["0", "", "", ""]], ["", "1", "2\u00a0000", "4"]
        assert rows == [*levels, ticks, ["", "distance in words"]]
        assert box.select_one("caption").get_text() == "accuracy"


def test_a_number_and_a_formula_with_its_point_stay_on_one_line(source):
    def change(notebook):
        notebook.cells[0].source += "\n\nOf 10 000 words, $a<b$, and `10 000`."

    soup = page(source, "study", "screen", change)
    [text] = [p for p in soup.select("p") if p.get_text().startswith("Of ")]
    assert text.get_text() == "Of 10\u00a0000 words, $a<b$, and 10 000."
    assert text.select_one(".held").get_text() == "$a<b$,"


def test_code_on_a_page_does_not_answer_the_question_above_it(source):
    def change(notebook):
        [cell] = [cell for cell in notebook.cells if cell.source.startswith("from posenc")]
        cell.source += '\nplots.lines(y, xlabel="p",\n            alt="It falls.")'

    for medium in ("screen", "paper"):
        [code] = [pre.get_text() for pre in page(source, "study", medium, change).select("pre")
                  if "plots.lines" in pre.get_text()]  # fmt: skip
        assert code.strip().endswith('plots.lines(y, xlabel="p")')


def test_on_paper_a_sentence_with_a_colon_and_short_code_stay_with_what_follows(source):
    def change(notebook):
        notebook.cells[0].source += "\n\nHere it is:"
        [cell] = [cell for cell in notebook.cells if cell.source.startswith("from posenc")]
        cell.outputs = [nbformat.v4.new_output("display_data", PICTURE)]

    soup = page(source, "student", "paper", change)
    assert len(soup.select(".text_cell.lead")) == 1
    assert [p.get_text() for p in soup.select("p.lead")] == ["Here it is:"]
    assert len(soup.select(".code_cell.together img")) == 1


def test_the_contents_lead_to_the_sections(source):
    soup = page(source, "student", "screen")
    links = soup.select(".contents a")
    assert [link.get_text() for link in links] == ["1 · Guess", "References"]
    for link in links:
        assert soup.find(id=link["href"][1:]).get_text() == link.get_text()


def test_a_screen_folds_hints_and_solutions(source):
    soup = page(source, "study", "screen")
    hint, solution = soup.select("details")
    assert "Add it to itself." in hint.get_text()
    assert "twice_as_much" in solution.get_text()
    assert not hint.has_attr("open")
    assert soup.select_one("a[href='02_next.html']")


def test_paper_has_hints_last_room_to_write_and_no_links(source):
    soup = page(source, "student", "paper")
    order = [heading.get_text() for heading in soup.select("h2")]
    assert order == ["1 · Guess", "References", "Hints"]
    assert "Add it to itself." in soup.find("h2", string="Hints").find_parent().get_text()
    rooms = [len(room.select(".line")) for room in soup.select(".room")]
    assert rooms == [3, 6]  # a difficulty of 3; the six may go on overleaf
    assert len(soup.select(".together .room")) == 1
    assert soup.select_one(".who")
    assert tiny.SAID["exercise"] not in soup.get_text()
    assert not soup.select("a[href$='.html']")


RECALL = """\
# %% [markdown]
# **Recall 1** · What is one and one?
#
# <details><summary>Answer</summary>
#
# It is the first even number.
# </details>

# %%
from posenc import check
"""


def test_answers_are_folded_on_a_screen_and_last_on_paper(tmp_path):
    asked = "# %%\nfrom posenc import check\n"
    source = tiny.lesson(tmp_path, tiny.LESSON.replace(asked, RECALL))
    [answer, _] = page(source, "student", "screen").select("details")
    assert "first even" in answer.get_text()
    assert not answer.has_attr("open")
    soup = page(source, "student", "paper")
    order = [heading.get_text() for heading in soup.select("h2")]
    assert order[-2:] == ["Hints", "Answers"]
    last = soup.find("h2", string="Answers").find_parent().get_text()
    assert "Recall 1 · Answer" in last
    assert "first even" in last
    [question] = [p for p in soup.select("p") if p.get_text() == "The answer is at the end."]
    assert "first even" not in question.find_parent(class_="cell").get_text()


def test_paper_has_room_for_an_answer_in_words(tmp_path):
    text = tiny.LESSON.replace("# %% [markdown]\n# ## References\n", EXPLAIN)
    source = tiny.lesson(tmp_path, text)
    soup = page(source, "student", "paper")
    assert len(soup.select(".celltag_explain .line")) > 5
    assert "Write here." not in soup.get_text()
    study = page(source, "study", "paper")
    assert "too few" in study.find("h2", string="Rubrics").find_parent().get_text()
    [note] = [n for n in page(source, "instructor", "paper").select(".teacher-note")
              if "too few" in n.get_text()]  # fmt: skip
    assert note.select_one("details").has_attr("open")


def test_paper_says_a_question_once(source):
    screen, paper = (page(source, "student", medium) for medium in ("screen", "paper"))
    assert "check.predict" in screen.get_text()
    assert "check.predict" not in paper.get_text()


def test_paper_keeps_a_question_that_its_cell_does_not_show(source):
    def ask_twice(notebook):
        [cell] = [cell for cell in notebook.cells if "check.predict" in cell.source]
        cell.source += '\ncheck.predict("other", "And three?", ["five", "six"])'

    assert "And three?" in page(source, "student", "paper", ask_twice).get_text()


def test_the_teachers_page_has_notes_and_no_cells_for_nbgrader(source):
    soup = page(source, "instructor", "paper")
    assert [note.get_text().strip() for note in soup.select(".teacher-note")] == [
        "50 minutes are enough.",
        "Let them guess.",
        "They multiply by three.",
    ]
    [statement] = soup.select(".text_cell.together")  # its note is below it, then its answer
    assert statement.get_text().strip().startswith("Exercise 1")
    assert "verdict.passed" not in soup.get_text()
    assert "twice_as_much" in soup.get_text()
    assert not soup.select(".room")


def test_a_picture_has_its_text_and_one_from_elsewhere_is_only_text(source):
    def change(notebook):
        notebook.cells[0].source += "\n\n![Open in Colab](https://example.org/badge.svg)"
        [code] = [cell for cell in notebook.cells if cell.source.startswith("from posenc")]
        metadata = {"image/png": {"alt": "It rises."}}
        code.outputs = [nbformat.v4.new_output("display_data", PICTURE, metadata=metadata)]

    soup = page(source, "student", "screen", change)
    [image] = soup.select("img")
    assert image["alt"] == "It rises."
    assert "Open in Colab" in soup.get_text()


def test_mathematics_goes_inside_the_page(source, monkeypatch):
    monkeypatch.setattr(pages, "mathjax", lambda: "/* the script */")
    html = pages.with_mathematics(str(page(source, "student", "screen")))
    assert "<script>/* the script */</script>" in html
    assert pages.MATHEMATICS not in html


@pytest.mark.parametrize("medium", ["screen", "paper"])
def test_a_page_asks_for_nothing_outside_itself(source, medium):
    soup = page(source, "instructor", medium)
    assert not soup.select("script[src], link[href], iframe, object, video")
    assert not re.search(r"url\(|@import", str(soup.style))
