"""One way to judge an answer: call it, compare, name the program that gives the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.compare import explain, first_difference
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge

F64 = torch.float64


def _nothing(*_: Any) -> None:
    """Find no property that a wrong result lacks."""


@dataclass(frozen=True)
class Exercise:
    """What an exercise states: its calls, the right program, the known wrong ones, the praise."""

    name: str
    right: Callable[..., Tensor]
    cases: Sequence[tuple[Any, ...]]  # the arguments of each call, drawn for a class (`Drawn`)
    praise: str  # what a right answer is told
    slips: tuple[Slip, ...] = ()
    lacks: Callable[..., None] = _nothing  # (found, right, *case): raises what is missing there
    asks: Callable[..., None] = _nothing  # (answer, found, differences): the same, with more calls
    said: Callable[..., str] | None = None  # *case: the call in words
    atol: float | tuple[float, ...] = 1e-6  # of all cases, or of each

    def check(self, answer: object) -> Verdict:
        """Judge an answer: print one line, and return it as data."""
        return judge(self.name, answer, self.examine)

    def examine(self, answer: Callable[..., Any]) -> str:
        """Return the praise, or raise the Mistake or the Remark that the answer deserves."""
        found = [answer(*map(_own, case)) for case in self.cases]
        right = [self.right(*case) for case in self.cases]
        limits = self.atol if isinstance(self.atol, tuple) else (self.atol,) * len(found)
        judged = zip(found, right, map(self._words, self.cases), limits, strict=True)
        differences = [first_difference([f], [r], [words], atol) for f, r, words, atol in judged]
        first = next((mistake for mistake in differences if mistake), None)
        if first is None:
            return self.praise
        explain(found, self.slips, self.cases, max(limits))
        numbers = [mine.detach().to("cpu", F64) for mine in found]
        self.asks(answer, numbers, differences)
        for mine, true, case in zip(numbers, right, self.cases, strict=True):
            self.lacks(mine, true, *case)
        raise first

    def _words(self, case: tuple[Any, ...]) -> str:
        if self.said:
            return self.said(*case)
        return f"{self.name}({', '.join(map(str, case))})"


def _own(part: Any) -> Any:
    """Return the learner's own copy: what an answer does to it reaches no other case."""
    return part.clone() if isinstance(part, Tensor) else part
