"""What is heard of a check: the answer waits, as text, to be judged once more.

A check costs what it cost before: it hands over the texts of the cells and goes on. A thread
imports what it takes to keep an answer, and goes through what waits, one after the other.
"""

import functools
import queue
import threading
from dataclasses import dataclass, field

import torch

from posenc.check.engine.verdict import strict
from posenc.check.trial import record, where
from posenc.check.trial.record import LESSON

PATIENCE = 120.0  # seconds that `check.mine` waits for an answer that was just checked
# What is no slip with a name: it has no result that a model could be trained with.
UNNAMED = frozenset(
    "value raises too-long shape type word not-a-tensor not-a-bool not-finite not-callable "
    "dtype device mutates-input half-precision".split()
)


@dataclass
class Waiting:
    """An answer that was checked: the cells up to now, their default dtype, and the verdict."""

    exercise: str
    cells: list[str]
    dtype: str
    mistake: str | None
    over: threading.Event = field(default_factory=threading.Event)
    why: str = ""  # it is not kept


_queue: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
_last: dict[tuple[str, bool], Waiting] = {}


def heard(exercise: str, mark: str, mistake: str | None) -> None:
    """Note that an answer was checked: a listener of verdicts."""
    named = mark == "✗" and mistake not in UNNAMED
    wanted = (mark in "✓≈" or named) and exercise in LESSON
    shell = where.shell()
    if not (wanted and shell and _is_the_learners()):
        return
    cells = [str(cell) for cell in shell.user_ns.get("In", ())]
    dtype = str(torch.get_default_dtype()).removeprefix("torch.")
    waiting = Waiting(exercise, cells, dtype, mistake if named else None)
    _last[exercise, named] = waiting
    _queue.put(waiting)
    _started()


def wait(exercise: str, wrong: bool) -> str:
    """Wait until the last answer to an exercise is judged; return why it is not kept, or ""."""
    waiting = _last.get((exercise, wrong))
    if waiting is None:
        return ""
    return waiting.why if waiting.over.wait(PATIENCE) else "it still waits to be judged once more"


def _is_the_learners() -> bool:
    """Return whether what is checked is an answer of a learner, and not a solution."""
    return record.keeps() and not strict() and not record.is_left_out()


@functools.cache
def _started() -> threading.Thread:
    thread = threading.Thread(target=_work, name="posenc answers", daemon=True)
    thread.start()
    return thread


def _work() -> None:
    from posenc.check.answers import background

    while True:
        waiting = _queue.get()
        try:
            waiting.why = background.keep(waiting)
        except Exception as error:  # nothing here may end the thread
            waiting.why = f"it cannot be judged by itself here ({type(error).__name__}: {error})"
        waiting.over.set()
