"""Places on a grid, and the form of what an answer returns."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import alike, explain
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.form import no_tensor
from posenc.check.engine.verdict import Mistake, require

ROUNDING = 1e-4  # none of the learner's business
Hint = Callable[..., str]  # found shape, right one, the arguments -> the remedy


def places(height: int, width: int) -> Tensor:
    """Return row and column of each patch, read line by line."""
    return torch.cartesian_prod(torch.arange(height), torch.arange(width))


def at(place: Tensor) -> str:
    """Return a place in words."""
    return f"({', '.join(f'{x:g}' for x in place.tolist())})"


def formed(answer: Callable[..., Any], exercise: Exercise, hint: Hint) -> Callable[..., Any]:
    """Return the answer, watched: what it returns must be a tensor of the right shape.

    ``hint`` says what a wrong shape calls for.
    """
    done: list[tuple[Any, tuple[Any, ...]]] = []

    def watched(*given: Any) -> Any:
        wanted = tuple(exercise.right(*given).shape)
        try:
            found = answer(*given)
        except Exception as error:
            if isinstance(error, Mistake) or not done:
                raise
            _so_far(done, exercise)
            text = " ".join(str(error).split())[:70].rstrip(".")
            said = f"With inputs {_sizes(given)} it raised {type(error).__name__} ({text})"
            said += f", with {_sizes(done[0][1])} not."
            raise Mistake("one-size", f"{said} Take all sizes from the arguments.") from None
        done.append((found, given))
        _form(found, wanted)
        if tuple(found.shape) != wanted:
            said = f"The result has the shape {tuple(found.shape)}, not {wanted}."
            raise Mistake("shape", f"{said} {hint(tuple(found.shape), wanted, *given)}")
        return found

    return watched


def _so_far(done: list[tuple[Any, tuple[Any, ...]]], exercise: Exercise) -> None:
    """Raise what explains the results so far, if they are wrong already."""
    cases = [given for _, given in done]
    if not all(alike(found, exercise.right(*given), ROUNDING) for found, given in done):
        explain([found for found, _ in done], exercise.slips, cases, ROUNDING)


def _sizes(given: tuple[Any, ...]) -> str:
    return ", ".join(str(tuple(x.shape) if isinstance(x, Tensor) else x) for x in given)


def _form(found: Any, wanted: tuple[int, ...]) -> None:
    said = no_tensor(found, wanted)
    require(not said, "not-a-tensor", said)
    cure = f"The function returned a {type(found).__name__}. Make a tensor with torch.as_tensor."
    require(isinstance(found, Tensor), "not-a-tensor", cure)
