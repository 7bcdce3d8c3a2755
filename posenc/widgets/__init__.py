"""Sliders above a picture: the only place in the course that uses ipywidgets.

    explore(draw, **sliders) -> Explorer        draw(**values) -> plots.Picture
    explore(draw, stills=[...], **sliders)      further settings to show on paper
    choice(question, options, on_choice)        buttons, one of which is a guess

A slider is ``(least, greatest, step)`` or ``(least, greatest, step, start)``, a list of
options, or a bool. Whole numbers stay whole. Where ``POSENC_QUIET=1`` (the builder,
nbval, CI) no widget is made: what is stored are still pictures and their text.
"""

import html
import itertools
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from posenc.plots import Picture
from posenc.widgets import _slider

__all__ = ["Explorer", "choice", "explore", "still_true"]

VIEW = "application/vnd.jupyter.widget-view+json"
FAST = 0.15  # seconds a redraw may take for the picture to follow the slider's motion
CORNERS = 64  # how many extreme settings a test is given at most
_shown: list[tuple["Explorer", list[str]]] = []  # in strict mode: what each corner said


class Explorer:
    """A picture under sliders; a still picture with its text where there are none.

    Made by :func:`explore`. ``values`` are the settings, ``picture`` what they show.

    >>> from posenc import plots
    >>> explorer = explore(plots.odometer, pos=(0, 9999, 1, 42))
    >>> explorer.set(pos=43)
    >>> explorer.picture.alt
    'The odometer shows position 43.'
    """

    def __init__(
        self,
        draw: Callable[..., Picture],
        sliders: Mapping[str, Any],
        stills: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if not sliders:
            raise ValueError("explore needs at least one slider, such as pos=(0, 63, 1)")
        self._draw = draw
        self.sliders = {name: _slider.read(name, spec) for name, spec in sliders.items()}
        self.values = {name: slider.start for name, slider in self.sliders.items()}
        self.picture = self.draw()
        self.stills = [self._taken(values) for values in stills]
        self.error = ""
        self._controls: dict[str, Any] = {}
        self._image: Any = None
        self._text: Any = None

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

    def set(self, **values: Any) -> None:
        """Move sliders, as a hand would: an error in drawing is told, not raised."""
        self.values.update(self._taken(values))
        for name in values:
            if name in self._controls:
                self._controls[name].unobserve(self._moved, names="value")
                self._controls[name].value = self.values[name]
                self._controls[name].observe(self._moved, names="value")
        self._redraw()

    def _taken(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if unknown := set(values) - set(self.sliders):
            raise ValueError(f"no slider {sorted(unknown)}; there are {list(self.sliders)}")
        return {name: self.sliders[name].take(value) for name, value in values.items()}

    def _moved(self, change: Any) -> None:
        self.values = {
            name: self.sliders[name].take(control.value) for name, control in self._controls.items()
        }
        self._redraw()

    def _redraw(self) -> None:
        """Draw anew; after an error the last good picture stays, with a line about it."""
        try:
            self.picture, self.error = self.draw(), ""
        except Exception as error:  # the learner's own function may raise anything
            self.error = f"{type(error).__name__}: {error}".splitlines()[0]
        if self._image is not None:
            if not self.error:
                self._image.value = self.picture.png
            self._text.value = self._caption()

    def _caption(self) -> str:
        if self.error:
            return f"<p><b>✗ {html.escape(self.error)}</b> (the picture is the last good one)</p>"
        return f"<p>{html.escape(self.picture.alt)}</p>"

    def widget(self) -> Any:
        """Return the sliders, the picture and its sentence as one new ipywidgets box."""
        import ipywidgets

        began = time.perf_counter()
        png = self.picture.png
        fast = time.perf_counter() - began < FAST
        width, height = map(str, self.picture.size)
        self._image = ipywidgets.Image(value=png, format="png", width=width, height=height)
        self._text = ipywidgets.HTML(value=self._caption())
        self._controls = {
            name: _slider.control(slider, self.values[name], fast)
            for name, slider in self.sliders.items()
        }
        for control in self._controls.values():
            control.observe(self._moved, names="value")
        return ipywidgets.VBox([*self._controls.values(), self._image, self._text])

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
        return bundle, metadata

    def _ipython_display_(self) -> None:
        """Show the sliders; where there are none, the still and those of other settings."""
        from IPython.display import display

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
        if not picture.figure.get_suptitle():
            picture.figure.suptitle(named, x=0.01, ha="left", style="italic", fontsize="medium")
        return named


def explore(
    draw: Callable[..., Picture], /, *, stills: Sequence[Mapping[str, Any]] = (), **sliders: Any
) -> Explorer:
    """Return sliders above the picture that ``draw`` makes of their values.

    Each keyword of ``draw`` that is to move gets ``(least, greatest, step)``,
    ``(least, greatest, step, start)``, a list of options, or a bool. Values start at the
    least, at the first option, or as the bool says. Numbers are whole unless one of the
    range is not. ``stills`` are further settings, such as ``[{"pos": 8}]``, to be seen
    where no slider can be moved: on paper, and in a notebook that nobody has run.

    Raises ``ValueError`` for a range that is empty or unclear, and whatever ``draw``
    raises at the start; later errors appear as a line under the picture.

    >>> from posenc import plots
    >>> explore(plots.odometer, pos=(0, 63, 1), base=[10, 2])
    explore: pos = 0 (0 to 63 in steps of 1); base = 10 (one of 10, 2)
    odometer
    base 10: 0 0 0 0 0 0
    The odometer shows position 0.
    """
    explorer = Explorer(draw, sliders, stills)
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


def choice(
    question: str, options: Sequence[str], on_choice: Callable[[str], None]
) -> dict[str, Any]:
    """Return the widget view of a question with buttons, none pressed at first, as a bundle.

    ``on_choice`` is called with the option that is pressed. Without ipywidgets the bundle
    is empty, and the text of the question stands alone.
    """
    try:
        import ipywidgets
    except ImportError:
        return {}
    buttons = ipywidgets.RadioButtons(options=list(options), value=None)
    buttons.layout.width = "max-content"
    buttons.observe(lambda change: on_choice(change["new"]), names="value")
    label = ipywidgets.HTML(value=f"<b>Predict.</b> {html.escape(question)}")
    view = {"version_major": 2, "version_minor": 0}
    return {VIEW: {**view, "model_id": ipywidgets.VBox([label, buttons]).model_id}}
