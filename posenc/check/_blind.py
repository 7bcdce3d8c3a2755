"""Checkers of tests that a learner writes in notebooks 01 and 02, tried on right and wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from posenc.check._slips._models import attend
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

__all__ = ["permutation_equivariant", "same_in_every_text"]

Map = Callable[[Tensor], Tensor]  # (n, d) -> (n, d)
Code = Callable[[int], Tensor]  # n -> (n, d)


@dataclass(frozen=True)
class Case:
    """What a learner's test is tried on, what it must say, and what to say if it does not."""

    slug: str
    given: tuple[Any, ...]
    truth: bool
    name: str
    advice: str = ""
    times: int = 1  # how often it is asked: a random test may be right by luck


def _scored(answer: Callable[..., Any], cases: list[Case], fact: dict[bool, str]) -> float:
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
        said = _as_bool(answer(*given))
        if said != case.truth:
            break
    return said


def _as_bool(said: Any) -> bool:
    scalar = isinstance(said, Tensor) and said.numel() == 1
    require(
        isinstance(said, bool) or scalar or type(said).__name__ in ("bool_", "bool"),
        "not-a-bool",
        f"it must return True or False; it returned {type(said).__name__}",
    )
    return bool(said)


# --- blindness to order ---------------------------------------------------------------------


def permutation_equivariant(answer: Callable[[Map, Tensor], bool]) -> Verdict:
    """Check ``permutation_equivariant(f, x)``: does f shuffle its output when x is shuffled?

    The answer is tried on functions that are and are not, some of them sly: one that only
    a reversal leaves alone, one with a faint position, one in float32. The score is the
    share that it judges rightly.

    >>> verdict = permutation_equivariant(lambda f, x: True)
    ✗ permutation_equivariant: it judges 6 of 14 rightly; it says True for a running sum \
(x.cumsum(0)), which sees the order
    """
    return judge("permutation_equivariant", answer, _examine_equivariant)


def _examine_equivariant(answer: Callable[[Map, Tensor], bool]) -> tuple[str, float]:
    with torch.random.fork_rng(devices=[]):  # the learner's own random numbers go on
        torch.manual_seed(0)
        cases = [*_blind(), *_seeing()]
        cases.sort(key=lambda case: case.slug != "always-true")  # the plainest comes first
        try:
            score = _scored(answer, cases, {True: "is equivariant", False: "sees the order"})
        except Mistake as mistake:
            if mistake.slug == "invariance" and _puts_back_wrongly(answer):
                raise Mistake("order-twice", UNSORTED, mistake.score) from None
            raise
    return "right for functions that see the order and for those that do not", score


UNSORTED = (
    "a second x[order] does not undo the first: the way back is order.argsort(); "
    "or compare f(x[order]) with f(x)[order]"
)


def _puts_back_wrongly(answer: Callable[[Map, Tensor], bool]) -> bool:
    """For two words every shuffle undoes itself: there f(x[order])[order] is f(x)."""
    x = torch.randn(2, 4, dtype=torch.float64)
    return all(_as_bool(answer(lambda x: x.softmax(-1), x.clone())) for _ in range(20))


def _blind() -> Iterator[Case]:
    """Yield maps that are equivariant."""
    generator = Generator().manual_seed(0)
    x = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    W = torch.randn(3, 4, 4, generator=generator, dtype=torch.float64)
    kept = "compare f(x[order]) with f(x)[order], not with f(x)"
    exact = "two sums of the same numbers differ by rounding: leave room for it, not =="
    coarse = "float32 rounds at the seventh digit: leave more room, such as 1e-5"

    def case(slug: str, name: str, f: Map, advice: str, given: Tensor = x) -> Case:
        return Case(slug, (f, given), True, name, advice, 3)

    yield case("invariance", "softmax in each row", lambda x: x.softmax(-1), kept)
    yield case("exact", "attention", lambda x: attend(x, *W), exact)
    yield case("exact", "attention in float32", lambda x: attend(x, *W.float()), coarse, x.float())
    yield case("exact", "the words minus their mean", lambda x: x - x.mean(0), exact)
    yield case("exact", "a mean given to every word", lambda x: x.mean(0).expand_as(x), exact)
    yield case("invariance", "x as it is", lambda x: x, kept)


