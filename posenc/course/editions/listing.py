"""Code as it is printed: less what serves a notebook that runs, or one that is heard."""

import ast
from collections.abc import Iterator
from typing import Any

# Below a question of a page, either would give the answer before the picture does.
UNSEEN = {"alt", "settles"}


def listing(code: str) -> str:
    """The code without the keywords that say what a picture shows, or how a guess ends.

    >>> print(listing('plots.lines({"a": y}, xlabel="p",\\n            alt="It falls.")'))
    plots.lines({"a": y}, xlabel="p")
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a cell of IPython's, which has no such call
        return code
    raw = code.encode()
    begins = [0]
    for line in raw.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    for comma, end in sorted(_spans(tree, raw, begins), reverse=True):
        raw = raw[:comma] + raw[end:]
    return raw.decode()


def _spans(tree: ast.AST, raw: bytes, begins: list[int]) -> Iterator[tuple[int, int]]:
    """Where each unseen keyword stands, with the comma before it, or the one after a first."""

    def place(line: int, column: int) -> int:
        return begins[line - 1] + column

    for call in ast.walk(tree):
        words: list[Any] = [*call.args, *call.keywords] if isinstance(call, ast.Call) else []
        words.sort(key=lambda word: (word.lineno, word.col_offset))
        for number, word in enumerate(words):
            if getattr(word, "arg", None) not in UNSEEN:
                continue
            begin = place(word.lineno, word.col_offset)
            end = place(word.end_lineno or 0, word.end_col_offset or 0)
            if number:
                yield raw.rindex(b",", 0, begin), end
            else:
                after = [place(other.lineno, other.col_offset) for other in words[1:2]]
                yield begin, after[0] if after else end
