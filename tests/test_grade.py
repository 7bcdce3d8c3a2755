"""From a folder of submissions to a table and pages; without walls, and with the right reasons."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time

import handed_in
import nbformat
import pytest

from posenc.course import __main__ as command_line
from posenc.course import _places
from posenc.course._grade import (
    _inside,
    _judge,
    _lessons,
    _report,
    _run,
    _sandbox,
    _slices,
    _submissions,
)  # fmt: skip
from posenc.course._grade._submissions import Unreadable
from posenc.course._places import CourseError
from posenc.course._source import notebook_from

RIGHT = "def {0}(pos, factor):\n    return pos / factor\n\n\ncheck.interpolated({0})"
WRONG = "def {0}(pos, factor):\n    return pos\n\n\ncheck.interpolated({0})"
STUB = "def {0}(pos, factor):\n    raise NotImplementedError\n\n\ncheck.interpolated({0})"


def rows_of(out):
    with open(out / "results.csv", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- which statements an answer needs -------------------------------------------------------


def answer(*cells, lesson=("import torch\nfrom posenc import check",), name="first", hint=""):
    """Return the answers that are found in these cells, the likeliest first."""
    notebook = _inside.Notebook(list(cells), list(lesson), [name, "second"])
    found = []
    for version in range(9):
        exists, made, value, notes = notebook.answer(name, "interpolated", hint, version)
        if exists:
            found.append(value if made else notes)
    return found


def values(*cells, **named):
    return [found(8, 2) for found in answer(*cells, **named)]


HELPED = "def first(pos, factor):\n    return half(pos) * scale"
HALF = "def half(x):\n    return x / 2"


def test_an_answer_is_found_with_what_it_needs():
    assert values("scale = 10", HALF, HELPED) == [40]


def test_cells_in_another_order_do_as_well():
    assert values(HELPED, HALF, "scale = ten()", "def ten(): return 10") == [40]


def test_what_was_deleted_is_taken_from_the_lesson():
    assert values(HELPED, "scale = 10", lesson=[HALF, "scale = 3"]) == [40]


def test_nothing_else_is_run():
    assert values("1 / 0", "while True: pass", "scale = 10", HALF, HELPED, "sink = scale / 0")


def test_of_doubled_cells_the_last_comes_first():
    assert values(RIGHT.format("first"), WRONG.format("first")) == [8, 4]


def test_a_renamed_answer_is_the_one_that_the_check_was_handed():
    assert values(RIGHT.format("mine")) == [4]
    assert values("check.interpolated(lambda pos, factor: pos / factor)") == [4]


def test_what_the_check_was_handed_for_another_exercise_is_none():
    assert values(RIGHT.format("second")) == []


def test_a_renamed_answer_without_its_check_is_the_last_of_its_cell():
    cell = "def helper(x):\n    return x\n\ndef mine(pos, factor):\n    return helper(pos) / factor"
    assert values(cell, hint=cell) == [4]
    assert values(cell) == []


def test_magics_and_broken_cells_do_not_hide_an_answer():
    assert values("%matplotlib inline\n!ls\nhalf = 2", "def broken(:", RIGHT.format("first")) == [4]


def test_objects_that_are_filled_later_are_filled():
    cells = ("scale = []", "scale.append(3)", "table = {}", "table['x'] = 4",
             "def first(pos, factor):\n    return scale[0] * table['x']")  # fmt: skip
    assert values(*cells) == [12]


def test_an_answer_made_of_another_is_one():
    assert values("def mine(pos, factor):\n    return pos / factor", "first = mine") == [4]


def test_what_could_not_be_run_is_told():
    (notes,) = answer("scale = 1 / 0", "first = scale.real")
    assert "cell 1 raised ZeroDivisionError" in notes[0]


def test_imports_are_run_one_by_one():
    found, _ = _slices.statements(["from posenc import check, plots"], "cell")
    assert [statement.binds for statement in found] == [{"check"}, {"plots"}]


# --- files ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A course of one lesson with two exercises."""
    return handed_in.course(tmp_path_factory.mktemp("small"), ["first", "second"])


