"""Numbers that are right but for a rounding: to a number of decimals, or to sixteen bits."""

from collections.abc import Sequence

import torch
from torch import Tensor

from posenc.check.engine.mistake import Mistake

F64 = torch.float64
COARSE = 2e-3  # where float32 itself is off by more, rounding cannot be told
HALVES = (torch.bfloat16, torch.float16)


def rounding(found: Tensor, right: Tensor, atol: float = 1e-6) -> str:
    """Return what these numbers were rounded to, or nothing where they are not right or whole.

    >>> rounding(torch.tensor([0.333]), torch.tensor([1 / 3]))
    '3 decimals'
    """
    number, right = (x.detach().to("cpu", F64) for x in (found, right))
    if number.shape != right.shape or not torch.allclose(number, right, rtol=0.02, atol=0.02):
        return ""
    error = float((number - right).abs().max())
    if error <= atol:
        return ""
    for places in range(1, 6):
        least = (number - number.round(decimals=places)).abs().max()
        if least < 1e-6 and error < 1.01 * 10**-places + atol:
            return f"{places} decimals"
    for dtype in HALVES:
        if found.dtype == dtype or torch.equal(number.to(dtype).to(F64), number):
            return str(dtype).removeprefix("torch.")
    return ""


def tell_rounded(found: Sequence[Tensor], right: Sequence[Tensor], limits: Sequence[float]) -> None:
    """Raise where every result that is wrong is the right one, rounded in the same way."""
    wrong = [
        (mine, true, atol) for mine, true, atol in zip(found, right, limits, strict=True)
        if atol < COARSE and not _alike(mine, true, atol)
    ]  # fmt: skip
    words = {rounding(*pair) for pair in wrong}
    if len(words) != 1 or "" in words:
        return
    word = words.pop()
    mine, true = (x.detach().to("cpu", F64).flatten() for x in wrong[0][:2])
    where = int((mine - true).abs().argmax())
    gap = f"{float(mine[where]):.6g} for {float(true[where]):.6g}"
    if "decimals" in word:
        raise Mistake("rounded", f"The results are rounded to {word}: {gap}. Do not round them.")
    raise Mistake(
        "half-precision",
        f"The results are rounded to {word}: {gap}. Compute in float32 at least; a later "
        ".float() does not bring the digits back.",
    )


def _alike(mine: Tensor, true: Tensor, atol: float) -> bool:
    number = mine.detach().to("cpu", F64)
    return mine.shape == true.shape and torch.allclose(number, true.to(F64), rtol=1e-4, atol=atol)
