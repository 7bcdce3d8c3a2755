"""`python -m tests.mutants.mutation whole|sample|survivors`: see ../README.md."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from . import record, run
from .rooms import ROOMS, ROOT

WHERE = "tests.mutants.mutation"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog=f"python -m {WHERE}", description="Mutate the package, room by room."
    )
    made.add_argument("what", choices=("whole", "sample", "survivors"))
    made.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    made.add_argument("--seed", type=int, default=0, help="of the order (default: 0)")
    made.add_argument("--minutes", type=float, help="for all rooms (a sample: 20)")
    made.add_argument("--out", type=Path, help="verdicts, a line each; what it holds is kept")
    return made


def one_room(name: str, asked: argparse.Namespace) -> int:
    """Judge a room's mutants in this process, and print what is wrong with the list."""
    room, before = ROOMS[name], run.read(asked.out)
    made = run.every_mutant(room)
    recorded = record.of_room(record.survivors(), room.sources)
    listed = [mutant for mutant in made if mutant.key in recorded]
    others = [mutant for mutant in made if mutant.key not in recorded]
    if asked.what == "survivors":
        mutants, first = listed, len(listed)
    elif asked.what == "sample":
        met = [mutant for mutant in others if run.place(mutant) < record.reached(name)]
        mutants, first = [*listed, *run.shuffled(met, asked.seed)], len(listed)
    else:
        rest = [mutant for mutant in made if mutant.key not in before]
        mutants, first = run.shuffled(rest, asked.seed), 0 if asked.minutes else len(rest)
    status = run.judge(name, mutants, asked.out, first=first, minutes=asked.minutes or 0)
    if status:
        return status
    verdicts = run.read(asked.out)
    here = {mutant.key for mutant in made} & set(verdicts)
    wrong = record.complaints(recorded, made, {key: verdicts[key] for key in here})
    print(*wrong, sep="\n")
    return int(bool(wrong))


def each_room(asked: argparse.Namespace) -> int:
    """Give each room a process of its own, and its share of the minutes."""
    bad = 0
    for name in asked.rooms:
        command = [asked.what, "--rooms", name, "--seed", str(asked.seed), "--out", str(asked.out)]
        if asked.minutes:
            command += ["--minutes", str(asked.minutes * ROOMS[name].share)]
        print(f"== {name}", flush=True)
        bad |= subprocess.run([sys.executable, "-m", WHERE, *command], cwd=ROOT).returncode
    return int(bool(bad))


def main(argv: list[str] | None = None) -> int:
    asked = parser().parse_args(argv)
    if asked.what == "sample" and asked.minutes is None:
        asked.minutes = 20.0
    if asked.out is None:
        asked.out = Path(tempfile.mkdtemp(prefix="mutation-")) / "verdicts.jsonl"
    return one_room(asked.rooms[0], asked) if len(asked.rooms) == 1 else each_room(asked)


if __name__ == "__main__":
    sys.exit(main())
