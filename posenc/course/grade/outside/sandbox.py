"""A process of its own for a learner's code: bubblewrap's walls, and a wire through them."""

import contextlib
import math
import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from typing import Any

from posenc.check.engine.guard import TooLong
from posenc.course.grade.outside import group, memory, walls
from posenc.course.grade.outside.clock import MEMORY, Clock
from posenc.course.grade.wire.limits import Limits
from posenc.course.grade.wire.peer import Ended, Peer
from posenc.course.grade.wire.remote import Objects
from posenc.course.grade.wire.values import WireError
from posenc.course.places import CourseError

TO_START = 40.0  # seconds, as the clock counts them
TO_READ = 20.0  # for the cells that an answer needs


class Sandbox:
    """A started process; `peer` is the wire into it. Close it: nothing in it survives."""

    def __init__(self, *book: list[str], trusted: bool) -> None:
        """Start, and read a book: the submission's cells, the lesson's, the answers' names."""
        words, env = walls.command(trusted)
        self.group = None if trusted else group.new()
        self.wire, theirs = socket.socketpair()  # nobody opens a socket again through /proc
        words = self.group.entered(words) if self.group else words
        with theirs:
            end = theirs.fileno()
            self.process = subprocess.Popen(
                words, env=env, stdin=end, stdout=end, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        self.wire.setblocking(False)
        most = math.inf if trusted else MEMORY  # what is trusted has no limits
        self.clock = Clock(self.process.pid, self.group, most)
        end = self.wire.fileno()
        self.peer = Peer(end, end, Objects(), Limits(), self.clock.tick)
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
        self.wire.close()
        self.process.wait()
        if self.group:
            self.group.close()


@dataclass(frozen=True)
class Answer:
    """What is there for an exercise: a stand-in for the answer, or why there is none."""

    exists: bool
    is_made: bool
    value: Any
    notes: str
