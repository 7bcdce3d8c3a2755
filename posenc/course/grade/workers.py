"""The processes that grade: as many files at a time as wished; one that ends costs its file only.

They are loky's (joblib's own). No file is handed out before a worker is free for it, so that
what is in hand is known when a worker, or the whole run, is stopped.
"""

import functools
import os
import signal
from collections.abc import Callable, Generator, Hashable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Generic, TypeVar

from joblib import effective_n_jobs
from joblib.externals.loky import BrokenProcessPool, ProcessPoolExecutor

from posenc.course.grade.outside import clock
from posenc.course.grade.wire.parent import end_with
from posenc.course.places import CourseError

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
ENDED = "the process that graded it was ended twice: was memory short?"
Work = TypeVar("Work", bound=Hashable)
Found = TypeVar("Found")


class Workers(Generic[Work, Found]):
    """Gives each piece of work to a process. With ``jobs=0`` it is done in this one, by turns.

    `in_hand` is what they are at; `lost` says why of what raised, or ended its process twice.
    """

    def __init__(self, do: Callable[[Work], Found], jobs: int) -> None:
        self.do, self.jobs = do, jobs and effective_n_jobs(jobs)
        self.in_hand: list[Work] = []
        self.lost: dict[Work, str] = {}

    def done(self, waiting: list[Work]) -> Generator[tuple[Work, Found], None, None]:
        """Yield each piece that is not lost, with what came of it; raise `CourseError` alone."""
        waiting = waiting[::-1]
        if not self.jobs:
            yield from self._here(waiting)
        while waiting:
            suspects = yield from self._pooled(waiting, self.jobs)
            for piece in suspects:  # each alone: which of them was it?
                again = yield from self._pooled([piece], 1)
                self.lost |= dict.fromkeys(again, ENDED)

    def _here(self, waiting: list[Work]) -> Generator[tuple[Work, Found], None, None]:
        while waiting:
            self.in_hand = [waiting.pop()]
            yield from self._came(self.in_hand[0], functools.partial(self.do, self.in_hand[0]))
        self.in_hand = []

    def _came(
        self, piece: Work, result: Callable[[], Found]
    ) -> Generator[tuple[Work, Found], None, None]:
        """Yield what came of a piece, or note why nothing did."""
        try:
            found = result()
        except (CourseError, BrokenProcessPool):
            raise
        except Exception as problem:  # of a file that nobody thought of: it costs itself
            self.lost[piece] = f"{type(problem).__name__}: {problem}"[:200]
            return
        yield piece, found

    def _pooled(
        self, waiting: list[Work], jobs: int
    ) -> Generator[tuple[Work, Found], None, list[Work]]:
        """Take from the end of `waiting` until a worker ends; return what was in hand then."""
        pool = ProcessPoolExecutor(
            jobs, initializer=_begin, initargs=(os.getpid(),), env=ONE_THREAD
        )
        at: dict[Future[Found], Work] = {}
        suspects: list[Work] = []
        try:
            while at or (waiting and not suspects):
                while waiting and len(at) < jobs and not suspects:
                    piece = waiting.pop()
                    at[_submitted(pool, self.do, piece)] = piece
                self.in_hand = [*at.values()]
                for future in wait(at, return_when=FIRST_COMPLETED).done:
                    try:
                        yield from self._came(at[future], future.result)
                    except BrokenProcessPool:
                        suspects.append(at[future])
                    del at[future]
        finally:
            pool.shutdown(kill_workers=True)
        self.in_hand = []
        return suspects


def _submitted(pool: ProcessPoolExecutor, do: Callable[[Work], Found], piece: Work) -> Any:
    try:
        return pool.submit(do, piece)
    except BrokenProcessPool as problem:  # a worker ended while it waited
        lost: Future[Found] = Future()
        lost.set_exception(problem)
        return lost


def _begin(teacher: int) -> None:
    """Begin a worker: it ends with the teacher's process, and leaves stopping to that."""
    for name in ("SIGINT", "SIGHUP"):  # a terminal sends them to everyone
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    end_with(teacher)
    clock.TEACHER = teacher
