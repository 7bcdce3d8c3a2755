"""The book: what it is made of, put together, and looked over before it is handed out."""

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from posenc.course import lesson, places
from posenc.course.author.published import published
from posenc.course.editions.book import checked, frames, pages, site
from posenc.course.editions.book.chapter import Chapter, chapter
from posenc.course.editions.book.templating import render
from posenc.course.editions.editions import Piece, content, for_audience, refuse_unbuilt

DOWNLOADS = {"ipynb": "notebooks", "colab": "colab"}


@dataclass(frozen=True)
class Order:
    """What was asked for; ``drawn`` are the lessons with frames, None for all of them."""

    names: tuple[str, ...] = ()
    audience: str = "study"
    drawn: tuple[str, ...] | None = None
    jobs: int = 2


def book(root: Path, order: Order, out: Path) -> int:
    """Make the book of the lessons that are named, all if none is; return the exit status."""
    start = time.perf_counter()
    everything = places.sources(root)
    chosen = places.choose(everything, order.names)
    refuse_unbuilt(chosen)
    drawn = frames.frames(root, _with_frames(chosen, order), order.jobs)
    with tempfile.TemporaryDirectory(prefix="posenc-book-") as folder:
        source, made = Path(folder) / "source", Path(folder) / "book"
        _write(root, source, chosen, order, drawn)
        site.make(source, made)
        checked.check(made)
        _put(made, out)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    took = time.perf_counter() - start
    print(f"✓ {len(chosen)} lessons, {size / 1e6:.1f} MB, {took:.0f} s; open {out / 'index.html'}")
    return 0


def _with_frames(chosen: list[Path], order: Order) -> list[Path]:
    if order.drawn is None:
        return chosen
    return places.choose(chosen, order.drawn) if order.drawn else []


def _put(made: Path, out: Path) -> None:
    """The finished book in the place of the old one, which stays until there is a new one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out, ignore_errors=True)
    shutil.move(made, out)


def _write(
    root: Path, source: Path, chosen: list[Path], order: Order, drawn: dict[str, frames.Drawn]
) -> None:
    """What Sphinx reads: a notebook for each lesson, the other pages, the files they show."""
    titles = {each.stem: lesson.read(each).title for each in chosen}
    chapters = [_chapter(each, order, drawn.get(each.stem, {}), list(titles)) for each in chosen]
    files: dict[str, bytes] = {}
    for each in chapters:
        files[f"lessons/{each.stem}.ipynb"] = nbformat.writes(each.notebook).encode()
        files |= {f"extra/{path}": data for path, data in each.files.items()}
    texts = pages.pages(root, list(titles), titles)
    texts["gallery.md"] = pages.gallery(chapters, titles)
    files |= {name: text.encode() for name, text in texts.items()}
    for each in chosen:
        for format, folder in DOWNLOADS.items():
            piece = Piece(each, order.audience, format)
            files[f"extra/{folder}/{each.stem}.ipynb"] = content(piece)
    for name, data in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _chapter(source: Path, order: Order, drawn: dict[str, Any], stems: list[str]) -> Chapter:
    built = nbformat.read(places.built_from(source), as_version=4)
    notebook = for_audience(Piece(source, order.audience, "html"), built)
    stamp = published(source.parents[1])
    bar = render("bar.html.j2", stem=source.stem, url=stamp.url(source.stem) if stamp else "")
    return chapter(notebook, source.stem, stems, drawn, bar)
