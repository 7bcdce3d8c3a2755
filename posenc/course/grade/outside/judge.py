"""One submission judged: the checkers here, the answers in a sandbox."""

import contextlib
import io
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from posenc import check
from posenc.check.engine import draws, guard
from posenc.check.engine.verdict import Verdict
from posenc.course.grade import submissions
from posenc.course.grade.outside import memory, sandbox
from posenc.course.grade.reader import Unreadable
from posenc.course.grade.submissions import Cells, Submission
from posenc.course.grade.tasks import Lesson, Task
from posenc.course.places import CourseError

SECONDS = 10.0  # twice what a learner's own kernel gives: calls go through a wire
AT_MOST = 3600.0  # the checkers' own alarm, which knows nothing of other processes
WORDS = {"✓": "right", "≈": "equivalent", "✗": "wrong", "○": "not written"}
PASSED = ("right", "equivalent")
RANK = (*PASSED, "wrong", "not written", "missing", "unreadable")
VERSIONS = 4  # of one answer: cells are doubled, and stubs left behind
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
    return [asdict(result) | {"draw": how.draw} for result in results]


@contextlib.contextmanager
def _aside() -> Iterator[None]:
    """Keep the teacher's own record out of it, and the checkers' alarm: the sandbox has a clock."""
    seconds, quiet = guard.SECONDS, os.environ.get("POSENC_QUIET")
    guard.SECONDS, os.environ["POSENC_QUIET"] = AT_MOST, "1"
    try:
        yield
    finally:
        guard.SECONDS = seconds
        if quiet is None:
            del os.environ["POSENC_QUIET"]
        else:
            os.environ["POSENC_QUIET"] = quiet


def _results(submission: Submission, lessons: list[Lesson], trusted: bool) -> list[Result]:
    cells, lesson, problem = None, None, ""
    try:
        cells = submissions.cells_of(submission.path)
    except Unreadable as error:
        problem = str(error)
    try:
        lesson = submissions.lesson_of(submission.name, cells, lessons)
    except Unreadable as error:
        problem = problem or str(error)
    if lesson is None or cells is None or problem:
        return _unreadable(submission, lesson, problem)
    return _Grading(submission, lesson, cells, trusted).results()


def _unreadable(submission: Submission, lesson: Lesson | None, why: str) -> list[Result]:
    tasks = lesson.tasks if lesson else (Task("", "", 0, ""),)
    name = lesson.name if lesson else ""
    return [
        Result(submission.student, name, task.name, task.heading, "unreadable", "unreadable",
               why, 0.0, 0, task.points, submission.name)
        for task in tasks
    ]  # fmt: skip


class _Grading:
    """One file: a sandbox for its answers, and a new one where it ended."""

    def __init__(self, submission: Submission, lesson: Lesson, cells: Cells, trusted: bool) -> None:
        self.submission, self.lesson, self.cells, self.trusted = submission, lesson, cells, trusted
        self.box: sandbox.Sandbox | None = None

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
            mistake, submissions.clean(message, 600),
            round(time.perf_counter() - start, 2), points, task.points, self.submission.name,
        )  # fmt: skip

    def _best(self, task: Task) -> Said:
        """Return what is said of the first version that passes, or of the best before it."""
        found: list[Said] = []
        for version in range(VERSIONS):
            try:
                said = self._one(task, version)
            except (guard.TooLong, Exception) as stop:  # whatever comes out of there
                if isinstance(stop, CourseError):
                    raise
                self._close()
                said = "wrong", *_stopped(stop)
            found.append(said)
            if said[0] in PASSED or said[0] == "missing" or self.box is None:
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
            return "wrong", "too-long", f"it did not end within {SECONDS:g} s: has a loop no end?"
        notes = f" ({answer.notes})" if answer.notes and not verdict.passed else ""
        return WORDS[verdict.mark], verdict.mistake or "", verdict.message + notes

    def _answer(self, task: Task, version: int) -> sandbox.Answer:
        """Ask the sandbox, and a new one where an earlier answer took it apart."""
        asked = task.name, task.checker, self.cells.by_id.get(task.cell_id, ""), version
        if self.box is not None:
            with contextlib.suppress(guard.TooLong, Exception):
                return self.box.answer(*asked)
            self._close()
        names = [other.name for other in self.lesson.tasks]
        book = self.cells.code, list(self.lesson.cells), names
        self.box = sandbox.Sandbox(*book, trusted=self.trusted)
        return self.box.answer(*asked)

    def _checked(self, task: Task, answer: Any) -> Verdict:
        assert self.box
        self.box.clock.start(SECONDS)
        with contextlib.redirect_stdout(io.StringIO()), memory.limited():
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
        return "too-long", "its cells did not end in time: has a loop no end?"
    return "ended", " ".join(str(stop).split())[:300]
