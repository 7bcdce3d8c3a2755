"""The commands that make editions: what they need is looked for before they begin."""

import gc
from pathlib import Path

from posenc.course.tools import FORMATS, require


def make(
    root: Path,
    edition: list[str] | None,
    format: list[str] | None,
    names: list[str],
    out: Path | None,
) -> int:
    """Make the editions that are asked for; nothing named means all of them."""
    require(format or FORMATS)
    gc.disable()  # a tenth of a single edition's time went into looking through fresh modules
    from posenc.course.editions import editions

    gc.freeze()
    gc.enable()
    asked = {"audiences": edition, "formats": format, "names": names}
    order = editions.Order(**{name: tuple(words) for name, words in asked.items() if words})
    return editions.editions(root, order, out or root / "dist")


def book(
    root: Path,
    edition: str,
    names: list[str],
    frames: list[str] | None,
    jobs: int,
    out: Path | None,
) -> int:
    """Make the web book; nothing named means all lessons, with the frames of all."""
    require(("book",))
    from posenc.course.editions.book import book

    drawn = None if frames is None else tuple(frames)
    order = book.Order(tuple(names), edition, drawn, jobs)
    return book.book(root, order, out or root / "dist" / "book")


def publish(root: Path, repo: str, off: bool, branch: str, edition: str) -> int:
    """Put badges for a teacher's repository on, or take them `off`."""
    require(("colab",))
    from posenc.course.editions import publish

    if off:
        return publish.withdraw(root)
    return publish.publish(root, repo, branch, edition)
