"""Editions at work: Colab's without a network, nbgrader's, and a disk that is full."""

import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest
from real import ROOT, SOURCES, every_lesson, pieces

from posenc.course import lesson, tools
from posenc.course.cells import tags
from posenc.course.editions import leaks

pypdf = pytest.importorskip("pypdf")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not tools.find_browser(), reason="no Chromium here"),
]


PYTHON = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"


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


def environment(folder, *requirements):
    """A fresh Python with these packages alone, skipped where they cannot be had."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / PYTHON, "-m", "pip", "install", "-q", *requirements]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    return folder / PYTHON


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


SCORES = """\
from nbgrader.api import Gradebook
import json
with Gradebook("sqlite:///gradebook.db") as book:
    found = book.find_submission("ps", "ann").notebooks
    print(json.dumps({g.name: [g.auto_score, g.max_score] for n in found for g in n.grades}))
"""


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """nbgrader beside what is installed here, as a teacher has it."""
    folder = tmp_path_factory.mktemp("nbgrader") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    packages = subprocess.check_output(
        [folder / PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    (Path(packages) / "seen.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    return environment(folder, "nbgrader==0.9.6")


def test_nbgrader_makes_an_assignment_and_its_points_are_ours(dist, nbgrader, tmp_path):
    """One exercise solved of the lesson that runs quickest; the others stay stubs."""
    stem = next(stem for stem in SOURCES if stem.startswith("03"))
    (tmp_path / "source" / "ps").mkdir(parents=True)
    shutil.copy(dist / "instructor" / "ipynb" / f"{stem}.ipynb", tmp_path / "source" / "ps")
    shutil.copy(dist / "instructor" / "ipynb" / "nbgrader_config.py", tmp_path)

    def call(*words):
        env = os.environ | {"PATH": f"{nbgrader.parent}{os.pathsep}{os.environ['PATH']}"}
        command = [nbgrader, "-m", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr[-2000:]

    call("nbgrader", "generate_assignment", "ps", "--create")
    released = nbformat.read(tmp_path / "release" / "ps" / f"{stem}.ipynb", as_version=4)
    assert leaks.leaked(pieces(SOURCES[stem]), released) == []
    assert not [cell for cell in released.cells if "teacher" in tags(cell)]
    exercises = lesson.read(SOURCES[stem]).exercises
    for cell in released.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == f"exercise-{exercises[0].name}":
            cell.source = exercises[0].answer
    submitted = tmp_path / "submitted" / "ann" / "ps"
    submitted.mkdir(parents=True)
    nbformat.write(released, submitted / f"{stem}.ipynb")
    call("nbgrader", "autograde", "ps")
    told = subprocess.check_output([nbgrader, "-c", SCORES], cwd=tmp_path, text=True)
    ours = {
        f"check-{exercise.name}": [exercise.points * (number == 0), exercise.points]
        for number, exercise in enumerate(exercises)
    }
    assert json.loads(told) == ours


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
