"""What a table of position vectors obeys, one property after the other; and wrong ones named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from posenc.check.engine.frequencies import Tried, tell_factor, tell_ratios
from posenc.check.engine.mistake import Mistake, Remark
from posenc.check.engine.rounded import tell_rounded
from posenc.check.engine.sinusoid_faults import FAULTS
from posenc.check.engine.sinusoid_slips import CODES, FINE_CODES, ORDERS, put_back
from posenc.check.engine.slip import Slip
from posenc.check.engine.table_rules import check_hands, check_size, frequencies
from posenc.check.engine.verdict import require
from posenc.functional import sinusoidal

__all__ = ["Table", "check_hands", "close", "explain_table", "explain_tables", "limit", "named"]

F64 = torch.float64
LOOSE = 2e-3  # a slip computed in float32 is still that slip
ANGLE = 3e-7  # what float32 may do to an angle, of its size


def close(found: Tensor, other: Tensor, atol: float = 1e-4) -> bool:
    """Return whether these are the same numbers in the same shape."""
    if found.shape != other.shape:
        return False
    return torch.allclose(found.detach().to("cpu", F64), other.to(F64), rtol=1e-4, atol=atol)


def limit(pos: Tensor) -> float:
    """Return how far right vectors of these positions may be off in float32."""
    return max(1e-4, 5e-7 * float(pos.abs().max()))


@dataclass(frozen=True)
class Table:
    """One table of an answer, in float64, and what it was asked for."""

    found: Tensor  # (n, d)
    pos: Tensor  # (n,)
    case: str  # the call in words

    @property
    def right(self) -> Tensor:
        """What it must be."""
        return sinusoidal(self.pos, self.found.shape[1], dtype=F64)

    @property
    def wrong(self) -> Tensor:
        """Where it is something else, (n, d)."""
        return ~torch.isclose(self.found, self.right, rtol=1e-4, atol=limit(self.pos))


def named(table: Tensor, pos: Tensor) -> None:
    """Raise the mistake, or the remark, of the slip that makes this table, in any order.

    A slip that makes the right table of these positions explains nothing and is left out.
    """
    _named([Table(table, pos, "")], FINE_CODES)


def _named(tables: Sequence[Table], fine: Sequence[Slip]) -> None:
    """Raise the mistake, or the remark, of the slip that makes all of these tables."""
    for slip in (*fine, *CODES, *FAULTS):
        orders = list(ORDERS)[:1] if slip in fine else ORDERS
        for order in orders:
            if all(_gives(slip, table, order) for table in tables):
                raise (
                    Remark(slip.says)
                    if slip.fine
                    else Mistake(
                        slip.slug, f"{slip.says}{'' if order or slip in fine else _entry(tables)}"
                    )
                )


def _gives(slip: Slip, table: Table, order: str) -> bool:
    """Return whether a slip gives this table; angles beyond what float32 can hold do not count."""
    pos, dim, atol = table.pos, table.found.shape[1], max(LOOSE, 4 * limit(table.pos))
    other = slip.program(pos, dim).to(F64)
    found = put_back(table.found, order)
    off = ~torch.isclose(found, other, rtol=1e-4, atol=atol, equal_nan=True)
    if not off.any() or off[pos.abs() <= 1].any():
        return not off.any()
    for part in (ANGLE, ANGLE / 30, ANGLE / 1000):  # of an angle: a large one comes round
        shaken = slip.program(pos.to(F64) * (1 + part), dim).to(F64)
        off &= (other - shaken).abs() * (ANGLE / part) <= atol
    return not off.any()


def _entry(tables: Sequence[Table]) -> str:
    """Return the first number that is wrong, in words."""
    for table in tables:
        for row, channel in table.wrong.nonzero()[:1].tolist():
            is_, right = (float(x[row, channel]) for x in (table.found, table.right))
            return (
                f" (Width {table.found.shape[1]}, position {table.pos[row]:g}, channel {channel}: "
                f"{is_:.4g}, not {right:.4g}.)"
            )
    return ""


def explain_table(
    found: object,
    pos: Tensor,
    case: str,
    answer: Callable[[Tensor, int], Tensor] | None = None,
    dim: int = 8,
) -> None:
    """Raise the mistake, or the remark, that explains a wrong table of vectors, (n, dim).

    ``answer`` is asked again, for one position alone, where the rows depend on each other.
    """
    explain_tables([(found, pos, dim, case)], answer)


def explain_tables(
    tried: Sequence[tuple[object, Tensor, int, str]],
    answer: Callable[[Tensor, int], Tensor] | None = None,
    fine: Sequence[Slip] = FINE_CODES,
) -> None:
    """Raise the mistake, or the remark, that explains all of an answer's tables.

    Of each: what was found, the positions and the width asked for, and the call in words.
    """
    if not all(isinstance(found, Tensor) and found.is_floating_point() for found, *_ in tried):
        return
    tables = []
    for found, pos, dim, case in tried:
        assert isinstance(found, Tensor)
        _form(found, len(pos), dim, case)
        tables.append(Table(found.detach().to("cpu", F64), pos, case))
    wrong = [table for table in tables if table.wrong.any()]
    if not wrong:
        return
    for order in ORDERS:
        back = [put_back(found, order) for found, *_ in tried if isinstance(found, Tensor)]
        tell_rounded(back, [table.right for table in tables], [limit(t.pos) for t in tables])
    _named(_telling(tables, wrong[0]), fine)
    _reach(tables)
    if answer is not None:
        _again(answer, wrong[0])
    if wrong[0].found.isfinite().all():
        check_size(wrong[0].found, wrong[0].pos, wrong[0].case)
    if answer is not None:
        _alone(answer, wrong[0])
    _told_by_frequencies([told for table in tables for told in frequencies(table.found, table.pos)])
    check_hands(wrong[0].found, wrong[0].pos, wrong[0].case)


def _telling(tables: Sequence[Table], first: Table) -> list[Table]:
    """Return the tables with one that is wrong at the head: most slips fail there at once."""
    return [first, *(table for table in tables if table is not first)]


def _form(found: Tensor, n: int, dim: int, case: str) -> None:
    """Raise what the shape of a table tells."""
    shape = tuple(found.shape)
    must = f"{case}: the shape is {shape}; it must be ({n}, {dim})."
    require(
        n == dim or shape != (dim, n),
        "transposed",
        f"{must} The rows are the positions: transpose the table.",
    )
    known = {
        (n, dim // 2, 2): "torch.stack made a new axis of sine and cosine: add .flatten(1).",
        (2 * n, dim // 2): "Sines and cosines were joined along the rows: join channels, dim=1 "
        "in torch.cat.",
        (n, dim // 2): "There is one channel per pair: return its sine and its cosine.",
        (n, 2 * dim): f"Make dim/2 = {dim // 2} pairs, with a sine and a cosine each.",
    }
    advice = known.get(shape, "Return a row per position, with dim channels.")
    require(shape == (n, dim), "shape", f"{must} {advice}")


def _reach(tables: Sequence[Table]) -> None:
    """Raise where the vectors are right up to some position, and others' beyond it."""
    rows = [(table, row) for table in tables for row in range(len(table.pos))]
    off = [(table, row) for table, row in rows if table.wrong[row].any()]
    good = [float(table.pos[row]) for table, row in rows if not table.wrong[row].any()]
    if max(good, default=0) < 8 or min(float(t.pos[row]) for t, row in off) <= max(good):
        return
    table, row = min(off, key=lambda pair: float(pair[0].pos[pair[1]]))
    p = int(table.pos[row])
    ids = torch.arange(p)
    apart = (sinusoidal(ids, table.found.shape[1], dtype=F64) - table.found[row]).abs().amax(-1)
    if apart.min() < 2 * limit(table.pos):
        raise Mistake(
            "reach",
            f"Position {p} gets the vector of position {int(apart.argmin())}; up to {max(good):g} "
            "the vectors are correct. Do not clamp or wrap positions.",
        )


