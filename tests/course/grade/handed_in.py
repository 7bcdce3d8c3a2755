"""A small course and submissions to it, for the tests of grading."""

import csv
import shutil
import subprocess
import textwrap

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from posenc.course import lesson as lessons
from posenc.course.author.source import notebook_from

EXERCISE = """\
# %% [markdown]
# **Exercise {number}** · difficulty 2 of 5 · 5 minutes

# %% tags=["exercise"]
def {name}(pos, factor):
    ### BEGIN SOLUTION
    return pos / factor
    ### END SOLUTION


check.interpolated({name})

"""
RIGHT = "def {0}(pos, factor):\n    return pos / factor\n\n\ncheck.interpolated({0})"
WRONG = "def {0}(pos, factor):\n    return pos\n\n\ncheck.interpolated({0})"
STUB = "def {0}(pos, factor):\n    raise NotImplementedError\n\n\ncheck.interpolated({0})"
SETUP = "# %%\nimport torch\nfrom posenc import check\n\n# %%\nfour = torch.tensor(4.0)\n\n"


def course(root, names, lesson="01_small"):
    """Write a lesson in which each of these names is to be `pos / factor`; return its source."""
    source = root / "notebooks" / "src" / f"{lesson}.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    texts = [EXERCISE.format(number=i, name=name) for i, name in enumerate(names, 1)]
    source.write_text(SETUP + "".join(texts), encoding="utf-8")
    return source


def submission(source, answers):
    """Return the built lesson with these answers: the name of an exercise -> its cell."""
    notebook = notebook_from(source)
    for cell in notebook.cells:
        name = cell.id.removeprefix("exercise-")
        if cell.id.startswith("exercise-") and name in answers:
            cell.source = answers[name]
    return notebook


def solved(source):
    """Return the lesson with every exercise solved."""
    return submission(source, {one.name: one.answer for one in lessons.read(source).exercises})


def hand_in(folder, notebook, name="01_small.ipynb"):
    """Write a notebook into a student's folder, as Jupyter would."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    nbformat.write(notebook, path)
    return path


def of_code(*cells):
    """Return a notebook of these code cells."""
    return new_notebook(cells=[new_code_cell(cell) for cell in cells])


WHOLE = nbformat.writes(of_code("x = 1"))


def root_of(source):
    return source.parent.parent.parent


def rows_of(out):
    with open(out / "results.csv", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def function(name, body):
    """Return the cell of an answer with this body."""
    return f"def {name}(pos, factor):\n" + textwrap.indent(textwrap.dedent(body), "    ")


def can_wall():
    """Whether bubblewrap is here and may make its walls, which some systems forbid."""
    words = ["bwrap", "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "true"]
    return bool(shutil.which("bwrap")) and not subprocess.run(words, capture_output=True).returncode
