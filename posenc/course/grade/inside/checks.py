"""Where a notebook hands an answer to its checker, whatever it calls `posenc.check`."""

import ast

from posenc.course.grade.inside.statements import Statement

Handed = tuple[int, ast.expr]  # the number of the statement, and what it hands over


def handed(statements: list[Statement], checker: str) -> list[Handed]:
    """Return what the statements hand to a checker, in order."""
    called = {"check": "posenc.check"}
    for one in statements:
        called |= _imported(one.node)
    return [
        (number, given)
        for number, statement in enumerate(statements)
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Call) and _name(node.func, called) == f"posenc.check.{checker}"
        for given in [*node.args, *(one.value for one in node.keywords)][:1]
    ]


def _imported(node: ast.stmt) -> dict[str, str]:
    """Return the names that an import gives to things of the course: there -> here."""
    found = {}
    if isinstance(node, ast.ImportFrom):
        found = {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    elif isinstance(node, ast.Import):
        found = {one.asname: one.name for one in node.names if one.asname}
    return {here: name for here, name in found.items() if name.startswith("posenc")}


def _name(function: ast.expr, called: dict[str, str]) -> str:
    """Return what a function is called in full; "" where it is not named."""
    if isinstance(function, ast.Attribute):
        return f"{_name(function.value, called)}.{function.attr}"
    return called.get(function.id, function.id) if isinstance(function, ast.Name) else ""
