"""The matrix that shifts position vectors: (k, dim) -> (dim, dim)."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.draws import Draw, Drawn, asked
from posenc.check.engine.frequencies import tell_ratios
from posenc.check.engine.rounded import tell_rounded
from posenc.check.engine.sinusoids import close
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same
from posenc.check.lesson_03.asking import called
from posenc.check.lesson_03.shift_matrix_slips import SLIPS, in_halves

__all__ = ["SLIPS", "shift_matrix"]

F64 = torch.float64
HUGE = 1e30


def _cases(draw: Draw) -> tuple[tuple[int, int], ...]:
    """Return steps and widths: both signs, none, far ones, and two of at most 3 steps.

    Pair 0 rotates by less than half a turn in those, so that the frequencies can be read off.
    """
    return draw.repeated((
        (draw.one_of(3, 2), draw.one_of(8, 10, 12)), (draw.near(-5, 3), draw.one_of(4, 6, 8)),
        (0, draw.one_of(6, 4, 8)), (draw.one_of(2, 3, 1), draw.one_of(20, 14, 16, 18)),
        (draw.one_of(300, *range(200, 300)), draw.one_of(6, 8, 10)),
        (draw.near(-45, 15), draw.one_of(16, 12, 14)), (draw.one_of(1, 2, 4, 5), 2),
    ))  # fmt: skip


CASES: Sequence[tuple[int, int]] = Drawn("shift_matrix", _cases)


def shift_matrix(answer: object) -> Verdict:
    """Check ``answer(k, dim)``, the matrix that takes position p's vector to that of p + k.

    >>> from posenc import functional
    >>> _ = shift_matrix(functional.shift_matrix)
    ✓ shift_matrix: the vector of p goes to the vector of p + k, for every p
    """
    return judge("shift_matrix", answer, _examine_shift)


def _right(k: int, dim: int) -> Tensor:
    return functional.shift_matrix(k, dim, dtype=F64)


def _said(k: int, dim: int) -> str:
    return f"shift_matrix({k}, {dim})"


def _examine_shift(answer: Callable[[int, int], Tensor]) -> str:
    """Return the sentence for a right matrix, or raise what is wrong with it."""
    said = [_said(*given) for given in CASES]
    found = asked("shift_matrix", lambda *given: called(answer, _said(*given), *given), CASES)
    for mine, given, case in zip(found, CASES, said, strict=True):
        _form(mine, *given, case)
    wrong = [k for k, mine in enumerate(found) if not close(mine, _right(*CASES[k]))]
    if wrong:
        tell_rounded(found, [_right(*given) for given in CASES], [1e-4] * len(found))
        numbers = [mine.detach().to("cpu", F64) for mine in found]
        _slip(numbers)
        if all(mine.isfinite().all() for mine in numbers):
            tell_ratios(_frequencies(numbers) if all(map(_first_turns, numbers, CASES)) else [])
            first = wrong[0]
            _turns(numbers[first], _right(*CASES[first]), CASES[first][0], said[first])
    for mine, given, case in zip(found, CASES, said, strict=True):
        same(mine, _right(*given), case=case)
    return "the vector of p goes to the vector of p + k, for every p"


def _form(found: object, k: int, dim: int, case: str) -> None:
    """Raise what the type and the shape of the matrix tell."""
    require(
        not isinstance(found, (list, tuple)) or not any(isinstance(b, Tensor) for b in found),
        "blocks",
        f"{case} returned single blocks. Use torch.block_diag(*blocks), which makes one matrix "
        "of them.",
    )
    right = _right(k, dim)
    if not isinstance(found, Tensor):
        same(found, right, case=case)
    assert isinstance(found, Tensor)
    require(
        not found.is_complex(),
        "dtype",
        f"{case} is complex. Return a real matrix, with the block cos, sin, −sin, cos for each "
        "pair.",
    )
    _shape(tuple(found.shape), dim, case)
    require(
        found.is_floating_point() or close(found, right),
        "dtype",
        f"{case}: the numbers are whole, {str(found.dtype).removeprefix('torch.')}, so sines and "
        "cosines are lost. Return floating-point numbers.",
    )


def _shape(shape: tuple[int, ...], dim: int, case: str) -> None:
    must = f"{case}: the shape is {shape}; it must be ({dim}, {dim})."
    require(
        shape != (dim // 2, 2, 2),
        "blocks",
        f"{must} These are single blocks. Use torch.block_diag(*blocks).",
    )
    many = f" There are {dim} blocks. Make dim/2 = {dim // 2} blocks, one per pair."
    advice = many if shape == (2 * dim, 2 * dim) else ""
    require(shape == (dim, dim), "shape", f"{must}{advice}")


def _slip(numbers: Sequence[Tensor]) -> None:
    """Raise the slip that gives these matrices in every case, in either layout."""
    for slip in SLIPS:
        others = [slip.program(*given) for given in CASES]
        if _all_alike(numbers, others):
            raise Mistake(slip.slug, f"{slip.says}{_entry(numbers)}")
        if _all_alike(numbers, [in_halves(other) for other in others]):
            raise Mistake(slip.slug, slip.says)


def _all_alike(numbers: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    return all(_alike(mine, other) for mine, other in zip(numbers, others, strict=True))


def _alike(mine: Tensor, other: Tensor) -> bool:
    undefined = len(other) == 2 and bool(other.isnan().any())  # divided by dim/2 − 1 = 0
    mine, other = (x.clamp(-HUGE, HUGE) for x in (mine, other))  # in float32 these are inf
    return undefined or torch.allclose(mine, other, rtol=1e-4, atol=1e-4, equal_nan=True)


def _entry(numbers: Sequence[Tensor]) -> str:
    """Return the first entry that is wrong, in words."""
    for mine, given in zip(numbers, CASES, strict=True):
        right = _right(*given)
        for row, column in (~torch.isclose(mine, right, atol=1e-4)).nonzero()[:1].tolist():
            is_, must = (float(x[row, column]) + 0.0 for x in (mine, right))
            at = f"k = {given[0]}, dim = {given[1]}: [{row}, {column}]"
            return f" ({at} is {is_:.4g}, not {must:.4g}.)"
    return ""


def _frequencies(numbers: Sequence[Tensor]) -> list[tuple[Tensor, int, float]]:
    """Return the frequencies of the matrices that rotate by a few steps, where they are such."""
    found = []
    for matrix, (k, dim) in zip(numbers, CASES, strict=True):
        pairs = torch.arange(0, dim, 2)
        angles = torch.atan2(matrix[pairs, pairs + 1], matrix[pairs, pairs])
        blocks = torch.block_diag(*[_turn(float(angle)) for angle in angles])
        if 0 < k <= 3 and close(matrix, blocks):
            found.append((angles / k, dim, 10_000.0))
    return found


def _first_turns(matrix: Tensor, given: tuple[int, int]) -> bool:
    """Return whether the first pair, whose frequency is 1 with every base, rotates by k."""
    return close(matrix[:2, :2], _turn(given[0]), 1e-3)


def _turn(angle: float) -> Tensor:
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.tensor([[cos, sin], [-sin, cos]], dtype=F64)


def _turns(found: Tensor, right: Tensor, k: int, case: str) -> None:
    """Raise the first property that the matrix lacks: norms, pairs, one angle per pair."""
    dim = len(found)
    moves = bool(((found == 0) | (found == 1)).all()) and bool((found.sum(0) == 1).all())
    require(
        not moves or close(found, torch.eye(dim, dtype=F64)),
        "one-hot-shift",
        f"{case}: the matrix only moves entries by {abs(k)} places, which shifts one-hot vectors. "
        "For sinusoids rotate pair i by ω_i · k.",
    )
    _blocks(found, case)
    squares = found @ found.T
    if not close(squares, torch.eye(dim, dtype=F64), 1e-3):
        i = int((squares.diagonal() - 1).abs().argmax())
        raise Mistake(
            "no-turn",
            f"{case}: row {i} has the norm {float(squares[i, i]) ** 0.5:.4g}. A rotation keeps "
            "norms, so every row has the norm 1: cos and sin of the same angle.",
        )
    _angles(found, right, k, case)


def _blocks(found: Tensor, case: str) -> None:
    """Raise unless there are blocks on the diagonal, and nothing beside them."""
    off_blocks = torch.block_diag(*[torch.ones(2, 2)] * (len(found) // 2)) == 0
    outside = found * off_blocks
    if (outside.abs() > 1e-4).any():
        apart = found * in_halves(off_blocks)
        halves = next(slip.says for slip in SLIPS if slip.slug == "halves")
        require(bool((apart.abs() > 1e-4).any()), "halves", f"{case}: {halves}")
        row, column = (int(i) for i in (outside.abs() > 1e-4).nonzero()[0])
        raise Mistake(
            "mixes-pairs",
            f"{case}: at [{row}, {column}] there is {found[row, column]:.4g}, not 0, so channel "
            f"{column} reaches channel {row} of another pair. Fill only the blocks on the "
            "diagonal.",
        )


def _angles(found: Tensor, right: Tensor, k: int, case: str) -> None:
    pairs = torch.arange(0, len(found), 2)
    mirrored = (found[pairs, pairs] * found[pairs + 1, pairs + 1]) < (
        found[pairs, pairs + 1] * found[pairs + 1, pairs]
    )
    require(
        not mirrored.any(),
        "mirror",
        f"{case}: the block of pair {int(mirrored.int().argmax())} is a reflection. Put cos twice "
        "on the diagonal, sin top right, −sin bottom left.",
    )
    turned, wanted = (torch.atan2(m[pairs, pairs + 1], m[pairs, pairs]) for m in (found, right))
    off = (turned - wanted).sin().abs() + (1 - (turned - wanted).cos()) > 1e-3
    if off.any():
        i = int(off.nonzero()[0])
        raise Mistake(
            "wrong-angle",
            f"{case}: pair {i} rotates by {turned[i]:.4g}. It must rotate by ω_{i} · {k}, which "
            f"is {wanted[i]:.4g} up to full turns.",
        )
