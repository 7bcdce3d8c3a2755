"""Which run decides between two faults of a server? () -> its name, and its outcome under each."""

from collections.abc import Callable

from posenc.check.engine.runs import Choice, Runs
from posenc.check.engine.verdict import Verdict, judge

EQUAL, DIFFER = "equal", "differ"
OUTCOMES = {
    "prefill": (EQUAL, EQUAL),
    "more steps": (DIFFER, DIFFER),
    "equal lengths": (EQUAL, EQUAL),
    "other padding": (EQUAL, DIFFER),
    "NoPE model": (EQUAL, DIFFER),
    "one count": (EQUAL, DIFFER),
}
WHY = {
    "prefill": "Under both explanations the prefill is correct, because both faults are in the "
    "decode steps.",
    "more steps": "Under both explanations the decode steps are wrong, the second as the "
    "hundredth.",
    "equal lengths": "Without padding the columns are the tokens and nothing needs a mask, so "
    "neither fault shows.",
}
REASONS = {
    "other padding": (
        "Under two counts the padding is hidden, so that no token can show.",
        "Under no mask the decode step attends to the padding, and reads its token.",
    ),
    "NoPE model": (
        "Without positions the way of counting changes nothing.",
        "Padding that is not hidden is read by a NoPE model, too.",
    ),
    "one count": (
        "Numbered by the mask, the decode step counts as the prefill did.",
        "A correct position does not hide the padding.",
    ),
}
RUNS = Runs(
    ("under two counts", "under no mask"),
    ("two-counts", "no-mask"),
    (EQUAL, DIFFER),
    OUTCOMES,
    WHY,
    REASONS,
)
SLIPS = RUNS.slips()


def right() -> Choice:
    """Return a run that separates the explanations, with both of its outcomes."""
    return RUNS.choice("other padding")


def chosen_run(answer: Callable[[], Choice]) -> Verdict:
    """Check ``chosen_run() -> run, outcome under two counts, outcome under no mask``.

    A run separates the two explanations where its outcomes differ; three of the six do.

    >>> _ = chosen_run(lambda: ("prefill", "equal", "equal"))
    ✗ chosen_run: Under both explanations the prefill is correct, because both faults are in \
the decode steps.
    """
    return judge("chosen_run", answer, RUNS.examine)