@pytest.fixture
def lessons(small):
    return [_lessons.read(small)]


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
    (found,) = _submissions.find(tmp_path, lessons)
    assert found.student == student


def test_a_name_that_is_no_unicode(tmp_path, lessons):
    with open(os.fsencode(tmp_path) + b"/\xff\xfe.ipynb", "wb") as file:
        file.write(b"{}")
    (found,) = _submissions.find(tmp_path, lessons)
    assert found.name.encode()


def test_copies_that_jupyter_makes_are_none(tmp_path, lessons):
    handed_in.hand_in(tmp_path / ".ipynb_checkpoints", handed_in.of_code())
    with pytest.raises(CourseError, match="no .ipynb"):
        _submissions.find(tmp_path, lessons)


def test_a_folder_that_is_none(tmp_path, lessons):
    with pytest.raises(CourseError, match="is no folder"):
        _submissions.find(tmp_path / "nowhere", lessons)


WHOLE = nbformat.writes(handed_in.of_code("x = 1"))
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
        _submissions.cells_of(path)


def test_links_and_heaps_are_not_read(tmp_path, monkeypatch):
    path = handed_in.hand_in(tmp_path, handed_in.of_code("x = 1"))
    link, folder = tmp_path / "link.ipynb", tmp_path / "folder.ipynb"
    link.symlink_to(path)
    folder.mkdir()
    for none in (link, folder):
        with pytest.raises(Unreadable, match="link or no file"):
            _submissions.cells_of(none)
    monkeypatch.setattr(_submissions, "LARGEST", 10)
    with pytest.raises(Unreadable, match="larger than"):
        _submissions.cells_of(path)


@pytest.mark.parametrize("version", [3, 2])
def test_old_formats_are_read(tmp_path, version):
    cell = {"cell_type": "code", "input": "x = 1", "outputs": [], "language": "python"}
    if version == 3:
        cell |= {"metadata": {}, "collapsed": False}
    old = {"nbformat": version, "nbformat_minor": 0, "metadata": {"name": "x"},
           "worksheets": [{"cells": [cell], "metadata": {}}]}  # fmt: skip
    (tmp_path / "x.ipynb").write_text(json.dumps(old))
    assert _submissions.cells_of(tmp_path / "x.ipynb").code == ["x = 1"]


def test_a_printed_solution_is_no_answer(tmp_path, small):
    path = handed_in.hand_in(tmp_path, notebook_from(small))
    text = "\n".join(_submissions.cells_of(path).code)
    assert "NotImplementedError" in text
    assert "pos / factor" not in text


def test_a_lesson_is_known_by_what_is_in_it_then_by_the_name(tmp_path, small, lessons):
    other = _lessons.read(handed_in.course(tmp_path, ["third"], lesson="02_other"))
    cells = _submissions.cells_of(handed_in.hand_in(tmp_path, notebook_from(small)))
    both = [other, *lessons]
    assert _submissions.lesson_of("02_other.ipynb", cells, both).name == "01_small"
    assert _submissions.lesson_of("ada/02.ipynb", None, both).name == "02_other"
    assert _submissions.lesson_of("ada/02_other (1).ipynb", None, both).name == "02_other"
    with pytest.raises(Unreadable, match="names no lesson"):
        _submissions.lesson_of("ada/essay-2024.ipynb", None, both)


