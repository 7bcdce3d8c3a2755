"""What two frequencies take for distance 1: (first, second, trained, reach) -> a distance."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import explain
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge, require
from posenc.check.lesson_08.number import number, said, told_apart
from posenc.check.lesson_08.speeds import TURN

F64 = torch.float64


def false_neighbour(answer: object) -> Verdict:
    """Check ``answer(first, second, trained, reach)``, what two frequencies take for distance 1.

    >>> def right(first, second, trained, reach):
    ...     gone = torch.arange(trained, reach) - 1
    ...     alike = (first * gone).cos() + (second * gone).cos()
    ...     return int(alike.argmax()) + trained
    >>> _ = false_neighbour(right)
    ✓ false_neighbour: Here both angles are back where they were at distance 1.
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


def _of(
    how: Callable[[Tensor, Tensor], Tensor], first: float, second: float, trained: int, reach: int
) -> Tensor:
    """Return the distance that is best by another rule for the two angles."""
    gone = torch.arange(trained, reach, dtype=F64) - 1
    return how(first * gone, second * gone).argmax() + trained


SLIPS = (
    Slip("steps-gone", lambda *given: nearest(*given) - 1,
         "This is how many steps lie between it and distance 1. Add 1 for the distance itself."),
    Slip("index", lambda *given: nearest(*given) - given[2],
         "This is an index: argmax counts from the first distance tried. Add trained."),
    Slip("one-too-far", lambda *given: nearest(*given) + 1,
         "The distance is one too large. argmax counts from 0: add trained only."),
    Slip("itself", lambda first, second, trained, reach: torch.tensor(1),
         "Distance 1 is compared with itself. Try the distances from trained on."),
    Slip("met-in-training", lambda first, second, trained, reach: nearest(first, second, 2, reach),
         "A distance below trained was met in training. Try the distances from trained on."),
    Slip("least-alike", lambda *given: likeness(*given).argmin() + given[2],
         "This is the distance least similar to 1. Take argmax: a cosine is largest where angles "
         "agree."),
    Slip("like-zero", lambda *given: likeness(*given, of=0).argmax() + given[2],
         "This distance is the most similar to 0. Compare with distance 1: subtract 1 before you "
         "multiply."),
    Slip("like-trained", lambda *given: likeness(*given, of=given[2]).argmax() + given[2],
         "This compares with the distance trained. Compare with distance 1: subtract 1 before you "
         "multiply."),
    Slip("like-minus-one", lambda *given: likeness(*given, of=-1).argmax() + given[2],
         "1 is added before the cosine. Subtract it: k − 1 steps lie between k and 1."),
    Slip("first-alone", lambda first, second, *range_: nearest(first, first, *range_),
         "Only the first frequency is used. Add the cosine of the second."),
    Slip("second-alone", lambda first, second, *range_: nearest(second, second, *range_),
         "Only the second frequency is used. Add the cosine of the first."),
    Slip("first-is-one", lambda first, second, *range_: nearest(1.0, second, *range_),
         "The first frequency is taken as 1, whatever was asked. Use the argument first."),
    Slip("by-ratio", lambda first, second, *range_: nearest(1.0, second / first, *range_),
         "The frequencies are divided by the first. Use both as they are, in radians per "
         "position."),
    Slip("second-is-a-factor",
         lambda first, second, *range_: nearest(first, first * second, *range_),
         "The second frequency is multiplied by the first. Use both as they are."),
    Slip("sine", lambda first, second, *range_: _by(first, second, *range_, wave=torch.sin),
         "Sines are added; a sine is largest a quarter of a turn away. Add cosines."),
    Slip("turns", lambda first, second, *range_: nearest(TURN * first, TURN * second, *range_),
         "There is a factor 2π too many. The frequencies are in radians per position already."),
    Slip("degrees",
         lambda first, second, *range_: nearest(first * TURN / 360, second * TURN / 360, *range_),
         "The angles are taken in degrees. The frequencies are in radians: leave out π/180."),
    Slip("added-angles",
         lambda first, second, *range_: nearest(first + second, first + second, *range_),
         "This is the cosine of the sum of both angles. Add two cosines instead."),
    Slip("subtracted-angles",
         lambda first, second, *range_: nearest(first - second, first - second, *range_),
         "This compares the two angles with each other. Compare each with its own at distance 1: "
         "add two cosines."),
    Slip("half-turns",
         lambda first, second, *range_: _by(first, second, *range_, wave=lambda x: x.cos().abs()),
         "Without its sign a cosine is as large half a turn away. Leave out abs."),
    Slip("squared",
         lambda first, second, *range_: _by(first, second, *range_, wave=lambda x: x.cos() ** 2),
         "A squared cosine is as large half a turn away. Leave out the square."),
    Slip("absolute-sum", lambda *given: likeness(*given).abs().argmax() + given[2],
         "The sum is taken without its sign, so half a turn counts as well. Leave out abs."),
    Slip("multiplied",
         lambda first, second, trained, reach: _product(first, second, trained, reach).argmax()
             + trained,
         "The cosines are multiplied, and two of −1 make 1, half a turn away. Add them."),
    Slip("worse-of-both",
         lambda *given: _of(lambda a, b: torch.minimum(a.cos(), b.cos()), *given),
         "The smaller of the two cosines is made large. Add the two."),
    Slip("better-of-both",
         lambda *given: _of(lambda a, b: torch.maximum(a.cos(), b.cos()), *given),
         "The larger of the two cosines is made large, so one frequency is enough. Add the two."),
    Slip("first-twice", lambda *given: _of(lambda a, b: 2 * a.cos() + b.cos(), *given),
         "The first cosine counts twice. Give both the same weight."),
    Slip("second-twice", lambda *given: _of(lambda a, b: a.cos() + 2 * b.cos(), *given),
         "The second cosine counts twice. Give both the same weight."),
    Slip("half-precision", lambda *given: _of(lambda a, b: a.half().cos() + b.half().cos(), *given),
         "The angles are rounded to float16. Compute them in float32 at least."),
    Slip("reach-included",
         lambda first, second, trained, reach: nearest(first, second, trained, reach + 1),
         "reach itself is tried. End with reach − 1, as range(trained, reach) does."),
    Slip("trained-left-out",
         lambda first, second, trained, reach: nearest(first, second, trained + 1, reach),
         "trained itself is not tried. Begin with it."),
)  # fmt: skip
Case = tuple[float, float, int, int]  # first, second, trained, reach


