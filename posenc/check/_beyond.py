"""Checkers of notebook 10: places on a grid, a resized table, Fourier features."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check._slips import _grids
from posenc.check.engine.compare import again, alike, explain, first_difference
from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import Verdict, judge, require

__all__ = ["fourier_features", "grid_positions", "resized_table"]

F64 = torch.float64
ROUNDING = 1e-4  # none of the learner's business


# --- places on a grid -----------------------------------------------------------------------


def grid_positions(answer: Callable[[int, int], Any]) -> Verdict:
    """Check ``grid_positions(height, width)``: -> (height · width, 2), row before column.

    The patches come as they are read: the first row from left to right, then the next.

    >>> def mine(height, width):
    ...     i = torch.arange(height * width)
    ...     return torch.stack((i // height, i % height), dim=-1)
    >>> verdict = grid_positions(mine)
    ✗ grid_positions: it divides by the height: on 8 × 32, patch 8 stands at (0, 8), not (1, 0)
    """
    return judge("grid_positions", answer, _examine_grid)


def _examine_grid(answer: Callable[[int, int], Any]) -> str:
    for height, width in ((8, 32), (2, 3), (3, 3), (5, 1), (1, 4)):
        case = f"grid_positions({height}, {width})"
        found, right = answer(height, width), _grids.places(height, width)
        first = first_difference([found], [right], [case], atol=ROUNDING)
        if first:
            told = _telling(_grids.GRID, right, height, width)
            name_it(found, told, height, width, atol=ROUNDING)
            _wrong_places(found.detach().to("cpu", F64), right, height, width, case)
            raise first
    return "right: row before column, read line by line, on any grid"


def _telling(slips: tuple[Slip, ...], right: Tensor, *given: Any) -> tuple[Slip, ...]:
    """Return the slips that do not make the right numbers here, as some do on a square grid."""
    return tuple(s for s in slips if not alike(s.program(*given), right, atol=ROUNDING))


def _wrong_places(found: Tensor, right: Tensor, height: int, width: int, case: str) -> None:
    """Raise the first property of a grid that fails: whole, inside, each place once, in order."""
    limits = torch.tensor([height, width])
    for wrong, slug, says in (
        (found % 1 != 0, "not-whole", "rows and columns are whole numbers"),
        ((found < 0) | (found >= limits), "outside", f"rows are 0 … {height - 1}, columns "
         f"0 … {width - 1}"),
    ):  # fmt: skip
        if wrong.any():
            patch = int(wrong.any(-1).int().argmax())
            require(False, slug, f"{says}: in {case} patch {patch} stands at {_at(found[patch])}")
    flat = (found[:, 0] * width + found[:, 1]).long()
    twice = int(flat.bincount(minlength=1).argmax())
    first = (flat == twice).nonzero()[:2, 0].tolist()
    said = f"in {case} two patches, {first}, stand at {_at(found[first[0]])}"
    require(len(first) == 1, "one-place", said)
    patch = int((found != right).any(-1).int().argmax())
    said = f"in {case} patch {patch} must stand at {_at(right[patch])}, not at {_at(found[patch])}"
    require(False, "order", said)


def _at(place: Tensor) -> str:
    return f"({', '.join(f'{x:g}' for x in place.tolist())})"


# --- a table for another grid ---------------------------------------------------------------


def resized_table(answer: Callable[..., Any]) -> Verdict:
    """Check ``resized_table(table, old, new)``: (h·w, d), (h, w), (H, W) -> (H·W, d).

    Bilinear, in two dimensions, with pixel centres (``align_corners=False``).

    >>> def mine(table, old, new):
    ...     return table[:new[0] * new[1]]
    >>> verdict = resized_table(mine)
    ✗ resized_table: resized_table(table, (2, 3), (4, 6)) must have shape (24, 8); it has (6, 8)
    """
    return judge("resized_table", answer, _examine_table)


SIZES = (((2, 3), (4, 6)), ((4, 6), (4, 6)), ((4, 4), (6, 6)), ((6, 4), (3, 9)))


def _examine_table(answer: Callable[..., Any]) -> str:
    generator = torch.Generator().manual_seed(10)
    for old, new in SIZES:
        table = torch.randn(old[0] * old[1], 8, generator=generator)
        case = f"resized_table(table, {old}, {new})"
        found, right = answer(table.clone(), old, new), _grids.resized(table, old, new)
        first = first_difference([found], [right], [case], atol=ROUNDING)
        if first:
            told = _telling(_grids.TABLE, right, table, old, new)
            name_it(found, told, table, old, new, atol=ROUNDING)
            _wrong_resizing(answer, old, new)
            raise first
    return "right: the table becomes a grid, grows in both directions, and is flattened again"


def _wrong_resizing(answer: Callable[..., Any], *sizes: tuple[int, int]) -> None:
    """Raise the first property that fails: channels apart, ones stay, then rows, then columns."""
    (h, w), (_, width) = sizes
    ones = torch.ones(h * w, 8)
    row, column = (_grids.places(h, w)[:, i, None] * ones for i in (0, 1))
    first = (row * w + column + 1) * torch.eye(8)[0]
    others = _ask(answer, first, *sizes)[:, 1:].abs().max()
    said = "numbers stand in channel 0 alone, and other channels get some: keep channels apart"
    require(float(others) < ROUNDING, "mixes-channels", said)
    for table, slug, says in (
        (ones, "ones", "a table of ones must stay a table of ones"),
        (row, "rows", "a table that holds the number of its row"),
        (column, "columns", "a table that holds the number of its column"),
    ):
        right, found = _grids.resized(table, *sizes), _ask(answer, table, *sizes)
        wrong = (found - right).abs() > ROUNDING
        if wrong.any():
            place, channel = wrong.nonzero()[0].tolist()
            at = _at(torch.tensor(divmod(place, width)))
            said = f"{says}: from {sizes[0]} to {sizes[1]} {at} must be {right[place, channel]:.4g}"
            require(False, slug, f"{said}; it is {found[place, channel]:.4g}")


def _ask(answer: Callable[..., Any], table: Tensor, *sizes: tuple[int, int]) -> Tensor:
    right = _grids.resized(table, *sizes)
    return again(answer, table.clone(), *sizes, like=right, case="resized_table")


# --- Fourier features -----------------------------------------------------------------------


def fourier_features(answer: Callable[[Tensor, Tensor], Any]) -> Verdict:
    """Check ``fourier_features(coordinates, frequencies)``: (n, c), (m, c) -> (n, 2m).

    All sines first, then all cosines, of 2π times the product.

    >>> def mine(coordinates, frequencies):
    ...     phases = coordinates @ frequencies.T
    ...     return torch.cat((phases.sin(), phases.cos()), dim=-1)
    >>> verdict = fourier_features(mine)
    ✗ fourier_features: the 2π is missing: frequency 1 must make one wave from 0 to 1
    """
    return judge("fourier_features", answer, _examine_features)


def _points() -> tuple[tuple[Tensor, Tensor], ...]:
    """Return coordinates on both sides of 0, with frequencies."""
    generator = torch.Generator().manual_seed(11)
    return tuple(
        (
            torch.rand(n, c, generator=generator, dtype=F64) * 4 - 2,
            torch.randn(m, c, generator=generator, dtype=F64) * 2,
        )
        for n, m, c in ((5, 3, 2), (1, 4, 1), (6, 2, 3))
    )


POINTS = _points()
Features = Callable[[Tensor, Tensor], Any]


def _examine_features(answer: Features) -> str:
    found = [answer(x.clone(), b.clone()) for x, b in POINTS]
    right = [_grids.both(_grids.phases(*case)) for case in POINTS]
    said = [f"with {b.shape[1]} coordinates and {len(b)} frequencies the answer" for _, b in POINTS]
    first = first_difference(found, right, said, atol=ROUNDING)
    if first is None:
        return "right: one wave for each frequency vector, as sine and cosine"
    explain(found, _grids.FEATURES, POINTS, atol=ROUNDING)
    for mine, true, (x, b) in zip(found, right, POINTS, strict=True):
        _wrong_waves(answer, mine.detach().to("cpu", F64), true, x, b)
    raise first


def _wrong_waves(answer: Features, found: Tensor, right: Tensor, x: Tensor, b: Tensor) -> None:
    """Raise the first property that fails: precision, range, pairs, points apart, axes."""
    m = len(b)
    big = float(found.abs().max())
    require(big < 1 + ROUNDING, "out-of-range", f"sines lie between −1 and 1; there is {big:.4g}")
    sizes = (found[:, :m] ** 2 + found[:, m:] ** 2).flatten()
    size = float(sizes[(sizes - 1).abs().argmax()])
    exact = abs(size - 1) < ROUNDING or abs(size - 1) > 0.02
    require(exact, "rounded", "the numbers are rounded to 16 bits on the way: stay in float32")
    said = f"sine and cosine of one phase have squares that sum to 1; here they sum to {size:.4g}"
    require(abs(size - 1) < ROUNDING, "pairs", said)
    alone = again(answer, x[-1:].clone(), b.clone(), like=right[-1:], case="fourier_features")
    said = "a point has other features when it stands alone: each is judged by itself"
    require(alike(alone, found[-1:], atol=ROUNDING), "depends-on-others", said)
    _wrong_axes(answer, b)


def _wrong_axes(answer: Features, b: Tensor) -> None:
    """Raise unless the origin has phase 0, and each coordinate its own frequencies."""
    m, c = b.shape
    steps = [(axis, at) for axis in range(c) for at in (0.0, 0.1, -0.6, 1.7)]
    x = torch.zeros(len(steps), c, dtype=F64)
    for row, (axis, at) in enumerate(steps):
        x[row, axis] = at
    right = _grids.both(_grids.phases(x, b))
    found = again(answer, x.clone(), b.clone(), like=right, case="fourier_features")
    wrong = (found - right).abs() > ROUNDING
    if wrong.any():
        row, j = wrong.nonzero()[0].tolist()
        axis, at = steps[row]
        wave = f"the {'sine' if j < m else 'cosine'} of frequency {b[j % m, axis]:.3g}"
        said = f"where coordinate {axis} is {at:g} and no other counts, {wave} must be "
        slug = "coordinate" if at else "origin"
        require(False, slug, f"{said}{right[row, j]:.4g}; it is {found[row, j]:.4g}")
