"""A question with buttons, one of which is a guess."""

import html
from collections.abc import Callable, Sequence
from typing import Any

from posenc.widgets import _page

VIEW = "application/vnd.jupyter.widget-view+json"
ENDED = "These buttons belong to a kernel that has ended. Run this cell again; your guess is kept."


def choice(
    question: str,
    options: Sequence[str],
    on_choice: Callable[[int], None],
    *,
    chosen: int | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Return the widget view of a question with buttons, as a bundle.

    ``on_choice`` is called with the number of the option that is pressed, from 0.
    ``chosen`` is pressed already, without a call. Below the buttons stands ``note``, and
    after a press which option was noted. Without ipywidgets the bundle is empty, and the
    text of the question stands alone.

    Raises ``ValueError`` for a ``chosen`` that is not the number of an option.
    """
    if chosen is not None and not 0 <= chosen < len(options):
        raise ValueError(f"chosen must be from 0 to {len(options) - 1}; got {chosen}")
    try:
        import ipywidgets
    except ImportError:
        return {}
    buttons = ipywidgets.RadioButtons(options=list(options), index=chosen)
    buttons.layout.width, buttons.layout.max_width = "auto", "100%"
    for name in ("posenc-choice", "posenc-control"):
        buttons.add_class(name)
    said = _page.text(html.escape(note), "posenc-said")

    def pressed(change: dict[str, Any]) -> None:
        on_choice(change["new"])
        guess = html.escape(options[change["new"]])
        said.value = f"Noted: you predicted “{guess}”."

    buttons.observe(pressed, names="index")
    asked = _page.text(f"<b>Predict.</b> {html.escape(question)}", "posenc-question")
    box = _page.box([asked, buttons, said, _page.ended(ENDED)])
    return {VIEW: {"version_major": 2, "version_minor": 0, "model_id": box.model_id}}