def _told_by_frequencies(tried: Tried) -> None:
    if tried:
        tell_factor(tried)
        tell_ratios(tried)


def _again(answer: Callable[[Tensor, int], Tensor], table: Table) -> None:
    """Raise where a second call gives other numbers than the first."""
    found = answer(table.pos.clone(), table.found.shape[1])
    if isinstance(found, Tensor) and found.shape == table.found.shape:
        gap = (found.detach().to("cpu", F64) - table.found).abs().nan_to_num()
        require(
            float(gap.max()) < 1e-6,
            "random",
            f"{table.case}: two calls with the same positions differ by {float(gap.max()):.3g}. "
            "Compute the vectors from pos and dim only, without random numbers.",
        )


def _alone(answer: Callable[[Tensor, int], Tensor], table: Table) -> None:
    """Raise unless a position has the same vector when it is asked for alone."""
    pos = table.pos[3:4]
    single = answer(pos.clone(), table.found.shape[1])
    if isinstance(single, Tensor) and single.shape == (1, table.found.shape[1]):
        gap = (single[0].detach().to("cpu", F64) - table.found[3]).abs().nan_to_num()
        require(
            bool(gap.max() <= 1e-3),
            "depends-on-others",
            f"{table.case}: position {int(pos)} gets another vector when it is the only one in pos "
            f"(off by {float(gap.max()):.3g}). Let each row depend on its own position only.",
        )
