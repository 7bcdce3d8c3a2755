"""The tables that a test of tables is tried on: correct ones, buggy ones, and sly ones."""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from posenc.check.engine.sinusoid_slips import CODES, ORDERS
from posenc.functional import sinusoidal

F64 = torch.float64
ROWS = 264  # bfloat16 gives two positions one vector from 257 on
FEW = 96  # rows of most sly tables


@dataclass(frozen=True)
class Case:
    """A table that is made against tests which look at one thing only."""

    name: str
    table: Tensor
    advice: str

    @property
    def has_nan(self) -> bool:
        """Whether a test may raise in place of an answer."""
        return bool(self.table.isnan().any())


def _right(n: int = ROWS, d: int = 32, first: int = 0, base: float = 10_000.0) -> Tensor:
    return sinusoidal(torch.arange(first, first + n), d, base, dtype=F64)


def healthy() -> dict[str, Tensor]:
    """Return tables that are right, each in its way, (264, d)."""
    sorts = list(ORDERS.values())
    return {
        "the formula's own table": _right(),
        "all sines, then all cosines, with the same dot products": sorts[1](_right()),
        "the cosine before the sine, with the same dot products": sorts[2](_right()),
        "the formula's table with 64 channels": _right(d=64),
        "the formula's rows for positions 1000 to 1263": _right(first=1000),
    }


# The known slips that change a dot product, in words; some (a count from 1) change none.
SLIPS = {
    "bfloat16-positions": "positions rounded to bfloat16",
    "normalised": "positions divided by the number of rows",
    "wrong-axis": "sines in the even rows, cosines in the odd ones",
    "doubled-index": "the exponents 4i/d and (4i + 2)/d in a pair",
    "cosine-exponent": "the table of `patient`",
    "one-function": "sines only, each twice",
    "cosine-alone": "cosines only, each twice",
    "sine-alone": "a sine in every channel, each with a frequency of its own",
    "doubled-exponent": "exponents twice as large",
    "halved-exponent": "exponents half as large",
    "inverted": "frequencies that grow",
    "turns": "angles 2π times as large",
    "starts-late": "a first frequency below 1",
    "equal-steps": "frequencies in equal steps",
    "base-1000": "base 1000",
    "wrong-log": "log10 in place of log",
    "degrees": "angles in degrees",
    "odd-exponent": "exponents (2i + 1)/d",
    "one-speed": "one frequency for all pairs",
    "not-scaled": "exponents that are not divided by d",
}


def ill() -> dict[str, Tensor]:
    """Return the tables of the known slips, and more, (264, 32), each with its name in words."""
    right = _right()
    made = {slip.slug: slip.program(torch.arange(ROWS), 32) for slip in CODES if slip.slug in SLIPS}
    return {
        "one row for all positions": right[:1].repeat(ROWS, 1),
        "the last ten rows count from 0 again": torch.cat((right[:-10], right[:10])),
        "random vectors": _noise(ROWS, 32) * math.sqrt(0.5),
        **{SLIPS[slug]: table for slug, table in made.items()},
    }


def _noise(n: int, d: int) -> Tensor:
    return torch.randn(n, d, generator=Generator().manual_seed(0), dtype=F64)


def _mirrored(row: int) -> Tensor:
    """Return the table with every other row reflected about one row: its dot products stay."""
    table = _right(FEW)
    axis = table[row] / table[row].norm()
    turned = 2 * (table @ axis)[:, None] * axis - table
    odd = torch.arange(FEW) % 2 != row % 2
    return torch.where(odd[:, None], turned, table)


def _bent() -> Tensor:
    """Return a table whose dot products are right up to distance 8, and wrong far away."""
    table, middle = _right(), ROWS // 2
    kept = torch.linalg.qr(table[middle - 8 : middle + 8].T).Q  # (32, 16)
    turned = 2 * table @ kept @ kept.T - table
    return torch.where(torch.arange(ROWS)[:, None] < middle, table, turned)


def _changed(rows: int | slice, change: float) -> Tensor:
    table = _right(FEW)
    table[rows] *= change
    return table


def _swapped(a: int, b: int) -> Tensor:
    table = _right(FEW)
    table[[a, b]] = table[[b, a]]
    return table


ONE_ROW = "Compare all rows with all rows, not with one of them."
EVERY = "Compare every entry of table @ table.T."


def sly() -> list[Case]:
    """Return tables with a wrong dot product that a test finds which compares all of them."""
    return [
        Case("dot products that are right with row 0 only", _mirrored(0), ONE_ROW),
        Case("dot products that are right with the last row only", _mirrored(-1 % FEW), ONE_ROW),
        Case("dot products that are right with the middle row only", _mirrored(FEW // 2), ONE_ROW),
        Case("dot products that are right up to distance 8 only", _bent(),
             "Compare all distances."),
        Case("the rows in random order",
             _right(FEW)[torch.randperm(FEW, generator=Generator().manual_seed(0))],
             "A sum or a mean does not tell which rows are close. " + EVERY),
        Case("rows 40 and 41 swapped", _swapped(40, 41), EVERY),
        Case("every other row with its sign turned", _changed(slice(1, None, 2), -1.0),
             "Take the absolute value of the difference, not of the dot products."),
        *_sly_numbers(),
    ]  # fmt: skip


def _sly_numbers() -> list[Case]:
    """Return tables whose rows are in order, and whose numbers are wrong somewhere."""
    spoilt = _right(FEW)
    spoilt[7, 3] = math.nan
    last = _right(300)
    last[299] = last[298]
    return [
        Case("base 10 100", _right(FEW, base=10_100.0),
             "Use a smaller tolerance: rounding in float64 stays below 1e-10."),
        Case("all rows twice as long", _changed(slice(None), 2.0),
             "Do not normalize: the norms belong to the dot products."),
        Case("row 50 one percent longer", _changed(50, 1.01),
             "Do not normalize: the norms belong to the dot products."),
        Case("the same vector added to all rows", _right(FEW) + 0.1,
             "Distances between rows stay the same, dot products do not. " + EVERY),
        Case("300 rows, the last of them repeated", last, "Use all rows of the table."),
        Case("base 1000 with 48 channels", _right(FEW, d=48, base=1000.0),
             "Read the width from table.shape."),
        Case("a NaN in row 7", spoilt,
             "A comparison with NaN is False: ask whether all are close, not whether any is far."),
    ]  # fmt: skip


def sly_healthy() -> list[Case]:
    """Return tables that are right, and not as the others are."""
    mixed = torch.linalg.qr(_noise(32, 32)).Q
    return [
        Case("the formula's table with 40 rows", _right(40), "Read the length from table.shape."),
        Case("the formula's table with 48 channels", _right(FEW, d=48),
             "Read the width from table.shape."),
        Case("the formula's rows in reverse", _right(FEW).flip(0),
             "Its dot products are the same."),
        Case("the formula's table, its channels rotated", _right(FEW) @ mixed,
             "Its dot products are the same."),
        Case("the formula's table, rounded in the twelfth digit",
             _right(FEW) + 1e-12 * _noise(FEW, 32), "Allow for rounding."),
    ]  # fmt: skip
