"""A test of blindness to order, (f, x) -> bool, tried on functions that see it and that do not."""

from collections.abc import Callable, Iterator

import torch
from torch import Generator, Tensor

from posenc.check.engine.scored import Case, as_bool, scored
from posenc.check.engine.verdict import Mistake, Verdict, judge
from posenc.check.lesson_01.attending import attend

Map = Callable[[Tensor], Tensor]  # (n, d) -> (n, d)


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
            score = scored(answer, cases, {True: "is equivariant", False: "sees the order"})
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
    return all(as_bool(answer(lambda x: x.softmax(-1), x.clone())) for _ in range(20))


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
