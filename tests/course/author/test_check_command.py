"""What `check` notices, and the command line."""

import base64

import pytest
import tiny

from posenc.course import __main__ as command_line
from posenc.course.author import check


def code(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_a_fresh_build_has_no_problems(course):
    assert course.problems() == []


def test_check_notices_an_edited_source(course):
    tiny.write(course.root, tiny.SOURCE.replace("6 * 7", "6 * 8"))
    [problem] = course.problems()
    assert "cell 3" in problem
    assert "posenc.course build 01_tiny" in problem


def test_check_notices_an_edited_answer(course):
    tiny.write(course.root, tiny.SOURCE.replace("return 2 * x", "return x + x"))
    [problem] = course.problems()
    assert "another source" in problem


def test_check_notices_an_added_cell(course):
    tiny.write(course.root, f"{tiny.SOURCE}\n# %%\n1 + 1\n")
    assert "cells, its source" in course.problems()[0]


def test_check_notices_a_changed_tag(course):
    course.edit(lambda cells: cells[1]["metadata"].update(tags=[]))
    assert "another metadata" in course.problems()[0]


def test_check_notices_a_changed_picture(course):
    def repaint(cells):
        data = code(cells)[2]["outputs"][0]["data"]
        data["image/png"] = base64.b64encode(b"another").decode()

    course.edit(repaint)
    assert "picture" in course.problems()[0]


def test_check_notices_a_removed_seal(course):
    course.edit(lambda cells: code(cells)[2]["outputs"][0].update(metadata={}))
    assert "picture" in course.problems()[0]


def test_check_notices_cleared_outputs(course):
    def clear(cells):
        for cell in code(cells):
            cell.update(outputs=[], execution_count=None)

    course.edit(clear)
    assert "never run" in course.problems()[0]


def test_check_notices_a_cell_that_was_not_run(course):
    course.edit(lambda cells: code(cells)[1].update(execution_count=None))
    assert course.problems() == ["code cell 2 is numbered never run: not run from top to bottom"]


def test_check_notices_a_stored_error(course):
    def fail(cells):
        error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}
        code(cells)[1]["outputs"] = [error]

    course.edit(fail)
    assert course.problems() == ["cell [2] ends in E: v"]


def test_check_notices_a_notebook_that_is_too_big(course):
    long = {"output_type": "stream", "name": "stdout", "text": "x" * 1_000_001}
    course.edit(lambda cells: code(cells)[1].update(outputs=[long]))
    assert "1 MB is the limit" in course.problems()[0]


def test_check_notices_what_is_missing_or_torn(course, capsys):
    tiny.write(course.root, name="02_unbuilt")
    course.target.write_text("{torn")
    (course.root / "notebooks" / "03_orphan.ipynb").write_text("{}")
    assert check.check(course.root, []) == 1
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("✗ 01_tiny: cannot be read")
    assert second.startswith("✗ 02_unbuilt: is not built")
    assert third.startswith("✗ 03_orphan: has no source")


# --- the command line --------------------------------------------------------


def test_an_unknown_lesson_is_refused_with_the_known_ones(course, monkeypatch, capsys):
    monkeypatch.chdir(course.root)
    assert command_line.main(["check", "07"]) == 1
    assert "'07'; there are: 01_tiny" in capsys.readouterr().err


def test_the_commands_work_from_inside_the_course(course, monkeypatch, capsys):
    monkeypatch.chdir(course.root / "notebooks" / "src")
    assert command_line.main(["check", "01"]) == 0
    assert capsys.readouterr().out == "✓ 1 notebooks are what their sources say\n"


def test_only_lab_passes_arguments_on(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["check", "--port=1"])
    assert "unknown arguments: --port=1" in capsys.readouterr().err
