"""Everything also runs on a second device, emulated, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from torch.utils import backend_registration

HERE = Path(__file__).parent
HOOK = "_setup_privateuseone_for_python_backend"  # private, in PyTorch from 2.9 on


@pytest.mark.full  # a part of its own in .ci/run
@pytest.mark.skipif(
    not hasattr(backend_registration, HOOK), reason="this PyTorch emulates no second device"
)
@pytest.mark.parametrize("part", ["on_device", "study_on_device"])
def test_on_a_second_device(part):
    paths = [HERE, HERE.parent, HERE.parent / "mutants", HERE.parent / "study"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider",
         "-o", f"pythonpath={' '.join(map(str, paths))}", str(HERE / f"{part}.py")],
        capture_output=True, text=True, check=False, cwd=HERE.parents[1],
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "skipped" not in run.stdout
