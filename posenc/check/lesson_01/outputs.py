"""The outputs of attention in all cases: their form first, then a known slip, then what is left."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.compare import alike, first_difference
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, require

Answer = Callable[..., Any]
Given = tuple[Tensor, ...]  # x, W_q, W_k, W_v, and the mask
F64 = torch.float64


def examine(
    answer: Answer, right: Answer, cases: Sequence[tuple[str, Given]], slips: Iterable[Slip],
    lacks: Callable[[list[Tensor], list[Tensor]], None],
) -> None:  # fmt: skip
    """Return where all outputs are right, else raise what explains them all.

    ``lacks(found, expected)`` raises a property that the outputs lack.
    """
    found = draws.asked("outputs", lambda _, given: called(answer, *given), cases)
    expected = [right(*given) for _, given in cases]
    said = [f"The output for {case}" for case, _ in cases]
    shaped = zip(found, expected, said, strict=True)
    unshaped = [_form(mine, true, case) for mine, true, case in shaped]
    wrong = next((mistake for mistake in unshaped if mistake), None)
    first = wrong or first_difference(found, expected, said)
    if first is None:
        return
    tensors = all(isinstance(mine, Tensor) for mine in found)
    for slip in slips if tensors else ():
        if all(alike(mine, slip.program(*given))
               for mine, (_, given) in zip(found, cases, strict=True)):  # fmt: skip
            raise Mistake(slip.slug, f"{slip.says}{_entry(found, expected)}")
    if wrong:
        raise wrong
    _reordered(found, expected)
    rounded(found, expected)
    lacks(found, expected)
    _not_a_number(found)
    raise first


def called(answer: Answer, *given: Tensor) -> Any:
    """Return what the answer gives for its own copy of a case; say which sizes do not fit."""
    try:
        return answer(*(part.clone() for part in given))
    except RuntimeError as error:
        sizes = re.search(r"\((\d+)x(\d+) and (\d+)x(\d+)\)", str(error))
        x, W_q = given[:2]
        n, dh = len(x), W_q.shape[1]
        if sizes:
            a, b, c, d = map(int, sizes.groups())
            keys = (a, b) == (c, d) == (n, dh)
            raise Mistake(
                "keys-not-transposed" if keys else "sizes",
                f"It multiplies ({a}, {b}) by ({c}, {d}), and {b} is not {c}. "
                f"{'Transpose the keys, q @ k.T' if keys else 'Print the shapes'}: "
                f"for x {tuple(x.shape)} q, k and v are {(n, dh)}, the scores {(n, n)}.",
            ) from error
        if "must match" in str(error):
            raise Mistake(
                "sizes",
                f"Two tensors do not fit: {' '.join(str(error).split())[:70]}. Print the shapes: "
                f"q, k and v are {(n, dh)}, scores and mask {(n, n)}.",
            ) from error
        raise


def _form(found: Any, expected: Tensor, case: str) -> Mistake | None:
    """Return the mistake of a wrong shape; raise what is no tensor."""
    n, dh = expected.shape
    require(
        found is not None,
        "nothing-returned",
        "The function returned None. Did you print instead of return?",
    )
    require(
        not isinstance(found, (tuple, list)),
        "not-a-tensor",
        f"The function returned a {type(found).__name__}. Return the output alone, one tensor "
        f"{(n, dh)}; torch.stack(rows) makes one of a list of rows.",
    )
    if not isinstance(found, Tensor) or found.shape == expected.shape:
        return None
    shape = tuple(found.shape)
    said = f"{case} must have shape {(n, dh)}; it has {shape}."
    if shape == (dh,):
        return Mistake("shape", f"{said} That is one token: is return inside of the loop?")
    if shape == (dh, n):
        return Mistake("shape", f"{said} Transpose it: each token is a row.")
    return Mistake("shape", f"{said} It is weights @ v, {(n, n)} by {(n, dh)}.")


def _entry(found: list[Tensor], expected: list[Tensor]) -> str:
    """Return the first entry that gives the mistake away."""
    for mine, true in zip(found, expected, strict=True):
        if mine.shape != true.shape:
            return f" The shape is {tuple(mine.shape)}, not {tuple(true.shape)}."
        number = mine.detach().to(true)
        off = ~torch.isclose(number, true, rtol=1e-3, atol=1e-4)
        if off.any():
            where = tuple(off.nonzero()[0].tolist())
            return f" At {list(where)} the output is {number[where]:.4g}, not {true[where]:.4g}."
    return ""


def _not_a_number(found: list[Tensor]) -> None:
    row = next((int(part.isnan().any(-1).nonzero()[0]) for part in found if part.isnan().any()), -1)
    said = f"The output of token {row} is NaN: all its scores are -inf, or 0 was multiplied by inf."
    says = f"{said} Hide only what the mask hides, by masked_fill before softmax."
    require(row < 0, "not-finite", says)


def _reordered(found: list[Tensor], expected: list[Tensor]) -> None:
    """Raise if the rows of all outputs are right but for their order."""
    places = []
    for mine, true in zip(found, expected, strict=True):
        apart = (mine.detach().to(true)[:, None] - true).abs().amax(-1)  # (found, right row)
        if apart.isnan().any() or apart.amin(1).max() > 1e-5:
            return
        places.append(apart.argmin(1).tolist())
    i, place = next((i, j) for rows in places for i, j in enumerate(rows) if i != j)
    said = f"Row {i} of the output is that of token {place}; all are right but for their order."
    raise Mistake("rows-reordered", f"{said} Return the tokens in the order of x.")


def rounded(found: list[Tensor], expected: list[Tensor]) -> None:
    """Raise if the outputs are right but for a rounding that can be named."""
    mine = torch.cat([part.detach().to(F64).flatten() for part in found])
    true = torch.cat([part.flatten() for part in expected])
    off = float((mine - true).abs().max())
    for digits in range(1, 6):
        steps = mine * 10**digits
        if torch.allclose(steps, steps.round(), rtol=0, atol=1e-5) and off < 0.51 / 10**digits:
            raise Mistake(
                "rounded",
                f"The output is rounded to {digits} digit{'s' * (digits > 1)} after the point. "
                "Return it with all its digits, without round.",
            )
    for dtype in (torch.bfloat16, torch.float16):
        if torch.equal(mine.to(dtype).to(F64), mine) and torch.allclose(mine, true, 1e-2, 1e-2):
            name = str(dtype).removeprefix("torch.")
            said = f"The output is rounded to {name}. Compute in float32 at least."
            raise Mistake("half-precision", said)
