"""Wrong programs for Shaw's scores, (q, k, table, clip) -> (n, n), and the correct one."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip


def apart(q: Tensor) -> Tensor:
    """Return the distances, query minus key, (q, k)."""
    p = torch.arange(len(q))
    return p[:, None] - p


def rows_of(q: Tensor, clip: int) -> Tensor:
    """Return the row of the table that each query and key must read, (q, k)."""
    return apart(q).clamp(-clip, clip) + clip


def content(q: Tensor, k: Tensor) -> Tensor:
    """Return the scores of the tokens alone, divided by the root, (q, k)."""
    return q @ k.T / _root(q)


def shaw(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    """Return the correct scores: q · (k + a) / √d_head."""
    return content(q, k) + _vectors(q, table, rows_of(q, clip))


def _root(q: Tensor) -> float:
    return math.sqrt(q.shape[-1])


def _vectors(q: Tensor, table: Tensor, rows: Tensor) -> Tensor:
    return (q[:, None] * table[rows]).sum(-1) / _root(q)


def _with_rows(rows: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
    """Return the program that looks up other rows of the table."""
    return lambda q, k, table, clip: content(q, k) + _vectors(q, table, rows(q, clip))


def _of_axes(of: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Return the program that multiplies other axes: of(q, k, vectors) -> (q, k, dh)."""
    return lambda q, k, table, clip: of(q, k, table[rows_of(q, clip)]).sum(-1) / _root(q)


