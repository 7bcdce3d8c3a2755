"""List what goes against the page of words, with its line and what to write instead."""

import argparse
from pathlib import Path

from tools.words import meter
from tools.words.hits import hits
from tools.words.links import dead
from tools.words.terms import not_bold


def main() -> int:
    """Print one line a place; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tools.words", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="without: all counts")
    parser.add_argument("--lower", action="store_true", help="write lower counts into the record")
    asked = parser.parse_args()
    if asked.lower or not asked.files:
        record = meter.lower() if asked.lower else meter.recorded()
        print(*(f"{count:5} {name}" for name, count in record.items()), sep="\n")
        return 0
    return int(sum(map(_told, asked.files)) > 0)


def _told(path: Path) -> int:
    """Print what is in a file; how much it is."""
    found = hits(path)
    if path.resolve() in meter.files().values():
        found += not_bold(meter.ROOT).get(path.stem, []) if path.suffix == ".py" else []
        lines = dead(path.resolve(), meter.ROOT)
    else:
        lines = []
    lines += [f"{path}:{hit.line}: {hit.words!r}. Write {hit.instead}" for hit in found]
    print(*lines, f"{path}: {len(lines)} places", sep="\n")
    return len(lines)


if __name__ == "__main__":
    raise SystemExit(main())
