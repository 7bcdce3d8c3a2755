"""A learner's cells, and the answers that are found in them."""

import __future__

import ast
import itertools
import linecache
from collections.abc import Iterator
from typing import Any

from posenc.course.grade.inside import settings, shell
from posenc.course.grade.inside.cells import UNREADABLE, body_of
from posenc.course.grade.inside.checks import handed
from posenc.course.grade.inside.effects import SETTINGS
from posenc.course.grade.inside.slices import Book, State
from posenc.course.grade.inside.statements import Statement
from posenc.course.grade.wire.values import text_of


class Notebook:
    """A submission's cells, its lesson's, and the names of all answers in it."""

    def __init__(self, cells: list[str], lesson: list[str], names: list[str]) -> None:
        self.names, self.book = names, Book(cells, lesson)
        self.flags = sum({_flag(one.node) for one in self.book.given})
        for number, cell in enumerate(cells, 1):  # where `inspect` and tracebacks look
            lines = cell.splitlines(keepends=True)
            linecache.cache[f"cell {number}"] = len(cell), None, lines, f"cell {number}"

    def answer(
        self, name: str, checker: str, hint: str, version: int
    ) -> tuple[bool, bool, Any, list[str]]:
        """Return whether this version is there, whether it could be made, itself, and notes."""
        unread = [one.why for one in self.book.unread]
        own = [f"its cell cannot be read: {one.why}" for one in self.book.unread
               if name in one.text or f"check.{checker}(" in one.text]  # fmt: skip
        for number, made_of in enumerate(self._versions(name, checker, hint)):
            if number == version:
                made, value, notes = self._made(*made_of)
                return True, made, value, notes + own
        return False, False, None, own or unread

    # --- which versions there are ---

    def _versions(
        self, name: str, checker: str, hint: str
    ) -> Iterator[tuple[ast.expr, list[Statement]]]:
        """Yield what may be meant, the likeliest first, with the statements that it needs."""
        seen = set()
        for expression, state in self._states(name, checker, hint):
            used = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
            needed = [self.book.at(where) for where in self.book.needed(used, state)]
            key = ast.dump(expression), *(id(one) for one in needed if not one.is_seed)
            if key not in seen:
                seen.add(key)
                yield expression, needed

    def _states(self, name: str, checker: str, hint: str) -> Iterator[tuple[ast.expr, State]]:
        """Yield expressions, each with the notebook when all is run, and when it was checked.

        A helper may have another meaning by the end. And the lesson's settings may have been
        in a cell that was deleted, or the learner has done without them.
        """
        told = (True, False) if self.book.settings else (True,)
        for widely, as_told in itertools.product((False, True), told):
            for expression in self._expressions(name, checker, hint):
                for until, without in self._times(expression, checker):
                    for end in (len(self.book.given), until):
                        yield expression, State(end, without, as_told, widely)

    def _expressions(self, name: str, checker: str, hint: str) -> Iterator[ast.expr]:
        """Yield the name, what the check was handed, the last name of the answer's own cell."""
        yield ast.Name(name, ast.Load())
        others = {one for one in self.names if one != name}
        for _, one in reversed(handed(self.book.given, checker)):
            if getattr(one, "id", "") not in others:
                yield one
        for last in _last_bound(hint):
            yield ast.Name(last, ast.Load())

    def _times(self, expression: ast.expr, checker: str) -> Iterator[tuple[int, frozenset[int]]]:
        """Yield when it was checked, and the statements to leave out: later ones of its name."""
        given = self.book.given
        checked = [number + 1 for number, one in handed(given, checker)
                   if ast.dump(one) == ast.dump(expression)]  # fmt: skip
        if not isinstance(expression, ast.Name):
            yield checked[-1], frozenset()
            return
        places = [n for n, one in enumerate(given) if expression.id in one.binds]
        ends = [*places, len(given)][1:]
        for i, (begin, end) in reversed(list(enumerate(zip(places, ends, strict=True)))):
            until = [number for number in checked if begin < number <= end] or [len(given)]
            yield until[-1], frozenset(places[i + 1 :])

    # --- one of them ---

    def _made(self, expression: ast.expr, needed: list[Statement]) -> tuple[bool, Any, list[str]]:
        settings.anew()
        space = shell.names()
        notes = self._run(needed, space)
        code = ast.fix_missing_locations(ast.Expression(expression))
        try:
            value = eval(compile(code, "<answer>", "eval"), space)
        except Exception as error:
            return False, None, notes or [_said("the answer", error)]
        return True, value, notes

    def _run(self, needed: list[Statement], space: dict[str, Any]) -> list[str]:
        """Run the statements; one that misses a name is tried again after those below it."""
        notes: list[str] = []
        while needed:
            failed = []
            for statement in needed:
                try:
                    exec(self._compiled(statement), space)
                except BaseException as error:
                    failed.append((statement, error))
            waiting = [statement for statement, error in failed if isinstance(error, NameError)]
            stuck = len(waiting) == len(needed)
            notes += [_said(statement.place, error) for statement, error in failed
                      if (stuck or statement not in waiting)
                      and SETTINGS not in statement.touches()]  # fmt: skip
            needed = [] if stuck else waiting
        return notes

    def _compiled(self, statement: Statement) -> Any:
        module = ast.Module([statement.node], [])
        return compile(module, statement.place, "exec", self.flags, dont_inherit=True)


def _flag(node: ast.stmt) -> int:
    """Return how Python compiles what follows: `from __future__ import annotations`."""
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        feature = getattr(__future__, node.names[0].name, None)
        return int(getattr(feature, "compiler_flag", 0))
    return 0


def _last_bound(hint: str) -> list[str]:
    try:
        body = body_of(hint)
    except UNREADABLE:
        return []
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in body if isinstance(node, kinds)][-1:]


def _said(place: str, error: BaseException) -> str:
    return f"{place} raised {type(error).__name__}: {text_of(error)[:200]}".rstrip(": ")
