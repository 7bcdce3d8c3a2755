"""Editions at work: Colab's without a network, and a disk that is full."""

import io
import os
import shutil
import subprocess
import sys

import pytest
from doors import environment
from real import ROOT, every_lesson

from posenc.course import tools

pypdf = pytest.importorskip("pypdf")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not tools.find_browser(), reason="no Chromium here"),
]


# --- Colab -------------------------------------------------------------------

RUN = """\
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
for cell in notebook.cells:
    for output in cell.get("outputs", []):
        print(output.get("text", ""))
"""
SEALED = "bwrap --unshare-net --bind / / --dev /dev --proc /proc --chdir".split()


def sealed():
    """Whether bubblewrap can take the network away here."""
    return bool(shutil.which("bwrap")) and not subprocess.run([*SEALED, "/", "true"]).returncode


@pytest.fixture(scope="module")
def colab_python(tmp_path_factory):
    """Colab's kernel, with the torch that this Python has: the nearest that can be had."""
    if not sealed():
        pytest.skip("no bubblewrap here to take the network away")
    torch = next(
        line for line in (ROOT / "constraints.txt").read_text().splitlines() if "torch==" in line
    )
    lines = (ROOT / "tests" / "colab.txt").read_text().splitlines()
    not_these = ("#", "torch==", "nbval", "pytest")
    pins = [line for line in lines if not line.startswith(not_these)]
    others = ("pandas", "joblib", "nbclient")  # Colab has the first two
    return environment(tmp_path_factory.mktemp("colab") / "venv", *pins, torch, *others)


@every_lesson
def test_a_colab_lesson_runs_to_its_end_alone(dist, colab_python, tmp_path, stem):
    (tmp_path / "run.py").write_text(RUN)
    (tmp_path / "empty").mkdir()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("POSENC", "PYTHON"))}
    lesson = dist / "study" / "colab" / f"{stem}.ipynb"
    command = [*SEALED, tmp_path / "empty", colab_python, tmp_path / "run.py", lesson]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Ready: posenc, with torch" in done.stdout
    assert "✗" not in "".join(line[:2] for line in done.stdout.splitlines()), "a false claim"


# --- a disk that is full -----------------------------------------------------


@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare here")
def test_a_full_disk_ends_in_one_line(tmp_path):
    out = tmp_path / "small"
    out.mkdir()
    command = (
        f"mount -t tmpfs -o size=600k none {out} && {sys.executable} -m posenc.course editions"
    )
    command += f" --format ipynb --out {out}; echo status $?; find {out} -name '*.part' | wc -l"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command], cwd=ROOT, capture_output=True, text=True, env=env
    )
    if "mount" in done.stderr and "posenc" not in done.stderr:
        pytest.skip("no mounting here")
    assert done.stdout.splitlines()[-2:] == ["status 1", "0"]
    assert done.stderr.strip().splitlines()[-1].endswith("What was finished is kept.")
    assert "No space left on device" in done.stderr
    assert io.StringIO(done.stderr).read().count("Traceback") == 0
