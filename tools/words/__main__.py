"""List what goes against the page of words: `python -m tools.words FILE…`."""

import argparse
from pathlib import Path

from tools.words.hits import hits


def main() -> int:
    """Print one line a hit; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tools.words", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    count = 0
    for path in parser.parse_args().files:
        for hit in hits(path):
            count += 1
            print(f"{path}:{hit.line}: {hit.words!r}. Write {hit.instead}")
    print(f"{'✗' if count else '✓'} {count} places")
    return int(count > 0)


if __name__ == "__main__":
    raise SystemExit(main())
