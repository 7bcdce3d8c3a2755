"""Code as it is printed: less what serves a notebook that runs, or one that is heard."""

import ast

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


def _spans(tree: ast.AST, raw: bytes, begins: list[int]) -> list[tuple[int, int]]:
    """Where each unseen keyword stands, with the comma before it."""
    spans = []
    for call in ast.walk(tree):
        for word in call.keywords if isinstance(call, ast.Call) else ():
            if word.arg in UNSEEN:
                begin = begins[word.lineno - 1] + word.col_offset
                last = word.value
                end = begins[(last.end_lineno or 0) - 1] + (last.end_col_offset or 0)
                spans.append((raw.rindex(b",", 0, begin), end))
    return spans
