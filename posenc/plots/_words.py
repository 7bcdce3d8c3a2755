"""Where there is no number: a word in its place, on hatching, and never a 0."""

from collections import Counter
from typing import Any

import numpy as np

from posenc.plots._style import GROUND

LONGEST = 8  # letters that a cell of a board has room for
DARK = "#444444"
HATCHED: Any = {"facecolor": GROUND, "edgecolor": "#767676", "hatch": "////", "linewidth": 0}


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


def counted(words: Any) -> str:
    """Return how often each word stands, for the text form.

    >>> counted(["ends", "", "NaN", "ends"])
    '2 × "ends", 1 × "NaN"'
    """
    counts = Counter(str(word) for word in np.asarray(words, dtype=object).flat if word)
    return ", ".join(f'{count} × "{word}"' for word, count in counts.items())
