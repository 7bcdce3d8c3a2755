"""A second wall where the system lends one: a cgroup (v2) that counts a sandbox as a whole.

Without one everything holds by the limits of processes, and the last line of a run says so.
"""

import contextlib
import functools
import itertools
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

LIMITS = {
    "memory.max": str(1 << 30),
    "memory.swap.max": "0",
    "memory.oom.group": "1",
    "pids.max": "32",  # bubblewrap's own, Python, its threads
}
NAME = "posenc-{pid}-{number}"
ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'  # before anything else runs, then the command
TO_END = 2.0  # seconds, until the kernel has put away what was killed
_numbers = itertools.count()


class Group:
    """One cgroup: what is started by `entered` stays in it, whatever it does."""

    def __init__(self, above: Path) -> None:
        self.folder = above / NAME.format(pid=os.getpid(), number=next(_numbers))
        self.folder.mkdir()
        self.limits = tuple(name for name in LIMITS if self._write(name, LIMITS[name]))

    def entered(self, words: list[str]) -> list[str]:
        """Return the command that runs `words` in here."""
        return ["sh", "-c", ENTER, str(self.folder), *words]

    def seconds(self) -> float:
        """Return the seconds that all processes have computed, ended ones too."""
        with contextlib.suppress(OSError):
            if found := re.search(r"usage_usec (\d+)", (self.folder / "cpu.stat").read_text()):
                return int(found[1]) / 1e6
        return 0.0

    def close(self) -> None:
        """End all that runs in here, and take the group away."""
        self._write("cgroup.kill", "1")
        end = time.monotonic() + TO_END
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
                return
            time.sleep(0.02)

    def _write(self, name: str, value: str) -> bool:
        path = self.folder / name
        try:
            if path.exists():  # or an ordinary file would be made
                path.write_text(value)
                return True
        except OSError:
            pass
        return False


def new() -> Group | None:
    """Return a new group; None where none can be made."""
    above = place()
    try:
        return Group(above) if above else None
    except OSError:
        return None


@functools.cache
def place() -> Path | None:
    """Return where this process may make groups and enter them; None is nowhere.

    The nearest place is chosen in which memory and processes are counted, else the nearest.
    """
    above = [folder for folder in _above() if _lends(folder)]
    counting = [folder for folder in above if _counts(folder)]
    return next(iter([*counting, *above]), None)


def holds() -> set[str]:
    """Return which of the limits hold for a sandbox as a whole."""
    group = new()
    if group is None:
        return set()
    group.close()
    return {name.partition(".")[0] for name in group.limits}


def _above() -> Iterator[Path]:
    """Yield the folders of this process's own group and of those around it."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        mount = Path(next(line.split()[4] for line in mounts if " - cgroup2 " in line))
        groups = Path("/proc/self/cgroup").read_text().splitlines()
        own = next(line[3:] for line in groups if line.startswith("0::"))
        folder = mount / own.lstrip("/")
        yield from (one for one in (folder, *folder.parents) if one.is_relative_to(mount))


def _counts(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return {"memory", "pids"} <= {*(folder / "cgroup.subtree_control").read_text().split()}
    return False


def _lends(folder: Path) -> bool:
    """Whether a process of ours can be put into a group made here; tried, for many rules apply."""
    _sweep(folder)
    try:
        group = Group(folder)
    except OSError:
        return False
    entered = subprocess.run(group.entered(["true"]), stderr=subprocess.DEVNULL)
    group.close()
    return not entered.returncode


def _sweep(folder: Path) -> None:
    """Take away the empty groups of processes that are gone."""
    for old in folder.glob(NAME.format(pid="*", number="*")):
        pid = old.name.split("-")[1]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            with contextlib.suppress(OSError):
                old.rmdir()
