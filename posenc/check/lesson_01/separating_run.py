"""Which run separates two explanations? () -> its name, and what it shows under each of them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

Choice = tuple[str, str, str]  # a run, its outcome without a mask, and with one layer
MOVES, STAYS = "moves", "stays"
OUTCOMES = {
    "more shuffles": (STAYS, STAYS),
    "another text": (STAYS, STAYS),
    "replace first": (MOVES, MOVES),
    "replace last": (MOVES, STAYS),
    "swap first two": (STAYS, MOVES),
    "second layer": (STAYS, MOVES),
}
WHY = {
    "more shuffles": "Under both explanations the last output stays in every shuffle: without a "
    "mask, and in one masked layer, it depends only on which words there are.",
    "another text": "Under both explanations the last output stays for any text, because neither "
    "depends on which words the text has.",
    "replace first": "Under both explanations the last output moves, because the last word "
    "attends to the first one with a mask and without.",
}


def right() -> Choice:
    """Return a run that separates the explanations, with both of its outcomes."""
    return ("replace last", *OUTCOMES["replace last"])


SLIPS = tuple(
    Slip(run.replace(" ", "-"), partial(lambda run: (run, *OUTCOMES[run]), run), says)
    for run, says in WHY.items()
)


def separating_run(answer: Callable[[], Choice]) -> Verdict:
    """Check ``separating_run() -> run, outcome without a mask, outcome with one layer``.

    A run separates the two explanations where its outcomes differ; three of the six do.

    >>> _ = separating_run(lambda: ("replace first", "moves", "moves"))
    ✗ separating_run: Under both explanations the last output moves, because the last word \
attends to the first one with a mask and without.
    """
    return judge("separating_run", answer, _examine)


def _examine(answer: Callable[[], Choice]) -> str:
    run, *said = _choice(answer())
    if run in WHY:
        raise Mistake(run.replace(" ", "-"), WHY[run])
    true = OUTCOMES[run]
    swapped = "The two outcomes have changed places. Return the one without a mask first."
    require(tuple(said) != true[::-1], "outcomes-swapped", swapped)
    same = f"Both outcomes are {said[0]!r}, so this run would separate nothing. "
    for found, outcome, slug, reason in zip(said, true, SLUGS, REASONS[run], strict=True):
        require(found == outcome, slug, f"{same}{reason}")
    return f"{run!r} separates them: {true[0]!r} without a mask, {true[1]!r} with one layer"


SLUGS = ("without-a-mask", "with-one-layer")
REASONS = {
    "replace last": (
        "Without a mask the first word attends to the last one.",
        "Under a mask the first word attends only to itself.",
    ),
    "swap first two": (
        "Without a mask attention is permutation-equivariant.",
        "Under a mask each of the two gains or loses the other as a key.",
    ),
    "second layer": (
        "Without a mask a stack of layers is as blind as one layer.",
        "Under a mask the second layer reads outputs that depend on the order.",
    ),
}


def _choice(found: Any) -> Choice:
    """Return the three words, or raise what is wrong with their form."""
    cure = 'Return three words: return "run", "moves" or "stays", "moves" or "stays".'
    three = isinstance(found, (tuple, list)) and len(found) == 3
    require(three, "shape", f"The function returned a {type(found).__name__}. {cure}")
    words = [_bare(word) for word in found]
    runs = ", ".join(map(repr, OUTCOMES))
    require(words[0] in OUTCOMES, "word", f"The run is {found[0]!r:.40}. The runs are {runs}.")
    for word, given in zip(words[1:], found[1:], strict=True):
        said = f"An outcome is {given!r:.40}. The outcomes are 'moves' and 'stays'."
        require(word in (MOVES, STAYS), "word", said)
    return words[0], words[1], words[2]


def _bare(word: Any) -> str:
    """Return a word without quotes and double spaces; "" for what is no text."""
    return " ".join(word.strip(" \n“”\"'").split()) if isinstance(word, str) else ""
