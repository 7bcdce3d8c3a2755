"""`make handouts` and `grade`, each in a fresh clone with its own extra alone."""

import json
import shutil
import subprocess
import sys

import pytest
from doors import ROOT, fresh_clone, stranger

from posenc.course import places, tools

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        sys.platform == "win32" or not shutil.which("make"), reason="there is no make here"
    ),
]
LESSON = places.lessons(ROOT)[0].stem


def run(words, clone, home):
    done = subprocess.run(
        words, cwd=clone, env=stranger(home), capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not tools.find_browser(), reason="no Chromium here")
def test_make_handouts_alone(tmp_path):
    clone = fresh_clone(tmp_path)
    words = ["make", "handouts", "HANDOUTS_ARGS=--edition student --notebook 01"]
    run(words, clone, tmp_path / "home")
    made = {path.suffix for path in (clone / "dist" / "student").rglob(f"{LESSON}*")}
    assert {".ipynb", ".html", ".pdf"} <= made


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
def test_grade_alone(tmp_path):
    clone, home = fresh_clone(tmp_path), tmp_path / "home"
    run(["python3", "tools/setup.py", "teach"], clone, home)
    handed_in = tmp_path / "in" / "ada" / f"{LESSON}.ipynb"
    handed_in.parent.mkdir(parents=True)
    shutil.copy(clone / "notebooks" / f"{LESSON}.ipynb", handed_in)
    python = str(clone / ".venv" / "bin" / "python")
    words = [python, "-m", "posenc.course", "grade", str(tmp_path / "in"), "--out", "graded"]
    assert "ada" in run(words, clone, home) + json.dumps(
        [str(path) for path in (clone / "graded").rglob("*")]
    )
