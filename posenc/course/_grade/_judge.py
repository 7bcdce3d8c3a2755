"""One submission judged: the checkers here, the answers in a sandbox."""

import contextlib
import io
import os
import time
from dataclasses import asdict, dataclass
from typing import Any

from posenc import check
from posenc.check import _guard
from posenc.check._verdict import Verdict
from posenc.course._grade import _sandbox, _submissions
from posenc.course._grade._lessons import Lesson, Task
from posenc.course._grade._submissions import Cells, Submission, Unreadable

SECONDS = 10.0  # twice what a learner's own kernel gives: calls go through a wire
WORDS = {"✓": "right", "≈": "equivalent", "✗": "wrong", "○": "not written"}
RANK = ("right", "equivalent", "wrong", "not written", "missing", "unreadable")


@dataclass(frozen=True)
class Result:
    """What came of one exercise of one file."""

    student: str
    lesson: str
    exercise: str
    verdict: str  # one of RANK
    mistake: str
    message: str
    seconds: float
    points: float
    of: float
    file: str


def grade(submission: Submission, lessons: list[Lesson], trusted: bool) -> list[dict[str, Any]]:
    """Return the results of one file as plain values, whatever is in it."""
    os.environ["POSENC_QUIET"] = "1"  # the teacher's own record is not the learners'
    _guard.SECONDS = SECONDS
    cells, lesson, problem = None, None, ""
    try:
        cells = _submissions.cells_of(submission.path)
    except Unreadable as error:
        problem = str(error)
    try:
        lesson = _submissions.lesson_of(submission.name, cells, lessons)
    except Unreadable as error:
        problem = problem or str(error)
    if lesson is None or cells is None or problem:
        found = _unreadable(submission, lesson, problem)
    else:
        found = _Grading(submission, lesson, cells, trusted).results()
    return [asdict(result) for result in found]


def _unreadable(submission: Submission, lesson: Lesson | None, why: str) -> list[Result]:
    tasks = lesson.tasks if lesson else (Task("", "", 0, ""),)
    name = lesson.name if lesson else ""
    return [
        Result(submission.student, name, task.name, "unreadable", "unreadable", why,
               0.0, 0, task.points, submission.name)
        for task in tasks
    ]  # fmt: skip


class _Grading:
    """One file: a sandbox for its answers, and a new one where it ended."""

    def __init__(
        self, submission: Submission, lesson: Lesson, cells: Cells, trusted: bool
    ) -> None:
        self.submission, self.lesson, self.cells, self.trusted = submission, lesson, cells, trusted
        self.box: _sandbox.Sandbox | None = None

    def results(self) -> list[Result]:
        """Return a result for each exercise of the lesson."""
        try:
            return [self._result(task) for task in self.lesson.tasks]
        finally:
            self._close()

    def _result(self, task: Task) -> Result:
        start = time.perf_counter()
        verdict, mistake, message = self._best(task)
        points = task.points if verdict in ("right", "equivalent") else 0
        return Result(
            self.submission.student, self.lesson.name, task.name, verdict, mistake, message,
            round(time.perf_counter() - start, 2), points, task.points, self.submission.name,
        )  # fmt: skip

    def _best(self, task: Task) -> tuple[str, str, str]:
        """Return the verdict on the first version that passes, or on the first that counts."""
        found: list[tuple[str, str, str]] = []
        version, versions = 0, 1
        while version < versions:
            try:
                *said, versions = self._one(task, version)
            except _sandbox.STOPPED as stop:
                self._close()
                said = ["wrong", *_stopped(stop)]
            found.append((said[0], said[1], said[2]))
            if said[0] in RANK[:2] or self.box is None:
                break
            version += 1
        return min(found, key=lambda said: RANK.index(said[0]))

    def _one(self, task: Task, version: int) -> tuple[str, str, str, int]:
        """Return verdict, mistake and message on one version, and how many there are."""
        if self.box is None:
            self.box = _sandbox.Sandbox(
                self.cells.code, list(self.lesson.cells), trusted=self.trusted
            )
        hint = self.cells.by_id.get(task.cell_id, "")
        told = self.box.answer(task.name, task.checker, hint, version)
        notes = "; ".join(map(str, told["notes"]))[:500]
        if not told["found"]:
            if told["versions"]:
                return "wrong", "raises", notes, told["versions"]
            said = f"nothing is called {task.name}, and no check was handed anything else"
            return "missing", "missing", "; ".join(filter(None, (said, notes))), 0
        verdict = self._checked(task, told["value"])
        message = verdict.message + (f" ({notes})" if notes and not verdict.passed else "")
        mistake = verdict.mistake or ""
        if self.box is None and mistake == "raises":
            mistake = "ended"
        return WORDS[verdict.mark], mistake, message, told["versions"]

    def _checked(self, task: Task, answer: Any) -> Verdict:
        assert self.box
        with contextlib.redirect_stdout(io.StringIO()):
            verdict: Verdict = getattr(check, task.checker)(answer)
        if not self.box.peer.sound or verdict.mistake == "too-long":
            self._close()
        return verdict

    def _close(self) -> None:
        if self.box is not None:
            self.box.close()
            self.box = None


def _stopped(stop: BaseException) -> tuple[str, str]:
    if isinstance(stop, _guard.TooLong):
        return "too-long", "its cells did not end in time: has a loop no end?"
    return "ended", str(stop)
