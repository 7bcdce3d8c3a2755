"""The frequencies of the paper's sinusoids: (dim, base) -> (dim/2,)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn, asked
from posenc.check.engine.frequencies import check_speeds, tell_factor, tell_ratios
from posenc.check.engine.rounded import tell_rounded
from posenc.check.engine.speeds import speeds_of
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same
from posenc.check.lesson_03.asking import called
from posenc.check.lesson_03.inverse_frequencies_slips import SLIPS

__all__ = ["SLIPS", "inverse_frequencies"]

F64 = torch.float64


def _cases(draw: Draw) -> tuple[tuple[int, float], ...]:
    """Return widths and bases; two widths are no powers of 2, so that a rounded exponent shows."""
    return draw.repeated((
        (draw.one_of(8, 10, 12, 16), 10_000),
        (draw.one_of(6, 10, 12, 14), draw.near(64, 30)),
        (draw.one_of(20, 18, 22, 24, 26, 28), 1000.0 * draw.near(500, 300)),
        (draw.near(64, 12, 2), draw.near(100, 50)),
        (2, draw.near(10, 5)),
    ))  # fmt: skip


CASES: Sequence[tuple[int, float]] = Drawn("inverse_frequencies", _cases)


def inverse_frequencies(answer: object) -> Verdict:
    """Check ``answer(dim, base)``, the dim/2 frequencies base^(-2i/dim), highest first.

    >>> from posenc import functional
    >>> _ = inverse_frequencies(functional.inverse_frequencies)
    ✓ inverse_frequencies: dim/2 frequencies of equal ratio, the highest first
    """
    return judge("inverse_frequencies", answer, _examine_speeds)


def _right(dim: int, base: float) -> Tensor:
    return speeds_of(dim, base=base)


def _said(dim: int, base: float) -> str:
    return f"inverse_frequencies({dim}, {base:g})"


def _examine_speeds(answer: Callable[[int, float], Tensor]) -> str:
    said = [_said(*given) for given in CASES]
    found = asked(
        "inverse_frequencies", lambda *given: called(answer, _said(*given), *given), CASES
    )
    for mine, given, case in zip(found, CASES, said, strict=True):
        _form(mine, *given, case)
    _why(found, said)
    for mine, given, case in zip(found, CASES, said, strict=True):
        same(mine, _right(*given), case=case, atol=1e-9)
    return "dim/2 frequencies of equal ratio, the highest first"


def _form(found: object, dim: int, base: float, case: str) -> None:
    """Raise what the type and the shape of the frequencies tell."""
    if not isinstance(found, Tensor):
        same(found, _right(dim, base), case=case)
    assert isinstance(found, Tensor)
    shape, many = tuple(found.shape), dim // 2
    require(
        shape != (dim,),
        "one-a-channel",
        f"{case}: there are {dim} frequencies. Return one per pair, dim/2 = {many}: the sine and "
        "the cosine share it.",
    )
    few = f"dim/2 = {many} frequencies, for i = 0 … {many - 1}"
    advice = f"({many},), without further axes" if found.numel() == many else few
    require(shape == (many,), "shape", f"{case}: the shape is {shape}. Return {advice}.")
    require(
        found.is_floating_point() or found.is_complex() or bool((found == _right(dim, base)).all()),
        "dtype",
        f"{case}: the numbers are whole, {str(found.dtype).removeprefix('torch.')}, so every "
        "frequency below 1 is lost. Return floating-point numbers.",
    )


def _why(found: Sequence[Tensor], said: Sequence[str]) -> None:
    """Raise the known mistake that these frequencies are, or the first property they lack."""
    if any(mine.is_complex() for mine in found):
        return
    numbers = [mine.detach().to("cpu", F64) for mine in found]
    right = [_right(*given) for given in CASES]
    wrong = [
        k for k, mine in enumerate(numbers)
        if not torch.allclose(mine, right[k], rtol=1e-4, atol=1e-9)
    ]  # fmt: skip
    if not wrong:
        return
    tell_rounded(found, right, [1e-9] * len(found))
    _slip(numbers, wrong[0])
    first, (_, base), case = numbers[wrong[0]], CASES[wrong[0]], said[wrong[0]]
    if not first.isfinite().all():
        i = int((~first.isfinite()).nonzero()[0])
        raise Mistake(
            "not-finite",
            f"{case}: frequency {i} is {float(first[i])}. Look for a division by 0 or a power "
            "of a negative number.",
        )
    tried = [(mine, *given) for mine, given in zip(numbers, CASES, strict=True)]
    tell_factor(tried)
    tell_ratios(tried)
    check_speeds(first, base, case)


def _slip(numbers: Sequence[Tensor], first: int) -> None:
    """Raise the slip that gives these numbers in every case, where it is defined."""
    for slip in SLIPS:
        others = [slip.program(*given) for given in CASES]
        if all(_alike(mine, other) for mine, other in zip(numbers, others, strict=True)):
            mine, right = numbers[first], _right(*CASES[first])
            i = int((~torch.isclose(mine, right, rtol=1e-4, atol=1e-9)).nonzero()[0])
            dim, base = CASES[first]
            raise Mistake(
                slip.slug,
                f"{slip.says} (dim {dim}, base {base:g}: frequency {i} is {float(mine[i]):.4g}, "
                f"not {float(right[i]):.4g}.)",
            )


def _alike(mine: Tensor, other: Tensor) -> bool:
    undefined = len(other) == 1 and bool(other.isnan().any())  # divided by dim/2 − 1 = 0
    return undefined or torch.allclose(mine, other, rtol=2e-4, atol=1e-12, equal_nan=True)
