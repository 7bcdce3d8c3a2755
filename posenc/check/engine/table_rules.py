"""What a table of position vectors obeys, (n, d), one property after the other."""

import torch
from torch import Tensor

from posenc.check.engine.frequencies import check_speeds
from posenc.check.engine.sinusoid_slips import ORDERS, put_back
from posenc.check.engine.verdict import Mistake, require

__all__ = ["check_hands", "check_size", "frequencies"]

F64 = torch.float64


def frequencies(table: Tensor, pos: Tensor) -> list[tuple[Tensor, int, float]]:
    """Return the frequencies of a table, with its width and base, if its angles are steady."""
    hands = _hands(table, pos)
    if hands is None or not (pos == 1).any():
        return []
    speeds = _first_angles(hands, pos)
    steady = not _unsteady(hands, pos, speeds).any()
    return [(speeds, table.shape[1], 10_000.0)] if steady else []


def check_hands(table: Tensor, pos: Tensor, case: str) -> None:
    """Raise the first property that the vectors of these positions lack."""
    if not table.isfinite().all():
        return  # the comparison with the right values says where
    _rows(table, pos, case)
    check_size(table, pos, case)
    hands = _in_pairs(table, pos, case)
    _start(hands, pos, case)
    _speeds_of_hands(hands, pos, case)


def check_size(table: Tensor, pos: Tensor, case: str) -> None:
    """Raise where the numbers are no sines and cosines by their size, or a row is empty."""
    hands = table.unflatten(1, (-1, 2))
    norm, most = float(hands[0, 0].norm()), float(table.abs().max())
    alike = float((hands.norm(dim=-1) - norm).abs().max()) < 1e-3
    require(
        not alike or norm == 0 or abs(norm - 1) < 1e-3,
        "scaled",
        f"{case}: every pair has the norm {norm:.4g}. It must be 1, a sine and a cosine without "
        "a factor.",
    )
    require(
        most < 1.01,
        "out-of-range",
        f"{case}: there is a {most:.4g}. Sines and cosines lie between −1 and 1: return .sin() "
        "and .cos() of the angles, nothing else.",
    )
    for row in (table == 0).all(1).nonzero()[:1].tolist() if most else ():
        raise Mistake(
            "zero-row",
            f"{case}: the vector of position {pos[row[0]]:g}, row {row[0]}, is all zeros. Write "
            "the sines and cosines of every row.",
        )


def _rows(table: Tensor, pos: Tensor, case: str) -> None:
    same_pos = pos[:, None] == pos  # (n, n)
    alike = torch.cdist(table, table, compute_mode="donot_use_mm_for_euclid_dist") < 1e-6
    require(
        bool(same_pos.all()) or not alike.all(),
        "one-code",
        f"{case}: every position gets the same vector. Multiply the frequencies by the positions.",
    )
    for wrong, slug, told in (
        (same_pos & ~alike, "rows", "the vectors differ. The same position has the same vector"),
        (alike & ~same_pos, "two-alike", "the vectors are the same. Give each position its own"),
    ):
        if wrong.any():
            a, b = (int(i) for i in wrong.nonzero()[0])
            where = f"rows {a} and {b} are positions {pos[a]:g} and {pos[b]:g}"
            raise Mistake(slug, f"{case}: {where}, and {told}.")


def _hands(table: Tensor, pos: Tensor) -> Tensor | None:
    """Return the table in the order in which its channels make pairs, (n, m, 2), or None.

    Of the orders that fit, the one that has sine 0 and cosine 1 at position 0.
    """
    fits = [put_back(table, order).unflatten(1, (-1, 2)) for order in ORDERS]
    fits = [hands for hands in fits if (hands.norm(dim=-1) - 1).abs().max() < 1e-3]
    begun = [h for h in fits if (h[pos == 0] - torch.tensor([0.0, 1.0])).abs().sum() < 1e-3]
    return next(iter((*begun, *fits)), None)


