"""Checkers of notebook 06: vectors, buckets and slopes for distances."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check._verdict import Mistake, Remark, Verdict, judge, require, same
from posenc.functional import alibi_slopes as _slopes
from posenc.functional import t5_bucket as _bucket

__all__ = ["alibi_slopes", "shaw_scores", "t5_bucket"]


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
    for n, clip in ((3, 4), (7, 2)):
        q, k = torch.randn(2, n, 16, generator=generator)
        table = torch.randn(2 * clip + 1, 16, generator=generator)
        found = answer(q, k, table, clip)
        _name_shaw(found, q, k, table, clip)
        case = f"scores of {n} words with clip={clip}"
        same(found, _shaw(q, k, table, clip), case=case)
    return "right, within the clip and beyond it"


def _shaw(q: Tensor, k: Tensor, table: Tensor, clip: int) -> Tensor:
    p = torch.arange(len(q))
    apart = (p[:, None] - p).clamp(-clip, clip)  # (q, k)
    return (q[:, None] * (k + table[apart + clip])).sum(-1) / math.sqrt(q.shape[-1])


def _name_shaw(found: Any, q: Tensor, k: Tensor, table: Tensor, clip: int) -> None:
    """Raise the mistake whose program gives these very scores."""
    if not isinstance(found, Tensor) or found.shape != (len(q), len(q)):
        return  # `same` says it
    root, p = math.sqrt(q.shape[-1]), torch.arange(len(q))
    apart = (p[:, None] - p).clamp(-clip, clip)
    words, right = q @ k.T / root, _shaw(q, k, table, clip)
    on_keys = (k * table[apart + clip]).sum(-1) / root
    known = (
        (words, "no-table", "the table is not used: these are the scores of the words alone"),
        (words * root, "no-table", "the table is not used: these are the scores of the words "
         "alone"),
        (right * root, "no-root", "the division by √d_head is missing"),
        (words + (right - words) * root, "half-root", "the words' part is divided by √d_head, "
         "the table's part is not"),
        (_shaw(q, k, table.flip(0), clip), "sign", "left and right are exchanged: the distance "
         "is query minus key, i − j"),
        (_shaw(q, k, table.roll(clip, 0), clip), "row", "row 0 of the table is for distance "
         "−clip: add clip before you look up"),
        (words + on_keys, "key", "the key multiplies the table's vector; the query must, "
         "for it is the query that asks"),
    )  # fmt: skip
    for scores, slug, message in known:
        if torch.allclose(found.detach().to(scores.dtype), scores, atol=1e-4):
            raise Mistake(slug, message)


# --- T5 -------------------------------------------------------------------------------------


def t5_bucket(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``t5_bucket(distance)``: the bucket of each distance, 32 buckets, causal.

    Shapes: ``(m,) -> (m,)``, whole numbers. The formula is printed in notebook 06.

    >>> verdict = t5_bucket(lambda distance: distance.clamp(0, 31))
    ✗ t5_bucket: every distance up to 31 has its own bucket: from 16 on they share
    """
    return judge("t5_bucket", answer, _examine_bucket)


def _examine_bucket(answer: Callable[[Tensor], Any]) -> str:
    distance = torch.arange(-3, 300)
    found = answer(distance.clone())
    require(
        isinstance(found, Tensor),
        "not-a-tensor",
        f"it must return a tensor, a bucket a distance; it returned {type(found).__name__}",
    )
    require(
        found.shape == distance.shape,
        "shape",
        f"303 distances must get 303 buckets; the result has shape {tuple(found.shape)}",
    )
    _name_bucket(distance, found.detach().to(torch.float64))
    if found.is_floating_point():
        raise Remark("equal numbers as floats; to look up a row they must be whole: .long()")
    return "right, from the keys that stand behind the query to distance 299"


