"""T5's 32 causal buckets of distances: (m,) -> (m,)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.compare import alike, explain
from posenc.check.engine.verdict import Mistake, Remark, Verdict, require
from posenc.check.lesson_06.form import judge_exactly, require_tensor
from posenc.check.lesson_06.t5_bucket_slips import SLIPS, shared
from posenc.functional import t5_bucket as _bucket

__all__ = ["SLIPS", "t5_bucket"]

F64 = torch.float64


def _cases(draw: draws.Draw) -> tuple[Tensor, ...]:
    """Return near distances in order, some of them, far ones, keys after the query, one alone."""
    far = (5000, 900), (1_000_000, 300_000), (40_000, 5000), (70_000, 3000), (10**9, 10**8)
    after = (-40_000, 5000), (-1_000_000, 300_000)
    return (
        torch.arange(-draw.near(40, 8), draw.near(300, 20)),
        torch.tensor(draw.shuffled(draw.near(t, 8) for t in (60, 41, 55, 40, 90))),
        torch.tensor(draw.shuffled(draw.near(*t) for t in far)),
        torch.tensor(draw.shuffled((-1, *(draw.near(*t) for t in after)))),
        torch.tensor([draw.one_of(17, *range(18, 100))]),
    )


def _narrow_cases(draw: draws.Draw) -> tuple[Tensor, ...]:
    """Return distances of shorter types."""
    wide = [draw.near(20_000, 5000), -draw.near(20_000, 5000), draw.near(5, 4)]
    near = CASES[0]
    return near.int(), near.to(torch.int16), torch.tensor(wide, dtype=torch.int16)


CASES = draws.Drawn("t5_bucket", _cases)
NARROW = draws.Drawn("t5_bucket", _narrow_cases)
REACHES = (20, 24, 32, 48, 64, 96, 100, 112, 127, 129, 200, 255, 256, 500, 512, 1000, 1024, 4096)
WHOLE_TENSOR = ("Boolean value of Tensor", "only one element tensors", "converted to Python scalar")


def t5_bucket(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``t5_bucket(distance)``: the bucket of each distance, 32 buckets, causal.

    Shapes: ``(m,) -> (m,)``, whole numbers. The formula is printed in notebook 06.

    >>> verdict = t5_bucket(lambda distance: distance.clamp(0, 31))  # doctest: +ELLIPSIS
    ✗ t5_bucket: Every distance up to 31 has its own bucket. ...
    """
    return judge_exactly("t5_bucket", answer, _examine_bucket)


def _examine_bucket(answer: Callable[[Tensor], Any]) -> str:
    found = draws.asked(
        "t5_bucket", lambda distance: _buckets_of(answer, distance), zip(CASES, strict=True)
    )
    right = [_bucket(distance) for distance in CASES]
    if not all(map(torch.equal, map(_exact, found), map(_exact, right))):
        explain(found, SLIPS, [(distance,) for distance in CASES])
        _company(*found[:2])
        _reach(found)
        _bucket_properties(
            torch.cat(tuple(CASES)), torch.cat([*map(_exact, found)]), torch.cat(right)
        )
    _narrow(answer)
    if found[0].is_floating_point():
        raise Remark("The numbers are correct, as floats. To look up rows of a table, add .long().")
    return "Correct from the keys after the query to distances far away."


def _exact(found: Tensor) -> Tensor:
    return found.to(F64)


def _buckets_of(answer: Callable[[Tensor], Any], distance: Tensor) -> Tensor:
    try:
        found = answer(distance.clone())
    except (RuntimeError, ValueError, TypeError) as error:
        whole = any(words in str(error) for words in WHOLE_TENSOR)
        raise _whole_tensor(error) if whole else error from None
    require_tensor(found)
    assert isinstance(found, Tensor)
    n, shape = len(distance), tuple(found.shape)
    message = f"{n} distances gave the shape {shape}. Return one bucket per distance: ({n},)."
    require(shape == (n,), "shape", message)
    require(
        found.dtype != torch.bool and not found.is_complex(),
        "dtype",
        f"The buckets have the type {found.dtype}. Return whole numbers, torch.int64.",
    )
    return found.detach().to("cpu")


def _whole_tensor(error: Exception) -> Mistake:
    return Mistake(
        "whole-tensor",
        "if, max, min, int and math.log take one number, and distance is a tensor of many "
        f"({type(error).__name__}). Use torch.where, .clamp, .long() and torch.log.",
    )