def _clear(*case: Any) -> bool:
    """Return whether one distance is so much better than the others that no rounding decides."""
    best, second = likeness(*case).topk(2).values.tolist()
    return best - second > 1e-3


KINDS = (  # the last entry: slips that a drawn case must tell from each other and from right
    (1.0, 10**-0.5, 16, 64, ()),
    (1.0, 0.1, 16, 128, ()),
    (1.0, 0.1, 16, 40, ("met-in-training", "first-twice")),  # 7 would win
    (1.0, 0.3, 8, 32, ("multiplied",)),  # at 11 both are half a turn away
    (1.0, 0.5, 16, 64, ()),
    (1.0, 0.5, 16, 89, ("reach-included",)),  # 89 would win
    (1.0, 0.5, 26, 40, ("trained-left-out",)),  # 26 wins
    (0.9, 0.21, 8, 200, ("second-is-a-factor",)),
    (0.9, 0.05, 16, 50, ()),
    (0.25, 0.05, 30, 50, ("half-turns squared", "absolute-sum multiplied")),
    (0.3, 0.05, 16, 90, ("second-twice",)),
    (0.25, 0.004, 2048, 3000, ("half-precision",)),
)


def _cases(draw: Draw) -> tuple[Case, ...]:
    """Return a case of each kind, by which no two of the programs are the same."""

    def moved(frequency: float) -> float:
        found = draw.between(frequency, 0.85 * frequency, 1.15 * frequency)
        return round(found, 4) if draw.is_drawn else frequency

    def one(first: float, second: float, trained: int, reach: int, told: tuple[str, ...]) -> Case:
        groups = [[slip for slip in SLIPS if slip.slug in slugs.split()] for slugs in told]
        return draw.until(
            lambda: (
                first if first == 1 else moved(first),
                moved(second),
                draw.near(trained, trained // 5),
                draw.near(reach, reach // 8),
            ),
            lambda case: (
                _clear(*case) and all(told_apart([case], nearest, slips) for slips in groups)
            ),
        )

    return draw.until(
        lambda: draw.shuffled(one(*kind) for kind in KINDS),
        lambda cases: told_apart(cases, nearest, SLIPS),
    )


CLOCKS = Drawn("false_neighbour", _cases)


def _examine(answer: Callable[[float, float, int, int], object]) -> str:
    found = [number(answer(*case), said("false_neighbour", *case)) for case in CLOCKS]
    right = [float(nearest(*case)) for case in CLOCKS]
    if found == right:
        return "Here both angles are back where they were at distance 1."
    explain([torch.tensor(x, dtype=F64) for x in found], SLIPS, CLOCKS)
    for mine, true, case in zip(found, right, CLOCKS, strict=True):
        _worse(mine, true, case)
    raise AssertionError("one of them differs")


def _worse(mine: float, true: float, case: Case) -> None:
    first, second, trained, reach = case
    words = f"{said('false_neighbour', *case)} must be {true:g}; it is {mine:g}"
    inside = mine == int(mine) and trained <= mine < reach
    require(inside, "out-of-range", f"{words}. Try the whole numbers {trained} … {reach - 1}.")
    similar = likeness(*case)
    best, got = (float(similar[int(x) - trained]) for x in (true, mine))
    told = f"The cosines sum to {got:.3f} there and to {best:.3f} at {true:g}"
    require(mine == true, "less-alike", f"{words}. {told}: take the largest sum.")
