"""JupyterLab on the learner's own copies."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from posenc.course._places import INSTALL, CourseError

QUIET = [
    # No pop-up about Jupyter's news, no look for a later version: a course
    # should open on its lessons, also without a network.
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
]


def lab(root: Path, args: list[str]) -> int:
    """Bring the copies up to date, then hand over to JupyterLab."""
    for module in ("jupyterlab", "nbformat"):
        if importlib.util.find_spec(module) is None:
            install = INSTALL.format(extra="lab")
            raise CourseError(f"{module} is missing; in the course's folder: {install}")
    from posenc.course import _copies

    work = root / "work"
    for line in _copies.update(root, work):
        print(line)
    print(f"Your copies are in {work}; Ctrl+C here ends JupyterLab.", flush=True)
    return _hand_over(command(work, args))


def command(work: Path, args: list[str]) -> list[str]:
    """The command that opens JupyterLab on `work`."""
    as_root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    start = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={work}"]
    return [*start, *QUIET, *as_root, *args]


def _hand_over(words: list[str]) -> int:
    if os.name == "posix":
        # Becoming JupyterLab leaves one process for Ctrl+C and for make.
        os.execv(words[0], words)
    try:
        return subprocess.call(words)
    except KeyboardInterrupt:
        return 0
