"""Editions are made once, and again when something changes."""

import errno
import hashlib
import json
import re

import pytest
import tiny
from making import NOTEBOOKS

from posenc.course import __main__ as command_line
from posenc.course import places, tools
from posenc.course.editions import editions, folder
from posenc.course.editions.audience import AUDIENCES
from posenc.course.places import CourseError

ORDER = editions.Order(formats=NOTEBOOKS)


@pytest.fixture
def build(source, tmp_path, monkeypatch):
    """Make the notebooks of the tiny course; what is made is what it returns."""

    def build(order=ORDER, status=0):
        written = []
        put = folder.Folder.put
        with monkeypatch.context() as patch:
            patch.setattr(folder.Folder, "put", lambda *a: (written.append(a[1]), put(*a)))
            assert editions.editions(source.parents[2], order, tmp_path / "dist") == status
        return sorted(written)

    return build


ALL = sorted(
    [f"{a}/{f}/01_tiny.ipynb" for a in AUDIENCES for f in NOTEBOOKS]
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
    places.built_from(other).unlink()
    build()
    assert not gone.exists()
    assert "02_other" not in (tmp_path / "dist" / "SHA256SUMS").read_text()


def test_the_sums_are_true(build, tmp_path):
    build()
    for below in (tmp_path / "dist", tmp_path / "dist" / "student"):
        rows = [row.split("  ") for row in (below / "SHA256SUMS").read_text().splitlines()]
        files = {p.relative_to(below).as_posix() for p in below.rglob("*") if p.is_file()}
        unlisted = {name for name in files if not name.endswith(("SHA256SUMS", ".editions.json"))}
        assert {name for _, name in rows} == unlisted
        for digest, name in rows:
            assert hashlib.sha256((below / name).read_bytes()).hexdigest() == digest


def test_ctrl_c_keeps_what_is_finished_and_the_next_run_goes_on(build, monkeypatch, capsys):
    content, begun = editions.content, []

    def interrupted(piece, print_page):
        begun.append(piece.name)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return content(piece, print_page)

    with monkeypatch.context() as patch:
        patch.setattr(editions, "content", interrupted)
        first = build(status=130)
    assert "goes on from there" in capsys.readouterr().out
    assert first == sorted(begun[:2])
    assert sorted(first + build()) == ALL


def test_a_full_disk_is_named_and_leaves_no_half_file(build, tmp_path, monkeypatch):
    write, written = folder.write_aside, []

    def full(path, content):
        written.append(path)
        if "colab" in path.parts:
            path.with_name(f".{path.name}.part").write_bytes(b"half")
            path.with_name(f".{path.name}.part").unlink()
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(folder, "write_aside", full)
    with pytest.raises(CourseError, match="cannot be written: No space left on device; make room"):
        build()
    left = [p.name for p in (tmp_path / "dist").rglob("*") if p.is_file()]
    assert "01_tiny.ipynb" in left
    assert not [name for name in left if name.endswith(".part")]
    json.loads((tmp_path / "dist" / ".editions.json").read_text())


def test_a_folder_that_cannot_be_written_is_named_at_once(source, tmp_path):
    (tmp_path / "dist").write_text("a file")
    with pytest.raises(CourseError, match=r"dist.* cannot be written.*--out"):
        editions.editions(source.parents[2], ORDER, tmp_path / "dist")


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
        (lambda s: places.built_from(s).unlink(), "01_tiny is not built; run: python -m"),
        (lambda s: s.write_text(s.read_text() + "\n# %%\n1\n"), "cells, its source"),
        (lambda s: places.built_from(s).write_text("{"), "cannot be read"),
    ],
    ids=["not built", "not up to date", "torn"],
)
def test_a_lesson_that_is_not_built_is_named_and_nothing_is_written(source, tmp_path, spoil, words):
    spoil(source)
    with pytest.raises(CourseError, match=re.escape(words)):
        editions.editions(source.parents[2], ORDER, tmp_path / "dist")
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
    real = tools.importlib.util.find_spec
    gone = ("mathjax", "pypdf")
    monkeypatch.setattr(
        tools.importlib.util, "find_spec", lambda n, *a: None if n in gone else real(n, *a)
    )
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(CourseError) as problem:
        tools.require(["pdf"])
    first, second = str(problem.value).splitlines()
    assert first.startswith("mathjax, pypdf are missing. To get it, run this in ")
    assert first.endswith("tools/setup.py handouts")
    assert second.startswith("CHROMIUM names /nowhere/chromium, which cannot be run")
    assert "apt install chromium" in second
    tools.require(["ipynb", "colab"])  # these need neither
