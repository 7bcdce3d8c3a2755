"""One submission judged: the checkers here, the answers in a sandbox."""

import contextlib
import io
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch

from posenc import check
from posenc.check.engine import draws, guard
from posenc.check.engine.verdict import Verdict
from posenc.course.grade import naming, submissions
from posenc.course.grade.outside import memory, sandbox
from posenc.course.grade.outside.clock import Clock, crowd
from posenc.course.grade.reader import Unreadable
from posenc.course.grade.submissions import Cells, Submission
from posenc.course.grade.tasks import Lesson, Task
from posenc.course.places import CourseError

SECONDS = 10.0  # twice what a learner's own kernel gives: calls go through a wire
ENOUGH = 30.0  # seconds by the clock on a quiet machine: then no further version is tried
WORDS = {"✓": "right", "≈": "equivalent", "✗": "wrong", "○": "not written"}
PASSED = ("right", "equivalent")
RANK = (*PASSED, "wrong", "not written", "missing", "unreadable")
VERSIONS = 6  # of one answer: cells are doubled, stubs left behind, names used again
ENDED = re.compile(r"^it raised \w+: ")
Said = tuple[str, str, str]  # verdict, mistake, message


@dataclass(frozen=True)
class How:
    """How a class is judged."""

    trusted: bool
    draw: int | None = None  # the number that the cases are drawn by; None: those of the notebook


@dataclass(frozen=True)
class Result:
    """What came of one exercise of one file."""

    student: str
    lesson: str
    exercise: str
    heading: str
    verdict: str  # one of RANK
    mistake: str
    message: str
    seconds: float
    points: float
    of: float
    file: str
    draw: int | None = None


def grade(submission: Submission, lessons: list[Lesson], how: How) -> list[dict[str, Any]]:
    """Return the results of one file as plain values, whatever is in it."""
    with _aside(), draws.by(how.draw):
        results = _results(submission, lessons, how.trusted)
    return _plain(results, how)


@contextlib.contextmanager
def _aside() -> Iterator[None]:
    """Keep the teacher's own record out of it."""
    quiet = os.environ.get("POSENC_QUIET")
    os.environ["POSENC_QUIET"] = "1"
    try:
        yield
    finally:
        if quiet is None:
            del os.environ["POSENC_QUIET"]
        else:
            os.environ["POSENC_QUIET"] = quiet


@contextlib.contextmanager
def _with_numbers_of(dtype: object) -> Iterator[None]:
    """Judge in the notebook's default dtype: the checkers make tensors that an answer is given."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64 if dtype is torch.float64 else torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextlib.contextmanager
def _timed_by(clock: Clock) -> Iterator[None]:
    """Give the checkers the sandbox's clock as their alarm."""
    alarm = guard.time_limit
    guard.time_limit = lambda seconds: clock.ringing()
    try:
        yield
    finally:
        guard.time_limit = alarm


def _results(submission: Submission, lessons: list[Lesson], trusted: bool) -> list[Result]:
    cells, found, problem = None, [], ""
    try:
        cells = submissions.cells_of(submission.path)
    except Unreadable as error:
        problem = str(error)
    try:
        found = submissions.lessons_of(submission.name, cells, lessons)
    except Unreadable as error:
        problem = problem or str(error)
    if cells is None or not found:
        return _unreadable(submission, found, problem)
    return [
        result
        for lesson in found
        for result in _Grading(submission, lesson, cells, trusted).results()
    ]


def not_graded(
    submission: Submission, lessons: list[Lesson], how: How, why: str
) -> list[dict[str, Any]]:
    """Return the rows of a file that is not judged: for each exercise of these lessons, or one."""
    return _plain(_unreadable(submission, lessons, why), how)


def _plain(results: list[Result], how: How) -> list[dict[str, Any]]:
    return [asdict(result) | {"draw": how.draw} for result in results]


def _unreadable(submission: Submission, lessons: list[Lesson], why: str) -> list[Result]:
    asked = [(lesson.name, task) for lesson in lessons for task in lesson.tasks]
    return [
        Result(submission.student, name, task.name, task.heading, "unreadable", "unreadable",
               why, 0.0, 0, task.points, submission.name)
        for name, task in asked or [("", Task("", "", 0, ""))]
    ]  # fmt: skip


