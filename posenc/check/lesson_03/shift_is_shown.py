"""Does an R² show that a matrix shifts the position vectors? (n, d, k, r2) -> bool."""

from collections.abc import Callable, Iterator
from functools import partial

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.scored import Case, judging_alike, scored
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge

ROUNDING = 1e-9


def right(n: int, d: int, k: int, r2: float) -> bool:
    """Return whether the fit is exact, and has more pairs of vectors than channels."""
    return r2 >= 1 - ROUNDING and n - k > d


def shift_is_shown(answer: Callable[[int, int, int, float], bool]) -> Verdict:
    """Check ``answer(n, d, k, r2) -> bool``: is this R² evidence for a shift by a matrix?

    n positions, d channels, a shift by k. The fit has n − k pairs of vectors, and with no more
    pairs than channels it is exact for any vectors. The score is the share judged correctly.

    >>> _ = shift_is_shown(lambda n, d, k, r2: r2 > 0.999999999)
    ✗ shift_is_shown: It judges 8 of 13 correctly. It returns True for n = 60, d = 64, k = 7, \
R² = 1. It reads R² alone. With no more pairs than channels least squares fits any vectors: \
ask for n - k > d.
    """
    return judge("shift_is_shown", answer, _examine)


def _examine(answer: Callable[[int, int, int, float], bool]) -> tuple[str, float]:
    cases = list(CASES)
    score = scored(answer, cases, FACT, partial(judging_alike, SLIPS, cases))
    return "exact up to rounding, and more pairs of vectors than channels", score


FACT = {True: "shows it", False: "shows nothing"}
PAIRS = "The fit has n - k pairs of vectors: ask for n - k > d."
SLIPS = (
    Slip("r2-alone", lambda n, d, k, r2: r2 >= 1 - ROUNDING,
         "It reads R² alone. With no more pairs than channels least squares fits any vectors: "
         "ask for n - k > d."),
    Slip("count-alone", lambda n, d, k, r2: n - k > d,
         "It does not read R². A matrix that shifts them has R² = 1 up to rounding."),
    Slip("ignores-k", lambda n, d, k, r2: r2 >= 1 - ROUNDING and n > d,
         f"It counts n vectors, but k of them have no partner. {PAIRS}"),
    Slip("as-many-pairs", lambda n, d, k, r2: r2 >= 1 - ROUNDING and n - k >= d,
         "It accepts d pairs for d channels, and so many fit exactly whatever they are. "
         "Ask for more: n - k > d."),
    Slip("loose", lambda n, d, k, r2: r2 >= 0.9 and n - k > d,
         "It accepts an R² such as 0.91. Such a matrix does not shift them: ask for 1 up to "
         "rounding."),
    Slip("loose-and-alone", lambda n, d, k, r2: r2 >= 0.9,
         "It reads R² alone, and accepts one such as 0.91. Ask for 1 up to rounding, and for "
         "n - k > d."),
    Slip("exact", lambda n, d, k, r2: r2 == 1 and n - k > d,
         "It refuses 1 - 1e-13, which is rounding. Compare with 1 - 1e-9, not with ==."),
    Slip("hands", lambda n, d, k, r2: r2 >= 1 - ROUNDING and n - k > d / 2,
         f"It counts d/2 frequencies, but least squares uses all d channels. {PAIRS}"),
    Slip("entries", lambda n, d, k, r2: r2 >= 1 - ROUNDING and n - k > d * d,
         "It counts the d² entries of the matrix. Each row has d of them and is fitted by itself: "
         "n - k > d is enough."),
    Slip("fewer-pairs", lambda n, d, k, r2: r2 >= 1 - ROUNDING and n - k < d,
         f"It accepts where the pairs are fewer than the channels, so any vectors fit. {PAIRS}"),
)  # fmt: skip


FEW = "Count the pairs of vectors, n - k, and the channels."
EXACT = "A matrix that shifts them has R² = 1 up to rounding."


def _case(n: int, d: int, k: int, r2: float, advice: str = FEW) -> Case:
    name = f"n = {n}, d = {d}, k = {k}, R² = {_said(r2)}"
    return Case("value", (n, d, k, r2), right(n, d, k, r2), name, advice)


def _cases(draw: Draw) -> Iterator[Case]:
    """Yield rows of a table, the plainest first; of each kind one that every slip judges alike."""

    def width() -> int:
        return draw.near(64, 4, 2)

    d, k = width(), draw.near(7, 4)
    long = draw.near(2000, 500)
    yield _case(d - 4, d, k, 1.0)
    yield _case(long, draw.near(16, 3, 2), k, 1.0, EXACT)
    yield _case(long, draw.near(16, 3, 2), k, round(draw.between(0.91, 0.905, 0.99), 2), EXACT)
    yield _case(long, width(), k, round(draw.between(0.03, 0.01, 0.3), 2), EXACT)
    for more in (0, 1):  # pairs than channels
        d, k = width(), draw.near(9, 5)
        yield _case(d + k + more, d, k, 1.0)
    d, k = width(), draw.near(20, 5)
    yield _case(d + k // 2, d, k, 1.0)  # more positions than channels, and fewer pairs
    d, k = width(), draw.near(3, 2)
    yield _case(2 * d + draw.near(10, 5), d, k, 1 - 1e-13, EXACT)
    yield _case(d // 2 + k + draw.near(9, 5), d, k, 1.0)
    yield _case(d // 2 - draw.near(9, 5), d, k, 1.0)
    yield _case(d * d - draw.near(500, 99), d, k, 1.0)
    yield _case(d * d + draw.near(500, 99), d, k, 1 - 1e-12, EXACT)
    yield _case(d * d + draw.near(500, 99), d, k, 1 - 1e-4, EXACT)


def _said(r2: float) -> str:
    """Return the number, with how much it lacks where that is little."""
    return f"{r2:g}" if r2 in (1.0, round(r2, 2)) else f"1 - {1 - r2:.0e}"


CASES = Drawn("shift_is_shown", _cases)
