"""What two clocks take for distance 1: (first, second, trained, reach) -> a distance."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.compare import explain
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_08.number import number, said
from posenc.check.lesson_08.speeds import TURN

F64 = torch.float64


def false_neighbour(answer: object) -> Verdict:
    """Check ``answer(first, second, trained, reach)``, what two clocks take for distance 1.

    >>> def right(first, second, trained, reach):
    ...     gone = torch.arange(trained, reach) - 1
    ...     alike = (first * gone).cos() + (second * gone).cos()
    ...     return int(alike.argmax()) + trained
    >>> _ = false_neighbour(right)
    ✓ false_neighbour: where both clocks have come round together
    """
    return judge("false_neighbour", answer, _examine)


def likeness(first: float, second: float, trained: int, reach: int, *, of: int = 1) -> Tensor:
    """Return how alike the angles of each distance are to those of ``of``, 2 where the same."""
    gone = torch.arange(trained, reach, dtype=F64) - of
    return (first * gone).cos() + (second * gone).cos()


def nearest(first: float, second: float, trained: int, reach: int) -> Tensor:
    """Return the distance whose angles are most like those of distance 1."""
    return likeness(first, second, trained, reach).argmax() + trained


def _by(
    first: float, second: float, trained: int, reach: int, *, wave: Callable[[Tensor], Tensor]
) -> Tensor:
    gone = torch.arange(trained, reach, dtype=F64) - 1
    return (wave(first * gone) + wave(second * gone)).argmax() + trained


def _product(first: float, second: float, trained: int, reach: int) -> Tensor:
    gone = torch.arange(trained, reach, dtype=F64) - 1
    return (first * gone).cos() * (second * gone).cos()


SLIPS = (
    Slip("steps-gone", lambda *given: nearest(*given) - 1,
         "that many steps *beyond* distance 1: the distance itself is one more"),
    Slip("index", lambda *given: nearest(*given) - given[2],
         "argmax counts from the first distance asked for: add trained"),
    Slip("one-too-far", lambda *given: nearest(*given) + 1,
         "one too many: argmax counts from 0, so only trained is to be added"),
    Slip("itself", lambda first, second, trained, reach: torch.tensor(1),
         "distance 1 is no false neighbour of itself: begin at trained"),
    Slip("met-in-training", lambda first, second, trained, reach: nearest(first, second, 2, reach),
         "a distance below trained was met in training: begin at trained"),
    Slip("least-alike", lambda *given: likeness(*given).argmin() + given[2],
         "this is the distance least like 1: take argmax, since a cosine is largest where angles "
         "agree"),
    Slip("like-zero", lambda *given: likeness(*given, of=0).argmax() + given[2],
         "this distance looks like 0: compare with distance 1, so take 1 off before the cosine"),
    Slip("first-alone", lambda first, second, *range_: nearest(first, first, *range_),
         "only the first clock was read: both must have come round"),
    Slip("second-alone", lambda first, second, *range_: nearest(second, second, *range_),
         "only the second clock was read: both must have come round"),
    Slip("sine", lambda first, second, *range_: _by(first, second, *range_, wave=torch.sin),
         "a sine is largest a quarter of a turn away: take cosines"),
    Slip("turns", lambda first, second, *range_: nearest(TURN * first, TURN * second, *range_),
         "a factor 2π too many: the speeds are in radians, not in turns"),
    Slip("degrees",
         lambda first, second, *range_: nearest(first * TURN / 360, second * TURN / 360, *range_),
         "the angles were taken in degrees: the speeds are in radians"),
    Slip("added-angles",
         lambda first, second, *range_: nearest(first + second, first + second, *range_),
         "the cosine of the sum of both angles: add two cosines instead"),
    Slip("half-turns",
         lambda first, second, *range_: _by(first, second, *range_, wave=lambda x: x.cos().abs()),
         "without its sign a cosine is as large half a turn away: leave abs or the square out"),
    Slip("multiplied",
         lambda first, second, trained, reach: _product(first, second, trained, reach).argmax()
             + trained,
         "a product of cosines is 1 also where both are −1, half a turn away: add them"),
    Slip("reach-included",
         lambda first, second, trained, reach: nearest(first, second, trained, reach + 1),
         "the last distance to try is reach − 1, as in range(trained, reach)"),
    Slip("trained-left-out",
         lambda first, second, trained, reach: nearest(first, second, trained + 1, reach),
         "the first distance to try is trained itself"),
)  # fmt: skip
CLOCKS = (
    (1.0, 10**-0.5, 16, 64),
    (1.0, 0.1, 16, 128),
    (1.0, 0.1, 16, 40),  # 7, met in training, would win
    (1.0, 0.3, 8, 32),  # at 11 both stand half a turn away
    (1.0, 0.5, 16, 64),
    (1.0, 0.5, 16, 89),  # 89 itself would win
    (1.0, 0.5, 26, 40),  # 26 itself does
)


def _examine(answer: Callable[[float, float, int, int], object]) -> str:
    found = [number(answer(*case), said("false_neighbour", *case)) for case in CLOCKS]
    right = [float(nearest(*case)) for case in CLOCKS]
    if found == right:
        return "where both clocks have come round together"
    explain([torch.tensor(x, dtype=F64) for x in found], SLIPS, CLOCKS)
    for mine, true, case in zip(found, right, CLOCKS, strict=True):
        _worse(mine, true, case)
    raise AssertionError("one of them differs")


def _worse(mine: float, true: float, case: tuple[float, float, int, int]) -> None:
    first, second, trained, reach = case
    words = f"{said('false_neighbour', *case)} must be {true:g}; it is {mine:g}"
    inside = mine == int(mine) and trained <= mine < reach
    require(inside, "out-of-range", f"{words}: try the whole numbers {trained} … {reach - 1}")
    alikeness = likeness(*case)
    best, got = (float(alikeness[int(x) - trained]) for x in (true, mine))
    told = f"the cosines sum to {got:.3f} there, to {best:.3f} at {true:g}"
    require(mine == true, "less-alike", f"{words}: {told}")
