"""A learner's own encoding as a class: its hooks, its promises, its constructor."""

import difflib
import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any

from posenc.base import ENCODINGS, PROMISES, Dims, PositionalEncoding, acts_on
from posenc.check.engine.verdict import Mistake, require

HOOKS = ("embed", "rotate", "bias", "bias_by_distance")


def examine_class(cls: Any) -> str:
    """Return a remark on the class, or nothing; raise what is wrong with it as a class."""
    inner = getattr(cls, "__wrapped__", cls)
    said = "It is an instance. Hand over the class itself, without (dims)."
    require(not isinstance(inner, PositionalEncoding), "not-an-encoding", said)
    fits = isinstance(cls, type) and issubclass(cls, PositionalEncoding)
    said = "It is not a subclass of PositionalEncoding. Write class Own(posenc.PositionalEncoding)."
    require(fits, "not-an-encoding", said)
    _known_promises(cls)
    said = f"pos_dims is {cls.pos_dims}. A text has one number per position: leave pos_dims at 1."
    require(cls.pos_dims == 1, "pos-dims", said)
    for hook in HOOKS:
        _takes(hook, getattr(cls, hook))
    return _hooks(cls)


def _takes(hook: str, method: Any) -> None:
    """Raise unless a hook can be called as a model calls it."""
    wanted = list(inspect.signature(getattr(PositionalEncoding, hook)).parameters)
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        said = f"{hook} is of type {type(method).__name__}. Write a method, def {hook}(…)."
        raise Mistake("hook-form", said) from None
    try:
        signature.bind(*wanted)
    except TypeError:
        given = ", ".join(signature.parameters)
        said = f"{hook} takes ({given}). A model calls it with"
        cure = f"{', '.join(wanted[1:])}: write def {hook}({', '.join(wanted)})."
        raise Mistake("hook-form", f"{said} {cure}") from None


def _known_promises(cls: type[PositionalEncoding]) -> None:
    said = f"promises is the text {cls.promises!r}. Write a set: promises = {{{cls.promises!r}}}."
    require(not isinstance(cls.promises, str), "unknown-promise", said)
    unknown = [promise for promise in cls.promises if promise not in PROMISES]
    for promise in unknown[:1]:
        known = ", ".join(map(repr, sorted(PROMISES)))
        said = f"It promises {promise!r}, which is not a known promise. Choose among {known}."
        raise Mistake("unknown-promise", said)


def _hooks(cls: type[PositionalEncoding]) -> str:
    """Return a remark where a name looks like a hook's and nothing calls it."""
    parts = [part for part in cls.__mro__ if issubclass(part, PositionalEncoding)
             and part.__module__ != PositionalEncoding.__module__]  # fmt: skip
    own = {name: value for part in reversed(parts) for name, value in vars(part).items()}
    called = {name for value in own.values() for name in _names(getattr(value, "__code__", None))}
    near = [(name, hook) for name, value in own.items() for hook in _meant(name)
            if callable(value) and name not in called]  # fmt: skip
    if acts_on(cls):
        said = "; nothing calls its method {!r}: rename it to {!r} if it is meant as that"
        return said.format(*near[0]) if near else ""
    if near:
        said = f"It acts on nothing, because nothing calls {near[0][0]!r}. Rename it to"
        raise Mistake("misspelt-hook", f"{said} {near[0][1]!r}.")
    for name, value in own.items():
        if callable(value) and name not in called and not hasattr(PositionalEncoding, name):
            said = f"It acts on nothing, because nothing calls {name!r}. Name it as what it is:"
            raise Mistake("misspelt-hook", f"{said} {', '.join(HOOKS[:3])} or {HOOKS[3]}.")
    said = f"It acts on nothing: it overrides none of {', '.join(HOOKS)}. Define one in the class."
    require(cls.__name__ == ENCODINGS["none"].__name__, "acts-on-nothing", said)
    return ""


def _meant(name: str) -> list[str]:
    """Return the hook that a name looks like, if any."""
    if name in ("forward", "__call__"):
        return ["embed"]
    if hasattr(PositionalEncoding, name):
        return []
    return difflib.get_close_matches(name.lower().strip("_"), HOOKS, 1, 0.75)


def _names(code: Any) -> Iterator[str]:
    """Yield the names that a function's code uses, and the functions within it."""
    if isinstance(code, CodeType):
        yield from code.co_names
        for part in code.co_consts:
            yield from _names(part)


def made(cls: type[PositionalEncoding], dims: Dims) -> PositionalEncoding:
    """Return an encoding of these sizes in float64; raise what its constructor lacks."""
    try:
        encoding = cls(dims)
    except (AttributeError, TypeError) as error:
        _constructor(cls, dims, str(error))
        raise
    kept = {"dims": dims} if is_stand_in(cls) else {}
    said = "its __init__ does not call super().__init__(dims). Make that its first line."
    set_up = {"_modules", "dims"} <= {*vars(encoding), *kept}
    require(set_up, "no-super", f"The module was not set up: {said}")
    said = "super().__init__ got other sizes than the model's. Hand on dims as it came."
    require((kept or vars(encoding))["dims"] == dims, "other-sizes", said)
    encoding = encoding.double().eval()
    vars(encoding).update(kept)
    return encoding


def is_stand_in(cls: type) -> bool:
    """Return whether the class lives elsewhere, as in the grader: it shows its doors alone."""
    return type(cls) is not type


def _constructor(cls: type[PositionalEncoding], dims: Dims, said: str) -> None:
    """Raise a named mistake if the constructor is called in a way that it does not take."""
    if "before Module.__init__() call" in said or "'_modules'" in said or "'_buffers'" in said:
        cure = "Make super().__init__(dims) the first line of __init__."
        raise Mistake("no-super", f"It sets a part of the module before super().__init__. {cure}")
    if "PositionalEncoding.__init__()" in said or "has no attribute 'dims'" in said:
        cure = "Write super().__init__(dims): it keeps the sizes as self.dims."
        raise Mistake("no-super", f"super().__init__ was called without dims. {cure}")
    try:
        inspect.signature(cls).bind(dims)
    except TypeError:
        cure = "Write def __init__(self, dims), and give each other argument a default."
        said = f"A model builds it as {cls.__name__}(dims). {cure}"
        raise Mistake("constructor", said) from None
