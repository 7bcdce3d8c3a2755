"""Positions squeezed into the trained range: (pos, factor) -> (n,)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.compare import again, alike, explain, first_difference
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

Answer = Callable[[Tensor, float], Tensor]


def interpolated(answer: object) -> Verdict:
    """Check ``answer(pos, factor)``, the positions squeezed into the trained range.

    >>> _ = interpolated(lambda pos, factor: pos / factor)
    ✓ interpolated: A text of factor times the training length ends where training ended.
    """
    return judge("interpolated", answer, _examine)


def squeezed(pos: Tensor, factor: float) -> Tensor:
    """Return the positions divided by the factor, in float64."""
    return pos.double() / factor


def _digits(count: int) -> Slip:
    return Slip(
        f"rounded-to-{count}-digits",
        lambda pos, factor: squeezed(pos, factor).round(decimals=count),
        f"The result is rounded to {count} decimals: 5/3 becomes {round(5 / 3, count)}. Leave out "
        "the rounding.",
    )


def _stored(kind: torch.dtype, becomes: str) -> Slip:
    name = str(kind).removeprefix("torch.")
    return Slip(
        f"{name}-positions",
        lambda pos, factor: pos.to(kind).double() / factor,
        f"The positions are stored in {name}, where {becomes}. Divide them as they come, or in "
        "float32.",
        seen="EleutherAI/gpt-neox#1003" if kind == torch.bfloat16 else "",
    )


SLIPS = (
    Slip("stretched", lambda pos, factor: pos * factor,
         "The positions are multiplied by factor. Divide by it."),
    Slip("whole", lambda pos, factor: squeezed(pos, factor).floor(),
         "The positions are cut to whole numbers, so neighbours share one. Keep the fractions: use "
         "/, not //."),
    Slip("rounded", lambda pos, factor: squeezed(pos, factor).round(),
         "The positions are rounded, so neighbours share one. Keep the fractions."),
    Slip("rounded-up", lambda pos, factor: squeezed(pos, factor).ceil(),
         "The positions are rounded up, so neighbours share one. Keep the fractions."),
    *(_digits(count) for count in (1, 2, 3, 4)),
    Slip("clipped", lambda pos, factor: pos.double().clamp(max=float(pos.max()) / factor),
         "The far positions are clipped to one, max / factor. Divide all positions by factor."),
    Slip("clipped-by-count", lambda pos, factor: pos.double().clamp(max=len(pos) / factor),
         "The far positions are clipped to one, n / factor. Divide all positions by factor."),
    Slip("wrapped", lambda pos, factor: pos.double() % factor,
         "% gives the remainder, so positions begin again at 0. Use /."),
    Slip("wrapped-at-the-end", lambda pos, factor: pos.double() % (len(pos) / factor),
         "Positions begin again at 0 beyond n / factor, so two tokens share one. Divide all by "
         "factor."),
    Slip("untouched", lambda pos, factor: pos,
         "The positions are as they were. Divide them by factor."),
    Slip("ignores-pos", lambda pos, factor: squeezed(torch.arange(len(pos)), factor),
         "The tokens are counted again, 0, 1, 2, …, and pos is not read. Divide pos by factor."),
    Slip("linspace",
         lambda pos, factor: torch.linspace(0, float(pos.max()) / factor, len(pos)).double(),
         "linspace spreads n numbers evenly and does not read the positions between. Divide pos "
         "by factor."),
    Slip("linspace-from-the-least",
         lambda pos, factor: torch.linspace(
             float(pos.min()) / factor, float(pos.max()) / factor, len(pos)).double(),
         "linspace spreads n numbers evenly and does not read the positions between. Divide pos "
         "by factor."),
    Slip("linspace-by-count",
         lambda pos, factor: torch.linspace(0, len(pos) / factor, len(pos)).double(),
         "linspace spreads n numbers evenly from 0 to n / factor, and pos is not read. Divide pos "
         "by factor."),
    Slip("sorted", lambda pos, factor: squeezed(pos.sort().values, factor),
         "The positions are sorted. Keep their order: divide pos by factor."),
    Slip("from-the-first", lambda pos, factor: squeezed(pos - pos[0], factor),
         "The first position is subtracted from all. Divide the positions as they are."),
    Slip("from-the-least", lambda pos, factor: squeezed(pos - pos.min(), factor),
         "The smallest position is subtracted from all. Divide the positions as they are."),
    Slip("normalised", lambda pos, factor: pos.double() / pos.max(),
         "The positions are divided by the largest, so a step differs from text to text. Divide "
         "by factor."),
    Slip("normalised-by-count", lambda pos, factor: pos.double() / len(pos),
         "The positions are divided by the number of tokens, so a step differs from text to text. "
         "Divide by factor."),
    Slip("ends-pinned",
         lambda pos, factor: pos.double() * (len(pos) / factor - 1) / max(len(pos) - 1, 1),
         "The first and last position are pinned to 0 and n / factor − 1. Make every step "
         "1 / factor."),
    Slip("moved-back", lambda pos, factor: pos.double() - factor,
         "factor is subtracted. Divide by it."),
    Slip("logarithm", lambda pos, factor: torch.log1p(pos.double()) / math.log(factor),
         "A logarithm crowds the far positions. Divide, so that every step shrinks alike."),
    Slip("power", lambda pos, factor: pos.double() ** (1 / factor),
         "The positions are raised to the power 1 / factor. Divide them by factor."),
    Slip("square-root", lambda pos, factor: pos.double() / factor**0.5,
         "The positions are divided by √factor. Divide by factor."),
    Slip("twice", lambda pos, factor: pos.double() / factor**2,
         "The positions are divided by factor twice. Divide once."),
    Slip("whole-factor", lambda pos, factor: pos.double() / int(factor),
         "The fraction of factor is cut off: 2.5 becomes 2. Divide by factor itself."),
    Slip("factor-rounded-up", lambda pos, factor: pos.double() / math.ceil(factor),
         "factor is rounded up: 2.5 becomes 3. Divide by factor itself."),
    Slip("from-one", lambda pos, factor: (pos.double() + 1) / factor,
         "The positions count from 1, so position 0 moves. Divide pos, not pos + 1."),
    Slip("centred", lambda pos, factor: (pos.double() + 0.5) / factor - 0.5,
         "The centres are aligned, as for pixels, so position 0 moves. Divide pos by factor."),
    _stored(torch.bfloat16, "257 is 256"),
    _stored(torch.float16, "4095 is 4096"),
    _stored(torch.int16, "33000 is −32536"),
    _stored(torch.int8, "257 is 1, and 128 is −128"),
    _stored(torch.uint8, "257 is 1"),
    Slip("bfloat16-result", lambda pos, factor: squeezed(pos, factor).bfloat16(),
         "The result is rounded to bfloat16, so neighbours share a position. Use float32."),
    Slip("float16-result", lambda pos, factor: squeezed(pos, factor).half(),
         "The result is rounded to float16, so neighbours share a position. Use float32."),
)  # fmt: skip


def _cases(draw: Draw) -> tuple[tuple[str, Tensor, float], ...]:
    """Return each call's positions in words, the positions and the factor."""
    part = draw.one_of(3, 6, 12)
    start = part + draw.one_of(2, 1)  # a quotient from 1 to 2 that does not end
    floats = [draw.near(7, 2), 0, draw.near(3, 1)]
    tens = [draw.near(8191, 200, 2), draw.one_of(257, 259, 271), draw.near(4095, 200, 2)]
    wraps = [draw.near(200, 30), draw.near(33_000, 200), 2, draw.near(40_001, 200, 2)]
    return draw.shuffled(
        (
            _counted(draw.near(9, 2), draw.one_of(4, 5, 6)),
            (
                f"torch.tensor([{', '.join(f'{p}.' for p in floats)}])",
                torch.tensor(floats).float(),
                draw.one_of(2.5, 1.5, 3.5),
            ),
            _listed(tens, draw.one_of(2, 4)),
            _listed([start, start + 1, start + 2, start + 6], part, torch.int32),
            _listed(wraps, draw.one_of(16, 8, 32)),
            _listed([draw.near(12, 4)], draw.one_of(1.5, 2.5)),
        )
    )


