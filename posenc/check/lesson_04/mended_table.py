"""A table mended from a published slip: (n, d) -> (n, d)."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.mistake import remark_of
from posenc.check.engine.sinusoid_slips import CODES, FINE_CODES
from posenc.check.engine.sinusoids import check_hands, close, named
from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.speeds import speeds_of
from posenc.check.engine.verdict import Verdict, judge, same
from posenc.functional import sinusoidal

F64 = torch.float64


def mended_table(answer: Callable[[int, int], Tensor]) -> Verdict:
    """Check ``(n, d)`` -> the table of sinusoidal codes, (n, d), mended from a published slip.

    >>> mended_table(lambda n, d: sinusoidal(torch.arange(n), d)).passed
    ✓ mended: sine and cosine of a pair share their speed, and the speeds are right
    True
    """
    return judge("mended_table", answer, _examine_table)


def _half_empty(n: int, d: int) -> Tensor:
    table = torch.zeros(n, d, dtype=F64)
    theta = torch.arange(n)[:, None] * speeds_of(d)
    for k in range(d // 2):
        table[:, k], table[:, k + 1] = theta[:, k].sin(), theta[:, k].cos()
    return table


def _counted(slip: Slip) -> Slip:
    return Slip(
        slip.slug,
        lambda n, d: slip.program(torch.arange(n), d),
        slip.says,
        slip.seen,
        slip.fine,
    )


def _overwritten(n: int, d: int) -> Tensor:
    sines = sinusoidal(torch.arange(n), d, dtype=F64)[:, 0::2]
    return torch.stack((sines, sines.cos()), dim=-1).flatten(1)


HALF_EMPTY = (
    Slip(
        "cosine-of-sine",
        _overwritten,
        "the cosine is taken of the sines, which have overwritten their angles: keep the angles",
    ),
    Slip(
        "half-empty",
        _half_empty,
        "half of the channels are still 0: a pair is channels 2k and 2k+1, not k and k+1",
    ),
)

# What a sweep of all slips reads; the examination reads HALF_EMPTY, and `named` the other ones.
NOT_COUNTED = ("ignores-pos", "float16-positions")  # right for 0, 1, 2, …, 299
SLIPS = (
    *(_counted(slip) for slip in (*FINE_CODES, *CODES) if slip.slug not in NOT_COUNTED),
    *HALF_EMPTY,
)


def _examine_table(make: Callable[[int, int], Tensor]) -> str:
    remarks = []
    for n, d in ((40, 8), (6, 12), (300, 4)):
        found, right = make(n, d), sinusoidal(torch.arange(n), d, dtype=F64)
        case = f"mended({n}, {d})"
        remark = remark_of(_why, found, right, case)
        if remark is None:
            same(found, right, case=case)
        else:
            remarks.append(remark)
    if remarks:  # one case may be too small to show it
        raise remarks[0]
    return "sine and cosine of a pair share their speed, and the speeds are right"


def _why(found: object, right: Tensor, case: str) -> None:
    """Raise the mistake, or the remark, that explains a wrong table."""
    if not isinstance(found, Tensor) or found.shape != right.shape or close(found, right):
        return
    table, (n, d) = found.detach().to("cpu", F64), right.shape
    name_it(table, HALF_EMPTY, n, d)
    named(table, torch.arange(n))
    check_hands(table, torch.arange(n), case)
