"""The text of a cell as statements of Python, its magics included.

IPython's own transformer turns `%%time`, `!ls` and `x?` into calls. The code that a magic runs in
the notebook's own names (`%%capture`, `%time x = 1`) then takes the place of the call.
"""

import ast
from collections.abc import Iterator

RUN_HERE = ("time", "capture", "prun")  # run their code in the notebook's names
RUNS = {"run_cell_magic", "run_line_magic"}
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def body_of(cell: str) -> list[ast.stmt]:
    """Return the statements of a cell; raises one of ``UNREADABLE``, first of all SyntaxError."""
    try:
        tree = ast.parse(cell)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        tree = ast.parse(TransformerManager().transform_cell(cell))
    body: list[ast.stmt] = _Unwrapped().visit(tree).body
    return body


class _Unwrapped(ast.NodeTransformer):
    """Puts the code that a magic runs where its call stands."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        name, code, is_cell = _magic(node.value)
        if is_cell and name in RUN_HERE:
            return _below(code, node.lineno)
        if name in RUN_HERE and (body := _line(code)):
            return [ast.increment_lineno(one, node.lineno - 1) for one in body]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name, code, _ = _magic(node)
        body = _line(code) if name in RUN_HERE else []
        if len(body) == 1 and isinstance(body[0], ast.Expr):  # x = %time f()
            return ast.copy_location(body[0].value, node)
        return self.generic_visit(node)


def _magic(node: ast.expr) -> tuple[str, str, bool]:
    """Return the magic that is called, the code handed to it, and whether it takes a cell."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        given = [part.value for part in node.args if isinstance(part, ast.Constant)]
        if node.func.attr in RUNS and len(given) >= 2:
            return str(given[0]), str(given[-1]), node.func.attr == "run_cell_magic"
    return "", "", False


def _below(code: str, line: int) -> list[ast.stmt]:
    """Return the statements of code that begins after this line of its cell."""
    try:
        return [ast.increment_lineno(one, line) for one in body_of(code)]
    except SyntaxError as error:
        error.lineno = (error.lineno or 1) + line
        raise


def _line(code: str) -> list[ast.stmt]:
    try:
        return body_of(code)
    except UNREADABLE:
        return []  # it has options


def one_by_one(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield imports one name at a time: who needs ``torch`` need not wait for the plots."""
    for node in body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
            continue
        for alias in node.names:
            one = type(node)(**{**dict(ast.iter_fields(node)), "names": [alias]})
            yield ast.copy_location(one, node)


def exported(node: ast.ImportFrom) -> set[str]:
    """Return the names that ``from … import *`` binds; none where it cannot be imported."""
    found: dict[str, object] = {}
    try:
        exec(compile(ast.Module([node], []), "<import>", "exec"), found)
    except BaseException:  # whatever is raised there
        return set()
    return set(found) - {"__builtins__"}
