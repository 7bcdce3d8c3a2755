"""A table mended from a published slip: (n, d) -> (n, d)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.compare import explain, first_difference
from posenc.check.engine.sinusoid_slips import CODES, FINE_CODES, NAMES, ORDERS, put_back
from posenc.check.engine.sinusoids import check_hands, named
from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import speeds_of
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge
from posenc.check.lesson_04.tables import right, tell_base, tell_exponents, tell_rounded

F64 = torch.float64
CASES = draws.Drawn(  # n, d; both even, so that their exchange shows in the shape
    "mended_table",
    lambda draw: (
        (draw.near(40, 4, 2), draw.one_of(8, 10, 14, 16)),
        (draw.near(6, 1, 2), draw.one_of(12, 10, 14)),
        (draw.near(300, 10, 2), 4),
        (draw.near(50, 4, 2), draw.one_of(10, 8, 12)),
        (draw.near(2100, 20, 2), draw.one_of(6, 8)),
    ),
)
LOOSE = 2e-3  # a slip computed in float32 is still that slip


def mended_table(answer: Callable[[int, int], Tensor]) -> Verdict:
    """Check ``(n, d)`` -> the table of position vectors, (n, d), mended from a published slip.

    The numbers must be those of the formula, channel by channel.

    >>> from posenc.functional import sinusoidal
    >>> mended_table(lambda n, d: sinusoidal(torch.arange(n), d)).passed
    ✓ mended: The sine and the cosine of each pair share their frequency.
    True
    """
    return judge("mended_table", answer, _examine_table)


# --- wrong tables -----------------------------------------------------------------------------


def _angles(n: int, d: int) -> Tensor:
    return torch.arange(n, dtype=F64)[:, None] * speeds_of(d).repeat_interleave(2)  # (n, d)


def _patient(n: int, d: int) -> Tensor:
    return _both(torch.arange(n, dtype=F64)[:, None] / 10_000 ** (torch.arange(d, dtype=F64) / d))


def _both(angles: Tensor) -> Tensor:
    return torch.where(torch.arange(angles.shape[1]) % 2 == 0, angles.sin(), angles.cos())


def _half_empty(n: int, d: int) -> Tensor:
    table = torch.zeros(n, d, dtype=F64)
    theta = torch.arange(n)[:, None] * speeds_of(d)
    for k in range(d // 2):
        table[:, k], table[:, k + 1] = theta[:, k].sin(), theta[:, k].cos()
    return table


def _overwritten(n: int, d: int) -> Tensor:
    sines = right(n, d)[:, 0::2]
    return torch.stack((sines, sines.cos()), dim=-1).flatten(1)


def _overwritten_by_cosines(n: int, d: int) -> Tensor:
    cosines = right(n, d)[:, 1::2]
    return torch.stack((cosines.sin(), cosines), dim=-1).flatten(1)


def _halves_in_place(n: int, d: int) -> Tensor:
    table = _angles(n, d)
    table[:, : d // 2] = table[:, 0::2].sin()
    table[:, d // 2 :] = table[:, 1::2].cos()
    return table


def _floored(n: int, d: int) -> Tensor:
    even = torch.arange(d) // 2 * 2
    return _both(torch.arange(n, dtype=F64)[:, None] // 10_000 ** (even / d))


def _doubled(n: int, d: int) -> Tensor:
    return _both(torch.arange(n)[:, None] / 10_000 ** (2 * torch.arange(d, dtype=F64) / d))


OWN = (
    Slip("unchanged", _patient,
         "This is the table of `patient`, unchanged: sin² + cos² of a pair is not 1. Compare the "
         "angles of its two channels."),
    Slip("cosine-of-sine", _overwritten,
         "The cosine is taken of the sines, which have overwritten their angles. Keep the angles "
         "in a tensor of their own."),
    Slip("sine-of-cosine", _overwritten_by_cosines,
         "The sine is taken of the cosines, which have overwritten their angles. Keep the angles "
         "in a tensor of their own."),
    Slip("halves-in-place", _halves_in_place,
         "The sines overwrite the left half, and the cosines are read from it. Write to [:, 0::2] "
         "and [:, 1::2], or to a new tensor."),
    Slip("half-empty", _half_empty,
         "Half of the channels are still 0. Pair k is in channels 2k and 2k + 1, not k and k + 1."),
    Slip("floor-division", _floored,
         "The positions are divided with //, so the angles are whole numbers. Divide with /."),
    Slip("doubled-index", _doubled,
         "The exponent is 2 · channel / d, so a sine and its cosine differ. Channels 2i and 2i + 1 "
         "both take 2i / d.",
         "YutaroOgawa/pytorch_advanced#79"),
    Slip("angles-in-bfloat16", lambda n, d: _both(_angles(n, d).bfloat16().double()),
         "The angles are rounded to bfloat16. Compute them in float32 or float64."),
    Slip("angles-in-float16", lambda n, d: _both(_angles(n, d).half().double()),
         "The angles are rounded to float16. Compute them in float32 or float64."),
)  # fmt: skip
ORDER = (
    "The channels are in another order. Put the sine of pair i in channel 2i, its cosine in 2i + 1."
)
ENDS = "The exponent is divided by d − 2, so the last frequency is 1/10 000. Divide 2i by d."


def _counted(slip: Slip) -> Slip:
    says = slip.says
    if slip.fine:  # elsewhere; here the numbers are asked for, channel by channel
        says = ORDER if slip.slug in NAMES.values() else ENDS
    program = slip.program
    return replace(slip, program=lambda n, d: program(torch.arange(n), d), says=says, fine=False)


COUNTED = tuple(
    _counted(slip)
    for slip in (*FINE_CODES, *CODES)
    if slip.slug not in ("ignores-pos", "cosine-exponent", *(own.slug for own in OWN))
)
SLIPS = (*OWN, *COUNTED)
WHATEVER_ORDER = tuple(slip for slip in SLIPS if slip.says not in (ORDER, ENDS))


# --- the examination --------------------------------------------------------------------------


def _examine_table(make: Callable[[int, int], Any]) -> str:
    found = draws.asked("mended_table", make, CASES)
    wanted = [right(n, d) for n, d in CASES]
    for (n, d), table in zip(CASES, found, strict=True):
        _shape(table, n, d)
    differences = [
        first_difference([table], [true], [f"mended({n}, {d})"], 1e-3 if n > 1000 else 1e-4)
        for (n, d), table, true in zip(CASES, found, wanted, strict=True)
    ]
    wrong = [number for number, first in enumerate(differences) if first]
    if not wrong:
        return "The sine and the cosine of each pair share their frequency."
    tables = [table.detach().to("cpu", F64) for table in found]
    _name(tables)
    if wrong[0] > 0:
        n, d = CASES[wrong[0]]
        good = " and ".join(f"mended({n}, {d})" for n, d in CASES[: wrong[0]])
        raise Mistake("one-case", f"{good} is correct, but {differences[wrong[0]]}. Use n and d.")
    _name_first(tables[0])
    first = differences[0]
    assert first
    raise first


def _name_first(table: Tensor) -> None:
    """Raise what is wrong with the first table, which nothing in all of them explains."""
    n, d = CASES[0]
    pos = torch.arange(n)
    try:
        named(table, pos)
    except Remark as remark:  # its numbers are not those that were asked for
        raise Mistake(
            "value", f"{remark}; the task asks for the table channel by channel"
        ) from None
    check_hands(table, pos, f"mended({n}, {d})")


def _shape(table: Any, n: int, d: int) -> None:
    if not isinstance(table, Tensor) or n == d:
        return
    told = f"mended({n}, {d}) must have shape ({n}, {d}); it has {tuple(table.shape)}"
    if table.shape == (d, n):
        raise Mistake("shape", f"{told}. Rows are positions: transpose the table.")
    if table.shape == (n, d // 2):
        raise Mistake("shape", f"{told}. Each pair needs a sine and a cosine.")
    if table.shape == (n, d // 2, 2):
        raise Mistake("shape", f"{told}. Join the last two axes with .flatten(1).")


def _name(tables: list[Tensor]) -> None:
    """Raise what explains the tables in every case."""
    explain(tables, SLIPS, CASES, LOOSE)
    for order in list(ORDERS)[1:]:
        explain([put_back(table, order) for table in tables], WHATEVER_ORDER, CASES, LOOSE)
    tell_rounded(tables)
    tell_base(tables)
    tell_exponents(tables[0], CASES[0][1])
