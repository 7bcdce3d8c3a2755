"""What stands in the cells of a map: numbers that can be read, and words on hatching."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from posenc.plots._style import GROUND
from posenc.plots._words import HATCHED, read_words

CELLS = (24, 18)  # rows and columns whose cells have room for a number


def write(ax: Axes, values: np.ndarray, image: Any) -> None:
    """Write the numbers into the cells of an image, black or white, as can be read there."""
    if values.shape[0] > CELLS[0] or values.shape[1] > CELLS[1]:
        raise ValueError(
            f"values=True is for up to {CELLS[0]} rows and {CELLS[1]} columns; got {values.shape}"
        )
    whole = bool((values == np.round(values))[np.isfinite(values)].all())
    size = 8 if values.shape[1] <= (12 if whole else 8) else 6
    grounds = image.to_rgba(image.get_array())  # (rows, columns, 4)
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue  # a word stands there
        text = f"{value + 0.0:.0f}" if whole else f"{value:.2f}"
        ax.text(
            column, row, text.replace("-", "\N{MINUS SIGN}"), ha="center", va="center",
            color="black" if luminance(grounds[row, column]) > 0.18 else "white", fontsize=size,
        )  # fmt: skip


def luminance(color: Any) -> float:
    """Return the relative luminance of a colour, 0 to 1, as the contrast of texts is measured.

    Black and white have the same contrast, 4.6:1, on a ground of 0.18.

    >>> luminance((1.0, 1.0, 1.0)), luminance((0.0, 0.0, 0.0))
    (1.0, 0.0)
    """
    parts = np.asarray(color, dtype=float)[:3]
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def hatch(ax: Axes, values: np.ndarray, words: Any) -> None:
    """Hatch the cells that have a word, and write it."""
    words = read_words(words, values)
    size = 7 if words.shape[1] > 8 else 8
    for (row, column), word in np.ndenumerate(words):
        if word:
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **HATCHED))
            ax.text(column, row, word, ha="center", va="center", color="black", fontsize=size,
                    bbox={"facecolor": GROUND, "edgecolor": "none", "pad": 0.8})  # fmt: skip
