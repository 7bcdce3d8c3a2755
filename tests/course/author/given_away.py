"""Where a learner reads the answer to a prediction before choosing."""

import ast
import re

from posenc.course.author.asked import learners
from posenc.course.keywords import called

NUMBER = re.compile(r"(?<![\w.])\d[\d ]*(?:[.,]\d+)?(?:e-?\d+)?(?![\w])")
WORDS = 3  # an option of so many words is looked for as a whole


def given_away(one, notebook, readme):
    """Each place that gives an answer away: the prediction's key, the place, what stands there.

    `one` is what the lesson asks, `notebook` a copy without outputs, as learners open it. What
    is looked for is the number in the right option, else the whole option.
    """
    texts = [_text(cell) for cell in notebook["cells"]]
    for cell, text in zip(notebook["cells"], texts, strict=True):
        if cell["cell_type"] == "code" and learners(text) != text:
            yield "", "settles", text
    headings = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    cells = {claim_key: claim.cell for claim in one.claims for claim_key in claim.settles}
    for asks in one.predictions:
        lead = asks.cell - (notebook["cells"][asks.cell - 1]["cell_type"] == "markdown")
        places = {
            "objective": texts[0],
            "heading": "\n".join(headings),
            "README": _unfolded(readme),
            **{
                f"cell {number}": _without_options(texts[number])
                for number in range(lead, cells[asks.key] + 1)
            },
        }
        for needle in needles(one.right[asks.key]):
            for place, text in places.items():
                if needle.search(" ".join(text.split())):
                    yield asks.key, place, needle.pattern


def needles(right):
    """What is looked for: the numbers of the right option, else all its words."""
    numbers = list(NUMBER.findall(right))
    looked_for = numbers or [right] * (len(right.split()) >= WORDS)
    return [
        re.compile(rf"(?<![\w.]){re.escape(' '.join(one.split()))}(?![\w]|\.\d)", re.IGNORECASE)
        for one in looked_for
    ]


def _text(cell):
    return "".join(cell["source"])


def _unfolded(page):
    return re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)


def _without_options(text):
    try:
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    except SyntaxError:
        return text
    for call in calls:
        if called(call).startswith("predict") and len(call.args) > 2:
            text = text.replace(ast.get_source_segment(text, call.args[2]) or "", "")
    return text
