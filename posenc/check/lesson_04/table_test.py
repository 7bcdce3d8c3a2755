"""A test of tables, table -> bool, tried on a ward of ill and healthy ones."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.form import NOTHING, no_result
from posenc.check.engine.sinusoid_slips import CODES, HALVES, ORDERS
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.functional import sinusoidal

F64 = torch.float64
ROWS = 264  # bfloat16 gives two positions one code from 257 on


def table_test(answer: Callable[[Tensor], bool]) -> Verdict:
    """Check a test of tables, ``(n, d) -> bool``: healthy tables pass, ill ones do not.

    The verdict's ``score`` is the share of the wrong tables that it rejects, and less where
    it rejects a right one.

    >>> table_test(lambda table: bool(table.std() > 0.1)).mistake
    ✗ is_healthy: 0 of 23 wrong tables rejected, 5 of 5 right ones accepted;
    first to slip through: one row for all positions
    'lets-pass'
    """
    return judge("table_test", answer, _examine_test)


def healthy() -> dict[str, Tensor]:
    """Return tables that are right, each in its way, (264, d)."""
    pos = torch.arange(ROWS)
    right = sinusoidal(pos, 32, dtype=F64)
    return {
        "the code of the paper": right,
        **{order: ORDERS[order](right) for order in (HALVES, list(ORDERS)[2])},
        "the code of the paper, 64 channels": sinusoidal(pos, 64, dtype=F64),
        "positions 1000 to 1263": sinusoidal(pos + 1000, 32, dtype=F64),
    }


def ill() -> dict[str, Tensor]:
    """Return the tables of all known slips, and more, (264, 32): slug -> table.

    A slip that leaves every product of two rows as it should be is no illness that a table
    shows: counting from 1, a sign turned, float16 within 2048 rows.
    """
    pos, right = torch.arange(ROWS), sinusoidal(torch.arange(ROWS), 32, dtype=F64)
    products = right @ right.T
    made = {slip.slug: slip.program(pos, 32) for slip in CODES}
    noise = torch.randn(ROWS, 32, generator=torch.Generator().manual_seed(0), dtype=F64)
    return {
        "one row for all positions": right[:1].repeat(ROWS, 1),
        "the last ten rows count from 0 again": torch.cat((right[:-10], right[:10])),
        "random vectors": noise * math.sqrt(0.5),
        **{slug: t for slug, t in made.items() if (t @ t.T - products).abs().max() > 1e-3},
    }


def _examine_test(test: Callable[[Tensor], Any]) -> tuple[str, float]:
    """Return what the test is worth, and its score; raise while a table is judged wrongly."""
    wrong = {name: _answer(test, table) for name, table in ill().items()}
    right = {name: _answer(test, table) for name, table in healthy().items()}
    told = any(found is not None for found in (*wrong.values(), *right.values()))
    require(told, "returned-none", NOTHING)
    slipped = [name for name, found in wrong.items() if found or found is None]
    refused = [name for name, found in right.items() if found is False]
    share = 1 - len(slipped) / len(wrong)
    score = share * (1 - len(refused) / len(right))  # a test that refuses everything is worth 0
    counted = (
        f"{len(wrong) - len(slipped)} of {len(wrong)} wrong tables rejected, "
        f"{len(right) - len(refused)} of {len(right)} right ones accepted"
    )
    if refused:
        raise Mistake("rejects", f"{counted}; wrongly rejected: {refused[0]}", score)
    if slipped:
        raise Mistake("lets-pass", f"{counted}; first to slip through: {slipped[0]}", score)
    return counted, score


def _answer(test: Callable[[Tensor], Any], table: Tensor) -> bool | None:
    """Return what the test says; one that asserts says no by its AssertionError."""
    try:
        found = test(table.clone())
    except AssertionError:
        return False
    require(found is None or not no_result(found), "type", no_result(found))
    one = not isinstance(found, Tensor) or found.numel() == 1
    require(one, "many-answers", "it returned many entries: .all() makes one True or False of them")
    number = found.item() if isinstance(found, Tensor) else found
    if isinstance(number, float):
        says = "compare it with a bound, and return True or False"
        raise Mistake("number", f"it returned the number {number:.3g}: {says}")
    return None if found is None else bool(number)