class _Grading:
    """One file: a sandbox for its answers, and a new one where it ended."""

    def __init__(self, submission: Submission, lesson: Lesson, cells: Cells, trusted: bool) -> None:
        self.submission, self.lesson, self.cells, self.trusted = submission, lesson, cells, trusted
        self.box: sandbox.Sandbox | None = None
        self.endless = False  # not even reading its cells came to an end

    def results(self) -> list[Result]:
        """Return a result for each exercise of the lesson."""
        try:
            return [self._result(task) for task in self.lesson.tasks]
        finally:
            self._close()

    def _result(self, task: Task) -> Result:
        start = time.perf_counter()
        verdict, mistake, message = self._best(task)
        points = task.points if verdict in PASSED else 0
        return Result(
            self.submission.student, self.lesson.name, task.name, task.heading, verdict,
            mistake, naming.clean(message, 600),
            round(time.perf_counter() - start, 2), points, task.points, self.submission.name,
        )  # fmt: skip

    def _best(self, task: Task) -> Said:
        """Return what is said of the first version that passes, or of the best before it."""
        found: list[Said] = []
        start = time.monotonic()
        for version in range(VERSIONS):
            try:
                said = self._one(task, version)
            except (guard.TooLong, Exception) as stop:  # whatever comes out of there
                if isinstance(stop, CourseError):
                    raise
                self._close()
                said = "wrong", *_stopped(stop)
            found.append(said)
            held_up = said[1] == "too-long" or time.monotonic() - start > ENOUGH * crowd()
            if said[0] in PASSED or said[0] == "missing" or held_up:
                break
        return min(found, key=lambda said: RANK.index(said[0]))

    def _one(self, task: Task, version: int) -> Said:
        """Return verdict, mistake and message on one version of the answer."""
        answer = self._answer(task, version)
        if not answer.exists:
            said = f"nothing is called {task.name}, and check.{task.checker} is handed nothing else"
            return "missing", "missing", "; ".join(filter(None, (answer.notes, said)))
        if not answer.is_made:
            return "wrong", "raises", answer.notes
        verdict = self._checked(task, answer.value)
        if self.box is None and verdict.mistake == "raises":
            return "wrong", "ended", ENDED.sub("", verdict.message)
        if verdict.mistake == "too-long":
            return "wrong", "too-long", f"it did not end within {SECONDS:g} s"
        notes = f" ({answer.notes})" if answer.notes and not verdict.passed else ""
        return WORDS[verdict.mark], verdict.mistake or "", verdict.message + notes

    def _answer(self, task: Task, version: int) -> sandbox.Answer:
        """Ask the sandbox, and a new one where an earlier answer took it apart."""
        asked = task.name, task.checker, self.cells.by_id.get(task.cell_id, ""), version
        if self.box is not None:
            with contextlib.suppress(guard.TooLong, Exception):
                return self.box.answer(*asked)
            self._close()
        self.box = self._started()
        return self.box.answer(*asked)

    def _started(self) -> sandbox.Sandbox:
        """Return a new sandbox that has read the cells; of a file that holds it up, only once."""
        names = [other.name for other in self.lesson.tasks]
        book = self.cells.code, list(self.lesson.cells), names
        try:
            if not self.endless:
                return sandbox.Sandbox(*book, trusted=self.trusted)
        except guard.TooLong:
            self.endless = True
        raise guard.TooLong

    def _checked(self, task: Task, answer: Any) -> Verdict:
        assert self.box
        self.box.clock.start(SECONDS)
        with (
            _with_numbers_of(self.box.peer.ask("dtype")),
            contextlib.redirect_stdout(io.StringIO()),
            _timed_by(self.box.clock),
            memory.limited(),
        ):
            verdict: Verdict = getattr(check, task.checker)(answer)
        if not self.box.peer.sound or verdict.mistake == "too-long":
            self._close()
        return verdict

    def _close(self) -> None:
        if self.box is not None:
            self.box.close()
            self.box = None


def _stopped(stop: BaseException) -> tuple[str, str]:
    if isinstance(stop, guard.TooLong):
        return "too-long", f"the lines that it needs did not end within {sandbox.TO_READ:g} s"
    return "ended", " ".join(str(stop).split())[:300]
