"""Which statements of a notebook an answer needs: those that bind its names, and their names.

Runs where the learner's code runs. An answer needs a few lines of its notebook and never its
pictures or its trainings, so that only those lines are run, in the order of the notebook:
what was deleted, doubled or moved elsewhere does not matter to it.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True)
class Statement:
    """One statement at the top of a cell: what it binds, what it needs, where it stands."""

    node: ast.stmt
    binds: frozenset[str]
    needs: frozenset[str]
    place: str

    @property
    def is_call(self) -> bool:
        """Whether it only does something to an object: ``names.append(…)``."""
        return isinstance(self.node, ast.Expr)


def statements(cells: Iterable[str], what: str) -> tuple[list[Statement], list[str]]:
    """Return the statements of the cells, and what cannot be read of them."""
    found, unread = [], []
    for number, cell in enumerate(cells, 1):
        place = f"{what} {number}"
        try:
            body = ast.parse(_python(cell)).body
            found += [_statement(node, place) for whole in body for node in _single(whole)]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}," if isinstance(error, SyntaxError) else ""
            unread.append(f"{place}{line} is no Python: {getattr(error, 'msg', error)}")
    return found, unread


def _python(cell: str) -> str:
    """Return the cell with its magics (``%time``, ``!ls``) as Python, where it has some."""
    try:
        ast.parse(cell)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        return TransformerManager().transform_cell(cell)
    return cell


def _single(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield imports one name at a time: who needs ``torch`` need not wait for the plots."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        yield node
        return
    for alias in node.names:
        one = type(node)(**{**dict(ast.iter_fields(node)), "names": [alias]})
        yield ast.copy_location(one, node)


def _statement(node: ast.stmt, place: str) -> Statement:
    table = symtable.symtable(ast.unparse(node), place, "exec")
    binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    binds |= set(_written_into(node))
    return Statement(node, frozenset(binds), frozenset(_needs(table, top=True)), place)


def _needs(table: symtable.SymbolTable, top: bool = False) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_global() or (top and symbol.is_referenced()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _needs(child)


def _written_into(node: ast.stmt) -> Iterator[str]:
    """Yield the names of objects that the statement changes: ``x[0] = 1``, ``x.append(1)``."""
    if isinstance(node, ast.Expr):
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            yield from _root(call.func)
    if not isinstance(node, SCOPES):
        for part in ast.walk(node):
            stored = isinstance(getattr(part, "ctx", None), ast.Store)
            if stored and isinstance(part, (ast.Attribute, ast.Subscript)):
                yield from _root(part)


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def slice_for(
    names: Iterable[str], given: list[Statement], lesson: list[Statement], without: set[int]
) -> list[Statement]:
    """Return the statements that bind the names, and all that those need, in order.

    A name that the submission does not bind is taken from the lesson: it may have been in a
    cell that was deleted. ``without`` are the statements of the submission to leave out.
    """
    todo, done = list(names), set[str]()
    chosen: set[tuple[int, int]] = set()
    while todo:
        name = todo.pop()
        if name in done or hasattr(builtins, name):
            continue
        done.add(name)
        for source, number, statement in _binding(name, given, lesson, without):
            chosen.add((source, number))
            todo += statement.needs
    return [(lesson, given)[source][number] for source, number in sorted(chosen)]


def _binding(
    name: str, given: list[Statement], lesson: list[Statement], without: set[int]
) -> Iterator[tuple[int, int, Statement]]:
    """Yield the statements that bind a name, with their places."""
    for source, pool in ((1, given), (0, lesson)):
        left = without if source else set()
        here = [(source, n, s) for n, s in enumerate(pool) if name in s.binds and n not in left]
        if all(s.is_call or isinstance(s.node, (ast.Import, ast.ImportFrom)) for _, _, s in here):
            here = [one for one in here if not one[2].is_call]  # torch.manual_seed(0) binds none
        if here:
            yield from here
            return
