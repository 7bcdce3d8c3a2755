"""The printed lessons of one audience as one volume, with a page of contents."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import Destination

from posenc.course.editions.folder import TEMPLATES, environment
from posenc.course.editions.page import RUNNING


@dataclass(frozen=True)
class Lesson:
    """A printed lesson: what stands on its pages is numbered `03 · 1`, `03 · 2`, …"""

    stem: str
    title: str
    pdf: bytes

    @property
    def prefix(self) -> str:
        """What the number of each of its pages begins with, here as on the lesson alone."""
        return f"{self.stem[:2]} · "


def bind(lessons: list[Lesson], audience: str, print_page: Callable[[str], bytes]) -> bytes:
    """One PDF: contents, then the lessons as they are, with bookmarks and page labels."""
    readers = [PdfReader(io.BytesIO(lesson.pdf)) for lesson in lessons]
    front = print_page(_front(lessons, readers, audience))
    writer = PdfWriter()
    writer.append(io.BytesIO(front), import_outline=False)
    writer.set_page_label(0, len(writer.pages) - 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    for lesson, reader in zip(lessons, readers, strict=True):
        begin = len(writer.pages)
        writer.append(reader)
        writer.set_page_label(
            begin, len(writer.pages) - 1, style=PageLabelStyle.DECIMAL, prefix=lesson.prefix
        )
    writer.add_metadata({"/Title": f"posenc · {RUNNING[audience]}"})
    # Each lesson brings the same fonts.
    writer.compress_identical_objects()
    bound = io.BytesIO()
    writer.write(bound)
    return bound.getvalue()


def _front(lessons: list[Lesson], readers: list[PdfReader], audience: str) -> str:
    chapters = [
        (lesson.title, f"{lesson.prefix}1", list(_sections(lesson, reader)))
        for lesson, reader in zip(lessons, readers, strict=True)
    ]
    style = (TEMPLATES / "handout.css").read_text(encoding="utf-8")
    template = environment().get_template("front.html.j2")
    return template.render(chapters=chapters, audience=RUNNING[audience], style=style)


def _sections(lesson: Lesson, reader: PdfReader) -> Iterator[tuple[str, str]]:
    """The headings below the title, each with the number on its page."""
    for entry in _flat(reader.outline, depth=0):
        page = reader.get_destination_page_number(entry)
        yield str(entry.title), f"{lesson.prefix}{(page or 0) + 1}"


def _flat(outline: Sequence[object], depth: int) -> Iterator[Destination]:
    """The entries of the second level: sections, without what is inside them."""
    for entry in outline:
        if isinstance(entry, list) and depth < 1:
            yield from _flat(entry, depth + 1)
        elif isinstance(entry, Destination) and depth == 1:
            yield entry
