"""Where a learner reads the answer to a prediction before choosing."""

import ast
import re

from posenc.course.author.asked import learners
from posenc.course.keywords import called

NUMBER = re.compile(r"(?<![\w.])\d[\d ]*(?:[.,]\d+)?(?:e-?\d+)?(?![\w])")
DIGITS = 2  # a single digit stands in any code and says nothing
WORDS = 3  # an option of so many words is looked for as a whole, anywhere


def given_away(one, notebook, readme):
    """Each place that gives an answer away: the prediction's key, and the place.

    `one` is what the lesson asks, `notebook` a copy without outputs, as learners open it. It is
    read from the words above a prediction to the end of the cell that settles it; its headings
    and objectives as a whole.
    """
    texts = ["".join(cell["source"]) for cell in notebook["cells"]]
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    for kind, text in zip(kinds, texts, strict=True):
        if kind == "code" and learners(text) != text:
            yield "", "settles"
    headings = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    ends = {key: claim.cell for claim in one.claims for key in claim.settles}
    everywhere = {
        "objective": texts[0],
        "heading": "\n".join(headings),
        "README": re.sub(r"<details>.*?</details>", "", readme, flags=re.DOTALL),
    }
    for asks in one.predictions:
        begin = asks.cell - (kinds[asks.cell - 1] == "markdown")
        between = range(begin, ends[asks.key] + 1)
        code = [texts[number] for number in between if kinds[number] == "code"]
        cells = {f"cell {number}": without_options(texts[number]) for number in between}
        for place, text in (everywhere | cells).items():
            if any(_stands_in(needle, text) for needle in needles(one.right[asks.key])):
                yield asks.key, place
        for place, text in [said for source in code for said in sentences(source)]:
            if _stands_in(one.right[asks.key], text):
                yield asks.key, place


def needles(right):
    """What is looked for everywhere: the numbers of the right option, else all its words."""
    found = map(str.strip, NUMBER.findall(right))
    numbers = [n for n in found if len(re.findall(r"\d", n)) >= DIGITS]
    words = NUMBER.sub("", right).strip(" :,")
    return numbers or [words] * (len(words.split()) >= WORDS)


def sentences(code):
    """What a cell says of its result, where no option may stand: alt texts and claims."""
    for call in _calls(code):
        if called(call) == "claim" and len(call.args) > 1:
            yield "claim", _strings(call.args[1])
        for word in call.keywords:
            if word.arg == "alt":
                yield "alt text", _strings(word.value)


def without_options(text):
    """The cell without the options of its prediction, among which the answer must stand."""
    for call in _calls(text):
        if called(call).startswith("predict") and len(call.args) > 2:
            text = text.replace(ast.get_source_segment(text, call.args[2]) or "", "")
    return text


def _stands_in(needle, text):
    whole = rf"(?<![\w.]){re.escape(' '.join(needle.split()))}(?!\w|\.\d)"
    return re.search(whole, " ".join(text.split()), re.IGNORECASE)


def _strings(tree):
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return " ".join(value for value in constants if isinstance(value, str))


def _calls(code):
    try:
        return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    except SyntaxError:  # prose, or a cell of IPython's
        return []
