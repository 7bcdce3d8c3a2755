"""What goes wrong in somebody's class: said in one line, and told apart from the machine's."""

import traceback

import torch

from posenc._machine import MEMORY
from posenc.study import _key


class Failed(RuntimeError):
    """Nothing of a study could be trained; a notebook shows the lines without a traceback.

    >>> Failed("typo failed on back1: NameError")._render_traceback_()
    ['typo failed on back1: NameError']
    """

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def of_the_machine(error: Exception) -> bool:
    """Return whether the machine failed, and not a class: no memory, or a GPU that gave up.

    >>> of_the_machine(torch.OutOfMemoryError("CUDA out of memory")), of_the_machine(KeyError("x"))
    (True, False)
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError | torch.AcceleratorError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in MEMORY)


def said(error: Exception) -> str:
    """Return an exception in one line, with the line of the class that raised it.

    >>> said(KeyError("my mistake"))
    "KeyError: 'my mistake'"
    """
    try:
        words = " ".join(str(error).split())
    except Exception:  # even its text may raise
        words = "with a text that cannot be read"
    text = f"{type(error).__name__}: {words[:200]}".rstrip(": ")
    return " ".join([text, *_place(error)])


def _place(error: Exception) -> list[str]:
    """Return where in code that is neither installed nor posenc's, the innermost place."""
    own = [
        (frame.f_code, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if _is_own(frame.f_globals.get("__name__"))
    ]
    if not own:
        return []
    code, number = own[-1]
    name = code.co_qualname.rpartition("<locals>.")[2]
    return [f"(line {number}, in {name})"]


def _is_own(module: str | None) -> bool:
    return not _key.installed(module) and (module or "").split(".")[0] != "posenc"
