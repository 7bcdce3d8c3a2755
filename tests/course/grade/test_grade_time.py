"""No file stops a class: each phase ends by the clock on the wall, and nothing stays behind."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import handed_in
import psutil
import pytest
from handed_in import RIGHT, can_wall
from stoppers import STOPPERS

from posenc.course.grade import run
from posenc.course.grade.outside import clock, group, judge, sandbox, walls

pytestmark = [
    pytest.mark.skipif(not can_wall(), reason="bubblewrap is not installed, or not allowed"),
    pytest.mark.full,  # minutes: each waits for a ceiling
]
SECONDS, TO_READ = 1.5, 2.0  # instead of the limits' 10 and 20
MOST = 2 * (SECONDS + TO_READ) + sandbox.TO_START  # of an exercise by the clock on the wall
LATE = 3.0  # a busy machine looks at its clock so much later
SECRET = "the canary sings"
ORDINARY = 54_321  # a user who is not root
HONEST = ("ada", "zoe")


def grade_here(teacher):
    """Grade the class in this folder with short limits, and on a machine called quiet."""
    judge.SECONDS, sandbox.TO_READ, clock.crowd = SECONDS, TO_READ, lambda: 1.0
    checked, walls_of = judge._Grading._checked, {}

    def timed(self, task, answer):
        began = time.monotonic()
        try:
            return checked(self, task, answer)
        finally:
            taken = time.monotonic() - began
            walls_of[self.submission.student] = max(walls_of.get(self.submission.student, 0), taken)

    judge._Grading._checked = timed
    teacher = Path(teacher)
    code = run.run(teacher, teacher / "in", teacher / "out", jobs=0, trusted=False, draw=1)
    peak = psutil.Process().memory_info().rss
    said = {"code": code, "rss": peak, "uid": os.geteuid(), "walls": walls_of}
    (teacher / "said.json").write_text(json.dumps(said))


def as_user(user):
    """Return the words before a command that another user is to run, who may pass root's home."""
    if user is None:
        return []
    words = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    python = Path(sys.base_prefix)
    closed = next((p for p in list(python.parents)[::-1] if not p.stat().st_mode & 1), None)
    if closed:
        words += ["--tmpfs", str(closed), *walls._parents(python), "--ro-bind", *[str(python)] * 2]
    ids = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    return [*words, "--", "setpriv", *ids, "--"]


def the_class(teacher):
    """Hand in a file for each stopper, with a right answer beside it, and two honest files."""
    source = handed_in.course(teacher, ["first", "second"])
    honest = {name: RIGHT.format(name) for name in ("first", "second")}
    for student in HONEST:
        handed_in.hand_in(teacher / "in" / student, handed_in.submission(source, honest))
    for name, (body, _, _) in STOPPERS.items():
        cell = body if body.lstrip().startswith(("def ", "import time\nwait")) else (
            handed_in.function("first", body))  # fmt: skip
        notebook = handed_in.submission(source, honest | {"first": cell})
        handed_in.hand_in(teacher / "in" / f"eve {name}", notebook)
    (teacher / "canary.txt").write_text(SECRET)


@pytest.fixture(scope="module", params=[None, ORDINARY], ids=["as_is", "ordinary"])
def graded(request):
    """The rows of the class, by student and exercise; its folder; the user who graded it."""
    user = request.param
    if user and os.geteuid():
        pytest.skip("these tests run as an ordinary user already")
    teacher = Path(tempfile.mkdtemp(prefix="posenc-class-"))
    the_class(teacher)
    if user:
        for path in (teacher, *teacher.rglob("*")):
            os.chown(path, user, user)
    here = os.pathsep.join([str(Path(__file__).parent), str(walls.PACKAGE.parent)])
    words = [sys.executable, "-c", "import test_grade_time as t, sys; t.grade_here(sys.argv[1])"]
    env = os.environ | {"PYTHONPATH": here, "HOME": str(teacher), "MPLCONFIGDIR": str(teacher)}
    began = time.monotonic()
    ended = subprocess.run([*as_user(user), *words, str(teacher)], env=env, cwd=teacher,
                           capture_output=True, text=True, timeout=900)  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    rows = {(row["student"], row["exercise"]): row for row in handed_in.rows_of(teacher / "out")}
    said = json.loads((teacher / "said.json").read_text())
    yield rows, said | {"teacher": teacher, "wall": time.monotonic() - began, "said": ended.stdout}
    shutil.rmtree(teacher)


@pytest.mark.parametrize("name", STOPPERS)
def test_a_file_that_stops_the_class_costs_its_own_points_and_little_time(graded, name):
    _, mistakes, says = STOPPERS[name]
    row = graded[0][f"eve {name}", "first"]
    assert row["points"] == "0", row
    assert row["mistake"] in mistakes, row
    assert says in row["message"], row
    assert row["message"]
    assert float(row["seconds"]) < MOST, row
    assert graded[1]["walls"].get(f"eve {name}", 0) < 2 * SECONDS + LATE


@pytest.mark.parametrize("name", STOPPERS)
def test_the_answer_beside_it_keeps_its_points(graded, name):
    row = graded[0][f"eve {name}", "second"]
    assert (row["verdict"], row["points"]) == ("right", "2"), row


@pytest.mark.parametrize("student", HONEST)
def test_honest_files_before_and_after_keep_all_points(graded, student):
    rows = [graded[0][student, exercise] for exercise in ("first", "second")]
    assert [row["points"] for row in rows] == ["2", "2"], rows


def test_nothing_is_left(graded):
    _, said = graded
    assert (said["teacher"] / "canary.txt").read_text() == SECRET
    assert said["code"] == 0
    uid = said["uid"]
    uids = {uid} if uid else set(range(walls.NOBODY, walls.NOBODY + 100_000))
    end = time.monotonic() + 5
    while (left := _of_users(uids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert uid or not left or os.environ.get("PYTEST_XDIST_WORKER"), left
    assert uid != ORDINARY or not left, left
    place = group.place()
    assert not place or not [one for one in place.glob("posenc-*")
                             if not psutil.pid_exists(int(one.name.split("-")[1]))]  # fmt: skip


def _of_users(uids):
    found = []
    for process in psutil.process_iter(["uids", "cmdline"]):
        if process.info["uids"] and process.info["uids"].real in uids:
            found.append(process.info["cmdline"])
    return found


def test_the_run_says_what_held_the_files(graded):
    assert "each file was held by the limits of a single process" in graded[1]["said"]
