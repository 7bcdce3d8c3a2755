"""A figure as a value: pixels for the eye, and text that can be read and compared."""

import base64
import html
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from posenc.plots import _pixels
from posenc.plots._data import axis_fact, read, sentence
from posenc.plots._layout import Layout
from posenc.plots._style import RC

SIZES = {"small": (4.8, 3.2), "wide": (7.2, 3.2), "tall": (7.2, 5.4)}  # inches
DPI = 100  # pixels of a page an inch
SHARP = 2  # pixels of the image for one of the page, each way
PAD = 0.1  # inches of ground around all


class Picture:
    """A finished figure with one sentence of text alternative.

    ``repr`` is the text form: what is drawn, the axes, a hash of the computed data, and
    the sentence. Notebooks store both forms; strict nbval compares the text.

    ``figure`` is a ``matplotlib.figure.Figure`` (not one of pyplot's), ``alt`` says what
    to see. ``facts`` are the lines of the text form; left out, they are read off the axes.

    Raises ``TypeError`` for what is no Figure and ``ValueError`` for an empty sentence.

    >>> from posenc import plots
    >>> picture = plots.lines({"square": [0, 1, 4]}, xlabel="p", ylabel="p²",
    ...                       alt="The square grows faster and faster.")
    >>> picture
    lines
    x: "p", 0 to 2
    y: "p²", 0 to 4
    series "square": 3 points, data 91841437
    The square grows faster and faster.
    >>> picture.png[:4]
    b'\\x89PNG'
    """

    def __init__(self, figure: Figure, alt: str, facts: Iterable[str] | None = None) -> None:
        if not isinstance(figure, Figure):
            raise TypeError(
                f"figure must be a matplotlib.figure.Figure; got {type(figure).__name__}"
            )
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError("alt must say in a sentence what to see in the figure; got none")
        self.figure = figure
        self.alt = sentence(alt)
        self.facts = tuple(_read_figure(figure) if facts is None else facts)

    def __repr__(self) -> str:
        return "\n".join((*self.facts, self.alt))

    @property
    def png(self) -> bytes:
        """The image, the same bytes each time, on its own ground: no dates, no versions.

        It has twice the pixels of ``size`` each way, fewer where it would be too many bytes;
        what shows it is told ``size``.
        """
        graded = any(ax.images for ax in self.figure.axes)
        return _pixels.small(self._drawn(Layout()), graded=graded)

    def img(self, layout: Layout | None = None) -> str:
        """Return the image with its text alternative as an element of HTML.

        With ``layout`` it is drawn as quickly as can be, where the last picture of that
        layout had its axes; else it has the bytes of ``png``.
        """
        return self._element(self.png if layout is None else _pixels.quick(self._drawn(layout)))

    def _element(self, png: bytes) -> str:
        width, height = self.size
        return (
            f'<img alt="{html.escape(self.alt)}" width="{width}" height="{height}" '
            f'src="data:image/png;base64,{_base64(png)}">'
        )

    def _drawn(self, layout: Layout) -> np.ndarray:
        """The pixels, (height, width, 3)."""
        with matplotlib.rc_context(RC):
            self.figure.set_dpi(SHARP * DPI)
            return np.asarray(layout.draw(self.figure).buffer_rgba())[..., :3]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the page, of which the image has four for each."""
        width, height = self.figure.get_size_inches()
        return round(width * DPI), round(height * DPI)

    def head(self, text: str) -> None:
        """Write a line above the figure, unless it has one."""
        if not self.figure.get_suptitle():
            left = PAD / self.figure.get_figwidth()
            self.figure.suptitle(text, x=left, ha="left", style="italic", fontsize="medium")

    def save(self, path: str | Path) -> None:
        """Write the image to ``path``, which must end in .png."""
        path = Path(path)
        if path.suffix != ".png":
            raise ValueError(f"a Picture is saved as .png; got {path.name}")
        path.write_bytes(self.png)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        png, (width, height) = self.png, self.size
        data = {"image/png": _base64(png), "text/plain": repr(self)}
        if os.environ.get("POSENC_QUIET") != "1":
            data["text/html"] = self._element(png)  # JupyterLab shows no alt of an image/png
        return data, {"image/png": {"alt": self.alt, "width": width, "height": height}}


def canvas(
    size: str, title: str = "", n_axes: int = 1, *, n_rows: int = 1, gap: float = 0.02, **grid: Any
) -> tuple[Figure, Any]:
    """Return a new figure of a named size, and its axes: one, or a list in reading order."""
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}; got {size!r}")
    with matplotlib.rc_context(RC):
        layout = ConstrainedLayoutEngine(w_pad=PAD, h_pad=PAD, wspace=gap)
        figure = Figure(figsize=SIZES[size], dpi=SHARP * DPI, layout=layout)
        axes = figure.subplots(n_rows, n_axes // n_rows, squeeze=False, **grid).ravel()
        if title and n_axes > 1:
            figure.suptitle(title, x=PAD / SIZES[size][0], ha="left")
        elif title:
            axes[0].set_title(title)
    return figure, axes[0] if n_axes == 1 else list(axes)


def head(kind: str, title: str = "") -> str:
    """Return the first line of a text form."""
    return f'{kind} "{title}"' if title else kind


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _read_figure(figure: Figure) -> Iterable[str]:
    """Yield the text form of a figure that was drawn by hand."""
    for ax in figure.axes:
        lines = [line for line in ax.lines if not str(line.get_label()).startswith("_child")]
        yield head("axes", ax.get_title() or ax.get_title(loc="left"))
        yield axis_fact("x", ax.get_xlabel(), scale=_scale(ax.get_xscale()))
        yield axis_fact("y", ax.get_ylabel(), scale=_scale(ax.get_yscale()))
        for line in lines or ax.lines:
            yield f'series "{line.get_label()}": {_line_fact(line)}'
        for image in ax.images:
            yield f"image: {read('the image', np.asarray(image.get_array())).fact()}"
        for text in _texts(ax):
            yield f'text "{text}"'


def _line_fact(line: Any) -> str:
    x, y = (read("a line", part) for part in line.get_data(orig=True))
    return y.fact(x)


def _scale(name: str) -> str:
    return "" if name == "linear" else name


def _texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]
