"""A learner's own test, tried on cases: what it judges rightly is its score."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from posenc.check.engine.form import no_result
from posenc.check.engine.mistake import Mistake
from posenc.check.engine.verdict import require


@dataclass(frozen=True)
class Case:
    """What a learner's test is tried on, what it must say, and what to say if it does not."""

    slug: str
    given: tuple[Any, ...]
    truth: bool
    name: str
    advice: str = ""
    times: int = 1  # how often it is asked: a random test may be right by luck


def scored(answer: Callable[..., Any], cases: list[Case], fact: dict[bool, str]) -> float:
    """Return 1.0, or raise the mistake of the first case that is judged wrongly."""
    wrong = [(case, said) for case in cases for said in [_said(answer, case)]
             if said != case.truth]  # fmt: skip
    score = 1 - len(wrong) / len(cases)
    if wrong:
        case, said = wrong[0]
        words = f"it judges {len(cases) - len(wrong)} of {len(cases)} rightly; it says {said} for "
        words += f"{case.name}, which {fact[case.truth]}"
        raise Mistake(case.slug, words + f": {case.advice}" * bool(case.advice), score)
    return score


def _said(answer: Callable[..., Any], case: Case) -> bool:
    for _ in range(case.times):
        given = (part.clone() if isinstance(part, Tensor) else part for part in case.given)
        said = as_bool(answer(*given))
        if said != case.truth:
            break
    return said


def as_bool(said: Any) -> bool:
    """Return one yes or no; raise what is neither."""
    require(not no_result(said), "not-a-bool", no_result(said))
    scalar = isinstance(said, Tensor) and said.numel() == 1
    require(
        isinstance(said, bool) or scalar or type(said).__name__ in ("bool_", "bool"),
        "not-a-bool",
        f"The test must return True or False; it returned {_kind(said)}.",
    )
    return bool(said)


def _kind(said: Any) -> str:
    if isinstance(said, Tensor):
        return f"a tensor of shape {tuple(said.shape)}: .all() makes one answer of it"
    return type(said).__name__
