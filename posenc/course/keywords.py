"""Code without some of its keywords, everything else as it was written."""

import ast
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

Unwanted = Callable[[ast.Call, str], bool]  # a call and one of its keywords


def without(code: str, unwanted: Unwanted) -> str:
    """Return the code less the unwanted keywords, each with the comma before it, or after a first.

    >>> print(without('f(x, a=1,\\n  b={2: 3})', lambda call, keyword: keyword == "b"))
    f(x, a=1)
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a cell of IPython's, which has no such call
        return code
    raw = code.encode()
    begins = [0]
    for line in raw.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    for begin, end in sorted(_spans(tree, raw, begins, unwanted), reverse=True):
        raw = raw[:begin] + raw[end:]
    return raw.decode()


def called(call: ast.Call) -> str:
    """Return the last name of what is called: ``claim`` of ``check.claim(…)``."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _spans(
    tree: ast.AST, raw: bytes, begins: list[int], unwanted: Unwanted
) -> Iterator[tuple[int, int]]:
    """Where the unwanted keywords stand, side by side together, with the comma that goes too."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        words: list[Any] = sorted(
            [*call.args, *call.keywords], key=lambda word: (word.lineno, word.col_offset)
        )
        starts = [begins[word.lineno - 1] + word.col_offset for word in words]
        ends = [begins[word.end_lineno - 1] + word.end_col_offset for word in words]
        taken = [isinstance(word, ast.keyword) and unwanted(call, word.arg or "") for word in words]
        for gone, numbers in groupby(range(len(words)), taken.__getitem__):
            if not gone:
                continue
            first, *_, last = [*numbers] * 2
            if first:
                yield raw.index(b",", ends[first - 1]), ends[last]
            else:
                yield starts[0], [*starts, ends[last]][last + 1]
