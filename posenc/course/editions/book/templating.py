"""The pieces of HTML of which the book's pages are made."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from posenc.plots import grouped

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """Return a piece of HTML; what is not Markup is escaped."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
                       lstrip_blocks=True, undefined=StrictUndefined)  # fmt: skip
    made.filters.update(coded=coded, said=said)
    return made


def coded(text: str) -> Markup:
    """The text with what stands between backticks set as code.

    >>> coded("Is `a < b` true?")
    Markup('Is <code>a &lt; b</code> true?')
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def said(value: Any) -> str:
    """A setting as figures have numbers: 10 000, −1; a switch is on or off."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return grouped(value) if isinstance(value, (int, float)) else str(value)
