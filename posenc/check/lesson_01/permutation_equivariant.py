"""A test of blindness to order, (f, x) -> bool, tried on functions that see it and that do not."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.scored import Case, as_bool, scored
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_01.attending import attend
from posenc.check.lesson_01.shuffles import Map, Run, explained, few, watched

Test = Callable[[Map, Tensor], Any]


def permutation_equivariant(answer: Callable[[Map, Tensor], bool]) -> Verdict:
    """Check ``permutation_equivariant(f, x)``: does f shuffle its output when x is shuffled?

    The answer is tried on functions that are and are not, some of them sly: one that only
    a reversal leaves alone, one with a faint position, one in float32. The score is the
    share that it judges correctly.

    >>> verdict = permutation_equivariant(lambda f, x: True)
    ✗ permutation_equivariant: It judges 8 of 23 correctly. It returns True for a running sum, \
x.cumsum(0). It never calls f. Compare f(x[order]) with f(x)[order].
    """
    return judge("permutation_equivariant", answer, _examine_equivariant)


def _examine_equivariant(answer: Callable[[Map, Tensor], bool]) -> tuple[str, float]:
    runs: list[Run] = []
    with torch.random.fork_rng(devices=[]):  # the learner's own random numbers go on
        torch.manual_seed(0)
        cases, test = list(CASES), watched(answer, runs)
        try:
            score = scored(test, cases, FACT, partial(_why, cases, runs, test))
        except RuntimeError:
            named = explained(runs, runs[-1:])
            if named and named[0] in ("rows-lost", "channels"):
                raise Mistake(*named) from None
            raise
        except Mistake as mistake:
            if mistake.slug == "invariance" and _puts_back_wrongly(answer):
                raise Mistake("order-twice", UNSORTED, mistake.score) from None
            raise
    said = few(runs)
    require(not said, "few-shuffles", said)
    return "right for functions that see the order and for those that do not", score


def _why(
    cases: list[Case], runs: list[Run], test: Test, said: list[bool]
) -> tuple[str, str] | None:
    """Return what explains all that a test judged wrongly: its shuffles, or how it compares."""
    truth = {case.given[0]: case.truth for case in cases}
    wrong = [run for run in runs if bool(run.said) != truth[run.f]]
    fooled = [case for case, says in zip(cases, said, strict=True) if says != case.truth]
    named = explained(runs, wrong)
    short = all(len(case.given[1]) <= 3 for case in fooled)
    if named and named[0] == "any-shuffle" and not short and not _takes_any(test, fooled, runs):
        named = None
    return named or _compared({case.name for case in fooled})


def _takes_any(test: Test, fooled: list[Case], runs: list[Run]) -> bool:
    """Return whether, asked again, it says True mostly where one of its shuffles agreed."""
    start = len(runs)
    for case in fooled[:3]:
        for _ in range(6):
            test(case.given[0], case.given[1].clone())
    passed = [any(run.agreeing()) for run in runs[start:] if run.said]
    return 2 * sum(passed) >= len(passed)


FACT = {True: "is equivariant", False: "sees the order"}
EARLIER, FEWER, LATER = (
    "each token plus the number of larger earlier ones",
    "each token minus the number of larger earlier ones",
    "each token plus the number of smaller later ones",
)
AT_FIRST, AT_LAST = (
    f"the number of falling pairs added to the {end} token" for end in ("first", "last")
)


def _compared(fooled: set[str]) -> tuple[str, str] | None:
    """Return what is said of a test that compares one token, or differences with their sign."""
    if fooled in ({EARLIER, FEWER, AT_LAST}, {LATER, AT_FIRST}):
        return "one-token", "It compares one token only. Compare every row of f(x[order])."
    if fooled in ({AT_FIRST}, {AT_LAST}):
        end = "first" if fooled == {AT_FIRST} else "last"
        return "token-left-out", f"It leaves out the {end} token. Compare every row of f(x[order])."
    if fooled in ({FEWER}, {EARLIER, LATER, AT_FIRST, AT_LAST}):
        return "signed", (
            "A difference below 0 passes as small. Take its absolute value, or use torch.allclose."
        )
    return None


UNSORTED = (
    "A second x[order] does not undo the first. Go back by order.argsort(), or compare "
    "f(x[order]) with f(x)[order]."
)


def _puts_back_wrongly(answer: Callable[[Map, Tensor], bool]) -> bool:
    """For two tokens every shuffle undoes itself: there f(x[order])[order] is f(x)."""
    x = torch.randn(2, 4, dtype=torch.float64)
    return all(as_bool(answer(lambda x: x.softmax(-1), x.clone())) for _ in range(20))


def _cases(draw: Draw) -> list[Case]:
    """Return maps that are equivariant and maps that see the order, the plainest first.

    A class has six tokens, too: of fewer a shuffle agrees by luck more often, and of more an
    answer that tries all orders takes seven times as long.
    """
    generator = draw.generator(0)
    d = draw.one_of(4, 6)
    x = torch.randn(6, d, generator=generator, dtype=F64)
    W = torch.randn(3, d, d, generator=generator, dtype=F64)
    narrow = torch.randn(draw.near(5, 1), draw.near(3, 1), generator=generator, dtype=F64)
    if draw.is_drawn:
        W /= d**0.5  # scores of about 1: with larger ones float32 may be off by more than 1e-5
    cases = [*_blind(x, W, narrow), *_seeing(x)]
    return sorted(cases, key=lambda case: case.slug != "always-true")


F64 = torch.float64
WORDS = {4: "four", 5: "five", 6: "six"}
CASES = Drawn("permutation_equivariant", _cases)


def _blind(x: Tensor, W: Tensor, narrow: Tensor) -> Iterator[Case]:
    """Yield maps that are equivariant."""
    m, e = narrow.shape
    kept = "Compare f(x[order]) with f(x)[order], with the same x and order in both, not with f(x)."
    exact = "Two sums of the same numbers differ by rounding. Leave room for it, atol=1e-5, not ==."
    coarse = "float32 rounds at the seventh digit. Leave more room, such as atol=1e-5."

    def case(slug: str, name: str, f: Map, advice: str, given: Tensor = x) -> Case:
        return Case(slug, (f, given), True, name, advice)

    yield case("invariance", "softmax in each row", lambda x: x.softmax(-1), kept)
    yield case("exact", "attention", lambda x: attend(x, *W), exact)
    yield case("exact", "attention in float32", lambda x: attend(x, *W.float()), coarse, x.float())
    yield case("exact", "the tokens minus their mean", lambda x: x - x.mean(0), exact)
    yield case("exact", "a mean given to every token", lambda x: x.mean(0).expand_as(x), exact)
    yield case("invariance", "x as it is", lambda x: x, kept)
    yield case("exact", f"attention over {WORDS[m]} tokens of width {e}",
               lambda x: attend(x, *W[:, :e, :e]), exact, narrow)  # fmt: skip
    yield case("invariance", "the squares of three tokens", torch.square, kept, x[:3])


def _seeing(x: Tensor) -> Iterator[Case]:
    """Yield maps that see the order."""
    last = len(x) - 1
    steps = torch.arange(len(x), dtype=F64)[:, None]
    wide = "That is little, but far more than a rounding. Compare all numbers within 1e-5."
    several = "Try twenty random shuffles, and return False at the first that differs."
    rows = "Compare entry by entry: sums, norms and sorted values hide who has which row."
    tokens = "Compare every token, not the first alone."

    def case(slug: str, name: str, f: Map, advice: str = several, times: int = 3) -> Case:
        return Case(slug, (f, x), False, name, advice, times)

    yield case("always-true", "a running sum, x.cumsum(0)", lambda x: x.cumsum(0))
    yield case("totals-only", "the tokens moved on by one position", lambda x: x.roll(1, 0), rows)
    yield case("totals-only", "the tokens rotated by their positions", _rotated, rows)
    yield case("tolerance", "a position as faint as 0.0001", lambda x: x + 1e-4 * steps, wide)
    yield case("few-shuffles", "the sum of both neighbours",
               lambda x: x.roll(1, 0) + x.roll(-1, 0))  # fmt: skip
    yield case("few-shuffles", "the last token added to every token", lambda x: x + x[-1])
    yield case("one-token", "a mark at the last token alone", lambda x: x + (steps == last), tokens)
    yield case("few-shuffles", "a mark at the first token alone", lambda x: x + (steps == 0),
               "Try shuffles that move every token, the first and the last too.")  # fmt: skip
    yield case("one-channel", "a position in the last channel alone",
               lambda x: torch.cat((x[:, :-1], x[:, -1:] + steps), 1),
               "Compare every channel, not the first alone.")  # fmt: skip
    yield from _in_some_tokens(x)


def _in_some_tokens(x: Tensor) -> Iterator[Case]:
    """Yield maps of three tokens, and maps that differ in some tokens or in one direction."""
    yield Case("few-shuffles", (lambda x: x.cumsum(0), x[:3]), False,
               "a running sum of three tokens",
               "A random shuffle of three rows changes nothing one time in six. Try twenty.",
               40)  # fmt: skip
    rising = x[x[:, 0].argsort()]
    advice = "Compare every token, not the first alone."
    for name, f in ((EARLIER, lambda x: x + _before(x)), (FEWER, lambda x: x - _before(x)),
                    (LATER, lambda x: x + _before(-x.flip(0)).flip(0)),
                    (AT_FIRST, lambda x: _marked(x, 0)), (AT_LAST, lambda x: _marked(x, -1)),
                    ):  # fmt: skip
        yield Case("one-token", (f, rising), False, name, advice, 3)


def _rotated(x: Tensor) -> Tensor:
    turn = torch.exp(1j * torch.arange(len(x), dtype=F64))[:, None]
    return torch.view_as_real(torch.view_as_complex(x.reshape(len(x), -1, 2)) * turn).flatten(1)


def _marked(x: Tensor, row: int) -> Tensor:
    out = x.clone()
    out[row] += _before(x).sum()
    return out


def _before(x: Tensor) -> Tensor:
    """Return for each token how many of the earlier ones are larger in channel 0, (n, 1)."""
    first = x[:, 0]
    return (first[None] > first[:, None]).tril(-1).sum(1, keepdim=True).to(x)
