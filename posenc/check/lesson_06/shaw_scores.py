"""Shaw's scores, a vector for each distance: (q, k, table, clip) -> (n, n)."""

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.compare import alike, explain, first_difference
from posenc.check.engine.verdict import Mistake, Verdict, require
from posenc.check.lesson_06.form import judge_exactly, require_digits, require_tensor
from posenc.check.lesson_06.shaw_scores_slips import SLIPS, content, rows_of, shaw

__all__ = ["SLIPS", "shaw", "shaw_scores"]

F64 = torch.float64
ONE = torch.ones((), dtype=F64)


def shaw_scores(answer: Callable[..., Any]) -> Verdict:
    """Check ``shaw_scores(q, k, table, clip)``: q · (k + a) / √d_head, (n, n).

    Shapes: ``q, k`` (n, dh), ``table`` (2·clip + 1, dh); row ``clip + t`` holds the vector of
    distance t, query minus key, clipped to −clip … clip.

    >>> verdict = shaw_scores(lambda q, k, table, clip: q @ k.T)  # doctest: +ELLIPSIS
    ✗ shaw_scores: The table is not used: these are the scores of the tokens alone. ...
    """
    return judge_exactly("shaw_scores", answer, _examine_shaw)


def _sizes(draw: draws.Draw) -> tuple[tuple[int, int, int], ...]:
    """Return numbers of tokens, clips and widths; no two axes of a case are equally long."""
    few, same, many = draw.one_of(3, 4), draw.near(5, 1), draw.near(40, 6)
    return (
        (draw.one_of(7, 6, 8, 9), draw.one_of(2, 1), draw.near(16, 4)),
        (few, few + draw.one_of(1, 2, 3), draw.one_of(5, 6, 7)),
        (same, same, draw.near(12, 3)),
        (many, many - draw.near(10, 3), draw.near(6, 1)),
        (draw.near(4, 1), 0, draw.near(9, 2)),
        (1, draw.one_of(1, 2), draw.one_of(3, 4, 5)),
    )


def _cases(draw: draws.Draw) -> list[tuple[Any, ...]]:
    sizes, generator = _sizes(draw), draw.generator(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float32)

    return [(*random(2, n, dh), random(2 * clip + 1, dh), clip) for n, clip, dh in sizes]


CASES = draws.Drawn("shaw_scores", _cases)


def _own(part: Any) -> Any:
    return part.clone() if isinstance(part, Tensor) else part


def _examine_shaw(answer: Callable[..., Any]) -> str:
    asked: list[tuple[Any, tuple[Any, ...]]] = []

    def ask(*case: Any) -> Any:
        found = _looked_up(answer, asked, *case)
        _form(found, *case)
        asked.append((found, case))
        return found

    found = draws.asked("shaw_scores", ask, CASES)
    right = [shaw(*case) for case in CASES]
    said = [f"the scores of {len(q)} tokens with clip={clip}" for q, _, _, clip in CASES]
    difference = first_difference(found, right, said, atol=1e-4)
    if difference is None:
        return "Correct within the clip and beyond it, at six sizes."
    explain(found, SLIPS, CASES, atol=1e-4)
    numbers = [mine.detach().to("cpu", F64) for mine in found]
    require_digits(numbers, [x.to(F64) for x in right], "scores")
    _weights(numbers)
    _masked(numbers, right)
    _scale(numbers, right)
    for mine, true, case in zip(numbers, right, CASES, strict=True):
        if not alike(mine, true, 1e-4):
            _properties(answer, *case)
    raise difference


def _form(found: object, q: Tensor, k: Tensor, table: Tensor, clip: int) -> None:
    """Raise unless something came back, with the shape that was asked for."""
    require_tensor(found)
    assert isinstance(found, Tensor)
    shape, n = tuple(found.shape), len(q)
    advice = {
        (n, len(table)): " It has one score for each row of the table. Look up, for each key, the "
        "row of its clipped distance.",
        (n, n, q.shape[-1]): " The channels are not summed. Add .sum(-1).",
        (n, q.shape[-1]): " The keys are summed. Sum the channels: .sum(-1).",
        (n, n, n): " Each query has met the vectors of all queries. For q · a use "
        "(q[:, None] * table[rows]).sum(-1), not q @ table[rows].mT.",
    }.get(shape, "")
    message = f"The shape is {shape}. Return (queries, keys) = ({n}, {n}).{advice}"
    require(shape == (n, n), "shape", message)


def _looked_up(
    answer: Callable[..., Any], before: list[tuple[Any, tuple[Any, ...]]], *given: Any
) -> Any:
    """Return the scores; name a row that is not in the table, or what was wrong before."""
    try:
        return answer(*map(_own, given))
    except (IndexError, RuntimeError) as error:
        if not re.search("out of (bounds|range)", str(error)):
            raise
    for mine, case in before:
        if not alike(mine, shaw(*case), 1e-4):
            _properties(answer, *case)
    (q, _, table, clip), within = given, CASES[1]  # there no distance is beyond the clip
    try:
        clips = not alike(answer(*map(_own, within)), shaw(*within), 1e-4)
    except Exception:
        clips = True
    rows = f"The table has {len(table)} rows, 0 to {2 * clip} (clip={clip})"
    require(
        clips,
        "no-clip",
        f"{rows}, but the distances of {len(q)} tokens run from {1 - len(q)} to {len(q) - 1}. "
        "Clip them to −clip … clip before the look-up.",
    )
    message = (
        f"{rows}, and another was looked up. Use row clip + t, with t clipped to −clip … clip."
    )
    raise Mistake("row-range", message)


