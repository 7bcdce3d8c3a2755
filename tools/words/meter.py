"""How much is still to be rewritten: a count for each file, which only goes down."""

import json
from pathlib import Path

from posenc.course import places
from tools.words.hits import Hit, hits
from tools.words.terms import not_bold

ROOT = Path(__file__).resolve().parents[2]
# The files that were written before the page of words, each with its count. No other has any.
RECORD = ROOT / "tests" / "house" / "still_to_rewrite.json"


def files(root: Path = ROOT) -> dict[str, Path]:
    """What readers and teachers read, by its path."""
    pages = [root / "README.md", root / "TEACHING.md", *sorted((root / "notebooks").glob("*.md"))]
    notes = sorted((root / "notebooks" / "src" / "teaching").glob("*.md"))
    welcome = root / "posenc" / "course" / "learner" / "welcome.md"
    chosen = [*pages, *places.sources(root), *notes, welcome]
    return {path.relative_to(root).as_posix(): path for path in chosen}


def found(root: Path = ROOT) -> dict[str, list[Hit]]:
    """What there is in each file, terms that are not in bold included."""
    terms = not_bold(root)
    return {name: hits(path) + terms.get(path.stem, []) * (path.suffix == ".py")
            for name, path in files(root).items()}  # fmt: skip


def recorded() -> dict[str, int]:
    """The count that each file may have."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8")))


def verdict(name: str, now: int, before: int) -> str | None:
    """What to do about a file whose count is not the recorded one; None where it is.

    >>> verdict("README.md", 3, 2)
    'README.md: 3 places, 2 recorded. See them: python -m tools.words README.md'
    >>> verdict("README.md", 1, 2)
    'README.md: 1 place, 2 recorded. Well done; lower the record: python -m tools.words --lower'
    """
    if now == before:
        return None
    said = f"{name}: {now} place{'s' * (now != 1)}, {before} recorded."
    if now > before:
        return f"{said} See them: python -m tools.words {name}"
    return f"{said} Well done; lower the record: python -m tools.words --lower"


def lower() -> dict[str, int]:
    """Write the lower counts into the record, and no higher one; return it."""
    before = recorded()
    counts = {name: min(len(there), before.get(name, 0)) for name, there in found().items()}
    record = {name: count for name, count in counts.items() if count}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record
