"""Shaw's scores, a vector for each distance: (q, k, table, clip) -> (n, n)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same

F64 = torch.float64


def shaw_scores(answer: Callable[..., Any]) -> Verdict:
    """Check ``shaw_scores(q, k, table, clip)``: q · (k + a) / √d_head, (n, n).

    Shapes: ``q, k`` (n, dh), ``table`` (2·clip + 1, dh); row ``clip + t`` holds the vector of
    distance t, query minus key, clipped to −clip … clip.

    >>> verdict = shaw_scores(lambda q, k, table, clip: q @ k.T)
    ✗ shaw_scores: the table is not used: these are the scores of the words alone
    """
    return judge("shaw_scores", answer, _examine_shaw)


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
SLIPS = (
    Slip("no-table", lambda q, k, table, clip: _words(q, k) / _root(q), NO_TABLE),
    Slip("no-table-no-root", lambda q, k, table, clip: _words(q, k), NO_TABLE),
    Slip("no-words", lambda q, k, table, clip: _vectors(q, table, _rows(q, clip)) / _root(q),
         "the product of the words, q · k, is missing: these are the table's scores alone"),
    Slip("no-root", lambda q, k, table, clip: shaw(q, k, table, clip) * _root(q),
         "the division by √d_head is missing"),
    Slip("half-root",
         lambda q, k, table, clip: _words(q, k) / _root(q) + _vectors(q, table, _rows(q, clip)),
         "the words' part is divided by √d_head, the table's part is not"),
    Slip("root-of-table-alone",
         lambda q, k, table, clip: _words(q, k) + _vectors(q, table, _rows(q, clip)) / _root(q),
         "the table's part is divided by √d_head, the words' part is not"),
    Slip("no-square-root", lambda q, k, table, clip: shaw(q, k, table, clip) / _root(q),
         "it divides by d_head; divide by its square root"),
    Slip("sign", _with_rows(lambda q, clip: _rows(q, clip).T),
         "left and right are exchanged: the distance is query minus key, i − j"),
    Slip("row", _with_rows(lambda q, clip: _apart(q).clamp(-clip, clip) % (2 * clip + 1)),
         "row 0 of the table is for distance −clip: add clip before you look up"),
    Slip("wraps", _with_rows(lambda q, clip: (_apart(q) + clip) % (2 * clip + 1)),
         "beyond the clip the rows begin anew: clamp the distance to −clip … clip, no %"),
    Slip("clip-too-early", _with_rows(lambda q, clip: _apart(q).clamp(1 - clip, clip - 1) + clip),
         "distance clip reads the row of clip − 1: clamp(-clip, clip) keeps both ends"),
    Slip("size-only", _with_rows(lambda q, clip: _apart(q).abs().clamp(max=clip) + clip),
         "the rows are those of |i − j|: the first clip rows, for keys after the query, are "
         "unused"),
    Slip("nothing-beyond", _within,
         "beyond the clip no vector is added: such distances must share the clip's own"),
    Slip("key", lambda q, k, table, clip: _words(q, k) / _root(q) + _on_keys(q, k, table, clip),
         "the key multiplies the table's vector; the query must, for it is the query that asks"),
    Slip("key-too", lambda q, k, table, clip: shaw(q, k, table, clip) + _on_keys(q, k, table, clip),
         "the key multiplies the table's vector as well, as in DeBERTa; here the query alone "
         "does"),
    Slip("shift-trick", _shift_trick,
         "above the diagonal stand numbers of the next row: this shift trick needs a causal mask",
         seen="espnet/espnet#2684"),
    Slip("masked",
         lambda q, k, table, clip: shaw(q, k, table, clip).where(_apart(q) >= 0, -math.inf),
         "keys after the query are masked; the table has rows for them, and no mask is asked for"),
    Slip("zeroed", lambda q, k, table, clip: shaw(q, k, table, clip).tril(),
         "scores above the diagonal are 0, which hides nothing; the table has rows for these "
         "keys"),
    Slip("softmax", lambda q, k, table, clip: shaw(q, k, table, clip).softmax(-1),
         "these are the weights, each row adds up to 1; the scores before softmax are asked for"),
    Slip("transposed", lambda q, k, table, clip: shaw(q, k, table, clip).T,
         "rows and columns are exchanged: queries go down, keys across"),
)  # fmt: skip


def _examine_shaw(answer: Callable[..., Any]) -> str:
    generator = torch.Generator().manual_seed(0)
    for n, clip in ((7, 2), (3, 4), (5, 5)):
        q, k = torch.randn(2, n, 16, generator=generator, dtype=torch.float32)
        table = torch.randn(2 * clip + 1, 16, generator=generator, dtype=torch.float32)
        given = (q, k, table, clip)
        found, right = _looked_up(answer, *given), shaw(*given)
        if _close(found, right):
            continue
        case = f"scores of {n} words with clip={clip}"
        if isinstance(found, Tensor) and found.shape == right.shape:
            name_it(found, SLIPS, *given)
            _shaw_properties(answer, *given)
        same(found, right, case=case)
    return "right, within the clip and beyond it"


def _close(found: Any, right: Tensor, atol: float = 1e-4) -> bool:
    """Return whether the answer is a tensor of these numbers."""
    if not isinstance(found, Tensor) or found.shape != right.shape:
        return False
    number = found.detach().to("cpu", F64)
    return torch.allclose(number, right.to(F64), rtol=1e-4, atol=atol)


def _looked_up(answer: Callable[..., Any], *given: Any) -> Any:
    """Return the scores; a row that is not there is the mistake of a missing clip."""
    try:
        return answer(*given)
    except IndexError as error:
        if "out of bounds" not in str(error):
            raise
        n, clip = len(given[0]), given[3]
        raise Mistake(
            "no-clip",
            f"a distance beyond the clip has no row of its own: of {n} words, with clip={clip}, "
            f"distances run to {n - 1}; clip them before you look up",
        ) from None


def _shaw_properties(answer: Callable[..., Any], q: Tensor, k: Tensor, t: Tensor, c: int) -> None:
    """Raise the first property of the scores that does not hold."""
    root = math.sqrt(q.shape[-1])
    require(
        _close(answer(q, k, torch.zeros_like(t), c), q @ k.T / root),
        "words",
        "with a table of zeros the scores must be q · k / √d_head, and they are not",
    )
    silent = torch.zeros(len(q), len(q))
    require(
        _close(answer(torch.zeros_like(q), k, t, c), silent),
        "without-query",
        "with queries of zeros every score must be 0: the query multiplies the key and the vector",
    )
    one, rows = torch.zeros_like(q), torch.zeros_like(t)
    one[:, 0], rows[:, 0] = root, torch.arange(len(t))
    read = answer(one, torch.zeros_like(k), rows, c)  # (n, n): which row each score has read
    apart = torch.arange(len(q))[:, None] - torch.arange(len(q))
    _rows_read(read.detach().to("cpu", F64), apart, c)


def _rows_read(read: Tensor, apart: Tensor, clip: int) -> None:
    right = (apart.clamp(-clip, clip) + clip).to(F64)
    off = ((read - right).abs() > 1e-3).nonzero()
    if len(off):
        i, j = (int(at) for at in off[0])
        raise Mistake(
            "row",
            f"query {i} and key {j} are {i - j} apart and must read row {right[i, j]:.0f} of the "
            f"table (clip={clip}); they read {read[i, j]:.4g}",
        )
