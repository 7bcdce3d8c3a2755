"""Files that were handed in: whose they are, which lesson they answer, what is in them."""

import json
import os

import handed_in
import pytest
from handed_in import WHOLE

from posenc.course.author.source import notebook_from
from posenc.course.grade import submissions, tasks
from posenc.course.grade.submissions import Unreadable
from posenc.course.places import CourseError


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("ada/01_small.ipynb", "ada"),
        ("ada/week 1/x.ipynb", "ada"),
        ("ada.ipynb", "ada"),
        ("ada (1).ipynb", "ada"),
        ("01_small_ada.ipynb", "ada"),
        ("ada-01_small (2).ipynb", "ada"),
        ("01_small.ipynb", "01_small"),
        ("01_small-2_ada.ipynb", "ada"),
        ("01_new_small_ada.ipynb", "ada"),
        ("ada_01_old2_small.ipynb", "ada"),
        ("ada_01_small-Copy1.ipynb", "ada"),
        ("01_ada.ipynb", "ada"),
        ("ada_01.ipynb", "ada_01"),  # it may be her name
        ("01_2345.ipynb", "01_2345"),
        ("Ada L_12345_assignsubmission_file_/01_small.ipynb", "Ada L"),
        ("Ada L_12345_assignsubmission_file_01_small.ipynb", "Ada L"),
        ("lovelaceada_12345_678910_01_small-1.ipynb", "lovelaceada"),
        ("lovelaceada_LATE_12345_678910_01_small.ipynb", "lovelaceada"),
        ("Σοφία.ipynb", "Σοφία"),
        ("李 明/01_small.ipynb", "李 明"),
        ("Jose\u0301.ipynb", "José"),
        ("evil\nname.ipynb", "evil?name"),
    ],
)
def test_whose_a_file_is(tmp_path, lessons, path, student):
    handed_in.hand_in((tmp_path / path).parent, handed_in.of_code(), (tmp_path / path).name)
    (found,) = submissions.find(tmp_path, lessons)
    assert found.student == student


def test_a_name_that_is_no_unicode(tmp_path, lessons):
    with open(os.fsencode(tmp_path) + b"/\xff\xfe.ipynb", "wb") as file:
        file.write(b"{}")
    (found,) = submissions.find(tmp_path, lessons)
    assert found.name.encode()


def test_copies_that_jupyter_makes_are_none(tmp_path, lessons):
    handed_in.hand_in(tmp_path / ".ipynb_checkpoints", handed_in.of_code())
    with pytest.raises(CourseError, match="no .ipynb"):
        submissions.find(tmp_path, lessons)


def test_a_folder_that_is_none(tmp_path, lessons):
    with pytest.raises(CourseError, match="is no folder"):
        submissions.find(tmp_path / "nowhere", lessons)


BROKEN = {
    "empty": b"",
    "text": b"I did it on paper.",
    "a picture": b"\x89PNG\r\n\x1a\n\xff\xff",
    "cut off": WHOLE.encode()[:-30],
    "a list": b"[1, 2]",
    "no cells": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "cells that are none": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}',
    "of the future": b'{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}',
    "nested": b"[" * 100_000,
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_notebook_that_is_none_says_so(tmp_path, broken):
    path = tmp_path / "x.ipynb"
    path.write_bytes(BROKEN[broken])
    with pytest.raises(Unreadable, match="no notebook, or a part of one"):
        submissions.cells_of(path)


def test_links_and_heaps_are_not_read(tmp_path, monkeypatch):
    path = handed_in.hand_in(tmp_path, handed_in.of_code("x = 1"))
    link, folder = tmp_path / "link.ipynb", tmp_path / "folder.ipynb"
    link.symlink_to(path)
    folder.mkdir()
    for none in (link, folder):
        with pytest.raises(Unreadable, match="link or no file"):
            submissions.cells_of(none)
    monkeypatch.setattr(submissions, "LARGEST", 10)
    with pytest.raises(Unreadable, match="larger than"):
        submissions.cells_of(path)


@pytest.mark.parametrize("version", [3, 2])
def test_old_formats_are_read(tmp_path, version):
    cell = {"cell_type": "code", "input": "x = 1", "outputs": [], "language": "python"}
    if version == 3:
        cell |= {"metadata": {}, "collapsed": False}
    old = {"nbformat": version, "nbformat_minor": 0, "metadata": {"name": "x"},
           "worksheets": [{"cells": [cell], "metadata": {}}]}  # fmt: skip
    (tmp_path / "x.ipynb").write_text(json.dumps(old))
    assert submissions.cells_of(tmp_path / "x.ipynb").code == ["x = 1"]


def test_a_printed_solution_is_no_answer(tmp_path, small):
    path = handed_in.hand_in(tmp_path, notebook_from(small))
    text = "\n".join(submissions.cells_of(path).code)
    assert "NotImplementedError" in text
    assert "pos / factor" not in text


def test_a_lesson_is_known_by_what_is_in_it_then_by_the_name(tmp_path, small, lessons):
    other = tasks.read(handed_in.course(tmp_path, ["third"], lesson="02_other"))
    cells = submissions.cells_of(handed_in.hand_in(tmp_path, notebook_from(small)))
    both = [other, *lessons]
    assert submissions.lesson_of("02_other.ipynb", cells, both).name == "01_small"
    assert submissions.lesson_of("ada/02.ipynb", None, both).name == "02_other"
    assert submissions.lesson_of("ada/02_other (1).ipynb", None, both).name == "02_other"
    with pytest.raises(Unreadable, match="names no lesson"):
        submissions.lesson_of("ada/essay-2024.ipynb", None, both)
