"""An explorer as frames: every setting drawn beforehand, for a page that runs no Python.

Where ``POSENC_FRAMES=1``, an explorer shows neither widget nor stills but this: its controls
with the values that they offer, and a picture with its sentence for each combination.
"""

import base64
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from posenc.plots import Picture
from posenc.widgets._slider import Slider

MIME = "application/vnd.posenc.frames+json"
LIMIT = 64  # pictures of one explorer


def levels(
    sliders: Mapping[str, Slider], wanted: Iterable[Mapping[str, Any]] = (), limit: int = LIMIT
) -> dict[str, tuple[Any, ...]]:
    """Return the values at which each control is drawn: all, if there are at most ``limit``.

    Else a range is thinned: it keeps its ends, its start and the values of the ``wanted``
    settings, and of the others those that halve its widest gap, as long as there is room.

    >>> from posenc.widgets._slider import read
    >>> levels({"p": read("p", (0, 100, 1, 8))}, [{"p": 9}], limit=6)
    {'p': (0, 8, 9, 54, 77, 100)}
    """
    chosen = {name: set(_first(slider, wanted)) for name, slider in sliders.items()}
    everything = {name: slider.every for name, slider in sliders.items()}
    if math.prod(map(len, everything.values())) <= limit:
        return everything
    while gaps := [gap for gap in map(_gap, chosen.items(), everything.values()) if gap]:
        _, name, value = max(gaps)
        chosen[name].add(value)
        if math.prod(map(len, chosen.values())) > limit:
            chosen[name].remove(value)
            break
    return {name: tuple(v for v in everything[name] if v in chosen[name]) for name in sliders}


def _first(slider: Slider, wanted: Iterable[Mapping[str, Any]]) -> set[Any]:
    if slider.options:
        return set(slider.options)
    named = (slider.take(values[slider.name]) for values in wanted if slider.name in values)
    return {slider.every[0], slider.every[-1], slider.start, *named}


def _gap(chosen: tuple[str, set[Any]], every: tuple[Any, ...]) -> tuple[float, str, Any] | None:
    """Return the widest gap of a control as a part of its range, its name, and the middle."""
    name, values = chosen
    at = [number for number, value in enumerate(every) if value in values]
    widest = max(((after - before, before) for before, after in itertools.pairwise(at)), default=())
    if not widest or widest[0] < 2:
        return None
    wide, before = widest
    return wide / len(every), name, every[before + wide // 2]


def frames(
    sliders: Mapping[str, Slider],
    labels: Mapping[str, str],
    wanted: Iterable[Mapping[str, Any]],
    draw: Callable[..., Picture],
) -> dict[str, Any]:
    """Return the controls of an explorer and its pictures, in the order of their product.

    Raises ``RuntimeError`` that names the setting at which ``draw`` fails.
    """
    at = levels(sliders, wanted)
    settings = [dict(zip(at, values, strict=True)) for values in itertools.product(*at.values())]
    start = {name: slider.start for name, slider in sliders.items()}
    return {
        "controls": [_control(sliders[name], labels[name], values) for name, values in at.items()],
        "start": settings.index(start),
        "wanted": [settings.index({**start, **values}) for values in wanted],
        "frames": [_frame(draw, setting) for setting in settings],
    }


def _control(slider: Slider, label: str, values: tuple[Any, ...]) -> dict[str, Any]:
    kind = "switch" if slider.is_switch else "options" if slider.options else "range"
    return {"name": slider.name, "label": label, "kind": kind, "values": list(values),
            "of": len(slider.every)}  # fmt: skip


def _frame(draw: Callable[..., Picture], setting: Mapping[str, Any]) -> dict[str, Any]:
    try:
        picture = draw(**setting)
        png = picture.png
    except Exception as error:
        named = ", ".join(f"{name} = {value}" for name, value in setting.items())
        raise RuntimeError(f"explore fails at {named}: {type(error).__name__}: {error}") from error
    width, height = picture.size
    return {"png": base64.b64encode(png).decode(), "alt": picture.alt, "text": repr(picture),
            "width": width, "height": height}  # fmt: skip
