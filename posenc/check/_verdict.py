"""What a checker says: one line, and the same as data."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


def strict() -> bool:
    """Return whether false claims must fail loudly: in the builder, in nbval and in CI."""
    return os.environ.get("POSENC_STRICT") == "1"


@dataclass(frozen=True)
class Verdict:
    """What was found out about an answer; the line has been printed already.

    ``mistake`` is the slug of what went wrong, and None only when the answer passed or was
    not written.
    """

    name: str
    passed: bool
    message: str
    mistake: str | None = None
    equivalent: bool = False

    def _ipython_display_(self) -> None:
        """Show nothing more: the line stands above."""


class Mistake(Exception):
    """An answer is wrong: ``slug`` names the mistake, the text tells the learner."""

    def __init__(self, slug: str, message: str) -> None:
        super().__init__(message)
        self.slug = slug


class Remark(Exception):
    """An answer is right in another form than asked for."""


Examine = Callable[..., str]  # the answer -> what to say when it is right


def judge(name: str, answer: object, examine: Examine) -> Verdict:
    """Examine an answer, print one line, and return the same as data; never raises.

    ``examine(answer)`` returns the praise-free sentence for a right answer, and raises
    ``Mistake`` or ``Remark`` otherwise.
    """
    verdict = _examined(name, answer, examine)
    mark = "≈" if verdict.equivalent else "✓" if verdict.passed else "✗"
    if verdict.message == NOT_WRITTEN:
        mark = "○"
    print(f"{mark} {name}: {verdict.message}")
    return verdict


NOT_WRITTEN = "not written yet"


def _examined(name: str, answer: object, examine: Examine) -> Verdict:
    if not callable(answer):
        text = f"hand over the function or class itself, not {type(answer).__name__}"
        return Verdict(name, False, text, mistake="not-callable")
    try:
        return Verdict(name, True, examine(answer))
    except NotImplementedError:
        return Verdict(name, False, NOT_WRITTEN)
    except Remark as remark:
        return Verdict(name, True, str(remark), equivalent=True)
    except Mistake as mistake:
        return Verdict(name, False, str(mistake), mistake=mistake.slug)
    except Exception as error:  # an answer may raise anything; the learner is told what
        return Verdict(name, False, _one_line(error), mistake="raises")


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"it raised {type(error).__name__}: {text[:200]}"


def require(condition: bool, slug: str, message: str) -> None:
    """Raise the mistake unless the condition holds."""
    if not condition:
        raise Mistake(slug, message)


def same(found: object, expected: Tensor, *, case: str, atol: float = 1e-4) -> None:
    """Raise a Mistake unless ``found`` equals ``expected``, naming the first entry that differs.

    ``case`` says which call it was, for example ``inverse_frequencies(8, 10000)``.
    """
    require(
        isinstance(found, Tensor),
        "not-a-tensor",
        f"{case} must return a tensor; it returned {type(found).__name__}",
    )
    assert isinstance(found, Tensor)
    require(
        found.shape == expected.shape,
        "shape",
        f"{case} must have shape {tuple(expected.shape)}; it has {tuple(found.shape)}",
    )
    number = found.detach().to("cpu", torch.float64)
    target = expected.to("cpu", torch.float64)
    wrong = ~torch.isclose(number, target, rtol=1e-4, atol=atol)  # NaN counts as wrong
    if wrong.any():
        where = tuple(int(i) for i in wrong.nonzero()[0])
        place = f" at {list(where)}" if where else ""
        raise Mistake(
            "value", f"{case}{place} must be {target[where]:.4g}; it is {number[where]:.4g}"
        )
