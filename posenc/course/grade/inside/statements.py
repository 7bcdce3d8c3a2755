"""What each statement of a notebook binds, changes and needs.

Read off the syntax tree and Python's own symbol tables; nothing is run for it but `import *`.
Where it is not certain what a statement changes, it counts as changing it.
"""

import ast
import builtins
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from posenc.course.grade.inside.cells import UNREADABLE, body_of, exported, one_by_one

SETTINGS = "(settings)"  # stands for the state of libraries, as if it were a name
SET = {"set_default_dtype", "set_default_tensor_type", "set_grad_enabled", "set_printoptions",
       "use_deterministic_algorithms", "set_float32_matmul_precision", "seterr",
       "setrecursionlimit"}  # fmt: skip
SEEDS = {"manual_seed", "seed"}
ANY_NAME = {"exec", "globals", "locals", "vars"}  # what binds names that no one sees
CHANGES = {"append", "appendleft", "extend", "insert", "pop", "popleft", "popitem", "remove",
           "discard", "clear", "add", "update", "setdefault", "sort", "reverse"}  # fmt: skip
CHANGES_FIRST = {"next", "setattr", "delattr"}  # the built-in ones that change what they are given
SHOWS = {"check", "display", "plots", "plt", "pprint", "widgets"}  # change nothing
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Statement:
    """One statement at the top of a cell, and where it stands."""

    node: ast.stmt
    cell: int
    place: str
    binds: frozenset[str]  # names
    stores: frozenset[str]  # names of objects that it sets a part of: ``x[0] = 1``
    changes: frozenset[str]  # names of objects that a call in it may change: ``x.append(1)``
    needs: frozenset[str]  # also those that its functions need when they are called
    now: frozenset[str]  # those that it needs itself
    later: frozenset[str]  # what its functions bind and change when they are called
    part_of: frozenset[tuple[str, str]]  # (row, table) of ``row = table[0]``: it may be changed

    @property
    def touches(self) -> frozenset[str]:
        """The names whose state depends on it."""
        return self.binds | self.stores | self.changes

    @property
    def is_import(self) -> bool:
        """Whether it imports a name."""
        return isinstance(self.node, (ast.Import, ast.ImportFrom))

    @property
    def is_seed(self) -> bool:
        """Whether it seeds a generator of random numbers, on which no right answer depends."""
        return _called(self.node) in SEEDS


@dataclass(frozen=True)
class Unread:
    """A cell that is no Python."""

    text: str
    why: str


def statements(cells: Iterable[str], what: str) -> tuple[list[Statement], list[Unread]]:
    """Return the statements of the cells, and the cells that cannot be read."""
    found: list[Statement] = []
    unread = []
    for number, cell in enumerate(cells, 1):
        place = f"{what} {number}"
        try:
            body = list(one_by_one(body_of(cell)))
            found += _with_last_value(found, [_statement(node, number, place) for node in body])
        except UNREADABLE as error:
            line = f", line {error.lineno}," if isinstance(error, SyntaxError) else ""
            said = f"{place}{line} is no Python: {getattr(error, 'msg', error)}"
            unread.append(Unread(cell, said))
    return found, unread


def _with_last_value(before: list[Statement], cell: list[Statement]) -> list[Statement]:
    """Return the cell; where it reads ``_``, the value of the cell before it is kept there."""
    reads = any("_" in one.now and "_" not in one.binds for one in cell)
    if reads and before and isinstance(before[-1].node, ast.Expr):
        node = before[-1].node
        kept = ast.Assign([ast.Name("_", ast.Store())], node.value)
        kept = ast.fix_missing_locations(ast.copy_location(kept, node))
        binds = before[-1].binds | {"_"}
        before[-1] = replace(before[-1], node=kept, binds=binds)
    return cell


def _statement(node: ast.stmt, cell: int, place: str) -> Statement:
    table = symtable.symtable(ast.unparse(node), place, "exec")
    binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        binds |= exported(node)
    read = _Reader()
    read.visit(node)
    inner = {name for child in table.get_children() for name in _needs(child)}
    here = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    later = {SETTINGS} & read.later.changes | (read.later.all & inner) | read.later.binds
    first = read.first
    parts = binds | first.binds, first.stores, first.changes, here | inner, read.now, later
    return Statement(node, cell, place, *map(frozenset, parts), frozenset(read.part_of))


def _needs(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
    for child in table.get_children():
        yield from _needs(child)


@dataclass
class _Found:
    binds: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)

    @property
    def all(self) -> set[str]:
        return self.binds | self.stores | self.changes


class _Reader(ast.NodeVisitor):
    """Gathers which objects are changed: when a statement is run, and by functions later."""

    def __init__(self) -> None:
        self.first, self.later = _Found(), _Found()
        self.now, self.part_of = set[str](), set[tuple[str, str]]()
        self.found = self.first

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in (*node.decorator_list, node.args):
            self.visit(part)
        before, self.found = self.found, self.later
        for part in node.body:
            self.visit(part)
        self.found = before

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_function

    def visit_Global(self, node: ast.Global) -> None:
        if self.found is self.later:
            self.found.binds |= set(node.names)

    def visit_Name(self, node: ast.Name) -> None:
        if self.found is self.first and isinstance(node.ctx, ast.Load):
            self.now.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._stored(node)
        in_place = node.attr.endswith("_") and not node.attr.endswith("__")
        if node.attr in CHANGES or in_place:
            self.found.changes |= _root(node)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._stored(node)
        self.generic_visit(node)

    def _stored(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.found.stores |= _root(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if self.found is self.first:
            names = set[str]().union(*map(_root, node.targets))
            whole = names | {p.id for p in ast.walk(node.value) if isinstance(p, ast.Name)}
            self.part_of |= {(name, one) for name in names for one in whole - {name}}
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.found.changes |= _root(node.target)  # box += [1]
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        if self.found is self.first:  # in a comprehension, too
            self.found.binds.add(node.target.id)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        call, name = node.value, _called(node)
        if name in SET or (name in SEEDS and self.found is self.first):
            self.found.changes.add(SETTINGS)
        if isinstance(call, ast.Call) and not _root(call.func) & SHOWS:
            self.found.changes |= _root(call.func)
            if not hasattr(builtins, name):
                self.found.changes |= {name for part in call.args for name in _root(part)}
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in CHANGES_FIRST and node.args:
            self.found.changes |= _root(node.args[0])
        if name in ANY_NAME:
            self.found.changes.add(SETTINGS)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self.generic_visit(node)
        names = {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
        if names & self.found.all:  # for row in rows: row.append(0)
            self.found.changes |= {p.id for p in ast.walk(node.iter) if isinstance(p, ast.Name)}


def _called(node: ast.stmt) -> str:
    """Return the last name of what a statement calls: ``seed`` of ``numpy.random.seed(0)``."""
    call = node.value if isinstance(node, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _root(node: ast.expr) -> set[str]:
    """Return the name that ``x[0].part`` or ``x.view(-1)`` begins with, as a set."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
            return set()
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()
