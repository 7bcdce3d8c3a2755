"""Tests of codes that people write, each weak somewhere: known if all that it says is the same."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.lesson_02.codes import BOTH, EVERY, Code

Part = Callable[[Tensor], Tensor]


def _all(keep: Part) -> Callable[[Code], bool]:
    """Return the test that compares what ``keep`` leaves of both texts, for every length."""
    return lambda code: all(
        torch.allclose(keep(code(n)), keep(code(20)[:n]), atol=1e-6) for n in range(1, 20)
    )


def _falls(code: Code) -> bool:
    return all(bool((code(n) - code(20)[:n]).max() < 1e-6) for n in range(1, 20))


def _rises(code: Code) -> bool:
    return all(bool((code(20)[:n] - code(n)).max() < 1e-6) for n in range(1, 20))


def _next(keep: Callable[[Tensor, int], Tensor]) -> Callable[[Code], bool]:
    """Return the test that compares each text with the next longer one."""
    return lambda code: all(
        torch.equal(keep(code(n), n), keep(code(n + 1), n)) for n in range(1, 20)
    )


SIGN = "A difference below 0 passes as small. Take its absolute value, or use torch.equal."
TOTALS = "It compares sums, means or sorted values. Compare entry by entry, with torch.equal."
LAST = "It compares the last row of each text only. Compare the earlier rows, too."

WEAK: tuple[tuple[str, Callable[[Code], bool], str], ...] = (
    ("values-not-compared", lambda code: True,
     "It never returns False: it compares no values, or a text with itself. "
     "Compare code(n) with code(20)[:n], entry by entry."),
    ("never-true", lambda code: False,
     f"It never returns True. {BOTH}"),
    ("first-row-only", _all(lambda x: x[:1]), f"It compares token 0 only. {EVERY}"),
    ("last-row-only", _all(lambda x: x[-1:]), LAST),
    ("last-row-only", _next(lambda x, n: x[n - 1]), LAST),
    ("last-word-left-out", _all(lambda x: x[:-1]),
     "It leaves out the last row of each text. Compare all rows: code(n) with code(20)[:n]."),
    ("first-word-left-out", _all(lambda x: x[1:]),
     "It leaves out token 0. Compare all rows: code(n) with code(20)[:n]."),
    ("one-channel-only", _all(lambda x: x[:, :1]),
     "It compares the first channel only. Compare every channel, code(20)[:n]."),
    ("one-channel-only", _all(lambda x: x[:, -1:]),
     "It compares the last channel only. Compare every channel, code(20)[:n]."),
    ("totals-only", _all(lambda x: x.sort(0)[0]), TOTALS),
    ("totals-only", _all(lambda x: x.sum(0)), TOTALS),
    ("differences-only", _all(lambda x: x.diff(dim=0)),
     "It compares differences of neighbouring rows, so a shift of all rows passes. "
     "Compare the rows."),
    ("totals-only", _all(lambda x: x.norm(dim=1)),
     "It compares norms or squares. Compare entry by entry, with torch.equal."),
    ("signed", _falls, SIGN),
    ("signed", _rises, SIGN),
    ("any-length", lambda code: any(torch.equal(code(n), code(20)[:n]) for n in range(1, 20)),
     "It takes one length that agrees for all of them. Use all, not any."),
    ("last-rows-of-longer", lambda code: all(torch.equal(code(n), code(20)[-n:])
        for n in range(1, 20)),
     "It compares code(n) with the last rows of the longer text. Use the first, code(20)[:n]."),
)  # fmt: skip
