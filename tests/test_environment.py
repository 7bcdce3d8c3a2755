"""What the project says about its own environment is true, and said once."""

import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from posenc.course import __main__ as command_line
from posenc.course import _doctor, _places


@pytest.fixture(scope="module")
def root(pytestconfig):
    return pytestconfig.rootpath


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def pins(root):
    lines = (root / "constraints.txt").read_text().splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin.specifier for pin in pinned}


@pytest.fixture(scope="module")
def conda(root):
    return yaml.safe_load((root / "environment.yml").read_text())


def pip_lines(conda):
    [block] = [part["pip"] for part in conda["dependencies"] if isinstance(part, dict)]
    return block


def requirements(project):
    extras = project["optional-dependencies"].values()
    texts = [*project["dependencies"], *(text for extra in extras for text in extra)]
    return [r for r in map(Requirement, texts) if r.name != "posenc"]


def test_every_requirement_has_one_exact_pin_inside_its_range(project, pins):
    for requirement in requirements(project):
        [pin] = pins[canonicalize_name(requirement.name)]
        assert pin.operator == "=="
        assert requirement.specifier.contains(pin.version), requirement


def test_every_pin_can_be_installed_on_the_oldest_python(project, pins):
    """Debian 12 has 3.11.2: one pin that wants a later one, and `make lab` ends there."""
    for name, pin in pins.items():
        try:
            here = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        python = SpecifierSet(here.metadata["Requires-Python"] or "")
        if pin.contains(here.version):
            assert python.contains("3.11.0"), name


def test_constraints_are_bare_pins(root):
    for line in (root / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line), line


def test_this_environment_is_the_pinned_one(pins):
    """Stored outputs hold under these versions; a local build of torch is the same."""
    here = {canonicalize_name(d.name): d.version for d in metadata.distributions()}
    other = {
        name: here[name]
        for name, pin in pins.items()
        if name in here and not pin.contains(here[name])
    }
    # Tools of the installation itself; nothing of the course runs in them.
    other = {name: other[name] for name in other if name not in ("setuptools", "pip")}
    assert not other


def test_environment_yml_says_nothing_twice(conda, project):
    python, pip, block = conda["dependencies"]
    assert python == f"python{project['requires-python']},<3.14"
    assert pip == "pip"
    assert block == {"pip": ["-c constraints.txt", "-e .[lab,test]"]}
    assert conda["channels"] == ["conda-forge", "nodefaults"]


# From nothing it downloads torch again, on ordinary Linux with all of CUDA, so
# `make test` lets the fresh environment see what is installed in this one.
@pytest.mark.parametrize(
    "from_nothing",
    [
        pytest.param(False, marks=pytest.mark.slow, id="seeing this one"),
        pytest.param(True, marks=pytest.mark.full, id="from nothing"),
    ],
)
def test_environment_yml_installs(root, conda, tmp_path, from_nothing):
    """Its pip lines, as conda would hand them to pip, in a fresh environment."""
    clone = tmp_path / "clone"
    not_cloned = shutil.ignore_patterns(".*", "work", "*.egg-info", "__pycache__")
    shutil.copytree(root, clone, ignore=not_cloned)
    (clone / "from_environment.txt").write_text("\n".join(pip_lines(conda)))
    python = fresh_environment(tmp_path / "venv", from_nothing)
    install = [python, "-m", "pip", "install", "-q", "-r", "from_environment.txt"]
    subprocess.run(install, cwd=clone, check=True, timeout=600)
    doctor = [python, "-m", "posenc.course", "doctor"]
    done = subprocess.run(doctor, cwd=clone, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ torch 2.13.0" in done.stdout
    where = [python, "-c", "import posenc; print(posenc.__file__)"]
    assert str(clone) in subprocess.check_output(where, cwd=tmp_path, text=True)


def fresh_environment(folder, from_nothing):
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not from_nothing:
        ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        packages = Path(subprocess.check_output(ask, text=True).strip())
        (packages / "seen.pth").write_text(sysconfig.get_path("purelib"))
    return python


# --- the doctor and its remedies ---------------------------------------------


def test_the_doctor_names_what_is_here(capsys):
    assert _doctor.doctor() == 0
    lab, *others = capsys.readouterr().out.split("\n\n")
    for name in ("Python", "torch", "device", "ipywidgets", "jupyterlab", "matplotlib"):
        assert f"✓ {name} " in lab
    assert [other.splitlines()[0] for other in others] == list(_doctor.OTHERS)


@pytest.mark.parametrize(
    ("version", "words"),
    [(None, "✗ ipywidgets is missing"), ("6.0", "✗ ipywidgets 6.0 does not fit")],
)
def test_the_doctor_names_what_is_wrong_and_the_remedy(monkeypatch, capsys, version, words):
    real = _doctor.version
    fake = lambda name: version if name == "ipywidgets" else real(name)  # noqa: E731
    monkeypatch.setattr(_doctor, "version", fake)
    assert _doctor.doctor() == 1
    [line] = [x for x in capsys.readouterr().out.splitlines() if x.startswith("✗")]
    assert line.startswith(words)
    assert line.endswith(_places.remedy("lab"))


def test_what_only_another_command_needs_is_no_fault(monkeypatch, capsys):
    real = _doctor.version
    monkeypatch.setattr(_doctor, "version", lambda n: None if n == "jupytext" else real(n))
    monkeypatch.setattr(_doctor, "find_browser", lambda: None)
    monkeypatch.setattr(_doctor.shutil, "which", lambda name: None)
    assert _doctor.doctor() == 0
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
    monkeypatch.setattr(_places, "COURSE", folder)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(sys, "executable", str(prefix / "bin" / "python"))
    monkeypatch.setattr(_places, "_is_guarded", lambda: guarded)


@pytest.fixture
def a_clone(tmp_path):
    folder = tmp_path / "my course"
    (folder / "tools").mkdir(parents=True)
    (folder / "tools" / "setup.py").touch()
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="paths are written for other systems")
def test_the_remedy_works_on_this_machine(monkeypatch, a_clone, tmp_path):
    place(monkeypatch, a_clone, a_clone / ".venv")
    assert _places.remedy("lab") == f"run this in {a_clone}: .venv/bin/python tools/setup.py lab"
    other = tmp_path / "an env"
    place(monkeypatch, a_clone, other)
    pip = f"'{other}/bin/python' -m pip install -c constraints.txt -e '.[teach]'"
    assert _places.remedy("teach") == f"run this in {a_clone}: {pip}"
    place(monkeypatch, a_clone, Path("/usr"), guarded=True)
    assert _places.remedy("lab") == f"run this in {a_clone}: /usr/bin/python tools/setup.py lab"
    place(monkeypatch, tmp_path / "site-packages", other)
    assert _places.remedy("lab").startswith(f"run: '{other}/bin/python' -m pip install ")
    assert "jupyterlab>=" in _places.remedy("lab")


