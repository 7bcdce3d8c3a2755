"""`python -m posenc.course grade`: every submission, in parallel, begun again where it ended."""

import contextlib
import functools
import hashlib
import json
import os
import secrets
import signal
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from posenc._files import write_aside
from posenc.course import places
from posenc.course.grade import kinds, naming, report, students, submissions, tasks
from posenc.course.grade.inside import calls
from posenc.course.grade.outside import group, judge, walls
from posenc.course.grade.outside.judge import How
from posenc.course.grade.report import Row
from posenc.course.grade.submissions import Submission
from posenc.course.grade.tasks import Lesson
from posenc.course.grade.workers import Workers
from posenc.course.places import CourseError

STOPPED = "{why}; in hand: {hand}; {done} of {all} files are done and in the tables"
AGAIN = "run the same command to go on"
LOST = "{name} could not be judged, {why}; {again}"
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
OTHER = "files {kind} are not read: hand in the .ipynb itself"


def run(
    root: Path, folder: Path, out: Path, *, jobs: int, trusted: bool, names: Collection[str] = (),
    draw: int | None = None,
) -> int:  # fmt: skip
    """Grade what is in `folder`, write into `out`; 128 and its number if a signal stopped it.

    With ``names`` of lessons, files that answer others are left alone. Cases are drawn by the
    number ``draw``; without it by that of an earlier run into `out`, or by a new one. With
    ``jobs=0`` everything is done in this process.
    """
    lessons = [tasks.read(source) for source in places.sources(root)]
    found = submissions.handed_in(folder, lessons, out)
    chosen = _chosen(root, found, lessons, names)
    walls.refuse_without_walls(trusted)
    try:
        how = How(trusted, _number(out, draw))
        done = _Done(out, _fingerprint(lessons, how))
        notebooks = [one for one in chosen if kinds.is_notebook(one.path)]
        work = Workers(functools.partial(_one, lessons=lessons, how=how), jobs)
        with _Signals() as signals:
            stopped = _grade(notebooks, work, done, signals)
            handed = [(one, [*done.rows([one])]) for one in notebooks if done.has(one)]
            handed += _not_judged(chosen, lessons, how, work.lost)
            judged = students.settle(handed, lessons, _wanted(root, names))
            lost = (LOST.format(name=one.name, why=why, again=AGAIN)
                    for one, why in work.lost.items())  # fmt: skip
            _write(out, judged, [*submissions.passed_over(folder, found, out), *lost])
        _say(_held_by(trusted))
        return _ended(stopped, notebooks, work, done) if stopped else 0
    except OSError as problem:
        raise CourseError(
            f"{out} cannot be written: {problem.strerror}; what is done is kept"
        ) from None


def _write(out: Path, judged: students.Class, notes: list[str]) -> None:
    """Write the tables of what is done, and say what is in them."""
    if judged.rows:
        notes = judged.notes() + notes
        rows = report.write(out, judged.rows, notes)
        _say("\n".join([_told(rows, out), *notes]))


def _ended(
    stopped: "_Stopped", chosen: list[Submission], work: Workers[Submission, list[Row]],
    done: "_Done",
) -> int:  # fmt: skip
    """Say what the run was at when it was stopped, and return its exit status."""
    hand = ", ".join(one.name for one in work.in_hand if not done.has(one)) or "nothing"
    count = sum(map(done.has, chosen))
    said = STOPPED.format(why=stopped.why, hand=hand, done=count, all=len(chosen))
    if not stopped.signal:
        raise CourseError(said)
    _say(f"{said}; {AGAIN}")
    return 128 + stopped.signal


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be closed
        print(text, flush=True)


def _not_judged(
    chosen: list[Submission], lessons: list[Lesson], how: How, lost: Mapping[Submission, str]
) -> Iterator[tuple[Submission, list[Row]]]:
    """Yield the rows of what is no notebook, or could not be judged; its name says the lesson."""
    for one in chosen:
        suffix = one.path.suffix.lower()
        kind = f"that end in {suffix}" if suffix else "without a suffix"
        why = lost.get(one, "" if kinds.is_notebook(one.path) else OTHER.format(kind=kind))
        if why:
            named = submissions.lesson_named(one, lessons)
            told = naming.clean(why, 300)
            yield one, judge.not_graded(one, [named] if named else [], how, told)


def _number(out: Path, draw: int | None) -> int:
    """Return the number that the class's cases are drawn by, and keep it for the runs to come."""
    kept = out / "done" / "draw"
    if draw is None:
        draw = int(kept.read_text()) if kept.is_file() else secrets.randbelow(1_000_000)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_aside(kept, str(draw).encode())
    return draw


