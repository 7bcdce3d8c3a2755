"""A table for another grid: (table, old, new) -> (H · W, d)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import again, alike
from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_10.grid import ROUNDING, at, formed, places
from posenc.check.lesson_10.resized_table_slips import SLIPS, Size, resized


def resized_table(answer: Callable[..., Any]) -> Verdict:
    """Check ``resized_table(table, old, new)``: (h·w, d), (h, w), (H, W) -> (H·W, d).

    Bilinear, in two dimensions, with pixel centres (``align_corners=False``).

    >>> def mine(table, old, new):
    ...     return table[:new[0] * new[1]]
    >>> verdict = resized_table(mine)
    ✗ resized_table: The result has the shape (6, 8), not (24, 8). It has the old number of \
rows: interpolate to size=new.
    """
    return judge("resized_table", answer, _examine)


def _cases(draw: Draw) -> tuple[tuple[Tensor, Size, Size], ...]:
    """Return a table of each kind, its grid and the new one."""
    generator, near = draw.generator(10), draw.near
    same, square, one = (near(4, 1), near(6, 1)), near(4, 1), near(7, 1)
    sizes = (
        ((2, near(3, 1)), (near(4, 1), near(6, 1)), near(8, 2)),  # larger both ways
        (same, same, near(5, 1)),
        ((square, square), (square + 2, square + 2), near(12, 2)),
        ((near(6, 1), near(4, 1)), (near(3, 1), near(9, 1)), near(3, 1)),
        ((near(6, 1), near(4, 1)), (3, 3), near(7, 2)),  # smaller both ways
        ((1, near(5, 1)), (near(3, 1), 2), near(4, 1)),
        ((one, one), (8, near(10, 1)), 1),
    )
    kinds = (torch.float32, torch.float64)
    return draw.shuffled(
        (torch.randn(h * w, d, generator=generator, dtype=kinds[i % 2]), (h, w), new)
        for i, ((h, w), new, d) in enumerate(sizes)
    )


def _hint(
    shape: tuple[int, ...], wanted: tuple[int, ...], table: Tensor, old: Size, new: Size
) -> str:
    n, d = wanted
    if shape == (d, n):
        return "Channels stand first: end with .T."
    if len(shape) == 4:
        return "It is (1, d, H, W) still: end with [0].flatten(1).T."
    if shape == (1, n, d):
        return "The batch axis of 1 is still there: end with [0]."
    if shape == (n + 1, d):
        return "There is one row too many: leave out a class token."
    if len(shape) == 3:
        return "It is on the grid still: read it row by row, with reshape(-1, d)."
    if shape == tuple(table.shape):
        return "It has the old number of rows: interpolate to size=new."
    if shape == (n, old[0]):
        fed = "table.T.reshape(1, -1, *old)"
        return f"The table's height was taken for channels: interpolate wants (1, d, h, w), {fed}."
    return f"Interpolate to size=new, here {new}, and return (H · W, d)."


def _examine(answer: Callable[..., Any]) -> str:
    return EXERCISE.examine(formed(answer, EXERCISE, _hint))


SHORT = (torch.bfloat16, torch.float16)


def _properties(answer: Callable[..., Any], found: list[Tensor], differences: list[Any]) -> None:
    """Raise the first property that fails: precision, then channels apart, ones, rows, columns."""
    right = [resized(*case) for case in EXERCISE.cases]
    near = all(alike(mine, true, atol=0.03) for mine, true in zip(found, right, strict=True))
    if near and any(all(alike(x, x.to(t), atol=1e-9) for x in found) for t in SHORT):
        said = "The numbers are rounded to 16 bits on the way. Interpolate in the table's own type."
        raise Mistake("rounded", said)
    for (_, old, new), wrong in zip(EXERCISE.cases, differences, strict=True):
        if wrong:
            _wrong_resizing(answer, old, new)


def _wrong_resizing(answer: Callable[..., Any], *sizes: Size) -> None:
    (h, w), (_, width) = sizes
    ones = torch.ones(h * w, 8)
    row, column = (places(h, w)[:, i, None] * ones for i in (0, 1))
    first = (row * w + column + 1) * torch.eye(8)[0]
    others = _ask(answer, first, *sizes)[:, 1:].abs().max()
    said = f"Numbers in channel 0 alone leave {float(others):.3g} in other channels. Interpolate"
    require(float(others) < ROUNDING, "mixes-channels", f"{said} each channel for itself.")
    for table, slug, says in (
        (ones, "ones", "1 everywhere"),
        (row, "rows", "each patch's row"),
        (column, "columns", "each patch's column"),
    ):
        right, found = resized(table, *sizes), _ask(answer, table, *sizes)
        wrong = (found - right).abs() > ROUNDING
        if wrong.any():
            place, channel = wrong.nonzero()[0].tolist()
            where = at(torch.tensor(divmod(place, width)))
            said = f"A table that holds {says}, from {sizes[0]} to {sizes[1]}, gets"
            said += f" {found[place, channel]:.4g} at {where}, not {right[place, channel]:.4g}."
            raise Mistake(slug, f"{said} {CURE[slug]}")


CURE = {
    "ones": "Weigh the neighbours so that their weights sum to 1.",
    "rows": "Interpolate bilinearly between rows, align_corners=False.",
    "columns": "Interpolate bilinearly between columns, align_corners=False.",
}


def _ask(answer: Callable[..., Any], table: Tensor, *sizes: Size) -> Tensor:
    right = resized(table, *sizes)
    return again(answer, table.clone(), *sizes, like=right, case="resized_table")


EXERCISE = Exercise(
    name="resized_table",
    right=resized,
    cases=Drawn("resized_table", _cases),
    praise="each channel is interpolated on its grid, in both directions",
    slips=SLIPS,
    asks=_properties,
    said=lambda table, old, new: f"resized_table(table, {old}, {new})",
    atol=ROUNDING,
)
