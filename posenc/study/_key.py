"""Keys: a digest of what made a result, its code included, and of nothing else.

Code enters as bytecode without docstrings, with what it refers to, so that a comment or a
docstring changes no key, while an edited method, base class or helper does. What is
installed (torch, the standard library) enters by name; its version is kept beside.
"""

import dis
import functools
import hashlib
import re
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType, ModuleType

import numpy as np
from torch import Tensor, nn

IDLE = {  # entries of a class that make no numbers
    "__annotations__",
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__module__",
    "__static_attributes__",
    "__weakref__",
    "label",
    "paper",
}
PLAIN = (type(None), bool, int, float, complex, str, bytes)


def digest(*things: object) -> str:
    """Return 16 letters that change when one of the things, or code it relies on, does.

    >>> digest(len, 1.5) == digest(len, 1.5) != digest(len, 1.6)
    True
    """
    walk = _Walk()
    return hashlib.sha256(repr([walk.of(thing) for thing in things]).encode()).hexdigest()[:16]


class _Walk:
    """Describes things as nested tuples; what was met before is told by its number."""

    def __init__(self) -> None:
        self.met: dict[int, tuple[int, object]] = {}  # the object too: an id may be given again

    def of(self, thing: object) -> object:
        if isinstance(thing, PLAIN):
            return repr(thing)
        if id(thing) in self.met:
            return f"met {self.met[id(thing)][0]}"
        self.met[id(thing)] = len(self.met), thing
        return (type(thing).__name__, *self._parts(thing))

    def _parts(self, thing: object) -> Iterator[object]:
        if isinstance(thing, ModuleType):
            yield thing.__name__
        elif isinstance(thing, type | FunctionType) and installed(thing.__module__):
            yield f"{thing.__module__}.{thing.__qualname__}"
        elif isinstance(thing, type):
            yield from map(self.of, thing.__bases__)
            if type(thing) is not type:
                yield self.of(type(thing))
            yield from self._pairs({k: v for k, v in vars(thing).items() if k not in IDLE})
        elif isinstance(thing, FunctionType):
            yield from self._function(thing)
        elif isinstance(thing, Tensor):
            values = thing.detach().cpu()
            yield (str(values.dtype), tuple(values.shape), repr(values.tolist()))
        else:
            yield from self._value(thing)

    def _function(self, function: FunctionType) -> Iterator[object]:
        yield from self._code(function.__code__, function.__doc__)
        yield self.of(function.__defaults__)
        yield self.of(function.__kwdefaults__)
        for cell in function.__closure__ or ():
            yield self.of(cell.cell_contents)
        for name in sorted(_globals_of(function.__code__)):
            if name in function.__globals__:
                yield name, self.of(function.__globals__[name])
                yield from self._through(function.__globals__[name], function.__code__)

    def _through(self, module: object, code: CodeType) -> Iterator[object]:
        """What code may take from a module that is not installed: ``helpers.shift(x)``."""
        if isinstance(module, ModuleType) and not installed(module.__name__):
            for name in sorted(_names_of(code) & set(vars(module))):
                yield name, self.of(vars(module)[name])
                yield from self._through(vars(module)[name], code)

    def _code(self, code: CodeType, doc: str | None) -> Iterator[object]:
        yield code.co_code, code.co_names, code.co_varnames, code.co_freevars
        for value in code.co_consts:
            if isinstance(value, CodeType):
                inner = value.co_consts[0] if value.co_consts else None
                yield tuple(self._code(value, inner if isinstance(inner, str) else None))
            elif doc is None or value != doc:
                yield self.of(value)

    def _value(self, thing: object) -> Iterator[object]:
        if isinstance(thing, staticmethod | classmethod):
            yield self.of(thing.__func__)
        elif isinstance(thing, property):
            yield self.of((thing.fget, thing.fset))
        elif isinstance(thing, functools.partial):
            yield self.of((thing.func, thing.args, thing.keywords))
        elif isinstance(thing, functools.cached_property):
            yield self.of(thing.func)
        elif isinstance(thing, MethodType):
            yield self.of((thing.__func__, thing.__self__))
        elif isinstance(thing, np.ndarray):
            yield (str(thing.dtype), thing.shape, repr(thing.tolist()))
        elif hasattr(thing, "__wrapped__"):
            yield self.of(thing.__wrapped__)
        elif isinstance(thing, tuple | list):
            yield from map(self.of, thing)
        elif isinstance(thing, set | frozenset):
            yield sorted(map(_said, thing))  # their order changes from run to run
        elif isinstance(thing, dict):
            yield from self._pairs(thing)
        else:
            yield _said(thing)
            if isinstance(thing, nn.Module) or not installed(type(thing).__module__):
                yield self.of((type(thing), getattr(thing, "__dict__", {})))

    def _pairs(self, pairs: dict) -> Iterator[object]:
        for key, value in pairs.items():
            yield _said(key), self.of(value)


def _said(thing: object) -> str:
    """What a thing says of itself, but not where it lies, which changes from run to run."""
    return re.sub(r" at 0x\w+", "", repr(thing))


def _globals_of(code: CodeType) -> set[str]:
    loads = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}  # the latter in class bodies
    found = {step.argval for step in dis.get_instructions(code) if step.opname in loads}
    return (found - {"__name__"}).union(*map(_globals_of, _inside(code)))


def _names_of(code: CodeType) -> set[str]:
    return set(code.co_names).union(*map(_names_of, _inside(code)))


def _inside(code: CodeType) -> list[CodeType]:
    return [value for value in code.co_consts if isinstance(value, CodeType)]


def installed(module: str | None) -> bool:
    """Return whether a module came with Python or from a package index, and is not posenc."""
    top = (module or "builtins").split(".")[0]
    if top in ("posenc", "__main__"):
        return False
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    return top in sys.stdlib_module_names or bool(re.search(r"(site|dist)-packages", file))
