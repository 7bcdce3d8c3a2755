"""An answer tried on every case, even if it raises in some of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from posenc.check.engine.compare import F64, alike, first_difference
from posenc.check.engine.exercise import Exercise
from posenc.check.engine.verdict import Mistake, Remark, require


@dataclass(frozen=True)
class Tried(Exercise):
    """An exercise whose slips may raise: a slip is named if it raises where the answer does."""

    def examine(self, answer: Callable[..., Any]) -> str:
        """Return the praise, or raise the Mistake or the Remark that the answer deserves."""
        found = [_attempt(answer, case) for case in self.cases]
        limits = self.atol if isinstance(self.atol, tuple) else (self.atol,) * len(found)
        self._name(found, max(limits))
        for one, case in zip(found, self.cases, strict=True):
            _form(one, self._words(case))
        right = [self.right(*case) for case in self.cases]
        judged = zip(found, right, map(self._words, self.cases), limits, strict=True)
        differences = [first_difference([f], [r], [words], atol) for f, r, words, atol in judged]
        first = next((mistake for mistake in differences if mistake), None)
        if first is None:
            return self.praise
        for mistake in differences:
            if mistake and mistake.slug == "not-finite":
                raise mistake
        numbers = [mine.detach().to("cpu", F64) for mine in found]
        self.asks(answer, numbers, differences)
        for mine, true, case in zip(numbers, right, self.cases, strict=True):
            self.lacks(mine, true, *case)
        raise first

    def _name(self, found: list[Any], atol: float) -> None:
        """Raise the Mistake or the Remark of the first slip that does the same in every case."""
        for slip in self.slips:
            if all(
                _same(mine, _attempt(slip.program, case), atol)
                for mine, case in zip(found, self.cases, strict=True)
            ):
                raise Remark(slip.says) if slip.fine else Mistake(slip.slug, slip.says)


def _form(one: Any, words: str) -> None:
    """Raise an error of the answer, or the mistake of a complex result."""
    if isinstance(one, IndexError):
        _table_ends(one, words)
    if isinstance(one, Exception):
        raise one
    require(
        not (isinstance(one, Tensor) and one.is_complex()),
        "complex",
        "The result is complex. Return real numbers, pair by pair: "
        "torch.view_as_real(…).flatten(-2).",
    )


def _table_ends(error: IndexError, words: str) -> None:
    """Raise the mistake of a table that has no row for a far position."""
    if "out of bounds" in str(error) or "out of range" in str(error):
        raise Mistake(
            "table-ends",
            f"{words} raises {type(error).__name__}: {error}. Compute angles from pos; a "
            "table ends.",
        ) from error


def _attempt(program: Callable[..., Any], case: tuple[Any, ...]) -> Any:
    """Return what the program gives, or the error that it raises."""
    try:
        return program(*(part.clone() if isinstance(part, Tensor) else part for part in case))
    except (Mistake, NotImplementedError):
        raise
    except Exception as error:
        return error


def _same(mine: Any, theirs: Any, atol: float) -> bool:
    if isinstance(mine, Tensor) and isinstance(theirs, Tensor):
        return not mine.is_complex() and alike(mine, theirs, atol)
    # by name: what an answer raises elsewhere arrives as a class of its own
    both = isinstance(mine, Exception) and type(mine).__name__ == type(theirs).__name__
    return both and _numbers(mine) == _numbers(theirs)


def _numbers(error: Exception) -> list[str]:
    """Return the numbers in an error's text in order of size: they tell which shapes clashed."""
    return sorted(re.findall(r"\d+", str(error)))
