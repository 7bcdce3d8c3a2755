"""A learner's copies: brought up to date, never overwritten."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from posenc.course import _copies, _lab, _places

NAME = "01_tiny.ipynb"


class Course:
    """A course of one lesson and a learner beside it."""

    def __init__(self, root):
        self.root, self.work = root, root / "work"
        (root / "notebooks").mkdir()
        self.publish("1 + 1")

    def publish(self, source, name=NAME):
        """Store a lesson with an output, as the builder does."""
        output = new_output("stream", text="2")
        cell = new_code_cell(source, id="a", execution_count=1, outputs=[output])
        nbformat.write(new_notebook(cells=[cell]), self.root / "notebooks" / name)

    def lab(self):
        """What `make lab` does before JupyterLab starts; the lines it prints."""
        return _copies.update(self.root, self.work)

    def learner_writes(self, text, name=NAME):
        (self.work / name).write_text(text)

    def source(self, name=NAME):
        return nbformat.read(self.work / name, as_version=4).cells[0].source

    def files(self):
        return {
            path.name: path.read_text() if path.is_file() else None
            for path in self.work.iterdir()
            if path.name != ".posenc"
        }


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


@pytest.fixture
def touched(course):
    """A course whose lesson the learner has changed."""
    course.lab()
    course.learner_writes("mine")
    return course


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
    assert "01_tiny-2.ipynb: an updated lesson" in line
    assert touched.files()[NAME] == "mine"
    assert touched.source("01_tiny-2.ipynb") == "2 + 2"
    assert touched.lab() == []
    assert set(touched.files()) == {NAME, "01_tiny-2.ipynb"}


def test_a_second_update_replaces_the_first_where_that_is_untouched(touched):
    for source in ("2 + 2", "3 + 3"):
        touched.publish(source)
        touched.lab()
    assert touched.files()[NAME] == "mine"
    assert touched.source("01_tiny-2.ipynb") == "3 + 3"
    assert set(touched.files()) == {NAME, "01_tiny-2.ipynb"}


def test_a_second_update_arrives_beside_two_touched_copies(touched):
    touched.publish("2 + 2")
    touched.lab()
    touched.learner_writes("mine too", "01_tiny-2.ipynb")
    touched.publish("3 + 3")
    touched.lab()
    files = touched.files()
    assert (files[NAME], files["01_tiny-2.ipynb"]) == ("mine", "mine too")
    assert touched.source("01_tiny-3.ipynb") == "3 + 3"


def test_an_update_that_the_learner_threw_away_does_not_come_back(touched):
    touched.publish("2 + 2")
    touched.lab()
    (touched.work / "01_tiny-2.ipynb").unlink()
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
    (touched.work / _copies.RECORD).write_text(torn)
    touched.publish("2 + 2")
    said = touched.lab()
    assert "cannot be read" in said[0]
    assert touched.files()[NAME] == "mine"
    assert touched.source("01_tiny-2.ipynb") == "2 + 2"
    assert touched.lab() == []


def test_a_lost_record_brings_no_second_copy_of_the_same_lesson(touched):
    touched.publish("2 + 2")
    touched.lab()
    (touched.work / _copies.RECORD).unlink()
    assert touched.lab() == []
    assert set(touched.files()) == {NAME, "01_tiny-2.ipynb"}


def test_an_interrupted_update_loses_nothing(course, monkeypatch):
    course.lab()
    course.publish("2 + 2")
    write = _places.write_aside

    def full_disk(path, content):
        if path.name == _copies.RECORD.name:
            raise OSError("no space left on device")
        write(path, content)

    monkeypatch.setattr(_places, "write_aside", full_disk)
    with pytest.raises(OSError, match="no space"):
        course.lab()
    monkeypatch.setattr(_places, "write_aside", write)
    assert course.lab() == []
    course.publish("3 + 3")
    course.lab()
    assert course.source() == "3 + 3"
    assert set(course.files()) == {NAME}


def test_the_learners_other_files_stay(course):
    course.work.mkdir()
    (course.work / "01_tiny-2.ipynb").mkdir()
    (course.work / "01_tiny-notes.ipynb").write_text("notes")
    course.learner_writes("mine, from before")
    [line] = course.lab()
    assert "01_tiny-3.ipynb" in line
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
    record = json.loads((course.work / _copies.RECORD).read_text())
    assert list(record["01_tiny"]["files"]) == [NAME]


# --- starting JupyterLab -----------------------------------------------------


def test_arguments_are_passed_on_after_ours(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    words = _lab.command(Path("work"), ["--no-browser", "--port=1234"])
    assert words[-2:] == ["--no-browser", "--port=1234"]
    assert "--allow-root" not in words


def test_root_may_start_it(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert "--allow-root" in _lab.command(Path("work"), [])


def test_our_defaults_come_before_other_settings_and_hide_none(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    found = _lab.settings(tmp_path)["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert found == [str(tmp_path), "/theirs"]
    [written] = (tmp_path / "labconfig").iterdir()
    assert json.loads(written.read_text()) == _lab.SETTINGS


def test_without_jupyterlab_one_sentence_says_how_to_get_it(course):
    hide = (
        "import importlib.util as u, runpy, sys\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda n, *a: None if n == 'jupyterlab' else find(n, *a)\n"
        "sys.argv = ['course', 'lab']\n"
        "runpy.run_module('posenc.course', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", hide],
        cwd=course.root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line == f"jupyterlab is missing. To get it, {_places.remedy('lab')}"
    assert not course.work.exists()


def test_no_copy_is_made_where_there_is_no_course(tmp_path, monkeypatch):
    # Also not beside the package, which an installed wheel has no notebooks by.
    package = tmp_path / "site" / "posenc" / "course"
    package.mkdir(parents=True)
    monkeypatch.setattr(_places, "__file__", str(package / "_places.py"))
    with pytest.raises(_places.CourseError, match="no notebooks/"):
        _places.find_root(tmp_path)
    assert os.listdir(tmp_path) == ["site"]
