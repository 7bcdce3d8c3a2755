"""A process of its own for a learner's code: bubblewrap's walls, and a wire through them."""

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import Any

from posenc.check.engine.guard import TooLong
from posenc.course.grade.outside import memory, walls
from posenc.course.grade.outside.clock import Clock
from posenc.course.grade.wire.limits import Limits
from posenc.course.grade.wire.peer import Ended, Peer
from posenc.course.grade.wire.remote import Objects
from posenc.course.grade.wire.values import WireError
from posenc.course.places import CourseError

TO_START = 60.0  # seconds
TO_READ = 20.0  # for the cells that an answer needs


class Sandbox:
    """A started process; `peer` is the wire into it. Close it: nothing in it survives."""

    def __init__(self, *book: list[str], trusted: bool) -> None:
        """Start, and read a book: the submission's cells, the lesson's, the answers' names."""
        words, env = walls.command(trusted)
        self.process = subprocess.Popen(
            words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        source, sink = self.process.stdout.fileno(), self.process.stdin.fileno()
        self.clock = Clock(self.process.pid)
        self.peer = Peer(source, sink, Objects(), Limits(), self.clock.tick)
        try:
            self._begin(book)
        except BaseException:
            self.close()
            raise

    def _begin(self, book: tuple[list[str], ...]) -> None:
        self.clock.start(TO_START)
        try:
            self.peer.ask("hello")
        except (Ended, TooLong):  # nothing of the submission was there yet
            raise CourseError(
                "a sandbox did not start (are memory or processes short?); run the same "
                "command to go on"
            ) from None
        self.clock.start(TO_READ)
        self.peer.ask("read", *book)

    def answer(self, name: str, checker: str, hint: str, version: int) -> "Answer":
        """Return one version of the submission's answer to an exercise."""
        self.clock.start(TO_READ)
        self.peer.begin()
        with memory.limited():
            told = self.peer.ask("answer", name, checker, hint, version)
        if not (isinstance(told, tuple) and len(told) == 4 and isinstance(told[3], list)):
            raise WireError("it has taken its sandbox apart")
        exists, is_made, value, notes = told
        return Answer(exists is True, is_made is True, value, "; ".join(map(str, notes))[:500])

    def close(self) -> None:
        """End all that runs in there.

        The whole group: a change of user makes the inner bubblewrap deaf to its parent's death.
        """
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self.process.wait()


@dataclass(frozen=True)
class Answer:
    """What is there for an exercise: a stand-in for the answer, or why there is none."""

    exists: bool
    is_made: bool
    value: Any
    notes: str
