"""A lesson small enough to be built in a test."""

from pathlib import Path

from nbformat.v4 import new_output

from posenc.course import places
from posenc.course.author.build import as_bytes
from posenc.course.author.source import notebook_from

SOURCE = '''\
# %% [markdown]
# # Is two and two four?
#
# **Exercise 1** · difficulty 1 of 5 · 1 minute

# %% tags=["exercise"]
def double(x):
    """4 for 2"""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


print("checked")

# %%
6 * 7

# %%
import base64

from IPython.display import Image

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
Image(base64.b64decode(PIXEL))

# %% [markdown]
# ## References
'''


def write(root: Path, text: str = SOURCE, name: str = "01_tiny") -> Path:
    """Put a source where the course looks for it."""
    source = root / "notebooks" / "src" / f"{name}.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    return source


LESSON = '''\
# %% [markdown]
# # 01 · Is two and two four?
#
# Some words, and [the next lesson](02_next.ipynb).

# %%
from posenc import check

# %% [markdown]
# ## 1 · Guess
#
# **Predict.** Well?

# %%
check.predict("sum", "Two and two are", ["four", "five"])

# %% [markdown]
# **Exercise 1** · difficulty 3 of 5 · 1 minute
#
# Double it: $x \\mapsto 2x$.
#
# <details><summary>Hint</summary>
#
# Add it to itself.
# </details>

# %% tags=["exercise"]
def double(x):
    """4 for 2"""
    ### BEGIN SOLUTION
    twice_as_much = sum((x, x))
    return twice_as_much
    ### END SOLUTION


check.reading(double)

# %% [markdown]
# ## References
'''

NOTES = """\
# Teaching 01

## Title

50 minutes are enough.

## Section 1

Let them guess.

## Exercise 1

They multiply by three.
"""
PREDICT = "Predict: Two and two are\n  ( ) four\n  ( ) five"
SAID = {"sum": PREDICT, "exercise": "○ reading: not written yet", "solution": "✓ reading: right"}


def lesson(root: Path, text: str = LESSON, name: str = "01_tiny") -> Path:
    """A source, its notes and its notebook with made-up outputs, without running anything."""
    source = write(root, text, name)
    notes = source.parent / "teaching" / f"{name}.md"
    notes.parent.mkdir(exist_ok=True)
    notes.write_text(NOTES, encoding="utf-8")
    notebook = notebook_from(source)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        cell.execution_count = number
        kind = next((tag for tag in cell.metadata.get("tags", [])), "")
        if "check.predict" in cell.source:
            data = {"text/plain": SAID["sum"]}
            cell.outputs = [new_output("execute_result", data, execution_count=number)]
        elif kind in SAID:
            cell.outputs = [new_output("stream", text=SAID[kind])]
    places.built_from(source).write_bytes(as_bytes(notebook))
    return source
