"""A link to a lesson, or to one of its cells, as each edition has it.

It is written once, as JupyterLab reads it: `[lesson 04, section 2](04_x.ipynb#cell-id=table)`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_HREF = re.compile(r"(?P<stem>[^/#]+)\.ipynb(?:#cell-id=(?P<cell>[\w-]+))?")
_MARKDOWN = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)\s]+)\)")


@dataclass(frozen=True)
class Goal:
    """A lesson, and the id of one of its cells; without one, its beginning."""

    stem: str
    cell: str | None


def goal(href: str, lessons: Collection[str]) -> Goal | None:
    """Where a link leads, None if not to a lesson.

    >>> goal("04_x.ipynb#cell-id=table", ["04_x"])
    Goal(stem='04_x', cell='table')
    """
    found = _HREF.fullmatch(href)
    return Goal(**found.groupdict()) if found and found["stem"] in lessons else None


def said(text: str, to: Goal) -> str:
    """What stands where nothing can be clicked: the text, with the lesson if it names none.

    >>> said("lesson 04, section 2", Goal("04_x", "table")), said("trap two", Goal("04_x", None))
    ('lesson 04, section 2', 'trap two (lesson 04)')
    """
    number = to.stem[:2]
    return text if re.search(rf"\b{number}\b", text) else f"{text} (lesson {number})"


def on_page(to: Goal, here: str) -> str:
    """The address on a page: within it, or of another page in the same folder.

    >>> on_page(Goal("04_x", "table"), here="05_y"), on_page(Goal("04_x", "table"), here="04_x")
    ('04_x.html#cell-id=table', '#cell-id=table')
    """
    # `cell-id=…` is also what nbconvert calls a cell on a page.
    place = f"#cell-id={to.cell}" if to.cell else ""
    return place if place and to.stem == here else f"{to.stem}.html{place}"


def for_colab(text: str, here: str, lessons: Collection[str], urls: Mapping[str, str]) -> str:
    """A markdown cell for Colab, where a lesson that is not in `urls` is only named.

    >>> for_colab("See [04](04_x.ipynb#cell-id=table).", "05_y", ["04_x"], {"04_x": "https://c"})
    'See [04](https://c#scrollTo=table).'
    >>> for_colab("See [above](04_x.ipynb#cell-id=table).", "04_x", ["04_x"], {})
    'See [above](#scrollTo=table).'
    >>> for_colab("See [the trap](04_x.ipynb#cell-id=table).", "05_y", ["04_x"], {})
    'See the trap (lesson 04).'
    """

    def translated(link: re.Match[str]) -> str:
        to = goal(link[2], lessons)
        if to is None:
            return link[1]
        place = f"#scrollTo={to.cell}" if to.cell else ""
        if place and to.stem == here:
            return f"[{link[1]}]({place})"
        return f"[{link[1]}]({urls[to.stem]}{place})" if to.stem in urls else said(link[1], to)

    return _MARKDOWN.sub(translated, text)
