"""Whose lessons are copied, and where the copies lie."""

import errno
import os
from pathlib import Path

import nbformat
import pytest
from beside import NAME
from nbformat.v4 import new_code_cell, new_notebook

from posenc.course import places
from posenc.course.learner import commands, copies
from posenc.course.learner import work as place


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
    (project / "notebooks" / "src" / "01_load.py").write_text("import pandas")
    assert places.find_root(project) == course.root


def test_sources_of_somebody_else_make_no_lesson(course):
    course.lesson().write_text('{"cells": [], "metadata": {}}')
    (course.root / "notebooks" / "src").mkdir()
    (course.root / "notebooks" / "src" / "01_tiny.py").write_text("1 + 1")
    assert copies.own_lessons(course.root) == []


def test_no_copy_is_made_where_there_is_no_course(tmp_path, monkeypatch):
    # Also not beside the package, which an installed wheel has no notebooks by.
    (tmp_path / "site" / "posenc").mkdir(parents=True)
    monkeypatch.setattr(places, "COURSE", tmp_path / "site")
    with pytest.raises(places.CourseError, match="There are no lessons of this course"):
        places.find_root(tmp_path)
    assert os.listdir(tmp_path) == ["site"]


# --- where the copies lie ----------------------------------------------------------------


def refusing(monkeypatch, number, *places):
    """Let writing into some folders fail as the system lets it fail."""
    make = place._make

    def refuse(work):
        if any(work.is_relative_to(place) for place in places):
            raise OSError(number, os.strerror(number), str(work))
        make(work)

    monkeypatch.setattr(place, "_make", refuse)


def test_the_copies_lie_in_the_courses_folder(course):
    assert place.folder(course.root) == (course.work, [])


def test_the_copies_lie_where_a_variable_says(course, tmp_path, monkeypatch):
    monkeypatch.setenv(place.VARIABLE, str(tmp_path / "my place für immer"))
    work, said = place.folder(course.root)
    assert (work, said) == (tmp_path / "my place für immer", [])
    assert not course.work.exists()
    copies.update(course.root, work)
    assert (work / NAME).exists()
    assert (work / copies.RECORD).exists()


def test_a_course_that_cannot_be_written_gives_a_folder_in_the_home(course, tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setattr(Path, "home", lambda: home)
    refusing(monkeypatch, errno.EROFS, course.work)
    work, [line] = place.folder(course.root)
    assert work == home / "posenc-work"
    assert "cannot be written, so your copies are kept in" in line
    refusing(monkeypatch, errno.EACCES, course.work, home)
    with pytest.raises(places.CourseError, match=r"posenc-work cannot be written .*POSENC_WORK"):
        place.folder(course.root)


def test_a_full_disk_is_no_reason_to_go_elsewhere(course, monkeypatch):
    refusing(monkeypatch, errno.ENOSPC, course.work)
    with pytest.raises(places.CourseError, match=r"disk is full: make room.*Nothing of yours"):
        place.folder(course.root)


def test_a_file_in_place_of_the_folder_is_met_with_a_sentence(course):
    course.work.write_text("mine")
    with pytest.raises(places.CourseError, match="something else has that name"):
        place.folder(course.root)
    assert course.work.read_text() == "mine"


def test_a_disk_that_fills_up_while_copying_is_a_sentence(course, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(copies, "write_aside", full)
    with pytest.raises(places.CourseError, match="the disk is full"):
        commands.bring(course.root)
