"""What every table of sinusoidal codes obeys, one property after the other; and tables named."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.sinusoid_slips import CODES, FINE_CODES, ORDERS, put_back
from posenc.check.engine.slip import name_it
from posenc.check.engine.speeds import speeds_of
from posenc.check.engine.verdict import Mistake, require
from posenc.functional import sinusoidal

__all__ = ["check_hands", "check_speeds", "close", "explain_table", "named"]

F64 = torch.float64
LOOSE = 2e-3  # a slip computed in float32 is still that slip


def close(found: Tensor, other: Tensor, atol: float = 1e-4) -> bool:
    """Return whether these are the same numbers in the same shape."""
    if found.shape != other.shape:
        return False
    return torch.allclose(found.detach().to("cpu", F64), other.to(F64), rtol=1e-4, atol=atol)


def named(table: Tensor, pos: Tensor) -> None:
    """Raise the mistake, or the remark, of the slip that makes this table, in any order.

    A slip that makes the right table of these positions explains nothing and is left out.
    """
    dim = table.shape[1]
    right = sinusoidal(pos, dim, dtype=F64)
    told = [slip for slip in CODES if not close(slip.program(pos, dim), right, 2 * LOOSE)]
    name_it(table, (*FINE_CODES, *told), pos, dim, atol=LOOSE)
    for order in list(ORDERS)[1:]:
        name_it(put_back(table, order), tuple(told), pos, dim, atol=LOOSE)


# --- speeds: (m,) ---------------------------------------------------------------------------


def check_speeds(speeds: Tensor, base: float, case: str, atol: float = 1e-9) -> None:
    """Raise the first property that these speeds lack: positive, falling, 1, equal ratios, end."""
    right = speeds_of(2 * len(speeds), base=base)
    _rules_of_falling(speeds, case, atol)
    require(
        abs(float(speeds[0]) - 1) <= 1e-3,
        "first-speed",
        f"{case}: the first speed must be 1; it is {float(speeds[0]):.4g}",
    )
    r = float(right[1] / right[0]) if len(right) > 1 else 1.0
    off = (speeds[1:] / speeds[:-1] / r - 1).abs() > 0.01
    if off.all() and off.any() and _equal(speeds[1:] / speeds[:-1]):
        raise Mistake(
            "last-speed",
            f"{case}: the ratios are equal, but the last speed must be {float(right[-1]):.4g}; "
            f"it is {float(speeds[-1]):.4g}",
        )
    if off.any():
        i = int(off.nonzero()[0]) + 1
        raise Mistake(
            "unequal-ratios",
            f"{case}: from each speed to the next the ratio must be {r:.4g}; from pair {i - 1} "
            f"to pair {i} it is {float(speeds[i] / speeds[i - 1]):.4g}",
        )


def _rules_of_falling(speeds: Tensor, case: str, atol: float) -> None:
    negative, rising = speeds < 0, speeds.diff() > -atol
    if negative.any():
        i = int(negative.nonzero()[0])
        raise Mistake("sign", f"{case}: speed {i} must not be negative; it is {speeds[i]:.4g}")
    if rising.any():
        i = int(rising.nonzero()[0]) + 1
        raise Mistake(
            "not-falling",
            f"{case}: each speed is slower than the one before; speed {i} is {speeds[i]:.4g} "
            f"after {speeds[i - 1]:.4g}",
        )


def _equal(ratios: Tensor) -> bool:
    return len(ratios) > 1 and bool((ratios / ratios[0] - 1).abs().max() < 0.01)


# --- codes: (n, d) --------------------------------------------------------------------------


def check_hands(table: Tensor, pos: Tensor, case: str) -> None:
    """Raise the first property that the codes of these positions lack."""
    if not table.isfinite().all():
        return  # the comparison with the right values says where
    _rows(table, pos, case)
    hands = _in_pairs(table, pos, case)
    _start(hands, pos, case)
    _speeds_of_hands(hands, pos, case)


def _rows(table: Tensor, pos: Tensor, case: str) -> None:
    same_pos = pos[:, None] == pos  # (n, n)
    alike = torch.cdist(table, table, compute_mode="donot_use_mm_for_euclid_dist") < 1e-6
    require(
        bool(same_pos.all()) or not alike.all(),
        "one-code",
        f"{case}: every position gets one and the same code",
    )
    for wrong, slug, told in (
        (same_pos & ~alike, "rows", "stand for one position, and their codes differ"),
        (alike & ~same_pos, "two-alike", "stand for two positions, and have one code"),
    ):
        if wrong.any():
            a, b = (int(i) for i in wrong.nonzero()[0])
            where = f"rows {a} and {b} (positions {pos[a]:g} and {pos[b]:g})"
            raise Mistake(slug, f"{case}: {where} {told}")


def _in_pairs(table: Tensor, pos: Tensor, case: str) -> Tensor:
    """Return the table in the order in which its channels make pairs, (n, m, 2)."""
    most = float(table.abs().max())
    require(
        most < 1.01,
        "out-of-range",
        f"{case}: sines and cosines lie between −1 and 1; there is a {most:.4g}",
    )
    for order in ORDERS:
        hands = put_back(table, order).unflatten(1, (-1, 2))
        if (hands.norm(dim=-1) - 1).abs().max() < 1e-3:
            return hands
    hands = table.unflatten(1, (-1, 2))
    length = float(hands[0, 0].norm())
    require(
        bool((hands.norm(dim=-1) - length).abs().max() > 1e-3),
        "scaled",
        f"{case}: every hand is {length:.4g} long; it must be 1, a sine and a cosine",
    )
    p, pair = (int(i) for i in ((hands.norm(dim=-1) - 1).abs() > 1e-3).nonzero()[0])
    raise Mistake(
        "pairs",
        f"{case}: sin² + cos² of pair {pair} must be 1; at position {pos[p]:g} it is "
        f"{float(hands[p, pair].square().sum()):.4g}: both must take the same angle",
    )


def _start(hands: Tensor, pos: Tensor, case: str) -> None:
    for row in (pos == 0).nonzero().flatten()[:1].tolist():
        off = (hands[row] - torch.tensor([0.0, 1.0], dtype=F64)).abs().amax(-1) > 1e-3
        if off.any():
            i = int(off.nonzero()[0])
            sine, cosine = (float(x) for x in hands[row, i])
            raise Mistake(
                "start",
                f"{case}: at position 0 every pair is (0, 1); pair {i} is ({sine:.3g}, "
                f"{cosine:.3g})",
            )


def _speeds_of_hands(hands: Tensor, pos: Tensor, case: str) -> None:
    """Raise unless the hands turn steadily, at the right speeds; needs position 1 among them."""
    if not (pos == 1).any():
        return
    angle = torch.atan2(hands[..., 0], hands[..., 1])  # (n, m)
    speeds = angle[(pos == 1).nonzero()[0, 0]]
    apart = torch.stack(((pos[:, None] * speeds).sin(), (pos[:, None] * speeds).cos()), -1)
    off = (apart - hands).abs().amax(-1) > 0.02
    if off.any():
        row, i = (int(x) for x in off.nonzero()[0])
        raise Mistake(
            "unsteady",
            f"{case}: pair {i} turns by {float(speeds[i]):.4g} from 0 to 1; at position "
            f"{pos[row]:g} it is not where {pos[row]:g} such steps lead",
        )
    check_speeds(speeds, 10_000.0, case, 1e-6)


def explain_table(
    found: object,
    pos: Tensor,
    case: str,
    answer: Callable[[Tensor, int], Tensor] | None = None,
    dim: int = 8,
) -> None:
    """Raise the mistake, or the remark, that explains a wrong table of codes, (n, dim).

    ``answer`` is asked again, for one position alone, where the rows depend on each other.
    """
    if not isinstance(found, Tensor) or not found.is_floating_point():
        return
    table, n = found.detach().to("cpu", F64), len(pos)
    require(
        n == dim or table.shape != (dim, n),
        "transposed",
        f"rows are positions: the shape must be (n, dim) = ({n}, {dim}); it is ({dim}, {n})",
    )
    right = sinusoidal(pos, dim, dtype=F64)
    atol = 1e-3 if pos.max() > 1000 else 1e-4
    if table.shape != right.shape or close(table, right, atol):
        return
    named(table, pos)
    half = found.dtype in (torch.float16, torch.bfloat16)  # `same` has a name for it
    if half and torch.allclose(table, right, rtol=1e-2, atol=1e-2):
        return
    if answer is not None:
        _alone(answer, table, pos, case)
    check_hands(table, pos, case)


def _alone(answer: Callable[[Tensor, int], Tensor], table: Tensor, pos: Tensor, case: str) -> None:
    """Raise unless a position has the same code when it is asked for alone."""
    single = answer(pos[3:4].clone(), table.shape[1])
    if isinstance(single, Tensor) and single.shape == (1, table.shape[1]):
        require(
            close(single[0], table[3], 1e-3),
            "depends-on-others",
            f"{case}: position {pos[3]} gets another code when it is asked for alone; "
            "a code may depend on its own position only",
        )