def _weights(found: list[Tensor]) -> None:
    """Raise if these are attention weights, or their logarithms."""
    for of, slug, what in (
        (found, "softmax", "attention weights: they sum to 1"),
        ([x.exp() for x in found], "log-softmax", "logarithms of attention weights"),
    ):
        sums = [[x.sum(axis) for x in of if x.min() >= 0] for axis in (-1, 0)]
        if any(len(s) == len(of) and torch.allclose(torch.cat(s), ONE) for s in sums):
            raise Mistake(slug, f"These are {what}. Return the scores before softmax.")


def _masked(found: list[Tensor], right: list[Tensor]) -> None:
    """Raise if only the scores of keys after the query are wrong, and hidden by one number."""
    above = torch.cat([x[torch.ones_like(x).triu(1) > 0] for x in found])
    before = all(alike(x.tril(), y.tril(), 1e-4) for x, y in zip(found, right, strict=True))
    if before and (above.std() < 1e-6 or above.max() < -1000):
        raise Mistake(
            "masked",
            f"Keys after the query are hidden by {above[0]:.4g}. Leave out the mask: the table has "
            "rows for these keys.",
        )


def _factor(mine: Tensor, true: Tensor) -> float | None:
    """Return the number that all correct scores are multiplied by, None if there is none."""
    mine, true = mine.to(F64), true.to(F64)
    factor = float((mine * true).sum() / true.square().sum())
    fits = math.isfinite(factor) and alike(mine, factor * true, 1e-4)
    return factor if factor and fits else None


def _scale(found: list[Tensor], right: list[Tensor]) -> None:
    """Raise if all scores of each case are multiplied by the same number."""
    factors = [_factor(mine, true) for mine, true in zip(found, right, strict=True)]
    for factor, (q, *_) in zip(factors, CASES, strict=True):
        n, dh = q.shape
        if factor and None not in factors and abs(factor - 1) > 1e-3:
            minus = f"All scores have the wrong sign: {factor:.4g} times q · (k + a) / √d_head. "
            require(factor > 0, "scaled", f"{minus}Leave out the minus.")
            raise Mistake(
                "scaled",
                f"With {n} tokens and d_head = {dh} all scores are {factor:.4g} times the correct "
                f"ones. Divide q · (k + a) by √d_head = {dh**0.5:.4g}, once.",
            )


def _properties(answer: Callable[..., Any], q: Tensor, k: Tensor, table: Tensor, c: int) -> None:
    """Raise the first property of the scores that does not hold."""
    differs = partial(_differs, answer)
    off = differs(q, k, torch.zeros_like(table), c, right=content(q, k))
    if off:
        _words(answer(q, k, torch.zeros_like(table), c), q, k)
        said = f"With a table of zeros score {off[0]} is {off[1]:.4g}. It must be "
        raise Mistake("words", f"{said}q · k / √d_head = {off[2]:.4g}. Start from q @ k.T.")
    zero = torch.zeros_like(q)
    off = differs(zero, k, table, c, right=torch.zeros(len(q), len(q)))
    if off:
        said = f"With queries of zeros score {off[0]} is {off[1]:.4g}, not 0."
        raise Mistake("without-query", f"{said} Multiply both k and the vector a by the query.")
    one, numbered = zero.clone(), torch.zeros_like(table)
    one[:, 0], numbered[:, 0] = q.shape[-1] ** 0.5, torch.arange(len(table))
    off = differs(one, torch.zeros_like(k), numbered, c, right=rows_of(q, c).float())
    if off:
        i, j = map(int, off[0][1:-1].split(","))
        raise Mistake(
            "row",
            f"Query {i} and key {j} have distance {i - j} and read row {off[1]:.4g} of the table "
            f"(clip={c}). They must read row {off[2]:.0f}: clip + t, with t = i − j clipped.",
        )


def _differs(
    answer: Callable[..., Any], *given: Any, right: Tensor
) -> tuple[str, float, float] | None:
    """Return where the scores are wrong first, what stands there, and what must; or None."""
    mine = answer(*given)
    first_difference([mine], [right], ["the scores"])
    off = (~torch.isclose(mine.detach().to(F64), right.to(F64), 1e-4, 1e-4)).nonzero()
    at = tuple(int(i) for i in off[0]) if len(off) else ()
    return (str(list(at)), float(mine[at]), float(right[at])) if at else None


def _words(found: Tensor, q: Tensor, k: Tensor) -> None:
    """Raise what explains wrong scores without a table: a factor, exchanged axes."""
    right, dh = content(q, k), q.shape[-1]
    for true, axes in ((right, ""), (right.T, " and rows and columns are exchanged")):
        factor = _factor(found, true)
        if factor:
            root = f"divide by √d_head = {dh**0.5:.4g}, once" if abs(factor - 1) > 1e-3 else ""
            advice = ", and ".join(
                filter(None, (root, "put the queries on axis 0" if axes else ""))
            )
            raise Mistake(
                "words",
                f"With a table of zeros the scores are {factor:.4g} times q · k / √d_head{axes}. "
                f"{advice[0].upper()}{advice[1:]}.",
            )
