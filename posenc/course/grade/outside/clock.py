"""How long a sandbox may take: counted in its own seconds, so that a busy machine fails nobody."""

import contextlib
import time

import psutil

from posenc.check.engine.guard import TooLong
from posenc.course.grade.wire.peer import TICK

BUSY = (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)


class Clock:
    """Raises `TooLong` once the processes have computed, or slept, for so many seconds."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.start(0.0)

    def start(self, seconds: float) -> None:
        """Begin to count."""
        self.seconds, self.slept, self.next = seconds, 0.0, 0.0
        self.begun = self.last = self._taken()[0]
        self.here, self.at = time.process_time(), time.monotonic()

    def tick(self) -> None:
        """Look at the processes, if it is time to, and raise if theirs is up."""
        now, here = time.monotonic(), time.process_time()
        if now < self.next:
            return
        taken, busy = self._taken()
        waits = not busy and taken - self.last < 0.02 and here - self.here < 0.02
        self.slept = self.slept + now - self.at if waits else 0.0
        self.last, self.here, self.at, self.next = taken, here, now, now + TICK
        if max(taken - self.begun, self.slept) > self.seconds:
            raise TooLong

    def _taken(self) -> tuple[float, bool]:
        """Return the seconds that the processes have computed, and whether one does now."""
        taken, busy = 0.0, False
        with contextlib.suppress(psutil.Error):
            first = psutil.Process(self.pid)
            for process in (first, *first.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    taken += sum(process.cpu_times()[:4])
                    busy |= process.status() in BUSY
        return taken, busy
