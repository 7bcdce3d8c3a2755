"""Editions: who gets what of a lesson."""

import re

import nbformat
import pytest
import tiny
from making import by_id, made, texts
from real import SOURCES, every_lesson

from posenc.course import lesson, places
from posenc.course.cells import COMMITTED, SOLUTIONS, tags, without_committed
from posenc.course.editions import editions
from posenc.course.editions.audience import checker_call, edition, read_notes
from posenc.course.places import CourseError


def test_study_is_the_lesson_as_committed(source):
    made = nbformat.reads(editions.content(editions.Piece(source, "study", "ipynb")).decode(), 4)
    built = nbformat.read(places.built_from(source), as_version=4)
    assert COMMITTED in built.cells[0].source
    without_committed(built)
    assert COMMITTED not in built.cells[0].source
    assert made == built


@pytest.mark.parametrize(("form", "kept"), [("ipynb", False), ("colab", False), ("html", True)])
def test_what_a_student_runs_has_no_outputs_and_what_is_read_has(source, form, kept):
    content = editions.content(editions.Piece(source, "student", form)).decode()
    assert ("two are" in re.sub(r"check\.predict.*", "", content)) == kept


def test_a_student_gets_the_stub_and_no_section_of_solutions(source):
    student = made(source, "student")
    assert "raise NotImplementedError" in by_id(student, "exercise-double").source
    assert SOLUTIONS not in texts(student)
    assert student.cells[-1].source.startswith("## References")
    assert not any("solution" in str(cell.metadata) for cell in student.cells)


def test_a_solution_outside_its_section_is_refused(source):
    notebook = nbformat.read(places.built_from(source), as_version=4)
    notebook.cells[0].metadata["tags"] = ["solution"]
    with pytest.raises(CourseError, match="outside the section"):
        edition(notebook, "student", [], source)


def test_an_instructor_gets_the_answer_in_its_place_with_what_its_check_said(source):
    instructor = made(source, "instructor")
    cell = by_id(instructor, "exercise-double")
    assert "### BEGIN SOLUTION\n    twice_as_much" in cell.source
    assert cell.outputs[0].text == tiny.SAID["solution"]
    assert SOLUTIONS not in texts(instructor)


def test_nbgrader_finds_an_answer_to_clear_and_a_check_to_grade(source):
    instructor = made(source, "instructor")
    answer = by_id(instructor, "exercise-double").metadata.nbgrader
    graded = by_id(instructor, "check-double")
    assert (answer.solution, answer.grade, answer.locked) == (True, False, False)
    assert (
        graded.source == "verdict = check.reading(double)\nassert verdict.passed, verdict.message"
    )
    assert (graded.metadata.nbgrader.grade, graded.metadata.nbgrader.locked) == (True, True)
    assert graded.metadata.nbgrader.points == 3
    marked = [cell.metadata.nbgrader for cell in instructor.cells if "nbgrader" in cell.metadata]
    assert {mark.schema_version for mark in marked} == {3}
    assert len({mark.grade_id for mark in marked}) == len(marked)


def test_points_are_those_of_the_cell_else_the_difficulty(tmp_path):
    text = tiny.LESSON.replace('tags=["exercise"]', 'tags=["exercise"] points=7')
    for words, points in ((text, 7), (tiny.LESSON, 3)):
        [exercise] = lesson.read(tiny.write(tmp_path, words)).exercises
        assert exercise.points == points


def test_notes_stand_below_what_they_are_about(source):
    cells = made(source, "instructor").cells
    notes = [i for i, cell in enumerate(cells) if "teacher" in tags(cell)]
    assert [cells[i - 1].source.splitlines()[0] for i in notes] == [
        "# 01 · Is two and two four?",
        "## 1 · Guess",
        "**Exercise 1** · difficulty 3 of 5 · 1 minute",
    ]
    assert cells[notes[2]].source == "They multiply by three."
    assert "minutes are enough" not in texts(made(source, "study")) + texts(made(source, "student"))


def test_a_note_without_its_place_is_named(source):
    notes = source.parent / "teaching" / "01_tiny.md"
    notes.write_text("## Section 9\n\nLost.\n")
    with pytest.raises(CourseError, match="01_tiny.md: there is no 'Section 9'"):
        made(source, "instructor")


EXPLAIN = """\
# %% [markdown]
# **Exercise 2 · explain** · difficulty 2 of 5 · 3 minutes

# %% [markdown] tags=["explain"]
# *Write here.*

# %% [markdown] tags=["rubric"]
# <details><summary>Rubric</summary>
#
# A point for saying that three is too few.
# </details>

# %% [markdown]
# ## References
"""


def test_a_rubric_is_for_self_study_and_for_the_teacher(tmp_path):
    text = tiny.LESSON.replace("# %% [markdown]\n# ## References\n", EXPLAIN)
    source = tiny.lesson(tmp_path, text)
    rubric = "three is too few"
    assert rubric in texts(made(source, "study"))
    assert rubric not in texts(made(source, "student"))
    assert "Write here." in texts(made(source, "student"))
    cells = made(source, "instructor").cells
    [kept] = [cell for cell in cells if rubric in cell.source]
    assert "teacher" in tags(kept)
    assert kept.metadata.nbgrader.points == 0
    [answer] = [cell for cell in cells if "explain" in tags(cell)]
    assert (answer.metadata.nbgrader.grade_id, answer.metadata.nbgrader.points) == ("explain-2", 2)
    marks = [cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata]
    assert len(set(marks)) == len(marks)


def test_an_answer_in_words_without_its_statement_is_named(tmp_path):
    text = tiny.LESSON.replace("# %% [markdown]\n# ## References\n", EXPLAIN)
    source = tiny.lesson(tmp_path, text.replace("**Exercise 2 · explain**", "Explain."))
    with pytest.raises(CourseError, match="stands below its statement"):
        made(source, "instructor")


def test_an_exercise_without_its_check_is_named():
    with pytest.raises(CourseError, match="must end in a call"):
        checker_call("def f():\n    pass\n\n\nprint(f)")


# --- notes of the real lessons -----------------------------------------------


@every_lesson
def test_a_teacher_is_told_timing_board_and_mistakes(stem):
    source = SOURCES[stem]
    notes = dict(read_notes(source.parent / "teaching" / f"{stem}.md"))
    for words in ("**50 minutes.**", "**90 minutes.**", "**On the board.**", "goes wrong"):
        assert words in notes["Title"], words
    text = source.read_text(encoding="utf-8")
    wanted = set(re.findall(r"^# \*\*(Exercise \d+)", text, re.MULTILINE))
    assert wanted >= {one.heading.split(" ·")[0] for one in lesson.read(source).exercises}
    assert {place for place in notes if place.startswith("Exercise")} == wanted
    made(source, "instructor")  # and each of them has its place
