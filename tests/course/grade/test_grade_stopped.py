"""A run that is stopped, or loses a worker: tables of what is done, nothing left, and on again."""

import csv
import os
import pty
import random
import signal
import subprocess
import sys
import time

import handed_in
import psutil
import pytest
from handed_in import RIGHT, STUB, WRONG, can_wall, root_of, rows_of

from posenc.course.grade import run
from posenc.course.grade.outside import walls
from posenc.course.grade.workers import ENDED, Workers
from posenc.course.places import CourseError

pytestmark = pytest.mark.full  # whole classes, stopped and begun again

SLEEP = "import time; time.sleep(999)"
GRADE = [sys.executable, "-m", "posenc.course", "grade"]
SOFT = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def words(folder, *more):
    return [*GRADE, str(folder / "in"), "--out", str(folder / "out"), "--draw", "1", *more]


def env():
    return os.environ | {"PYTHONPATH": str(walls.PACKAGE.parent), "POSENC_QUIET": "1"}


def start(small, folder, *more):
    return subprocess.Popen(
        words(folder, *more), cwd=root_of(small), env=env(), text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def finish(small, folder, *more):
    first = start(small, folder, *more)
    said, _ = first.communicate(timeout=900)
    assert first.returncode == 0, said
    return said


def until(true, seconds=300):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.1)


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def family(pid):
    return psutil.Process(pid).children(recursive=True)


def inside(pid):
    """The sandboxes' own processes below this one."""
    return [one for one in family(pid) if "posenc.course.grade.inside" in one.cmdline()]


def results(folder):
    return len(list((folder / "out" / "done").glob("*.json")))


def gone(processes):
    until(lambda: not any(map(runs, processes)), 10)


def same(folder):
    """The table without what differs from run to run."""
    with open(folder / "out" / "results.csv", encoding="utf-8-sig", newline="") as file:
        return [{name: text for name, text in row.items() if name != "seconds"}
                for row in csv.DictReader(file)]  # fmt: skip


@pytest.fixture
def few(small, tmp_path):
    """Two right files, and one between them that sleeps."""
    right = {name: RIGHT.format(name) for name in ("first", "second")}
    for name in ("a", "b"):
        handed_in.hand_in(tmp_path / "in" / name, handed_in.submission(small, right))
    asleep = right | {"first": handed_in.function("first", SLEEP)}
    handed_in.hand_in(tmp_path / "in" / "m", handed_in.submission(small, asleep))
    return tmp_path


@pytest.mark.parametrize("number", [*SOFT, signal.SIGKILL], ids=lambda number: number.name)
def test_a_stopped_run_leaves_tables_and_no_process(small, few, number):
    first = start(small, few, "--trusted")
    until(lambda: results(few) == 2)
    processes = family(first.pid)
    assert processes
    if number == signal.SIGINT:
        os.killpg(first.pid, number)  # as a terminal does
    else:
        first.send_signal(number)
    said, _ = first.communicate(timeout=60)
    gone(processes)
    if number == signal.SIGKILL:
        return
    assert first.returncode == 128 + number, said
    assert f"stopped by {number.name}; in hand: m/01_small.ipynb; 2 of 3 files" in said
    assert {row["student"] for row in rows_of(few / "out")} == {"a", "b"}


def test_a_closed_terminal_ends_all_and_leaves_tables(small, few):
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(root_of(small))
        os.execve(GRADE[0], words(few, "--trusted"), env())
    until(lambda: results(few) == 2)
    processes = family(pid)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) in (129, 120)
    gone(processes)
    assert {row["student"] for row in rows_of(few / "out")} == {"a", "b"}


@pytest.mark.skipif(not can_wall(), reason="bubblewrap is not installed, or not allowed")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda one: one.name)
def test_walls_fall_with_the_teacher(small, few, number):
    first = start(small, few)
    until(lambda: results(few) == 2 and inside(first.pid))
    processes = family(first.pid)
    first.send_signal(number)
    first.communicate(timeout=60)
    gone(processes)


def test_a_worker_that_is_ended_once_costs_nothing(small, few):
    first = start(small, few, "--trusted")
    until(lambda: inside(first.pid))
    (inside(first.pid)[0].parent()).kill()
    said, _ = first.communicate(timeout=300)
    assert first.returncode == 0, said
    assert "could not be judged" not in said
    assert len(rows_of(few / "out")) == 6


