"""The codes of the paper: (pos, dim) -> (n, dim)."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.mistake import remark_of
from posenc.check.engine.sinusoid_slips import CODES, FINE_CODES
from posenc.check.engine.sinusoids import explain_table
from posenc.check.engine.verdict import Verdict, judge, same

F64 = torch.float64
SLIPS = (*FINE_CODES, *CODES)  # `explain_table` tries them


def sinusoidal(answer: object) -> Verdict:
    """Check ``answer(pos, dim)``, the codes (n, dim): sine in channel 2i, cosine in 2i + 1.

    >>> from posenc import functional
    >>> _ = sinusoidal(functional.sinusoidal)
    ✓ sinusoidal: a sine and a cosine of one speed in every pair
    """
    return judge("sinusoidal", answer, _examine_codes)


POSITIONS = (
    (torch.arange(12), "torch.arange(12)"),
    (torch.tensor([5, 0, 9, 2, 2, 700, 31, 1, 8, 77]), "torch.tensor([5, 0, 9, …])"),
    (torch.tensor([256, 257, 258, 1, 0, 2047, 2048, 2049]), "torch.tensor([256, 257, …])"),
)


def _examine_codes(answer: Callable[[Tensor, int], Tensor]) -> str:
    remarks = []
    for pos, said in POSITIONS:
        case, found = f"sinusoidal({said}, 8)", answer(pos.clone(), 8)
        remark = remark_of(explain_table, found, pos, case, answer)
        remarks.append(remark)
        if remark is None:
            right = functional.sinusoidal(pos, 8, dtype=F64)
            same(found, right, case=case, atol=1e-3 if pos.max() > 1000 else 1e-4)
    if remarks[0] is not None:
        raise remarks[0]
    return "a sine and a cosine of one speed in every pair"
