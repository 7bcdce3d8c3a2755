"""What a checker says: one line, and the same as data."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine import form, guard
from posenc.check.engine.mistake import Mistake, Remark
from posenc.check.engine.place import line_of

__all__ = ["Mistake", "Remark", "Verdict", "judge", "require", "same", "strict"]


def strict() -> bool:
    """Return whether false claims must fail loudly: in the builder, in nbval and in CI."""
    return os.environ.get("POSENC_STRICT") == "1"


@dataclass(frozen=True)
class Verdict:
    """What was found out about an answer; the line has been printed already.

    ``mistake`` is the slug of what went wrong, and None only when the answer passed or was
    not written. ``score`` is the share of wrong programs that a learner's test found out,
    and ``printed`` what the first call of the answer printed, which stands above the line.
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
called: dict[str, str] = {}  # exercise -> the answer's name in the notebook, where it is another
Examine = Callable[..., Any]  # the answer -> what to say when it is right; or that and a score
LEGEND = {"≈": " (≈: right in another form; this counts as solved)"}
FORMS = ("not-a-tensor", "not-a-bool", "type", "word", "shape")  # mistakes of form
MOST = 20  # lines that an answer may print above its verdict


def judge(name: str, answer: object, examine: Examine) -> Verdict:
    """Examine an answer, print one line, and return the same as data; never raises.

    ``examine(answer)`` returns the sentence for a right answer, and raises ``Mistake`` or
    ``Remark`` otherwise. The answer has five seconds; what its first call prints stands above
    the line, and what it sets in torch is put back.
    """
    with guard.settings_put_back(), guard.silence() as printed:
        calls = guard.Calls(printed)
        found = _examined(answer, examine, calls)
    said = printed.getvalue() if calls.said is None else calls.said
    verdict = Verdict(name=name, printed=said, **found)
    for told in listeners:
        told(name, verdict.mark, verdict.mistake)
    lines = said.splitlines()
    if calls.said is None:  # a class is called in many places: each line once
        lines = list(dict.fromkeys(lines))
    for one in [*lines[:MOST], *["…"] * (len(lines) > MOST)]:
        print(one)
    mark = verdict.mark
    print(f"{mark} {called.get(name, name)}: {verdict.message}{LEGEND.get(mark, '')}")
    return verdict


NOT_WRITTEN = {"passed": False, "message": "not written yet"}


def _examined(answer: object, examine: Examine, calls: guard.Calls) -> dict[str, Any]:
    if not callable(answer):
        kind = type(answer).__name__
        return _wrong("not-callable", f"hand over the function or class itself, not {kind}")
    try:
        with guard.time_limit(guard.SECONDS):
            return _right(examine(guard.asked(answer, calls)))
    except Remark as remark:
        return {"passed": True, "message": str(remark), "equivalent": True}
    except Mistake as mistake:
        return _wrong(mistake.slug, _in_place_of(mistake, calls), mistake.score)
    except guard.TooLong as stop:
        where = f"; it was in {line}" if (line := line_of(stop)) else ""
        said = f"it did not end within {guard.SECONDS:g} s{where}: has a loop no end?"
        return _wrong("too-long", said)
    except BaseException as error:  # an answer may raise anything; the learner is told what
        if isinstance(error, NotImplementedError) and not error.args:
            return NOT_WRITTEN
        return _wrong("raises", _raised(error, calls))


def _right(found: str | tuple[str, float]) -> dict[str, Any]:
    message, score = found if isinstance(found, tuple) else (found, None)
    return {"passed": True, "message": message, "score": score}


def _wrong(slug: str, message: str, score: float | None = None) -> dict[str, Any]:
    one_line = " ".join(message.split())
    return {"passed": False, "message": one_line, "mistake": slug, "score": score}


def _in_place_of(mistake: Mistake, calls: guard.Calls) -> str:
    """Return what the mistake says, or that nothing came back where that explains it."""
    told = form.no_result(calls.found)
    named = "returned None" in str(mistake)  # by the lesson itself
    if not calls.called or not told or named or mistake.score is not None:
        return str(mistake)
    if calls.only_nothing and mistake.slug != "mutates-input":
        return told
    if mistake.slug not in FORMS:
        return str(mistake)
    return form.SOMETIMES if calls.found is None else told


def _raised(error: BaseException, calls: guard.Calls) -> str:
    if isinstance(error, KeyboardInterrupt):
        here = "" if guard.can_stop() else "; this platform cannot stop an answer by itself"
        return f"it was interrupted{here}"
    kind, text = type(error).__name__, _text(error)
    line = line_of(error)
    its_own = any(error is one for one in calls.errors)
    if calls.called and not its_own and not line:  # the checker's, of a result
        of_form = form.no_tensor(calls.found)
        if calls.found is None and not calls.only_nothing:
            of_form = form.SOMETIMES
        found = type(calls.found).__name__
        return of_form or f"the result, of type {found}, cannot be judged ({kind}: {text})"
    where = f" in {line}" if line else ""
    return f"it raised {kind}{where}: {text}".rstrip(": ")


def _text(error: BaseException) -> str:
    try:
        return " ".join(str(error).split())[:200]
    except Exception:  # even its text may raise
        return "with a text that cannot be read"


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
    told = form.no_tensor(found, expected.shape)
    require(not told, "not-a-tensor", told)
    kind = type(found).__name__
    advice = ". Wrap it in torch.as_tensor" if kind in ("ndarray", "list", "tuple", "float") else ""
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
    return ("half-precision", f"The numbers are rounded to {dtype}. Compute in float32 at least.")