# --- the whole way ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(small, tmp_path_factory):
    """A class handed in, graded without walls; its folder, and what came out."""
    folder = tmp_path_factory.mktemp("handed_in")
    out = tmp_path_factory.mktemp("graded") / "out"
    one = {"first": RIGHT.format("first"), "second": WRONG.format("second")}
    hand_in, submission = handed_in.hand_in, handed_in.submission
    hand_in(folder / "ada", submission(small, one))
    hand_in(folder / "ada", handed_in.of_code(RIGHT.format("second")), "01 again.ipynb")
    hand_in(folder / "=1+1", handed_in.of_code(RIGHT.format("first"), STUB.format("first")))
    hand_in(folder / "<b>李", submission(small, {}))
    (folder / "bob").mkdir()
    (folder / "bob" / "01_small.ipynb").write_text(WHOLE[:-30])
    (folder / "essay.ipynb").write_text("an essay")
    code = _run.run(_root(small), folder, out, jobs=1, trusted=True)
    assert code == 0
    return folder, out


def _root(source):
    return source.parent.parent.parent


def test_everyone_gets_a_row_for_each_exercise(graded):
    rows = [(row["student"], row["exercise"], row["verdict"], row["mistake"], row["points"])
            for row in rows_of(graded[1])]  # fmt: skip
    assert sorted(rows) == sorted([
        ("ada", "first", "right", "", "2"),
        ("ada", "second", "right", "", "2"),
        ("'=1+1", "first", "right", "", "2"),
        ("'=1+1", "second", "missing", "missing", "0"),
        ("<b>李", "first", "not written", "", "0"),
        ("<b>李", "second", "not written", "", "0"),
        ("bob", "first", "unreadable", "unreadable", "0"),
        ("bob", "second", "unreadable", "unreadable", "0"),
        ("essay", "", "unreadable", "unreadable", "0"),
    ])  # fmt: skip


def test_of_two_files_the_better_answer_counts_and_says_where_it_was(graded):
    ada = {row["exercise"]: row for row in rows_of(graded[1]) if row["student"] == "ada"}
    assert ada["first"]["file"] == "ada/01_small.ipynb"
    assert ada["second"]["file"] == "ada/01 again.ipynb"


def test_the_points_of_each_lesson_stand_in_one_row_for_a_student(graded):
    with open(graded[1] / "points.csv", newline="", encoding="utf-8-sig") as file:
        head, *rows = csv.reader(file)
    assert head == ["student", "01_small (of 4)", "all"]
    assert ["ada", "4", "4"] in rows
    assert ["essay", "", "0"] in rows
    assert len(rows) == 5


def test_several_files_for_one_lesson_are_told(graded, small, capsys):
    assert _run.run(_root(small), *graded, jobs=1, trusted=True) == 0
    told = capsys.readouterr().out
    assert "ada has 2 files for 01_small, and the best of each exercise counts" in told
    assert "ada has 2 files" in (graded[1] / "index.html").read_text()


