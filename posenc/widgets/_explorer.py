"""A picture under controls: what they are set to, what they show, and what is stored."""

import contextlib
import itertools
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from posenc.plots import Picture, grouped
from posenc.widgets import _frames, _slider
from posenc.widgets._live import Live
from posenc.widgets._page import VIEW

CORNERS = 64  # how many extreme settings a test is given at most


class Explorer:
    """A picture under sliders; a still picture with its text where there are none.

    Made by :func:`explore`. ``values`` are the settings, ``picture`` what they show.

    >>> from posenc import plots
    >>> explorer = Explorer(plots.odometer, {"pos": (0, 9999, 1, 42)})
    >>> explorer.set(pos=43)
    >>> explorer.picture.alt
    'The odometer shows position 43.'
    """

    def __init__(
        self,
        draw: Callable[..., Picture],
        sliders: Mapping[str, Any],
        stills: Sequence[Mapping[str, Any]] = (),
        labels: Mapping[str, str] | None = None,
    ) -> None:
        if not sliders:
            raise ValueError("explore needs at least one slider, such as pos=(0, 63, 1)")
        self._draw = draw
        self.sliders = {name: _slider.read(name, spec) for name, spec in sliders.items()}
        self.values = {name: slider.start for name, slider in self.sliders.items()}
        self.labels = {name: name.replace("_", " ") for name in self.sliders}
        self.labels.update({self._known(name): said for name, said in (labels or {}).items()})
        self.picture = self.draw()
        self.stills = [self._taken(values) for values in stills]
        self.error = ""
        self._live: Live | None = None

    def draw(self, **values: Any) -> Picture:
        """Return the picture for these settings; those left out stay as they are."""
        picture = self._draw(**{**self.values, **self._taken(values)})
        if not isinstance(picture, Picture):
            raise TypeError(
                f"draw must return a Picture, as posenc.plots does; got {type(picture).__name__}"
            )
        return picture

    def corners(self) -> Iterator[dict[str, Any]]:
        """Yield every combination of the sliders' ends, up to 64 of them."""
        ends = [slider.ends for slider in self.sliders.values()]
        if math.prod(map(len, ends)) > CORNERS:  # then the first and last option will do
            ends = [(end[0], end[-1]) for end in ends]
        for corner in itertools.islice(itertools.product(*ends), CORNERS):
            yield dict(zip(self.sliders, corner, strict=True))

    def said_at_corners(self) -> list[str]:
        """Return the text of the picture at every corner; whatever ``draw`` raises there."""
        return [repr(self.draw(**corner)) for corner in self.corners()]

    def said_late(self) -> str:
        """Return what to say of an explorer that later cells have spoilt."""
        name, code = (getattr(self._draw, part, None) for part in ("__name__", "__code__"))
        used = ", ".join(code.co_names) if code else "not known"
        return (
            f"after the last cell, explore({name}) no longer shows what it did: "
            f"a later cell changes a name that it uses ({used})"
        )

    def frames(self) -> dict[str, Any]:
        """Return the controls with a picture of every setting, as ``_frames`` has them."""
        return _frames.frames(self.sliders, self.labels, self.stills, self.draw)

    def set(self, **values: Any) -> None:
        """Move controls, as a hand would: an error in drawing is told, not raised."""
        values = self._taken(values)
        self.values.update(values)
        if self._live:
            self._live.put(values)
        self._redraw()

    def _known(self, name: str) -> str:
        if name not in self.sliders:
            raise ValueError(f"there is no slider {name!r}; there are {list(self.sliders)}")
        return name

    def _taken(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.sliders[self._known(name)].take(value) for name, value in values.items()}

    def _moved(self, values: Mapping[str, Any]) -> None:
        self.values = self._taken(values)
        self._redraw()

    def _redraw(self) -> None:
        """Draw anew; after an error the last good picture stays, with a line about it."""
        with self._live.timed() if self._live else contextlib.nullcontext():
            try:
                self.picture, self.error = self.draw(), ""
            except Exception as error:  # the learner's own function may raise anything
                self.error = f"{type(error).__name__}: {error}".splitlines()[0]
            if self._live:
                self._live.show(None if self.error else self.picture, self.error)

    def widget(self) -> Any:
        """Return the controls, the picture and its sentence as one new ipywidgets box."""
        self._live = Live(self.sliders, self.labels, self.values, self._moved)
        self._live.show(self.picture, self.error)
        return self._live.box()

    def __repr__(self) -> str:
        state = [f"{name} = {self.values[name]} ({slider.said()})"
                 for name, slider in self.sliders.items()]  # fmt: skip
        return "\n".join((f"explore: {'; '.join(state)}", repr(self.picture)))

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        quiet = os.environ.get("POSENC_QUIET") == "1"
        if quiet:
            self._name(self.picture, self.values)
        data, metadata = self.picture._repr_mimebundle_()
        bundle: dict[str, Any] = {**data, "text/plain": repr(self)}
        if not quiet:
            try:
                model = self.widget().model_id
            except ImportError:
                print("The sliders need ipywidgets (pip install ipywidgets); this is the still.")
            else:
                bundle[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": model}
                bundle.pop("text/html", None)  # its picture is in the view
        return bundle, metadata

    def _ipython_display_(self) -> None:
        """Show the sliders; where there are none, the still and those of other settings."""
        from IPython.display import display

        if os.environ.get("POSENC_FRAMES") == "1":
            display({_frames.MIME: self.frames(), "text/plain": repr(self)}, raw=True)
            return
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        for values in self.stills if VIEW not in data else ():
            picture = self.draw(**values)
            named = self._name(picture, values)
            data, metadata = picture._repr_mimebundle_()
            display({**data, "text/plain": f"{named}\n{picture!r}"}, metadata=metadata, raw=True)

    def _name(self, picture: Picture, values: Mapping[str, Any]) -> str:
        """Write the settings above a still, which has no sliders to say them; return them."""
        named = ", ".join(f"{name} = {value}" for name, value in values.items())
        picture.head(
            ", ".join(f"{self.labels[name]} = {_shown(value)}" for name, value in values.items())
        )
        return named


def _shown(value: Any) -> str:
    """A setting as figures have numbers: 10 000, −1."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return grouped(value) if real else str(value)
