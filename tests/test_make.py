"""`make lab` and `make test` from a fresh clone, also where something is missing.

The set-up runs for real, with a uv on PATH that writes down what it is asked, and a pip that
installs nothing: `pip.py` in the environment's own folder of packages.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("make"), reason="there is no make here"
)
SITE = Path("lib", f"python3.{sys.version_info[1]}", "site-packages")
LISTS = ("Makefile", "pyproject.toml", "constraints.txt", "tools")
# Without what a `make test` around this test tells the makes below it.
SHELL = {name: os.environ[name] for name in os.environ if not name.startswith(("MAKE", "POSENC"))}
PIN = re.search(
    r"^torch==(\S+)$",
    (Path(__file__).parents[1] / "constraints.txt").read_text(),
    flags=re.MULTILINE,
)[1]


@pytest.fixture
def clone(pytestconfig, tmp_path):
    folder = tmp_path / "Über Kurs"  # a space and an umlaut, as in many a home
    folder.mkdir()
    for name in LISTS:
        whole = pytestconfig.rootpath / name
        (shutil.copytree if whole.is_dir() else shutil.copy)(whole, folder / name)
    package = folder / "posenc" / "course"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__main__.py").write_text(COURSE)
    return folder


COURSE = """
import os, sys
def main(words):
    print("the course:", *words)
    return int("DOCTOR_TROUBLE" in os.environ)
if __name__ == "__main__":
    main(sys.argv[1:])
"""
PIP = """
import os, sys
from pathlib import Path
words = sys.argv[1:]
with open(os.environ["SAID"], "a") as said:
    said.write("pip " + " ".join(words) + "\\n")
if "install" in words:
    trouble = os.environ.get("PIP_TROUBLE")
    if trouble:
        print(trouble)
        sys.exit(1)
    for word in words:
        if word.startswith("torch=="):
            folder = Path(__file__).parent / f"torch-{word[7:]}.dist-info"
            folder.mkdir(exist_ok=True)
            (folder / "METADATA").write_text(f"Name: torch\\nVersion: {word[7:]}\\n")
"""
UV = """#!/bin/sh
case "$*" in *--help*) echo "  --torch-backend"; exit 0;; esac
echo "uv $*" >> "$SAID"
echo "cache: $UV_NO_CACHE"
case "$UV_TROUBLE-$*" in
    hang-*torch-backend*) sleep 60;;
    fail-*torch-backend*) echo "error: no CPU build for you"; exit 2;;
    all-*) echo "error: $UV_SAYS"; exit 2;;
esac
case "$*" in *torch==*) mkdir -p "$SITE/torch-$PIN.dist-info"
    printf 'Name: torch\\nVersion: %s+cpu\\n' "$PIN" > "$SITE/torch-$PIN.dist-info/METADATA";;
