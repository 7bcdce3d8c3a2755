"""The ipywidgets control that fits a slider: a box beside it, buttons, a list, a check box.

Only what ipywidgets 7.7 (Colab) and 8 share is used, and what each control is by nature:
a number box, a button, a list and a check box have a name and obey the keyboard everywhere.
"""

from dataclasses import dataclass
from typing import Any

from posenc.widgets._slider import Slider

BUTTONS = 6  # options that may stand side by side, if all their words together are short
LETTERS = 40
NAMED = {"description_width": "initial"}  # a name is never cut off


@dataclass(frozen=True)
class Control:
    """A control on the page: what is shown, and the widgets that hold its value."""

    view: Any
    value: Any  # this one is listened to
    twin: Any = None  # a box that follows it

    def put(self, value: Any) -> None:
        """Show a value."""
        for widget in filter(None, (self.value, self.twin)):
            widget.value = value

    @property
    def can_wait(self) -> bool:
        """Whether it is dragged, so that a slow picture may wait for the hand to let go."""
        return self.twin is not None

    def follow(self, motion: bool) -> None:
        """Report every value on the way, or only the one where the hand lets go."""
        if self.can_wait and self.value.continuous_update != motion:
            self.value.continuous_update = motion


def control(slider: Slider, label: str, value: Any) -> Control:
    """Return the control for a slider, set to ``value``."""
    import ipywidgets

    if slider.is_switch:
        return _alone(ipywidgets.Checkbox(value=value, description=label, indent=False))
    if not slider.options:
        return _number(slider, label, value)
    words = [_word(option) for option in slider.ordered]
    few = len(words) <= BUTTONS and len("".join(words)) <= LETTERS
    kind = ipywidgets.ToggleButtons if few else ipywidgets.Dropdown
    options = list(zip(words, slider.ordered, strict=True))
    view = kind(options=options, value=value, description=label, style=NAMED)
    if few:
        view.style.button_width = "auto"
    view.layout.width, view.layout.max_width = "max-content", "100%"
    return _alone(view)


def _word(option: Any) -> str:
    """Return an option as the course writes it: from five digits on in groups of three."""
    if isinstance(option, int) and abs(option) >= 10_000:
        return f"{option:,}".replace(",", "\N{NO-BREAK SPACE}")
    return str(option)


def _alone(view: Any) -> Control:
    view.add_class("posenc-control")
    return Control(view, view)


def _number(slider: Slider, label: str, value: Any) -> Control:
    """Return a box to type into and a slider; the page itself keeps the two together."""
    import ipywidgets

    span = {"min": slider.low, "max": slider.high, "step": slider.step, "value": value}
    names = ("BoundedIntText", "IntSlider") if slider.whole else ("BoundedFloatText", "FloatSlider")
    box_kind, slider_kind = (getattr(ipywidgets, name) for name in names)
    box = box_kind(description=label, style=NAMED, **span)
    box.layout.width = "max-content"
    bar = slider_kind(readout=False, **span)
    bar.layout.width, bar.layout.flex, bar.layout.max_width = "auto", "1 1 12em", "36em"
    bar.layout.min_width = "8em"
    ipywidgets.jslink((bar, "value"), (box, "value"))
    view = ipywidgets.HBox([box, bar])
    view.layout.flex_flow = "row wrap"
    view.add_class("posenc-control")
    return Control(view, bar, box)