def _seeing() -> Iterator[Case]:
    """Yield maps that see the order."""
    x = torch.randn(6, 4, generator=Generator().manual_seed(0), dtype=torch.float64)
    steps = torch.arange(6, dtype=torch.float64)[:, None]
    wide = "the difference is small but no rounding: float64 allows a narrow tolerance"
    several = "try many random shuffles, and say False at the first that differs"
    rows = "compare entry by entry: means, sums and sorted rows hide who has which row"

    def case(slug: str, name: str, f: Map, advice: str = "", times: int = 3) -> Case:
        return Case(slug, (f, x), False, name, advice, times)

    yield case("always-true", "a running sum (x.cumsum(0))", lambda x: x.cumsum(0))
    yield case("totals-only", "the words moved on by one place", lambda x: x.roll(1, 0), rows)
    yield case("tolerance", "a position as faint as 0.0001", lambda x: x + 1e-4 * steps, wide)
    yield case("few-shuffles", "the sum of both neighbours",
               lambda x: x.roll(1, 0) + x.roll(-1, 0), several)  # fmt: skip
    yield case("few-shuffles", "the last word added to every word", lambda x: x + x[-1], several)
    yield case("one-word", "a mark at the last word alone", lambda x: x + (steps == 5),
               "look at every word, not at the first alone")  # fmt: skip
    yield case("one-channel", "a position in the last channel alone",
               lambda x: torch.cat((x[:, :-1], x[:, -1:] + steps), 1),
               "look at every channel, not at the first alone")  # fmt: skip
    yield Case("few-shuffles", (lambda x: x.cumsum(0), x[:3]), False,
               "a running sum of three words",
               "a random shuffle of three words changes nothing one time in six: try many",
               40)  # fmt: skip


# --- the same code in every text ------------------------------------------------------------


def same_in_every_text(answer: Callable[[Code], Any]) -> Verdict:
    """Check ``same_in_every_text(code)``: is a word's code the same in a longer text?

    The test is tried on codes that keep the rule and on codes that break it; the score is
    the share that it judges rightly.

    >>> verdict = same_in_every_text(lambda code: True)
    ✗ same_in_every_text: it judges 3 of 12 rightly; it says True for p / L, which a longer \
text changes: every new word does
    """
    return judge("same_in_every_text", answer, _examine_same)


def _examine_same(answer: Callable[[Code], Any]) -> tuple[str, float]:
    fact = {True: "no text changes", False: "a longer text changes"}
    score = _scored(answer, list(_codes()), fact)
    return "right: it passes what stays, and catches what a longer text changes", score


def _count(n: int) -> Tensor:
    return torch.arange(n, dtype=torch.float64)[:, None]


def _code(slug: str, name: str, code: Code, truth: bool = False, advice: str = "") -> Case:
    return Case(slug, (code,), truth, name, advice)


def _codes() -> Iterator[Case]:
    """Yield codes, whether they are the same in every text, and what to say otherwise."""
    case = _code
    yield case("refuses-good", "the plain number p", _count, True,
               "compare the rows that both texts have, code(20)[:n] with code(n)")  # fmt: skip
    yield case("passes-normalized", "p / L", lambda n: _count(n) / n, False, "every new word does")
    yield case("refuses-two-channels", "a code of two channels",
               lambda n: torch.cat((torch.sin(_count(n)), _count(n) / 3), 1), True)  # fmt: skip
    yield case("refuses-constant", "a code that is 0 throughout", lambda n: 0 * _count(n), True,
               "whether it is useful is not asked")  # fmt: skip
    yield case("passes-from-the-end", "numbers counted from the end", lambda n: _count(n).flip(0),
               False, "every new word does")  # fmt: skip
    yield case("one-channel-only", "p beside p / L",
               lambda n: torch.cat((_count(n), _count(n) / n), 1), False,
               "one channel that stays does not make a code that stays")  # fmt: skip
    yield from _hidden_changes()


def _hidden_changes() -> Iterator[Case]:
    """Yield codes that change in a corner."""
    case = _code
    yield case("short-texts-only", "a code that doubles in texts of more than 8 words",
               lambda n: _count(n) * (1 + (n > 8)), False,
               "compare every length up to 20, short texts with long ones")  # fmt: skip
    yield case("some-lengths-only", "a code that is other in texts of 13 words",
               lambda n: _count(n) + (n == 13), False, "compare every length up to 20")  # fmt: skip
    yield case("last-word-left-out", "a code that marks the last word",
               lambda n: _count(n) + 0.5 * (_count(n) == n - 1), False,
               "the last word of a short text is an earlier word of a longer one")  # fmt: skip
    yield case("first-word-left-out", "a code that tells the length at word 0",
               lambda n: _count(n) + n * (_count(n) == 0), False,
               "compare word 0, too")  # fmt: skip
    yield case("totals-only", "a code that moves all words on in every second text",
               lambda n: _count(n).roll(n % 2 * (n // 2), 0), False,
               "compare entry by entry")  # fmt: skip
    yield case("tolerance", "p + L / 1000", lambda n: _count(n) + n / 1000, False,
               "little by little it does: leave no room for it")  # fmt: skip
