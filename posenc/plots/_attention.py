"""Attention maps: heat maps of weights over the keys, a head each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from posenc.plots._data import number, read
from posenc.plots._maps import MOST, heatmaps
from posenc.plots._picture import Picture, head


def attention(
    weights: Any,
    tokens: Sequence[Any] | None = None,
    *,
    title: str = "",
    names: Sequence[str] | None = None,
    trained_to: int | None = None,
    trained: bool | None = None,
    alt: str = "",
) -> Picture:
    """Return attention maps in a row: each query's weights over the keys.

    Shapes: ``(h, n, n)`` for up to four heads, or ``(n, n)``; with a cache ``(h, q, k)``,
    where the queries are the last of the keys. ``tokens`` are the k words (a blank is
    shown as ␣), ``names`` the titles of the maps, by default "head 0" and so on;
    ``trained_to`` draws lines before the first query and key beyond the training length.

    Raises ``ValueError`` for more than four heads, for tokens or names that do not fit,
    or for what cannot be weights (below 0 or above 1: scores before softmax?).

    >>> picture = attention([[1.0, 0.0], [0.5, 0.5]], ["dog", "bites"])
    >>> picture.facts[3], picture.alt
    ('words: dog bites', 'Attention of each query to each key.')
    """
    data = read("weights", weights, trained)
    maps = data.values[None] if data.values.ndim == 2 else data.values  # (h, q, k)
    names = _check_maps(maps, names)
    words = None if tokens is None else [_visible(token) for token in tokens]
    n_queries, n_keys = maps.shape[1:]
    if words is not None and len(words) != n_keys:
        raise ValueError(f"tokens must hold one word for each of {n_keys}; got {len(words)}")
    picture = heatmaps(
        dict(zip(names, maps, strict=True)), xlabel="key", ylabel="query", title=title,
        label="weight", x=words, y=None if words is None else words[-n_queries:],
        trained_to=trained_to, trained=data.trained,
        alt=alt or "Attention of each query to each key",
    )  # fmt: skip
    facts = [head("attention", title), *picture.facts[1:]]
    if words is not None:
        facts.insert(3, f"words: {' '.join(words)}")
    return Picture(picture.figure, picture.alt, facts)


def _check_maps(maps: np.ndarray, names: Sequence[str] | None) -> list[str]:
    """Return a title for each map; raise where these are no attention weights."""
    if maps.ndim != 3:
        raise ValueError(f"weights must be (h, n, n) or (n, n); got shape {maps.shape}")
    if len(maps) > MOST:
        raise ValueError(f"a figure holds at most 4 heads; got {len(maps)}: weights[:4]?")
    if maps.min() < -1e-6 or maps.max() > 1 + 1e-3:
        raise ValueError(
            "weights must lie between 0 and 1, as they do after softmax; got "
            f"{number(maps.min())} to {number(maps.max())}"
        )
    if names is None:
        return [f"head {i}" for i in range(len(maps))] if len(maps) > 1 else [""]
    if len(names) != len(maps):
        raise ValueError(f"names must hold one title for each of {len(maps)}; got {names}")
    return [str(name) for name in names]


def _visible(token: Any) -> str:
    return str(token).replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥") or "∅"
