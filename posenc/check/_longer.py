"""Checkers of notebook 08: angles never met, positions squeezed, YaRN, false neighbours."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check._verdict import Mistake, Verdict, judge, require, same

__all__ = ["false_neighbour", "interpolated", "unseen_pairs", "yarn_frequencies"]

F64 = torch.float64


def unseen_pairs(answer: object) -> Verdict:
    """Check ``answer(dim, base, trained)``, how many pairs never complete a turn.

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
    return judge("yarn_frequencies", answer, _yarn)


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

CASES = ((128, 10_000.0, 4096), (128, 500_000.0, 8192), (8, 10_000.0, 16), (8, 2.0, 64))


def _unseen(answer: Callable[[int, float, int], int]) -> str:
    for dim, base, trained in CASES:
        case = f"unseen_pairs({dim}, {base:g}, {trained})"
        found = _whole(answer(dim, base, trained), case)
        speeds = functional.inverse_frequencies(dim, base, dtype=F64)
        turns = trained * speeds / (2 * math.pi)
        right = int((turns < 1).sum())
        if found == right:
            continue
        for slug, other, message in (
            ("counts-seen", dim // 2 - right, "these are the pairs that do complete a turn"),
            ("no-two-pi", int((trained * speeds < 1).sum()), "a turn is 2π, not 1"),
            ("half-turn", int((turns < 0.5).sum()), "a full turn is 2π; π is half of one"),
            ("channels", 2 * right, "count pairs; a pair has two channels"),
        ):
            require(found != other, slug, f"{case} must be {right}; it is {found}: {message}")
        raise Mistake("value", f"{case} must be {right}; it is {found}")
    return "the pairs whose wavelength is longer than the trained length"


def _whole(found: object, case: str) -> int:
    """Return the whole number in ``found``, or raise the mistake."""
    if isinstance(found, Tensor) and found.numel() == 1:
        found = found.item()
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    require(
        number and found == int(found),  # type: ignore[call-overload]
        "not-a-number",
        f"{case} must be one whole number; it is {type(found).__name__}",
    )
    return int(found)  # type: ignore[call-overload]


# --- positions squeezed -------------------------------------------------------------------


def _interpolated(answer: Callable[[Tensor, float], Tensor]) -> str:
    for pos, factor in ((torch.arange(9), 4), (torch.tensor([7.0, 0.0, 3.0]), 2.5)):
        said = "torch.arange(9)" if len(pos) == 9 else "torch.tensor([7., 0., 3.])"
        case = f"interpolated({said}, {factor})"
        found, right = answer(pos, factor), pos.double() / factor
        if isinstance(found, Tensor) and found.shape == right.shape:
            _why_positions(found.detach().to("cpu", F64), pos.double(), factor)
        same(found, right, case=case, atol=1e-6)
    return "a text of factor times the length ends where training ended"


def _why_positions(found: Tensor, pos: Tensor, factor: float) -> None:
    if torch.allclose(found, pos / factor, rtol=1e-5, atol=1e-6):
        return
    for slug, other, message in (
        ("stretched", pos * factor, "the positions are stretched: divide by factor"),
        ("whole", (pos / factor).floor(), "positions were rounded down: neighbours share one"),
        ("rounded", (pos / factor).round(), "positions were rounded: neighbours share one"),
        ("clipped", pos.clamp(max=float(pos.max()) / factor), "the end was clipped: squeeze all"),
        ("untouched", pos, "the positions are as they were"),
    ):
        require(not torch.allclose(found, other, rtol=1e-5, atol=1e-6), slug, message)


# --- YaRN ---------------------------------------------------------------------------------


def _yarn(answer: Callable[[int, float, float, int], Tensor]) -> str:
    for dim, base, factor, trained in (
        (128, 10_000.0, 8.0, 4096),
        (64, 500_000.0, 4.0, 8192),
        (16, 10_000.0, 2.0, 2048),
    ):
        case = f"yarn_frequencies({dim}, {base:g}, {factor:g}, {trained})"
        right = functional.scaled_frequencies(
            dim, base, method="yarn", factor=factor, original_max_len=trained
        ).double()
        found = answer(dim, base, factor, trained)
        if isinstance(found, Tensor) and found.shape == right.shape:
            _why_yarn(found.detach().to("cpu", F64), right, dim, base, factor, trained)
        same(found, right, case=case, atol=1e-9)
    return "fast pairs kept, slow pairs divided, a ramp between"


def _why_yarn(
    found: Tensor, right: Tensor, dim: int, base: float, factor: float, trained: int
) -> None:
    def close(other: Tensor) -> bool:
        return torch.allclose(found, other, rtol=1e-4, atol=1e-9)

    if close(right):
        return
    old = functional.inverse_frequencies(dim, base, dtype=F64)
    require(not close(old), "untouched", "these are the old speeds: no pair was divided")
    require(not close(old / factor), "all-divided", "every pair was divided: keep the fast ones")
    # the share that is kept, back from the mixture
    share = (right / old - 1 / factor) / (1 - 1 / factor)
    turned = old * (1 - share) + old / factor * share
    require(not close(turned), "backwards", "the fast pairs were divided and the slow ones kept")
    _wrong_ramp(close, dim, base, factor, trained)


def _wrong_ramp(
    close: Callable[[Tensor], bool], dim: int, base: float, factor: float, trained: int
) -> None:
    """Raise where the ramp between kept and divided pairs is another one."""
    old = functional.inverse_frequencies(dim, base, dtype=F64)
    turns = old * trained / (2 * math.pi)
    by_turns = ((turns - 1) / 31).clamp(0, 1)
    require(
        not close(old * by_turns + old / factor * (1 - by_turns)),
        "ramp-by-turns",
        "the ramp goes by turns, as the paper prints it; the authors' code, and this exercise, "
        "ramps by the number of the pair",
    )
    places = [_pair_that_turns(turns, dim, base, trained) for turns in (32, 1)]
    i = torch.arange(dim // 2, dtype=F64)
    unrounded = 1 - ((i - places[0]) / (places[1] - places[0])).clamp(0, 1)
    require(
        not close(old * unrounded + old / factor * (1 - unrounded)),
        "not-rounded",
        "round the ends of the ramp to whole pairs: the first down, the last up",
    )


def _pair_that_turns(turns: float, dim: int, base: float, trained: int) -> float:
    return dim * math.log(trained / (2 * math.pi * turns)) / (2 * math.log(base))


# --- false neighbours ---------------------------------------------------------------------


def _false_neighbour(answer: Callable[[float, float, int, int], int]) -> str:
    for first, second, trained, reach in (
        (1.0, 10**-0.5, 16, 64),
        (1.0, 0.1, 16, 128),
        (1.0, 0.5, 16, 64),
    ):
        case = f"false_neighbour({first:g}, {second:.4g}, {trained}, {reach})"
        gone = torch.arange(trained, reach, dtype=F64) - 1  # beyond distance 1
        alike = (first * gone).cos() + (second * gone).cos()
        found = _whole(answer(first, second, trained, reach), case)
        right = int(alike.argmax()) + trained
        for slug, other, message in (
            ("steps-gone", right - 1, "that many steps beyond distance 1"),
            ("itself", 1, "distance 1 is no false neighbour"),
        ):
            wrong = found == other != right
            require(not wrong, slug, f"{case} must be {right}; it is {found}: {message}")
        require(found == right, "value", f"{case} must be {right}; it is {found}")
    return "where both clocks have come round together"
