"""A lesson as a chapter: what is folded, what is asked, where links lead."""

import nbformat
import pytest
import tiny
from bs4 import BeautifulSoup

from posenc.course.editions.book import results
from posenc.course.editions.book.chapter import chapter
from posenc.course.editions.editions import Piece, for_audience

SETTLED = {("sum", "two and two are four"): {"sum": "four"}}
BETWEEN = """\
# %%
print("on the way")

# %% [markdown]
# Words between.

# %%
check.claim("sum", "two and two are four", 4, "==", 4)

# %%
print("after")

# %% [markdown]
# **Exercise 1**"""


@pytest.fixture
def built(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "settled_by", lambda id, text: SETTLED.get((id, text), {}))
    text = tiny.LESSON.replace("# %% [markdown]\n# **Exercise 1**", BETWEEN)
    source = tiny.lesson(tmp_path, text)
    notebook = nbformat.read(source.parents[1] / "01_tiny.ipynb", as_version=4)
    for cell in notebook.cells:
        if "check.predict" in cell.source:
            asks = {"asks": "sum", "question": "Two and two are", "options": ["four", "five"]}
            cell.metadata["posenc"] = {"ledger": [asks]}
        if "check.claim" in cell.source:
            claim = {"id": "sum", "claim": "two and two are four"}
            cell.metadata["posenc"] = {"ledger": [claim]}
        if cell.cell_type == "code" and not cell.outputs:
            cell.outputs = [nbformat.v4.new_output("stream", text=cell.source)]
    return for_audience(Piece(source, "study", "html"), notebook)


def made(notebook, drawn=None):
    return chapter(notebook, "01_tiny", ["01_tiny", "02_next"], drawn or {}, "THE BAR")


def cell(notebook, words):
    [found] = [cell for cell in notebook.cells if words in cell.source]
    return found


def test_the_result_and_what_is_computed_on_the_way_are_folded_and_nothing_else(built):
    notebook = made(built).notebook
    assert cell(notebook, "on the way").metadata.tags == ["hide-output", "settles-1"]
    assert cell(notebook, "check.claim").metadata.tags == ["hide-cell", "settles-1"]
    assert "tags" not in cell(notebook, "after").metadata
    assert cell(notebook, "Words between").metadata.get("tags") is None


def test_the_answer_stands_in_the_folded_cell_alone(built):
    notebook = made(built).notebook
    answer = BeautifulSoup(cell(notebook, "check.claim").outputs[0].data["text/html"], "html.parser")
    assert answer.p["data-answer"] == "four"
    others = [each for each in notebook.cells if "check.claim" not in each.source]
    assert "The answer" not in nbformat.writes(nbformat.v4.new_notebook(cells=others))


def test_a_prediction_is_a_form_and_says_predict_once(built):
    form = BeautifulSoup(cell(made(built).notebook, "check.predict").outputs[0].data["text/html"],
                         "html.parser")  # fmt: skip
    assert [box["value"] for box in form.select("[type=radio]")] == ["four", "five"]
    assert form.form["data-name"] == "01_tiny/sum"
    assert form.legend.get_text() == "Two and two are", "the text above says “Predict.”"


def test_every_cell_has_its_anchor_once_and_links_lead_to_pages(built):
    notebook = made(built).notebook
    text = "\n".join(each.source for each in notebook.cells if each.cell_type == "markdown")
    for each in built.cells:
        assert text.count(f'id="cell-id={each.id}"') == 1
    assert '<a class="internal" href="02_next.html">the next lesson</a>' in text


def test_an_exercise_is_a_heading_and_says_where_to_work_on_it(built):
    notebook = made(built).notebook
    assert "### Exercise 1 · difficulty 3" in cell(notebook, "difficulty 3 of 5").source
    said = cell(notebook, "raise NotImplementedError").outputs[-1].data["text/html"]
    assert 'href="../notebooks/01_tiny.ipynb"' in said


def test_a_solution_is_folded(built):
    assert "hide-cell" in cell(made(built).notebook, "twice_as_much").metadata.tags


def test_the_bar_is_below_the_title_and_the_notebook_is_left_as_it_is(built):
    before = nbformat.writes(built)
    first = made(built).notebook.cells[0]
    assert first.source.endswith("THE BAR")
    assert nbformat.writes(built) == before


def test_a_picture_is_a_file_with_its_text(built):
    built.cells[1].outputs = [
        nbformat.v4.new_output(
            "display_data", {"image/png": "AAAA", "text/plain": "x"},
            metadata={"image/png": {"alt": 'a "b" <c>', "width": 3, "height": 2}},
        )
    ]  # fmt: skip
    done = made(built)
    [(path, data)] = done.files.items()
    assert data == b"\0\0\0"
    [figure] = done.figures
    html = done.notebook.cells[2].outputs[0].data["text/html"]
    image = BeautifulSoup(html, "html.parser").img
    assert (image["src"], image["alt"]) == (f"../{path}", 'a "b" <c>')
    assert figure.alt == 'a "b" <c>'


FRAMES = {
    "controls": [{"name": "p", "label": "position <p>", "kind": "range", "values": [0, 1], "of": 9}],
    "start": 1,
    "wanted": [],
    "frames": [{"webp": bytes([n]), "alt": f"</script> {n}", "text": "", "width": 9, "height": 9}
               for n in range(2)],
}  # fmt: skip


def test_an_explorer_holds_every_frame_and_its_stills(built):
    built.cells[1].outputs = [
        nbformat.v4.new_output(
            "display_data", {"image/png": "AAAA", "text/plain": "x"},
            metadata={"image/png": {"alt": "still", "width": 3, "height": 2}},
        )
    ]  # fmt: skip
    done = made(built, {built.cells[1].id: FRAMES})
    frames = [data for path, data in done.files.items() if path.startswith("frames/")]
    assert frames == [b"\0", b"\1"]
    soup = BeautifulSoup(done.notebook.cells[2].outputs[0].data["text/html"], "html.parser")
    assert soup.select_one(".posenc-stills img")["alt"] == "still"
    assert soup.select_one("[type=range]")["value"] == "1"
    assert soup.select_one(".posenc-said").get_text() == "</script> 1"
    assert "2 of the 9 values of position <p>" in soup.select_one(".posenc-thinned").get_text()
    assert "</script> 0" not in str(soup.script.string), "it would end the script"
