"""Where the axes of a row of similar figures stand, so that each need not be laid out anew.

Laying out costs more than drawing. When a slider moves, next to nothing changes: the axes
stay where they were unless the words around them, numbers along the axes for instance, need
another room by more than a few pixels.
"""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 6.0  # pixels by which words may grow before the axes move
SPARE = 80.0  # pixels that may stay empty where words have shrunk


class Layout:
    """The places of the axes in the last figure; what it holds is its owner's alone.

    Made by an explorer, for its own pictures.
    """

    def __init__(self) -> None:
        self._places: list[Any] = []
        self._rooms: list[tuple[float, ...]] = []

    def draw(self, figure: Figure) -> FigureCanvasAgg:
        """Return the canvas of a figure, drawn in the places of the last one if they fit."""
        canvas, engine = FigureCanvasAgg(figure), figure.get_layout_engine()
        if engine is not None and len(self._places) == len(figure.axes):
            figure.set_layout_engine("none")
            _put(figure.axes, self._places)
            canvas.draw()
            if self._still_fits(figure):
                return canvas
        settle(figure, engine)
        canvas.draw()
        self._places, self._rooms = _places(figure.axes), _rooms(figure)
        return canvas

    def _still_fits(self, figure: Figure) -> bool:
        pairs = zip(_rooms(figure), self._rooms, strict=True)
        return all(
            -SPARE <= new - old <= SLACK
            for room, other in pairs
            for new, old in zip(room, other, strict=True)
        )


def settle(figure: Figure, engine: Any) -> None:
    """Lay the figure out once: each further pass would move it by a fraction of a pixel."""
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")


def _places(axes: list[Axes]) -> list[Any]:
    return [(ax.get_position(original=True), ax.get_anchor(), ax.get_box_aspect()) for ax in axes]


def _put(axes: list[Axes], places: list[Any]) -> None:
    for ax, (place, anchor, aspect) in zip(axes, places, strict=True):
        ax.set_position(place)
        ax.set_in_layout(True)  # set_position takes it out, and the axes could not move again
        ax.set_anchor(anchor)
        ax.set_box_aspect(aspect)
        if ax.get_label() == "<colorbar>":
            ax.set_aspect("auto")


def _rooms(figure: Figure) -> list[tuple[float, ...]]:
    """Return the lines of the title, and how far the words of each of the axes reach beyond it."""
    title = float(figure.get_suptitle().count("\n") + bool(figure.get_suptitle()))
    return [(title * 100,), *(_room(ax.bbox, _words(ax)) for ax in figure.axes)]


def _words(ax: Axes) -> list[Text]:
    found = [part for part in ax.get_children() if isinstance(part, Text)]  # with the titles
    legend = ax.get_legend()
    found += legend.get_texts() if legend else []
    if ax.axison:
        for axis in (ax.xaxis, ax.yaxis):
            found.append(axis.label)
            low, high = sorted(axis.get_view_interval())
            ticks = axis.majorTicks  # among them some beyond the end, which are not drawn
            found += [tick.label1 for tick in ticks if low <= tick.get_loc() <= high]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def _room(box: Any, words: list[Text]) -> tuple[float, ...]:
    if not words:
        return (0.0, 0.0, 0.0, 0.0)
    all_words = Bbox.union([text.get_window_extent() for text in words])
    return (
        max(0.0, box.x0 - all_words.x0),
        max(0.0, box.y0 - all_words.y0),
        max(0.0, all_words.x1 - box.x1),
        max(0.0, all_words.y1 - box.y1),
    )