def _wanted(root: Path, names: Collection[str]) -> set[str]:
    return {source.stem for source in places.choose(places.sources(root), names)}


def _chosen(
    root: Path, found: list[Submission], lessons: list[Lesson], names: Collection[str]
) -> list[Submission]:
    if not names:
        return found
    wanted = _wanted(root, names)
    chosen = [one for one in found if submissions.answers(one, lessons, wanted)]
    if not chosen:
        raise CourseError(f"none of the {len(found)} files answers {', '.join(sorted(wanted))}")
    return chosen


def _one(submission: Submission, lessons: list[Lesson], how: How) -> list[Row]:
    return judge.grade(submission, lessons, how)


class _Stopped(BaseException):
    """The run is to end: by this signal, or, with 0, because no sandbox starts."""

    def __init__(self, why: str, signal: int = 0) -> None:
        self.why, self.signal = why, signal


class _Signals:
    """Ends the grading, and nothing else, at Ctrl-C, SIGTERM and a closed terminal."""

    def __init__(self) -> None:
        self.grading = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> "_Signals":
        for number in (getattr(signal, name) for name in SIGNALS if hasattr(signal, name)):
            if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` wants it
                self.before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: object) -> None:
        if self.grading:  # else the tables are being written
            self.grading = False
            raise _Stopped(f"stopped by {signal.Signals(number).name}", number)


def _grade(
    chosen: list[Submission], work: Workers[Submission, list[Row]], done: "_Done",
    signals: _Signals,
) -> _Stopped | None:  # fmt: skip
    """Grade what is not done yet, keep each result as it comes; return what stopped it."""
    waiting = [one for one in chosen if not done.has(one)]
    quiet = os.environ.get("POSENC_QUIET") == "1"
    bar = tqdm(total=len(chosen), initial=len(chosen) - len(waiting), unit="file",
               disable=quiet)  # fmt: skip
    try:
        signals.grading = True
        with bar, contextlib.closing(work.done(waiting)) as graded:
            for one, rows in graded:
                done.keep(one, rows)
                bar.set_postfix_str(", ".join(one.name for one in work.in_hand), refresh=False)
                bar.update()
        signals.grading = False
    except _Stopped as stopped:
        return stopped
    except CourseError as problem:
        signals.grading = False
        return _Stopped(str(problem))
    return None


class _Done:
    """The results so far, a file for each submission, written whole or not at all."""

    def __init__(self, out: Path, fingerprint: str) -> None:
        self.folder, self.fingerprint = out / "done", fingerprint
        self.folder.mkdir(parents=True, exist_ok=True)
        self.paths: dict[Submission, Path] = {}

    def path(self, submission: Submission) -> Path:
        """Return where its results are kept: elsewhere once the file or the course changes."""
        if submission not in self.paths:
            key = f"{submissions.sha256(submission)} {self.fingerprint}"
            name = hashlib.sha256(key.encode()).hexdigest()[:32]
            self.paths[submission] = self.folder / f"{name}.json"
        return self.paths[submission]

    def has(self, submission: Submission) -> bool:
        """Return whether it is graded."""
        return self.path(submission).is_file()

    def keep(self, submission: Submission, rows: list[Row]) -> None:
        """Write its results down."""
        content = json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        write_aside(self.path(submission), content)

    def rows(self, chosen: list[Submission]) -> Iterator[Row]:
        """Yield the results of these, as far as they are there."""
        for submission in filter(self.has, chosen):
            yield from json.loads(self.path(submission).read_text(encoding="utf-8"))


def _fingerprint(lessons: list[Lesson], how: How) -> str:
    """Return what changes when exercises, the package or the way of grading do."""
    package = walls.PACKAGE
    found = hashlib.sha256(repr((lessons, how)).encode())
    for path in sorted(package.rglob("*.py")):  # answers and checkers call all of it
        found.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def _told(rows: list[Row], out: Path) -> str:
    people = len({row["student"] for row in rows})
    passed = sum(row["verdict"] in judge.PASSED for row in rows)
    return (
        f"{people} students, {passed} of {len(rows)} answers right, cases drawn by "
        f"{rows[0]['draw']}: {out / 'results.csv'}, {out / 'index.html'}"
    )


def _held_by(trusted: bool) -> str:
    """Return a sentence: which limits held what was graded, and which did not."""
    if trusted:
        return "graded without walls and limits (--trusted)"
    counted = group.holds()
    single = "a single process" if calls.library() else "a single process and a single thread"
    if {"memory", "pids"} <= counted:
        return f"each file was held by the limits of {single}, and by a cgroup's on all of it"
    return (
        f"each file was held by the limits of {single}; the system lends no cgroup that counts "
        "its memory as a whole"
    )
