"""YaRN's frequencies: fast pairs kept, slow pairs divided, a ramp between."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from posenc.check.engine.compare import each_differs
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_08.speeds import TURN, speeds
from posenc.check.lesson_08.yarn_ends import ends, pair_that_turns, raw_ends
from posenc.check.lesson_08.yarn_frequencies_slips import SLIPS, UNCLAMPED, yarn


def yarn_frequencies(answer: object) -> Verdict:
    """Check ``answer(dim, base, factor, trained)``, YaRN's dim/2 frequencies, 32 and 1 turns.

    >>> from posenc import functional
    >>> def right(dim, base, factor, trained):
    ...     return functional.scaled_frequencies(
    ...         dim, base, method="yarn", factor=factor, original_max_len=trained)
    >>> _ = yarn_frequencies(right)
    ✓ yarn_frequencies: Fast pairs are kept, slow pairs divided, with a ramp between.
    """
    return judge("yarn_frequencies", answer, _examine)


def _clear(dim: int, base: float, trained: int) -> bool:
    """Return whether both ends lie so far from whole numbers that no rounding decides."""
    both = (pair_that_turns(turns, dim, base, trained) for turns in (32, 1))
    return all(abs(end - round(end)) > 1e-3 for end in both)


def _inside(dim: int, base: float, trained: int) -> bool:
    low, high = raw_ends(dim, base, trained)
    return low >= 0 and high < dim


def _just_before(dim: int, base: float, trained: int) -> bool:
    """Return whether ends a little later would be rounded to other pairs."""
    both = (pair_that_turns(turns, dim, base, trained) for turns in (32, 1))
    return _inside(dim, base, trained) and all(end % 1 > 0.8 for end in both)


def _just_after(dim: int, base: float, trained: int) -> bool:
    """Return whether ends a little earlier would be rounded to other pairs."""
    both = (pair_that_turns(turns, dim, base, trained) for turns in (32, 1))
    return _inside(dim, base, trained) and all(end % 1 < 0.2 for end in both)


def _behind(dim: int, base: float, trained: int) -> bool:
    """Return whether the ramp goes on behind the last pair."""
    return _inside(dim, base, trained) and raw_ends(dim, base, trained)[1] > dim // 2


def _below(dim: int, base: float, trained: int) -> bool:
    return raw_ends(dim, base, trained)[0] < 0


def _above(dim: int, base: float, trained: int) -> bool:
    return raw_ends(dim, base, trained)[1] > dim


KINDS = (
    ((128, 96, 112), (10_000.0, 20_000.0), (8.0, 4.0, 16.0), 4096, _just_before),
    ((64, 72, 48), (500_000.0, 300_000.0), (4.0, 6.0), 8192, _inside),
    ((16, 20, 24), (10_000.0, 5000.0), (2.0, 3.0), 2048, _inside),
    ((80, 56, 104), (1_000_000.0, 2_000_000.0), (2.5, 3.5), 32_768, _just_after),
    ((24, 28, 32), (10_000.0, 7000.0), (3.0, 2.0), 6000, _inside),
    ((64, 48, 80), (10_000.0, 8000.0), (8.0, 4.0), 131_072, _behind),
    ((128, 96, 112), (10_000.0, 20_000.0), (4.0, 8.0), 128, _below),  # i(32) is below 0
    ((36, 44, 28), (100.0, 150.0), (4.0, 2.0), 64, _below),
    ((16, 14, 12), (10.0, 8.0), (4.0, 6.0), 1024, _above),  # i(1) is above dim − 1
)
WITHIN = 6  # so many kinds, the first ones, need no clamp


def _cases(draw: Draw) -> list[tuple[int, float, float, int]]:
    """Return a case of each kind, those that need no clamp first."""

    def one(
        dims: tuple[int, ...],
        bases: tuple[float, ...],
        factors: tuple[float, ...],
        trained: int,
        holds: Callable[..., bool],
    ) -> tuple[int, float, float, int]:
        sizes = draw.until(
            lambda: (draw.one_of(*dims), draw.one_of(*bases), draw.near(trained, trained // 8)),
            lambda found: _clear(*found) and holds(*found),
        )
        return sizes[0], sizes[1], draw.one_of(*factors), sizes[2]

    def some() -> list[tuple[int, float, float, int]]:
        found = [one(*kind) for kind in KINDS]
        return [*draw.shuffled(found[:WITHIN]), *draw.shuffled(found[WITHIN:])]

    return draw.until(
        some, lambda cases: each_differs((*SLIPS, *UNCLAMPED), yarn, cases, atol=1e-9)
    )


YARN = Drawn("yarn_frequencies", _cases)


def _examine(answer: Callable[..., object]) -> str:
    try:
        return EXERCISE.examine(answer)
    except (ValueError, OverflowError, ZeroDivisionError):  # a logarithm of 0, say
        replace(EXERCISE, cases=YARN[:WITHIN]).examine(answer)
        raise


def _said(dim: int, base: float, factor: float, trained: int) -> str:
    return f"yarn_frequencies({dim}, {int(base)}, {factor:g}, {trained})"


def _wrong_share(
    found: Tensor, right: Tensor, dim: int, base: float, factor: float, trained: int
) -> None:
    """Raise the first property that fails: fast kept, slow divided, a falling and even ramp."""
    if torch.allclose(found, right, rtol=1e-4, atol=1e-9) or not found.isfinite().all():
        return
    case, left = _said(dim, base, factor, trained), found / speeds(dim, base)
    low, high = (int(end) for end in ends(dim, base, trained))
    for holds, slug, pair, says in _properties(left, right / speeds(dim, base), factor):
        told = f"{left[pair]:.4g} of its old frequency"
        require(bool(holds), slug, f"{case}: pair {pair} has {told}. {says}")
    mine = _ends_of((left - 1 / factor) / (1 - 1 / factor))
    if mine is not None:
        _other_ends(mine, (low, high), case, dim, base, trained)
    for part, slug, says in (
        (slice(None, low + 1), "ramp-too-early", f"Keep the pairs up to low = {low}."),
        (slice(high, None), "ramp-too-late", f"Divide all from high = {high} on by {factor:g}."),
        (slice(None), "ramp-uneven", f"From low = {low} to high = {high} the share kept must fall "
         "in equal steps."),
    ):  # fmt: skip
        off = torch.zeros_like(left)
        off[part] = (found / right - 1).abs()[part]
        pair = int(off.argmax())
        true = float((right / speeds(dim, base))[pair])
        told = f"{left[pair]:.4g} of its old frequency, not {true:.4g}"
        require(bool(off.max() < 1e-4), slug, f"{case}: pair {pair} has {told}. {says}")


def _properties(
    left: Tensor, right: Tensor, factor: float
) -> Iterator[tuple[Tensor | bool, str, int, str]]:
    """Yield what must hold of the shares, its slug, a pair that shows it, and the cure."""
    last, drop, less = len(left) - 1, left.diff(), 1 / factor
    yield abs(left[0] - 1) < 1e-4, "fast-changed", 0, "It is the fastest: keep its frequency."
    says = f"It is slow: divide it by {factor:g}."
    if abs(right[-1] - less) < 1e-6:
        yield abs(left[-1] - less) < 1e-4, "slow-not-divided", last, says
    yield left.max() < 1 + 1e-4, "faster", int(left.argmax()), "No pair may get a higher one."
    says = f"Divide no pair by more than {factor:g}."
    yield left.min() > less - 1e-4, "too-slow", int(left.argmin()), says
    says = "Let the share that is kept fall from pair to pair; it rises here."
    yield drop.max() < 1e-4, "rises", int(drop.argmax()) + 1, says


def _ends_of(kept: Tensor) -> tuple[float, float] | None:
    """Return where an even ramp begins and ends, None where it is not even."""
    inner = ((kept > 1e-4) & (kept < 1 - 1e-4)).nonzero().flatten()
    steps = kept[inner].diff()
    if len(inner) < 3 or bool((steps - steps.mean()).abs().max() > 1e-4):
        return None
    step = -float(steps.mean())
    low = float(inner[0]) - (1 - float(kept[inner[0]])) / step
    return round(low, 2), round(low + 1 / step, 2)


def _other_ends(
    mine: tuple[float, float], true: tuple[int, int], case: str, dim: int, base: float, trained: int
) -> None:
    """Raise an even ramp between other ends than the right ones."""
    for i, (name, turns, slug) in enumerate((("low", 32, "other-low"), ("high", 1, "other-high"))):
        if abs(mine[i] - true[i]) < 0.02:
            continue
        often = trained * base ** (-2 * mine[i] / dim) / TURN
        up = "down, at least 0" if i == 0 else "up, at most dim − 1"
        exact = raw_ends(dim, base, trained)[i]
        whole = "" if exact == true[i] else f", not {exact:g}"
        raise Mistake(
            slug,
            f"{case}: the ramp {'begins' if i == 0 else 'ends'} at pair {mine[i]:g}, which turns "
            f"{often:.3g} times in training. {name} must be {true[i]}{whole}: i({turns}) rounded "
            f"{up}.",
        )


EXERCISE = Exercise(
    name="yarn_frequencies",
    right=yarn,
    cases=YARN,
    praise="Fast pairs are kept, slow pairs divided, with a ramp between.",
    slips=(*SLIPS, *UNCLAMPED),
    lacks=_wrong_share,
    said=_said,
    atol=1e-9,
)
