"""A test of tables, table -> bool, tried on buggy tables and on correct ones."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.form import NOTHING, no_result
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_04.ward import WARD, Case

Test = Callable[[Tensor], Any]  # (n, d) -> True or False


def table_test(answer: Callable[[Tensor], bool]) -> Verdict:
    """Check a test of tables, ``(n, d) -> bool``: correct tables pass, buggy ones do not.

    The verdict's ``score`` is the share of the wrong tables that it rejects, and less where
    it rejects a right one. A test that judges all of these correctly is tried on tables that
    are made against tests which compare too little.

    >>> table_test(lambda table: bool(table.std() > 0.1)).mistake
    ✗ is_healthy: 0 of 23 wrong tables rejected, 5 of 5 right ones accepted;
    first to slip through: one row for all positions
    'lets-pass'
    """
    return judge("table_test", answer, _examine_test)


def _examine_test(test: Test) -> tuple[str, float]:
    """Return what the test is worth, and its score; raise while a table is judged wrongly."""
    right, wrong, *_ = WARD
    asked = [(test, case.table) for case in (*wrong, *right)]
    said = draws.asked("table_test", _answer, asked)
    require(any(found is not None for found in said), "returned-none", NOTHING)
    judged = list(zip((*wrong, *right), said, strict=True))
    slipped = [case.name for case, found in judged[: len(wrong)] if found is not False]
    refused = [case.name for case, found in judged[len(wrong) :] if found is False]
    share = 1 - len(slipped) / len(wrong)
    score = share * (1 - len(refused) / len(right))  # a test that refuses everything is worth 0
    counted = (
        f"{len(wrong) - len(slipped)} of {len(wrong)} wrong tables rejected, "
        f"{len(right) - len(refused)} of {len(right)} right ones accepted"
    )
    if refused:
        slug, why = _why_refused(test, refused, slipped)
        raise Mistake(slug, f"{counted}; wrongly rejected: {refused[0]}{why}", score)
    if slipped:
        raise Mistake("lets-pass", f"{counted}; first to slip through: {slipped[0]}", score)
    _tried_further(test)
    return counted, score


def _why_refused(test: Test, refused: list[str], slipped: list[str]) -> tuple[str, str]:
    """Return a name and a remedy for a test that refuses correct tables, as far as they show."""
    names, paper = [case.name for case in WARD[0]], WARD[0][0].table
    if len(refused) == len(names):
        turned = len(slipped) > len(names)
        said = ". True and False are swapped: return True for a correct table"
        return ("swapped-answers", said) if turned else ("rejects", "")
    if names[0] in refused:
        return "rejects", ""
    if refused == names[3:4]:
        return "one-width", ". Read the width from table.shape"
    shaken = paper.clone()
    shaken[1:] += 1e-13
    if not _answer(test, shaken) and _answer(test, -paper):
        return "exact", ". Its dot products differ by rounding only: use torch.allclose, not =="
    if names[4] not in refused:
        says = ". No order of the channels is asked for: compare table @ table.T"
        return ("order", says) if {*names[1:3]} & {*refused} else ("rejects", "")
    if _answer(test, paper.flip(0).roll(9, 0)):
        says = ". table.T @ table compares channels: table @ table.T compares positions"
        return "transposed", says
    return "entries", ". Compare the dot products, table @ table.T, not the entries"


def _tried_further(test: Test) -> None:
    """Raise where a test that judges the ward correctly compares too little, or too much."""
    right, wrong, tried, healthy = WARD
    counted = f"All {len(wrong)} wrong and {len(right)} right tables are judged correctly"
    asked = [(test, case) for case in (*tried, *healthy)]
    judged = list(zip((*tried, *healthy), draws.asked("table_test", _rejects, asked), strict=True))
    passed = [case for case, rejects in judged[: len(tried)] if not rejects]
    refused = [case for case, rejects in judged[len(tried) :] if rejects]
    score = 1 - (len(passed) + len(refused)) / sum(map(len, WARD))
    if passed:
        said = f"{counted}, but a further wrong one passes: {passed[0].name}. {passed[0].advice}"
        raise Mistake("too-little", said, score)
    if refused:
        said = f"{counted}, but a further right one is rejected: {refused[0].name}. "
        raise Mistake("too-much", said + refused[0].advice, score)


def _rejects(test: Test, case: Case) -> bool:
    try:
        return _answer(test, case.table) is False
    except Exception:  # as linear algebra does where there is a NaN
        if case.has_nan:
            return True
        raise


def _answer(test: Test, table: Tensor) -> bool | None:
    """Return what the test says; one that asserts says no by its AssertionError."""
    try:
        found = test(table.clone())
    except AssertionError:
        return False
    if found is None:
        return None
    require(not no_result(found), "type", no_result(found))
    one = not isinstance(found, Tensor) or found.numel() == 1
    require(
        one,
        "many-answers",
        "The test returned a tensor of many entries. Make one answer of it with .all().",
    )
    number = found.item() if isinstance(found, Tensor) else found
    if isinstance(number, float):
        says = "Compare it with a bound, and return True or False."
        raise Mistake("number", f"The test returned the number {number:.3g}. {says}")
    kind = type(number).__name__
    said = f"The test returned {number!r:.20}, a {kind}. Return True or False."
    require(isinstance(number, int) or kind in ("bool_", "bool"), "type", said)
    return bool(number)
