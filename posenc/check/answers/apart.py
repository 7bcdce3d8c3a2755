"""A process of its own, in which an answer's source is run anew and judged once more.

An answer is kept only after that: so whatever a later lesson runs has been run before, by
itself, in a new kernel's settings, and has ended in time.
"""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from posenc.check.answers import keeping, likeness, running
from posenc.check.answers.keeping import Answer
from posenc.check.trial.record import LESSON

SECONDS = 120  # for all of it, torch's start included, on a busy machine; loops end after five
START = (
    "import os; hasattr(os, 'nice') and os.nice(5); "  # the learner's next cell comes first
    "from posenc.check.answers import apart; apart.main()"
)
STORED, PASSED = "stored", "passed"  # what comes back, or why it is neither


# --- the kernel's side ----------------------------------------------------------------------


def tried(answer: Answer) -> str:
    """Have an answer judged in a process of its own, and stored there; return what came of it.

    Raises ``OSError`` where no process can be started.
    """
    place = keeping.folder()
    task = {"answer": asdict(answer), "folder": str(place) if place else None}
    apart: dict[str, Any] = {"start_new_session": True}  # a kernel that ends leaves it to finish
    if os.name == "nt":
        apart = {"creationflags": 0x00004000 | 0x08000000}  # below normal priority, no window
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", START], input=json.dumps(task).encode(),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
            timeout=SECONDS, check=False, **apart,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"it did not end within {SECONDS} s"
    return done.stdout.decode("utf-8", "replace") or "its process ended without a word"


def _environment() -> dict[str, str]:
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("POSENC_") or name == keeping.PLACE
    }
    found = os.pathsep.join(path for path in sys.path if path)
    return others | {"PYTHONPATH": found, "POSENC_QUIET": "1", "OMP_NUM_THREADS": "1"}


# --- the other side -------------------------------------------------------------------------


def main() -> None:
    """Judge the answer that standard input names; print one word, or why it is not kept."""
    task = json.load(sys.stdin.buffer)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    sys.path.append("")  # the learner's own modules lie beside the notebook
    answer = Answer(**task["answer"])
    told = _judged(answer)
    if told == PASSED and task["folder"] and keeping.store(Path(task["folder"]), answer):
        told = STORED
    with contextlib.suppress(OSError):  # the kernel has ended meanwhile
        out.write(told)
        out.flush()
    os._exit(0)  # whatever threads the answer has started


def _judged(answer: Answer) -> str:
    """Return ``PASSED`` for an answer that gets the verdict that it got in its notebook."""
    from posenc import check

    check.mine = _refused  # the course's answer is not one's own
    try:
        value = running.made(answer)
    except BaseException as error:
        return f"by itself it raises {type(error).__name__}: {error}"[:300]
    lesson = f"posenc.check.lesson_{LESSON[answer.exercise][:2]}"
    checker = getattr(import_module(f"{lesson}.{answer.exercise}"), answer.exercise)
    torch.set_default_dtype(getattr(torch, answer.dtype))
    try:
        judged, notes = likeness.watched(value, answer.exercise) if answer.mistake else (value, [])
    except ValueError as error:  # there is no right program to compare it with
        return str(error)
    verdict = checker(judged)
    if verdict.mistake != answer.mistake or verdict.passed == bool(answer.mistake):
        return f"by itself it is judged otherwise: {verdict.message}"[:300]
    if answer.mistake and not likeness.alike(notes, value, answer.exercise):
        return "its results have another form than right ones"
    return PASSED


def _refused(*_: object, **__: object) -> None:
    raise ValueError("an answer of one's own does not ask for the course's")
