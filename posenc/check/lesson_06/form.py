"""What every result of notebook 06 owes: that it is returned, in full precision."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.verdict import Mistake, Verdict, judge, require

F64 = torch.float64


def judge_exactly(name: str, answer: object, examine: Callable[..., Any]) -> Verdict:
    """Judge an answer with autocast off: the cell around it may have it on."""
    with torch.autocast("cpu", enabled=False):
        return judge(name, answer, examine)


def require_tensor(found: object) -> None:
    """Raise unless a tensor came back."""
    kind = "None" if found is None else f"an object of type {type(found).__name__}"
    of_tensors = isinstance(found, (list, tuple)) and any(isinstance(x, Tensor) for x in found)
    if found is None:
        advice = "Did you print instead of return?"
    elif of_tensors:
        advice = "Return one tensor: torch.stack joins several."
    else:
        advice = "Return one tensor: torch.as_tensor makes it of an array or of numbers."
    said = f"The function returned {kind}. {advice}"
    require(isinstance(found, Tensor), "not-a-tensor", said)


def require_digits(found: Sequence[Tensor], right: Sequence[Tensor], what: str) -> None:
    """Raise if the numbers are correct but for a rounding; all are float64."""
    mine, true = torch.cat([x.flatten() for x in found]), torch.cat([x.flatten() for x in right])
    for how, rounded in _roundings(mine, true):
        if mine.any() and torch.allclose(mine, rounded, rtol=1e-6, atol=1e-9):
            at = int((mine - true).abs().argmax())
            raise Mistake(
                "rounded",
                f"The {what} are correct but rounded to {how}: {true[at]:.6g} became "
                f"{mine[at]:.6g}. Compute in float32 and leave out the rounding.",
            )


def _roundings(mine: Tensor, true: Tensor) -> list[tuple[str, Tensor]]:
    """Return each way to round, in words, and the correct numbers rounded so."""
    close = torch.allclose(mine, true, rtol=2e-2, atol=3e-2)
    halves = [(str(dtype)[6:], dtype) for dtype in (torch.bfloat16, torch.float16)]
    wholes = (torch.round, torch.trunc, torch.floor)
    return [
        *((f"{n} digits", true.round(decimals=n)) for n in range(5, 0, -1)),
        *(("whole numbers, by round, int or //", whole(true)) for whole in wholes),
        *((name, true.to(dtype).to(F64)) for name, dtype in halves),
        # computed in few bits: each number fits into them, and is nearly the correct one
        *((name, mine.to(dtype).to(F64)) for name, dtype in halves if close),
    ]
