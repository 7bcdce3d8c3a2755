"""What a sandbox's clock counts."""

import itertools
import multiprocessing
import os
import signal
import time
from collections import namedtuple

import handed_in
import psutil
import pytest
from handed_in import RIGHT, can_wall, root_of, rows_of

from posenc.check.engine.guard import TooLong
from posenc.course.grade import run
from posenc.course.grade.outside import clock, judge, sandbox
from posenc.course.grade.outside.clock import Clock
from posenc.course.grade.wire.peer import TICK, Ended

Times = namedtuple("Times", "user system children_user children_system")
Held = namedtuple("Held", "rss shared")


class Seen:
    """A process as psutil shows it."""

    def __init__(self, user=0.0, children=0.0, rss=0):
        self.times, self.held = Times(user, 0.0, children, 0.0), Held(rss, 0)

    def cpu_times(self):
        return self.times

    def memory_info(self):
        return self.held


class Gone(Seen):
    def cpu_times(self):
        raise psutil.NoSuchProcess(1)


@pytest.fixture
def tree(monkeypatch):
    """The processes of a sandbox; nothing else is busy, and this process takes no time."""
    processes = []
    monkeypatch.setattr(clock, "_tree", lambda pid: list(processes))
    monkeypatch.setattr(clock, "crowd", lambda: 1.0)
    monkeypatch.setattr(clock.time, "process_time", lambda: 0.0)
    return processes


def passes(one, seconds):
    """Let time pass for a clock."""
    one.at -= seconds
    one.tick()


def test_what_a_process_computed_is_kept_when_it_is_gone(tree):
    one = Clock(1)
    one.start(5.0)
    for _ in range(3):  # each new one computes for 1.5 s and goes
        tree[:] = [Seen(user=1.5), Gone()]
        passes(one, TICK)
    tree[:] = [Seen(user=1.5)]
    with pytest.raises(TooLong):
        passes(one, TICK)


def test_a_child_that_was_seen_and_waited_for_counts_once(tree):
    one = Clock(1)
    one.start(5.0)
    parent, child = Seen(user=1.0), Seen(user=3.0)
    tree[:] = [parent, child]
    passes(one, TICK)
    parent.times = parent.times._replace(children_user=3.0)
    tree[:] = [parent]
    passes(one, TICK)
    assert one.most == 4.0


def test_children_that_were_never_seen_count_when_they_are_waited_for(tree):
    one = Clock(1)
    one.start(5.0)
    tree[:] = [Seen(children=5.5)]
    with pytest.raises(TooLong):
        passes(one, TICK)


def test_a_cgroup_s_count_wins_where_it_is_higher(tree):
    counted = [0.0]
    one = Clock(1, type("Counts", (), {"seconds": lambda self: counted[-1]})())
    one.start(5.0)
    counted.append(5.5)
    with pytest.raises(TooLong):
        passes(one, TICK)


def test_the_wall_ends_what_computes_nothing(tree):
    one = Clock(1)
    one.start(2.0)
    for _ in range(6):
        passes(one, 0.49)
    with pytest.raises(TooLong):
        passes(one, 0.49)


def test_on_a_busy_machine_the_wall_is_further_away(tree, monkeypatch):
    monkeypatch.setattr(clock, "crowd", lambda: 2.0)
    one = Clock(1)
    one.start(2.0)
    for _ in range(12):
        passes(one, 0.49)
    with pytest.raises(TooLong):
        passes(one, 0.49)


def test_while_this_process_is_stopped_the_wall_waits(tree):
    one = Clock(1)
    one.start(2.0)
    passes(one, 3600.0)
    assert one.waited == clock.LATE


