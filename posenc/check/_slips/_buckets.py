"""Wrong buckets for distances (T5, notebook 06), as programs: (m,) -> (m,)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.functional import t5_bucket

F64 = torch.float64


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


T5 = (
    Slip(
        "not-shared",
        lambda distance: distance.clamp(0, 31),
        "every distance up to 31 has its own bucket: from 16 on they share",
    ),
    Slip(
        "sign",
        lambda distance: t5_bucket(-distance),
        "the sign is turned: distance is query minus key, so keys before the query are above 0",
        "lucidrains/x-transformers#10",
    ),
    Slip(
        "symmetric",
        lambda distance: t5_bucket(distance.abs()),
        "keys after the query (distance below 0) must fall into bucket 0",
    ),
    Slip(
        "two-sided",
        lambda distance: t5_bucket(distance, causal=False),
        "these are an encoder's buckets, 16 a side; a decoder has all 32 for the keys before",
        "huggingface/transformers#8518",
    ),
    Slip(
        "two-sided-sign",
        lambda distance: t5_bucket(-distance, causal=False),
        "these are an encoder's buckets, 16 a side, and the sides are exchanged",
    ),
    Slip(
        "negative",
        lambda distance: torch.where(distance < 0, distance, t5_bucket(distance)),
        "a distance below 0 keeps its sign, and table[-1] is the last row: it must get bucket 0",
    ),
    Slip(
        "no-offset",
        lambda distance: t5_bucket(distance) - 16 * (distance >= 16),
        "from distance 16 on the count starts at bucket 16, not at 0",
    ),
    Slip(
        "no-cap",
        lambda distance: _shared(distance, cap=math.inf),
        "distance 128 and beyond must stay in bucket 31, the last one",
    ),
    Slip(
        "cap-32",
        lambda distance: _shared(distance, cap=32),
        "distance 128 gets bucket 32; the last of 32 buckets is 31",
    ),
    Slip(
        "rounded",
        lambda distance: _shared(distance, whole=torch.round),
        "the logarithm is rounded to the nearest: round down, or 18 gets bucket 17",
    ),
    Slip(
        "rounded-up",
        lambda distance: _shared(distance, whole=torch.ceil),
        "the logarithm is rounded up: round down, or 17 gets bucket 17",
    ),
    Slip(
        "eight-exact",
        lambda distance: _shared(distance, exact=8, buckets=24),
        "only distances up to 7 have a bucket of their own: half of the 32 buckets are exact",
    ),
    Slip(
        "fifteen",
        lambda distance: _shared(distance, buckets=15),
        "the shared buckets are spread over 15 in place of 16: distance 113 must reach bucket 31",
    ),
    Slip(
        "no-factor",
        lambda distance: _shared(distance, buckets=1),
        "all far distances share bucket 16: the share of logarithms must be multiplied by 16",
    ),
    Slip(
        "one-too-many",
        lambda distance: (_shared(distance) + (distance >= 16)).clamp(max=31),
        "distance 16 gets bucket 17: the shared buckets start at 16",
    ),
    Slip(
        "from-one",
        lambda distance: t5_bucket(distance) + 1,
        "every bucket is one too high: distance 0 is in bucket 0",
    ),
    Slip(
        "whole-logarithm",
        lambda distance: _shared(distance, buckets=16 * math.log(8)),
        "the logarithm of distance / 16 is not divided by that of 128 / 16",
    ),
    Slip(
        "binary-logarithm",
        lambda distance: _shared(distance, buckets=16 / math.log(2) * math.log(8)),
        "log2 of distance / 16 is not divided by log2 of 128 / 16, which is 3",
    ),
    Slip(
        "equal-steps",
        lambda distance: torch.where(
            distance < 16, t5_bucket(distance), (16 + (distance - 16) // 7).clamp(max=31)
        ),
        "the shared buckets are equally wide, 7 distances each; with the logarithm they widen",
    ),
)

KNOWN: dict[str, tuple[Slip, ...]] = {"t5_bucket": T5}