esac
"""


class Machine:
    """An environment with stand-ins for pip and uv, and what they were asked."""

    def __init__(self, clone, tmp_path):
        self.clone, self.site = clone, clone / ".venv" / SITE
        self.programs, self.said_in = tmp_path / "programs", tmp_path / "said"
        venv.create(clone / ".venv")
        (self.site / "pip.py").write_text(PIP)
        (self.site / "jupyterlab").mkdir()
        (self.site / "jupyterlab" / "labapp.py").touch()
        self.programs.mkdir()
        self.add("uv", UV)
        self.add("nvidia-smi", "#!/bin/sh\nexit 9\n")

    def add(self, name, text):
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def make(self, *words, **more):
        path = f"{self.programs}:{SHELL['PATH']}"
        mine = {"PATH": path, "SAID": str(self.said_in), "SITE": str(self.site), "PIN": PIN}
        env = SHELL | mine | {"POSENC_PATIENCE": "1"} | more
        return run(self.clone, "make", *words, env=env)

    def said(self):
        """What pip and uv were asked to install, and the order."""
        lines = self.said_in.read_text().splitlines() if self.said_in.exists() else []
        return [line.replace(str(self.clone), ".") for line in lines if " install" in line]


def run(clone, *words, env=SHELL):
    return subprocess.run(words, cwd=clone, env=env, capture_output=True, text=True, timeout=120)


@pytest.fixture
def machine(clone, tmp_path):
    return Machine(clone, tmp_path)


# --- the build of torch ---------------------------------------------------------------------


def test_torch_comes_first_and_alone_in_its_cpu_build(machine):
    done = machine.make("lab", "LAB_ARGS=--no-browser --port=8890")
    assert done.returncode == 0, done.stdout + done.stderr
    torch, rest = machine.said()
    assert torch.endswith(f"--torch-backend=cpu torch=={PIN}")
    assert rest.endswith("-c ./.venv/constraints.txt -e .[lab]")
    pins = (machine.clone / ".venv" / "constraints.txt").read_text().splitlines()
    assert [pin for pin in pins if pin.startswith("torch==")] == [f"torch=={PIN}+cpu"]
    assert "numpy" in "".join(pins)
    assert "3/5 installing torch" in done.stdout
    assert "the CPU build (0.2 GB), because there is no NVIDIA GPU here" in done.stdout
    assert done.stdout.endswith("the course: lab --no-browser --port=8890\n")


def test_a_gpu_that_is_there_is_used(machine):
    machine.add("nvidia-smi", "#!/bin/sh\necho 'GPU 0: a card (UUID: …)'\n")
    done = machine.make("lab")
    assert "because there is an NVIDIA GPU here" in done.stdout
    assert "torch-backend" not in "".join(machine.said())
    assert machine.said()[0].endswith(f"torch=={PIN}")


def test_the_default_build_can_be_asked_for(machine):
    done = machine.make("lab", "TORCH=default")
    assert "the default build (TORCH=default)" in done.stdout
    assert "torch-backend" not in "".join(machine.said())


def test_another_wish_is_named(machine):
    done = machine.make("lab", "TORCH=cuda")
    assert done.returncode
    assert "TORCH is 'cuda'. Say TORCH=cpu or TORCH=default, or leave it out." in done.stderr


@pytest.mark.parametrize(
    ("trouble", "why"), [("fail", "no CPU build for you"), ("hang", "no answer within 1 seconds")]
)
def test_without_the_cpu_build_pip_takes_over_at_once_and_says_so(machine, trouble, why):
    began = time.monotonic()
    done = machine.make("lab", UV_TROUBLE=trouble)
    assert time.monotonic() - began < 40
    assert done.returncode == 0, done.stderr
    by_uv, by_pip, rest = machine.said()
    assert "--torch-backend=cpu" in by_uv
    assert by_pip.startswith("pip ")
    assert by_pip.endswith(f"torch=={PIN}")
    assert rest.startswith("uv ")
    assert f"the CPU build cannot be had here ({why}" in done.stdout
    assert "2.8 GB" in done.stdout


def test_a_torch_that_is_there_is_kept(machine):
    there = machine.site / "torch-2.9.1.dist-info"
    there.mkdir()
    (there / "METADATA").write_text("Name: torch\nVersion: 2.9.1+cu130\n")
    done = machine.make("lab")
    assert "keeping torch 2.9.1+cu130, which is in .venv" in done.stdout
    [rest] = machine.said()
    assert rest.endswith("-e .[lab]")
    assert "torch==2.9.1+cu130\n" in (machine.clone / ".venv" / "constraints.txt").read_text()


def test_a_torch_that_is_too_old_is_not(machine):
    there = machine.site / "torch-2.3.0.dist-info"
    there.mkdir()
    (there / "METADATA").write_text("Name: torch\nVersion: 2.3.0\n")
    machine.make("lab")
    assert machine.said()[0].endswith(f"torch=={PIN}")


# --- what fails -----------------------------------------------------------------------------


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


# --- once, and again when the lists change --------------------------------------------------


def test_it_installs_once_and_again_when_a_list_or_the_folder_changes(machine, tmp_path):
    assert machine.make("lab").returncode == 0
    first = machine.said()
    done = machine.make("lab")
    assert machine.said() == first
    assert done.stdout == "the course: lab\n"
    with open(machine.clone / "constraints.txt", "a") as pins:
        pins.write("another==1.0\n")
    machine.make("lab")
    assert len(machine.said()) == len(first) + 1  # torch stays
    # An installed course points to its folder: a moved one is installed once more.
    machine.clone = machine.clone.rename(tmp_path / "moved")
    assert machine.make("lab").returncode == 0
    assert len(machine.said()) == len(first) + 2


def test_the_stamp_of_the_last_release_is_completed(machine):
    (machine.clone / ".venv" / ".ready-lab").touch()
    later = time.time() + 1000
    os.utime(machine.clone / ".venv" / ".ready-lab", (later, later))
    (machine.clone / ".venv" / "mine").touch()
    assert machine.make("lab").returncode == 0
    assert len(machine.said()) == 2
    assert (machine.clone / ".venv" / "mine").exists()


def test_each_target_asks_for_its_own_extra(machine):
    machine.make("ready-test")
    assert machine.said()[-1].endswith("-e .[test]")
    machine.make("ready-handouts")
    assert machine.said()[-1].endswith("-e .[handouts]")


def test_a_wheelhouse_is_all_that_is_asked(machine, tmp_path):
    done = machine.make("lab", f"WHEELHOUSE={tmp_path / 'none'}")
    assert done.returncode
    assert f"There is no folder {tmp_path / 'none'}" in done.stderr
    wheels = tmp_path / "my wheels"
    wheels.mkdir()
    assert machine.make("lab", f"WHEELHOUSE={wheels}").returncode == 0
    for line in machine.said():
        assert f"--no-index --find-links {wheels}" in line
    assert "torch-backend" not in "".join(machine.said())


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
