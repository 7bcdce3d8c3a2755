"""Which run separates two explanations? () -> its name, and what it shows under each of them."""

from collections.abc import Callable

from posenc.check.engine.runs import Choice, Runs
from posenc.check.engine.verdict import Verdict, judge

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
RUNS = Runs(
    ("without a mask", "with one layer"),
    ("without-a-mask", "with-one-layer"),
    (MOVES, STAYS),
    OUTCOMES,
    WHY,
    REASONS,
)
SLIPS = RUNS.slips()


def right() -> Choice:
    """Return a run that separates the explanations, with both of its outcomes."""
    return RUNS.choice("replace last")


def separating_run(answer: Callable[[], Choice]) -> Verdict:
    """Check ``separating_run() -> run, outcome without a mask, outcome with one layer``.

    A run separates the two explanations where its outcomes differ; three of the six do.

    >>> _ = separating_run(lambda: ("replace first", "moves", "moves"))
    ✗ separating_run: Under both explanations the last output moves, because the last word \
attends to the first one with a mask and without.
    """
    return judge("separating_run", answer, RUNS.examine)