def _listed(
    pos: list[int], factor: float, kind: torch.dtype = torch.long
) -> tuple[str, Tensor, float]:
    return f"torch.tensor({pos})", torch.tensor(pos, dtype=kind), factor


def _counted(n: int, factor: float) -> tuple[str, Tensor, float]:
    return f"torch.arange({n})", torch.arange(n), factor


SQUEEZED = Drawn("interpolated", _cases)


def _examine(answer: Answer) -> str:
    cases = [(pos.clone(), factor) for _, pos, factor in SQUEEZED]
    right = [squeezed(*case) for case in cases]
    found = [answer(*case) for case in cases]
    said = [f"interpolated({words}, {factor})" for words, _, factor in SQUEEZED]
    explain(found, SLIPS, cases)  # before their type is judged: pos // 4 has a name
    first = first_difference(found, right, said)
    if first is not None:
        if first.slug == "not-finite":
            raise first
        _not_squeezed(answer)
        raise first
    for mine, true, words in zip(found, right, said, strict=True):
        if not alike(mine, true):
            i = int((mine.double() / true - 1).nan_to_num().abs().argmax())
            raise Mistake(
                "imprecise",
                f"{words} at [{i}] is {float(mine[i]):.8g}, not {float(true[i]):.8g}: more than "
                "float32 rounds off. Divide pos by factor itself, in float32 or float64.",
            )
    return "A text of factor times the training length ends where training ended."


