"""JupyterLab on the learner's own copies."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from posenc.course._places import CourseError, remedy, write_aside

# A course should open on its lessons, also without a network. These are defaults:
# what a learner sets in JupyterLab's own settings stays above them.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    }
}


def lab(root: Path, args: list[str]) -> int:
    """Bring the copies up to date, then hand over to JupyterLab."""
    for module in ("jupyterlab", "nbformat"):
        if importlib.util.find_spec(module) is None:
            raise CourseError(f"{module} is missing. To get it, {remedy('lab')}")
    from posenc.course import _copies

    work = root / "work"
    for line in _copies.update(root, work):
        print(line)
    print(f"Your copies are in {work}; Ctrl+C here ends JupyterLab.", flush=True)
    # The checkers add a line for each answer; the file may be deleted at any time.
    record = {"POSENC_RECORD": str(work / "record.jsonl")}
    return _hand_over(command(work, args), os.environ | settings(work / ".posenc") | record)


def command(work: Path, args: list[str]) -> list[str]:
    """The command that opens JupyterLab on `work`."""
    as_root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    start = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={work}"]
    return [*start, *as_root, *args]


def settings(folder: Path) -> dict[str, str]:
    """Write our defaults into `folder`; the variable that leads JupyterLab there."""
    defaults = folder / "labconfig" / "default_setting_overrides.json"
    defaults.parent.mkdir(parents=True, exist_ok=True)
    write_aside(defaults, json.dumps(SETTINGS, indent=1).encode())
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, (str(folder), others)))}


def _hand_over(words: list[str], env: dict[str, str]) -> int:
    if os.name == "posix":
        # Becoming JupyterLab leaves one process for Ctrl+C and for make.
        os.execve(words[0], words, env)
    try:
        return subprocess.call(words, env=env)
    except KeyboardInterrupt:
        return 0
