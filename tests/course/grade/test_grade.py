"""From a folder of submissions to a table and pages; without walls, and with the right reasons."""

import csv
import errno
import hashlib
import json
import shutil

import handed_in
import pytest
from handed_in import root_of, rows_of

from posenc.course import __main__ as command_line
from posenc.course import places
from posenc.course.grade import report, run, submissions, tasks
from posenc.course.grade.inside import answers
from posenc.course.grade.outside import judge, walls
from posenc.course.grade.outside.judge import How
from posenc.course.places import CourseError


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
    assert run.run(root_of(small), *graded, jobs=0, trusted=True) == 0
    told = capsys.readouterr().out
    assert "ada has 2 files for 01_small, and the best of each exercise counts" in told
    assert "ada has 2 files" in (graded[1] / "index.html").read_text()


def test_what_is_no_notebook_gets_a_row_a_page_and_a_note(tmp_path, small, capsys):
    folder, out = tmp_path / "in", tmp_path / "out"
    for name in ("ada.zip", "bob/01.py", "cleo/01.py", "cleo/plot.png", "eve/README.md",
                 ".DS_Store", "__MACOSX/._01_small.ipynb", "grades.csv"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    handed_in.hand_in(folder / "cleo", handed_in.of_code(), "01_small.ipynb")
    assert run.run(root_of(small), folder, out, jobs=1, trusted=True) == 0
    rows = [tuple(row[name] for name in ("student", "lesson", "exercise", "verdict", "file"))
            for row in rows_of(out)]  # fmt: skip
    assert rows == [
        ("ada", "", "", "unreadable", "ada.zip"),
        ("bob", "01_small", "first", "unreadable", "bob/01.py"),
        ("bob", "01_small", "second", "unreadable", "bob/01.py"),
        ("cleo", "01_small", "first", "missing", "cleo/01_small.ipynb"),
        ("cleo", "01_small", "second", "missing", "cleo/01_small.ipynb"),
    ]
    said = "files that end in .zip are not read: hand in the .ipynb itself"
    assert rows_of(out)[0]["message"] == said
    assert said in (out / "feedback" / "ada.html").read_text()
    assert len(list((out / "feedback").iterdir())) == 3
    _, *notes = capsys.readouterr().out.splitlines()
    assert notes == [
        "not read, hand in the .ipynb itself: ada.zip, bob/01.py",
        "not read, because a notebook of the same student counts: cleo/01.py",
        "nobody's work, and not read: grades.csv",
        "folders without a notebook: eve",
        "graded without walls and limits (--trusted)",
    ]
    assert len(list((out / "done").glob("*.json"))) == 1


def test_every_lesson_of_a_notebook_is_graded(tmp_path):
    course = tmp_path / "course"
    names = {"01_small": ["first", "second"], "02_other": ["third"]}
    sources = [handed_in.course(course, some, lesson) for lesson, some in names.items()]
    both = handed_in.solved(sources[0])
    both.cells += [cell for cell in handed_in.solved(sources[1]).cells if "third" in cell.id]
    handed_in.hand_in(tmp_path / "in", both, "02_other_ada.ipynb")
    assert run.run(course, tmp_path / "in", tmp_path / "out", jobs=1, trusted=True) == 0
    rows = [(row["lesson"], row["exercise"], row["verdict"]) for row in rows_of(tmp_path / "out")]
    assert rows == [(lesson, name, "right") for lesson, some in names.items() for name in some]
    how = {"jobs": 1, "trusted": True, "names": ["02"]}
    assert run.run(course, tmp_path / "in", tmp_path / "out", **how) == 0
    assert [row["lesson"] for row in rows_of(tmp_path / "out")] == ["02_other"]


def test_a_cell_that_is_no_python_is_named_with_its_line_and_first():
    cells = ["x = 1\ndef first(pos)\n    pass", "%%time\ny = 1\nprint('x'"]
    notebook = answers.Notebook(cells, [], ["first", "second"])
    *_, notes = notebook.answer("first", "interpolated", "", 0)
    assert notes == ["its cell cannot be read: cell 1, line 2, is no Python: expected ':'"]
    *_, notes = notebook.answer("second", "other", "", 0)
    assert notes == ["cell 1, line 2, is no Python: expected ':'",
                     "cell 2, line 3, is no Python: '(' was never closed"]  # fmt: skip


def test_lines_that_take_too_long_are_told_with_their_limit_and_no_guess():
    said = judge._stopped(judge.guard.TooLong())
    assert said == ("too-long", "the lines that it needs did not end within 20 s")


def test_a_folder_whose_lesson_is_not_asked_for_is_not_called_empty(tmp_path, small, capsys):
    handed_in.hand_in(tmp_path / "in" / "ada", handed_in.solved(small), "01_small.ipynb")
    other = tmp_path / "in" / "bob"
    handed_in.hand_in(other, handed_in.of_code("print(1)"), "my notes.ipynb")
    how = {"jobs": 0, "trusted": True, "names": ["01"]}
    assert run.run(root_of(small), tmp_path / "in", tmp_path / "out", **how) == 0
    assert {row["student"] for row in rows_of(tmp_path / "out")} == {"ada"}
    assert "folders without" not in capsys.readouterr().out


def test_one_lesson_alone_can_be_graded(tmp_path, small, lessons):
    source = root_of(small) / "notebooks" / "src" / "01_small.py"
    other = tmp_path / "course" / "notebooks" / "src"
    other.mkdir(parents=True)
    for name in ("01_small.py", "02_large.py"):
        (other / name).write_text(source.read_text())
    folder = tmp_path / "in"
    handed_in.hand_in(folder, handed_in.of_code("1"), "02_large_ada.ipynb")
    handed_in.hand_in(folder, handed_in.of_code("1"), "01_small_ada.ipynb")
    (folder / "01_small_bob.ipynb").write_text("{")
    (folder / "essay.ipynb").write_text("{")
    found = submissions.find(folder, lessons)
    lessons = [tasks.read(path) for path in sorted(other.iterdir())]
    chosen = run._chosen(tmp_path / "course", found, lessons, ["01"])
    names = ["01_small_ada.ipynb", "01_small_bob.ipynb", "essay.ipynb"]
    assert [one.name for one in chosen] == names  # the essay may be meant for it
    assert run._chosen(tmp_path / "course", found, lessons, ()) == found
    with pytest.raises(CourseError, match="none of the 1 files answers 01_small"):
        run._chosen(tmp_path / "course", found[2:3], lessons, ["01"])


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("bwrap: Unknown option --disable-userns", "0.8 or later"),
        ("bwrap: setting up uid map: Permission denied", "apparmor_restrict_unprivileged_userns=0"),
        ("bwrap: something else", ""),
    ],
)
def test_a_refusal_of_bubblewrap_comes_with_what_helps(said, remedy):
    assert remedy in walls._remedy(said)
    assert bool(walls._remedy(said)) == bool(remedy)


