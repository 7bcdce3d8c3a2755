"""The tables that a test of tables is tried on: correct ones, buggy ones, and sly ones."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.sinusoid_slips import CODES, ORDERS
from posenc.functional import sinusoidal

F64 = torch.float64


@dataclass(frozen=True)
class Case:
    """A table, its name in words, and what to do where a test judges it wrongly."""

    name: str
    table: Tensor
    advice: str = ""

    @property
    def has_nan(self) -> bool:
        """Whether a test may raise in place of an answer."""
        return bool(self.table.isnan().any())


def _right(n: int, d: int, first: int = 0, base: float = 10_000.0) -> Tensor:
    return sinusoidal(torch.arange(first, first + n), d, base, dtype=F64)


def _noise(n: int, d: int, draw: draws.Draw) -> Tensor:
    return torch.randn(n, d, generator=draw.generator(0), dtype=F64)


def _healthy(right: Tensor, draw: draws.Draw) -> list[Case]:
    """Return tables that are right, each in its way, (n, d)."""
    sorts, (n, d) = list(ORDERS.values()), right.shape
    wide, first = draw.one_of(64, 60, 72), draw.near(1000, 200)
    where = f"{first} to {first + n - 1}"
    return [
        Case("the formula's own table", right),
        Case("all sines, then all cosines, with the same dot products", sorts[1](right)),
        Case("the cosine before the sine, with the same dot products", sorts[2](right)),
        Case(f"the formula's table with {wide} channels", _right(n, wide)),
        Case(f"the formula's rows for positions {where}", _right(n, d, first)),
    ]


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


def _ill(right: Tensor, draw: draws.Draw) -> list[Case]:
    """Return the tables of the known slips, and more, (n, d), each with its name in words."""
    n, d = right.shape
    known = (slip for slip in CODES if slip.slug in SLIPS)
    return [
        Case("one row for all positions", right[:1].repeat(n, 1)),
        Case("the last ten rows count from 0 again", torch.cat((right[:-10], right[:10]))),
        Case("random vectors", _noise(n, d, draw) * math.sqrt(0.5)),
        *(Case(SLIPS[slip.slug], slip.program(torch.arange(n), d)) for slip in known),
    ]


def _mirrored(table: Tensor, row: int) -> Tensor:
    """Return the table with every other row reflected about one row: its dot products stay."""
    axis = table[row] / table[row].norm()
    turned = 2 * (table @ axis)[:, None] * axis - table
    odd = torch.arange(len(table)) % 2 != row % 2
    return torch.where(odd[:, None], turned, table)


def _bent(table: Tensor) -> Tensor:
    """Return a table whose dot products are right up to distance 8, and wrong far away."""
    middle = len(table) // 2
    _, sizes, axes = torch.linalg.svd(table[middle - 8 : middle + 8], full_matrices=False)
    kept = axes[sizes > 1e-12 * sizes[0]].T  # (d, m): of the others rounding would decide
    turned = 2 * table @ kept @ kept.T - table
    return torch.where(torch.arange(len(table))[:, None] < middle, table, turned)


def _changed(table: Tensor, rows: int | slice, change: float) -> Tensor:
    table = table.clone()
    table[rows] *= change
    return table


def _swapped(table: Tensor, a: int) -> Tensor:
    table = table.clone()
    table[[a, a + 1]] = table[[a + 1, a]]
    return table


ONE_ROW = "Compare all rows with all rows, not with one of them."
EVERY = "Compare every entry of table @ table.T."
NORMS = "Do not normalize: the norms belong to the dot products."


def _sly(right: Tensor, few: Tensor, draw: draws.Draw) -> list[Case]:
    """Return tables with a wrong dot product that a test finds which compares all of them."""
    n, a = len(few), draw.near(40, 8)
    order = torch.randperm(n, generator=draw.generator(0))
    return [
        Case("dot products that are right with row 0 only", _mirrored(few, 0), ONE_ROW),
        Case("dot products that are right with the last row only", _mirrored(few, n - 1), ONE_ROW),
        Case("dot products that are right with the middle row only", _mirrored(few, n // 2),
             ONE_ROW),
        Case("dot products that are right up to distance 8 only", _bent(right),
             "Compare all distances."),
        Case("the rows in random order", few[order],
             "A sum or a mean does not tell which rows are close. " + EVERY),
        Case(f"rows {a} and {a + 1} swapped", _swapped(few, a), EVERY),
        Case("every other row with its sign turned", _changed(few, slice(1, None, 2), -1.0),
             "Take the absolute value of the difference, not of the dot products."),
        *_sly_numbers(few, draw),
    ]  # fmt: skip


def _sly_numbers(few: Tensor, draw: draws.Draw) -> list[Case]:
    """Return tables whose rows are in order, and whose numbers are wrong somewhere."""
    n, d = few.shape
    longer, row, many = draw.near(50, 8), draw.near(7, 3), draw.near(300, 10)
    base, other = draw.one_of(10_100, 10_150, 10_200), draw.one_of(48, 52, 56)
    spoilt, last = few.clone(), _right(many, d)
    spoilt[row, draw.near(3, 2)] = math.nan
    last[-1] = last[-2]
    return [
        Case(f"base {base:,}".replace(",", " "), _right(n, d, base=base),
             "Use a smaller tolerance: rounding in float64 stays below 1e-10."),
        Case("all rows twice as long", _changed(few, slice(None), 2.0), NORMS),
        Case(f"row {longer} one percent longer", _changed(few, longer, 1.01), NORMS),
        Case("the same vector added to all rows", few + 0.1,
             "Distances between rows stay the same, dot products do not. " + EVERY),
        Case(f"{many} rows, the last of them repeated", last, "Use all rows of the table."),
        Case(f"base 1000 with {other} channels", _right(n, other, base=1000.0),
             "Read the width from table.shape."),
        Case(f"a NaN in row {row}", spoilt,
             "A comparison with NaN is False: ask whether all are close, not whether any is far."),
    ]  # fmt: skip


def _sly_healthy(few: Tensor, draw: draws.Draw) -> list[Case]:
    """Return tables that are right, and not as the others are."""
    n, d = few.shape
    rows, other = draw.near(40, 5), draw.one_of(48, 52, 56)
    mixed = torch.linalg.qr(_noise(d, d, draw)).Q
    return [
        Case(f"the formula's table with {rows} rows", _right(rows, d),
             "Read the length from table.shape."),
        Case(f"the formula's table with {other} channels", _right(n, other),
             "Read the width from table.shape."),
        Case("the formula's rows in reverse", few.flip(0), "Its dot products are the same."),
        Case("the formula's table, its channels rotated", few @ mixed,
             "Its dot products are the same."),
        Case("the formula's table, rounded in the twelfth digit",
             few + draw.between(1e-12, 4e-13, 6e-13) * _noise(n, d, draw), "Allow for rounding."),
    ]  # fmt: skip


def _ward(draw: draws.Draw) -> Iterator[list[Case]]:
    """Return the right tables, the wrong ones, and the sly ones of both sorts.

    A class has them with a rounding far below the twelfth digit: no two classes have the
    same bytes.
    """
    d = draw.one_of(32, 40)  # with 24, dot products of the bent table are nearly right
    right = _right(draw.near(264, 5), d)  # bfloat16 gives two positions one vector from 257 on
    few = _right(draw.near(96, 2, 4), d)  # half of them are an even number of rows
    own, *others = _healthy(right, draw)
    groups = others, _ill(right, draw), _sly(right, few, draw), _sly_healthy(few, draw)
    healthy, *rest = ([_rounded(case, draw) for case in group] for group in groups)
    yield [own, *healthy]
    yield from rest


def _rounded(case: Case, draw: draws.Draw) -> Case:
    if not draw.is_drawn:
        return case
    n, d = case.table.shape
    return replace(case, table=case.table + 1e-13 * _noise(n, d, draw))


WARD = draws.Drawn("table_test", _ward)
