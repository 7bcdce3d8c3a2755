"""The sizes of the package and its speed, read from the sources; its floors: `lint-imports`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import posenc

PACKAGE = Path(posenc.__file__).parent
MODULES = {
    ".".join(("posenc", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
ONLY = {
    "matplotlib": {"plots"},
    "ipywidgets": {"widgets"},
    "jupytext": {"course"},
    "nbformat": {"course"},
    "nbclient": {"course"},
    "nbconvert": {"course"},
}
# the shape of one is these six; the other names each number of its scaling, which callers
# write out rather than hand over as a dictionary
FIVE_PARAMETERS_EXCEPT = {"Transformer", "Rope"}

every_module = pytest.mark.parametrize("name", MODULES)


def room(module):
    """The top-level part of the package in which a module lives; the facade has none."""
    return module.split(".")[1] if "." in module else ""


def tree(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imported(name, source=None):
    """Every module that a module imports, also inside its functions."""
    for node in ast.walk(source or tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name} imports relatively: write the whole name"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


def test_imports_are_found_wherever_they_stand():
    assert list(imported("posenc.base", ast.parse("from posenc import check"))) == ["posenc.check"]
    assert list(imported("x", ast.parse("def f():\n    import posenc.model"))) == ["posenc.model"]
    assert list(imported("x", ast.parse("from posenc import build"))) == ["posenc"]


@every_module
def test_heavy_imports_have_one_user_each(name):
    for other in imported(name):
        users = ONLY.get(other.split(".")[0])
        assert users is None or room(name) in users, f"{name} imports {other}"


PROBE = """
import sys, time
import torch
before = set(sys.modules)  # torch itself brings tqdm
start = time.process_time()
import posenc
print(time.process_time() - start)
print(*{name.split(".")[0] for name in set(sys.modules) - before})
"""


def probe():
    lines = subprocess.check_output([sys.executable, "-c", PROBE], text=True).splitlines()
    return float(lines[0]), set(lines[1].split())


def test_importing_is_light_and_quick():
    seconds, loaded = probe()
    foreign = {"matplotlib", "ipywidgets", "pandas", "nbformat", "tqdm", "IPython"}
    assert "posenc" in loaded
    assert not foreign & loaded
    for _ in range(2):  # a busy machine is slow by chance, never quick by chance
        if seconds > 0.15:
            seconds = min(seconds, probe()[0])
    assert seconds <= 0.15


# --- sizes -----------------------------------------------------------------------------------


@every_module
def test_modules_are_under_300_lines(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) < 300


def functions(name):
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function, lines):
    """How many lines of code a function's body has: no docstring, comments or blank lines."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    span = lines[body[0].lineno - 1 : body[-1].end_lineno]
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in span)


@every_module
def test_function_bodies_are_under_25_lines(name):
    lines = MODULES[name].read_text(encoding="utf-8").splitlines()
    sizes = {function.name: body_lines(function, lines) for function in functions(name)}
    assert {key: size for key, size in sizes.items() if size >= 25} == {}


def test_half_of_the_bodies_are_under_10_lines():
    sizes = []
    for name, path in MODULES.items():
        lines = path.read_text(encoding="utf-8").splitlines()
        sizes += [body_lines(function, lines) for function in functions(name)]
    assert sorted(sizes)[len(sizes) // 2] < 10


@every_module
def test_constructors_have_at_most_five_parameters(name):
    for cls in ast.walk(tree(name)):
        if not isinstance(cls, ast.ClassDef) or cls.name in FIVE_PARAMETERS_EXCEPT:
            continue
        for function in cls.body:
            if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                arguments = function.args
                given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
                assert len(given) - 1 <= 5, cls.name


@every_module
def test_random_numbers_of_others_are_not_seeded(name):
    calls = [ast.unparse(node.func) for node in ast.walk(tree(name)) if isinstance(node, ast.Call)]
    seeded = calls.count("torch.manual_seed")
    # in training it happens inside fork_rng
    assert not seeded or "torch.random.fork_rng" in calls