def marked(piece):
    """Return the piece; end the process for `die`, and once for what is a path."""
    if piece == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if piece.startswith("/") and not os.path.exists(piece):
        open(piece, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    if piece == "raise":
        raise LookupError(piece)
    if piece == "stop":
        raise CourseError(piece)
    return piece


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_piece_that_ends_its_process_twice_is_lost_alone(jobs, tmp_path):
    once = str(tmp_path / "once")
    work = Workers(marked, jobs)
    found = list(work.done(["a", once, "die", "b", "raise", "c"]))
    assert sorted(found) == sorted((name, name) for name in ("a", once, "b", "c"))
    assert work.lost == {"die": ENDED, "raise": "LookupError: raise"}
    assert work.in_hand == []


@pytest.mark.parametrize("jobs", [0, 1])
def test_what_is_in_hand_is_known_when_it_stops(jobs):
    work = Workers(marked, jobs)
    with pytest.raises(CourseError):
        list(work.done(["a", "raise", "stop", "b"]))
    assert work.in_hand == ["stop"]
    assert work.lost == {"raise": "LookupError: raise"}


def test_a_lost_file_gets_a_row_and_the_run_goes_on(small, few, monkeypatch, capsys):
    class Losing(Workers):
        def done(self, waiting):
            self.lost = {waiting[-1]: ENDED}
            return super().done(waiting[:-1])

    monkeypatch.setattr(run, "Workers", Losing)
    (few / "in" / "m" / "01_small.ipynb").rename(few / "in" / "z_01_small.ipynb")
    how = {"jobs": 0, "trusted": True, "draw": 1}
    assert run.run(root_of(small), few / "in", few / "out", **how) == 0
    rows = {row["student"]: row for row in rows_of(few / "out")}
    assert rows["a"]["points"] == rows["b"]["points"] == "2"
    assert (rows["z"]["verdict"], rows["z"]["points"]) == ("unreadable", "0")
    assert "ended twice" in rows["z"]["message"]
    assert "z_01_small.ipynb could not be judged" in capsys.readouterr().out
    assert results(few) == 2  # it is tried again the next time


# --- many times --------------------------------------------------------------------------------

HOSTILE = ("import os; os._exit(0)", "raise SystemExit", "import os; os.closerange(0, 64)", SLEEP,
           "return [bytearray(10**8) for _ in range(10**4)]", "return torch.zeros(25_000_000)",
           "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")  # fmt: skip


def a_mixed_class(small, folder):
    """Hand in 60 files: right, wrong, unwritten, broken, hostile."""
    for number in range(60):
        place = folder / "in" / f"student {number:02}"
        if number % 10 == 9:
            place.mkdir(parents=True)
            (place / "01_small.ipynb").write_text(handed_in.WHOLE[: -number // 2])
            continue
        cells = [RIGHT, WRONG, STUB][number % 3], RIGHT
        answers = {
            name: cell.format(name) for name, cell in zip(("first", "second"), cells, strict=True)
        }
        if number % 8 == 4:
            answers["first"] = handed_in.function("first", HOSTILE[number // 8])
        handed_in.hand_in(place, handed_in.submission(small, answers))


@pytest.mark.skipif(not can_wall(), reason="bubblewrap is not installed, or not allowed")
def test_ten_random_ends_change_no_table(small, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        a_mixed_class(small, folder)
    finish(small, whole)
    drawn = random.Random(0)
    numbers = [*SOFT, signal.SIGKILL] * 2 + [signal.SIGKILL, "worker"]
    drawn.shuffle(numbers)
    for number in numbers:
        first = start(small, cut)
        until(lambda: inside(first.pid))  # noqa: B023
        time.sleep(drawn.uniform(0.5, 4))
        assert first.poll() is None, "it ended before it could be stopped"
        processes = family(first.pid)
        if number == "worker":
            inside(first.pid)[0].parent().kill()
            continue_with(first)
            processes = []
        elif number == signal.SIGINT:
            os.killpg(first.pid, number)
        else:
            first.send_signal(number)
        first.communicate(timeout=120)
        gone(processes)
    finish(small, cut)
    assert same(cut) == same(whole)
    assert len(same(whole)) == 120


def continue_with(first):
    """Let a run that lost a worker go on for a while, then end it."""
    time.sleep(3)
    if first.poll() is None:
        first.send_signal(signal.SIGTERM)


@pytest.mark.skipif(not can_wall(), reason="bubblewrap is not installed, or not allowed")
def test_forty_files_of_ten_exercises_are_judged_in_time(tmp_path):
    names = [f"answer_{number}" for number in range(10)]
    source = handed_in.course(tmp_path, names)
    for number in range(40):
        cells = {name: (WRONG if (number + i) % 7 == 0 else RIGHT).format(name)
                 for i, name in enumerate(names)}  # fmt: skip
        notebook = handed_in.submission(source, cells)
        handed_in.hand_in(tmp_path / "in" / f"student {number}", notebook)
    began = time.monotonic()
    finish(source, tmp_path)
    taken = time.monotonic() - began
    print(f"40 files in {taken:.0f} s")
    assert len(rows_of(tmp_path / "out")) == 400
    assert taken < 360 * 40 / 200 * 2  # 200 in six minutes on two free cores; these may be shared