def test_a_missing_module_has_a_remedy_for_its_command(monkeypatch):
    lacking = ModuleNotFoundError("No module named 'psutil'", name="psutil")
    said = command_line._in_one_line(lacking, "grade")
    assert said == f"psutil is missing. To get it, {_places.remedy('teach')}"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell takes the words apart")
def test_the_remedy_can_be_typed_as_it_stands(root):
    """Its program exists, and the set-up knows each extra that is named."""
    for extra in {*command_line.EXTRAS.values(), "test", "cluster"}:
        program, *words = shlex.split(_places.remedy(extra).partition(": ")[2])
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


# --- what is written about the commands --------------------------------------


def make_targets(root):
    return re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_commands_that_are_named_exist(root, name, capsys):
    text = (root / name).read_text()
    code = "\n".join(
        a or b for a, b in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)
    )
    targets = re.findall(r"^make ([a-z]+)", code, flags=re.MULTILINE)
    commands = re.findall(r"python -m posenc\.course (\w+)", code)
    assert targets
    assert set(targets) <= set(make_targets(root))
    with pytest.raises(SystemExit):
        command_line.main(["--help"])
    assert set(commands) <= set(re.findall(r"\w+", capsys.readouterr().out))


def test_the_files_that_are_named_exist(root):
    text = (root / "README.md").read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (root / link).exists()] == []


def test_ci_goes_through_the_door_and_runs_the_command_that_the_readme_names(root):
    lines = (root / ".ci" / "run").read_text().splitlines()
    assert lines[-1] == 'part "make test" make test'
    assert "tests/full/test_door.py" in lines[-2]
    assert "export POSENC_MUST_RUN=1" in "\n".join(lines)
    assert (root / ".ci" / "run").stat().st_mode & 0o100
    workflow = yaml.safe_load((root / ".github" / "workflows" / "ci.yml").read_text())
    runs = [step.get("run") for step in workflow["jobs"]["linux"]["steps"]]
    assert ".ci/run" in runs


def test_the_commit_hooks_are_the_tools_that_ci_runs(root, pins):
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())
    makefile = (root / "Makefile").read_text()
    for hook in (hook for repo in hooks["repos"] for hook in repo["hooks"]):
        assert hook["language"] == "system"
        python, module = re.fullmatch(r"(\S+) -m (\S+).*", hook["entry"]).groups()
        assert python == ".venv/bin/python"
        assert f"$(PY) -m {module}" in makefile
        tool = module.removesuffix("_lib").partition(".")[0]
        assert tool == "posenc" or tool in pins


def test_no_project_file_names_a_package_registry(root):
    hosts = ("pypi.org", "pythonhosted", "download." + "pytorch", "anaconda." + "org/")
    listed = subprocess.check_output(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=root, text=True
    )
    for name in listed.splitlines():
        path = root / name
        if path.suffix in (".md", ".py", ".toml", ".txt", ".yml", ".yaml", ".sh", ""):
            if path.is_file() and path.name != "test_environment.py":
                assert not any(host in path.read_text(errors="replace") for host in hosts), name
