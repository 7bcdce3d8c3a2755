"""`python -m posenc.course grade`: every submission, in parallel, begun again where it ended."""

import hashlib
import json
import os
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from tqdm import tqdm

from posenc._files import write_aside
from posenc.course import places
from posenc.course.grade import kinds, naming, report, students, submissions, tasks
from posenc.course.grade.outside import judge, walls
from posenc.course.grade.outside.judge import How
from posenc.course.grade.submissions import Submission
from posenc.course.grade.tasks import Lesson
from posenc.course.places import CourseError

STOPPED = "{why}; {done} of {all} are done and kept: run the same command to go on"
OTHER = "files {kind} are not read: hand in the .ipynb itself"


def run(
    root: Path, folder: Path, out: Path, *, jobs: int, trusted: bool, names: Collection[str] = (),
    draw: int | None = None,
) -> int:  # fmt: skip
    """Grade what is in `folder`, write into `out`; 130 if it was interrupted.

    With ``names`` of lessons, files that answer others are left alone. Cases are drawn by the
    number ``draw``; without it by that of an earlier run into `out`, or by a new one.
    """
    lessons = [tasks.read(source) for source in places.sources(root)]
    found = submissions.handed_in(folder, lessons, out)
    chosen = _chosen(root, found, lessons, names)
    walls.refuse_without_walls(trusted)
    try:
        how = How(trusted, _number(out, draw))
        done = _Done(out, _fingerprint(lessons, how))
        notebooks = [one for one in chosen if kinds.is_notebook(one.path)]
        code = _grade(notebooks, lessons, done, jobs, how)
        if not code:
            handed = [(one, [*done.rows([one])]) for one in notebooks]
            others = [one for one in chosen if not kinds.is_notebook(one.path)]
            handed += [(one, _not_read(one, lessons, how)) for one in others]
            judged = students.settle(handed, lessons, _wanted(root, names))
            notes = judged.notes() + submissions.passed_over(folder, found, out)
            rows = report.write(out, judged.rows, notes)
            print("\n".join([_told(rows, out), *notes]))
    except OSError as problem:
        raise CourseError(
            f"{out} cannot be written: {problem.strerror}; what is done is kept"
        ) from None
    return code


def _not_read(one: Submission, lessons: list[Lesson], how: How) -> list[dict[str, Any]]:
    """Return the rows of a file that is no notebook."""
    suffix = one.path.suffix.lower()
    why = OTHER.format(kind=f"that end in {suffix}" if suffix else "without a suffix")
    named = submissions.lesson_named(one, lessons)
    return judge.not_graded(one, [named] if named else [], how, naming.clean(why))


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


def _grade(
    chosen: list[Submission], lessons: list[Lesson], done: "_Done", jobs: int, how: How
) -> int:
    """Grade what is not done yet, and keep each result as it comes."""
    waiting = [one for one in chosen if not done.has(one)]
    quiet = os.environ.get("POSENC_QUIET") == "1"
    work = (delayed(_one)(one, lessons, how) for one in waiting)
    bar = tqdm(total=len(chosen), initial=len(chosen) - len(waiting), unit="file",
               disable=quiet)  # fmt: skip
    why = ""
    with bar:
        try:
            for one, rows in Parallel(jobs, return_as="generator_unordered")(work):
                done.keep(one, rows)
                bar.update()
        except KeyboardInterrupt:
            why = "interrupted"
        except TerminatedWorkerError:
            why = "a worker was ended from outside (is memory short?)"
    if why:
        kept = sum(map(done.has, chosen))
        print(STOPPED.format(why=why, done=kept, all=len(chosen)))
    return 130 if why == "interrupted" else int(bool(why))


def _one(
    submission: Submission, lessons: list[Lesson], how: How
) -> tuple[Submission, list[dict[str, Any]]]:
    return submission, judge.grade(submission, lessons, how)


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

    def keep(self, submission: Submission, rows: list[dict[str, Any]]) -> None:
        """Write its results down."""
        content = json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        write_aside(self.path(submission), content)

    def rows(self, chosen: list[Submission]) -> Iterator[dict[str, Any]]:
        """Yield all results of these."""
        for submission in chosen:
            yield from json.loads(self.path(submission).read_text(encoding="utf-8"))


def _fingerprint(lessons: list[Lesson], how: How) -> str:
    """Return what changes when exercises, the package or the way of grading do."""
    package = walls.PACKAGE
    found = hashlib.sha256(repr((lessons, how)).encode())
    for path in sorted(package.rglob("*.py")):  # answers and checkers call all of it
        found.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def _told(rows: list[dict[str, Any]], out: Path) -> str:
    people = len({row["student"] for row in rows})
    passed = sum(row["verdict"] in judge.PASSED for row in rows)
    return (
        f"{people} students, {passed} of {len(rows)} answers right, cases drawn by "
        f"{rows[0]['draw']}: {out / 'results.csv'}, {out / 'index.html'}"
    )