def _shift_trick(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    n = len(q)
    distances = torch.arange(n - 1, -1, -1).clamp(max=clip)
    by_distance = q @ table[distances + clip].T / _root(q)  # (q, distance), far to near
    padded = torch.cat((torch.zeros(n, 1, dtype=q.dtype), by_distance), dim=1)
    return content(q, k) + padded.reshape(n + 1, n)[1:]


def _on_keys(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    return _vectors(k, table, rows_of(q, clip).T).T


def _within(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    return shaw(q, k, table, clip).where(apart(q).abs() <= clip, content(q, k))


NO_TABLE = (
    "The table is not used: these are the scores of the tokens alone. Add q · a for each pair."
)
SLIPS = (
    Slip("no-table", lambda q, k, table, clip: content(q, k), NO_TABLE),
    Slip("no-table-no-root", lambda q, k, table, clip: q @ k.T, NO_TABLE),
    Slip("no-words", lambda q, k, table, clip: _vectors(q, table, rows_of(q, clip)),
         "The dot product of the tokens, q · k, is missing: only q · a is there. Add q @ k.T."),
    Slip("no-root", lambda q, k, table, clip: shaw(q, k, table, clip) * _root(q),
         "The scores are not divided. Divide them by √d_head, with d_head = q.shape[-1]."),
    Slip("half-root",
         lambda q, k, table, clip: content(q, k) + _vectors(q, table, rows_of(q, clip)) * _root(q),
         "q · k is divided by √d_head, q · a is not. Divide the sum of both."),
    Slip("root-of-table-alone",
         lambda q, k, table, clip: q @ k.T + _vectors(q, table, rows_of(q, clip)),
         "q · a is divided by √d_head, q · k is not. Divide the sum of both."),
    Slip("root-of-words-twice",
         lambda q, k, table, clip: content(q, k) / _root(q) + _vectors(q, table, rows_of(q, clip)),
         "q · k is divided by √d_head twice, q · a once. Divide the sum of both once."),
    Slip("root-of-table-twice",
         lambda q, k, table, clip: content(q, k) + _vectors(q, table, rows_of(q, clip)) / _root(q),
         "q · a is divided by √d_head twice, q · k once. Divide the sum of both once."),
    Slip("no-square-root", lambda q, k, table, clip: shaw(q, k, table, clip) / _root(q),
         "The scores are divided by d_head. Divide by its square root, q.shape[-1] ** 0.5."),
    Slip("root-of-length",
         lambda q, k, table, clip: shaw(q, k, table, clip) * _root(q) / math.sqrt(len(q)),
         "The scores are divided by the root of the number of tokens, len(q). Divide by √d_head, "
         "with d_head = q.shape[-1]."),
    Slip("minus",
         lambda q, k, table, clip: content(q, k) - _vectors(q, table, rows_of(q, clip)),
         "The table's vector is subtracted from the key. Add it: q · (k + a)."),
    Slip("sign", _with_rows(lambda q, clip: rows_of(q, clip).T),
         "Left and right are exchanged: row clip + t is read for t = j − i. Use query minus key, "
         "t = i − j."),
    Slip("row", _with_rows(lambda q, clip: apart(q).clamp(-clip, clip) % (2 * clip + 1)),
         "Distance 0 reads row 0, and distance −1 the last row. Add clip before the look-up: "
         "row 0 is for distance −clip."),
    Slip("wraps", _with_rows(lambda q, clip: (apart(q) + clip) % (2 * clip + 1)),
         "Beyond the clip the rows start again from 0. Use clamp(-clip, clip) on the distance, "
         "not %."),
    Slip("clip-too-early", _with_rows(lambda q, clip: apart(q).clamp(1 - clip, clip - 1) + clip),
         "Distance clip reads the row of clip − 1. Use clamp(-clip, clip), which keeps both ends."),
    Slip("size-only", _with_rows(lambda q, clip: apart(q).abs().clamp(max=clip) + clip),
         "The rows are those of |i − j|, so keys after the query read the rows of keys before it. "
         "Keep the sign of i − j."),
    Slip("nothing-beyond", _within,
         "Beyond the clip no vector is added. Clip the distance, so that it reads the row of the "
         "clip."),
    Slip("key", lambda q, k, table, clip: content(q, k) + _on_keys(q, k, table, clip),
         "The key multiplies the table's vector. Multiply it by the query: q · (k + a)."),
    Slip("key-too", lambda q, k, table, clip: shaw(q, k, table, clip) + _on_keys(q, k, table, clip),
         "The key multiplies the table's vector as well, as in DeBERTa. Multiply it by the query "
         "only."),
    Slip("query-axis", _of_axes(lambda q, k, a: q * (k[:, None] + a)),
         "Query j and key i make score [i, j]: the axes are exchanged, but not for the table. "
         "Use q[:, None] and k[None]."),
    Slip("key-axis", _of_axes(lambda q, k, a: q[:, None] * (k[:, None] + a)),
         "Query i meets key i in its whole row, because k[:, None] has the key on the query's "
         "axis. Use k[None]."),
    Slip("both-on-keys", _of_axes(lambda q, k, a: q * (k + a)),
         "Query j meets key j in the whole column: the query is on the key's axis. "
         "Use q[:, None]."),
    Slip("table-twice", _of_axes(lambda q, k, a: (q[:, None] + a) * (k + a)),
         "The table's vector is added to the query as well: (q + a) · (k + a). Add it to the key "
         "only."),
    Slip("shift-trick", _shift_trick,
         "Above the diagonal are numbers of the next row: this shift trick needs a causal mask. "
         "Look up table[rows].", seen="espnet/espnet#2684"),
    Slip("masked",
         lambda q, k, table, clip: shaw(q, k, table, clip).where(apart(q) >= 0, -math.inf),
         "Keys after the query are −inf. Leave out the mask: the table has rows for these keys."),
    Slip("zeroed", lambda q, k, table, clip: shaw(q, k, table, clip).tril(),
         "Scores above the diagonal are 0, which hides nothing. Leave them: the table has rows for "
         "these keys."),
    Slip("softmax", lambda q, k, table, clip: shaw(q, k, table, clip).softmax(-1),
         "These are attention weights: each row sums to 1. Return the scores before softmax."),
    Slip("transposed", lambda q, k, table, clip: shaw(q, k, table, clip).T,
         "Rows and columns are exchanged. Put the queries on the first axis, the keys on the "
         "second."),
)  # fmt: skip
