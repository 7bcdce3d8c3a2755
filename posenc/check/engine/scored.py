"""A learner's own test, tried on cases: the share that it judges correctly is its score."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.mistake import Mistake
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import require

Why = Callable[[list[bool]], tuple[str, str] | None]  # what it said of each -> slug and advice


@dataclass(frozen=True)
class Case:
    """What a learner's test is tried on, what it must say, and what to say if it does not."""

    slug: str
    given: tuple[Any, ...]
    truth: bool
    name: str
    advice: str = ""
    times: int = 1  # how often it is asked: a random test may be right by luck


def scored(
    answer: Callable[..., Any], cases: list[Case], fact: dict[bool, str], why: Why | None = None
) -> float:
    """Return 1.0, or raise the mistake of the first case that is judged wrongly.

    ``why`` may find in all that was said a mistake that tells more than that first case does.
    """
    said = _all_said(answer, cases)
    wrong = [(case, says) for case, says in zip(cases, said, strict=True) if says != case.truth]
    if not wrong:
        return 1.0
    case, says = wrong[0]
    right, total = len(cases) - len(wrong), len(cases)
    named = why(said) if why else None
    slug, advice = named or (case.slug, case.advice)
    if not right:
        slug, advice = "opposite", "Exchange True and False."
    which = "" if named else f", which {fact[case.truth]}"
    words = f"It judges {right} of {total} correctly. It returns {says} for {case.name}{which}."
    raise Mistake(slug, f"{words} {advice}".rstrip(), right / total)


def judging_alike(
    slips: tuple[Slip, ...], cases: list[Case], said: list[bool]
) -> tuple[str, str] | None:
    """Return the first slip that judges all cases as the answer did: its name and advice."""
    for slip in slips:
        if [slip.program(*case.given) for case in cases] == said:
            return slip.slug, slip.says
    return None


def _all_said(answer: Callable[..., Any], cases: list[Case]) -> list[bool]:
    """Return what it says of each; a grader asks some twice, and in an order of chance."""
    said = [case.truth for case in cases]
    for number in draws.draw(cases[0].name).again(range(len(cases))):
        found = _said(answer, cases[number])
        if said[number] == cases[number].truth:
            said[number] = found
    return said


def _said(answer: Callable[..., Any], case: Case) -> bool:
    for _ in range(case.times):
        given = (part.clone() if isinstance(part, Tensor) else part for part in case.given)
        said = as_bool(_asked(answer, *given))
        if said != case.truth:
            break
    return said


def _asked(answer: Callable[..., Any], *given: Any) -> Any:
    try:
        return answer(*given)
    except (RuntimeError, ValueError) as error:
        require(
            "ambiguous" not in str(error),
            "truth-of-many",
            "It takes a comparison of two tensors for one True or False, but == gives one per "
            "entry. Use torch.allclose(a, b), which returns a single one.",
        )
        raise


def as_bool(said: Any) -> bool:
    """Return one yes or no; raise what is neither."""
    require(
        said is not None,
        "not-a-bool",
        "The function returned None. Did you print instead of return, or return in an `if` only?",
    )
    scalar = isinstance(said, Tensor) and said.numel() == 1
    kind = type(said).__name__
    size = f" of shape {tuple(said.shape)}" if hasattr(said, "shape") else ""
    require(
        isinstance(said, bool) or scalar or kind in ("bool_", "bool"),
        "not-a-bool",
        f"The function returned a {kind}{size}. Return one True or False.",
    )
    return bool(said)
