"""Controls above a picture, and what a guess is made with: the only place that uses ipywidgets.

What there is::

    explore(draw, **sliders) -> Explorer        draw(**values) -> plots.Picture
    explore(draw, stills=[...], **sliders)      further settings to show on paper
    choice(question, options, on_choice)        buttons, one of which is a guess
    number(question, on_typed)                  a box to type a guess into
    curve(question, axes, on_drawn)             sliders, whose values are drawn as a curve

A slider is ``(least, greatest, step)`` or ``(least, greatest, step, start)``, a list of
options, or a bool. Whole numbers stay whole. Where ``POSENC_QUIET=1`` (the builder,
nbval, CI) no widget is made: what is stored are still pictures and their text.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from posenc.plots import Picture
from posenc.widgets._choice import choice
from posenc.widgets._curve import Axes, curve
from posenc.widgets._explorer import Explorer
from posenc.widgets._number import number
from posenc.widgets._page import VIEW
from posenc.widgets._sure import Sure

__all__ = [
    "VIEW",
    "Axes",
    "Explorer",
    "Sure",
    "choice",
    "curve",
    "explore",
    "number",
    "still_true",
]

_shown: list[tuple[Explorer, list[str]]] = []  # in strict mode: what each corner said


def explore(
    draw: Callable[..., Picture],
    /,
    *,
    stills: Sequence[Mapping[str, Any]] = (),
    labels: Mapping[str, str] | None = None,
    **sliders: Any,
) -> Explorer:
    """Return controls above the picture that ``draw`` makes of their values.

    Each keyword of ``draw`` that is to move gets ``(least, greatest, step)``,
    ``(least, greatest, step, start)``, a list of options, or a bool. Values start at the
    least, at the first option, or as the bool says. Numbers are whole unless one of the
    range is not. A range becomes a slider and a box to type into, a bool a check box, a
    list buttons or a drop-down list, with numbers in order. ``labels`` says in words what
    a name means, such as ``{"d": "width d"}``. ``stills`` are further settings, such as
    ``[{"pos": 8}]``, to be seen where no slider can be moved: on paper, and in a notebook
    that nobody has run.

    Raises ``ValueError`` for a range that is empty or unclear or a label of no slider, and
    whatever ``draw`` raises at the start; later errors appear as a line under the picture.

    >>> from posenc import plots
    >>> explore(plots.odometer, pos=(0, 63, 1), base=[10, 2])
    explore: pos = 0 (0 to 63 in steps of 1); base = 10 (one of 10, 2)
    odometer
    base 10: 0 0 0 0 0 0
    The odometer shows position 0.
    """
    explorer = Explorer(draw, sliders, stills, labels or {})
    if os.environ.get("POSENC_STRICT") == "1":  # the builder and CI: no setting may fail
        _shown.append((explorer, explorer.said_at_corners()))
    return explorer


def still_true() -> None:
    """Raise ``RuntimeError`` if an explorer shows another picture than where it was made.

    A reader runs all cells, then goes back to move a slider: ``draw`` then reads what the
    last cells have left in the names it uses. Works in strict mode, where the builder asks.

    >>> still_true()
    """
    for explorer, before in _shown:
        try:
            same = explorer.said_at_corners() == before
        except Exception as error:
            raise RuntimeError(f"{explorer.said_late()}: {error}") from error
        if not same:
            raise RuntimeError(explorer.said_late())
