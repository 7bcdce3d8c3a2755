"""A question with five sliders, whose values are drawn as a curve."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from posenc.plots import Layout, lines
from posenc.widgets import _page
from posenc.widgets._sure import Sure

ENDED = "These sliders belong to a kernel that has ended. Run this cell again; your guess is kept."
NOT_NOTED = "Not noted yet: press the button when this is your guess."
STEPS = 50  # of a slider, from its least to its greatest value
# The page holds a slider's value back while the last one is drawn. What arrives in the first
# half second after the press was moved before it, so it belongs to the guess.
UNDER_WAY = 0.5  # seconds


@dataclass(frozen=True)
class Axes:
    """What the curve is drawn over."""

    x: tuple[float, ...]
    low: float
    high: float
    xlabel: str
    ylabel: str

    def picture(self, values: Sequence[float], layout: Layout) -> str:
        """Return the curve as an image for the page, with its values as text."""
        points = ", ".join(f"{y:.4g} at {x:g}" for x, y in zip(self.x, values, strict=True))
        span = self.high - self.low
        return lines(
            {"your guess": values}, self.x, xlabel=self.xlabel, ylabel=self.ylabel, size="small",
            ylim=(self.low - span / 40, self.high + span / 40), alt=f"Your curve: {points}.",
        ).img(layout)  # fmt: skip


def curve(
    question: str,
    axes: Axes,
    on_drawn: Callable[[tuple[float, ...]], str],
    *,
    values: Sequence[float] = (),
    note: str = "",
    sure: Sure | None = None,
) -> dict[str, Any]:
    """Return the widget view of a question with a slider for each point, as a bundle.

    The curve follows the sliders, and is a guess when its button is pressed: ``on_drawn`` is
    called with its values, and the sentence that it returns stands below. ``values`` are there
    already, and ``note`` below them. Without ipywidgets the bundle is empty.
    """
    try:
        import ipywidgets
    except ImportError:
        return {}
    start = list(values) or [(axes.low + axes.high) / 2] * len(axes.x)
    sliders = [_slider(axes, x, y) for x, y in zip(axes.x, start, strict=True)]
    image, said = _page.text("", "posenc-picture"), _page.said(note)
    button = ipywidgets.Button(description="This is my guess")
    button.layout.width = "max-content"
    button.add_class("posenc-control")
    drawn = _Drawn(axes, sliders, image, said, on_drawn)
    for slider in sliders:
        slider.observe(drawn.moved, names="value")
    button.on_click(drawn.pressed)
    drawn.draw()
    rows = ipywidgets.VBox(sliders)
    rows.add_class("posenc-points")
    return _page.question(question, [image, rows, button], said, ENDED, sure)


@dataclass
class _Drawn:
    """The curve that the sliders draw, and the sentence that says whether it is noted."""

    axes: Axes
    sliders: Sequence[Any]
    image: Any
    said: Any
    on_drawn: Callable[[tuple[float, ...]], str]
    at: float = -math.inf  # when the button was pressed, in seconds

    def __post_init__(self) -> None:
        self.layout = Layout()

    def values(self) -> tuple[float, ...]:
        return tuple(round(slider.value, 10) for slider in self.sliders)

    def draw(self) -> None:
        self.image.value = self.axes.picture(self.values(), self.layout)

    def pressed(self, _: Any) -> None:
        self.at = time.monotonic()
        _page.say(self.said, self.on_drawn(self.values()))

    def moved(self, _: Any) -> None:
        late = time.monotonic() - self.at < UNDER_WAY
        self.draw()
        _page.say(self.said, self.on_drawn(self.values()) if late else NOT_NOTED)


def _slider(axes: Axes, x: float, y: float) -> Any:
    import ipywidgets

    view = ipywidgets.FloatSlider(
        value=y, min=axes.low, max=axes.high, step=(axes.high - axes.low) / STEPS,
        description=f"at {x:g}", readout_format=".3g", style={"description_width": "6em"},
    )  # fmt: skip
    view.layout.width, view.layout.max_width = "auto", "30em"
    view.add_class("posenc-control")
    return view
