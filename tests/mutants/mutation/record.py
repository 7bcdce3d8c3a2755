"""What the whole run found: its score, and its survivors by kind, each kind with its reason."""

import json
from collections import Counter
from pathlib import Path

from .mutant import Mutant

FILE = Path(__file__).with_name("survivors.json")


def load(path: Path = FILE) -> dict:
    """Return ``{"reached", "score", "groups": [{"kind", "reason", "mutants"}, ...]}``."""
    return json.loads(path.read_text(encoding="utf-8"))


def text(record: dict) -> str:
    """Return the record as it is written: a line each mutant."""
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def survivors(path: Path = FILE) -> set[str]:
    """Return the keys of all recorded survivors."""
    return {key for group in load(path)["groups"] for key in group["mutants"]}


def reached(room: str, path: Path = FILE) -> float:
    """Return how far the whole run came in a room, in the order of seed 0: 1 is all of it."""
    return load(path).get("reached", {}).get(room, 1.0)


def of_room(keys: set[str], sources: str) -> set[str]:
    """Return the keys of one room's mutants."""
    room = sources.removesuffix(".py").replace("/", ".")
    return {key for key in keys if key.partition(":")[0].startswith(room)}


def score(verdicts: dict[str, dict]) -> dict[str, dict[str, int]]:
    """Count, by module, what became of its mutants."""
    table: dict[str, Counter[str]] = {}
    for key in sorted(verdicts):
        table.setdefault(key.partition(":")[0], Counter())[verdicts[key]["state"]] += 1
    return {module: dict(sorted(counts.items())) for module, counts in table.items()}


def complaints(recorded: set[str], made: list[Mutant], verdicts: dict[str, dict]) -> list[str]:
    """Return what is wrong with the list of survivors, a line each."""
    gone = recorded - {mutant.key for mutant in made}
    killed = {
        key for key in recorded if verdicts.get(key, {}).get("state") in ("killed", "timeout")
    }
    survived = {key for key, verdict in verdicts.items() if verdict["state"] == "survived"}
    return [
        *(f"no longer made, take it off the list: {key}" for key in sorted(gone)),
        *(f"killed now, take it off the list: {key}" for key in sorted(killed)),
        *(f"survives: write a test, or record it: {key}" for key in sorted(survived - recorded)),
    ]
