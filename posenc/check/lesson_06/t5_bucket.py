"""T5's 32 causal buckets of distances: (m,) -> (m,)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge, require
from posenc.functional import t5_bucket as _bucket

F64 = torch.float64


def t5_bucket(answer: Callable[[Tensor], Any]) -> Verdict:
    """Check ``t5_bucket(distance)``: the bucket of each distance, 32 buckets, causal.

    Shapes: ``(m,) -> (m,)``, whole numbers. The formula is printed in notebook 06.

    >>> verdict = t5_bucket(lambda distance: distance.clamp(0, 31))
    ✗ t5_bucket: every distance up to 31 has its own bucket: from 16 on they share
    """
    return judge("t5_bucket", answer, _examine_bucket)


def _shared(
    distance: Tensor,
    *,
    exact: int = 16,
    buckets: float = 16,
    reach: float = 128,
    cap: float = 31,
    whole: Callable[[Tensor], Tensor] = torch.floor,
) -> Tensor:
    """Return T5's buckets, float64, with any of the numbers changed."""
    near = distance.clamp(min=0).to(F64)
    ratio = torch.log(near.clamp(min=exact) / exact) / math.log(reach / exact)
    shared = (exact + whole(buckets * ratio)).clamp(max=cap)
    return torch.where(near < exact, near, shared)


SLIPS = (
    Slip("not-shared", lambda distance: distance.clamp(0, 31),
         "every distance up to 31 has its own bucket: from 16 on they share"),
    Slip("sign", lambda distance: _bucket(-distance),
         "the sign is turned: distance is query minus key, so keys before the query are above 0",
         seen="lucidrains/x-transformers#10"),
    Slip("symmetric", lambda distance: _bucket(distance.abs()),
         "keys after the query (distance below 0) must fall into bucket 0"),
    Slip("two-sided", lambda distance: _bucket(distance, causal=False),
         "these are an encoder's buckets, 16 a side; a decoder has all 32 for the keys before",
         seen="huggingface/transformers#8518"),
    Slip("two-sided-sign", lambda distance: _bucket(-distance, causal=False),
         "these are an encoder's buckets, 16 a side, and the sides are exchanged"),
    Slip("negative", lambda distance: torch.where(distance < 0, distance, _bucket(distance)),
         "a distance below 0 keeps its sign, and table[-1] is the last row: it must get bucket 0"),
    Slip("no-offset", lambda distance: _bucket(distance) - 16 * (distance >= 16),
         "from distance 16 on the count starts at bucket 16, not at 0"),
    Slip("no-cap", lambda distance: _shared(distance, cap=math.inf),
         "distance 128 and beyond must stay in bucket 31, the last one"),
    Slip("cap-32", lambda distance: _shared(distance, cap=32),
         "distance 128 gets bucket 32; the last of 32 buckets is 31"),
    Slip("rounded", lambda distance: _shared(distance, whole=torch.round),
         "the logarithm is rounded to the nearest: round down, or 18 gets bucket 17"),
    Slip("rounded-up", lambda distance: _shared(distance, whole=torch.ceil),
         "the logarithm is rounded up: round down, or 17 gets bucket 17"),
    Slip("eight-exact", lambda distance: _shared(distance, exact=8, buckets=24),
         "only distances up to 7 have a bucket of their own: half of the 32 buckets are exact"),
    Slip("fifteen", lambda distance: _shared(distance, buckets=15),
         "the shared buckets are spread over 15 in place of 16: distance 113 must reach bucket "
         "31"),
    Slip("no-factor", lambda distance: _shared(distance, buckets=1),
         "all far distances share bucket 16: the share of logarithms must be multiplied by 16"),
    Slip("one-too-many", lambda distance: (_shared(distance) + (distance >= 16)).clamp(max=31),
         "distance 16 gets bucket 17: the shared buckets start at 16"),
    Slip("from-one", lambda distance: _bucket(distance) + 1,
         "every bucket is one too high: distance 0 is in bucket 0"),
    Slip("whole-logarithm", lambda distance: _shared(distance, buckets=16 * math.log(8)),
         "the logarithm of distance / 16 is not divided by that of 128 / 16"),
    Slip("binary-logarithm",
         lambda distance: _shared(distance, buckets=16 / math.log(2) * math.log(8)),
         "log2 of distance / 16 is not divided by log2 of 128 / 16, which is 3"),
    Slip("equal-steps",
         lambda distance: torch.where(distance < 16, _bucket(distance),
             (16 + (distance - 16) // 7).clamp(max=31)),
         "the shared buckets are equally wide, 7 distances each; with the logarithm they widen"),
)  # fmt: skip


def _examine_bucket(answer: Callable[[Tensor], Any]) -> str:
    distance = torch.arange(-40, 300)
    found = _buckets_of(answer, distance)
    right = _bucket(distance).to(F64)
    if not torch.equal(found.to(F64), right):
        name_it(found, SLIPS, distance)
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
