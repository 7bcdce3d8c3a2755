"""Wrong programs that people publish, as data: what the checkers know by name.

An exercise's slips are the tuple ``SLIPS`` in its file, or in ``NAME_slips.py`` beside it.
A program takes what the answer takes, so that it can be handed to the checker.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.mistake import Mistake, Remark

__all__ = ["Slip", "name_it", "told_by"]


@dataclass(frozen=True)
class Slip:
    """A program that is wrong, or only looks wrong, and what to say of it."""

    slug: str
    program: Callable[..., Any]
    says: str  # one sentence to the learner: what was done, what to do
    seen: str = ""  # where it was published: owner/repository#thread
    fine: bool = False  # it only looks wrong: the answer passes, with this remark


def name_it(found: object, slips: tuple[Slip, ...], *given: Any, atol: float = 1e-4) -> None:
    """Raise the Mistake or the Remark of the first program that gives the same numbers.

    ``given`` is what the answer was called with; each program is called with it, too.
    """
    if not isinstance(found, Tensor):
        return
    number = found.detach().to("cpu", torch.float64)
    for slip in slips:
        other = slip.program(*given).detach().to(torch.float64)
        if number.shape == other.shape and torch.allclose(
            number, other, rtol=1e-4, atol=atol, equal_nan=True
        ):
            raise Remark(slip.says) if slip.fine else Mistake(slip.slug, slip.says)


def told_by(tell: Callable[..., Tensor], slips: tuple[Slip, ...]) -> tuple[Slip, ...]:
    """Return the slips as programs without arguments: what ``tell`` says of each of them."""
    return tuple(replace(slip, program=partial(tell, slip.program)) for slip in slips)