def test_together_they_may_hold_so_much(tree):
    one = Clock(1)
    one.start(9.0)
    tree[:] = [Seen(rss=clock.MEMORY // 2), Seen(rss=clock.MEMORY // 2 + 1)]
    with pytest.raises(Ended, match="more than 1024 MB"):
        passes(one, TICK)


@pytest.mark.parametrize(
    ("wanting", "own", "share"), [(1, 1, 1.0), (9, 1, 4.5), (9, 9, 1.0), (999, 1, clock.CROWD)]
)
def test_others_make_a_crowd_and_sandboxes_do_not(monkeypatch, wanting, own, share):
    monkeypatch.setattr(clock.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(clock, "_wanting", lambda: wanting)
    monkeypatch.setattr(clock, "_tree", lambda pid: [psutil.Process()])
    monkeypatch.setattr(clock, "_running", lambda pid: own)
    assert clock.crowd() == share


def test_threads_that_run_are_counted():
    assert 1 <= clock._running(os.getpid()) <= clock._wanting()
    assert clock._running(2**22 + 1) == 0


# --- real ones ----------------------------------------------------------------------------------


@pytest.fixture
def quiet(monkeypatch):
    monkeypatch.setattr(clock, "crowd", lambda: 1.0)


def answering(body):
    box = sandbox.Sandbox([f"def answer(f):\n    {body}"], [], [], trusted=True)
    return box, box.answer("answer", "nothing", "", 0).value


def lent():
    """What an answer may call: a little work."""
    return sum(range(10_000))


@pytest.mark.parametrize(
    "body",
    ["while True: f()", "import time\n    while True: f(); time.sleep(0.1)",
     "import time\n    while True: time.sleep(0.1)"],
    ids=["calls_back", "calls_back_now_and_then", "sleeps"],
)  # fmt: skip
def test_calling_back_for_ever_ends(body, quiet):
    box, answer = answering(body)
    box.clock.start(1.0)
    began = time.monotonic()
    with pytest.raises(TooLong):
        answer(lent)
    assert time.monotonic() - began < 2.0
    box.close()


def compute(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_a_checker_that_computes_on_what_came_back_ends_too(tree):
    one = Clock(1)
    one.start(0.5)
    began = time.monotonic()
    with one.ringing(), pytest.raises(TooLong):
        compute(30)
    assert time.monotonic() - began < 2.0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.full
@pytest.mark.skipif(not can_wall(), reason="bubblewrap is not installed, or not allowed")
def test_a_busy_machine_fails_nobody(small, tmp_path, monkeypatch):
    """Eight programs a core: within 1.5 s by the clock nothing would be right."""
    monkeypatch.setattr(judge, "SECONDS", 1.0)
    monkeypatch.setattr(sandbox, "TO_READ", 1.0)
    right = {name: RIGHT.format(name) for name in ("first", "second")}
    for name in "abc":
        handed_in.hand_in(tmp_path / "in" / name, handed_in.submission(small, right))
    many = [multiprocessing.get_context("spawn").Process(target=compute, args=(999,), daemon=True)
            for _ in range(8 * (os.cpu_count() or 1))]  # fmt: skip
    for one in many:
        one.start()
    try:
        run.run(root_of(small), tmp_path / "in", tmp_path / "out", jobs=0, trusted=False)
    finally:
        for one in many:
            one.kill()
    assert {row["verdict"] for row in rows_of(tmp_path / "out")} == {"right"}


@pytest.mark.parametrize(("share", "tried"), [(1.0, 2), (10.0, judge.VERSIONS)])
def test_a_busy_machine_gives_further_versions_more_time(monkeypatch, share, tried):
    wrong, said = ("wrong", "raises", "no"), []
    looks = itertools.count(0.0, 0.6 * judge.ENOUGH)
    grading = judge._Grading(None, None, None, trusted=True)
    monkeypatch.setattr(grading, "_one", lambda task, version: said.append(version) or wrong)
    monkeypatch.setattr(judge.time, "monotonic", lambda: next(looks))
    monkeypatch.setattr(judge, "crowd", lambda: share)
    assert grading._best(None) == wrong
    assert len(said) == tried