def _name_bucket(distance: Tensor, found: Tensor) -> None:
    right = _bucket(distance).to(torch.float64)
    near, far = distance.clamp(0, 31).to(torch.float64), distance >= 128
    known = (
        (torch.equal(found, near), "not-shared",
         "every distance up to 31 has its own bucket: from 16 on they share"),
        (bool((found == found.round()).logical_not().any()), "not-whole",
         "some buckets are not whole numbers: round down"),
        (bool((found[far] > 31).any()), "no-cap",
         "distance 128 and beyond must stay in bucket 31, the last one"),
        (torch.equal(found, _bucket(distance.abs()).to(torch.float64)), "symmetric",
         "keys behind the query (distance below 0) must fall into bucket 0"),
        (torch.equal(found[19:], (right[19:] - 16)), "no-offset",
         "from distance 16 on the count starts at bucket 16, not at 0"),
    )  # fmt: skip
    for is_it, slug, message in known:
        require(not is_it, slug, message)
    wrong = (found != right).nonzero()
    if len(wrong):
        at = int(wrong[0])
        raise Mistake(
            "value",
            f"distance {int(distance[at])} must be in bucket {int(right[at])}; "
            f"it is in {found[at]:g}",
        )


# --- ALiBi ----------------------------------------------------------------------------------


def alibi_slopes(answer: Callable[[int], Any]) -> Verdict:
    """Check ``alibi_slopes(n_heads)``: a slope for each head, as published models have them.

    >>> verdict = alibi_slopes(lambda n: [2 ** (-8 * h / n) for h in range(n)])
    ✗ alibi_slopes: alibi_slopes(8) begins with 1; the heads count from 1, so it is 0.5
    """
    return judge("alibi_slopes", answer, _examine_slopes)


def _examine_slopes(answer: Callable[[int], Any]) -> str:
    is_sorted = False
    for n in (8, 2, 1, 12, 6, 20):
        found, right = _as_slopes(answer(n), n), _slopes(n).to(torch.float64)
        if torch.allclose(found, right, rtol=1e-4):
            continue
        if torch.allclose(found, right.sort(descending=True).values, rtol=1e-4):
            is_sorted = True
            continue
        _name_slopes(found, n)
        same(found, right, case=f"alibi_slopes({n})", atol=1e-6)
    if is_sorted:
        raise Remark(
            "the right slopes, sorted: fine for a new model, but a checkpoint has its order"
        )
    return "right for 8 heads, for 12 and for 20"


def _as_slopes(found: Any, n: int) -> Tensor:
    slopes = torch.as_tensor(found, dtype=torch.float64).detach()
    require(
        slopes.shape == (n,),
        "shape",
        f"alibi_slopes({n}) must be {n} numbers, one a head; its shape is {tuple(slopes.shape)}",
    )
    return slopes


def _name_slopes(found: Tensor, n: int) -> None:
    h = torch.arange(n, dtype=torch.float64)
    lower = 2 ** int(math.log2(n))
    case = f"alibi_slopes({n})"
    doubled = 2.0 ** (-4 * (h[: n - lower] + 1) / lower)  # the first of twice as many
    known = (
        (2.0 ** (-8 * h / n), "off-by-one",
         f"{case} begins with 1; the heads count from 1, so it is {float(_slopes(n)[0]):.4g}"),
        (-_slopes(n).to(torch.float64), "sign", f"{case} is negative; the bias has the minus"),
        (2.0 ** (-8 * (h + 1) / n), "geometric",
         f"{case} is one geometric series, the paper's sentence; published models take the "
         f"slopes of {lower} heads and then every second one of {2 * lower}"),
        (torch.cat((_slopes(lower).to(torch.float64), doubled)), "not-every-second",
         f"{case} takes the first slopes of {2 * lower} heads; take every second one"),
    )  # fmt: skip
    for slopes, slug, message in known:
        if torch.allclose(found, slopes, rtol=1e-4):
            raise Mistake(slug, message)
