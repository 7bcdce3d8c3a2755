"""The position vectors of the paper: (pos, dim) -> (n, dim)."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.sinusoid_faults import FAULTS
from posenc.check.engine.sinusoid_slips import CODES, ENDING, ORDERED
from posenc.check.engine.sinusoids import explain_tables, limit
from posenc.check.engine.verdict import Verdict, judge, same
from posenc.check.lesson_03.asking import CURES, OF_POSITIONS, called

F64 = torch.float64
SLIPS = (*ORDERED, *ENDING, *CODES, *FAULTS)  # `explain_tables` tries them


def sinusoidal(answer: object) -> Verdict:
    """Check ``answer(pos, dim)``, the vectors (n, dim): sine in channel 2i, cosine in 2i + 1.

    >>> from posenc import functional
    >>> _ = sinusoidal(functional.sinusoidal)
    ✓ sinusoidal: every pair is the sine and the cosine of its frequency times the position
    """
    return judge("sinusoidal", answer, _examine_codes)


CASES = (  # positions, the width, the positions in words
    (torch.arange(12), 8, "torch.arange(12)"),
    (torch.tensor([5, 0, 9, 2, 2, 700, 31, 1, 8, 77]), 6, "torch.tensor([5, 0, 9, …])"),
    (torch.tensor([256, 257, 258, 1, 0, 2047, 2048, 2049]), 20, "torch.tensor([256, 257, …])"),
    (torch.tensor([3, 0, 1, 32_768, 40_000, 70_001]), 64, "torch.tensor([3, 0, 1, 32768, …])"),
    (torch.arange(100, 107, dtype=torch.int32), 12, "torch.arange(100, 107, dtype=torch.int32)"),
    (torch.tensor([4]), 2, "torch.tensor([4])"),
)


def _examine_codes(answer: Callable[[Tensor, int], Tensor]) -> str:
    tried = []
    for pos, dim, said in CASES:
        case = f"sinusoidal({said}, {dim})"
        found = called(answer, case, pos.clone(), dim, cures=CURES | OF_POSITIONS)
        tried.append((found, pos, dim, case))
    explain_tables(tried, answer, (*ORDERED, *ENDING))
    for found, pos, dim, case in tried:
        same(found, functional.sinusoidal(pos, dim, dtype=F64), case=case, atol=limit(pos))
    return "every pair is the sine and the cosine of its frequency times the position"
