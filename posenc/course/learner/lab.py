"""JupyterLab on the learner's own copies."""

import importlib.util
import json
import os
import subprocess
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any

from posenc.course.learner import copies, settings, welcome
from posenc.course.learner.server import Server, address, ended_by_signals, running
from posenc.course.learner.work import STATE, VARIABLE, explained, folder, record, setting
from posenc.course.learner.work import command as course_command
from posenc.course.places import CourseError
from posenc.course.tools import remedy

# Names, keys and alt texts for the controls and figures of the lessons.
LABEXTENSIONS = Path(__file__).with_name("labextensions")

# What JupyterLab answers by itself, without opening anything.
ANSWERS = {"-h", "--help", "--help-all", "--version", "--show-config", "--show-config-json"}


def lab(root: Path, args: list[str]) -> int:
    """Bring the copies up to date, open JupyterLab on them, and stay until it ends."""
    for module in ("jupyterlab", "ipykernel"):
        if importlib.util.find_spec(module) is None:
            raise CourseError(f"{module} is missing. To get it, {remedy('lab')}")
    if ANSWERS & set(args):
        return subprocess.call([sys.executable, "-m", "jupyterlab", *args])
    work, said = find_copies(root)
    open_already = running(settings.runtime(work), work)
    if open_already:
        return _show(address(open_already), args)
    with explained(work):
        said += _summary(copies.update(root, work))
        welcome.deliver(root, work)
        env = settings.environment(work)
    say(*said, "JupyterLab is starting.")
    with ended_by_signals():
        return _serve(root, work, args, env)


def find_copies(root: Path) -> tuple[Path, list[str]]:
    """The folder of the copies, and what is to be said about it."""
    if not copies.own_lessons(root):
        raise CourseError(
            f"There are no built lessons in {root / 'notebooks'}; "
            f"build them first: {course_command('build')}"
        )
    return folder(root)


def say(*lines: str) -> None:
    """Print to a terminal that may be closed already."""
    with suppress(OSError, ValueError):
        print(*lines, sep="\n", flush=True)


def command(work: Path, args: list[str]) -> list[str]:
    """The arguments that open JupyterLab on `work`; the learner's own come last."""
    as_root = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    ours = [
        f"--ServerApp.root_dir={work}",
        # The course needs no language servers, and JupyterLab names each that is missing.
        "--LanguageServerManager.autodetect=False",
        f"--LabApp.extra_labextensions_path={LABEXTENSIONS}",
        # Nor does it install extensions, for which JupyterLab would ask a server elsewhere.
        "--LabApp.extension_manager=readonly",
    ]
    # Until JupyterLab has kept what was open, it opens on the welcome.
    if _is_first(work):
        ours.append(f"--LabApp.default_url=/lab/tree/{welcome.NAME}")
    return [*ours, *as_root, *args]


def _is_first(work: Path) -> bool:
    kept = (work / STATE / settings.WORKSPACES).glob("*.jupyterlab-workspace")
    return not any(kept) and (work / welcome.NAME).is_file()


def _summary(said: list[str]) -> list[str]:
    """The lines, but new lessons in one where there are many."""
    new = [line for line in said if line.endswith(": new")]
    if len(new) < 4:
        return said
    first, last = (line.partition("_")[0] for line in (new[0], new[-1]))
    return [f"{len(new)} lessons are new: {first} to {last}.", *(x for x in said if x not in new)]


def _show(address: str, args: list[str]) -> int:
    """Say where the course is open already, and open the browser there."""
    say(f"The course is already open at {address}")
    if "--no-browser" not in args:
        with suppress(webbrowser.Error):
            webbrowser.open(address)
    return 0


def _serve(root: Path, work: Path, args: list[str], env: dict[str, str]) -> int:
    """Start the server, say where it is, and end it when asked to."""
    page = f"lab/tree/{welcome.NAME}" if _is_first(work) else "lab"
    log = work / STATE / "lab.log"
    server = Server(command(work, args), env, log, settings.runtime(work))
    try:
        info = server.wait_for(work)
        if info is None:
            return _failed(server)
        say(*_farewell(address(info, page), root, work))
        return _watch(server, work, info) and _failed(server)
    except KeyboardInterrupt:
        say("", "JupyterLab is ending.")
        return 0
    finally:
        server.end()


def _farewell(address: str, root: Path, work: Path) -> list[str]:
    """The last lines in the terminal: they stay in sight while the course is open."""
    back = "make lab" if "MAKELEVEL" in os.environ else course_command("lab")
    if os.environ.get(VARIABLE):
        back = setting(work) + back
    return [
        "",
        f"The course is open at {address}",
        f"Your copies are in {work}",
        "To end the course, save your work and press Ctrl+C here.",
        f"To come back later, go to {root} and run: {back}",
    ]


def _watch(server: Server, work: Path, info: dict[str, Any]) -> int:
    """Stay until the server ends; a folder that is deleted meanwhile is made again."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            return server.process.wait(1)
        if not (work / STATE).is_dir():
            _make_again(work, info)


def _make_again(work: Path, info: dict[str, Any]) -> None:
    """Make the folders again, so that what is on the open pages can be saved."""
    try:
        settings.environment(work)
        name = f"jpserver-{info['pid']}.json"
        (settings.runtime(work) / name).write_text(json.dumps(info), encoding="utf-8")
        record(work).parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # tried again in a second
    say(
        "",
        f"{work} was deleted while the course was open, and is here again, empty: "
        "save each open lesson now (Ctrl+S) to keep what is on its page. "
        "The other lessons come back when you start the course again.",
    )


def _failed(server: Server) -> int:
    """Say why the server ended; what it was asked to print, where it did not fail."""
    status = server.process.wait()
    if status == 0:
        with suppress(OSError):
            say(server.log.read_text(encoding="utf-8", errors="replace").rstrip())
        return 0
    with suppress(OSError):
        print(f"JupyterLab ended with an error: {server.last_words()}", file=sys.stderr)
        print(f"All that it said is in {server.log}", file=sys.stderr)
    return status if status > 0 else 1
