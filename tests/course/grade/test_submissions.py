"""Files that were handed in: whose they are, which lesson they answer, what is in them."""

import json
import os
from pathlib import Path

import handed_in
import pytest
from handed_in import WHOLE
from real import LESSONS, SOURCES, every_lesson

from posenc.course.author.source import notebook_from
from posenc.course.grade import naming, reader, submissions, tasks
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
        ("lesson 1/Ada L_12345_assignsubmission_file_/01_small.ipynb", "Ada L"),
        ("lovelaceada_12345_678910_01_small-1.ipynb", "lovelaceada"),
        ("lovelaceada_LATE_12345_678910_01_small.ipynb", "lovelaceada"),
        ("Σοφία.ipynb", "Σοφία"),
        ("李 明/01_small.ipynb", "李 明"),
        ("Jose\u0301.ipynb", "José"),
        ("evil\nname.ipynb", "evil?name"),
        ("Copy of 01_small_ada.ipynb", "ada"),
        ("Copy of Copy of ada.ipynb", "ada"),
        ("Kopie von 01_ada.ipynb", "ada"),
        ("Kopie (2) von ada/01_small.ipynb", "ada"),
        ("ada - Copy.ipynb", "ada"),
        ("ada - Copy (2).ipynb", "ada"),
        ("ada - Copy of.ipynb", "ada"),
        ("ada - Kopie.ipynb", "ada"),
        ("ada copie 2.ipynb", "ada"),
        ("“01_small_ada.ipynb”的副本.ipynb", "ada"),
        ("01_small (1)_ada.ipynb", "ada"),
        ("01 small - ada.ipynb", "ada"),
        ("lesson 01 - ada.ipynb", "ada"),
        ("01_ada/my work.ipynb", "ada"),
        ("01_small_12345678.ipynb", "12345678"),
        ("01_12345678.ipynb", "01_12345678"),  # until it is known what is in it
        ("mycopy.ipynb", "mycopy"),
        ("copy of .ipynb", "copy of "),
        ("Anna-Maria.ipynb", "Anna-Maria"),
        ("ada.ipynb.txt", "ada"),
        ("ada.IPYNB", "ada"),
        ("anon_x7f2q_67890_01_small.ipynb", "anon_x7f2q"),
        ("_12345_678910_01_small.ipynb", "12345"),  # Canvas leaves out what is not ASCII
        ("group_1_12345_678910_x.ipynb", "group_1"),
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
    source = handed_in.course(tmp_path, ["third"], lesson="02_other")
    other = tasks.read(source)
    cells = submissions.cells_of(handed_in.hand_in(tmp_path, notebook_from(small)))
    both = [other, *lessons]

    def known(name, cells):
        return [lesson.name for lesson in submissions.lessons_of(name, cells, both)]

    assert known("02_other.ipynb", cells) == ["01_small"]
    assert known("ada/02.ipynb", None) == ["02_other"]
    assert known("ada/02_other (1).ipynb", None) == ["02_other"]
    with pytest.raises(Unreadable, match="names no lesson"):
        known("ada/essay-2024.ipynb", None)
    two = notebook_from(small)
    two.cells += [cell for cell in notebook_from(source).cells if cell.id == "exercise-third"]
    cells = submissions.cells_of(handed_in.hand_in(tmp_path, two))
    assert known("01_small.ipynb", cells) == ["02_other", "01_small"]


LITTER = [
    ".DS_Store", "ada/.DS_Store", "ada/Thumbs.db", "__MACOSX/ada/._01_small.ipynb",
    "__MACOSX/._ada", "._01_ada.ipynb", "ada/.ipynb_checkpoints/01_small-checkpoint.ipynb",
    "ada/~$answers.docx", "ada/__pycache__/x.cpython-311.pyc", "bob/.git/config",
]  # fmt: skip
NOBODYS = ["README", "README.md", "ada/README.md", "LICENSE", "grades.csv", "names.xlsx"]
OTHERS = ["ada/answers.py", "ada/notes", "ada.zip", "03_ada.html", "ada.pdf", "bob/x.docx",
          "ada.jpg", "ada.tar.gz", "ada.ipynb.zip", "ada.ipynb.crdownload"]  # fmt: skip


@pytest.mark.parametrize("path", LITTER + NOBODYS)
def test_what_nobody_handed_in_makes_no_student(tmp_path, lessons, path):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()
    handed_in.hand_in(tmp_path, handed_in.of_code(), "cleo.ipynb")
    found = submissions.handed_in(tmp_path, lessons)
    assert [one.student for one in found] == ["cleo"]
    assert any(path in line for line in submissions.passed_over(tmp_path, found)) == (
        path in NOBODYS and "/" not in path
    )


@pytest.mark.parametrize("path", OTHERS)
def test_what_is_handed_in_and_is_no_notebook_has_its_student(tmp_path, lessons, path):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).touch()
    (found,) = submissions.handed_in(tmp_path, lessons)
    assert found.student in ("ada", "bob", "03_ada")
    assert submissions.find(tmp_path, lessons) == []
    assert submissions.passed_over(tmp_path, [found]) == []


@pytest.mark.parametrize(
    ("path", "lesson"),
    [
        ("03_the_formula_ada.zip", "03_the_formula"),
        ("ada/03 the formula (1).zip", "03_the_formula"),
        ("ada/03.zip", "03_the_formula"),
        ("ada/answers_04 - Copy.py", "04_other"),
        ("04_ada/answers.py", "04_other"),
        ("12345678_03.pdf", "03_the_formula"),
        ("lesson 03 - ada.docx", "03_the_formula"),
        ("Ada L_04_assignsubmission_file_/x.zip", ""),
        ("Ada L_04_assignsubmission_file_/03.zip", "03_the_formula"),
        ("ada/notes 2024-04.pdf", ""),
        ("ada/notes 2024-01-04.pdf", ""),
        ("ada/2034.zip", ""),
        ("ada/x.zip", ""),
    ],
)
def test_the_lesson_that_a_name_says(path, lesson):
    assert naming.lesson_in(Path(path), ["03_the_formula", "04_other"]) == lesson


def test_the_results_are_not_handed_in_where_they_lie_below(tmp_path, lessons):
    handed_in.hand_in(tmp_path / "ada", handed_in.of_code())
    out = tmp_path / "graded"
    (out / "feedback").mkdir(parents=True)
    (out / "feedback" / "ada.html").touch()
    found = submissions.handed_in(tmp_path, lessons, out)
    assert [one.student for one in found] == ["ada"]
    assert submissions.passed_over(tmp_path, found, out) == []


@every_lesson
def test_a_lesson_of_this_course_holds_no_other(stem):
    lessons = [tasks.read(source) for source in SOURCES.values()]
    for cells in (submissions.cells_of(LESSONS[stem]), checks_alone(stem)):
        found = submissions.lessons_of("x.ipynb", cells, lessons)
        assert [lesson.name for lesson in found] == [stem]


def checks_alone(stem):
    """A lesson as old notebooks have it: no cell has an id."""
    return submissions.Cells(submissions.cells_of(LESSONS[stem]).code, {})
