"""Every edition of every lesson: audience by format, made once and kept until something changes."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from posenc.course import lesson, places
from posenc.course.author.build import as_bytes
from posenc.course.author.check import problems
from posenc.course.author.published import published
from posenc.course.cells import clear
from posenc.course.editions.audience import AUDIENCES, edition
from posenc.course.editions.colab import ASKED_FOR, colab, declared
from posenc.course.editions.folder import TEMPLATES, Folder
from posenc.course.editions.leaks import leaked, secrets
from posenc.course.places import CourseError
from posenc.course.tools import FORMATS
from posenc.training import progress

PACKAGE = Path(__file__).resolve().parents[2]
BOUND = "course"
NBGRADER = "instructor/ipynb/nbgrader_config.py"
# By whose versions a page, a PDF or a notebook may differ.
TOOLS = (
    "beautifulsoup4", "bleach", "django-static-mathjax", "jinja2", "jupytext", "mistune",
    "nbconvert", "nbformat", "playwright", "pygments", "pypdf",
)  # fmt: skip
_LESSON = re.compile(r"/\d\d_[^/]*$")
Print = Callable[[str], bytes]


@dataclass(frozen=True)
class Order:
    """What was asked for; nothing named means all of it."""

    audiences: tuple[str, ...] = AUDIENCES
    formats: tuple[str, ...] = tuple(FORMATS)
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """One file to be made: a lesson for one audience in one format."""

    source: Path
    audience: str
    format: str

    @property
    def name(self) -> str:
        """Its path below the folder of the editions."""
        return f"{self.audience}/{self.format}/{self.source.stem}.{FORMATS[self.format]}"

    @property
    def notes(self) -> Path:
        """What a teacher should know about the lesson."""
        return self.source.parent / "teaching" / f"{self.source.stem}.md"

    def inputs(self) -> str:
        """A digest of all that the file is made from; links depend on which lessons there are."""
        built = places.built_from(self.source)
        lessons = [source.stem.encode() for source in places.sources(self.source.parents[2])]
        read = [built, self.source, self.notes, *_data(built.parent), *_declared(built)]
        parts = [self.name.encode(), _tool_digest(), *lessons, *_named(read, built.parent)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def editions(root: Path, order: Order, out: Path) -> int:
    """Make what is asked for and not there yet; return the exit status."""
    everything = places.sources(root)
    chosen = places.choose(everything, order.names)
    refuse_unbuilt(chosen)
    folder = Folder(out)
    try:
        made = _make(order, chosen, everything, folder)
    except KeyboardInterrupt:
        print("Stopped. What was finished is kept; the same command goes on from there.")
        return 130
    finally:
        folder.finish()
    print(f"✓ {made} files made, {len(folder.record) - made} were there and up to date; in {out}")
    return 0


def refuse_unbuilt(sources: list[Path]) -> None:
    """Raise where a notebook is not what its source says."""
    for source in sources:
        for problem in problems(source, _built(source)):
            raise CourseError(f"{source.stem} {problem}")


def _built(source: Path) -> Path | None:
    built = places.built_from(source)
    return built if built.exists() else None


def _make(order: Order, chosen: list[Path], everything: list[Path], folder: Folder) -> int:
    """How many files were made."""
    plan = [Piece(s, a, f) for s in chosen for a in order.audiences for f in order.formats]
    lessons = {source.stem: source for source in everything}
    made_for = {name: Path(name).stem for name in folder.record if _LESSON.search(name)}
    folder.forget({name for name, stem in made_for.items() if stem not in lessons})
    inputs = {piece: piece.inputs() for piece in plan}
    missing = [piece for piece in plan if not folder.holds(piece.name, inputs[piece])]
    bound = order.audiences if "pdf" in order.formats else ()
    with _printer("pdf" in order.formats) as print_page:
        for piece in progress(missing, "editions"):
            folder.put(piece.name, content(piece, print_page), inputs[piece])
        made = [_bound(audience, everything, folder, print_page) for audience in bound]
    if "ipynb" in order.formats:
        made += [_copy(name, path, folder) for name, path in _beside(order, chosen)]
    return len(missing) + sum(made)


def _beside(order: Order, chosen: list[Path]) -> Iterator[tuple[str, Path]]:
    """What notebooks need beside them: the files that they read, and settings of nbgrader."""
    for built in map(places.built_from, chosen):
        names = declared(nbformat.read(built, as_version=4))
        for name in (name for name in names if name not in ASKED_FOR):
            yield from ((f"{a}/ipynb/{name}", built.parent / name) for a in order.audiences)
    if "instructor" in order.audiences:
        yield NBGRADER, TEMPLATES / "nbgrader_config.txt"


def _copy(name: str, path: Path, folder: Folder) -> bool:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if folder.holds(name, digest):
        return False
    folder.put(name, content, digest)
    return True


def _printer(needed: bool) -> AbstractContextManager[Print]:
    if not needed:
        return nullcontext(lambda page: b"")
    from posenc.course.editions import printer

    return printer.printer()


def content(piece: Piece, print_page: Print | None = None) -> bytes:
    """The bytes of one file; `print_page` is needed for a PDF alone."""
    built = places.built_from(piece.source)
    lessons = tuple(source.stem for source in places.sources(piece.source.parents[2]))
    notebook = for_audience(piece, nbformat.read(built, as_version=4))
    if piece.format == "ipynb":
        return as_bytes(notebook)
    if piece.format == "colab":
        stamp = published(built.parent)
        urls = {stem: stamp.url(stem) for stem in lessons} if stamp else {}
        return as_bytes(colab(notebook, built.parent, lessons, urls))
    from posenc.course.editions import page

    medium = "paper" if piece.format == "pdf" else "screen"
    about = page.Page(piece.source.stem, piece.audience, medium, lessons)
    html = page.page(notebook, about)
    if print_page and about.paper:
        return print_page(html)
    return page.with_mathematics(html).encode()


def for_audience(piece: Piece, notebook: NotebookNode) -> NotebookNode:
    """A built lesson as an audience gets it; raises where a student would see an answer."""
    exercises = lesson.read(piece.source).exercises
    made = edition(notebook, piece.audience, exercises, piece.notes)
    if piece.audience == "student":
        for name, pieces in secrets(piece.source).items():
            if leaked(pieces, made):
                raise CourseError(f"{piece.source.stem}: the answer of {name} shows in an output")
        if FORMATS[piece.format] == "ipynb":  # to be run; what is read needs its pictures
            clear(made)
    return made


def _bound(audience: str, everything: list[Path], folder: Folder, print_page: Print) -> bool:
    """Bind the printed lessons of an audience, if all are there and not bound yet."""
    names = {source: Piece(source, audience, "pdf").name for source in everything}
    if not set(names.values()) <= set(folder.record):
        return False
    inputs = _tool_digest() + b"".join(folder.record[n]["sha256"].encode() for n in names.values())
    bound, digest = f"{audience}/pdf/{BOUND}.pdf", hashlib.sha256(inputs).hexdigest()
    if folder.holds(bound, digest):
        return False
    from posenc.course.editions import volume

    lessons = [
        volume.Lesson(source.stem, lesson.read(source).title, (folder.out / name).read_bytes())
        for source, name in names.items()
    ]
    folder.put(bound, volume.bind(lessons, audience, print_page), digest)
    return True


def _data(notebooks: Path) -> list[Path]:
    """What lies beside the lessons: the stamp, and whatever a lesson may read."""
    others = {".ipynb", ".py", ".md", ".toml"}
    found = (path for path in notebooks.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix not in others)


def _declared(built: Path) -> list[Path]:
    """What the lesson says it reads, whatever its name ends in."""
    cells = json.loads(built.read_bytes())["cells"]
    return [built.parent / name for cell in cells for name in cell["metadata"].get("files", [])]


def _named(paths: Iterable[Path], folder: Path) -> list[bytes]:
    """The name and the content of each file that is there."""
    there = [path for path in paths if path.is_file()]
    return [path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes()
            for path in there]  # fmt: skip


@cache
def _tool_digest() -> bytes:
    """What makes the editions: the package, which Colab's carry, and the tools' versions."""
    parts = _named(sorted(_package_files()), PACKAGE)
    for name in TOOLS:
        try:
            parts.append(f"{name} {metadata.version(name)}".encode())
        except metadata.PackageNotFoundError:
            continue
    return hashlib.sha256(b"\0".join(parts)).digest()


def _package_files() -> Iterator[Path]:
    for path in PACKAGE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