def test_what_is_passed_over_is_told(tmp_path, lessons):
    for name in ("ada.zip", "bob/notes.txt", ".DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    handed_in.hand_in(tmp_path / "cleo", handed_in.of_code(), "01_small.ipynb")
    assert _submissions.passed_over(tmp_path, _submissions.find(tmp_path, lessons)) == [
        "not read, for they are no .ipynb: ada.zip, bob/notes.txt",
        "without a notebook: bob",
    ]
    for number in range(9):
        (tmp_path / f"{number}.py").touch()
    first, _ = _submissions.passed_over(tmp_path, _submissions.find(tmp_path, lessons))
    assert first.endswith("0.py, 1.py, 2.py, 3.py, 4.py and 6 more")


def test_a_cell_that_is_no_python_is_named_with_its_line_and_first():
    notebook = _inside.Notebook(["x = 1\ndef first(pos)\n    pass"], [], ["first"])
    *_, notes = notebook.answer("first", "interpolated", "", 0)
    assert notes == ["cell 1, line 2, is no Python: expected ':'"]


def test_a_folder_whose_lesson_is_not_asked_for_is_not_called_empty(tmp_path, small, capsys):
    handed_in.hand_in(tmp_path / "in" / "ada", handed_in.solved(small), "01_small.ipynb")
    other = tmp_path / "in" / "bob"
    handed_in.hand_in(other, handed_in.of_code("print(1)"), "my notes.ipynb")
    how = {"jobs": 1, "trusted": True, "names": ["01"]}
    assert _run.run(_root(small), tmp_path / "in", tmp_path / "out", **how) == 0
    assert {row["student"] for row in rows_of(tmp_path / "out")} == {"ada"}
    assert "without a notebook" not in capsys.readouterr().out


def test_one_lesson_alone_can_be_graded(tmp_path, small, lessons):
    source = _root(small) / "notebooks" / "src" / "01_small.py"
    other = tmp_path / "course" / "notebooks" / "src"
    other.mkdir(parents=True)
    for name in ("01_small.py", "02_large.py"):
        (other / name).write_text(source.read_text())
    folder = tmp_path / "in"
    handed_in.hand_in(folder, handed_in.of_code("1"), "02_large_ada.ipynb")
    handed_in.hand_in(folder, handed_in.of_code("1"), "01_small_ada.ipynb")
    (folder / "01_small_bob.ipynb").write_text("{")
    (folder / "essay.ipynb").write_text("{")
    found = _submissions.find(folder, lessons)
    lessons = [_lessons.read(path) for path in sorted(other.iterdir())]
    chosen = _run._chosen(tmp_path / "course", found, lessons, ["01"])
    names = ["01_small_ada.ipynb", "01_small_bob.ipynb", "essay.ipynb"]
    assert [one.name for one in chosen] == names  # the essay may be meant for it
    assert _run._chosen(tmp_path / "course", found, lessons, ()) == found
    with pytest.raises(CourseError, match="none of the 1 files answers 01_small"):
        _run._chosen(tmp_path / "course", found[2:3], lessons, ["01"])


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("bwrap: Unknown option --disable-userns", "0.8 or later"),
        ("bwrap: setting up uid map: Permission denied", "apparmor_restrict_unprivileged_userns=0"),
        ("bwrap: something else", ""),
    ],
)
def test_a_refusal_of_bubblewrap_comes_with_what_helps(said, remedy):
    assert remedy in _sandbox._remedy(said)
    assert bool(_sandbox._remedy(said)) == bool(remedy)


def test_everyone_gets_a_page_that_shows_names_as_text(graded):
    pages = {path.name: path.read_text() for path in (graded[1] / "feedback").iterdir()}
    assert len(pages) == 5
    assert "4 of 4 points" in pages["ada.html"]
    assert "Exercise 2 · second" in pages["ada.html"]
    (name,) = (name for name in pages if "李" in name)
    assert "<b>李" not in pages[name]
    assert "&lt;b&gt;李" in pages[name]
    index = (graded[1] / "index.html").read_text()
    assert all(page in index for page in pages)


def test_the_class_gets_a_picture_of_its_mistakes():
    rows = [{"student": student, "exercise": "first", "verdict": "wrong", "mistake": slug}
            for student, slug in zip("xyz", "aab", strict=True)]  # fmt: skip
    right = {"student": "q", "exercise": "first", "verdict": "right", "mistake": ""}
    picture = _report.mistakes([*rows, right])
    assert picture.alt == "The most frequent mistake is first: a, made by 2 of 4 students."
    assert "first: b" in repr(picture)
    assert _report.mistakes([]) is None


def test_what_is_done_is_not_done_again(graded, small, monkeypatch):
    folder, out = graded
    before = rows_of(out)
    (out / "results.csv").unlink()
    monkeypatch.setattr(_judge, "grade", None)
    assert _run.run(_root(small), folder, out, jobs=1, trusted=True) == 0
    assert rows_of(out) == before


