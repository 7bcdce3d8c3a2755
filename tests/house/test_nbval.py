"""nbval, as this project runs it, notices what a hand has changed."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import tiny

from posenc.course import places
from posenc.course.author import build

pytestmark = pytest.mark.slow  # a whole pytest with five kernels


def keep(code):
    """The lesson as it was built."""


def change_a_number(code):
    code[1]["outputs"][0]["data"]["text/plain"] = ["43"]


def forget_to_run_a_cell(code):
    code[0].update(execution_count=None, outputs=[])


def clear_everything(code):
    for cell in code:
        cell.update(execution_count=None, outputs=[])


def clear_the_outputs_only(code):
    for cell in code:
        cell["outputs"] = []


CHANGES = {
    change.__name__: change
    for change in (
        keep,
        change_a_number,
        forget_to_run_a_cell,
        clear_everything,
        clear_the_outputs_only,
    )
}


@pytest.fixture(scope="module")
def said(tmp_path_factory, pytestconfig):
    """What a plain `pytest --nbval notebooks` says of the lesson and its changes."""
    root = tmp_path_factory.mktemp("guarded")
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(pytestconfig.rootpath / name, root)
    source = tiny.write(root)
    build.build_one(source)
    built = places.built_from(source)
    for name, change in CHANGES.items():
        notebook = json.loads(built.read_text())
        change([cell for cell in notebook["cells"] if cell["cell_type"] == "code"])
        (built.parent / f"{name}.ipynb").write_text(json.dumps(notebook))
    command = [sys.executable, "-m", "pytest", "-rA", "--nbval", "notebooks"]
    # Without what this very run of pytest tells its children.
    env = {name: os.environ[name] for name in os.environ if "PYTEST" not in name}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def failed_cells(said, name):
    summary = said[said.index("short test summary") :]
    return re.findall(rf"FAILED notebooks/{name}.ipynb::Cell (\d+)", summary)


def passed_cells(said, name):
    summary = said[said.index("short test summary") :]
    return re.findall(rf"PASSED notebooks/{name}.ipynb::Cell (\d+)", summary)


def test_the_lesson_passes_as_it_is(said):
    assert passed_cells(said, "keep") == ["0", "1", "2", "3"]


def test_a_changed_number_fails(said):
    assert failed_cells(said, "change_a_number") == ["1"]


def test_a_cell_that_was_never_run_fails(said):
    assert "0" in failed_cells(said, "forget_to_run_a_cell")
    assert "stored without having been run" in said


def test_cleared_outputs_fail(said):
    assert failed_cells(said, "clear_everything") == ["0", "1", "2", "3"]
    # The first and the last cell print, the two between show a value.
    assert failed_cells(said, "clear_the_outputs_only") == ["0", "1", "2", "3"]
