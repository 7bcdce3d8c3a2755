"""From source to notebook and back: the builder and what `check` notices."""

import base64
import json

import pytest
import tiny

from posenc.course import __main__ as command_line
from posenc.course import _build, _check, _places
from posenc.course._places import CourseError
from posenc.course._source import notebook_from

EXERCISE = """\
# %% [markdown]
# **Exercise 3 · Turn it** · difficulty 2 of 5

# %% tags=["exercise"]
class Turn:
    def __init__(self, k):
        ### BEGIN SOLUTION
        self.k = k
        ### END SOLUTION

    def forward(self, x):
        y = x + 1
        ### BEGIN SOLUTION
        return y * self.k
        ### END SOLUTION


print(Turn)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The bytes of the tiny lesson, built once."""
    root = tmp_path_factory.mktemp("built")
    _build.build_one(tiny.write(root))
    return (root / "notebooks" / "01_tiny.ipynb").read_bytes()


@pytest.fixture
def course(tmp_path, built):
    """A course of one lesson, built; `problems()` is what `check` says of it."""
    source = tiny.write(tmp_path)
    target = _places.built_from(source)
    target.write_bytes(built)

    class Course:
        root = tmp_path

        def problems(self):
            return list(_check.problems(source, target))

        def edit(self, change):
            notebook = json.loads(target.read_text())
            change(notebook["cells"])
            target.write_text(json.dumps(notebook))

    Course.source, Course.target = source, target
    return Course()


def code(cells):
    return [cell for cell in cells if cell["cell_type"] == "code"]


# --- the transformation ------------------------------------------------------


def test_an_exercise_becomes_a_stub_and_its_answer_goes_last(tmp_path):
    cells = notebook_from(tiny.write(tmp_path, EXERCISE)).cells
    stub, heading, answer = cells[1], cells[-2], cells[-1]
    assert stub.source == (
        "class Turn:\n"
        "    def __init__(self, k):\n"
        "        raise NotImplementedError\n"
        "\n"
        "    def forward(self, x):\n"
        "        y = x + 1\n"
        "        raise NotImplementedError\n"
        "\n\n"
        "print(Turn)"
    )
    assert cells[-3].source.startswith("## Solutions\n")
    assert heading.source == "**Exercise 3 · Turn it** · `Turn`"
    assert answer.source.startswith('# One solution: check.solution("Turn") runs it\n')
    assert "self.k = k\n" in answer.source
    assert "return y * self.k" in answer.source
    assert "SOLUTION" not in stub.source + answer.source
    assert stub.metadata == {"tags": ["exercise"]}
    assert answer.metadata == {"tags": ["solution"], "jupyter": {"source_hidden": True}}
    assert [stub.id, answer.id] == ["exercise-Turn", "solution-Turn"]


def test_solutions_come_after_the_last_section_and_nothing_else_changes(tmp_path):
    cells = notebook_from(tiny.write(tmp_path)).cells
    headings = [cell.source for cell in cells if cell.source.startswith("## ")]
    assert [text.splitlines()[0] for text in headings] == ["## References", "## Solutions"]
    assert cells[2].source == "6 * 7"


def test_no_solutions_section_without_exercises(tmp_path):
    cells = notebook_from(tiny.write(tmp_path, "# %%\n1 + 1\n")).cells
    assert [cell.source for cell in cells] == ["1 + 1"]


def test_ids_are_stable_and_unique(tmp_path):
    twice = tiny.write(tmp_path, "# %%\n1 + 1\n\n# %%\n1 + 1\n\n# %%\n2 + 2\n")
    before = [cell.id for cell in notebook_from(twice).cells]
    assert len(set(before)) == 3
    assert before[1] == f"{before[0]}-2"
    tiny.write(tmp_path, "# %%\n0 + 0\n\n# %%\n1 + 1\n")
    assert notebook_from(twice).cells[1].id == before[0]


@pytest.mark.parametrize("text", ["# # A title\n\n# %%\n1\n", "# %%\n\n# %%\n1\n"])
def test_a_code_cell_without_code_is_named(tmp_path, text):
    with pytest.raises(CourseError, match=r"# %% \[markdown\]"):
        notebook_from(tiny.write(tmp_path, text))


def test_blank_lines_between_cells_leave_no_trace(tmp_path):
    spread = tiny.SOURCE.replace("\n\n# %%", "\n\n\n\n# %%")
    wide = notebook_from(tiny.write(tmp_path, spread))
    assert wide == notebook_from(tiny.write(tmp_path))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (EXERCISE.replace(' tags=["exercise"]', ""), "tag `exercise`"),
        (EXERCISE.replace("### END SOLUTION", ""), "END SOLUTION"),
        (EXERCISE.replace("**Exercise 3 · Turn it**", "Turn it"), "statement"),
        ('# %% [markdown]\n# **Exercise 1**\n\n# %% tags=["exercise"]\n'
         "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n", "inside a function"),
        ('# %% [markdown]\n# **Exercise 1**\n\n# %% tags=["exercise"]\n'
         "class A:\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION\n",
         "inside a function"),
    ],
    ids=["no tag", "no end", "no statement", "no function", "class body"],
)  # fmt: skip
def test_a_broken_exercise_is_named(tmp_path, text, word):
    with pytest.raises(CourseError, match=word):
        notebook_from(tiny.write(tmp_path, text))


