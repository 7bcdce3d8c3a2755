"""The rules that every lesson keeps (style of the course), read off the files."""

import base64
import re
from statistics import median

import nbformat
import pytest
from real import LESSONS, SOURCES

from posenc.course.author import asked, check

PART_ONE = [stem for stem in SOURCES if stem < "06"]

TAGS = {
    "exercise",
    "solution",
    "trained",  # what it shows was trained, and differs a little elsewhere
    "raises-exception",  # an error that the lesson is about
    "explain",  # an answer in words, which no program judges
    "rubric",  # by what it is judged; students do not get it
    "large",  # printed over the whole width
    "nbval-ignore-output",  # times, which differ from run to run
}
SET_UP = ["import torch", "import posenc", "from posenc import check, plots"]

every_lesson = pytest.mark.parametrize("stem", sorted(SOURCES))


@pytest.fixture(scope="module")
def lesson(request):
    """The built notebook of a stem, read once."""
    read = {}

    def get(stem):
        if stem not in read:
            read[stem] = nbformat.read(LESSONS[stem], as_version=4)
        return read[stem]

    return get


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def own_code(notebook):
    """The code of the lesson proper, without stubs and solutions."""
    return [
        cell.source
        for cell in code_cells(notebook)
        if not {"exercise", "solution"} & set(cell.metadata.get("tags", []))
    ]


def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def lines_of_code(source):
    lines = [line.strip() for line in source.splitlines()]
    return sum(1 for line in lines if line and not line.startswith("#"))


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def test_part_one_is_complete():
    assert [stem[:2] for stem in PART_ONE] == ["01", "02", "03", "04", "05"]


def test_sources_and_notebooks_are_the_same_lessons():
    assert set(SOURCES) == set(LESSONS)


# --- built as it should be ---------------------------------------------------


@every_lesson
def test_it_is_what_its_source_says(stem):
    assert list(check.problems(SOURCES[stem], LESSONS.get(stem))) == []


@every_lesson
def test_figures_are_at_most_60_kb_and_png(lesson, stem):
    for output in outputs(lesson(stem)):
        data = output.get("data", {})
        assert not {"image/svg+xml", "image/jpeg", "application/javascript"} & set(data)
        assert len(base64.b64decode(data.get("image/png", ""))) <= 60_000


@every_lesson
def test_nothing_of_a_machine_is_stored(lesson, stem):
    for output in outputs(lesson(stem)):
        assert output.get("name") != "stderr"
        assert not any("widget" in mime for mime in output.get("data", {}))
        data = {k: v for k, v in output.get("data", {}).items() if k != "image/png"}
        text = f"{output.get('text', '')}{data}{output.get('traceback', '')}"
        assert not re.search(r"/home/|/root/|/tmp/|/Users/|[A-Z]:\\", text)
        assert not re.search(r" at 0x[0-9a-f]{6}", text), "an object's address"
    assert "widgets" not in lesson(stem).metadata


@every_lesson
def test_tags_are_known(lesson, stem):
    for cell in lesson(stem).cells:
        assert set(cell.metadata.get("tags", [])) <= TAGS


# --- written as it should be -------------------------------------------------


@every_lesson
def test_no_installs_magics_or_silenced_warnings(stem):
    text = SOURCES[stem].read_text(encoding="utf-8")
    forbidden = r"^\s*[%!]|pip install|filterwarnings|simplefilter|NBVAL_|clear_output"
    assert not re.search(forbidden, text, flags=re.MULTILINE)
    assert not re.search(r"\b(interact|Output)\(", text)


@every_lesson
def test_code_fits_a_printed_page(lesson, stem):
    for cell in code_cells(lesson(stem)):
        for line in cell.source.splitlines():
            assert len(line) <= 79, line


@every_lesson
def test_cells_are_small(lesson, stem):
    sizes = [lines_of_code(source) for source in own_code(lesson(stem))]
    assert median(sizes) <= 6
    for cell in code_cells(lesson(stem)):
        assert lines_of_code(cell.source) <= 20, cell.source


@every_lesson
def test_it_opens_with_a_question_or_a_claim(lesson, stem):
    first, *rest = prose(lesson(stem))
    title, *body = first.splitlines()
    assert re.match(r"# \S", title)
    opening = "\n".join([*body, *rest[:2]])
    assert re.search(r"^\**Needs:?", opening, flags=re.MULTILINE), "Needs: 02 · 40 min · CPU"
    objectives = re.findall(r"^(?:[-*]|\d\.) \S", opening, flags=re.MULTILINE)
    assert len(objectives) >= 3, "three objectives, in a list"
    kinds = [cell.cell_type for cell in lesson(stem).cells]
    assert kinds.index("code") <= 3, "the first code comes within the first cells"


@every_lesson
def test_the_set_up_cell_is_the_same_everywhere(lesson, stem):
    """The three lines, in one early cell; an import beside them may be added."""
    early = [source.splitlines() for source in own_code(lesson(stem))[:3]]
    # `from posenc import analysis, check, plots, widgets` varies the third line.
    assert any(
        SET_UP[0] in lines
        and SET_UP[1] in lines
        and any(re.match(r"from posenc import .*\bcheck, .*\bplots\b", line) for line in lines)
        for lines in early
    ), SET_UP


@every_lesson
def test_it_ends_with_what_you_can_do_and_references(lesson, stem):
    headings = re.findall(r"^## (.+)$", "\n".join(prose(lesson(stem))), flags=re.MULTILINE)
    last = [heading.lower() for heading in headings[-3:]]
    assert last[0].startswith("what you can now do")
    assert last[1:] == ["references", "solutions"]


@every_lesson
def test_it_lets_the_reader_predict_explore_and_exercise(lesson, stem):
    code = "\n".join(own_code(lesson(stem)))
    assert code.count("check.predict(") >= 3
    assert len(re.findall(r"\bexplore\(", code)) >= 1
    tags = [tag for cell in code_cells(lesson(stem)) for tag in cell.metadata.get("tags", [])]
    assert tags.count("exercise") == tags.count("solution") >= 2


@every_lesson
def test_every_prediction_is_settled(stem):
    """A guess that nothing answers is a broken promise."""
    one = asked.asked(SOURCES[stem])
    assert {asks.key for asks in one.predictions} == set(one.right)


@every_lesson
def test_no_answer_stands_in_a_cell(lesson, stem):
    for source in own_code(lesson(stem)):
        assert not re.search(r"\b(settles|beliefs|kind)=", source) or "check." not in source


@every_lesson
def test_links_lead_somewhere(lesson, stem):
    for text in prose(lesson(stem)):
        for link in re.findall(r"\]\((?!https?:|#|attachment:)([^)#]+)", text):
            assert (LESSONS[stem].parent / link).exists(), link


@pytest.mark.parametrize("stem", PART_ONE)
def test_part_one_stands_alone(stem):
    text = SOURCES[stem].read_text(encoding="utf-8")
    later = r"\b(?:0[6-9]|1[01])_[a-z]\w+|notebooks? (?:0[6-9]|1[01])\b|Part II\b"
    assert not re.search(later, text)
    assert not re.search(r"posenc\.study|posenc\.encodings\.(?:relative|rotary)", text)


@every_lesson
def test_it_needs_only_those_before_it(stem):
    text = SOURCES[stem].read_text(encoding="utf-8")
    for number in re.findall(r"\b(\d\d)_[a-z]\w+\.ipynb", text):
        assert number <= stem[:2] or number == f"{int(stem[:2]) + 1:02}"
