"""Stands in for `posenc.check` where a learner's code runs: it judges nothing.

The checkers are outside. So are the mistakes that they know: inside there is nothing to read.
"""

from typing import Any


class Verdict:
    """What every call in here returns."""

    passed, equivalent, mistake, message, score = True, False, None, "", None

    def __getattr__(self, name: str) -> Any:
        """Return nothing, whatever is asked."""
        return None


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *args, **named: Verdict()
