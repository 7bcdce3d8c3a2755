"""How long a sandbox may take: computed seconds, and a ceiling by the clock on the wall.

What processes say of themselves can be dodged: by sleeping, by waiting for each other, by
children that end between two looks. The ceiling asks no process. It stretches only where other
programs keep the machine busy, so that these fail nobody.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from posenc.check.engine.guard import TooLong, can_stop
from posenc.course.grade.outside.group import Group
from posenc.course.grade.wire.peer import TICK, Ended

WALL = 1.5  # times the seconds of a phase, by the clock on the wall
CROWD = 10.0  # at most so many times more, on a busy machine
LATE = 4 * TICK  # a gap between two looks counts no more: this process, too, was stopped
MEMORY = 1 << 30  # bytes that all processes of a sandbox may hold together
TEACHER = os.getpid()  # of a worker: the process that all workers descend from
OVER = f"its program ended: it held more than {MEMORY >> 20} MB of memory"


class Clock:
    """Raises `TooLong` when the seconds of a phase are up, `Ended` when memory is."""

    def __init__(self, pid: int, group: Group | None = None, memory: float = MEMORY) -> None:
        self.pid, self.group, self.memory = pid, group, memory
        self.own: dict[psutil.Process, float] = {}  # the most that each was seen to have used
        self.most = 0.0  # the same of the processes and what they waited for
        self.start(0.0)

    def start(self, seconds: float) -> None:
        """Begin to count."""
        self.seconds, self.waited = seconds, 0.0
        self.at = time.monotonic()
        self.begun = self._used()

    def tick(self) -> None:
        """Look at the processes, if it is time to, and raise if theirs is up."""
        gap = time.monotonic() - self.at
        if gap < TICK:
            return
        self.at += gap  # first: an alarm may ring in here and tick, too
        self.waited += min(gap, LATE) / crowd()
        if self._used() - self.begun > self.seconds or self.waited > WALL * self.seconds:
            raise TooLong

    @contextlib.contextmanager
    def ringing(self) -> Iterator[None]:
        """Tick also while this process computes: what came back may keep a checker busy."""
        if not can_stop():
            yield
            return
        heard = signal.signal(signal.SIGALRM, lambda *_: self.tick())
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, heard)

    def _used(self) -> float:
        """Return the seconds that the processes and this one have computed, at least."""
        memory, all_in_all = 0, 0.0
        for process in _tree(self.pid):
            with contextlib.suppress(psutil.Error):
                times, held = process.cpu_times(), process.memory_info()
                self.own[process] = max(self.own.get(process, 0.0), sum(times[:2]))
                all_in_all += sum(times[:4])
                memory += held.rss - getattr(held, "shared", 0)
        if memory > self.memory:
            raise Ended(OVER)
        self.most = max(self.most, all_in_all, sum(self.own.values()))
        counted = self.group.seconds() if self.group else 0.0
        return max(self.most, counted) + time.process_time()


def crowd() -> float:
    """Return how many programs share a core, this class's own sandboxes left out; at least 1.

    Those are counted thread by thread and subtracted: a submission cannot make the machine
    look busy to win time.
    """
    others = _wanting() - sum(_running(process.pid) for process in _tree(TEACHER))
    return min(max(1.0, (others + 1) / (os.cpu_count() or 1)), CROWD)


def _wanting() -> int:
    """Return how many threads of the machine run, or wait for a core; 0 if it does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
    return 0


def _tree(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def _running(pid: int) -> int:
    """Return how many threads of a process run, or wait for a core."""
    found = 0
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError, IndexError):
            found += stat.read_text(errors="replace").rpartition(")")[2].split()[0] == "R"
    return found
