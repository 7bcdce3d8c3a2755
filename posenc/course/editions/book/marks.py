"""Anchors of cells, and links to them, as the pages of the book have them."""

import html
import re
from collections.abc import Collection

from posenc.course.editions import links

_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])+)\]\((?!https?:|#|mailto:)([^)\s]+)\)")
# Pages of the book beside the lessons, by the file that they are made from.
PAGES = {"GLOSSARY.md": "glossary", "QUESTIONS.md": "questions", "claims.md": "ledger",
         "CHANGELOG.md": "changelog"}  # fmt: skip
LESSONS = "lessons"


def anchor(cell: str) -> str:
    """The place of a cell on its page, by the name that JupyterLab's links have for it."""
    return f'<span class="posenc-at" id="cell-id={html.escape(cell)}"></span>'


def linked(text: str, lessons: Collection[str], here: str = f"{LESSONS}/") -> str:
    """Markdown with its links to lessons and pages as they are in the book.

    ``here`` is the folder of the page, empty for the top of the book.

    >>> linked("See [04](04_x.ipynb#cell-id=table).", ["04_x"])
    'See <a class="internal" href="04_x.html#cell-id=table">04</a>.'
    >>> linked("[03](../03_y.ipynb), [terms](notebooks/GLOSSARY.md)", ["03_y"], here="")
    '<a class="internal" href="lessons/03_y.html">03</a>, <a class="internal" \
href="glossary.html">terms</a>'
    >>> linked("[not here](secret.txt)", [])
    'not here'
    """

    def translated(found: re.Match[str]) -> str:
        words, href = found[1], found[2]
        name, _, place = href.rpartition("/")[2].partition("#")
        up = "../" if here else ""
        to = links.goal(href.rpartition("/")[2], lessons)
        if to:
            folder = "" if here else f"{LESSONS}/"
            target = folder + links.on_page(to, "")
        elif name in PAGES:
            target = f"{up}{PAGES[name]}.html" + (f"#{place}" if place else "")
        else:
            return words
        return f'<a class="internal" href="{html.escape(target)}">{words}</a>'

    return _LINK.sub(translated, text)
