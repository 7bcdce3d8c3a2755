"""A picture to be moved by sliders, and the parts of its page."""

import base64
import io
import re

import ipywidgets
import numpy as np
from PIL import Image

from posenc import plots


def wave(speed=1, shift=0.0, kind="sine", band=False):
    if kind == "nothing":
        raise RuntimeError("there is <no> such wave")
    y = [(shift + speed * p) % 7 for p in range(8)]
    return plots.lines(
        {kind: y}, xlabel="p", ylabel="y", chance=1.0 if band else None, size="small",
        alt=f"A {kind} of speed {speed} & shift {shift}",
    )  # fmt: skip


def parts(explorer):
    """Its controls by the name on the page, and the picture with its sentences."""
    *views, image, said, ended = explorer.widget().children
    controls = {}
    for view in views:
        first = view.children[0] if hasattr(view, "children") else view
        controls[first.description] = view.children[1] if hasattr(view, "children") else view
    return controls, image, said


def pixels(image):
    data = re.search(r"base64,([^\"]+)", image.value)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), dtype=int)


def instances():
    """Every living widget by its id, with ipywidgets 8 and with 7.7."""
    found = getattr(ipywidgets.widgets.widget, "_instances", None)
    return ipywidgets.Widget.widgets if found is None else found