def _not_squeezed(answer: Answer) -> None:
    """Raise the first property that fails: rows by themselves, 0 at 0, equal steps, factor."""

    def ask(pos: Tensor, factor: float) -> Tensor:
        return again(answer, pos, factor, like=squeezed(pos, factor), case="interpolated")

    pos = torch.arange(9)
    found = ask(pos, 4)
    for row in (8, 1):
        alone = float(ask(pos[row : row + 1], 4))
        require(
            abs(alone - float(found[row])) < 1e-6,
            "depends-on-length",
            f"With factor 4 position {row} goes to {float(found[row]):.4g} among 0 … 8, and to "
            f"{alone:.4g} alone. Use pos and factor only, not the length or the largest position.",
        )
    require(
        alike(ask(pos.flip(0), 4), found.flip(0)),
        "order",
        "The result depends on the order of the positions. Divide each by factor by itself.",
    )
    _wrong_steps(found)
    for factor in (2.5, 2):
        step = float(ask(pos, factor)[1])
        said = f"With factor {factor} the step is {step:.4g}, not {1 / factor:g}. Divide by factor."
        require(abs(step - 1 / factor) < 1e-6, "ignores-factor", said)


def _wrong_steps(found: Tensor) -> None:
    """Raise unless positions 0 … 8, squeezed by 4, begin at 0 and go on by 0.25."""
    start, steps = float(found[0]), found.diff()
    require(
        abs(start) < 1e-6,
        "zero-moves",
        f"With factor 4 position 0 goes to {start:.4g}. Keep it at 0: divide, add nothing.",
    )
    first, last = float(steps[0]), float(steps[-1])
    require(
        alike(steps, steps[:1].expand(8)),
        "uneven-steps",
        f"With factor 4 the first step is {first:.4g} and the last {last:.4g}. Shrink all steps "
        "alike: divide by factor.",
    )
    said = f"With factor 4 the step from token to token is {first:.4g}, not 0.25. Divide by factor."
    require(abs(first - 0.25) < 1e-6, "step", said)
