"""A kept answer, run: from its source to the function or class."""

import linecache
from typing import Any

import torch

from posenc.check.answers.keeping import Answer
from posenc.check.engine import guard


def made(answer: Answer) -> Any:
    """Run the source of an answer in names of its own, and return what it makes.

    Raises what the source raises, and ``TooLong`` after five seconds where the platform can.
    """
    file = f"<{answer.answer}, kept>"
    lines = answer.source.splitlines(keepends=True)
    linecache.cache[file] = len(answer.source), None, lines, file  # for tracebacks and `inspect`
    space: dict[str, Any] = {"__name__": "__main__"}
    with guard.settings_put_back(), guard.silence(), guard.time_limit(guard.SECONDS):
        torch.set_default_dtype(getattr(torch, answer.dtype))
        exec(compile(answer.source, file, "exec", dont_inherit=True), space)
        return eval(compile(answer.answer, file, "eval", dont_inherit=True), space)
