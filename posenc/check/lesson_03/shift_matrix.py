"""The matrix that shifts codes: (k, dim) -> (dim, dim)."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.sinusoids import close
from posenc.check.engine.slip import name_it
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same
from posenc.check.lesson_03.shift_matrix_slips import SLIPS

F64 = torch.float64


def shift_matrix(answer: object) -> Verdict:
    """Check ``answer(k, dim)``, the matrix that takes the code of p to the code of p + k.

    >>> from posenc import functional
    >>> _ = shift_matrix(functional.shift_matrix)
    ✓ shift_matrix: the code of p goes to the code of p + k, for every p
    """
    return judge("shift_matrix", answer, _examine_shift)


def _examine_shift(answer: Callable[[int, int], Tensor]) -> str:
    """Return the sentence for a right matrix, or raise what is wrong with it."""
    for k, dim in ((3, 8), (-5, 4), (0, 6)):
        case = f"shift_matrix({k}, {dim})"
        found = answer(k, dim)
        right = functional.shift_matrix(k, dim, dtype=F64)
        require(
            not isinstance(found, (list, tuple)) or not any(isinstance(b, Tensor) for b in found),
            "blocks",
            f"{case} returned single blocks: torch.block_diag(*blocks) makes one matrix of them",
        )
        fits = isinstance(found, Tensor) and found.shape == right.shape
        if fits and not found.is_complex() and not close(found, right):
            name_it(found, SLIPS, k, dim)
            _turns(found, right, k, case)
        same(found, right, case=case)
    return "the code of p goes to the code of p + k, for every p"


def _turns(found: Tensor, right: Tensor, k: int, case: str) -> None:
    """Raise the first property that the matrix lacks: lengths, pairs, one angle a pair."""
    half = found.dtype in (torch.float16, torch.bfloat16)  # `same` has a name for it
    found, dim = found.detach().to("cpu", F64), len(found)
    if not found.isfinite().all() or (half and close(found, right, 0.01)):
        return
    outside = found * (torch.block_diag(*[torch.ones(2, 2)] * (dim // 2)) == 0)
    if (outside.abs() > 1e-4).any():
        row, column = (int(i) for i in (outside.abs() > 1e-4).nonzero()[0])
        raise Mistake(
            "mixes-pairs",
            f"{case}: channel {column} must not reach channel {row} of another pair; "
            f"at [{row}, {column}] there is {found[row, column]:.4g}, not 0",
        )
    squares = found @ found.T
    if not close(squares, torch.eye(dim, dtype=F64), 1e-3):
        i = int((squares.diagonal() - 1).abs().argmax())
        raise Mistake(
            "no-turn",
            f"{case}: a turn keeps lengths, M Mᵀ = 1; row {i} is {squares[i, i] ** 0.5:.4g} long",
        )
    _angles(found, right, k, case)


def _angles(found: Tensor, right: Tensor, k: int, case: str) -> None:
    pairs = torch.arange(0, len(found), 2)
    mirrored = (found[pairs, pairs] * found[pairs + 1, pairs + 1]) < (
        found[pairs, pairs + 1] * found[pairs + 1, pairs]
    )
    require(
        not mirrored.any(),
        "mirror",
        f"{case}: the block of pair {int(mirrored.int().argmax())} is a mirror, not a turn: cos "
        "twice on the diagonal, sin top right, −sin bottom left",
    )
    turned, wanted = (torch.atan2(m[pairs, pairs + 1], m[pairs, pairs]) for m in (found, right))
    off = (turned - wanted).abs() > 1e-3
    if off.any():
        i = int(off.nonzero()[0])
        raise Mistake(
            "wrong-angle",
            f"{case}: pair {i} must turn by ω_{i} · {k} = {wanted[i]:.4g}; it turns by "
            f"{turned[i]:.4g}",
        )
