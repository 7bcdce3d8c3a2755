"""A learner's copies: brought up to date, never overwritten."""

import json

import nbformat
import pytest
from beside import NAME

from posenc.course.learner import copies


def test_fresh_copies_have_no_outputs(course):
    assert course.lab() == [f"{NAME}: new"]
    [cell] = nbformat.read(course.work / NAME, as_version=4).cells
    assert (cell.source, cell.outputs, cell.execution_count) == ("1 + 1", [], None)


def test_a_second_start_changes_and_says_nothing(course):
    course.lab()
    before = course.files()
    assert course.lab() == []
    assert course.files() == before


def test_an_untouched_copy_is_replaced_by_an_update(course):
    course.lab()
    course.publish("2 + 2")
    assert course.lab() == [f"{NAME}: updated (you had not changed it)"]
    assert course.source() == "2 + 2"
    assert set(course.files()) == {NAME}


def test_a_touched_copy_stays_and_the_update_arrives_beside_it_once(touched):
    touched.publish("2 + 2")
    [line] = touched.lab()
    assert "01_new_tiny.ipynb: an updated lesson" in line
    assert touched.files()[NAME] == "mine"
    assert touched.source("01_new_tiny.ipynb") == "2 + 2"
    assert touched.lab() == []
    assert set(touched.files()) == {NAME, "01_new_tiny.ipynb"}


def test_a_second_update_replaces_the_first_where_that_is_untouched(touched):
    for source in ("2 + 2", "3 + 3"):
        touched.publish(source)
        touched.lab()
    assert touched.files()[NAME] == "mine"
    assert touched.source("01_new_tiny.ipynb") == "3 + 3"
    assert set(touched.files()) == {NAME, "01_new_tiny.ipynb"}


def test_a_second_update_arrives_beside_two_touched_copies(touched):
    touched.publish("2 + 2")
    touched.lab()
    touched.learner_writes("mine too", "01_new_tiny.ipynb")
    touched.publish("3 + 3")
    touched.lab()
    files = touched.files()
    assert (files[NAME], files["01_new_tiny.ipynb"]) == ("mine", "mine too")
    assert touched.source("01_new2_tiny.ipynb") == "3 + 3"


def test_an_update_that_the_learner_threw_away_does_not_come_back(touched):
    touched.publish("2 + 2")
    touched.lab()
    (touched.work / "01_new_tiny.ipynb").unlink()
    assert touched.lab() == []
    assert set(touched.files()) == {NAME}


def test_a_deleted_copy_is_made_anew(touched):
    (touched.work / NAME).unlink()
    assert touched.lab() == [f"{NAME}: new"]
    assert touched.source() == "1 + 1"


def test_a_lesson_that_goes_back_is_an_update_too(course):
    for source in ("1 + 1", "2 + 2", "1 + 1"):
        course.publish(source)
        course.lab()
    assert course.source() == "1 + 1"
    assert set(course.files()) == {NAME}


@pytest.mark.parametrize(
    "torn", ["", "{", "[]", '{"01_tiny": 3}', '{"01_tiny": {"latest": "x"}}', "\x00"]
)
def test_a_torn_record_loses_nothing(touched, torn):
    (touched.work / copies.RECORD).write_text(torn)
    touched.publish("2 + 2")
    said = touched.lab()
    assert "cannot be read" in said[0]
    assert touched.files()[NAME] == "mine"
    assert touched.source("01_new_tiny.ipynb") == "2 + 2"
    assert touched.lab() == []


def test_a_lost_record_brings_no_second_copy_of_the_same_lesson(touched):
    touched.publish("2 + 2")
    touched.lab()
    (touched.work / copies.RECORD).unlink()
    assert touched.lab() == []
    assert set(touched.files()) == {NAME, "01_new_tiny.ipynb"}


def test_an_interrupted_update_loses_nothing(course, monkeypatch):
    course.lab()
    course.publish("2 + 2")
    write = copies.write_aside

    def full_disk(path, content):
        if path.name == copies.RECORD.name:
            raise OSError("no space left on device")
        write(path, content)

    monkeypatch.setattr(copies, "write_aside", full_disk)
    with pytest.raises(OSError, match="no space"):
        course.lab()
    monkeypatch.setattr(copies, "write_aside", write)
    assert course.lab() == []
    course.publish("3 + 3")
    course.lab()
    assert course.source() == "3 + 3"
    assert set(course.files()) == {NAME}


def test_the_learners_other_files_stay(course):
    course.work.mkdir()
    (course.work / "01_new_tiny.ipynb").mkdir()
    (course.work / "01_tiny-notes.ipynb").write_text("notes")
    course.learner_writes("mine, from before")
    [line] = course.lab()
    assert "01_new2_tiny.ipynb" in line
    files = course.files()
    assert files["01_tiny-notes.ipynb"] == "notes"
    assert files[NAME] == "mine, from before"


def test_a_link_is_not_written_through(course, tmp_path):
    elsewhere = tmp_path / "elsewhere.ipynb"
    course.work.mkdir()
    (course.work / NAME).symlink_to(elsewhere)
    course.lab()
    assert not elsewhere.exists()
    assert (course.work / NAME).is_symlink()


def test_a_new_lesson_joins_the_old_ones(touched):
    touched.publish("5", "02_new.ipynb")
    assert touched.lab() == ["02_new.ipynb: new"]


def test_the_record_is_json_that_a_person_can_read(course):
    course.lab()
    record = json.loads((course.work / copies.RECORD).read_text())
    assert list(record["01_tiny"]["files"]) == [NAME]
