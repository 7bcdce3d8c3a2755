"""A copy with every exercise solved runs to its end, as the unsolved one does under nbval."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from posenc.course import places

pytestmark = pytest.mark.full

ROOT = places.find_root(Path(__file__).parent)
LESSONS = places.lessons(ROOT)


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


@pytest.mark.parametrize("path", LESSONS, ids=[path.name for path in LESSONS])
def test_a_solved_copy_runs_to_its_end(path):
    notebook = nbformat.read(path, as_version=4)
    exercises, solutions = tagged(notebook, "exercise"), tagged(notebook, "solution")
    assert len(exercises) == len(solutions) > 0
    for exercise, solution in zip(exercises, solutions, strict=True):
        exercise.source = solution.source
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=180, resources={"metadata": {"path": path.parent}}
    )
    client.execute(env=os.environ | places.KERNEL_ENV)
    for exercise in exercises:
        printed = "".join(o.text for o in exercise.outputs if o.output_type == "stream")
        assert printed.startswith(("✓", "≈")), printed
        assert printed.count("\n") == 1
