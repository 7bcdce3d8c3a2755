"""What counts as changed in a copy; a lesson begun again; what differs."""

import json
import re

import nbformat
import pytest
from beside import NAME
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from posenc.course import cells, places
from posenc.course.cells import clear, without_committed
from posenc.course.learner import commands, copies


def test_a_lesson_that_was_run_is_updated_in_place_and_the_old_file_kept(course):
    course.lab()
    course.opened()
    before = course.files()[NAME]
    assert course.lab() == []
    course.publish("2 + 2")
    [line] = course.lab()
    assert line == (
        f"{NAME}: updated (you had not changed it); "
        f"the file with its outputs is kept as .posenc/kept/{NAME}"
    )
    assert course.source() == "2 + 2"
    assert set(course.files()) == {NAME}
    assert course.kept() == {NAME: before}


def test_every_old_file_is_kept_once(course):
    course.lab()
    for number in (2, 3, 3):
        course.opened(output=str(number))
        course.publish(f"{number} + {number}")
        course.lab()
    assert set(course.kept()) == {NAME, "01_tiny-2.ipynb"}


def test_a_changed_cell_counts_as_changed_whatever_else_was_written(course):
    course.lab()
    course.opened("mine")
    course.publish("2 + 2")
    assert "01_new_tiny.ipynb: an updated lesson" in course.lab()[0]
    assert course.source() == "mine"
    assert course.kept() == {}


@pytest.mark.parametrize("change", ["added", "removed", "moved", "type"])
def test_a_cell_that_was_added_removed_moved_or_turned_into_text_counts(course, change):
    two = new_notebook(cells=[new_code_cell("a"), new_code_cell("b")])
    two.metadata["posenc"] = {"lesson": "01_tiny"}
    nbformat.write(two, course.lesson())
    course.lab()
    notebook = nbformat.read(course.work / NAME, as_version=4)
    if change == "added":
        notebook.cells.append(new_code_cell("c"))
    elif change == "removed":
        del notebook.cells[0]
    elif change == "moved":
        notebook.cells.reverse()
    else:
        notebook.cells[0] = new_markdown_cell("a")
    nbformat.write(notebook, course.work / NAME)
    course.publish("new")
    assert "as you left it" in course.lab()[0]


def test_a_lesson_whose_outputs_alone_changed_is_left_alone(course):
    course.lab()
    course.opened()
    before = course.files()
    lesson = nbformat.read(course.lesson(), as_version=4)
    lesson.cells[0].metadata["tags"] = ["exercise"]
    nbformat.write(lesson, course.lesson())
    assert course.lab() == []
    assert course.files() == before


def test_a_record_of_the_last_release_is_read_on(course):
    """It knows digests only, of files without this Python's version."""
    content = cells.cleared(course.lesson().read_bytes())
    (course.work / ".posenc").mkdir(parents=True)
    (course.work / NAME).write_bytes(content)
    digest = cells.digest(content)
    old = {"01_tiny": {"latest": digest, "files": {NAME: digest}}}
    (course.work / copies.RECORD).write_text(json.dumps(old))
    assert course.lab() == []
    course.publish("2 + 2")
    assert course.lab() == [f"{NAME}: updated (you had not changed it)"]
    assert course.kept() == {}


def test_a_lesson_of_the_last_release_that_was_run_is_known_by_its_cells(course, monkeypatch):
    course.lab()
    course.opened()
    released = {"01_tiny": [cells.fingerprint(course.lesson().read_bytes())]}
    (course.work / copies.RECORD).unlink()
    course.publish("2 + 2")
    monkeypatch.setattr(copies, "_released", lambda: released)
    assert "updated (you had not changed it); the file" in course.lab()[0]


def test_an_update_of_the_last_release_is_known_by_its_name(touched):
    touched.publish("2 + 2")
    touched.lab()
    (touched.work / "01_new_tiny.ipynb").rename(touched.work / "01_tiny-2.ipynb")
    (touched.work / copies.RECORD).unlink()
    touched.lab()
    assert set(touched.files()) == {NAME, "01_tiny-2.ipynb"}