def test_a_changed_file_is_graded_again(graded, small, lessons):
    folder, out = graded
    done = _run._Done(out, _run._fingerprint(lessons, True))
    found = _submissions.find(folder, lessons)
    assert all(map(done.has, found))
    changed = found[0].path
    content = changed.read_bytes()
    changed.write_bytes(content + b" ")
    again = _run._Done(out, _run._fingerprint(lessons, True))
    assert not again.has(found[0])
    assert all(map(again.has, found[1:]))
    changed.write_bytes(content)
    other = _run._Done(out, _run._fingerprint(lessons, False))
    assert not any(map(other.has, found))


def test_a_full_disk_is_said_and_loses_nothing(graded, small, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(path.name for path in graded[1].rglob("*"))
    monkeypatch.setattr(_report, "write_aside", full)
    with pytest.raises(CourseError, match="No space left on device; what is done is kept"):
        _run.run(_root(small), *graded, jobs=1, trusted=True)
    assert sorted(path.name for path in graded[1].rglob("*")) == before


def test_without_walls_it_refuses(graded, small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(_sandbox.shutil, "which", lambda name: None)
    monkeypatch.chdir(_root(small))
    code = command_line.main(["grade", str(graded[0]), "--out", str(tmp_path / "out")])
    assert code == 1
    assert "apt install bubblewrap" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_sandbox_that_does_not_start_stops_the_class_and_fails_nobody(
    graded, small, tmp_path, monkeypatch
):
    monkeypatch.setattr(_sandbox, "command", lambda trusted: (["false"], {}))
    with pytest.raises(CourseError, match="did not start"):
        _run.run(_root(small), graded[0], tmp_path / "out", jobs=1, trusted=True)
    assert not (tmp_path / "out" / "results.csv").exists()


def test_the_checkers_are_left_as_they_were(graded, small, tmp_path):
    seconds = _judge._guard.SECONDS
    (found, *_) = _submissions.find(graded[0], [_lessons.read(small)])
    _judge.grade(found, [], True)
    assert _judge._guard.SECONDS == seconds < 60


def test_file_names_of_students_never_meet():
    names = _report._page_names({"Ada", "ada", "a/b", "a_b", "..", "=x", "李", "x" * 300})
    assert len({name.casefold() for name in names.values()}) == 8
    assert names["Ada"] == "Ada.html"
    assert names["李"] == "李.html"
    assert all("/" not in name and len(name) < 100 for name in names.values())


# --- many, and interrupted ----------------------------------------------------------------------

GRADE = [sys.executable, "-m", "posenc.course", "grade"]


@pytest.fixture
def many(small, tmp_path):
    for number in range(6):
        notebook = handed_in.submission(small, {"first": RIGHT.format("first")})
        handed_in.hand_in(tmp_path / "in" / f"student {number}", notebook)
    return tmp_path


def start(small, many):
    env = os.environ | {"PYTHONPATH": str(_sandbox.PACKAGE.parent)}
    words = [*GRADE, str(many / "in"), "--out", str(many / "out"), "--trusted"]
    return subprocess.Popen(words, cwd=_root(small), env=env, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip


@pytest.mark.full
def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on(small, many):
    first = start(small, many)
    done = many / "out" / "done"
    while not (done.is_dir() and any(done.iterdir())):
        assert first.poll() is None
        time.sleep(0.2)
    os.killpg(first.pid, signal.SIGINT)
    said, _ = first.communicate(timeout=120)
    assert first.returncode == 130, said
    assert "interrupted" in said
    kept = {path.name: path.stat().st_mtime_ns for path in done.iterdir()}
    assert 0 < len(kept) < 6
    assert not (many / "out" / "results.csv").exists()
    second = start(small, many)
    said, _ = second.communicate(timeout=300)
    assert second.returncode == 0, said
    assert len(rows_of(many / "out")) == 12
    now = {path.name: path.stat().st_mtime_ns for path in done.iterdir()}
    assert len(now) == 6
    assert kept.items() <= now.items()


def test_the_course_s_lessons_are_found():
    assert _places.sources(_sandbox.PACKAGE.parent)
