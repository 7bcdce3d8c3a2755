"""What a checker says: one line, and the same as data."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine import guard
from posenc.check.engine.mistake import Mistake, Remark

__all__ = ["Mistake", "Remark", "Verdict", "judge", "require", "same", "strict"]


def strict() -> bool:
    """Return whether false claims must fail loudly: in the builder, in nbval and in CI."""
    return os.environ.get("POSENC_STRICT") == "1"


@dataclass(frozen=True)
class Verdict:
    """What was found out about an answer; the line has been printed already.

    ``mistake`` is the slug of what went wrong, and None only when the answer passed or was
    not written. ``score`` is the share of wrong programs that a learner's test found out,
    and ``printed`` what the answer itself printed, which the line leaves no room for.
    """

    name: str
    passed: bool
    message: str
    mistake: str | None = None
    equivalent: bool = False
    score: float | None = None
    printed: str = field(default="", compare=False)

    @property
    def mark(self) -> str:
        """One sign: ✓ right, ≈ right in another form, ✗ wrong, ○ not written yet."""
        if self.passed:
            return "≈" if self.equivalent else "✓"
        return "○" if self.mistake is None else "✗"

    def _ipython_display_(self) -> None:
        """Show nothing more: the line stands above."""


listeners: list[Callable[[str, str, str | None], None]] = []  # name, mark, mistake
Examine = Callable[..., Any]  # the answer -> what to say when it is right; or that and a score


def judge(name: str, answer: object, examine: Examine) -> Verdict:
    """Examine an answer, print one line, and return the same as data; never raises.

    ``examine(answer)`` returns the sentence for a right answer, and raises ``Mistake`` or
    ``Remark`` otherwise. The answer has five seconds; what it prints is kept off the page,
    and what it sets in torch is put back.
    """
    with guard.settings_put_back(), guard.silence() as printed:
        found = _examined(answer, examine)
    verdict = Verdict(name=name, printed=printed.getvalue(), **found)
    for told in listeners:
        told(name, verdict.mark, verdict.mistake)
    print(f"{verdict.mark} {name}: {verdict.message}")
    return verdict


NOT_WRITTEN = {"passed": False, "message": "not written yet"}


def _examined(answer: object, examine: Examine) -> dict[str, Any]:
    if not callable(answer):
        kind = type(answer).__name__
        return _wrong("not-callable", f"hand over the function or class itself, not {kind}")
    try:
        with guard.time_limit(guard.SECONDS):
            return _right(examine(guard.asked(answer)))
    except Remark as remark:
        return {"passed": True, "message": str(remark), "equivalent": True}
    except Mistake as mistake:
        return _wrong(mistake.slug, str(mistake), mistake.score)
    except guard.TooLong:
        return _wrong("too-long", f"it did not end within {guard.SECONDS:g} s: has a loop no end?")
    except BaseException as error:  # an answer may raise anything; the learner is told what
        if isinstance(error, NotImplementedError) and not error.args:
            return NOT_WRITTEN
        return _wrong("raises", _one_line(error))


def _right(found: str | tuple[str, float]) -> dict[str, Any]:
    message, score = found if isinstance(found, tuple) else (found, None)
    return {"passed": True, "message": message, "score": score}


def _wrong(slug: str, message: str, score: float | None = None) -> dict[str, Any]:
    one_line = " ".join(message.split())
    return {"passed": False, "message": one_line, "mistake": slug, "score": score}


def _one_line(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        here = "" if guard.can_stop() else "; this platform cannot stop an answer by itself"
        return f"it was interrupted{here}"
    try:
        text = " ".join(str(error).split())
    except Exception:  # even its text may raise
        text = "with a text that cannot be read"
    return f"it raised {type(error).__name__}: {text[:200]}".rstrip(": ")


def require(condition: bool, slug: str, message: str) -> None:
    """Raise the mistake unless the condition holds."""
    if not condition:
        raise Mistake(slug, message)


def same(found: object, expected: Tensor, *, case: str, atol: float = 1e-4) -> None:
    """Raise a Mistake unless ``found`` equals ``expected``, naming the first entry that differs.

    ``case`` says which call it was, for example ``inverse_frequencies(8, 10000)``.
    """
    number = _as_number(found, expected, case)
    target = expected.to("cpu", torch.float64)
    wrong = ~torch.isclose(number, target, rtol=1e-4, atol=atol)  # NaN counts as wrong
    if not wrong.any():
        return
    where = tuple(int(i) for i in wrong.nonzero()[0])
    place = f" at {list(where)}" if where else ""
    words = f"{case}{place} must be {target[where]:.4g}; it is {number[where]:.4g}"
    slug = "value" if number.isfinite().all() else "not-finite"
    raise Mistake(*_half(found, number, target) or (slug, words))


def _as_number(found: object, expected: Tensor, case: str) -> Tensor:
    """Return what was found in float64, or raise the first thing that is wrong with its form."""
    kind = type(found).__name__
    advice = "; torch.as_tensor makes one" if kind in ("ndarray", "list", "tuple", "float") else ""
    require(
        isinstance(found, Tensor),
        "not-a-tensor",
        f"{case} must return a tensor; it returned {kind}{advice}",
    )
    assert isinstance(found, Tensor)
    require(
        found.shape == expected.shape,
        "shape",
        f"{case} must have shape {tuple(expected.shape)}; it has {tuple(found.shape)}",
    )
    whole = expected.is_floating_point() and not found.is_floating_point()
    lossy = whole and bool((expected % 1 != 0).any())
    require(
        not lossy and not found.is_complex(),
        "dtype",
        f"{case} must hold real numbers with their digits; its type is {found.dtype}",
    )
    return found.detach().to("cpu", torch.float64)


def _half(found: object, number: Tensor, target: Tensor) -> tuple[str, str] | None:
    """The mistake if the numbers are right but for a rounding to 16 bits, else None."""
    dtype = getattr(found, "dtype", None)
    if dtype not in (torch.float16, torch.bfloat16):
        return None
    if not torch.allclose(number, target, rtol=1e-2, atol=1e-2):
        return None
    return ("half-precision", f"the numbers are rounded to {dtype}: compute in float32 at least")
