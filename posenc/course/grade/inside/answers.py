"""A learner's cells, and the answers that are found in them."""

import ast
from collections.abc import Iterator
from typing import Any

from posenc.course.grade.inside.statements import Statement, slice_for, statements
from posenc.course.grade.wire.values import text_of


class Notebook:
    """A submission's cells, its lesson's, and the names of all answers in it."""

    def __init__(self, cells: list[str], lesson: list[str], names: list[str]) -> None:
        self.names = names
        self.given, self.unread = statements(cells, "cell")
        self.lesson, _ = statements(lesson, "the lesson's cell")

    def answer(
        self, name: str, checker: str, hint: str, version: int
    ) -> tuple[bool, bool, Any, list[str]]:
        """Return whether this version is there, whether it could be made, itself, and notes."""
        for number, (expression, without) in enumerate(self._versions(name, checker, hint)):
            if number == version:
                return True, *self._made(expression, without)
        return False, False, None, self.unread

    def _versions(self, name: str, checker: str, hint: str) -> Iterator[tuple[ast.expr, set[int]]]:
        """Yield what may be meant: the name, what the check was handed, the cell's last name."""
        named: list[ast.expr] = [ast.Name(name, ast.Load())]
        others = {one for one in self.names if one != name}
        handed = [call.args[0] for call in self._checks(checker)][::-1]
        named += [one for one in handed if getattr(one, "id", "") not in others]
        named += [ast.Name(last, ast.Load()) for last in _last_bound(hint)]
        seen = set()
        for expression in named:
            if ast.dump(expression) in seen:
                continue
            seen.add(ast.dump(expression))
            if not isinstance(expression, ast.Name):
                yield expression, set()
                continue
            places = [n for n, s in enumerate(self.given)
                      if expression.id in s.binds and not s.is_call]  # fmt: skip
            for i in reversed(range(len(places))):
                yield expression, set(places[i + 1 :])

    def _checks(self, checker: str) -> Iterator[ast.Call]:
        for statement in self.given:
            for node in ast.walk(statement.node):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                function = node.func
                if isinstance(function, ast.Attribute) and function.attr == checker:
                    if isinstance(function.value, ast.Name) and function.value.id == "check":
                        yield node

    def _made(self, expression: ast.expr, without: set[int]) -> tuple[bool, Any, list[str]]:
        used = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
        space: dict[str, Any] = {"__name__": "__main__"}
        notes = _run(slice_for(used, self.given, self.lesson, without), space)
        code = ast.fix_missing_locations(ast.Expression(expression))
        try:
            value = eval(compile(code, "<answer>", "eval"), space)
        except Exception as error:
            return False, None, notes or [_said("the answer", error)]
        return True, value, notes


def _last_bound(hint: str) -> list[str]:
    try:
        body = ast.parse(hint).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in body if isinstance(node, kinds)][-1:]


def _run(needed: list[Statement], space: dict[str, Any]) -> list[str]:
    """Run the statements; one that misses a name is tried again after those below it."""
    notes: list[str] = []
    while needed:
        failed = []
        for statement in needed:
            try:
                exec(compile(ast.Module([statement.node], []), statement.place, "exec"), space)
            except BaseException as error:
                failed.append((statement, error))
        waiting = [statement for statement, error in failed if isinstance(error, NameError)]
        stuck = len(waiting) == len(needed)
        notes += [_said(statement.place, error) for statement, error in failed
                  if stuck or statement not in waiting]  # fmt: skip
        needed = [] if stuck else waiting
    return notes


def _said(place: str, error: BaseException) -> str:
    return f"{place} raised {type(error).__name__}: {text_of(error)[:200]}".rstrip(": ")
