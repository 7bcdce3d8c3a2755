"""Files that were handed in: whose they are, which lesson they answer, what is in them."""

import json
import os

import handed_in
import pytest
from handed_in import WHOLE

from posenc.course.author.source import notebook_from
from posenc.course.grade import reader, submissions, tasks
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


BROKEN = {  # name -> what is in the file, and what is said of it
    "empty": (b"", "it is empty: save the notebook"),
    "text": (b"I did it on paper.", "notebook: line 1, column 1, is no JSON; hand in the"),
    "a picture": (b"\x89PNG\r\n\x1a\n\xff\xff", "a picture"),
    "a PDF": (b"%PDF-1.7", "a PDF"),
    "a zip archive": (b"PK\x03\x04\x14", "a zip archive: hand in the .ipynb that is in it"),
    "a web page": (b"\xef\xbb\xbf\n<!DOCTYPE html><html>", "a web page"),
    "cut off in a text": (WHOLE.encode()[:-30], "the file breaks off: save the notebook and"),
    "cut off in a long text": (b'{"cells": [{"source": "' + b"x" * 99, "the file breaks off"),
    "cut off in a name": (WHOLE.encode()[:12], "the file breaks off"),
    "cut off between cells": (WHOLE.encode()[: WHOLE.index("cell_type") - 1], "breaks off"),
    "two versions in one": (b"{\n<<<<<<< HEAD\n" + WHOLE.encode(), "line 2, column 1, is no JSON"),
    "a list": (b"[1, 2]", "it has no cells"),
    "no cells": (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "it has no cells"),
    "cells that are none": (b'{"nbformat": 4, "cells": [1]}', "a cell of it is none"),
    "cells that are a number": (b'{"nbformat": 4, "cells": 7}', "a cell of it is none"),
    "code that is none": (b'{"cells": [{"cell_type": "code", "source": 7}]}', "is none"),
    "of the future": (b'{"nbformat": 99, "nbformat_minor": 0, "cells": []}', "its format is 99"),
    "nested": (b"[" * 100_000, "nested too deeply"),
    "nested in metadata": (b'{"metadata": ' + b"[" * 100_000, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN)
def test_a_notebook_that_is_none_says_so(tmp_path, content, said):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        submissions.cells_of(path)


ODD = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x = \'Ω😀\'"]%s}]}'
CODE = ["x = 'Ω😀'"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_every_encoding_of_unicode_is_read(tmp_path, encoding):
    path = tmp_path / "x.ipynb"
    path.write_bytes((ODD % "").encode(encoding))
    assert submissions.cells_of(path).code == CODE


@pytest.mark.parametrize(
    "more",
    [
        '"outputs": [NaN, -Infinity, 1e999]',  # as Python writes them, and plotting libraries
        f'"outputs": [{"9" * 99_999}]',
        '"outputs": ["\\ud800"], "id": "\\udc80"',
        '"metadata": null, "source": ["y"], "source": ["x = \'Ω\\ud83d\\ude00\'"]',
    ],
    ids=["no JSON's numbers", "a long number", "half a character", "the same key twice"],
)
def test_what_python_itself_writes_or_reads_is_read(tmp_path, more):
    path = tmp_path / "x.ipynb"
    path.write_text(ODD % f", {more}", encoding="utf-8")
    assert submissions.cells_of(path).code == CODE


def test_what_is_no_unicode_is_left_out_and_the_rest_read(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes((ODD % "").encode().replace("Ω".encode(), b"\xe9"))
    assert submissions.cells_of(path).code == ["x = '\ufffd😀'"]


def test_links_and_heaps_are_not_read(tmp_path, monkeypatch):
    path = handed_in.hand_in(tmp_path, handed_in.of_code("x = 1"))
    link, folder = tmp_path / "link.ipynb", tmp_path / "folder.ipynb"
    link.symlink_to(path)
    folder.mkdir()
    for none in (link, folder):
        with pytest.raises(Unreadable, match="link or no file"):
            submissions.cells_of(none)
    monkeypatch.setattr(reader, "LARGEST", 10)
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
