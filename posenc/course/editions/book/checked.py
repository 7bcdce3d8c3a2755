"""The finished book looked over: links, anchors, texts of pictures, and what it would fetch."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

from posenc.course.editions.paper import Node
from posenc.course.places import CourseError

FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
NAVIGATION = {"canonical", "next", "prev", "index", "search"}


def check(book: Path) -> None:
    """Raise one ``CourseError`` that names all that is wrong with the pages of a book."""
    soups = {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(book.rglob("*.html"))
    }
    anchors = {path: _ids(soup) for path, soup in soups.items()}
    problems = [
        f"{path.relative_to(book).as_posix()}: {problem}"
        for path, soup in soups.items()
        for problem in _problems(path, soup, book, anchors)
    ]
    if problems:
        raise CourseError("The book has faults:\n" + "\n".join(problems))


def _ids(soup: Node) -> Counter[str]:
    return Counter(str(tag["id"]) for tag in soup.find_all(id=True))


def _problems(
    path: Path, soup: Node, book: Path, anchors: dict[Path, Counter[str]]
) -> Iterator[str]:
    for id, count in anchors[path].items():
        if count > 1:
            yield f"the anchor {id!r} stands {count} times"
    for image in soup.find_all("img"):
        if not str(image.get("alt", "")).strip():
            yield f"the picture {image.get('src')} has no text (alt)"
    for tag, attribute in FETCHED.items():
        for node in soup.find_all(tag, attrs={attribute: True}):
            if urlsplit(node[attribute]).scheme in ("http", "https") or node[
                attribute
            ].startswith("//"):
                yield f"it would fetch {node[attribute]}"
    for link in soup.find_all("a", href=True):
        yield from _broken(path, str(link["href"]), book, anchors)
    for script in soup.select(".posenc-explorer script"):
        yield from _frames(path, json.loads(script.string))
    yield from _missing(path, soup)


def _broken(
    path: Path, href: str, book: Path, anchors: dict[Path, Counter[str]]
) -> Iterator[str]:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        yield f"the link {href} leads nowhere"
    elif not target.is_relative_to(book.resolve()) and target != path:
        yield f"the link {href} leads out of the book"
    elif parts.fragment and target.suffix == ".html":
        if unquote(parts.fragment) not in anchors[book / target.relative_to(book.resolve())]:
            yield f"the link {href} leads to no anchor of that page"


def _frames(path: Path, data: dict[str, list[dict[str, str]]]) -> Iterator[str]:
    for frame in data["frames"]:
        if not (path.parent / frame["src"]).is_file():
            yield f"the frame {frame['src']} is not there"
        if not frame["alt"].strip():
            yield f"the frame {frame['src']} has no text"


def _missing(path: Path, soup: Node) -> Iterator[str]:
    for image in soup.find_all("img", src=True):
        parts = urlsplit(image["src"])
        if not parts.scheme and not (path.parent / unquote(parts.path)).is_file():
            yield f"the picture {image['src']} is not there"