def test_everyone_gets_a_page_that_shows_names_as_text(graded):
    pages = {path.name: path.read_text() for path in (graded[1] / "feedback").iterdir()}
    assert len(pages) == 5
    assert "4 of 4 points" in pages["ada.html"]
    assert "Exercise 2 · second" in pages["ada.html"]
    (name,) = (name for name in pages if "李" in name)
    assert "<b>李" not in pages[name]
    assert "&lt;b&gt;李" in pages[name]


def test_what_is_done_is_not_done_again(graded, small, monkeypatch):
    folder, out = graded
    before = rows_of(out)
    (out / "results.csv").unlink()
    monkeypatch.setattr(judge, "grade", None)
    assert run.run(root_of(small), folder, out, jobs=0, trusted=True) == 0
    assert rows_of(out) == before


@pytest.mark.full
def test_a_folder_of_results_of_the_last_release_goes_on(graded, small, tmp_path):
    """0.1.0 knew no draw: its results are graded anew, and none of its files is lost."""
    out = tmp_path / "out"
    shutil.copytree(graded[1], out)
    (out / "done" / "draw").unlink()
    for path in (out / "done").glob("*.json"):
        rows = json.loads(path.read_text())
        path.write_text(json.dumps([{k: v for k, v in row.items() if k != "draw"} for row in rows]))
        path.rename(path.with_name(hashlib.sha256(path.name.encode()).hexdigest()[:32] + ".json"))
    before = set((out / "done").glob("*.json"))
    assert run.run(root_of(small), graded[0], out, jobs=1, trusted=True) == 0
    assert before < set((out / "done").glob("*.json"))
    now, then = (
        [{k: v for k, v in row.items() if k not in ("draw", "seconds")} for row in rows_of(folder)]
        for folder in (out, graded[1])
    )
    assert now == then
    assert {row["draw"] for row in rows_of(out)} == {(out / "done" / "draw").read_text()}


