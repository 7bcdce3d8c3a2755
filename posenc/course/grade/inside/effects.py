"""What running some code binds and changes, as far as its syntax tree tells.

Where it is not certain what the code changes, it counts as changing it.
"""

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field

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


@dataclass
class Effects:
    """What some code reads, binds and changes, by name."""

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)  # a part is set: ``x[0] = 1``
    changes: set[str] = field(default_factory=set)  # by a call: ``x.append(1)``
    # (function or "", what it is given, whether the call is a statement of its own): ``fill(x)``
    hands: set[tuple[str, str, bool]] = field(default_factory=set)
    part_of: set[tuple[str, str]] = field(default_factory=set)  # (row, table): ``row = table[0]``
    given: set[str] = field(default_factory=set)  # the parameters

    @property
    def all(self) -> set[str]:
        """All that is bound or changed for certain."""
        return self.binds | self.stores | self.changes

    @property
    def fills(self) -> bool:
        """Whether functions of this code change what they are given."""
        return bool(wholes(self.all, self.part_of) & self.given)


def read(node: ast.AST) -> tuple[Effects, Effects]:
    """Return what code does when it is run, and what its functions do when they are called.

    The body of a lambda counts as run.
    """
    reader = _Reader()
    reader.visit(node)
    return reader.first, reader.later


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.first, self.later = Effects(), Effects()
        self.found = self.first
        self.alone = set[ast.expr]()  # the calls that are statements

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._decorated(node)
        self.visit(node.args)
        before, self.found = self.found, self.later
        self.found.given |= {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
        for part in node.body:
            self.visit(part)
        self.found = before

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._decorated(node)
        for part in (*node.bases, *node.keywords, *node.body):
            self.visit(part)

    def _decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for part in node.decorator_list:
            self.found.changes |= root(part)  # @helper.register
            self.visit(part)

    def visit_Global(self, node: ast.Global) -> None:
        if self.found is self.later:
            self.found.binds |= set(node.names)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.found.reads.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._stored(node)
        if node.attr in CHANGES or _in_place(node):
            self.found.changes |= root(node)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._stored(node)
        self.generic_visit(node)

    def _stored(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.found.stores |= root(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = set[str]().union(*map(root, node.targets))
        whole = names | {p.id for p in ast.walk(node.value) if isinstance(p, ast.Name)}
        self.found.part_of |= {(name, one) for name in names for one in whole - {name}}
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.found.changes |= root(node.target)  # box += [1]
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        if self.found is self.first:  # in a comprehension, too
            self.found.binds.add(node.target.id)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        name = called(node)
        if name in SET or _where_to_look(node) or (name in SEEDS and self.found is self.first):
            self.found.changes.add(SETTINGS)
        if isinstance(node.value, ast.Call) and not root(node.value.func) & SHOWS:
            self.alone.add(node.value)
            self.found.changes |= root(node.value.func)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        given = set[str]().union(*map(root, node.args))
        if name in ANY_NAME:
            self.found.changes.add(SETTINGS)
        if name in CHANGES_FIRST or _in_place(node.func):
            self.found.changes |= given
        elif name not in SHOWS and not hasattr(builtins, name):
            alone = node in self.alone
            self.found.hands |= {(name, one, alone) for one in given if name or alone}
            self.found.changes |= given if alone and self.found is self.later else set()

    def visit_For(self, node: ast.For) -> None:
        self.generic_visit(node)
        names = {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
        if names & self.found.all:  # for row in rows: row.append(0)
            self.found.changes |= {p.id for p in ast.walk(node.iter) if isinstance(p, ast.Name)}


def called(node: ast.stmt) -> str:
    """Return the last name of what a statement calls: ``seed`` of ``numpy.random.seed(0)``."""
    call = node.value if isinstance(node, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _where_to_look(node: ast.Expr) -> bool:
    """Return whether a statement changes where imports look: ``sys.path.append("lib")``."""
    return isinstance(node.value, ast.Call) and ast.unparse(node.value.func).startswith("sys.path.")


def root(node: ast.expr) -> set[str]:
    """Return the name that ``x[0].part`` or ``x.view(-1)`` begins with, as a set."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
            return set()
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def wholes(names: Iterable[str], part_of: Iterable[tuple[str, str]]) -> set[str]:
    """Return the names, and those of all that they may be parts of, or other names for."""
    found, todo, pairs = set(names), list(names), list(part_of)
    while todo:
        part = todo.pop()
        more = {whole for name, whole in pairs if name == part} - found
        found |= more
        todo += more
    return found


def _in_place(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else ""
    return name.endswith("_") and not name.endswith("__")
