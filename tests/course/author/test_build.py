"""Building: the same twice, nothing of the machine, and the old notebook where it fails."""

import json

import pytest
import tiny

from posenc.course import places
from posenc.course.author import build, check


def code(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.slow  # a kernel of its own
def test_two_builds_are_identical(tmp_path, built):
    source = tiny.write(tmp_path)
    build.build_one(source)
    assert places.built_from(source).read_bytes() == built


def test_a_built_notebook_carries_nothing_of_the_machine(built):
    notebook = json.loads(built)
    assert set(notebook["metadata"]) == {"kernelspec", "language_info", "posenc"}
    assert notebook["metadata"]["posenc"] == {"lesson": "01_tiny"}
    assert "version" not in notebook["metadata"]["language_info"]
    assert b"timestamp" not in built
    assert b"iopub" not in built
    numbers = [cell["execution_count"] for cell in code(notebook["cells"])]
    assert numbers == [1, 2, 3, 4]


@pytest.mark.slow  # a kernel of its own
@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import warnings\nwarnings.warn('old')", "writes to stderr"),
        ("import ipywidgets\nipywidgets.IntSlider()", "stores a widget"),
        ("import os\nos._exit(1)", "Kernel died"),
    ],
    ids=["raises", "warns", "widget", "dies"],
)
def test_a_failing_cell_leaves_the_old_notebook(course, capfd, cell, words):
    old = course.target.read_bytes()
    tiny.write(course.root, f"{tiny.SOURCE}\n# %%\n{cell}\n")
    assert build.build(course.root, []) == 1
    said = capfd.readouterr().out
    assert "01_tiny.ipynb" in said
    assert words in said
    assert cell.splitlines()[-1] in said
    assert course.target.read_bytes() == old
    assert [path.name for path in course.target.parent.iterdir() if path.is_file()] == [
        "01_tiny.ipynb"
    ]


SLIDERS = """# %%
from posenc import plots, widgets

base = 10
widgets.explore(lambda pos: plots.odometer(pos, base=base), pos=(0, 9, 1))

# %%
base = {base}
"""


@pytest.mark.slow  # a kernel of its own
@pytest.mark.parametrize(("base", "failures"), [(10, 0), (2, 1), ("'ten'", 1)])
def test_a_slider_shows_the_same_after_the_last_cell(tmp_path, capfd, base, failures):
    tiny.write(tmp_path, SLIDERS.replace("{base}", str(base)))
    assert build.build(tmp_path, []) == failures
    assert ("no longer shows what it did" in capfd.readouterr().out) == bool(failures)


def test_an_expected_error_is_stored_without_its_frames(tmp_path):
    text = '# %% tags=["raises-exception"]\n[][1]\n'
    source = tiny.write(tmp_path, text)
    build.build_one(source)
    target = places.built_from(source)
    [cell] = json.loads(target.read_text())["cells"]
    assert len(cell["outputs"][0]["traceback"]) == 1
    assert not list(check.problems(source, target))


def test_lessons_run_strict_quiet_and_on_one_thread(tmp_path, monkeypatch):
    for name in places.KERNEL_ENV:
        monkeypatch.delenv(name, raising=False)
    names = sorted(places.KERNEL_ENV)
    source = tiny.write(tmp_path, f"# %%\nimport os\n\n[os.environ[n] for n in {names}]\n")
    build.build_one(source)
    [cell] = json.loads(places.built_from(source).read_text())["cells"]
    assert cell["outputs"][0]["data"]["text/plain"] == [str(["1"] * len(names))]


def test_the_builder_and_nbval_run_lessons_alike(pytestconfig):
    conftest = (pytestconfig.rootpath / "conftest.py").read_text()
    for name, value in places.KERNEL_ENV.items():
        assert f'{name}="{value}"' in conftest
