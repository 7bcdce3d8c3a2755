"""Checkers of notebook 06: vectors and buckets for distances."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check._slips._buckets import KNOWN as BUCKETS
from posenc.check._slips._vectors import KNOWN as VECTORS
from posenc.check._slips._vectors import shaw
from posenc.check.engine.slip import name_it
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge, require, same
from posenc.functional import t5_bucket as _bucket

__all__ = ["shaw_scores", "t5_bucket"]

F64 = torch.float64


def _close(found: Any, right: Tensor, atol: float = 1e-4) -> bool:
    """Return whether the answer is a tensor of these numbers."""
    if not isinstance(found, Tensor) or found.shape != right.shape:
        return False
    number = found.detach().to("cpu", F64)
    return torch.allclose(number, right.to(F64), rtol=1e-4, atol=atol)


# --- Shaw -----------------------------------------------------------------------------------


def shaw_scores(answer: Callable[..., Any]) -> Verdict:
    """Check ``shaw_scores(q, k, table, clip)``: q · (k + a) / √d_head, (n, n).

    Shapes: ``q, k`` (n, dh), ``table`` (2·clip + 1, dh); row ``clip + t`` holds the vector of
    distance t, query minus key, clipped to −clip … clip.

    >>> verdict = shaw_scores(lambda q, k, table, clip: q @ k.T)
    ✗ shaw_scores: the table is not used: these are the scores of the words alone
    """
    return judge("shaw_scores", answer, _examine_shaw)


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
            name_it(found, VECTORS["shaw_scores"], *given)
            _shaw_properties(answer, *given)
        same(found, right, case=case)
    return "right, within the clip and beyond it"


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


# --- T5 -------------------------------------------------------------------------------------


def t5_bucket(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``t5_bucket(distance)``: the bucket of each distance, 32 buckets, causal.

    Shapes: ``(m,) -> (m,)``, whole numbers. The formula is printed in notebook 06.

    >>> verdict = t5_bucket(lambda distance: distance.clamp(0, 31))
    ✗ t5_bucket: every distance up to 31 has its own bucket: from 16 on they share
    """
    return judge("t5_bucket", answer, _examine_bucket)


def _examine_bucket(answer: Callable[[Tensor], Any]) -> str:
    distance = torch.arange(-40, 300)
    found = _buckets_of(answer, distance)
    right = _bucket(distance).to(F64)
    if not torch.equal(found.to(F64), right):
        name_it(found, BUCKETS["t5_bucket"], distance)
        _bucket_properties(distance, found.to(F64), right)
    _alone(answer, distance, right)
    if found.is_floating_point():
        raise Remark("equal numbers as floats; to look up a row they must be whole: .long()")
    return "right, from the keys after the query to distance 299"


def _buckets_of(answer: Callable[[Tensor], Any], distance: Tensor) -> Tensor:
    found = answer(distance.clone())
    require(
        isinstance(found, Tensor),
        "not-a-tensor",
        f"it must return a tensor, a bucket a distance; it returned {type(found).__name__}",
    )
    require(
        found.shape == distance.shape,
        "shape",
        f"{len(distance)} distances must get {len(distance)} buckets; "
        f"the result has shape {tuple(found.shape)}",
    )
    require(
        found.dtype != torch.bool and not found.is_complex(),
        "dtype",
        f"buckets are whole numbers, of type torch.int64; these are {found.dtype}",
    )
    return found.detach().to("cpu")


def _bucket_properties(distance: Tensor, found: Tensor, right: Tensor) -> None:
    """Raise the first property of the buckets that does not hold."""

    def first(wrong: Tensor) -> str:
        at = int(wrong.nonzero()[0])
        return f"distance {int(distance[at])} is in {found[at]:.4g}, not in {int(right[at])}"

    for slug, wrong, words in (
        ("not-finite", ~found.isfinite(), "some buckets are no numbers"),
        ("not-whole", found != found.round(), "some buckets are not whole numbers: round down"),
        ("range", (found < 0) | (found > 31), "the table has the rows 0 to 31"),
        ("after", (distance < 0) & (found != 0), "keys after the query fall into bucket 0"),
        ("exact", (distance >= 0) & (distance < 16) & (found != right),
         "below 16 each distance is its own bucket"),
        ("falls", torch.cat((found.diff() < 0, torch.tensor([False]))),
         "farther keys must not fall into lower buckets"),
        ("last", (distance >= 128) & (found != 31), "from distance 128 on all is bucket 31"),
        ("edge", found != right, "the shared buckets begin at 16, 19, 21, 24, …, 113"),
    ):  # fmt: skip
        if wrong.any():
            more = first(found != right) if slug == "falls" else first(wrong)
            raise Mistake(slug, f"{words}; {more}")


def _alone(answer: Callable[[Tensor], Any], distance: Tensor, right: Tensor) -> None:
    """Raise unless a distance's bucket is the same in other company, and far away."""
    pick = torch.tensor([60, 41, 55, 300 + 38, 40, 90])
    found = _buckets_of(answer, distance[pick]).to(F64)
    require(
        torch.equal(found, right[pick]),
        "company",
        "a bucket changes with the other distances that are asked for, or with their order",
    )
    far = torch.tensor([1_000_000, 5000])
    found = _buckets_of(answer, far).to(F64)
    require(
        bool((found == 31).all()),
        "last",
        f"distance 1 000 000 must be in bucket 31, as 5000; it is in {found[0]:.4g}",
    )
