"""Every lesson's cells once more after Run All, from the last to the first, in one kernel."""

import os
from pathlib import Path

import nbformat
import pytest

from posenc.course import places
from posenc.course.author import rerun

pytestmark = pytest.mark.full

ROOT = places.find_root(Path(__file__).parent)
LESSONS = places.lessons(ROOT)


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_all_cells_print_what_they_printed(path):
    notebook = nbformat.read(path, as_version=4)
    client = rerun.client(notebook, path.parent, timeout=300)
    with client.setup_kernel(env=os.environ | places.KERNEL_ENV):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        found = [str(difference) for difference in rerun.in_reverse(client, notebook)]
    assert found == []
