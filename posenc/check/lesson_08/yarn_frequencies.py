"""YaRN's speeds: fast pairs kept, slow pairs divided, a ramp between."""

from collections.abc import Iterator

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.verdict import Verdict, require
from posenc.check.lesson_08.yarn_frequencies_slips import SLIPS, ends, yarn

F64 = torch.float64


def yarn_frequencies(answer: object) -> Verdict:
    """Check ``answer(dim, base, factor, trained)``, YaRN's dim/2 speeds, with 32 and 1 turns.

    >>> def right(dim, base, factor, trained):
    ...     return functional.scaled_frequencies(
    ...         dim, base, method="yarn", factor=factor, original_max_len=trained)
    >>> _ = yarn_frequencies(right)
    ✓ yarn_frequencies: fast pairs kept, slow pairs divided, a ramp between
    """
    return EXERCISE.check(answer)


YARN = ((128, 10_000.0, 8.0, 4096), (64, 500_000.0, 4.0, 8192), (16, 10_000.0, 2.0, 2048))


def _wrong_share(
    found: Tensor, right: Tensor, dim: int, base: float, factor: float, trained: int
) -> None:
    """Raise the first property that fails: fast kept, slow divided, a falling and even ramp."""
    left = found / functional.inverse_frequencies(dim, base, dtype=F64)  # of the old speed
    low, high = ends(dim, base, trained)
    for holds, slug, pair, says in _share_properties(left, factor, low, high):
        words = f"{says}; with base {base:g} and {trained} words pair {pair} has "
        require(bool(holds), slug, f"{words}{float(left[pair]):.4g} of its old speed")


def _share_properties(
    left: Tensor, factor: float, low: int, high: int
) -> Iterator[tuple[Tensor | bool, str, int, str]]:
    """Yield what must hold of the shares, its slug, a pair that shows it, and a sentence."""
    last, drop, less = len(left) - 1, left.diff(), 1 / factor

    def farthest(part: Tensor, from_: float) -> tuple[bool, int]:
        off = (part - from_).abs()
        return bool(off.max() < 1e-4), int(off.argmax())

    yield abs(left[0] - 1) < 1e-4, "fast-changed", 0, "the fastest pair must keep its speed"
    says = f"the slowest pair must be divided by {factor:g}"
    yield abs(left[-1] - less) < 1e-4, "slow-not-divided", last, says
    yield left.max() < 1 + 1e-4, "faster", int(left.argmax()), "no pair may get faster"
    says = f"none is divided by over {factor:g}"
    yield left.min() > less - 1e-4, "too-slow", int(left.argmin()), says
    says = "the share that is kept must not rise on the way"
    yield drop.max() < 1e-4, "rises", int(drop.argmax()) + 1, says
    kept, pair = farthest(left[: low + 1], 1)
    yield kept, "ramp-too-early", pair, f"pairs up to low = {low} keep their speed"
    divided, pair = farthest(left[high:], less)
    says = f"pairs from high = {high} on are divided by {factor:g}"
    yield divided, "ramp-too-late", high + pair, says
    says = f"between low = {low} and high = {high} the share falls in equal steps"
    even = _even(left, low, high) or farthest(left, 0)[0]
    yield even, "ramp-uneven", (low + high) // 2, says


def _even(left: Tensor, low: int, high: int) -> bool:
    steps = left[low : high + 1].diff()
    return bool((steps - steps.mean()).abs().max() < 1e-4)


EXERCISE = Exercise(
    name="yarn_frequencies",
    right=yarn,
    cases=YARN,
    praise="fast pairs kept, slow pairs divided, a ramp between",
    slips=SLIPS,
    lacks=_wrong_share,
    said=lambda d, b, s, n: f"yarn_frequencies({d}, {b:g}, {s:g}, {n})",
    atol=1e-9,
)
