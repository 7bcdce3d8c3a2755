"""Which run decides between two faults of a server? () -> its name, and its outcome under each."""

from collections.abc import Callable
from functools import partial
from typing import Any

from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

Choice = tuple[str, str, str]  # a run, its outcome under two counts, and under no mask
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


def right() -> Choice:
    """Return a run that separates the explanations, with both of its outcomes."""
    return ("other padding", *OUTCOMES["other padding"])


SLIPS = tuple(
    Slip(run.replace(" ", "-"), partial(lambda run: (run, *OUTCOMES[run]), run), says)
    for run, says in WHY.items()
)


def chosen_run(answer: Callable[[], Choice]) -> Verdict:
    """Check ``chosen_run() -> run, outcome under two counts, outcome under no mask``.

    A run separates the two explanations where its outcomes differ; three of the six do.

    >>> _ = chosen_run(lambda: ("prefill", "equal", "equal"))
    ✗ chosen_run: Under both explanations the prefill is correct, because both faults are in \
the decode steps.
    """
    return judge("chosen_run", answer, _examine)


def _examine(answer: Callable[[], Choice]) -> str:
    run, *said = _choice(answer())
    if run in WHY:
        raise Mistake(run.replace(" ", "-"), WHY[run])
    true = OUTCOMES[run]
    swapped = "The two outcomes have changed places. Return the one under two counts first."
    require(tuple(said) != true[::-1], "outcomes-swapped", swapped)
    same = f"Both outcomes are {said[0]!r}, so this run would separate nothing. "
    for found, outcome, slug, reason in zip(said, true, SLUGS, REASONS[run], strict=True):
        require(found == outcome, slug, f"{same}{reason}")
    return f"{run!r} separates them: {true[0]!r} under two counts, {true[1]!r} under no mask"


SLUGS = ("two-counts", "no-mask")
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


def _choice(found: Any) -> Choice:
    """Return the three words, or raise what is wrong with their form."""
    cure = 'Return three words: return "run", "equal" or "differ", "equal" or "differ".'
    three = isinstance(found, (tuple, list)) and len(found) == 3
    require(three, "shape", f"The function returned a {type(found).__name__}. {cure}")
    words = [_bare(word) for word in found]
    runs = ", ".join(map(repr, OUTCOMES))
    require(words[0] in OUTCOMES, "word", f"The run is {found[0]!r:.40}. The runs are {runs}.")
    for word, given in zip(words[1:], found[1:], strict=True):
        said = f"An outcome is {given!r:.40}. The outcomes are 'equal' and 'differ'."
        require(word in (EQUAL, DIFFER), "word", said)
    return words[0], words[1], words[2]


def _bare(word: Any) -> str:
    """Return a word without quotes and double spaces; "" for what is no text."""
    return " ".join(word.strip(" \n“”\"'").split()) if isinstance(word, str) else ""
