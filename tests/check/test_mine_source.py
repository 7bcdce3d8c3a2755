"""What of a notebook an answer needs: as one text, it makes what the notebook made."""

import pytest

from posenc.check.answers.source import gather

SETUP = "import math\nimport torch\nfrom posenc import check"
CHECK = "check.look_back(look_back)"
# cells -> what look_back(2) gives where the last of them is run
NOTEBOOKS = {
    "alone": (["def look_back(k):\n    return k + 1", CHECK], 3),
    "in the cell of its check": ([f"def look_back(k):\n    return k + 1\n{CHECK}"], 3),
    "a helper": (["def more(k):\n    return k + 1", "def look_back(k):\n    return more(k)"], 3),
    "a helper written again": (
        ["def more(k):\n    return 0", "def look_back(k):\n    return more(k)",
         "def more(k):\n    return k + 1", CHECK], 3),
    "a helper of a helper": (
        ["n = 1", "def one(k):\n    return k + n", "def more(k):\n    return one(k)",
         "def look_back(k):\n    return more(k)"], 3),
    "a table": (["table = [k + 1 for k in range(9)]", "def look_back(k):\n    return table[k]"], 3),
    "a table made by a helper that is another one now": (
        ["def more(k):\n    return k + 1", "table = [more(k) for k in range(9)]",
         "def more(k):\n    return 0", "def look_back(k):\n    return table[k]"], 3),
    "a table filled line by line": (
        ["table = {}", "table[2] = 3", "def look_back(k):\n    return table[k]"], 3),
    "a list filled by calls": (
        ["rows = []", "rows.append(1)", "rows.append(2)",
         "def look_back(k):\n    return rows[k - 1] + 1"], 3),
    "a number counted up": (
        ["n = 0", "n += 1", "n = n * 1", "def look_back(k):\n    return k + n"], 3),
    "a number set under a condition": (
        ["n = 1", "if n > 5:\n    n = 9", "def look_back(k):\n    return k + n"], 3),
    "a loop": (["total = 0", "for i in range(2):\n    total = total + i",
                "def look_back(k):\n    return k + total"], 3),
    "a decorator": (
        ["def twice(f):\n    return lambda k: 2 * f(k)", "@twice\ndef look_back(k):\n    return k"],
        4),
    "a class": (
        ["n = 1", "class Base:\n    more = n",
         "class Own(Base):\n    def __call__(self, k):\n        return k + self.more",
         "own = Own()", "def look_back(k):\n    return own(k)"], 3),
    "a method put on afterwards": (
        ["class Own:\n    pass", "def plus(self, k):\n    return k + 1", "Own.plus = plus",
         "def look_back(k):\n    return Own().plus(k)"], 3),
    "a star import": (["from math import *", "def look_back(k):\n    return floor(k + 1.5)"], 3),
    "an import inside another line": (
        ["import math, os; n = 1", "def look_back(k):\n    return math.floor(k + n)"], 3),
    "annotations of the future": (
        ["from __future__ import annotations",
         "def look_back(k: NoSuchType) -> NoSuchType:\n    return k + 1"], 3),
    "another name": (["def mine(k):\n    return k + 1", "check.look_back(mine)"], 3),
    "a lambda": (["n = 1", "check.look_back(lambda k: k + n)"], 3),
    "by keyword": (["def mine(k):\n    return k + 1", "check.look_back(answer=mine)"], 3),
    "a part of a line": (["a, b = 1, 2", "def look_back(k): return k + a", "check.x(1)"], 3),
    "below a magic": (
        ["get_ipython().run_cell_magic('time', '', 'def look_back(k):\\n    return k + 1')"], 3),
    "with other magics around it": (
        ["get_ipython().run_line_magic('matplotlib', 'inline')", "this is no Python",
         "await something", "def look_back(k):\n    return k + 1"], 3),
    "with lines that are not run yet": (
        [f"def look_back(k):\n    return k + 1\n{CHECK}\ndef look_back(k):\n    return 0"], 3),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "right"), NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_the_text_makes_what_the_notebook_made(cells, right):
    source, answer = gather(["", SETUP, *cells], "look_back", "look_back")
    space = {"__name__": "__main__"}
    exec(source, space)
    assert eval(answer, space)(2) == right
    assert "check" not in source


def test_nothing_else_is_taken_along():
    cells = ["import os", "model = train()", "x = 1", "def other(k):\n    return x",
             "def look_back(k):\n    x = k + 1  # why\n    return x", CHECK]  # fmt: skip
    source, answer = gather(cells, "look_back", "look_back")
    assert (source, answer) == (
        "def look_back(k):\n    x = k + 1  # why\n    return x\n",
        "look_back",
    )


@pytest.mark.parametrize("cells", [[], [""], ["(" * 10_000], ["\0"], ["check.look_back()"]])
def test_cells_without_an_answer_give_its_name_alone(cells):
    assert gather(cells, "look_back", "look_back") == ("\n", "look_back")
