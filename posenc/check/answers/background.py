"""Answers that wait to be judged once more: one after the other, behind the learner's back.

A check costs what it cost before: it hands over the texts of the cells and goes on. A thread
reads what the answer needs off them, and waits for the process that runs it.
"""

import functools
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata

import torch

from posenc.check.answers import apart, keeping, source
from posenc.check.answers.keeping import Answer, Spoiled
from posenc.check.engine.verdict import strict
from posenc.check.trial import record
from posenc.check.trial.record import CALLED, LESSON

# What is no slip of its own: it has no result that a model could be trained with.
UNNAMED = frozenset(
    "value raises too-long shape type word not-a-tensor not-a-bool not-finite not-callable "
    "dtype device mutates-input half-precision".split()
)


@dataclass
class Waiting:
    """An answer that was checked, as text: what was run up to now, and the verdict on it."""

    exercise: str
    cells: list[str]
    dtype: str
    mistake: str | None
    over: threading.Event = field(default_factory=threading.Event)
    why: str = ""  # it is not kept

    def answer(self) -> Answer:
        """Return what would be kept."""
        called = CALLED.get(self.exercise, self.exercise)
        text, name = source.gather(self.cells, self.exercise, called)
        return Answer(
            self.exercise, LESSON[self.exercise], edition(), text, name, self.dtype, self.mistake
        )


_queue: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
_last: dict[tuple[str, bool], Waiting] = {}


def heard(exercise: str, mark: str, mistake: str | None) -> None:
    """Note that an answer was checked: a listener of verdicts."""
    named = mark == "✗" and mistake not in UNNAMED
    wanted = (mark in "✓≈" or named) and exercise in LESSON
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not (wanted and shell and keeps()):
        return
    cells = [str(cell) for cell in shell.user_ns.get("In", ())]
    dtype = str(torch.get_default_dtype()).removeprefix("torch.")
    put(Waiting(exercise, cells, dtype, mistake if named else None))


def keeps() -> bool:
    """Return whether there is a learner here whose answer this is, and not a solution's."""
    return record.keeps() and not strict() and not record.is_left_out()


def put(waiting: Waiting) -> None:
    """Let an answer wait for its turn."""
    _last[waiting.exercise, waiting.mistake is not None] = waiting
    _started()
    _queue.put(waiting)


def wait(exercise: str, wrong: bool) -> str:
    """Wait until the last answer to an exercise is judged; return why it is not kept, or ""."""
    waiting = _last.get((exercise, wrong))
    if waiting is None:
        return ""
    if not waiting.over.wait(apart.SECONDS):
        return "it still waits to be judged once more"
    return waiting.why


@functools.cache
def _started() -> threading.Thread:
    thread = threading.Thread(target=_work, name="posenc answers", daemon=True)
    thread.start()
    return thread


def _work() -> None:
    while True:
        waiting = _queue.get()
        try:
            waiting.why = _kept(waiting.answer)
        except Exception as error:  # nothing here may end the thread
            waiting.why = f"it cannot be judged by itself here ({type(error).__name__}: {error})"
        waiting.over.set()


def _kept(gathered: Callable[[], Answer]) -> str:
    """Keep an answer if it passes by itself; return why it does not, or ""."""
    answer = gathered()
    try:
        before = keeping.find(*answer.slot)
    except Spoiled:
        before = None
    if before == answer or (before and answer.mistake):  # of wrong ones the first is kept
        return ""
    return judge_again(answer)


def judge_again(answer: Answer) -> str:
    """Judge an answer in a process of its own, and keep it; return why it is not kept, or ""."""
    told = apart.tried(answer)
    if told == apart.PASSED:
        keeping.remember(answer)
    elif told == apart.STORED:
        keeping.forget(answer)
    else:
        return told
    return ""


@functools.cache
def edition() -> str:
    """Return the version of the course; "" in a file that carries the package inside."""
    try:
        return metadata.version("posenc")
    except metadata.PackageNotFoundError:
        return ""
