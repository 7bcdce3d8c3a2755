"""The position vectors of the paper: (pos, dim) -> (n, dim)."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.draws import Draw, Drawn, asked
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


Case = tuple[Tensor, int, str]  # positions, the width, the positions in words


def _cases(draw: Draw) -> tuple[Case, ...]:
    """Return positions and widths: from 0 on, in any order, and those that a dtype loses.

    bfloat16 loses odd positions from 257 on, float16 from 2049 on, int16 all from 32768 on; of
    those from 640 to 760 int8 and uint8 make other numbers.
    """
    twice, n, start, past = (draw.near(*room) for room in ((2, 1), (12, 3), (100, 20), (7, 2)))
    small = (5, 0, 9, twice, twice, draw.near(700, 60), draw.near(31, 5), 1, 8, draw.near(77, 20))
    b, h = draw.one_of(256, *range(258, 400, 2)), draw.one_of(2048, *range(2050, 3000, 2))
    lost = (b, b + 1, b + 2, 1, 0, h - 1, h, h + 1)
    far = (draw.near(3, 1), 0, 1, draw.one_of(32_768, *range(32_769, 36_000)),
           draw.near(40_000, 3000), draw.near(70_001, 4000))  # fmt: skip
    few = f"{start}, {start + past}, dtype=torch.int32"
    return draw.repeated((
        (torch.arange(n), draw.one_of(8, 6, 10, 12), f"torch.arange({n})"),
        _listed(draw.shuffled(small), draw.one_of(6, 10, 12, 14), 3),
        _listed(draw.shuffled(lost), draw.one_of(20, 16, 18, 22, 24), 2),
        _listed(draw.shuffled(far), draw.one_of(64, 48, 56, 72), 4),
        (torch.arange(start, start + past, dtype=torch.int32), draw.one_of(12, 10, 14, 16),
         f"torch.arange({few})"),
        (torch.tensor([p := draw.near(4, 2)]), 2, f"torch.tensor([{p}])"),
    ))  # fmt: skip


def _listed(pos: tuple[int, ...], dim: int, shown: int) -> Case:
    return torch.tensor(pos), dim, f"torch.tensor([{', '.join(map(str, pos[:shown]))}, …])"


CASES = Drawn("sinusoidal", _cases)


def _examine_codes(answer: Callable[[Tensor, int], Tensor]) -> str:
    def ask(pos: Tensor, dim: int, said: str) -> tuple[object, Tensor, int, str]:
        case = f"sinusoidal({said}, {dim})"
        found = called(answer, case, pos.clone(), dim, cures=CURES | OF_POSITIONS)
        return found, pos, dim, case

    tried = asked("sinusoidal", ask, CASES)
    explain_tables(tried, answer, (*ORDERED, *ENDING))
    for found, pos, dim, case in tried:
        same(found, functional.sinusoidal(pos, dim, dtype=F64), case=case, atol=limit(pos))
    return "every pair is the sine and the cosine of its frequency times the position"
