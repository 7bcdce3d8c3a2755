"""A learner's copies: brought up to date, never overwritten."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from posenc.course import (
    _cells,
    _copies,
    _lab,
    _learner,
    _lesson,
    _places,
    _settings,
    _welcome,
    _work,
)

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
        lesson = new_notebook(cells=[cell], metadata={"posenc": {"lesson": name[:-6]}})
        nbformat.write(lesson, self.root / "notebooks" / name)

    def lab(self):
        """What `make lab` does before JupyterLab starts; the lines it prints."""
        return _copies.update(self.root, self.work)

    def opened(self, source=None, name=NAME, output="2"):
        """What JupyterLab writes when the lesson is run, with a cell changed where one is given."""
        notebook = nbformat.read(self.work / name, as_version=4)
        notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
        notebook.metadata["language_info"] = {"name": "python", "version": "3.99"}
        cell = notebook.cells[0]
        cell.source = cell.source if source is None else source
        cell.execution_count, cell.metadata["trusted"] = 7, True
        cell.outputs = [new_output("stream", text=output)]
        nbformat.write(notebook, self.work / name)

    def kept(self):
        folder = self.work / _copies.KEPT
        return {path.name: path.read_text() for path in folder.iterdir()} if folder.exists() else {}

    def lesson(self, name=NAME):
        return self.root / "notebooks" / name

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
    (touched.work / _copies.RECORD).write_text(torn)
    touched.publish("2 + 2")
    said = touched.lab()
    assert "cannot be read" in said[0]
    assert touched.files()[NAME] == "mine"
    assert touched.source("01_new_tiny.ipynb") == "2 + 2"
    assert touched.lab() == []


def test_a_lost_record_brings_no_second_copy_of_the_same_lesson(touched):
    touched.publish("2 + 2")
    touched.lab()
    (touched.work / _copies.RECORD).unlink()
    assert touched.lab() == []
    assert set(touched.files()) == {NAME, "01_new_tiny.ipynb"}


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
    record = json.loads((course.work / _copies.RECORD).read_text())
    assert list(record["01_tiny"]["files"]) == [NAME]


# --- what counts as changed --------------------------------------------------------------


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
    content = _cells.cleared(course.lesson().read_bytes())
    (course.work / ".posenc").mkdir(parents=True)
    (course.work / NAME).write_bytes(content)
    digest = _cells.digest(content)
    old = {"01_tiny": {"latest": digest, "files": {NAME: digest}}}
    (course.work / _copies.RECORD).write_text(json.dumps(old))
    assert course.lab() == []
    course.publish("2 + 2")
    assert course.lab() == [f"{NAME}: updated (you had not changed it)"]
    assert course.kept() == {}


def test_a_lesson_of_the_last_release_that_was_run_is_known_by_its_cells(course, monkeypatch):
    course.lab()
    course.opened()
    released = {"01_tiny": [_cells.fingerprint(course.lesson().read_bytes())]}
    (course.work / _copies.RECORD).unlink()
    course.publish("2 + 2")
    monkeypatch.setattr(_copies, "_released", lambda: released)
    assert "updated (you had not changed it); the file" in course.lab()[0]


def test_an_update_of_the_last_release_is_known_by_its_name(touched):
    touched.publish("2 + 2")
    touched.lab()
    (touched.work / "01_new_tiny.ipynb").rename(touched.work / "01_tiny-2.ipynb")
    (touched.work / _copies.RECORD).unlink()
    touched.lab()
    assert set(touched.files()) == {NAME, "01_tiny-2.ipynb"}


def test_the_cells_of_the_last_release_are_those_of_its_lessons(pytestconfig):
    known = json.loads(_copies.RELEASED.read_text())
    sources = _places.sources(pytestconfig.rootpath)
    assert {path.stem for path in sources} <= set(known)
    assert all(re.fullmatch("[0-9a-f]{64}", print) for row in known.values() for print in row)


def test_a_copy_is_written_as_nbformat_writes_it(pytestconfig):
    for lesson in _places.lessons(pytestconfig.rootpath):
        notebook = nbformat.read(lesson, as_version=4)
        _lesson.without_committed(notebook)
        _lesson.clear(notebook)
        written = nbformat.writes(notebook).rstrip("\n") + "\n"
        assert _cells.cleared(lesson.read_bytes()) == written.encode()


def test_a_copy_says_which_lesson_it_is(course):
    course.lab()
    copy = nbformat.read(course.work / NAME, as_version=4)
    assert copy.metadata["posenc"] == {"lesson": "01_tiny"}


# --- again, diff -------------------------------------------------------------------------


def test_a_lesson_is_begun_again_and_the_old_copy_kept(touched):
    [line] = _copies.again(touched.lesson(), touched.work)
    assert line.endswith("is a fresh copy; your old copy is kept as 01_old_tiny.ipynb.")
    assert touched.files()["01_old_tiny.ipynb"] == "mine"
    assert touched.source() == "1 + 1"
    touched.learner_writes("mine again")
    _copies.again(touched.lesson(), touched.work)
    assert touched.files()["01_old2_tiny.ipynb"] == "mine again"
    touched.publish("2 + 2")
    assert touched.lab() == [f"{NAME}: updated (you had not changed it)"]
    assert touched.files()["01_old_tiny.ipynb"] == "mine"


def test_beginning_again_brings_the_update_and_leaves_no_second_one(touched):
    touched.publish("2 + 2")
    touched.lab()
    _copies.again(touched.lesson(), touched.work)
    assert touched.source() == "2 + 2"
    assert set(touched.files()) == {NAME, "01_old_tiny.ipynb"}
    assert list(touched.kept()) == ["01_new_tiny.ipynb"]
    assert touched.lab() == []


def test_a_lesson_that_is_as_it_came_is_not_begun_again(course):
    course.lab()
    before = course.files()
    assert "there is nothing to begin again" in _copies.again(course.lesson(), course.work)[0]
    assert course.files() == before


def test_what_differs_is_shown_cell_by_cell(course):
    course.publish("a = 1\nb = 2\nc = 3")
    course.lab()
    course.opened("a = 1\nb = 7\nc = 3")
    lines = _copies.compare(course.lesson(), course.work)
    assert lines[0].endswith("01_tiny.ipynb differs from the course's lesson:")
    assert "Cell 1 of your copy (-), cell 1 of the course (+):" in lines
    assert {"  -b = 7", "  +b = 2"} <= set(lines)
    assert not any("a = 1" in line and line[2] != " " for line in lines)


def test_what_differs_is_nothing_after_a_run(course):
    course.lab()
    course.opened()
    [line] = _copies.compare(course.lesson(), course.work)
    assert line.endswith("has the course's cells.")
    course.learner_writes("{")
    assert "cannot be read" in _copies.compare(course.lesson(), course.work)[1]


def test_one_lesson_is_meant_by_its_number_or_its_name(course):
    course.publish("2", "02_more.ipynb")
    for name in ("1", "01", "01_tiny", "01_tiny.ipynb"):
        assert _learner._lesson(course.root, name) == course.lesson()
    for name, says in (("7", "is not a lesson"), ("0", "not a lesson"), ("", "several lessons")):
        with pytest.raises(_places.CourseError, match=f"{says}.*: 01_tiny, 02_more"):
            _learner._lesson(course.root, name)


# --- whose lessons -----------------------------------------------------------------------


def test_a_notebook_of_somebody_else_is_no_lesson(course):
    theirs = course.lesson("01_eda.ipynb")
    for text in ("{", "[]", "null", '{"metadata": {"posenc": 3}}', '{"metadata": {}}'):
        theirs.write_text(text)
        assert course.lab() in ([f"{NAME}: new"], [])
        assert not (course.work / "01_eda.ipynb").exists()


def test_a_project_of_somebody_else_is_no_course(course, tmp_path):
    project = tmp_path / "project"
    (project / "notebooks" / "src").mkdir(parents=True)
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), project / "notebooks" / "01_eda.ipynb")
    assert _places.find_root(project) == course.root


def test_sources_of_somebody_else_make_no_lesson(course):
    course.lesson().write_text('{"cells": [], "metadata": {}}')
    (course.root / "notebooks" / "src").mkdir()
    (course.root / "notebooks" / "src" / "01_tiny.py").write_text("1 + 1")
    assert _copies.own_lessons(course.root) == []


# --- where the copies lie ----------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_place_of_the_testers(monkeypatch):
    for name in (_work.VARIABLE, "POSENC_RECORD"):
        monkeypatch.delenv(name, raising=False)


def refusing(monkeypatch, number, *places):
    """Let writing into some folders fail as the system lets it fail."""
    make = _work._make

    def refuse(work):
        if any(work.is_relative_to(place) for place in places):
            raise OSError(number, os.strerror(number), str(work))
        make(work)

    monkeypatch.setattr(_work, "_make", refuse)


def test_the_copies_lie_in_the_courses_folder(course):
    assert _work.folder(course.root) == (course.work, [])


def test_the_copies_lie_where_a_variable_says(course, tmp_path, monkeypatch):
    monkeypatch.setenv(_work.VARIABLE, str(tmp_path / "my place für immer"))
    work, said = _work.folder(course.root)
    assert (work, said) == (tmp_path / "my place für immer", [])
    assert not course.work.exists()
    _copies.update(course.root, work)
    assert (work / NAME).exists()
    assert (work / _copies.RECORD).exists()


def test_a_course_that_cannot_be_written_gives_a_folder_in_the_home(course, tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setattr(Path, "home", lambda: home)
    refusing(monkeypatch, errno.EROFS, course.work)
    work, [line] = _work.folder(course.root)
    assert work == home / "posenc-work"
    assert "cannot be written, so your copies are kept in" in line
    refusing(monkeypatch, errno.EACCES, course.work, home)
    with pytest.raises(_places.CourseError, match=r"posenc-work cannot be written .*POSENC_WORK"):
        _work.folder(course.root)


def test_a_full_disk_is_no_reason_to_go_elsewhere(course, monkeypatch):
    refusing(monkeypatch, errno.ENOSPC, course.work)
    with pytest.raises(_places.CourseError, match=r"disk is full: make room.*Nothing of yours"):
        _work.folder(course.root)


def test_a_file_in_place_of_the_folder_is_met_with_a_sentence(course):
    course.work.write_text("mine")
    with pytest.raises(_places.CourseError, match="something else has that name"):
        _work.folder(course.root)
    assert course.work.read_text() == "mine"


def test_a_disk_that_fills_up_while_copying_is_a_sentence(course, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(_places, "write_aside", full)
    with pytest.raises(_places.CourseError, match="the disk is full"):
        _learner.copies(course.root)


# --- the welcome -------------------------------------------------------------------------


def test_the_welcome_names_every_lesson_with_its_question_and_minutes(pytestconfig, tmp_path):
    root = pytestconfig.rootpath
    page = _welcome.text(root, tmp_path)
    rows = re.findall(r"^- \[(\d\d) · .+\]\((.+)\), \d+ minutes$", page, re.MULTILINE)
    assert [name for _, name in rows] == [path.name for path in _copies.own_lessons(root)]
    assert f"[lesson 01]({rows[0][1]})" in page
    assert str(tmp_path) in page
    assert not re.search("<[A-Z]+>", page)


def test_a_welcome_that_the_learner_changed_or_threw_away_stays_so(course):
    page = course.work / _welcome.NAME
    course.lab()
    _welcome.deliver(course.root, course.work)
    course.publish("1", "02_more.ipynb")
    _welcome.deliver(course.root, course.work)
    assert "02_more" in page.read_text(encoding="utf-8")
    page.write_text("my notes")
    _welcome.deliver(course.root, course.work)
    assert page.read_text() == "my notes"
    page.unlink()
    _welcome.deliver(course.root, course.work)
    assert not page.exists()


def test_a_page_of_the_learners_own_is_not_the_welcome(course):
    course.work.mkdir()
    (course.work / _welcome.NAME).write_text("mine")
    course.lab()
    _welcome.deliver(course.root, course.work)
    assert (course.work / _welcome.NAME).read_text() == "mine"


# --- starting JupyterLab -----------------------------------------------------


def test_arguments_are_passed_on_after_ours(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    words = _lab.command(tmp_path, ["--no-browser", "--port=1234"])
    assert words[-2:] == ["--no-browser", "--port=1234"]
    assert "--allow-root" not in words


def test_root_may_start_it(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert "--allow-root" in _lab.command(tmp_path, [])


def test_our_defaults_come_before_other_settings_and_hide_none(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    state = tmp_path / ".posenc"
    found = _settings.environment(tmp_path)["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert found == [str(state), "/theirs"]
    [written] = (state / "labconfig").iterdir()
    assert json.loads(written.read_text()) == _settings.SETTINGS


def test_what_the_learner_has_set_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("POSENC_RECORD", "/hub/record.jsonl")
    env = _settings.environment(tmp_path)
    assert (env["OMP_NUM_THREADS"], env["POSENC_RECORD"]) == ("3", "/hub/record.jsonl")
    assert env["POSENC_WORK"] == str(tmp_path)


def test_a_home_that_cannot_be_written_is_left_alone(tmp_path, monkeypatch):
    for name in _settings.HOMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: str(tmp_path / "home"))
    assert _settings.homes(tmp_path) == {}
    monkeypatch.setattr(_settings, "_writable", lambda place: False)
    found = _settings.homes(tmp_path)
    assert set(found) == set(_settings.HOMES)
    assert all(
        Path(path).is_dir() and Path(path).is_relative_to(tmp_path) for path in found.values()
    )


def test_a_place_is_writable_where_it_can_be_made(tmp_path):
    assert _settings._writable(tmp_path / "not" / "yet")
    (tmp_path / "file").touch()
    assert not _settings._writable(tmp_path / "file" / "below")


def test_many_new_lessons_are_one_line():
    new = [f"{number:02}_x.ipynb: new" for number in range(1, 12)]
    assert _lab._summary([*new, "other"]) == ["11 lessons are new: 01 to 11.", "other"]
    assert _lab._summary(new[:2]) == new[:2]


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
    with pytest.raises(_places.CourseError, match="There are no lessons of this course"):
        _places.find_root(tmp_path)
    assert os.listdir(tmp_path) == ["site"]


def test_a_copy_does_not_say_how_to_get_a_copy(tmp_path):
    lesson = new_notebook(cells=[new_markdown_cell("# 01" + _cells.COMMITTED)])
    told = nbformat.writes(lesson).encode()
    [cell] = json.loads(_cells.cleared(told))["cells"]
    assert cell["source"] == ["# 01"]
