"""Plant a mutant in the package that is loaded. For a process that ends soon: nothing is undone.

Functions that are alive get the mutant's code. Defaults, attributes of classes and names of
modules are taken from the mutant's source, run once more beside the package.
"""

import gc
import sys
import types
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from posenc.base import ENCODINGS

from .mutant import Mutant

Alive = Mapping[str, list[types.FunctionType]]


def plant(mutant: Mutant, alive: Alive) -> None:
    """Make the loaded package what it would be with the mutant's source."""
    module = sys.modules[mutant.module]
    new = compile(mutant.source, str(module.__file__), "exec")
    if mutant.kind == "body":
        _swap_code(module, new, alive[mutant.module])
    else:
        _transplant(module, mutant, _run_beside(module, new), alive[mutant.module])


def functions_alive() -> Alive:
    """Return all functions that were written in a file, by their module."""
    found = defaultdict(list)
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType:
            module = sys.modules.get(thing.__module__ or "")
            if thing.__code__.co_filename == getattr(module, "__file__", None):
                found[thing.__module__].append(thing)
    return found


def _by_name(whole: types.CodeType) -> dict[str, list[types.CodeType]]:
    """Return all code that a module defines by its qualified name, in the order of the source."""
    found: dict[str, list[types.CodeType]] = {}
    waiting = [whole]
    while waiting:
        code = waiting.pop(0)
        found.setdefault(code.co_qualname, []).append(code)
        waiting += [const for const in code.co_consts if isinstance(const, types.CodeType)]
    return found


def _swap_code(
    module: types.ModuleType, new: types.CodeType, alive: list[types.FunctionType]
) -> None:
    with open(str(module.__file__), encoding="utf-8") as file:
        old = compile(file.read(), str(module.__file__), "exec")
    before, after = _by_name(old), _by_name(new)
    for function in alive:
        name, line = function.__code__.co_qualname, function.__code__.co_firstlineno
        which = [code.co_firstlineno for code in before[name]].index(line)
        code = after[name][which]
        if function.__code__.co_freevars == code.co_freevars:
            function.__code__ = code
        else:
            _replace(module, function, code)


def _replace(module: types.ModuleType, old: types.FunctionType, code: types.CodeType) -> None:
    """Put a new function in a method's place: it no longer calls `super()`."""
    cells = dict(zip(old.__code__.co_freevars, old.__closure__ or (), strict=True))
    closure = tuple(cells[name] for name in code.co_freevars)
    new = types.FunctionType(code, old.__globals__, old.__name__, old.__defaults__, closure)
    new.__kwdefaults__ = old.__kwdefaults__
    owner = getattr(module, old.__qualname__.split(".")[0])
    setattr(owner, old.__name__, new)


def _run_beside(module: types.ModuleType, code: types.CodeType) -> dict[str, Any]:
    """Return the names that the source defines, with no encoding registered twice."""
    kept = dict(ENCODINGS)
    ENCODINGS.clear()
    names = {"__name__": module.__name__, "__file__": module.__file__}
    try:
        exec(code, names)
    finally:
        ENCODINGS.clear()
        ENCODINGS.update(kept)
    return names


def _transplant(
    module: types.ModuleType,
    mutant: Mutant,
    names: dict[str, Any],
    alive: list[types.FunctionType],
) -> None:
    *owner, last = mutant.place.split(".")
    here = getattr(module, owner[0]) if owner else module
    there = vars(names[owner[0]]) if owner else names
    if mutant.kind == "default":
        for function in alive:
            if function.__qualname__ == mutant.place:
                function.__defaults__ = there[last].__defaults__
                function.__kwdefaults__ = there[last].__kwdefaults__
        return
    for name in last.split(","):
        old, new = getattr(here, name), there[name]
        setattr(here, name, new)
        for other in list(sys.modules.values()) if not owner else []:
            if getattr(other, "__dict__", {}).get(name) is old:
                setattr(other, name, new)
