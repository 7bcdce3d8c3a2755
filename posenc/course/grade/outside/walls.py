"""Bubblewrap's walls: what a learner's code can see and reach, which is next to nothing."""

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import torch

from posenc.course.places import CourseError

PACKAGE = Path(__file__).resolve().parents[3]
GRADE = PACKAGE / "course" / "grade"
INSIDE = ("wire", "inside")  # the folders that are there; of the course's tools nothing else is
SCRATCH = 32_000_000  # bytes of /tmp in there
NOBODY = 900_000  # and on: users that own nothing
RUN = ("-m", "posenc.course.grade.inside")
ENV = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MPLCONFIGDIR": "/tmp",
    "OMP_NUM_THREADS": "1",
    "POSENC_QUIET": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def refuse_without_walls(trusted: bool) -> None:
    """Raise unless submissions can be sealed off, or are trusted."""
    if trusted:
        return
    why = "bubblewrap is missing (`apt install bubblewrap`)"
    if shutil.which("bwrap"):
        words, env = command(False)
        words = [*words[: words.index(RUN[0])], "-c", "import torch; print('up')"]
        tried = subprocess.run(words, env=env, capture_output=True, text=True)
        if tried.stdout == "up\n":
            return
        why = f"bubblewrap cannot start here: {tried.stderr.strip()[:300]}{_remedy(tried.stderr)}"
    raise CourseError(
        f"{why}. Without it a submission could read your files and use your network. "
        "If you wrote or read every one of them yourself, add --trusted"
    )


def _remedy(said: str) -> str:
    """Return what is known to help, as a sentence to be added; nothing if nothing is."""
    if "unknown option" in said.lower():
        return ". It must be 0.8 or later (Debian 12, Ubuntu 24.04)"
    if "uid map" in said or "ermission denied" in said or "not permitted" in said:
        return (
            ". The system forbids user namespaces; on Ubuntu 24.04, for as long as you grade: "
            "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
        )
    return ""


@functools.cache
def command(trusted: bool) -> tuple[list[str], dict[str, str]]:
    """Return the command that starts the inside, and its environment."""
    python = [sys.executable, *RUN]
    if trusted:
        return python, os.environ | ENV | {"PYTHONPATH": str(PACKAGE.parent)}
    inner = [
        *(shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session"),
        *("--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"),
        *_scratch("/tmp", SCRATCH),  # first: the course itself may lie below it
        *_shown(), *_hidden(), *_course(), "--proc", "/proc", "--dev", "/dev",
        *_scratch("/dev/shm", 1 << 20), "--remount-ro", "/dev",
        "--chdir", "/tmp", "--remount-ro", "/",
        "--clearenv", *_env(ENV | {"PYTHONPATH": "/course"}), "--",
    ]  # fmt: skip
    whole = [*_as_nobody(), *inner, *python, "--sealed"]
    return whole, {"PATH": os.environ.get("PATH", os.defpath)}


def _as_nobody() -> Iterator[str]:
    """Yield how root becomes somebody who owns nothing, for root's processes know no limit.

    Such a user may not pass root's home, where Python may lie, so that a first bubblewrap
    makes the few folders needed anew, open to all.
    """
    if os.geteuid():
        return
    yield from ("bwrap", "--die-with-parent", "--cap-drop", "ALL")
    yield from ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    yield from _shown()
    yield from _parents(PACKAGE)
    yield from ("--ro-bind", str(PACKAGE), str(PACKAGE), "--bind", "/proc", "/proc")
    yield from ("--dev", "/dev", "--perms", "1777", "--dir", "/tmp", "--", "setpriv")
    who = str(NOBODY + os.getpid() % 100_000)
    yield from (f"--reuid={who}", f"--regid={who}", "--clear-groups", "--")


def _shown() -> Iterator[str]:
    """Yield the mounts of the system and of Python, all read-only."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for place in sorted({*_pythons()}):
        if not place.is_relative_to("/usr"):
            yield from _parents(place)
            yield from ("--ro-bind", str(place), str(place))


def _hidden() -> Iterator[str]:
    """Yield what covers this package where it was installed: it holds the checkers."""
    if any(PACKAGE.is_relative_to(place) for place in (Path("/usr"), *_pythons())):
        yield from (*_scratch(str(PACKAGE), 1 << 16), "--remount-ro", str(PACKAGE))


def _pythons() -> Iterator[Path]:
    """Yield the folders of this Python, of what it was made from, and of its packages."""
    yield from (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent)
    yield from (Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "stdlib"))
    yield Path(torch.__file__).parents[1]


def _parents(path: Path) -> Iterator[str]:
    for folder in list(path.parents)[-2::-1]:
        yield from ("--perms", "0755", "--dir", str(folder))


def _course() -> Iterator[str]:
    """Yield the mounts of `posenc`, without its checkers and without the course's tools."""
    there = "/course/posenc"
    yield from ("--perms", "0755", "--dir", "/course", "--ro-bind", str(PACKAGE), there)
    judge = {GRADE / "inside" / "stand_in.py": "check/__init__.py"}
    shown = judge | {GRADE / folder: f"course/grade/{folder}" for folder in INSIDE}
    for folder in ("check", "course"):
        yield from _scratch(f"{there}/{folder}", 1 << 16)
    for source, target in shown.items():
        yield from ("--ro-bind", str(source), f"{there}/{target}")
    for folder in ("check", "course"):
        yield from ("--remount-ro", f"{there}/{folder}")


def _scratch(path: str, size: int) -> Iterator[str]:
    yield from ("--size", str(size), "--tmpfs", path)


def _env(values: dict[str, str]) -> Iterator[str]:
    for name, value in values.items():
        yield from ("--setenv", name, value)