@pytest.mark.full
def test_a_class_keeps_its_number_and_another_judges_all_anew(graded, small, capsys):
    folder, out = graded
    number = (out / "done" / "draw").read_text()
    assert {row["draw"] for row in rows_of(out)} == {number}
    results = sorted((out / "done").glob("*.json"))
    assert run.run(root_of(small), folder, out, jobs=0, trusted=True, draw=int(number)) == 0
    assert sorted((out / "done").glob("*.json")) == results
    assert run.run(root_of(small), folder, out, jobs=0, trusted=True, draw=17) == 0
    assert {row["draw"] for row in rows_of(out)} == {"17"}
    assert "cases drawn by 17" in capsys.readouterr().out
    assert run.run(root_of(small), folder, out, jobs=0, trusted=True, draw=int(number)) == 0


def test_a_changed_file_is_graded_again(graded, small, lessons):
    folder, out = graded
    how = How(True, int((out / "done" / "draw").read_text()))
    done = run._Done(out, run._fingerprint(lessons, how))
    found = submissions.find(folder, lessons)
    assert all(map(done.has, found))
    changed = found[0].path
    content = changed.read_bytes()
    changed.write_bytes(content + b" ")
    again = run._Done(out, run._fingerprint(lessons, how))
    assert not again.has(found[0])
    assert all(map(again.has, found[1:]))
    changed.write_bytes(content)
    other = run._Done(out, run._fingerprint(lessons, How(False, how.draw)))
    assert not any(map(other.has, found))


def test_a_full_disk_is_said_and_loses_nothing(graded, small, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(path.name for path in graded[1].rglob("*"))
    monkeypatch.setattr(report, "write_aside", full)
    with pytest.raises(CourseError, match="No space left on device; what is done is kept"):
        run.run(root_of(small), *graded, jobs=0, trusted=True)
    assert sorted(path.name for path in graded[1].rglob("*")) == before


def test_without_walls_it_refuses(graded, small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(walls.shutil, "which", lambda name: None)
    monkeypatch.chdir(root_of(small))
    code = command_line.main(["grade", str(graded[0]), "--out", str(tmp_path / "out")])
    assert code == 1
    assert "apt install bubblewrap" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_sandbox_that_does_not_start_stops_the_class_and_fails_nobody(
    graded, small, tmp_path, monkeypatch
):
    monkeypatch.setattr(walls, "command", lambda trusted: (["false"], {}))
    with pytest.raises(CourseError, match="did not start"):
        run.run(root_of(small), graded[0], tmp_path / "out", jobs=0, trusted=True)
    assert not (tmp_path / "out" / "results.csv").exists()


def test_the_checkers_are_left_as_they_were(graded, small, tmp_path):
    seconds = judge.guard.SECONDS
    (found, *_) = submissions.find(graded[0], [tasks.read(small)])
    judge.grade(found, [], How(True))
    assert judge.guard.SECONDS == seconds < 60


def test_the_course_s_lessons_are_found():
    assert places.sources(walls.PACKAGE.parent)
