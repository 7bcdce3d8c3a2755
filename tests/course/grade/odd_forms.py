"""Right answers in odd forms: how learners write, test and leave their cells.

They stand in `odd_forms.txt`, each below a line `=== its name`, its cells divided by `# %%`.
`ANSWER` is the definition of a lesson's solution, `ANSWER as mine` under another name, and what
follows a colon, `ANSWER: assert box`, is its first statement whenever it is called. `CHECK` is
the exercise's check line, `NAME` what the answer is called, `CHECKER` who checks it.
"""

import ast
import re
import textwrap
from pathlib import Path

DIVIDED = re.compile(r"^# %%\n", re.MULTILINE)
ANSWER = re.compile(r"^( *)ANSWER(?: as (\w+))?(?:: (.+))?$", re.MULTILINE)

_TEXTS = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("=== ")[1:]
FORMS = {text.partition("\n")[0]: text.partition("\n")[2].rstrip() for text in _TEXTS}
ORDERS = {"upside down": (3, 2, 1, 0), "a list upside down": (2, 1, 0)}


def run_order(form, cells):
    """Return the cells in the order in which the learner ran them."""
    return [cells[i] for i in ORDERS.get(form, range(len(cells)))]


def cells(form, code):
    """Return the cells of an exercise in a form; ``code`` is its cell with the solution."""
    definition, line = code.rsplit("\n\n\ncheck.", 1)
    node = ast.parse(definition).body[-1]
    checker, _ = line.split("(", 1)
    assert line == f"{checker}({node.name})"

    def answer(found):
        text = _asserting(definition, node, found[2] or node.name, found[3])
        return textwrap.indent(text, found[1])

    text = ANSWER.sub(answer, FORMS[form]).replace("CHECKER", checker)
    text = re.sub(r"\bCHECK\b", f"check.{line}", text)
    return DIVIDED.split(re.sub(r"\bNAME\b", node.name, text))


def _asserting(definition, node, name, asserted):
    """Return the definition under a name, with a statement first in each of its functions."""
    tree = ast.parse(definition)
    for one in ast.walk(tree):
        if isinstance(one, ast.FunctionDef) and asserted:
            one.body[:0] = ast.parse(asserted).body
    tree.body[-1].name = name
    return ast.unparse(tree)
