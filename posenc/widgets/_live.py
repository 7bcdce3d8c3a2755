"""What an explorer has on the page of a running notebook: controls, picture, sentences."""

import contextlib
import html
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from posenc.plots import Layout, Picture
from posenc.widgets import _page
from posenc.widgets._controls import control
from posenc.widgets._slider import Slider

FAST = 0.5  # seconds a redraw may take for the picture to follow the slider's motion
WAITS = "The picture follows when you let go."
ENDED = "These controls belong to a kernel that has ended. Run this cell again to move the picture."


class Live:
    """The widgets of one explorer; ``moved`` is called with the values of its controls.

    While a picture is drawn, the page holds back what a hand does in the meantime and then
    sends the last value only: ipywidgets has one message under way for each control.
    """

    def __init__(
        self,
        sliders: Mapping[str, Slider],
        labels: Mapping[str, str],
        values: Mapping[str, Any],
        moved: Callable[[dict[str, Any]], None],
    ) -> None:
        self.controls = {
            name: control(slider, labels[name], values[name]) for name, slider in sliders.items()
        }
        self.image = _page.text("", "posenc-picture")
        self.said = _page.text("", "posenc-said")
        self._moved, self._layout = moved, Layout()
        self._took: deque[float] = deque(maxlen=3)
        self._img = ""
        for each in self.controls.values():
            each.value.observe(self._changed, names="value")

    def box(self) -> Any:
        """Return all of it as one widget."""
        views = [each.view for each in self.controls.values()]
        return _page.box([*views, self.image, self.said, _page.ended(ENDED)])

    def put(self, values: Mapping[str, Any]) -> None:
        """Show values in their controls, as if they had always been there."""
        for name, value in values.items():
            with self._deaf(self.controls[name].value):
                self.controls[name].put(value)

    def show(self, picture: Picture | None, error: str = "") -> None:
        """Show a picture and its sentence; for None the last one, with a line about the error."""
        if picture is not None:
            self._img = picture.img(self._layout)
            below = html.escape(picture.alt)
        else:
            below = f"<b>✗ {html.escape(error)}</b> (the picture is the last good one)"
        self.image.value = f"{self._img}<p>{below}</p>"

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Measure a redraw: where all of the last three are slow, sliders wait for the hand."""
        began = time.perf_counter()
        yield
        self._took.append(time.perf_counter() - began)
        fast = min(self._took) < FAST
        for each in self.controls.values():
            each.follow(fast)
        waits = not fast and any(each.can_wait for each in self.controls.values())
        self.said.value = WAITS if waits else ""

    def _changed(self, change: Any) -> None:
        self._moved({name: each.value.value for name, each in self.controls.items()})

    @contextlib.contextmanager
    def _deaf(self, widget: Any) -> Iterator[None]:
        widget.unobserve(self._changed, names="value")
        try:
            yield
        finally:
            widget.observe(self._changed, names="value")
