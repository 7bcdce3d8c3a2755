"""Checkers of notebook 03: frequencies, codes, the shift matrix, a head that looks back."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check._shift import examine_head, examine_shift
from posenc.check._slips import _speeds
from posenc.check.engine.sinusoids import check_hands, check_speeds, close, named
from posenc.check.engine.slip import name_it
from posenc.check.engine.verdict import Remark, Verdict, judge, require, same

__all__ = ["explain", "inverse_frequencies", "offset_head", "shift_matrix", "sinusoidal"]

F64 = torch.float64


def inverse_frequencies(answer: object) -> Verdict:
    """Check ``answer(dim, base)``, the dim/2 speeds base^(-2i/dim), fastest first.

    >>> from posenc import functional
    >>> _ = inverse_frequencies(functional.inverse_frequencies)
    ✓ inverse_frequencies: dim/2 speeds of equal ratio, the fastest first
    """
    return judge("inverse_frequencies", answer, _examine_speeds)


def sinusoidal(answer: object) -> Verdict:
    """Check ``answer(pos, dim)``, the codes (n, dim): sine in channel 2i, cosine in 2i + 1.

    >>> from posenc import functional
    >>> _ = sinusoidal(functional.sinusoidal)
    ✓ sinusoidal: a sine and a cosine of one speed in every pair
    """
    return judge("sinusoidal", answer, _examine_codes)


def shift_matrix(answer: object) -> Verdict:
    """Check ``answer(k, dim)``, the matrix that takes the code of p to the code of p + k.

    >>> from posenc import functional
    >>> _ = shift_matrix(functional.shift_matrix)
    ✓ shift_matrix: the code of p goes to the code of p + k, for every p
    """
    return judge("shift_matrix", answer, examine_shift)


def offset_head(answer: object) -> Verdict:
    """Check ``answer(k, dim)``, weights (W_q, W_k) with which every word finds the one k back.

    >>> from posenc import functional
    >>> _ = offset_head(lambda k, dim: (functional.shift_matrix(k, dim), torch.eye(dim)))
    ✓ offset_head: every query prefers the key k positions before it
    """
    return judge("offset_head", answer, examine_head)


# --- frequencies ------------------------------------------------------------------------


def _examine_speeds(answer: Callable[[int, float], Tensor]) -> str:
    for dim, base in ((8, 10_000), (6, 64)):
        case = f"inverse_frequencies({dim}, {base})"
        found, right = answer(dim, base), functional.inverse_frequencies(dim, base, dtype=F64)
        remark = _kept(_why_speeds, found, right, dim, base, case)
        if remark is None:
            same(found, right, case=case, atol=1e-9)
    if remark is not None:
        raise remark  # of both: divided by d/2 − 1 there is no right answer for dim = 2
    found, right = answer(2, 10), functional.inverse_frequencies(2, 10, dtype=F64)
    same(found, right, case="inverse_frequencies(2, 10)", atol=1e-9)
    return "dim/2 speeds of equal ratio, the fastest first"


def _kept(examine: Callable[..., None], *given: object) -> Remark | None:
    """Return the remark that is raised, so that the other cases are examined as well."""
    try:
        examine(*given)
    except Remark as remark:
        return remark
    return None


def _why_speeds(found: object, right: Tensor, dim: int, base: float, case: str) -> None:
    """Raise the known mistake that these speeds are, or the first property that they lack."""
    if not isinstance(found, Tensor):
        return
    require(
        found.shape != (dim,),
        "one-a-channel",
        f"one speed a pair, so {dim // 2} of them for {dim} channels; there are {dim}",
    )
    if found.shape != right.shape or found.is_complex() or close(found, right, 1e-9):
        return
    half = found.dtype in (torch.float16, torch.bfloat16)  # `same` has a name for it
    if half and torch.allclose(found.double(), right, rtol=1e-2, atol=1e-2):
        return
    name_it(found, _speeds.KNOWN["inverse_frequencies"], dim, base, atol=1e-7)
    number = found.detach().to("cpu", F64)
    if number.isfinite().all():
        check_speeds(number, base, case)


# --- codes ------------------------------------------------------------------------------

POSITIONS = (
    (torch.arange(12), "torch.arange(12)"),
    (torch.tensor([5, 0, 9, 2, 2, 700, 31, 1, 8, 77]), "torch.tensor([5, 0, 9, …])"),
    (torch.tensor([256, 257, 258, 1, 0, 2047, 2048, 2049]), "torch.tensor([256, 257, …])"),
)


def _examine_codes(answer: Callable[[Tensor, int], Tensor]) -> str:
    remarks = []
    for pos, said in POSITIONS:
        case, found = f"sinusoidal({said}, 8)", answer(pos.clone(), 8)
        remark = _kept(explain, found, pos, case, answer)
        remarks.append(remark)
        if remark is None:
            right = functional.sinusoidal(pos, 8, dtype=F64)
            same(found, right, case=case, atol=1e-3 if pos.max() > 1000 else 1e-4)
    if remarks[0] is not None:
        raise remarks[0]
    return "a sine and a cosine of one speed in every pair"


def explain(
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
    right = functional.sinusoidal(pos, dim, dtype=F64)
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
