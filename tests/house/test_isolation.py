"""No module needs what its own extra does not bring.

A folder of links holds the packages that an extra asks for, those that they ask for, and nothing
else; a Python that sees only this folder imports every module and begins every command.
"""

import ast
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from test_sizes import MODULES, imported

from posenc.course.places import find_root

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows"),
]

ROOT = find_root(Path(__file__).parent)
# Where each extra begins; what these modules import, also inside functions, is followed.
LEARNERS = [
    "posenc", "posenc.check", "posenc.study", "posenc.study.__main__", "posenc.widgets",
    "posenc.plots", *(name for name in MODULES if name.startswith("posenc.course.learner")),
]  # fmt: skip
BOOK = "posenc.course.editions.book"
BEGINNINGS = {
    "lab": LEARNERS,
    "teach": [name for name in MODULES if name.startswith("posenc.course.grade")],
    "handouts": [
        name for name in MODULES
        if name.startswith("posenc.course.editions") and not name.startswith(BOOK)
    ],
    "book": [name for name in MODULES if name.startswith(BOOK)],
}
ELSEWHERE = {"dask", "distributed"}  # of the extra `cluster`, and only for `--backend dask`


def asked_for(requirement):
    """The installed packages that a requirement brings, by their canonical names."""
    waiting, found = [(requirement.name, extra) for extra in ("", *requirement.extras)], set()
    while waiting:
        name, extra = waiting.pop()
        if (canonicalize_name(name), extra) in found:
            continue
        try:
            texts = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another system
        found.add((canonicalize_name(name), extra))
        for inner in map(Requirement, texts):
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                waiting += [(inner.name, more) for more in ("", *inner.extras)]
    return {name for name, _ in found}


def test_the_walk_finds_what_is_brought_and_nothing_else():
    lab = asked_for(Requirement("posenc[lab]"))
    assert {"torch", "jupyterlab", "tornado", "nbformat", "posenc"} <= lab
    assert not {"jupytext", "pytest", "playwright", "transformers", "dask"} & lab
    assert "jupytext" in asked_for(Requirement("posenc[teach]"))


@pytest.fixture(scope="module", params=BEGINNINGS)
def extra(request):
    return request.param


@pytest.fixture(scope="module")
def alone(extra, tmp_path_factory):
    """Run Python with this extra's packages alone; the words, and what it printed."""
    shelf = tmp_path_factory.mktemp(extra)
    for name in asked_for(Requirement(f"posenc[{extra}]")):
        package = metadata.distribution(name)
        for top in {file.parts[0] for file in package.files or ()}:
            # A .pth file names other folders, and ".." leads to programs.
            if top != ".." and not top.endswith(".pth") and not (shelf / top).exists():
                (shelf / top).symlink_to(package.locate_file(top))
    paths = os.pathsep.join([str(ROOT), str(shelf)])
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("POSENC")}

    def run(*words, cwd=ROOT):
        return subprocess.run(
            [sys.executable, "-S", *words],
            cwd=cwd,
            env=kept | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


def reached(beginnings):
    """Every module of the package that these import, and theirs, at any depth."""
    waiting, found = list(beginnings), set()
    while waiting:
        name = waiting.pop()
        if name in MODULES and name not in found:
            found.add(name)
            parents = [name.rsplit(".", 1)[0]] if "." in name else []
            waiting += [*imported(name), *parents]
    return sorted(found)


PROBE = """
import importlib, importlib.util, json, sys
modules, foreign = json.load(sys.stdin)
wrong = [f"{name} is not there" for name in foreign if importlib.util.find_spec(name) is None]
for name in modules:
    try:
        importlib.import_module(name)
    except ImportError as error:
        wrong.append(f"{name}: {error}")
print(json.dumps(wrong))
"""


def test_every_module_is_imported_with_its_extra_alone(extra, alone, tmp_path):
    modules = reached(BEGINNINGS[extra])
    assert len(modules) > len(BEGINNINGS[extra])
    foreign = {
        other.split(".")[0] for name in modules for other in imported(name)
    } - ELSEWHERE - {"posenc"}  # fmt: skip
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([[*modules, "posenc.course.__main__"], sorted(foreign)]))
    done = alone("-c", PROBE.replace("sys.stdin", f"open({str(asked)!r})"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_probe_would_notice(extra, alone):
    """What only the tests bring cannot be imported here."""
    done = alone("-c", "import pytest")
    assert "No module named 'pytest'" in done.stderr


# Instead of becoming JupyterLab it says that it would.
LAB = """
import os, subprocess, sys
def over(*words, **more):
    print("handed over")
    sys.exit(0)
os.execve = os.execv = subprocess.call = subprocess.run = subprocess.Popen = over
from posenc.course.__main__ import main
sys.exit(main(["lab"]))
"""
COMMANDS = {
    "lab": (["-c", LAB], 0, "handed over"),
    "teach": (["-m", "posenc.course", "grade", "nothing", "--out", "out"], 1, "nothing"),
    "handouts": (
        ["-m", "posenc.course", "editions", "--edition", "student", "--format", "ipynb",
         "--notebook", "01", "--out", "out"],
        0,
        "",
    ),
    "book": (["-m", "posenc.course", "book", "--notebook", "99"], 1, "no lesson begins with '99'"),
}  # fmt: skip


def test_its_command_begins(extra, alone, tmp_path):
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    words, code, said = COMMANDS[extra]
    done = alone(*words, cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "missing" not in done.stderr
    if extra == "lab":
        lessons = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
        assert [path.name for path in sorted((tmp_path / "work").glob("*.ipynb"))] == lessons


def test_the_doctor_works_where_there_is_only_lab(extra, alone):
    if extra != "lab":
        return
    done = alone("-m", "posenc.course", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ jupyterlab" in done.stdout
    assert "jupytext" in done.stdout.split("make handouts")[1]


def test_no_lesson_imports_what_lab_does_not_bring(extra, alone):
    """The lessons' own imports, too."""
    if extra != "lab":
        return
    names = set()
    for source in sorted((ROOT / "notebooks" / "src").glob("[0-9]*.py")):
        tree = ast.parse(source.read_text(encoding="utf-8"))
        names |= {name.split(".")[0] for name in imported(source.stem, tree)}
    probe = (
        "import importlib.util as u, sys; print([n for n in sys.argv[1:] if not u.find_spec(n)])"
    )
    done = alone("-c", probe, *sorted(names))
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
