"""Make the mutants of a room, judge them and write down each verdict as it is found."""

import json
import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from .judge import Judge
from .making import mutants_of
from .mutant import Mutant
from .rooms import ROOMS, ROOT, Room


def every_mutant(room: Room) -> list[Mutant]:
    """Return the mutants of a room, from the first line of its first file."""
    found = []
    for path in room.files():
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found += mutants_of(path, name)
    return found


def place(mutant: Mutant, seed: int = 0) -> float:
    """Return where in [0, 1) a seed puts a mutant; an edit moves none of those that it leaves."""
    digest = sha256(f"{seed} {mutant.key}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def shuffled(mutants: Iterable[Mutant], seed: int) -> list[Mutant]:
    """Return them in the order of a seed."""
    return sorted(mutants, key=lambda mutant: place(mutant, seed))


def judge(name: str, mutants: list[Mutant], out: Path, *, first: int = 0, minutes: float) -> int:
    """Judge the ``first`` mutants, and of the others as many as the minutes allow.

    Each verdict is a line of ``out``; returns pytest's exit status of the warm run.
    """
    room = ROOMS[name]
    with out.open("a", encoding="utf-8") as file:

        def tell(mutant: Mutant, verdict: dict) -> None:
            file.write(json.dumps({"room": name, "mutant": mutant.key} | verdict) + "\n")
            file.flush()

        started = _until(mutants, first, minutes)
        plugin = Judge([str(path) for path in room.files()], started, tell)
        tests = [str(ROOT / test) for test in room.tests]
        options = ["-q", "-p", "no:cacheprovider", "-m", "not full", f"--rootdir={ROOT}"]
        options += ["-k", f"not {room.but}"] if room.but else []
        return int(pytest.main([*options, *tests], plugins=[plugin]))


def _until(mutants: list[Mutant], first: int, minutes: float) -> Iterator[Mutant]:
    yield from mutants[:first]
    end = time.monotonic() + 60 * minutes
    for mutant in mutants[first:]:
        if time.monotonic() > end:
            return
        yield mutant


def read(path: Path) -> dict[str, dict]:
    """Return the verdicts of a file by mutant, the last one of each."""
    if not path.exists():
        return {}
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line["mutant"]: line for line in lines}
