"""Wrong programs for T5's buckets, (m,) -> (m,)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.functional import t5_bucket as _bucket

F64 = torch.float64
Logarithm = Callable[[Tensor], Tensor]


def shared(
    distance: Tensor,
    *,
    exact: int = 16,
    buckets: float = 16,
    reach: float = 128,
    cap: float = 31,
    whole: Logarithm = torch.floor,
) -> Tensor:
    """Return T5's buckets, float64, with any of the numbers changed."""
    ratio = torch.log(distance.to(F64).clamp(min=exact) / exact) / math.log(reach / exact)
    near = distance.clamp(min=0).to(F64)
    return torch.where(near < exact, near, (exact + whole(buckets * ratio)).clamp(max=cap))


def _of(part: Logarithm) -> Logarithm:
    """Return the buckets of which the shared ones are 16 + ⌊part(distance)⌋."""

    def program(distance: Tensor) -> Tensor:
        far = distance.to(F64).clamp(min=16)
        return _bucket(distance).where(distance < 16, (16 + part(far).floor()).clamp(max=31))

    return program


LOGARITHMS: dict[str, tuple[Logarithm, float]] = {
    "ln": (torch.log, math.log(8)),
    "log2": (torch.log2, 3.0),
    "log10": (torch.log10, math.log10(8)),
}
MIXED = tuple(
    Slip(f"{above}-over-{below}",
         _of(lambda far, log=log, eighth=eighth: 16 * log(far / 16) / eighth),  # type: ignore[misc]
         f"{above}(distance / 16) is divided by {below}(8) = {eighth:.4g}. "
         "Use the same logarithm above and below.")
    for above, (log, _) in LOGARITHMS.items()
    for below, (_, eighth) in LOGARITHMS.items() if above != below
)  # fmt: skip
SLIPS = (
    Slip("not-shared", lambda distance: distance.clamp(0, 31),
         "Every distance up to 31 has its own bucket. Let distances from 16 on share, by the "
         "logarithm."),
    Slip("sign", lambda distance: _bucket(-distance),
         "The sign is reversed: keys after the query are counted. Distance is query minus key, "
         "above 0 before the query.", seen="lucidrains/x-transformers#10"),
    Slip("symmetric", lambda distance: _bucket(distance.abs()),
         "Distances below 0 get the bucket of their absolute value. Give these keys, after the "
         "query, bucket 0."),
    Slip("two-sided", lambda distance: _bucket(distance, causal=False),
         "These are an encoder's buckets, 16 for each side: distances 8 and 9 share one. Use "
         "all 32 for keys before the query."),
    Slip("two-sided-sign", lambda distance: _bucket(-distance, causal=False),
         "These are an encoder's buckets, 16 for each side, with the sides exchanged. Use all 32 "
         "for keys before the query."),
    Slip("two-sided-past", lambda distance: _bucket(distance.clamp(min=0), causal=False),
         "The keys before the query get 16 buckets, as in an encoder: 8 and 9 share one. Use all "
         "32."),
    Slip("negative", lambda distance: torch.where(distance < 0, distance, _bucket(distance)),
         "Distance −1 stays −1, which looks up the table's last row. Clamp distances below 0 to "
         "bucket 0."),
    Slip("no-offset", lambda distance: _bucket(distance) - 16 * (distance >= 16),
         "Distance 16 gets bucket 0, which distance 0 has already. Add 16 to the shared buckets."),
    Slip("no-cap", lambda distance: shared(distance, cap=math.inf),
         "Distance 5000 gets bucket 60, but the table has rows 0 to 31. Cap the bucket at 31."),
    Slip("cap-32", lambda distance: shared(distance, cap=32),
         "Distance 128 gets bucket 32, but the last of 32 buckets is 31. Cap it at 31."),
    Slip("rounded", lambda distance: shared(distance, whole=torch.round),
         "The logarithm is rounded to the nearest: 18 gets bucket 17. Round it down, to 16."),
    Slip("rounded-up", lambda distance: shared(distance, whole=torch.ceil),
         "The logarithm is rounded up: 17 gets bucket 17. Round it down, to 16."),
    Slip("eight-exact", lambda distance: shared(distance, exact=8, buckets=24),
         "Only distances up to 7 have a bucket of their own. Make half of the 32 buckets exact: "
         "up to 15."),
    Slip("fifteen", lambda distance: shared(distance, buckets=15),
         "The logarithm is multiplied by 15, so distance 113 gets bucket 30. Multiply it by 16."),
    Slip("no-factor", lambda distance: shared(distance, buckets=1),
         "Distances 16 to 127 all get bucket 16. Multiply the quotient of logarithms by 16."),
    Slip("one-too-many", lambda distance: (shared(distance) + (distance >= 16)).clamp(max=31),
         "Distance 16 gets bucket 17, and bucket 16 stays empty. Start the shared buckets at 16."),
    Slip("from-one", lambda distance: _bucket(distance) + 1,
         "Every bucket is one too high: distance 0 gets 1. Start at bucket 0."),
    Slip("whole-logarithm", lambda distance: shared(distance, buckets=16 * math.log(8)),
         "ln(distance / 16) is not divided. Divide it by ln(128 / 16)."),
    Slip("binary-logarithm", _of(lambda far: 16 * torch.log2(far / 16)),
         "log2(distance / 16) is not divided. Divide it by log2(128 / 16) = 3."),
    Slip("equal-steps",
         lambda distance: torch.where(distance < 16, _bucket(distance),
             (16 + (distance - 16) // 7).clamp(max=31)),
         "The shared buckets are equally wide, 7 distances each. Use the logarithm: they widen "
         "from 3 to 15."),
    Slip("whole-ratio", _of(lambda far: 16 * torch.log(far // 16) / math.log(8)),
         "The distance is divided by 16 in whole numbers, so 16 to 31 share a bucket. Divide "
         "with /, not //."),
    Slip("floor-too-early", _of(lambda far: 16 * (torch.log(far / 16) / math.log(8)).floor()),
         "The quotient of logarithms is rounded down before it is multiplied, so 16 to 127 get "
         "bucket 16. Round down last."),
    Slip("log-of-128", _of(lambda far: 16 * torch.log(far / 16) / math.log(128)),
         "ln(distance / 16) is divided by ln(128), so distance 128 gets bucket 22. Divide by "
         "ln(128 / 16) = ln 8."),
    Slip("no-sixteenth", _of(lambda far: 16 * torch.log(far) / math.log(128)),
         "The logarithm is that of the distance, so 16 gets bucket 25. Divide by 16 inside both "
         "logarithms."),
    Slip("no-sixteenth-above", _of(lambda far: 16 * torch.log(far) / math.log(8)),
         "Every distance from 16 on gets bucket 31. Take the logarithm of distance / 16, divided "
         "by ln 8."),
    Slip("exchanged",
         lambda distance: torch.where(distance < 16, _bucket(distance.clamp(min=16)),
             distance.clamp(max=31)),
         "The two parts are exchanged: distance 0 gets 16, and 20 gets 20. Use the logarithm where "
         "the distance is at least 16."),
    Slip("int8", lambda distance: _bucket(distance.to(torch.int8)),
         "The distances were cast to int8, which wraps above 127: distance 128 gets bucket 0. "
         "Keep int64."),
    Slip("uint8", lambda distance: _bucket(distance.to(torch.uint8)),
         "The distances were cast to uint8, which has no sign: −40 became 216, bucket 31. Keep "
         "int64."),
    Slip("int16", lambda distance: _bucket(distance.to(torch.int16)),
         "The distances were cast to int16, which wraps above 32767: 40000 gets bucket 0. Keep "
         "int64."),
    *MIXED,
)  # fmt: skip
