"""The lessons of earlier releases, as learners have them in their folders, with this package."""

import json
import lzma
import os
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from posenc.course import places

pytestmark = pytest.mark.full

RELEASES = Path(__file__).parent / "releases"
COPIES = [
    pytest.param(cells, id=f"{path.name.removesuffix('.json.xz')}-{stem}")
    for path in sorted(RELEASES.glob("*.json.xz"))
    for stem, cells in json.loads(lzma.decompress(path.read_bytes())).items()
]
QUICK = {name: value for name, value in places.KERNEL_ENV.items() if "POSENC" not in name}


def learners_environment(folder):
    """What `make lab` gives a kernel: a record, and nothing that the builder sets."""
    plain = {name: os.environ[name] for name in os.environ if "POSENC" not in name}
    return plain | QUICK | {"POSENC_RECORD": str(folder / "record.jsonl")}


def test_there_is_a_release():
    assert len(COPIES) >= 11


@pytest.mark.parametrize("cells", COPIES)
def test_a_copy_of_a_release_runs_and_claims_the_same(cells, tmp_path):
    notebook = new_notebook(cells=[new_code_cell(cell["source"], id=cell["id"]) for cell in cells])
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=300,
        allow_errors=True,
        resources={"metadata": {"path": tmp_path}},
    )
    client.execute(env=learners_environment(tmp_path))
    for cell, ran in zip(cells, notebook.cells, strict=True):
        raised = [o.evalue for o in ran.outputs if o.output_type == "error"]
        assert not raised or "raises-exception" in cell["tags"], (cell["source"], raised)
        text = "".join(o.text for o in ran.outputs if o.get("name") == "stdout")
        held = [line for line in text.splitlines() if line.startswith("✓")]
        assert not cell["claims"] or held == cell["claims"], cell["source"]
