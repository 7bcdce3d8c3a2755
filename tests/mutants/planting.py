"""Plant a bug in the running package, and take it out again.

The module's source is compiled with the bug in it, and the function that is alive gets the
new code: whoever holds a reference to it, a class, a closure, a task, runs the bug.
"""

import gc
import importlib
import inspect
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A bug: in ``function`` of ``posenc.<module>``, ``old`` becomes ``new``."""

    slug: str
    module: str
    function: str  # the qualified name, also of a method or an inner function
    old: str
    new: str

    def __str__(self) -> str:
        return self.slug


def _code(whole: types.CodeType, name: str) -> types.CodeType:
    """The code object of a qualified name in that of a module."""
    waiting = [whole]
    while waiting:
        code = waiting.pop()
        if code.co_qualname == name:
            return code
        waiting += [const for const in code.co_consts if isinstance(const, types.CodeType)]
    raise LookupError(f"{whole.co_filename} has no function {name}")


def _alive(module: types.ModuleType, name: str) -> list[types.FunctionType]:
    return [
        thing
        for thing in gc.get_objects()
        if type(thing) is types.FunctionType
        and thing.__module__ == module.__name__
        and thing.__code__.co_qualname == name
        and thing.__code__.co_filename == module.__file__
    ]


def mutated(mutant: Mutant) -> types.CodeType:
    """The code with the bug; ``LookupError`` where the old text is not there exactly once."""
    module = importlib.import_module(f"posenc.{mutant.module}")
    source = inspect.getsource(module)
    original = _code(compile(source, module.__file__, "exec"), mutant.function)
    lines = source.splitlines(keepends=True)
    first = original.co_firstlineno - 1
    block = "".join(inspect.getblock(lines[first:]))
    if block.count(mutant.old) != 1:
        raise LookupError(
            f"{mutant.slug}: {mutant.function} holds {mutant.old!r} {block.count(mutant.old)} "
            "times and not once: bring this mutant up to date"
        )
    changed = "".join(lines[:first]) + "".join(lines[first:]).replace(mutant.old, mutant.new, 1)
    return _code(compile(changed, module.__file__, "exec"), mutant.function)


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """Run with the bug in the package."""
    code = mutated(mutant)
    functions = _alive(importlib.import_module(f"posenc.{mutant.module}"), mutant.function)
    if not functions:
        raise LookupError(f"{mutant.slug}: no function {mutant.function} is alive")
    before = [function.__code__ for function in functions]
    try:
        for function in functions:
            function.__code__ = code
        yield
    finally:
        for function, old in zip(functions, before, strict=True):
            function.__code__ = old
