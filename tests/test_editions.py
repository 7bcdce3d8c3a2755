"""Editions: who gets what of a lesson, and what is made anew when something changes."""

import base64
import errno
import hashlib
import json
import re

import nbformat
import pytest
import tiny

from posenc.course import __main__ as command_line
from posenc.course import (
    _audience,
    _cells,
    _editions,
    _leaks,
    _lesson,
    _places,
    _shelf,
    _source,
    _tools,
)
from posenc.course._places import CourseError

ROOT = _places.find_root(_places.Path(__file__).parent)
SOURCES = {path.stem: path for path in _places.sources(ROOT)}
every_lesson = pytest.mark.parametrize("stem", sorted(SOURCES))
NOTEBOOKS = ("ipynb", "colab")


def made(source, audience, form="ipynb"):
    content = _editions.content(_editions.Piece(source, audience, form))
    return nbformat.reads(content.decode(), as_version=4)


def texts(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def by_id(notebook, name):
    [cell] = [cell for cell in notebook.cells if cell.id == name]
    return cell


@pytest.fixture
def source(tmp_path):
    return tiny.lesson(tmp_path)


# --- who gets what -----------------------------------------------------------


def test_study_is_the_lesson_as_committed(source):
    made = nbformat.reads(_editions.content(_editions.Piece(source, "study", "ipynb")).decode(), 4)
    built = nbformat.read(_places.built_from(source), as_version=4)
    assert _cells.COMMITTED in built.cells[0].source
    _lesson.without_committed(built)
    assert _cells.COMMITTED not in built.cells[0].source
    assert made == built


@pytest.mark.parametrize(("form", "kept"), [("ipynb", False), ("colab", False), ("html", True)])
def test_what_a_student_runs_has_no_outputs_and_what_is_read_has(source, form, kept):
    content = _editions.content(_editions.Piece(source, "student", form)).decode()
    assert ("two are" in re.sub(r"check\.predict.*", "", content)) == kept


def test_a_student_gets_the_stub_and_no_section_of_solutions(source):
    student = made(source, "student")
    assert "raise NotImplementedError" in by_id(student, "exercise-double").source
    assert _source.SOLUTIONS not in texts(student)
    assert student.cells[-1].source == "## References"
    assert not any("solution" in str(cell.metadata) for cell in student.cells)


def test_a_solution_outside_its_section_is_refused(source):
    notebook = nbformat.read(_places.built_from(source), as_version=4)
    notebook.cells[0].metadata["tags"] = ["solution"]
    with pytest.raises(CourseError, match="outside the section"):
        _audience.edition(notebook, "student", [], source)


def test_an_instructor_gets_the_answer_in_its_place_with_what_its_check_said(source):
    instructor = made(source, "instructor")
    cell = by_id(instructor, "exercise-double")
    assert "### BEGIN SOLUTION\n    twice_as_much" in cell.source
    assert cell.outputs[0].text == tiny.SAID["solution"]
    assert _source.SOLUTIONS not in texts(instructor)


def test_nbgrader_finds_an_answer_to_clear_and_a_check_to_grade(source):
    instructor = made(source, "instructor")
    answer = by_id(instructor, "exercise-double").metadata.nbgrader
    graded = by_id(instructor, "check-double")
    assert (answer.solution, answer.grade, answer.locked) == (True, False, False)
    assert (
        graded.source == "verdict = check.reading(double)\nassert verdict.passed, verdict.message"
    )
    assert (graded.metadata.nbgrader.grade, graded.metadata.nbgrader.locked) == (True, True)
    assert graded.metadata.nbgrader.points == 3
    marked = [cell.metadata.nbgrader for cell in instructor.cells if "nbgrader" in cell.metadata]
    assert {mark.schema_version for mark in marked} == {3}
    assert len({mark.grade_id for mark in marked}) == len(marked)


def test_points_are_those_of_the_cell_else_the_difficulty(tmp_path):
    text = tiny.LESSON.replace('tags=["exercise"]', 'tags=["exercise"] points=7')
    for words, points in ((text, 7), (tiny.LESSON, 3)):
        [exercise] = _source.exercises(tiny.write(tmp_path, words))
        assert exercise.points == points


def test_notes_stand_below_what_they_are_about(source):
    cells = made(source, "instructor").cells
    notes = [i for i, cell in enumerate(cells) if "teacher" in _lesson.tags(cell)]
    assert [cells[i - 1].source.splitlines()[0] for i in notes] == [
        "# 01 · Is two and two four?",
        "## 1 · Guess",
        "**Exercise 1** · difficulty 3 of 5 · 1 minute",
    ]
    assert cells[notes[2]].source == "They multiply by three."
    assert "minutes are enough" not in texts(made(source, "study")) + texts(made(source, "student"))


def test_a_note_without_its_place_is_named(source):
    notes = source.parent / "teaching" / "01_tiny.md"
    notes.write_text("## Section 9\n\nLost.\n")
    with pytest.raises(CourseError, match="01_tiny.md: there is no 'Section 9'"):
        made(source, "instructor")


def test_an_exercise_without_its_check_is_named():
    with pytest.raises(CourseError, match="must end in a call"):
        _audience.checker_call("def f():\n    pass\n\n\nprint(f)")


# --- leaks -------------------------------------------------------------------


def pieces(source):
    return [piece for found in _leaks.secrets(source).values() for piece in found]


def test_every_line_of_an_answer_is_a_secret_a_short_one_with_what_is_above(source):
    assert pieces(source) == ["twice_as_much=sum((x,x))", "returntwice_as_much"]
    short = tiny.LESSON.replace("return twice_as_much", "return x")
    assert pieces(tiny.write(source.parents[2], short))[1] == "_much=sum((x,x))returnx"


def test_a_ligature_hides_nothing():
    assert _leaks.leaked(["offset_of_the_first"], "o\ufb00set_of_the_\ufb01rst") != []


def test_what_the_lesson_shows_elsewhere_is_no_secret(source):
    open_text = tiny.LESSON.replace("Add it to itself.", "`twice_as_much = sum((x, x))`")
    assert pieces(tiny.write(source.parents[2], open_text)) == ["returntwice_as_much"]


LINE = "twice_as_much =\n    sum((x, x))"
PICTURE = base64.b64encode(b"\x89PNG" * 100 + LINE.encode()).decode()


@pytest.mark.parametrize(
    "plant",
    [
        lambda cell: cell.update(source=LINE),
        lambda cell: cell.metadata.update(hidden={"deep": [LINE]}),
        lambda cell: cell.update(attachments={"a.txt": {"text/plain": LINE}}),
        lambda cell: cell.update(outputs=[{"data": {"text/html": LINE}}]),
        lambda cell: cell.update(outputs=[{"metadata": {"image/png": {"alt": LINE}}}]),
        lambda cell: cell.update(outputs=[{"data": {"image/png": PICTURE}}]),
    ],
    ids=["source", "metadata", "attachment", "output", "alt text", "inside a picture"],
)
def test_a_planted_line_is_found(source, plant):
    student = made(source, "student")
    assert _leaks.leaked(pieces(source), student) == []
    plant(student.cells[1])
    assert _leaks.leaked(pieces(source), student) == ["twice_as_much=sum((x,x))"]


def test_the_builder_refuses_a_student_edition_that_leaks(source):
    built = _places.built_from(source)
    built.write_text(built.read_text().replace(tiny.SAID["exercise"], "return twice_as_much"))
    with pytest.raises(CourseError, match="the answer of double shows"):
        made(source, "student")


@every_lesson
@pytest.mark.parametrize("form", NOTEBOOKS)
def test_no_student_notebook_shows_a_line_of_an_answer(stem, form):
    source = SOURCES[stem]
    assert all(_leaks.secrets(source).values()), "an exercise without a secret"
    student = made(source, "student", form)
    # The package itself, which Colab's carry, has the formulas in it, as installed ones do.
    cells = [cell for cell in student.cells if cell.id != "colab-setup"]
    assert _leaks.leaked(pieces(source), [cells, student.metadata]) == []


@every_lesson
def test_the_search_would_notice(stem):
    source = SOURCES[stem]
    study = nbformat.read(_places.built_from(source), as_version=4)
    assert _leaks.leaked(pieces(source), study) == pieces(source)


# --- notes of the real lessons -----------------------------------------------


@every_lesson
def test_a_teacher_is_told_timing_board_and_mistakes(stem):
    source = SOURCES[stem]
    notes = dict(_audience.read_notes(source.parent / "teaching" / f"{stem}.md"))
    for words in ("**50 minutes.**", "**90 minutes.**", "**On the board.**", "goes wrong"):
        assert words in notes["Title"], words
    wanted = {exercise.heading.split(" ·")[0] for exercise in _source.exercises(source)}
    assert {place for place in notes if place.startswith("Exercise")} == wanted
    made(source, "instructor")  # and each of them has its place


# --- made once, and again when something changes ------------------------------


ORDER = _editions.Order(formats=NOTEBOOKS)


@pytest.fixture
def build(source, tmp_path, monkeypatch):
    """Make the notebooks of the tiny course; what is made is what it returns."""

    def build(order=ORDER, status=0):
        written = []
        put = _shelf.Shelf.put
        with monkeypatch.context() as patch:
            patch.setattr(_shelf.Shelf, "put", lambda *a: (written.append(a[1]), put(*a)))
            assert _editions.editions(source.parents[2], order, tmp_path / "dist") == status
        return sorted(written)

    return build


ALL = sorted(
    [f"{a}/{f}/01_tiny.ipynb" for a in _audience.AUDIENCES for f in NOTEBOOKS]
    + ["instructor/ipynb/nbgrader_config.py"]
)


def test_all_is_made_once(build):
    assert build() == ALL
    assert build() == []


def test_a_damaged_or_lost_file_is_made_again(build, tmp_path):
    build()
    lost, damaged = ALL[3], ALL[4]
    (tmp_path / "dist" / lost).unlink()
    (tmp_path / "dist" / damaged).write_text("half")
    assert build() == [lost, damaged]


def test_a_changed_lesson_or_note_is_made_again(build, source, tmp_path):
    build()
    notes = source.parent / "teaching" / "01_tiny.md"
    notes.write_text(notes.read_text() + "\nMore.\n")
    assert len(build()) == 6
    tiny.lesson(tmp_path, tiny.LESSON.replace("Some words", "Other words"))
    assert len(build()) == 6


def test_what_was_made_for_a_lesson_that_is_gone_goes(build, source, tmp_path):
    other = tiny.lesson(tmp_path, name="02_other")
    build()
    gone = tmp_path / "dist" / "student" / "ipynb" / "02_other.ipynb"
    assert gone.exists()
    other.unlink()
    _places.built_from(other).unlink()
    build()
    assert not gone.exists()
    assert "02_other" not in (tmp_path / "dist" / "index.html").read_text()


def test_the_sums_and_the_index_are_true(build, tmp_path):
    build()
    for folder in (tmp_path / "dist", tmp_path / "dist" / "student"):
        rows = [row.split("  ") for row in (folder / "SHA256SUMS").read_text().splitlines()]
        files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        unlisted = {name for name in files if not name.endswith(("SHA256SUMS", ".editions.json"))}
        assert {name for _, name in rows} >= {n for n in unlisted if not n.endswith("index.html")}
        for digest, name in rows:
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        page = (folder / "index.html").read_text()
        assert all((folder / link).exists() for link in re.findall('href="([^"]+)"', page))
        assert "01 · Is two and two four?" in page


def test_ctrl_c_keeps_what_is_finished_and_the_next_run_goes_on(build, monkeypatch, capsys):
    content, begun = _editions.content, []

    def interrupted(piece, print_page):
        begun.append(piece.name)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return content(piece, print_page)

    with monkeypatch.context() as patch:
        patch.setattr(_editions, "content", interrupted)
        first = build(status=130)
    assert "goes on from there" in capsys.readouterr().out
    assert first == sorted(begun[:2])
    assert sorted(first + build()) == ALL


def test_a_full_disk_is_named_and_leaves_no_half_file(build, tmp_path, monkeypatch):
    write, written = _shelf.write_aside, []

    def full(path, content):
        written.append(path)
        if "colab" in path.parts:
            path.with_name(f".{path.name}.part").write_bytes(b"half")
            path.with_name(f".{path.name}.part").unlink()
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(_shelf, "write_aside", full)
    with pytest.raises(CourseError, match="cannot be written: No space left on device; make room"):
        build()
    left = [p.name for p in (tmp_path / "dist").rglob("*") if p.is_file()]
    assert "01_tiny.ipynb" in left
    assert not [name for name in left if name.endswith(".part")]
    json.loads((tmp_path / "dist" / ".editions.json").read_text())


def test_a_folder_that_cannot_be_written_is_named_at_once(source, tmp_path):
    (tmp_path / "dist").write_text("a file")
    with pytest.raises(CourseError, match=r"dist.* cannot be written.*--out"):
        _editions.editions(source.parents[2], ORDER, tmp_path / "dist")


def test_files_that_a_lesson_declares_lie_beside_its_notebook(build, tmp_path):
    tiny.lesson(tmp_path, tiny.LESSON.replace("# %%\nfrom", '# %% files=["results/a.json"]\nfrom'))
    (tmp_path / "notebooks" / "results").mkdir()
    (tmp_path / "notebooks" / "results" / "a.json").write_text("[1]")
    assert "student/ipynb/results/a.json" in build()
    assert (tmp_path / "dist" / "student" / "ipynb" / "results" / "a.json").read_text() == "[1]"
    assert build() == []


def test_a_torn_record_makes_all_anew(build, tmp_path):
    build()
    (tmp_path / "dist" / ".editions.json").write_text("{torn")
    assert build() == ALL


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda s: _places.built_from(s).unlink(), "01_tiny is not built; run: python -m"),
        (lambda s: s.write_text(s.read_text() + "\n# %%\n1\n"), "cells, its source"),
        (lambda s: _places.built_from(s).write_text("{"), "cannot be read"),
    ],
    ids=["not built", "not up to date", "torn"],
)
def test_a_lesson_that_is_not_built_is_named_and_nothing_is_written(source, tmp_path, spoil, words):
    spoil(source)
    with pytest.raises(CourseError, match=re.escape(words)):
        _editions.editions(source.parents[2], ORDER, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


# --- the command line and the tools -------------------------------------------


def test_the_command_makes_what_was_asked_for(source, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(source.parent)
    words = "editions --edition student --format ipynb --notebook 01".split()
    assert command_line.main([*words, "--out", str(tmp_path / "handouts")]) == 0
    assert "✓ 1 files made" in capsys.readouterr().out
    assert (tmp_path / "handouts" / "student" / "ipynb" / "01_tiny.ipynb").exists()
    assert command_line.main(["editions", "--notebook", "07", "--format", "ipynb"]) == 1
    assert "'07'; there are: 01_tiny" in capsys.readouterr().err


def test_all_that_is_missing_is_named_at_once_with_the_remedy(monkeypatch):
    real = _tools.importlib.util.find_spec
    gone = ("mathjax", "pypdf")
    monkeypatch.setattr(
        _tools.importlib.util, "find_spec", lambda n, *a: None if n in gone else real(n, *a)
    )
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(CourseError) as problem:
        _tools.require(["pdf"])
    first, second = str(problem.value).splitlines()
    assert first.startswith("mathjax, pypdf are missing. To get it, run this in ")
    assert first.endswith("tools/setup.py handouts")
    assert second.startswith("CHROMIUM names /nowhere/chromium, which cannot be run")
    assert "apt install chromium" in second
    _tools.require(["ipynb", "colab"])  # these need neither
