"""`make lab` where something is missing or fails, and `make` itself."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from machine import SHELL, run

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("make"), reason="there is no make here"
)


def test_where_uv_fails_pip_installs(machine):
    done = machine.make("lab", UV_TROUBLE="all", UV_SAYS="it is Monday")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in machine.said()] == ["uv", "pip", "uv", "pip"]
    assert "uv failed (it is Monday), so pip installs" in done.stdout


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_costs_only_the_cache(machine, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    assert machine.make("lab", HOME=str(home), XDG_CACHE_HOME="").returncode == 0
    assert "cache: 1" in (machine.clone / ".venv" / "setup.log").read_text()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full: "),
        ("ERROR: NewConnectionError: name resolution", "The network failed ("),
        ("Retrying: NewConnectionError\nERROR: none (from versions: none)", "The network failed ("),
        ("ERROR: no version (from versions: none)", "do not exist for Python 3."),
        ("ERROR: no such version (from versions: 1.0)", "do not exist for Python 3."),
        ("ERROR: [Errno 13] Permission denied: '/x'", "A file cannot be written ("),
        ("ERROR: something else", "python failed: something else."),
    ],
)
def test_what_went_wrong_is_a_sentence_that_names_the_log(machine, said, sentence):
    done = machine.make("lab", UV_TROUBLE="all", UV_SAYS="no", PIP_TROUBLE=said)
    assert done.returncode
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "make lab" in done.stderr
    log = machine.clone / ".venv" / "setup.log"
    assert f"All that was said is in {log}" in done.stderr
    assert said in log.read_text()
    assert not (machine.clone / ".venv" / ".ready-lab").exists()


def test_what_the_doctor_finds_is_said_and_leaves_no_stamp(machine):
    done = machine.make("lab", DOCTOR_TROUBLE="1")
    assert "the course: doctor" in done.stderr
    assert not (machine.clone / ".venv" / ".ready-lab").exists()


def test_an_interrupted_set_up_is_begun_again(machine):
    env = {"UV_TROUBLE": "hang", "POSENC_PATIENCE": "50"}
    words = [sys.executable, "tools/setup.py", "lab"]
    mine = {"PATH": f"{machine.programs}:{SHELL['PATH']}", "SAID": str(machine.said_in)}
    process = subprocess.Popen(
        words, cwd=machine.clone, env=SHELL | mine | env, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 30
    while not machine.said() and time.monotonic() < end:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert "The set-up was interrupted. To go on: " in said
    assert "tools/setup.py lab" in said
    assert not (machine.clone / ".venv" / ".ready-lab").exists()
    assert machine.make("lab").returncode == 0


# --- Python ---------------------------------------------------------------------------------


def fake_python(clone, body):
    """A `python3` that is not as it should be."""
    path = clone / "fake-python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_without_python_it_says_so(clone):
    done = run(clone, "make", "lab", "PYTHON=/nowhere/python3")
    assert done.returncode
    assert "There is no '/nowhere/python3' here. Install Python 3.11" in done.stderr


def test_too_old_a_python_is_named(clone):
    old = f"""case "$*" in -c*) exit 0;; esac
    exec {sys.executable} -c "import sys; sys.version_info = (3, 9, 1)
    sys.argv = sys.argv[1:]; exec(open(sys.argv[0]).read())" "$@"
    """.replace("\n    sys.argv", "\nsys.argv")
    done = run(clone, "make", "lab", f"PYTHON=./{fake_python(clone, old).name}")
    assert done.returncode
    assert "posenc needs Python 3.11 or later, and " in done.stderr
    assert "is Python 3.9.1. Install a later one" in done.stderr
    assert not (clone / ".venv").exists()


def test_the_first_file_can_be_read_by_a_python_of_2016(clone):
    import ast

    ast.parse((clone / "tools" / "setup.py").read_text(), feature_version=(3, 6))


def test_a_python_without_venv_is_named(clone):
    bare = f'case "$*" in *venv*--clear*) exit 1;; esac\nexec {sys.executable} "$@"'
    program = fake_python(clone, bare)
    words = (
        "import sys; sys.path.insert(0, 'tools'); sys.executable = sys.argv[1]; import installing"
    )
    words += "; sys.exit(installing.main(['lab']))"
    done = run(clone, sys.executable, "-c", words, program)
    assert done.returncode == 1
    assert "could not make a virtual environment" in done.stderr
    assert "apt install python3-venv" in done.stderr


def test_an_interrupted_environment_is_made_again(clone, tmp_path):
    """Its Python does not start."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "torn").touch()
    env = SHELL | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PATH": os.defpath}
    done = run(clone, sys.executable, "tools/setup.py", "lab", env=env)
    assert done.returncode == 1
    assert "1/5 making .venv with Python 3." in done.stdout
    assert not (clone / ".venv" / "torn").exists()
    assert (clone / ".venv" / "bin" / "python").exists()


def test_a_file_in_the_place_of_the_environment_is_named(clone):
    (clone / ".venv").touch()
    done = run(clone, "make", "lab")
    assert done.returncode
    assert "is a file. Rename it, and then run: make lab" in done.stderr


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")
def test_a_folder_that_may_not_be_written_is_named(clone):
    tried = run(clone, "bwrap", "--ro-bind", "/", "/", "true")
    if tried.returncode:
        pytest.skip("namespaces are not allowed here")
    done = run(clone, "bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "make", "lab")
    assert done.returncode
    assert f"You may not write in {clone}" in done.stderr
    assert "Clone the course into a folder of your own" in done.stderr
    assert "Traceback" not in done.stderr


# --- make itself ----------------------------------------------------------------------------


def planned(clone, *words):
    """The commands that make would run."""
    return run(clone, "make", "-n", *words).stdout


def test_everything_is_checked_in_one_command(clone):
    steps = planned(clone, "test")
    for step in ("ruff check", "ruff format --check", "codespell_lib", "-m mypy"):
        assert step in steps
    for step in ("posenc.course check", "--doctest-modules", "--nbval "):
        assert step in steps
