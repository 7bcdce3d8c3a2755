"""Wrong vectors for distances (Shaw, notebook 06), as programs: (q, k, table, clip) -> (n, n)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip


def _apart(q: Tensor) -> Tensor:
    p = torch.arange(len(q))
    return p[:, None] - p  # (q, k)


def _words(q: Tensor, k: Tensor) -> Tensor:
    return q @ k.T


def _vectors(q: Tensor, table: Tensor, rows: Tensor) -> Tensor:
    return (q[:, None] * table[rows]).sum(-1)  # (q, k)


def _rows(q: Tensor, clip: int) -> Tensor:
    return _apart(q).clamp(-clip, clip) + clip


def _root(q: Tensor) -> float:
    return math.sqrt(q.shape[-1])


def shaw(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    """Return the right scores: q · (k + a) / √d_head."""
    return (_words(q, k) + _vectors(q, table, _rows(q, clip))) / _root(q)


def _with_rows(rows: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
    """Return the program that looks up other rows of the table."""
    return lambda q, k, table, clip: (_words(q, k) + _vectors(q, table, rows(q, clip))) / _root(q)


def _shift_trick(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    n = len(q)
    distances = torch.arange(n - 1, -1, -1).clamp(max=clip)
    by_distance = q @ table[distances + clip].T  # (q, distance), far to near
    padded = torch.cat((torch.zeros(n, 1, dtype=q.dtype), by_distance), dim=1)
    return (_words(q, k) + padded.reshape(n + 1, n)[1:]) / _root(q)


def _on_keys(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    return _vectors(k, table, _rows(q, clip).T).T / _root(q)


def _within(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    inside = _apart(q).abs() <= clip
    return shaw(q, k, table, clip).where(inside, _words(q, k) / _root(q))


NO_TABLE = "the table is not used: these are the scores of the words alone"
SHAW = (
    Slip("no-table", lambda q, k, table, clip: _words(q, k) / _root(q), NO_TABLE),
    Slip("no-table-no-root", lambda q, k, table, clip: _words(q, k), NO_TABLE),
    Slip(
        "no-words",
        lambda q, k, table, clip: _vectors(q, table, _rows(q, clip)) / _root(q),
        "the product of the words, q · k, is missing: these are the table's scores alone",
    ),
    Slip(
        "no-root",
        lambda q, k, table, clip: shaw(q, k, table, clip) * _root(q),
        "the division by √d_head is missing",
    ),
    Slip(
        "half-root",
        lambda q, k, table, clip: _words(q, k) / _root(q) + _vectors(q, table, _rows(q, clip)),
        "the words' part is divided by √d_head, the table's part is not",
    ),
    Slip(
        "root-of-table-alone",
        lambda q, k, table, clip: _words(q, k) + _vectors(q, table, _rows(q, clip)) / _root(q),
        "the table's part is divided by √d_head, the words' part is not",
    ),
    Slip(
        "no-square-root",
        lambda q, k, table, clip: shaw(q, k, table, clip) / _root(q),
        "it divides by d_head; divide by its square root",
    ),
    Slip(
        "sign",
        _with_rows(lambda q, clip: _rows(q, clip).T),
        "left and right are exchanged: the distance is query minus key, i − j",
    ),
    Slip(
        "row",
        _with_rows(lambda q, clip: _apart(q).clamp(-clip, clip) % (2 * clip + 1)),
        "row 0 of the table is for distance −clip: add clip before you look up",
    ),
    Slip(
        "wraps",
        _with_rows(lambda q, clip: (_apart(q) + clip) % (2 * clip + 1)),
        "beyond the clip the rows begin anew: clamp the distance to −clip … clip, no %",
    ),
    Slip(
        "clip-too-early",
        _with_rows(lambda q, clip: _apart(q).clamp(1 - clip, clip - 1) + clip),
        "distance clip reads the row of clip − 1: clamp(-clip, clip) keeps both ends",
    ),
    Slip(
        "size-only",
        _with_rows(lambda q, clip: _apart(q).abs().clamp(max=clip) + clip),
        "the rows are those of |i − j|: the first clip rows, for keys after the query, are unused",
    ),
    Slip(
        "nothing-beyond",
        _within,
        "beyond the clip no vector is added: such distances must share the clip's own",
    ),
    Slip(
        "key",
        lambda q, k, table, clip: _words(q, k) / _root(q) + _on_keys(q, k, table, clip),
        "the key multiplies the table's vector; the query must, for it is the query that asks",
    ),
    Slip(
        "key-too",
        lambda q, k, table, clip: shaw(q, k, table, clip) + _on_keys(q, k, table, clip),
        "the key multiplies the table's vector as well, as in DeBERTa; here the query alone does",
    ),
    Slip(
        "shift-trick",
        _shift_trick,
        "above the diagonal stand numbers of the next row: this shift trick needs a causal mask",
        "espnet/espnet#2684",
    ),
    Slip(
        "masked",
        lambda q, k, table, clip: shaw(q, k, table, clip).where(_apart(q) >= 0, -math.inf),
        "keys after the query are masked; the table has rows for them, and no mask is asked for",
    ),
    Slip(
        "zeroed",
        lambda q, k, table, clip: shaw(q, k, table, clip).tril(),
        "scores above the diagonal are 0, which hides nothing; the table has rows for these keys",
    ),
    Slip(
        "softmax",
        lambda q, k, table, clip: shaw(q, k, table, clip).softmax(-1),
        "these are the weights, each row adds up to 1; the scores before softmax are asked for",
    ),
    Slip(
        "transposed",
        lambda q, k, table, clip: shaw(q, k, table, clip).T,
        "rows and columns are exchanged: queries go down, keys across",
    ),
)

KNOWN: dict[str, tuple[Slip, ...]] = {"shaw_scores": SHAW}