def test_the_cells_of_the_last_release_are_those_of_its_lessons(pytestconfig):
    known = json.loads(copies.RELEASED.read_text())
    sources = places.sources(pytestconfig.rootpath)
    assert {path.stem for path in sources} <= set(known)
    assert all(re.fullmatch("[0-9a-f]{64}", print) for row in known.values() for print in row)


def test_a_copy_is_written_as_nbformat_writes_it(pytestconfig):
    for lesson in places.lessons(pytestconfig.rootpath):
        notebook = nbformat.read(lesson, as_version=4)
        without_committed(notebook)
        clear(notebook)
        written = nbformat.writes(notebook).rstrip("\n") + "\n"
        assert cells.cleared(lesson.read_bytes()) == written.encode()


def test_a_copy_says_which_lesson_it_is(course):
    course.lab()
    copy = nbformat.read(course.work / NAME, as_version=4)
    assert copy.metadata["posenc"] == {"lesson": "01_tiny"}


# --- again, diff -------------------------------------------------------------------------


def test_a_lesson_is_begun_again_and_the_old_copy_kept(touched):
    [line] = copies.again(touched.lesson(), touched.work)
    assert line.endswith("is a fresh copy; your old copy is kept as 01_old_tiny.ipynb.")
    assert touched.files()["01_old_tiny.ipynb"] == "mine"
    assert touched.source() == "1 + 1"
    touched.learner_writes("mine again")
    copies.again(touched.lesson(), touched.work)
    assert touched.files()["01_old2_tiny.ipynb"] == "mine again"
    touched.publish("2 + 2")
    assert touched.lab() == [f"{NAME}: updated (you had not changed it)"]
    assert touched.files()["01_old_tiny.ipynb"] == "mine"


def test_beginning_again_brings_the_update_and_leaves_no_second_one(touched):
    touched.publish("2 + 2")
    touched.lab()
    copies.again(touched.lesson(), touched.work)
    assert touched.source() == "2 + 2"
    assert set(touched.files()) == {NAME, "01_old_tiny.ipynb"}
    assert list(touched.kept()) == ["01_new_tiny.ipynb"]
    assert touched.lab() == []


def test_a_lesson_that_is_as_it_came_is_not_begun_again(course):
    course.lab()
    before = course.files()
    assert "there is nothing to begin again" in copies.again(course.lesson(), course.work)[0]
    assert course.files() == before


def test_what_differs_is_shown_cell_by_cell(course):
    course.publish("a = 1\nb = 2\nc = 3")
    course.lab()
    course.opened("a = 1\nb = 7\nc = 3")
    lines = copies.compare(course.lesson(), course.work)
    assert lines[0].endswith("01_tiny.ipynb differs from the course's lesson:")
    assert "Cell 1 of your copy (-), cell 1 of the course (+):" in lines
    assert {"  -b = 7", "  +b = 2"} <= set(lines)
    assert not any("a = 1" in line and line[2] != " " for line in lines)


def test_what_differs_is_nothing_after_a_run(course):
    course.lab()
    course.opened()
    [line] = copies.compare(course.lesson(), course.work)
    assert line.endswith("has the course's cells.")
    course.learner_writes("{")
    assert "cannot be read" in copies.compare(course.lesson(), course.work)[1]


def test_one_lesson_is_meant_by_its_number_or_its_name(course):
    course.publish("2", "02_more.ipynb")
    for name in ("1", "01", "01_tiny", "01_tiny.ipynb"):
        assert commands._lesson(course.root, name) == course.lesson()
    for name, says in (("7", "is not a lesson"), ("0", "not a lesson"), ("", "several lessons")):
        with pytest.raises(places.CourseError, match=f"{says}.*: 01_tiny, 02_more"):
            commands._lesson(course.root, name)
