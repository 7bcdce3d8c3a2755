"""Frequencies measured at several widths: which base, or which width, were they made with?"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from posenc.check.engine.verdict import Mistake, require
from posenc.check.lesson_07.turning import speeds

F64 = torch.float64
BASE = 10_000.0


def name_frequencies(measure: Callable[[int], Tensor], own: str) -> None:
    """Raise what wrong frequencies were made with; ``own`` says of what they must be made.

    >>> name_frequencies(speeds, "dh")
    """
    found = {width: measure(width) for width in (6, 8, 20)}
    if all(torch.allclose(f, speeds(width), rtol=1e-4, atol=1e-6) for width, f in found.items()):
        return
    _scaled(found)
    widths = _made_for(found)
    if widths is not None:
        _one_rule(widths, found, own)
    if all(torch.allclose(f, speeds(width), rtol=6e-3, atol=6e-4) for width, f in found.items()):
        width = max(found, key=lambda w: float((found[w] / speeds(w) - 1).abs().max()))
        pair = int((found[width] / speeds(width) - 1).abs().argmax())
        raise Mistake(
            "rounded-frequencies",
            f"The frequencies are rounded: at width {width} pair {pair} has "
            f"{found[width][pair]:.6g}, not {speeds(width)[pair]:.6g}. Compute them in float32 at "
            "least, without rounding.",
        )


def _scaled(found: dict[int, Tensor]) -> None:
    """Raise where every pair rotates by one part of its angle, or not at all."""
    ratios = torch.cat([f / speeds(width) for width, f in found.items()])
    ratio = float(ratios.mean())
    if float((ratios - ratio).abs().max()) > 1e-4 * abs(ratio) + 1e-6:
        return
    if abs(ratio) < 1e-6:
        raise Mistake(
            "position-1-stands-still",
            "Nothing rotates at position 1, where pair 0 must rotate by 1 rad. Multiply the "
            "frequencies by pos itself, without //.",
        )
    require(
        abs(ratio + 1) > 1e-4,
        "clockwise-too",
        "The rotation is clockwise: pair 0 rotates by −1 rad per position, not by 1, and more is "
        "wrong. Put the minus before the sine of the first channel.",
    )
    raise Mistake(
        "scaled-positions",
        f"Every pair rotates by {ratio:.4g} times its angle: pair 0 by {ratio:.4g} rad per "
        "position, not by 1. Multiply the frequencies by pos itself.",
    )


def _made_for(found: dict[int, Tensor]) -> dict[int, float] | None:
    """Return for which width each set of frequencies would be right, None where for none."""
    made = {}
    for width, f in found.items():
        if not (0 < float(f[1]) < 0.999 and abs(float(f[0]) - 1) < 1e-3):
            return None
        i = torch.arange(len(f), dtype=F64)
        if not torch.allclose(f, f[1] ** i, rtol=2e-3, atol=1e-6):
            return None
        made[width] = -2 * math.log(BASE) / math.log(float(f[1]))
    return made


def _one_rule(made: dict[int, float], found: dict[int, Tensor], own: str) -> None:
    """Raise the rule that all widths obey."""
    width = max(made, key=lambda w: abs(made[w] / w - 1))
    gives = f"at width {width} pair 1 rotates by {found[width][1]:.3g} rad per position, not by "
    gives += f"{speeds(width)[1]:.3g}"
    cure = f"Make them from {own}."
    for slug, holds, fault in _rules(made):
        if holds:
            based = slug in ("other-base", "ntk-base")
            raise Mistake(slug, f"{fault}: {gives}. {'Use base 10000.' if based else cure}")


def _rules(made: dict[int, float]) -> Iterator[tuple[str, bool, str]]:
    """Yield one width, a multiple, one base, so much more, NTK's base: slug, holds, the fault."""
    one = _constant(list(made.values())) or 0.0
    yield "one-width", one > 0, f"The frequencies are those of width {one:.4g}, whatever comes in"
    times = _constant([m / w for w, m in made.items()]) or 0.0
    whole = times > 1.5 and abs(times - round(times)) < 1e-2
    fault = f"The frequencies are those of {times:.0f} times the width, as of all heads together"
    yield "width-of-all-heads", whole, fault
    base = BASE ** (1 / (times or 1))
    yield "other-base", times > 0, f"The base is {_digits(base)}"
    more = {round(m - w, 2) for w, m in made.items()}
    fault = f"The frequencies are those of the width {min(more):+g}"
    yield "width-moved", len(more) == 1, fault
    factor = _constant([BASE ** ((w / m - 1) * (w - 2) / w) for w, m in made.items()]) or 0.0
    fault = f"The base is raised as NTK does for factor {factor:.3g}, 10000 · factor^(dh/(dh − 2))"
    yield "ntk-base", factor > 0, fault


def _constant(numbers: list[float]) -> float | None:
    mean = sum(numbers) / len(numbers)
    return mean if all(abs(x / mean - 1) < 3e-3 for x in numbers) else None


def _digits(base: float) -> str:
    return f"{base:.4g}" if not 1e4 <= base < 1e6 else f"{float(f'{base:.4g}'):.0f}"
