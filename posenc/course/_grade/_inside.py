"""What runs sealed off: a learner's cells, and the calls that the teacher's side makes."""

import ast
import os
import threading
from collections.abc import Iterator
from typing import Any

import torch

from posenc.course._grade._peer import Peer
from posenc.course._grade._slices import Statement, slice_for, statements
from posenc.course._grade._values import text_of


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


# --- limits -----------------------------------------------------------------------------------

MEMORY = 1 << 29  # beyond what Python and torch take
PROCESSES = 4  # beyond those that run
CPU_SECONDS = 120
FILE_BYTES = 16 << 20


def _limit() -> None:
    """Lower what this process may take, for good."""
    import resource  # Windows has none, and no walls either

    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: taken + MEMORY,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: threading.active_count() + PROCESSES,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def main(sealed: bool) -> None:
    """Serve the teacher's side over what were stdin and stdout; print into nothing."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    torch.set_num_threads(1)
    peer = Peer(source, sink)
    books: list[Notebook] = []

    def read(*given: list[str]) -> None:
        books[:] = [Notebook(*given)]

    peer.commands |= {"read": read, "answer": lambda *given: books[0].answer(*given)}
    peer.commands["hello"] = lambda: None
    if sealed:
        _limit()
    peer.serve()


if __name__ == "__main__":
    import sys

    main(sealed=sys.argv[1:] == ["--sealed"])
