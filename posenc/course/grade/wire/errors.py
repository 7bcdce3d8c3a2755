"""Exceptions on the wire: a name, the nearest kind that Python itself has, and a text."""

import builtins
from typing import Any

from posenc.course.grade.wire.values import LONGEST, name_of, text_of


def caught(everything: bool) -> type[BaseException]:
    """Return what is told to the other side; a checker's time limit is none of its business."""
    return BaseException if everything else Exception


def told(error: BaseException) -> dict[str, Any]:
    """Return an exception as plain values."""
    kinds = [kind.__name__ for kind in type(error).__mro__ if _builtin(kind.__name__) is kind]
    return {
        "name": type(error).__name__,
        "kind": (kinds or ["Exception"])[0],
        "text": text_of(error),
        "bare": not error.args,
    }


def made(about: Any) -> Exception:
    """Return an exception of this name, which is none of the course's own."""
    kind = _builtin(str(about["kind"])) or Exception
    text = str(about["text"])[:LONGEST]
    cls = type(name_of(about["name"]), (kind,), {"__str__": lambda self: text, "__init__": _silent})
    return cls() if about["bare"] else cls(text)


def _builtin(name: str) -> type[Exception] | None:
    kind = getattr(builtins, name, None)
    # What ends a program (SystemExit, KeyboardInterrupt) must not end the teacher's.
    if isinstance(kind, type) and issubclass(kind, Exception):
        return None if issubclass(kind, ExceptionGroup) else kind
    return None


def _silent(self: Exception, *args: object) -> None:
    """Some kinds ask for more than a text."""