def _company(near: Tensor, some: Tensor) -> None:
    """Raise unless a distance has the same bucket in other company and in another order."""
    first, last = int(CASES[0][0]), int(CASES[0][-1])
    for at, bucket in zip(CASES[1].tolist(), _exact(some).tolist(), strict=True):
        alone = float(near[at - first])
        require(
            alone == bucket or math.isnan(bucket),
            "company",
            f"Distance {at} has bucket {alone:.4g} among −{-first} … {last}, and {bucket:.4g} "
            f"among {CASES[1].tolist()}. Compute each bucket from its own distance only.",
        )


def _reach(found: list[Tensor]) -> None:
    """Raise if the buckets are those of another greatest distance than 128."""
    for reach in REACHES:
        if all(alike(mine, shared(d, reach=reach)) for mine, d in zip(found, CASES, strict=True)):
            last = math.ceil(16 * (reach / 16) ** (15 / 16))
            raise Mistake(
                "reach",
                f"Bucket 31 begins at distance {last}, as if the greatest distance were {reach}. "
                "Divide by ln(128 / 16): then it begins at 113.",
            )


def _formula(distance: float) -> float:
    return 16 + 16 * math.log(max(distance, 16) / 16) / math.log(8)


def _bucket_properties(distance: Tensor, found: Tensor, right: Tensor) -> None:
    """Raise the first property of the buckets that does not hold."""
    shares = torch.tensor([_formula(t) for t in distance.tolist()], dtype=F64)
    wrong = found != right
    near_edge = (distance >= 16) & ((found - shares.floor()).abs() <= 1)
    near_edge &= (shares - torch.maximum(found, shares.floor())).abs() < 0.15
    for slug, where, words in _faults(distance, found, wrong, near_edge):
        if where.any():
            at = int(where.nonzero()[0])
            formula = f" (the formula gives {shares[at]:.4g})" if 16 <= distance[at] < 128 else ""
            raise Mistake(
                slug,
                f"Distance {int(distance[at])} gets bucket {found[at]:.4g}, not {int(right[at])}"
                f"{formula}. {words}",
            )


def _faults(
    distance: Tensor, found: Tensor, wrong: Tensor, near_edge: Tensor
) -> list[tuple[str, Tensor, str]]:
    """Return each fault, which distances have it, and what to do; the first that holds counts."""
    return [
        ("not-finite", ~found.isfinite(), "Some buckets are not finite numbers."),
        ("not-whole", found != found.round(), "Some buckets are not whole. Round them down."),
        ("far", wrong & bool((distance[wrong].abs() > CASES[0][-1]).all()),
         "Compute far away, too: float16 ends at 65504, int16 at 32767."),
        ("no-number", found.abs() > 2**62, "Infinity or NaN was made whole. Take the logarithm "
         "of distance.clamp(min=16) / 16, and divide it by ln 8."),
        ("range", wrong & (distance < 0) & (found < 0), "Look up no row before row 0: give keys "
         "after the query bucket 0."),
        ("after", wrong & (distance < 0), "Give keys after the query bucket 0."),
        ("exact", wrong & (distance >= 0) & (distance < 16),
         "Below 16 the bucket is the distance itself."),
        ("near-edge", wrong & bool(near_edge[wrong].all()),
         "Compute the logarithm in float32, with the constants 16 and 128."),
        ("last", wrong & bool((distance[wrong] >= 113).all()), "The last bucket, from distance 113 "
         "on, is 31."),
        ("edge", wrong, "Round 16 + 16 · ln(t / 16) / ln(8) down, and cap it at 31."),
    ]  # fmt: skip


def _narrow(answer: Callable[[Tensor], Any]) -> None:
    """Raise if distances of a shorter type get other buckets; a type may be refused."""
    for distance in NARROW:
        try:
            found = answer(distance.clone())
        except Exception:  # int16 looks up no row of a tensor
            continue
        right = _bucket(distance)
        if isinstance(found, Tensor) and found.shape == right.shape and not alike(found, right):
            at = int((found != right).nonzero()[0])
            raise Mistake(
                "narrow",
                f"Of type {distance.dtype}, distance {int(distance[at])} gets bucket "
                f"{float(found[at]):.4g}, not {int(right[at])}. Convert it first: distance.long().",
            )
