"""Where there is no number: a word in its place, on hatching, and never a 0."""

from collections import Counter
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

LONGEST = 8  # letters that a cell of a board has room for
DARK = "#444444"


def read_words(words: Any, values: np.ndarray) -> np.ndarray:
    """Return the words of the cells, "" where a number stands: (rows, columns).

    Raises ``ValueError`` for words of another shape, for one that is longer than eight
    letters, or for a word in a cell that has a number.
    """
    if words is None:
        return np.full(values.shape, "", dtype=object)
    found = np.asarray(words, dtype=object)
    if found.shape != values.shape:
        raise ValueError(f"words must be of shape {values.shape}, a text for each cell or ''; "
                         f"got {found.shape}")  # fmt: skip
    for word in found.flat:
        if not isinstance(word, str) or len(word) > LONGEST:
            raise ValueError(f"a word is a text of up to {LONGEST} letters; got {word!r}")
    if (both := (found != "") & np.isfinite(values)).any():
        row, column = np.argwhere(both)[0]
        raise ValueError(
            f"the cell in row {row}, column {column} has both the number {values[row, column]:g} "
            f"and the word {found[row, column]!r}: leave the word empty, or make the number NaN"
        )
    return found


def hatch(ax: Axes, words: np.ndarray) -> None:
    """Hatch the cells that have a word, and write it."""
    size = 7 if words.shape[1] > 8 else 8
    for (row, column), word in np.ndenumerate(words):
        if word:
            ax.add_patch(Rectangle(
                (column - 0.5, row - 0.5), 1, 1, facecolor="white", edgecolor="#9a9a9a",
                hatch="////", linewidth=0,
            ))  # fmt: skip
            ax.text(column, row, word, ha="center", va="center", color="black", fontsize=size,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})  # fmt: skip


def counted(words: Any) -> str:
    """Return how often each word stands, for the text form.

    >>> counted(["ends", "", "NaN", "ends"])
    '2 × "ends", 1 × "NaN"'
    """
    counts = Counter(str(word) for word in np.asarray(words, dtype=object).flat if word)
    return ", ".join(f'{count} × "{word}"' for word, count in counts.items())