def _in_pairs(table: Tensor, pos: Tensor, case: str) -> Tensor:
    """Return the table in the order in which its channels make pairs, (n, m, 2)."""
    hands = table.unflatten(1, (-1, 2))
    paired = _hands(table, pos)
    if paired is not None:
        return paired
    empty = (table == 0).all(0).nonzero().flatten().tolist()
    require(
        not empty,
        "pairs",
        f"{case}: channel {empty[0] if empty else 0} is 0 at every position. Write a sine and a "
        "cosine for each of the dim/2 pairs.",
    )
    _two_frequencies(hands, pos, case)
    p, pair = (int(i) for i in ((hands.norm(dim=-1) - 1).abs() > 1e-3).nonzero()[0])
    raise Mistake(
        "pairs",
        f"{case}: sin² + cos² of pair {pair} is {float(hands[p, pair].square().sum()):.4g} at "
        f"position {pos[p]:g}, not 1. Take the sine and the cosine of the same angle.",
    )


def _two_frequencies(hands: Tensor, pos: Tensor, case: str) -> None:
    """Raise where a sine has one frequency, and its cosine another."""
    for row in (pos == 1).nonzero().flatten()[:1].tolist():
        sines, cosines = hands[row, :, 0].asin(), hands[row, :, 1].acos()
        angles = pos[:, None].to(F64)
        other = torch.stack(((angles * sines).sin(), (angles * cosines).cos()), -1)
        differ = ((sines - cosines).abs() > 1e-3).nonzero().flatten()
        if len(differ) and (hands - other).abs().max() < 0.02:
            i = int(differ[0])
            raise Mistake(
                "pairs",
                f"{case}: in pair {i} the sine has the frequency {float(sines[i]):.4g} and the "
                f"cosine {float(cosines[i]):.4g}. Use the same one for both.",
            )


def _start(hands: Tensor, pos: Tensor, case: str) -> None:
    for row in (pos == 0).nonzero().flatten()[:1].tolist():
        off = (hands[row] - torch.tensor([0.0, 1.0], dtype=F64)).abs().amax(-1) > 1e-3
        if off.any():
            i = int(off.nonzero()[0])
            sine, cosine = (float(x) for x in hands[row, i])
            swapped = abs(sine - 1) + abs(cosine) < 1e-3
            cure = (
                "keep sine and cosine in the same order in every pair"
                if swapped
                else "multiply pos by the frequency, and add nothing"
            )
            raise Mistake(
                "start",
                f"{case}: at position 0 pair {i} is ({sine:.3g}, {cosine:.3g}). It must be "
                f"(0, 1), sin 0 and cos 0: {cure}.",
            )


def _first_angles(hands: Tensor, pos: Tensor) -> Tensor:
    """Return the angle of each pair at position 1, (m,)."""
    angle = torch.atan2(hands[..., 0], hands[..., 1])  # (n, m)
    return angle[(pos == 1).nonzero()[0, 0]]


def _unsteady(hands: Tensor, pos: Tensor, speeds: Tensor) -> Tensor:
    """Return where the pairs are not at these frequencies times the position, (n, m)."""
    angles = pos[:, None] * speeds
    apart = torch.stack((angles.sin(), angles.cos()), -1) - hands
    return apart.abs().amax(-1) > max(0.02, 4e-6 * float(pos.abs().max()))


def _speeds_of_hands(hands: Tensor, pos: Tensor, case: str) -> None:
    """Raise unless the angles grow steadily, at the right frequencies; needs position 1."""
    if not (pos == 1).any():
        return
    speeds = _first_angles(hands, pos)
    off = _unsteady(hands, pos, speeds)
    if off.any():
        row, i = (int(x) for x in off.nonzero()[0])
        raise Mistake(
            "unsteady",
            f"{case}: pair {i} rotates by {float(speeds[i]):.4g} from 0 to 1, but at position "
            f"{pos[row]:g} its angle is not {pos[row]:g} times that. Use pos times the frequency.",
        )
    check_speeds(speeds, 10_000.0, case, 1e-6)
