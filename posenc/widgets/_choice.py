"""A question with buttons, one of which is a guess."""

from collections.abc import Callable, Sequence
from typing import Any

from posenc.widgets import _page
from posenc.widgets._sure import Sure

ENDED = "These buttons belong to a kernel that has ended. Run this cell again; your guess is kept."


def choice(
    question: str,
    options: Sequence[str],
    on_choice: Callable[[int], None],
    *,
    chosen: int | None = None,
    note: str = "",
    sure: Sure | None = None,
) -> dict[str, Any]:
    """Return the widget view of a question with buttons, as a bundle.

    ``on_choice`` is called with the number of the option that is pressed, from 0.
    ``chosen`` is pressed already, without a call. Below the buttons stands ``note``, and
    after a press which option was noted; ``sure`` asks how sure that is, too. Without
    ipywidgets the bundle is empty, and the text of the question stands alone.

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
    said = _page.said(note)

    def pressed(change: dict[str, Any]) -> None:
        on_choice(change["new"])
        _page.say(said, f"Noted: you predicted “{options[change['new']]}”.")

    buttons.observe(pressed, names="index")
    return _page.question(question, [buttons], said, ENDED, sure)
