"""A question with a box to type a number into."""

import html
from collections.abc import Callable
from typing import Any

from posenc.widgets import _page
from posenc.widgets._sure import Sure

ENDED = "This box belongs to a kernel that has ended. Run this cell again; your guess is kept."


def number(
    question: str,
    on_typed: Callable[[str], str],
    *,
    unit: str = "",
    typed: str = "",
    note: str = "",
    sure: Sure | None = None,
) -> dict[str, Any]:
    """Return the widget view of a question with a box to type into, as a bundle.

    ``on_typed`` is called with the text when Enter is pressed or the box is left; the sentence
    that it returns stands below. ``typed`` stands in the box already, and ``note`` below it.
    Without ipywidgets the bundle is empty.
    """
    try:
        import ipywidgets
    except ImportError:
        return {}
    box = ipywidgets.Text(
        value=typed, placeholder="a number, then Enter", continuous_update=False,
        description="Your guess", style={"description_width": "initial"},
    )  # fmt: skip
    box.layout.width = "18em"
    box.add_class("posenc-control")
    said = _page.said(note)
    box.observe(lambda change: _page.say(said, on_typed(change["new"])), names="value")
    row = ipywidgets.HBox([box, _page.text(html.escape(unit), "posenc-unit")])
    row.layout.flex_flow = "row wrap"
    return _page.question(question, [row], said, ENDED, sure)
