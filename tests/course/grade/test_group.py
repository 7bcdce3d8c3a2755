"""A cgroup of a sandbox, where the system lends one."""

import os
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from posenc.course.grade.outside import group


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A group in a folder that behaves as the kernel's: it comes with its files."""
    mkdir = Path.mkdir

    def with_files(path, *how, **named):
        mkdir(path, *how, **named)
        for name in (*group.LIMITS, "cgroup.kill", "cgroup.procs"):
            (path / name).touch()
        (path / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")

    monkeypatch.setattr(group.Path, "mkdir", with_files)
    monkeypatch.setattr(group, "TO_END", 0.05)
    return group.Group(tmp_path)


def test_a_group_limits_all_of_a_sandbox_together(made):
    files = {name: (made.folder / name).read_text() for name in group.LIMITS}
    assert files == group.LIMITS
    assert made.limits == tuple(group.LIMITS)
    assert made.seconds() == 2.5
    words = made.entered(["sh", "-c", "echo $$"])
    pid = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert (made.folder / "cgroup.procs").read_text() == pid
    made.close()
    assert (made.folder / "cgroup.kill").read_text() == "1"


def test_a_place_that_counts_memory_is_chosen_before_a_nearer_one(tmp_path, monkeypatch):
    near, far = tmp_path / "a" / "b", tmp_path / "a"
    near.mkdir(parents=True)
    (far / "cgroup.subtree_control").write_text("cpu memory pids\n")
    monkeypatch.setattr(group, "_above", lambda: [near, far])
    monkeypatch.setattr(group, "_lends", lambda folder: True)
    assert group.place.__wrapped__() == far
    (far / "cgroup.subtree_control").write_text("cpu\n")
    assert group.place.__wrapped__() == near
    monkeypatch.setattr(group, "_lends", lambda folder: False)
    assert group.place.__wrapped__() is None


def test_a_real_group_ends_what_leaves_its_session():
    one = group.new()
    if one is None:
        pytest.skip("no cgroup may be used here")
    script = "setsid sleep 99 & while :; do :; done"
    started = subprocess.Popen(one.entered(["sh", "-c", script]), start_new_session=True)
    end = time.monotonic() + 20
    while (one.seconds() < 0.2 or len(_members(one)) < 2) and time.monotonic() < end:
        time.sleep(0.05)
    members = _members(one)
    assert len(members) == 2
    assert one.seconds() >= 0.2
    one.close()
    started.wait(timeout=5)
    assert not one.folder.exists()
    assert not any(map(runs, members))


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _members(one):
    return [int(line) for line in (one.folder / "cgroup.procs").read_text().split()]


def test_groups_of_those_that_are_gone_are_swept(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    old, mine = (tmp_path / f"posenc-{pid}-0" for pid in (ended.pid, os.getpid()))
    old.mkdir()
    mine.mkdir()
    group._sweep(tmp_path)
    assert not old.exists()
    assert mine.exists()
