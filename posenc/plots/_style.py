"""One look for the whole course: colour, dash and marker of every name, and the page."""

import hashlib
from collections.abc import Iterable
from typing import Any

# The hues of Okabe and Ito 2008, darkened: each has 3:1 on the ground, and half as much again
# on the next, so that the four stay apart in grey print.
BLACK, BLUE, GREEN, ORANGE = "#000000", "#00589C", "#00805D", "#CC7A00"
COLORS = (BLACK, BLUE, GREEN, ORANGE)
GROUND = "#FBFBF8"  # the same on a white page, on a dark one and on paper
DASHES = ("-", "--", "-.", ":")
# For names that the course does not know: a dot of eight corners, stars, a tip below.
OWN_MARKERS: tuple[Any, ...] = ("8", (4, 1, 0), (6, 1, 0), (5, 0, 180))
GREY = "#666666"  # for words too: 5.5:1
FAINT = "#e2e2df"

RC: Any = {  # what matplotlib calls rcParams; Any, as its type lists every name
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.usetex": False,
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.facecolor": GROUND,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "figure.facecolor": GROUND,
    "figure.titlesize": 10.0,
    "figure.titleweight": "bold",
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.minor.pad": 5.0,  # a minor tick is shorter by 1.5: all numbers on one height
    "ytick.minor.pad": 5.0,
    "savefig.facecolor": "auto",
}

# What figures say for labels that are in the keys of recorded studies, and so cannot change.
_SAID = {"none": "NoPE", "learned table": "learned embeddings"}
_STYLES: dict[str, tuple[str, Any, str]] = {
    "none": (BLACK, ":", "o"),
    "integer": (ORANGE, "--", "s"),
    "integer_channel": (ORANGE, ":", "d"),
    "normalized": (GREEN, "--", "v"),
    "onehot": (BLUE, "-.", "P"),
    "binary": (GREEN, "--", "h"),
    "random": (BLACK, "--", "x"),
    "learned": (GREEN, "-.", "^"),
    "sinusoidal": (BLUE, "-", "D"),
    "shaw": (ORANGE, ":", "<"),
    "t5": (GREEN, "-", ">"),
    "alibi": (BLUE, "--", "p"),
    "fire": (BLACK, (0, (6, 1, 1, 1, 1, 1)), "*"),
    "rope": (BLACK, "-", "X"),
    "xpos": (ORANGE, "-.", "+"),
}


def style_of(name: str) -> dict[str, Any]:
    """Return the colour, dash and marker of a name, the same in every figure.

    Encodings of the course have fixed styles; any other name gets one that depends on
    the name alone. Colour is never alone: no two encodings share dash and marker.

    >>> style_of("sinusoidal")
    {'color': '#00589C', 'linestyle': '-', 'marker': 'D'}
    """
    if name in _STYLES:
        color, linestyle, marker = _STYLES[name]
    else:
        seed = hashlib.sha256(str(name).encode()).digest()
        color, linestyle = COLORS[seed[0] % 3], "-"  # orange is left for where these are taken
        marker = OWN_MARKERS[seed[1] % 4]
    return {"color": color, "linestyle": linestyle, "marker": marker}


def styles_for(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return a style for each name of one figure, kept apart.

    The course's encodings and a learner's own keep theirs, where it is free. Any other name
    has one by its place, so that the second curve looks alike in each still of an explorer,
    whatever number its name has there.

    >>> [style["color"] for style in styles_for(["base 10", "base 100"]).values()]
    ['#000000', '#00589C']
    """
    from posenc.base import ENCODINGS  # at the call: a learner's class may come later

    names = list(names)
    chosen = {name: style_of(name) for name in names if name in _STYLES}
    for place, name in enumerate(names):
        if name not in chosen:
            at = place % len(COLORS)
            style = {"color": COLORS[at], "linestyle": DASHES[at], "marker": OWN_MARKERS[at]}
            style = style_of(name) if name in ENCODINGS else style
            for part, pool in (
                ("color", COLORS),
                ("linestyle", DASHES),
                ("marker", OWN_MARKERS),
            ):
                taken = [other[part] for other in chosen.values()]
                start = pool.index(style[part])
                order = pool[start:] + pool[:start]
                style[part] = next((item for item in order if item not in taken), order[0])
            chosen[name] = style
    return {name: chosen[name] for name in names}


def label_of(name: str) -> str:
    """Return what readers see for a name: a registered encoding's label, or the name.

    >>> label_of("a curve of my own")
    'a curve of my own'
    """
    from posenc.base import ENCODINGS  # at the call: a learner's class may come later

    cls = ENCODINGS.get(name)
    said = cls.label if cls is not None and cls.label else str(name)
    return _SAID.get(said, said)
