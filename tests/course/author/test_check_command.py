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


def edited(before, after):
    return lambda course: tiny.write(course.root, tiny.SOURCE.replace(before, after))


def in_cell(number, **parts):
    """Give a code cell other parts."""
    return lambda course: course.edit(lambda cells: code(cells)[number].update(parts))


def clear(cells):
    for cell in code(cells):
        cell.update(outputs=[], execution_count=None)


def repaint(cells):
    data = code(cells)[2]["outputs"][0]["data"]
    data["image/png"] = base64.b64encode(b"another").decode()


ERROR = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}
LONG = {"output_type": "stream", "name": "stdout", "text": "x" * 1_000_001}
CHANGES = {
    "an edited answer": (edited("return 2 * x", "return x + x"), "another source"),
    "an added cell": (edited("# %%\n6", "# %%\n1 + 1\n\n# %%\n6"), "cells, its source"),
    "a changed tag": (in_cell(0, metadata={"tags": []}), "another metadata"),
    "a changed picture": (lambda course: course.edit(repaint), "picture"),
    "a removed seal": (
        lambda course: course.edit(lambda cells: code(cells)[2]["outputs"][0].update(metadata={})),
        "picture",
    ),
    "cleared outputs": (lambda course: course.edit(clear), "never run"),
    "a cell that was not run": (
        in_cell(1, execution_count=None),
        "code cell 2 is numbered never run: not run from top to bottom",
    ),
    "a stored error": (in_cell(1, outputs=[ERROR]), "cell [2] ends in E: v"),
    "a notebook that is too big": (in_cell(1, outputs=[LONG]), "1 MB is the limit"),
}


def test_check_notices_an_edited_source(course):
    edited("6 * 7", "6 * 8")(course)
    [problem] = course.problems()
    assert "cell 3" in problem
    assert "posenc.course build 01_tiny" in problem


@pytest.mark.parametrize("change", CHANGES)
def test_check_notices(course, change):
    make, words = CHANGES[change]
    make(course)
    [problem] = course.problems()
    whole = words.startswith(("cell [", "code cell"))
    assert problem == words if whole else words in problem


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
