"""The pages of the book beside the lessons, from the course's own files."""

import inspect
import pkgutil
import re
from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path

import posenc
from posenc.course.editions.book import marks
from posenc.course.editions.book.chapter import Chapter
from posenc.course.editions.book.templating import render
from posenc.course.places import CourseError

_HEADING = re.compile(r"^#{2,3} (.+)\n", flags=re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\n?", flags=re.DOTALL)
# A page of the book, and the file that it is made from.
FILES = {
    "questions": "notebooks/QUESTIONS.md",
    "glossary": "notebooks/GLOSSARY.md",
    "ledger": "notebooks/results/claims.md",
    "teaching": "TEACHING.md",
    "changelog": "CHANGELOG.md",
}
CONTENTS = {
    "Lessons": (),
    "Look up": ("questions", "glossary", "ledger", "gallery"),
    "Use": ("open", "teaching", "api/index", "changelog"),
}
LANDING = "Which lessons are for you?"
DOORS = "On your machine", "Colab", "Teaching"


def pages(root: Path, stems: Collection[str], titles: dict[str, str]) -> dict[str, str]:
    """Return the text of each page by its file; ``titles`` are the lessons', by their stems."""
    readme = sections(root / "README.md")
    made = {name: _page(root / path, stems) for name, path in FILES.items()}
    made["index"] = marks.linked(_landing(readme, titles), stems, here="")
    made["open"] = marks.linked(_doors(readme), stems, here="")
    made = {f"{name}.md": text for name, text in made.items()}
    return made | {f"api/{name}.rst": text for name, text in api()}


def sections(path: Path) -> dict[str, str]:
    """Return the parts of a text by their headings; what is above the first by ``""``."""
    text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    first, *parts = _HEADING.split(text)
    return {"": first} | dict(zip(parts[::2], parts[1::2], strict=True))


def _section(readme: dict[str, str], name: str) -> str:
    if name not in readme:
        raise CourseError(f"README.md has no section {name!r}, which the book shows")
    return readme[name].strip()


def _page(path: Path, stems: Collection[str]) -> str:
    return marks.linked(_COMMENT.sub("", path.read_text(encoding="utf-8")), stems, here="")


def _landing(readme: dict[str, str], titles: dict[str, str]) -> str:
    claim, *rest = readme[""].partition("![")[0].partition("\n")[2].strip().split("\n\n")
    tables = [lines for lines in "".join(rest_of(readme[""])).split("\n\n") if "|" in lines]
    toctrees = [_toctree(caption, names or [f"lessons/{stem}" for stem in titles])
                for caption, names in CONTENTS.items()]  # fmt: skip
    return "\n\n".join([
        "# posenc", claim, *rest, render("hero.html.j2", kind="clock"),
        render("doors.html.j2", first=next(iter(titles))), "## The lessons", *tables,
        f"## {LANDING}", _section(readme, LANDING), *toctrees,
    ])  # fmt: skip


def rest_of(text: str) -> Iterator[str]:
    """The paragraphs below the picture of the README."""
    yield from text.partition("![")[2].partition("\n\n")[2:]


def _toctree(caption: str, names: Collection[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```"])


def _doors(readme: dict[str, str]) -> str:
    parts = [f"## {name}\n\n{_section(readme, name)}" for name in DOORS]
    return "\n\n".join(["# Open the course", *parts])


# --- the API -----------------------------------------------------------------------


def modules() -> list[str]:
    """The public modules of the package, but the course's own commands."""
    found = [each.name for each in pkgutil.iter_modules(posenc.__path__)]
    return [name for name in found if not name.startswith("_") and name != "course"]


def api() -> Iterator[tuple[str, str]]:
    """Each module's page, written from its docstrings by autodoc, and the page that lists them."""
    rows = ["What each module promises, from its docstrings.", ""]
    for name in modules():
        module = import_module(f"posenc.{name}")
        said = (inspect.getdoc(module) or "").partition("\n")[0]
        rows.append(f"- :doc:`posenc.{name} <{name}>`: {said}")
        options = (":members:", ":imported-members:", ":show-inheritance:")
        directive = [f".. automodule:: posenc.{name}", *(f"   {option}" for option in options)]
        yield name, _titled(f"posenc.{name}", directive)
    toctree = [".. toctree::", "   :hidden:", "", *(f"   {name}" for name in modules())]
    yield "index", _titled("API reference", [*rows, "", *toctree])


def _titled(title: str, lines: list[str]) -> str:
    return "\n".join([title, "=" * len(title), "", *lines, ""])


# --- the gallery -------------------------------------------------------------------


def gallery(chapters: Collection[Chapter], titles: dict[str, str]) -> str:
    """Every figure of the course on one page, each with its words and a link to its cell."""
    heroes = [render("hero.html.j2", kind=kind) for kind in ("clock", "rope", "layers")]
    parts = ["# Gallery", "## Three that move", *heroes, render("grounds.html.j2")]
    for chapter in chapters:
        parts.append(f"## {titles[chapter.stem]}")
        parts.append(render("gallery.html.j2", chapter=chapter))
    return "\n\n".join(parts)
