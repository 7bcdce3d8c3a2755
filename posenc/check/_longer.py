"""Checkers of notebook 08: angles never met, positions squeezed, YaRN, false neighbours."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from posenc import functional
from posenc.check._slips import _longer, _neighbours, _yarn
from posenc.check.engine.compare import again, alike, explain, first_difference
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

__all__ = ["false_neighbour", "interpolated", "unseen_pairs", "yarn_frequencies"]

F64 = torch.float64


def unseen_pairs(answer: object) -> Verdict:
    """Check ``answer(dim, base, trained)``, how many pairs never complete a turn.

    >>> import math
    >>> def right(dim, base, trained):
    ...     turns = trained * functional.inverse_frequencies(dim, base) / (2 * math.pi)
    ...     return int((turns < 1).sum())
    >>> _ = unseen_pairs(right)
    ✓ unseen_pairs: the pairs whose wavelength is longer than the trained length
    """
    return judge("unseen_pairs", answer, _unseen)


def interpolated(answer: object) -> Verdict:
    """Check ``answer(pos, factor)``, the positions squeezed into the trained range.

    >>> _ = interpolated(lambda pos, factor: pos / factor)
    ✓ interpolated: a text of factor times the length ends where training ended
    """
    return judge("interpolated", answer, _interpolated)


def yarn_frequencies(answer: object) -> Verdict:
    """Check ``answer(dim, base, factor, trained)``, YaRN's dim/2 speeds, with 32 and 1 turns.

    >>> def right(dim, base, factor, trained):
    ...     return functional.scaled_frequencies(
    ...         dim, base, method="yarn", factor=factor, original_max_len=trained)
    >>> _ = yarn_frequencies(right)
    ✓ yarn_frequencies: fast pairs kept, slow pairs divided, a ramp between
    """
    return judge("yarn_frequencies", answer, _yarn_speeds)


def false_neighbour(answer: object) -> Verdict:
    """Check ``answer(first, second, trained, reach)``, what two clocks take for distance 1.

    >>> def right(first, second, trained, reach):
    ...     gone = torch.arange(trained, reach) - 1
    ...     alike = (first * gone).cos() + (second * gone).cos()
    ...     return int(alike.argmax()) + trained
    >>> _ = false_neighbour(right)
    ✓ false_neighbour: where both clocks have come round together
    """
    return judge("false_neighbour", answer, _false_neighbour)


# --- angles never met ---------------------------------------------------------------------

PAIRS = ((128, 10_000.0, 4096), (128, 500_000.0, 8192), (8, 10_000.0, 16), (8, 2.0, 64))


def _unseen(answer: Callable[[int, float, int], object]) -> str:
    found = [_number(answer(*case), _said("unseen_pairs", *case)) for case in PAIRS]
    right = [float(_longer.unseen(*case)) for case in PAIRS]
    if found == right:
        return "the pairs whose wavelength is longer than the trained length"
    explain([torch.tensor(x, dtype=F64) for x in found], _longer.UNSEEN, PAIRS)
    for mine, true, case in zip(found, right, PAIRS, strict=True):
        words = f"{_said('unseen_pairs', *case)} must be {true:g}; it is {mine:g}"
        limit = case[0] // 2
        require(mine == int(mine), "not-whole", f"{words}: pairs are counted in whole numbers")
        require(0 <= mine <= limit, "no-such-number", f"{words}: there are {limit} pairs")
    _moves_with(answer, found)
    i = next(i for i, (mine, true) in enumerate(zip(found, right, strict=True)) if mine != true)
    words = f"{_said('unseen_pairs', *PAIRS[i])} must be {right[i]:g}; it is {found[i]:g}"
    slug = "too-many" if found[i] > right[i] else "too-few"
    raise Mistake(slug, f"{words}: compare trained · speed with 2π, for each pair")


def _moves_with(answer: Callable[[int, float, int], object], found: list[float]) -> None:
    """Raise unless more length leaves fewer pairs unseen, and a larger base more."""
    longer = _number(answer(128, 10_000.0, 65_536), "unseen_pairs(128, 10000, 65536)")
    larger = _number(answer(128, 500_000.0, 4096), "unseen_pairs(128, 500000, 4096)")
    for slug, known, says in (
        ("ignores-trained", longer != found[0], "sixteen times the trained length changes nothing"),
        ("grows-with-length", longer <= found[0], "training on longer texts leaves more pairs "
         "unseen; it must leave fewer"),
        ("ignores-base", larger != found[0], "a base fifty times as large changes nothing"),
        ("falls-with-base", larger >= found[0], "a larger base leaves fewer pairs unseen; it slows "
         "pairs down, so it must leave more"),
    ):  # fmt: skip
        require(known, slug, f"{says}: it is {found[0]:g} for unseen_pairs(128, 10000, 4096)")


def _said(name: str, *case: float) -> str:
    return f"{name}({', '.join(f'{x:.4g}' if isinstance(x, float) else str(x) for x in case)})"


def _number(found: object, case: str) -> float:
    """Return the one number in ``found``, or raise the mistake."""
    if isinstance(found, Tensor) and found.numel() == 1 and found.dtype != torch.bool:
        found = found.item()
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    finite = number and abs(found) < 1e15  # type: ignore[arg-type]
    shown = found if number else type(found).__name__
    require(finite, "not-a-number", f"{case} must be one whole number; it is {shown}")
    return float(found)  # type: ignore[arg-type]


# --- positions squeezed -------------------------------------------------------------------

SQUEEZED = (
    ("torch.arange(9)", torch.arange(9), 4),
    ("torch.tensor([7., 0., 3.])", torch.tensor([7.0, 0.0, 3.0]), 2.5),
    ("torch.tensor([8191, 257, 4095])", torch.tensor([8191, 257, 4095]), 2),
)


def _interpolated(answer: Callable[[Tensor, float], Tensor]) -> str:
    cases = [(pos.clone(), factor) for _, pos, factor in SQUEEZED]
    right = [_longer.squeezed(*case) for case in cases]
    found = [answer(*case) for case in cases]
    said = [f"interpolated({words}, {factor})" for words, _, factor in SQUEEZED]
    explain(found, _longer.INTERPOLATED, cases)  # before their type is judged: pos // 4 has a name
    first = first_difference(found, right, said)
    if first is None:
        return "a text of factor times the length ends where training ended"
    _not_squeezed(answer)
    raise first


def _not_squeezed(answer: Callable[[Tensor, float], Tensor]) -> None:
    """Raise the first property that fails: rows by themselves, 0 at 0, equal steps, factor."""

    def ask(pos: Tensor, factor: float) -> Tensor:
        return again(answer, pos, factor, like=_longer.squeezed(pos, factor), case="interpolated")

    pos = torch.arange(9)
    found = ask(pos, 4)
    said = "the result depends on the order of the positions: each must be squeezed by itself"
    require(alike(ask(pos.flip(0), 4), found.flip(0)), "order", said)
    said = "the same positions are squeezed otherwise in a shorter text: factor alone must count"
    require(alike(ask(pos[:5], 4), found[:5]), "depends-on-length", said)
    _wrong_steps(found)
    for factor in (2.5, 2):
        step = float(ask(pos, factor)[1])
        said = f"with factor {factor} the step must be {1 / factor:g}; it is {step:.4g}"
        require(abs(step - 1 / factor) < 1e-6, "ignores-factor", said)


def _wrong_steps(found: Tensor) -> None:
    """Raise unless positions 0 … 8, squeezed by 4, begin at 0 and go on by 0.25."""
    start, steps = float(found[0]), found.diff()
    said = f"position 0 must stay at 0; with factor 4 it goes to {start:.4g}"
    require(abs(start) < 1e-6, "zero-moves", said)
    first, last = float(steps[0]), float(steps[-1])
    said = f"all steps must shrink alike; with factor 4 the first is {first:.4g}, the last "
    require(alike(steps, steps[:1].expand(8)), "uneven-steps", f"{said}{last:.4g}")
    said = f"with factor 4 the step from word to word must be 0.25; it is {first:.4g}"
    require(abs(first - 0.25) < 1e-6, "step", said)


# --- YaRN ---------------------------------------------------------------------------------

YARN = ((128, 10_000.0, 8.0, 4096), (64, 500_000.0, 4.0, 8192), (16, 10_000.0, 2.0, 2048))


def _yarn_speeds(answer: Callable[[int, float, float, int], Tensor]) -> str:
    right = [_yarn.yarn(*case) for case in YARN]
    found = [answer(*case) for case in YARN]
    said = [f"yarn_frequencies({d}, {b:g}, {s:g}, {n})" for d, b, s, n in YARN]
    first = first_difference(found, right, said, atol=1e-9)
    if first is None:
        return "fast pairs kept, slow pairs divided, a ramp between"
    explain(found, _yarn.KNOWN["yarn_frequencies"], YARN, atol=1e-9)
    for mine, case in zip(found, YARN, strict=True):
        _wrong_share(mine.detach().to("cpu", F64), *case)
    raise first


def _wrong_share(found: Tensor, dim: int, base: float, factor: float, trained: int) -> None:
    """Raise the first property that fails: fast kept, slow divided, a falling and even ramp."""
    left = found / functional.inverse_frequencies(dim, base, dtype=F64)  # of the old speed
    low, high = _yarn.ends(dim, base, trained)
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


# --- false neighbours ---------------------------------------------------------------------

CLOCKS = (
    (1.0, 10**-0.5, 16, 64),
    (1.0, 0.1, 16, 128),
    (1.0, 0.1, 16, 40),  # 7, met in training, would win
    (1.0, 0.3, 8, 32),  # at 11 both stand half a turn away
    (1.0, 0.5, 16, 64),
    (1.0, 0.5, 16, 89),  # 89 itself would win
    (1.0, 0.5, 26, 40),  # 26 itself does
)


def _false_neighbour(answer: Callable[[float, float, int, int], object]) -> str:
    found = [_number(answer(*case), _said("false_neighbour", *case)) for case in CLOCKS]
    right = [float(_neighbours.nearest(*case)) for case in CLOCKS]
    if found == right:
        return "where both clocks have come round together"
    explain([torch.tensor(x, dtype=F64) for x in found], _neighbours.NEIGHBOURS, CLOCKS)
    for mine, true, case in zip(found, right, CLOCKS, strict=True):
        _worse(mine, true, case)
    raise AssertionError("one of them differs")


def _worse(mine: float, true: float, case: tuple[float, float, int, int]) -> None:
    first, second, trained, reach = case
    words = f"{_said('false_neighbour', *case)} must be {true:g}; it is {mine:g}"
    inside = mine == int(mine) and trained <= mine < reach
    require(inside, "out-of-range", f"{words}: try the whole numbers {trained} … {reach - 1}")
    alikeness = _neighbours.likeness(*case)
    best, got = (float(alikeness[int(x) - trained]) for x in (true, mine))
    told = f"the cosines sum to {got:.3f} there, to {best:.3f} at {true:g}"
    require(mine == true, "less-alike", f"{words}: {told}")
