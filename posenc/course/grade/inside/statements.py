"""What each statement of a notebook binds, changes and needs.

Read off its syntax tree and Python's own symbol tables; nothing is run for it but `import *`.
"""

import ast
import symtable
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace

from posenc.course.grade.inside.cells import UNREADABLE, body_of, exported, one_by_one
from posenc.course.grade.inside.effects import FUNCTIONS, SEEDS, SETTINGS, Effects, called, read

DEFINES = (*FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Statement:
    """One statement at the top of a cell, and where it stands."""

    node: ast.stmt
    cell: int
    place: str
    binds: Set[str]  # names
    stores: Set[str]  # names of objects that it sets a part of: ``x[0] = 1``
    changes: Set[str]  # names of objects that a call in it may change: ``x.append(1)``
    needs: Set[str]  # also those that its functions need when they are called
    later: Set[str]  # what its functions bind and change when they are called
    effects: tuple[Effects, Effects]
    widely: Set[str] = frozenset()  # what it may change by way of other objects

    def touches(self, widely: bool = False) -> Set[str]:
        """Return the names whose state depends on it."""
        directly = self.binds | self.stores | self.changes
        return directly | self.widely if widely else directly

    @property
    def is_fixed(self) -> bool:
        """Whether calls do not change what it binds: a module, or a function."""
        is_plain = isinstance(self.node, FUNCTIONS) and not self.node.decorator_list
        return is_plain or isinstance(self.node, (ast.Import, ast.ImportFrom))

    @property
    def is_seed(self) -> bool:
        """Whether it seeds a generator of random numbers, on which no right answer depends."""
        return called(self.node) in SEEDS


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
    reads = any("_" in one.effects[0].reads - one.binds for one in cell)
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
    for part in ast.walk(node):
        if isinstance(part, ast.ImportFrom) and part.names[0].name == "*":
            binds |= exported(part)
    first, later = effects = read(node)
    inner = {name for child in table.get_children() for name in _needs(child)}
    here = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    beyond = (later.all & (inner | {SETTINGS})) | later.binds
    binds |= first.binds
    parts = binds, first.stores, first.changes, here | inner, beyond
    return Statement(node, cell, place, *parts, effects)


def _needs(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
    for child in table.get_children():
        yield from _needs(child)
