"""Colours that begin at chance: what only guesses is dark in every column."""

from typing import Any

import numpy as np

from posenc.plots._data import number, read


def above(values: np.ndarray, chance: Any, best: float) -> np.ndarray:
    """Return how far each value has come from chance to the best, 0 to 1: (rows, columns).

    ``chance`` is one level, or one a column; None leaves the values as they are.

    Raises ``ValueError`` for levels that do not fit the columns or are not below ``best``.

    >>> above(np.array([[50.0, 55.0], [100.0, 5.0]]), [50, 10], 100).tolist()
    [[0.0, 0.5], [1.0, 0.0]]
    """
    if chance is None:
        return values
    levels = read("chance", chance).values
    if levels.shape not in ((), values.shape[1:]):
        raise ValueError(
            f"chance must be one number, or one for each of {values.shape[-1]} columns; "
            f"got shape {levels.shape}"
        )
    if not (levels < best).all():
        raise ValueError(
            f"chance must lie below the best, {number(best)}; got {number(levels.max())}"
        )
    return np.clip((values - levels) / (best - levels), 0, 1)