# --- building ----------------------------------------------------------------
@pytest.mark.slow  # a kernel of its own
def test_two_builds_are_identical(tmp_path, built):
    source = tiny.write(tmp_path)
    _build.build_one(source)
    assert _places.built_from(source).read_bytes() == built


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
    assert _build.build(course.root, []) == 1
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
@pytest.mark.slow  # a kernel of its own
@pytest.mark.slow  # a kernel of its own
@pytest.mark.parametrize(("base", "failures"), [(10, 0), (2, 1), ("'ten'", 1)])
def test_a_slider_shows_the_same_after_the_last_cell(tmp_path, capfd, base, failures):
    tiny.write(tmp_path, SLIDERS.replace("{base}", str(base)))
    assert _build.build(tmp_path, []) == failures
    assert ("no longer shows what it did" in capfd.readouterr().out) == bool(failures)


def test_an_expected_error_is_stored_without_its_frames(tmp_path):
    text = '# %% tags=["raises-exception"]\n[][1]\n'
    source = tiny.write(tmp_path, text)
    _build.build_one(source)
    target = _places.built_from(source)
    [cell] = json.loads(target.read_text())["cells"]
    assert len(cell["outputs"][0]["traceback"]) == 1
    assert not list(_check.problems(source, target))


def test_lessons_run_strict_quiet_and_on_one_thread(tmp_path, monkeypatch):
    for name in _places.KERNEL_ENV:
        monkeypatch.delenv(name, raising=False)
    names = sorted(_places.KERNEL_ENV)
    source = tiny.write(tmp_path, f"# %%\nimport os\n\n[os.environ[n] for n in {names}]\n")
    _build.build_one(source)
    [cell] = json.loads(_places.built_from(source).read_text())["cells"]
    assert cell["outputs"][0]["data"]["text/plain"] == [str(["1"] * len(names))]


def test_the_builder_and_nbval_run_lessons_alike(pytestconfig):
    conftest = (pytestconfig.rootpath / "conftest.py").read_text()
    for name, value in _places.KERNEL_ENV.items():
        assert f'{name}="{value}"' in conftest


# --- checking ----------------------------------------------------------------


def test_a_fresh_build_has_no_problems(course):
    assert course.problems() == []


def test_check_notices_an_edited_source(course):
    tiny.write(course.root, tiny.SOURCE.replace("6 * 7", "6 * 8"))
    [problem] = course.problems()
    assert "cell 3" in problem
    assert "posenc.course build 01_tiny" in problem


def test_check_notices_an_edited_answer(course):
    tiny.write(course.root, tiny.SOURCE.replace("return 2 * x", "return x + x"))
    [problem] = course.problems()
    assert "another source" in problem


def test_check_notices_an_added_cell(course):
    tiny.write(course.root, f"{tiny.SOURCE}\n# %%\n1 + 1\n")
    assert "cells, its source" in course.problems()[0]


def test_check_notices_a_changed_tag(course):
    course.edit(lambda cells: cells[1]["metadata"].update(tags=[]))
    assert "another metadata" in course.problems()[0]


def test_check_notices_a_changed_picture(course):
    def repaint(cells):
        data = code(cells)[2]["outputs"][0]["data"]
        data["image/png"] = base64.b64encode(b"another").decode()

    course.edit(repaint)
    assert "picture" in course.problems()[0]


def test_check_notices_a_removed_seal(course):
    course.edit(lambda cells: code(cells)[2]["outputs"][0].update(metadata={}))
    assert "picture" in course.problems()[0]


def test_check_notices_cleared_outputs(course):
    def clear(cells):
        for cell in code(cells):
            cell.update(outputs=[], execution_count=None)

    course.edit(clear)
    assert "never run" in course.problems()[0]


def test_check_notices_a_cell_that_was_not_run(course):
    course.edit(lambda cells: code(cells)[1].update(execution_count=None))
    assert course.problems() == ["code cell 2 is numbered never run: not run from top to bottom"]


def test_check_notices_a_stored_error(course):
    def fail(cells):
        error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}
        code(cells)[1]["outputs"] = [error]

    course.edit(fail)
    assert course.problems() == ["cell [2] ends in E: v"]


def test_check_notices_a_notebook_that_is_too_big(course):
    long = {"output_type": "stream", "name": "stdout", "text": "x" * 1_000_001}
    course.edit(lambda cells: code(cells)[1].update(outputs=[long]))
    assert "1 MB is the limit" in course.problems()[0]


def test_check_notices_what_is_missing_or_torn(course, capsys):
    tiny.write(course.root, name="02_unbuilt")
    course.target.write_text("{torn")
    (course.root / "notebooks" / "03_orphan.ipynb").write_text("{}")
    assert _check.check(course.root, []) == 1
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("✗ 01_tiny: cannot be read")
    assert second.startswith("✗ 02_unbuilt: is not built")
    assert third.startswith("✗ 03_orphan: has no source")


# --- the command line --------------------------------------------------------


def test_an_unknown_lesson_is_refused_with_the_known_ones(course, monkeypatch, capsys):
    monkeypatch.chdir(course.root)
    assert command_line.main(["check", "07"]) == 1
    assert "'07'; there are: 01_tiny" in capsys.readouterr().err


def test_the_commands_work_from_inside_the_course(course, monkeypatch, capsys):
    monkeypatch.chdir(course.root / "notebooks" / "src")
    assert command_line.main(["check", "01"]) == 0
    assert capsys.readouterr().out == "✓ 1 notebooks are what their sources say\n"


def test_only_lab_passes_arguments_on(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["check", "--port=1"])
    assert "unknown arguments: --port=1" in capsys.readouterr().err
