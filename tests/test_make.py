"""`make lab` and `make test` from a fresh clone, also where something is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("make"), reason="there is no make here"
)


@pytest.fixture
def clone(pytestconfig, tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "tools"):
        whole = pytestconfig.rootpath / name
        (shutil.copytree if whole.is_dir() else shutil.copy)(whole, tmp_path / name)
    return tmp_path


def make_environment(clone, python=sys.executable):
    return subprocess.run(
        ["sh", "tools/venv.sh", ".venv"],
        cwd=clone,
        env={**os.environ, "PYTHON": str(python)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def planned(clone, *words):
    """The commands that make would run."""
    # Without what a `make test` around this test tells the makes below it.
    env = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}
    command = ["make", "-n", *words]
    return subprocess.check_output(command, cwd=clone, env=env, text=True, timeout=60)


def fake_python(clone, body):
    """A `python3` that is not as it should be."""
    path = clone / "fake-python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def stamp(clone, name):
    path = clone / ".venv" / f".ready-{name}"
    path.parent.mkdir(exist_ok=True)
    path.touch()
    # Later than the lists, whatever the clock's grain.
    later = os.path.getmtime(clone / "pyproject.toml") + 10
    os.utime(path, (later, later))


def test_without_python_it_says_so(clone):
    done = make_environment(clone, "/nowhere/python3")
    assert done.returncode == 1
    assert "There is no '/nowhere/python3' here. Install Python 3.11" in done.stderr


def test_too_old_a_python_is_named(clone):
    old = 'case "$*" in *version_info*) exit 1;; -V) echo Python 3.9.1;; esac'
    done = make_environment(clone, fake_python(clone, old))
    assert done.returncode == 1
    assert "needs Python 3.11 or later" in done.stderr
    assert "is Python 3.9.1" in done.stderr
    assert not (clone / ".venv").exists()


def test_a_python_without_venv_is_named(clone):
    bare = 'case "$*" in *venv*) exit 1;; -V) echo Python 3.12.1;; esac'
    done = make_environment(clone, fake_python(clone, bare))
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr


@pytest.mark.slow
def test_an_interrupted_environment_is_begun_again_and_a_whole_one_kept(clone):
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "torn").touch()
    done = make_environment(clone)
    assert done.returncode == 0, done.stderr
    assert not (clone / ".venv" / "torn").exists()
    (clone / ".venv" / "mine").touch()
    # The second time its Python is enough, and none other is asked for.
    assert make_environment(clone, "/nowhere/python3").returncode == 0
    assert (clone / ".venv" / "mine").exists()


@pytest.mark.slow
def test_an_environment_without_pip_gets_it_and_is_kept(clone):
    venv = [sys.executable, "-m", "venv", "--without-pip", clone / ".venv"]
    subprocess.run(venv, check=True, timeout=60)
    (clone / ".venv" / "mine").touch()
    assert make_environment(clone).returncode == 0
    pip = [clone / ".venv" / "bin" / "python", "-m", "pip", "--version"]
    assert subprocess.run(pip, capture_output=True, timeout=60).returncode == 0
    assert (clone / ".venv" / "mine").exists()


@pytest.mark.parametrize(("target", "extra"), [("lab", "lab"), ("test", "test")])
def test_a_fresh_clone_installs_once(clone, target, extra):
    install = f"pip install --disable-pip-version-check -c constraints.txt -e '.[{extra}]'"
    assert install in planned(clone, target)
    stamp(clone, extra)
    assert "pip install" not in planned(clone, target)
    os.utime(clone / "constraints.txt", (2**31, 2**31))
    assert install in planned(clone, target)


def test_the_stamp_is_written_last(clone):
    """An installation that fails leaves no stamp, so the next make begins again."""
    broken = fake_python(clone, 'case "$*" in *install*) exit 1;; esac')
    (clone / ".venv" / "bin").mkdir(parents=True)
    shutil.move(broken, clone / ".venv" / "bin" / "python")
    done = subprocess.run(["make", "lab"], cwd=clone, capture_output=True, timeout=60)
    assert done.returncode != 0
    assert [path.name for path in Path(clone, ".venv").iterdir()] == ["bin"]


def test_arguments_reach_jupyterlab(clone):
    stamp(clone, "lab")
    words = "--no-browser --port=8890"
    assert planned(clone, "lab", f"LAB_ARGS={words}").rstrip().endswith(f"lab {words}")


def test_everything_is_checked_in_one_command(clone):
    stamp(clone, "test")
    steps = planned(clone, "test")
    for step in ("ruff check", "ruff format --check", "codespell_lib", "-m mypy"):
        assert step in steps
    for step in ("posenc.course check", "--doctest-modules", "--nbval "):
        assert step in steps
