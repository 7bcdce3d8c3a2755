"""The exercises of notebook 04: a module, a table to mend, a test to write."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from posenc.check._traps import examine_module
from posenc.check._ward import examine_test
from posenc.check.engine.sinusoid_slips import HALF_EMPTY
from posenc.check.engine.sinusoids import check_hands, close, named
from posenc.check.engine.slip import name_it
from posenc.check.engine.verdict import Remark, Verdict, judge, same
from posenc.functional import sinusoidal

__all__ = ["mended_table", "positional_module", "table_test"]


def positional_module(answer: type[nn.Module]) -> Verdict:
    """Check ``cls(d_model, max_len=…)``, a module ``(b, n, d) -> (b, n, d)`` that adds the codes.

    It must hold against the traps: the batch axis, the length, an odd width, another device,
    training, half precision, dropout where it takes one, and the caller's own tensor.

    >>> class Right(torch.nn.Module):
    ...     def __init__(self, d_model, max_len=5000):
    ...         super().__init__()
    ...         if d_model % 2:
    ...             raise ValueError(f"d_model must be even; got {d_model}")
    ...         self.d_model = d_model
    ...
    ...     def forward(self, x):
    ...         pos = torch.arange(x.shape[1], device=x.device)
    ...         return (x + sinusoidal(pos, self.d_model)).to(x.dtype)
    >>> positional_module(Right).passed
    ✓ positional_module: right values, and none of the traps bites
    True
    """
    # The first sum on meta loads much of torch: a second or more, not of the answer's five.
    torch.add(torch.zeros(2, 2, device="meta"), torch.zeros(2, device="meta"))
    return judge("positional_module", answer, examine_module)


def mended_table(answer: Callable[[int, int], Tensor]) -> Verdict:
    """Check ``(n, d)`` -> the table of sinusoidal codes, (n, d), mended from a published slip.

    >>> mended_table(lambda n, d: sinusoidal(torch.arange(n), d)).passed
    ✓ mended_table: sine and cosine of a pair share their speed, and the speeds are right
    True
    """
    return judge("mended_table", answer, _examine_table)


def table_test(answer: Callable[[Tensor], bool]) -> Verdict:
    """Check a test of tables, ``(n, d) -> bool``: healthy tables pass, ill ones do not.

    The verdict's ``score`` is the share of the wrong tables that it rejects, and less where
    it rejects a right one.

    >>> table_test(lambda table: bool(table.std() > 0.1)).mistake
    ✗ table_test: 0 of 23 wrong tables rejected, 5 of 5 right ones accepted;
    first to slip through: one row for all positions
    'lets-pass'
    """
    return judge("table_test", answer, examine_test)


def _examine_table(make: Callable[[int, int], Tensor]) -> str:
    remark = None
    for n, d in ((40, 8), (6, 12), (300, 4)):
        found, right = make(n, d), sinusoidal(torch.arange(n), d, dtype=torch.float64)
        case, remark = f"mended({n}, {d})", None
        try:
            _why(found, right, case)
        except Remark as kept:
            remark = kept
        else:
            same(found, right, case=case)
    if remark is not None:
        raise remark
    return "sine and cosine of a pair share their speed, and the speeds are right"


def _why(found: object, right: Tensor, case: str) -> None:
    """Raise the mistake, or the remark, that explains a wrong table."""
    if not isinstance(found, Tensor) or found.shape != right.shape or close(found, right):
        return
    table, (n, d) = found.detach().to("cpu", torch.float64), right.shape
    name_it(table, HALF_EMPTY, n, d)
    named(table, torch.arange(n))
    check_hands(table, torch.arange(n), case)
