"""The doctor and its remedies; the wheelhouse."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from posenc.course import __main__ as command_line
from posenc.course import tools
from posenc.course.learner import doctor
from posenc.course.tools import remedy


@pytest.fixture(scope="module")
def root(pytestconfig):
    return pytestconfig.rootpath


def test_the_doctor_names_what_is_here(capsys):
    assert doctor.doctor() == 0
    lab, *others = capsys.readouterr().out.split("\n\n")
    for name in ("Python", "torch", "device", "ipywidgets", "jupyterlab", "matplotlib"):
        assert f"✓ {name} " in lab
    assert [other.splitlines()[0] for other in others] == list(doctor.OTHERS)


@pytest.mark.parametrize(
    ("version", "words"),
    [(None, "✗ ipywidgets is missing"), ("6.0", "✗ ipywidgets 6.0 does not fit")],
)
def test_the_doctor_names_what_is_wrong_and_the_remedy(monkeypatch, capsys, version, words):
    real = doctor.version
    fake = lambda name: version if name == "ipywidgets" else real(name)  # noqa: E731
    monkeypatch.setattr(doctor, "version", fake)
    assert doctor.doctor() == 1
    [line] = [x for x in capsys.readouterr().out.splitlines() if x.startswith("✗")]
    assert line.startswith(words)
    assert line.endswith(remedy("lab"))


def test_what_only_another_command_needs_is_no_fault(monkeypatch, capsys):
    real = doctor.version
    monkeypatch.setattr(doctor, "version", lambda n: None if n == "jupytext" else real(n))
    monkeypatch.setattr(doctor, "find_browser", lambda: None)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert doctor.doctor() == 0
    said = capsys.readouterr().out
    handouts, grade = (said.split(f"\n{name}\n")[1].split("\n\n")[0] for name in
                       ("make handouts", "python -m posenc.course grade"))  # fmt: skip
    assert "– needs jupytext" in handouts
    assert "– needs Chromium." in handouts
    assert "– needs jupytext" in grade
    if sys.platform == "linux":
        assert "– needs bubblewrap." in grade


def place(monkeypatch, folder, prefix, guarded=False):
    """As if this were a Python in `prefix`, and the course a clone in `folder`."""
    monkeypatch.setattr(tools, "COURSE", folder)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(sys, "executable", str(prefix / "bin" / "python"))
    monkeypatch.setattr(tools, "_is_guarded", lambda: guarded)


@pytest.fixture
def a_clone(tmp_path):
    folder = tmp_path / "my course"
    (folder / "tools").mkdir(parents=True)
    (folder / "tools" / "setup.py").touch()
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="paths are written for other systems")
def test_the_remedy_works_on_this_machine(monkeypatch, a_clone, tmp_path):
    place(monkeypatch, a_clone, a_clone / ".venv")
    assert remedy("lab") == f"run this in {a_clone}: .venv/bin/python tools/setup.py lab"
    other = tmp_path / "an env"
    place(monkeypatch, a_clone, other)
    pip = f"'{other}/bin/python' -m pip install -c constraints.txt -e '.[teach]'"
    assert remedy("teach") == f"run this in {a_clone}: {pip}"
    place(monkeypatch, a_clone, Path("/usr"), guarded=True)
    assert remedy("lab") == f"run this in {a_clone}: /usr/bin/python tools/setup.py lab"
    place(monkeypatch, tmp_path / "site-packages", other)
    assert remedy("lab").startswith(f"run: '{other}/bin/python' -m pip install ")
    assert "jupyterlab>=" in remedy("lab")


def test_a_missing_module_has_a_remedy_for_its_command(monkeypatch):
    lacking = ModuleNotFoundError("No module named 'psutil'", name="psutil")
    said = command_line._in_one_line(lacking, "teach")
    assert said == f"psutil is missing. To get it, {remedy('teach')}"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell takes the words apart")
def test_the_remedy_can_be_typed_as_it_stands(root):
    """Its program exists, and the set-up knows each extra that is named."""
    for extra in {*command_line.EXTRAS.values(), "test", "cluster"}:
        program, *words = shlex.split(remedy(extra).partition(": ")[2])
        assert (root / program).exists()
        assert extra in words[-1]
    said = subprocess.check_output(
        [sys.executable, "tools/setup.py", "--help"], cwd=root, text=True, timeout=60
    )
    for extra in {*command_line.EXTRAS.values(), "test", "cluster"}:
        assert extra in said


# --- the wheelhouse -----------------------------------------------------------

UV = """#!/bin/sh
echo "uv $*" >> "$SAID"
case "$*" in
    *torch-backend*) printf 'torch==2.13.0+cpu\\n    # from somewhere\\nnumpy==2.4.6\\n';;
    *) printf 'torch==2.13.0\\n    # from elsewhere\\nnumpy==2.4.6\\n';;
esac
"""
PIP = """#!/bin/sh
echo "pip $*" >> "$SAID"
echo "Collecting $*"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize("system", ["linux", "windows", "macos"])
def test_the_wheelhouse_asks_for_every_pin_of_every_python(monkeypatch, tmp_path, capsys, system):
    programs, said = tmp_path / "bin", tmp_path / "said"
    programs.mkdir()
    for name, text in (("uv", UV), ("python", PIP)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("SAID", str(said))
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    out = tmp_path / "wheels"
    words = ["--out", str(out), "--python", "3.11", "3.13", "--system", system]
    assert command_line.main(["wheelhouse", *words]) == 0
    lines = said.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["uv", "pip", "pip"] * 2
    for python, (uv, torch, rest) in zip(("3.11", "3.13"), (lines[:3], lines[3:]), strict=True):
        assert f"--python-version {python}" in uv
        assert f"--python-version {python}" in torch
        assert rest.endswith("numpy==2.4.6")
        if system == "linux":
            assert "--torch-backend=cpu" in uv
            assert torch.endswith("--index-url somewhere torch==2.13.0+cpu")
        else:
            assert "--torch-backend" not in uv
            assert torch.endswith(" torch==2.13.0")
            assert "--platform=" in torch
    assert f"Python 3.13 on {system}" in (out / "README.txt").read_text()
    assert "make lab WHEELHOUSE=" in (out / "README.txt").read_text()
    assert "Its README.txt says" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--python", "312"], ["--system", "beos"]])
def test_an_unknown_python_or_system_is_named(tmp_path, capsys, words):
    assert command_line.main(["wheelhouse", "--out", str(tmp_path / "w"), *words]) == 1
    assert f"{words[1]} " in capsys.readouterr().err.replace(" on ", " ")
    assert not (tmp_path / "w").exists()
