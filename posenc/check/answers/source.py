"""The part of a notebook that an answer needs, as one text that runs by itself.

Read off the cells that were run, in the order in which they were run. What a function reads is
looked up when it is called, what any other statement reads is looked up where it stands.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HIDES = ("time", "capture", "prun")  # cell magics that run their cell in the notebook's names
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
SIMPLE = (*DEFINES, ast.Assign, ast.AnnAssign)  # bind their names anew, whatever they were
AT_ONCE = ("listcomp", "setcomp", "dictcomp", "genexpr")
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a cell."""

    node: ast.stmt
    text: str
    binds: frozenset[str]
    now: frozenset[str]  # the names that it reads when it is run
    later: frozenset[str]  # those that its functions read when they are called

    @property
    def is_star(self) -> bool:
        """Whether it is ``from … import *``, which may bind any name."""
        return isinstance(self.node, ast.ImportFrom) and self.node.names[0].name == "*"

    @property
    def is_future(self) -> bool:
        """Whether it changes how what follows is compiled."""
        return isinstance(self.node, ast.ImportFrom) and self.node.module == "__future__"


def gather(cells: list[str], checker: str, called: str) -> tuple[str, str]:
    """Return the source that an answer needs, and the expression that is the answer then.

    The last cell is the one that runs: it hands the answer to ``check.CHECKER``. Where no
    such call stands in it, the answer is what is ``called`` so.

    >>> gather(["import math", "n = 3", "def f(x): return math.sin(x)\\ncheck.f(f)"], "f", "f")
    ('import math\\n\\ndef f(x): return math.sin(x)\\n', 'f')
    """
    before = [one for cell in cells[:-1] for one in _statements(cell)]
    last = _statements(cells[-1]) if cells else []
    end, answer = _handed(last, checker) or (len(last), called)
    ran = [*before, *last[:end]]
    names = {part.id for part in ast.walk(ast.parse(answer)) if isinstance(part, ast.Name)}
    chosen = [ran[i] for i in sorted(_needed(ran, names))]
    futures = [one for one in ran if one.is_future]
    texts = dict.fromkeys(one.text for one in (*futures, *chosen))
    return "\n\n".join(texts) + "\n", answer


# --- statements -----------------------------------------------------------------------------


def _statements(cell: str) -> list[Statement]:
    """Return the statements of a cell; none where it is no Python."""
    try:
        body = ast.parse(cell).body
    except UNREADABLE:
        return []
    return [found for node in body for found in _read(node, cell)]


def _read(node: ast.stmt, cell: str) -> list[Statement]:
    hidden = _hidden(node)
    if hidden:
        return _statements(hidden)
    text = _text(node, cell)
    try:
        table = symtable.symtable(text, "cell", "exec")
    except UNREADABLE:  # `await` at the top
        return []
    symbols = table.get_symbols()
    binds = {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}
    now = {one.get_name() for one in symbols if one.is_referenced()}
    later: set[str] = set()
    for child in table.get_children():
        _add_reads(child, now, later)
    if not isinstance(node, SIMPLE):  # x += 1, or a binding inside `if`: what it was counts too
        now |= binds
    return [Statement(node, text, frozenset(binds), frozenset(now), frozenset(later))]


def _text(node: ast.stmt, cell: str) -> str:
    decorators = getattr(node, "decorator_list", [])
    if not decorators:
        return ast.get_source_segment(cell, node) or ast.unparse(node)
    return "\n".join(cell.splitlines()[decorators[0].lineno - 1 : node.end_lineno])


def _hidden(node: ast.stmt) -> str:
    """Return the cell below a magic such as ``%%time``; "" for any other statement."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "run_cell_magic":
        given = [getattr(part, "value", "") for part in call.args]
        return str(given[-1]) if given and given[0] in HIDES else ""
    return ""


def _add_reads(table: symtable.SymbolTable, now: set[str], later: set[str]) -> None:
    """Add the global names of an inner scope: a class's body is run at once, a function's not."""
    at_once = table.get_type() == "class" or table.get_name() in AT_ONCE
    names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    (now if at_once else later).update(names)
    for child in table.get_children():
        _add_reads(child, now if at_once else later, later)


def _handed(cell: list[Statement], checker: str) -> tuple[int, str] | None:
    """Return which statement hands an answer to the checker, and what it hands over."""
    for number, statement in reversed(list(enumerate(cell))):
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Call) and _last_name(node.func) == checker:
                for given in (*node.args, *(part.value for part in node.keywords)):
                    return number, ast.unparse(given)
    return None


def _last_name(function: ast.expr) -> str:
    return str(getattr(function, "attr", getattr(function, "id", "")))


# --- which of them are needed ---------------------------------------------------------------


def _needed(ran: list[Statement], names: Iterable[str]) -> set[int]:
    """Return the numbers of the statements that make these names what they are in the end."""
    todo = [(name, len(ran)) for name in names]
    done, chosen = set[tuple[str, int]](), set[int]()
    while todo:
        name, end = todo.pop()
        if (name, end) in done:
            continue
        done.add((name, end))
        for number in _making(ran, name, end):
            chosen.add(number)
            todo += [(read, number) for read in ran[number].now]
            todo += [(read, end) for read in ran[number].later]
    return chosen


def _making(ran: list[Statement], name: str, end: int) -> Iterator[int]:
    """Yield the last statement before ``end`` that binds a name, and those that change it."""
    bound = [number for number in range(end) if name in ran[number].binds]
    if not bound:
        if not hasattr(builtins, name):
            yield from (number for number in range(end) if ran[number].is_star)
        return
    last = bound[-1]
    yield last
    is_fixed = isinstance(ran[last].node, DEFINES)
    for number in range(last + 1, end):
        if name in _changed(ran[number].node, with_calls=not is_fixed):
            yield number


def _changed(node: ast.stmt, *, with_calls: bool) -> set[str]:
    """Return the names of which a statement sets a part: ``x[0] = 1``, or ``x.append(1)``."""
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    parts = (ast.Attribute, ast.Subscript)
    found = {_root(target) for target in targets if isinstance(target, parts)}
    call = node.value if isinstance(node, ast.Expr) else None
    if with_calls and isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        found.add(_root(call.func))
    return found


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
