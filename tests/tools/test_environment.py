"""What the project says about its own environment is true, and said once."""

import re
import shutil
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from posenc.course import __main__ as command_line


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
