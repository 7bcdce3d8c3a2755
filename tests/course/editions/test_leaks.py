"""No student's file shows a line of an answer."""

import base64

import nbformat
import pytest
import tiny
from making import NOTEBOOKS, made
from real import SOURCES, every_lesson, pieces

from posenc.course import places
from posenc.course.editions import leaks
from posenc.course.places import CourseError


def test_every_line_of_an_answer_is_a_secret_a_short_one_with_what_is_above(source):
    assert pieces(source) == ["twice_as_much=sum((x,x))", "returntwice_as_much"]
    short = tiny.LESSON.replace("return twice_as_much", "return x")
    assert pieces(tiny.write(source.parents[2], short))[1] == "_much=sum((x,x))returnx"


def test_a_ligature_hides_nothing():
    assert leaks.leaked(["offset_of_the_first"], "o\ufb00set_of_the_\ufb01rst") != []


def test_what_the_lesson_shows_elsewhere_is_no_secret(source):
    open_text = tiny.LESSON.replace("Add it to itself.", "`twice_as_much = sum((x, x))`")
    assert pieces(tiny.write(source.parents[2], open_text)) == ["returntwice_as_much"]


LINE = "twice_as_much =\n    sum((x, x))"
PICTURE = base64.b64encode(b"\x89PNG" * 100 + LINE.encode()).decode()


@pytest.mark.parametrize(
    "plant",
    [
        lambda cell: cell.update(source=LINE),
        lambda cell: cell.metadata.update(hidden={"deep": [LINE]}),
        lambda cell: cell.update(attachments={"a.txt": {"text/plain": LINE}}),
        lambda cell: cell.update(outputs=[{"data": {"text/html": LINE}}]),
        lambda cell: cell.update(outputs=[{"metadata": {"image/png": {"alt": LINE}}}]),
        lambda cell: cell.update(outputs=[{"data": {"image/png": PICTURE}}]),
    ],
    ids=["source", "metadata", "attachment", "output", "alt text", "inside a picture"],
)
def test_a_planted_line_is_found(source, plant):
    student = made(source, "student")
    assert leaks.leaked(pieces(source), student) == []
    plant(student.cells[1])
    assert leaks.leaked(pieces(source), student) == ["twice_as_much=sum((x,x))"]


def test_the_builder_refuses_a_student_edition_that_leaks(source):
    built = places.built_from(source)
    built.write_text(built.read_text().replace(tiny.SAID["exercise"], "return twice_as_much"))
    with pytest.raises(CourseError, match="the answer of double shows"):
        made(source, "student")


@every_lesson
@pytest.mark.parametrize("form", NOTEBOOKS)
def test_no_student_notebook_shows_a_line_of_an_answer(stem, form):
    source = SOURCES[stem]
    assert all(leaks.secrets(source).values()), "an exercise without a secret"
    student = made(source, "student", form)
    # The package itself, which Colab's carry, has the formulas in it, as installed ones do.
    cells = [cell for cell in student.cells if cell.id != "colab-setup"]
    assert leaks.leaked(pieces(source), [cells, student.metadata]) == []


@every_lesson
def test_the_search_would_notice(stem):
    source = SOURCES[stem]
    study = nbformat.read(places.built_from(source), as_version=4)
    assert leaks.leaked(pieces(source), study) == pieces(source)
