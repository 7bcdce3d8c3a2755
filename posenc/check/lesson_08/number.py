"""One number as an answer, a call in words, and whether cases tell programs apart."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import require


def said(name: str, *case: float) -> str:
    """Return a call as it is written.

    >>> said("f", 128, 10_000.0, 0.31623)
    'f(128, 10000, 0.3162)'
    """
    return f"{name}({', '.join(str(int(x)) if x == int(x) else f'{x:.4g}' for x in case)})"


def told_apart(
    cases: Sequence[tuple[float, ...]], right: Callable[..., Tensor], slips: Sequence[Slip]
) -> bool:
    """Return whether no two of these programs give the same numbers in all cases.

    >>> double = Slip("double", lambda x: torch.tensor(2 * x), "")
    >>> [told_apart(cases, torch.tensor, [double]) for cases in ([(0,)], [(0,), (1,)])]
    [False, True]
    """
    programs = (right, *(slip.program for slip in slips))
    return len({tuple(float(p(*case)) for case in cases) for p in programs}) == len(programs)


NUMBERS = ("int", "float")


def number(found: object, case: str) -> float:
    """Return the one number in ``found``, or raise the mistake."""
    if isinstance(found, Tensor) and found.numel() == 1 and found.dtype != torch.bool:
        found = found.item()
    kind = type(found).__name__
    if isinstance(found, Tensor):
        many = "truth values: count them with .sum()" if found.dtype == torch.bool else "numbers"
        words = f"it is a tensor of {found.numel()} {many}. Return one"
    elif found is None:
        words = "the function returned None. Did you print instead of return?"
    else:
        words = f"it is a {kind}. Return one int" if kind not in NUMBERS else f"it is {found}"
    is_number = (isinstance(found, (int, float)) or hasattr(found, "__index__")) and kind not in (
        "bool",
        "Tensor",
    )
    finite = is_number and abs(float(found)) < 1e15  # type: ignore[arg-type]
    require(
        finite,
        "not-a-number",
        f"{case} must be one whole number; {words}{'' if found is None else '.'}",
    )
    return float(found)  # type: ignore[arg-type]
