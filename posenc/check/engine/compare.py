"""An answer tried on several cases at once: the first difference, and what explains them all."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.mistake import Mistake, Remark
from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import same

F64 = torch.float64


def first_difference(
    found: Sequence[object], right: Sequence[Tensor], said: Sequence[str], atol: float = 1e-6
) -> Mistake | None:
    """Return the first value that is wrong, None where all are right; raise a wrong form.

    >>> first_difference([torch.ones(1)], [torch.ones(1)], ["f()"]) is None
    True
    """
    first = None
    for mine, true, case in zip(found, right, said, strict=True):
        try:
            same(mine, true, case=case, atol=atol)
        except Mistake as mistake:
            if mistake.slug not in ("value", "not-finite"):
                raise
            first = first or mistake
    return first


def explain(
    found: Sequence[Any], slips: Sequence[Slip], cases: Sequence[tuple[Any, ...]],
    atol: float = 1e-6,
) -> None:  # fmt: skip
    """Raise the Mistake or the Remark of the first program that gives the same in every case."""
    pairs = list(zip(found, cases, strict=True))
    if not all(isinstance(mine, Tensor) for mine in found):
        return
    for slip in slips:
        if all(alike(mine, slip.program(*given), atol) for mine, given in pairs):
            raise Remark(slip.says) if slip.fine else Mistake(slip.slug, slip.says)


def alike(found: Tensor, other: Tensor, atol: float = 1e-6) -> bool:
    """Return whether two tensors have one shape and, to rounding, the same numbers.

    >>> alike(torch.ones(2), torch.ones(2, dtype=torch.long)), alike(torch.ones(2), torch.ones(1))
    (True, False)
    """
    mine, theirs = (x.detach().to("cpu", F64) for x in (found, other))
    return mine.shape == theirs.shape and torch.allclose(
        mine, theirs, rtol=1e-5, atol=atol, equal_nan=True
    )


def each_differs(
    slips: Sequence[Slip], right: Callable[..., Tensor], cases: Sequence[tuple[Any, ...]],
    atol: float = 1e-6,
) -> bool:  # fmt: skip
    """Return whether each slip gives something else than the right program in some case.

    >>> double = Slip("double", lambda x: 2 * x, "")
    >>> each_differs([double], torch.abs, [(torch.zeros(1),)])
    False
    """
    true = [right(*case) for case in cases]
    pairs = list(zip(true, cases, strict=True))
    return not any(
        all(alike(mine, slip.program(*case), atol) for mine, case in pairs) for slip in slips
    )


def again(answer: Callable[..., Any], *given: Any, like: Tensor, case: str) -> Tensor:
    """Return what the answer gives for another input, in float64; raise a wrong form."""
    found = answer(*given)
    first_difference([found], [like], [case])
    assert isinstance(found, Tensor)
    return found.detach().to("cpu", F64)


def name_entry(found: Any, expected: Tensor, slips: tuple[Slip, ...], *given: Any) -> None:
    """Raise what ``name_it`` raises, and add the first entry that gives the slip away."""
    try:
        name_it(found, slips, *given)
    except Mistake as mistake:
        raise Mistake(mistake.slug, f"{mistake}{_entry(found, expected)}") from None


def _entry(found: Tensor, expected: Tensor) -> str:
    if found.shape != expected.shape:
        return f"; its shape is {tuple(found.shape)}"
    number = found.detach().to(expected)
    where = (~torch.isclose(number, expected, rtol=1e-3, atol=1e-4)).nonzero()[0].tolist()
    place = f"{where} it" if where else "it"
    one = tuple(where)
    return f"; at {place} is {number[one]:.4g}, not {expected[one]:.4g}"
