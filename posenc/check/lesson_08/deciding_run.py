"""Does a run decide between two explanations? (wavelength, rival, trained, tested) -> bool."""

from collections.abc import Callable, Iterator
from functools import partial

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.scored import Case, judging_alike, scored
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Verdict, judge


def right(wavelength: float, rival: int, trained: int, tested: int) -> bool:
    """Return whether exactly one of the explanations predicts that the run fails."""
    return _new_angles(wavelength, trained, tested) != (tested > rival)


def _new_angles(wavelength: float, trained: int, tested: int) -> bool:
    """Return whether the slowest pair meets angles in the test that it did not meet before."""
    return tested > trained and wavelength > trained


def deciding_run(answer: Callable[[float, int, int, int], bool]) -> Verdict:
    """Check ``answer(wavelength, rival, trained, tested) -> bool``: does this run decide?

    One explanation: the slowest pair meets new angles. The other: the text contains the false
    neighbour, the distance ``rival``. The score is the share of runs that is judged correctly.

    >>> _ = deciding_run(lambda wavelength, rival, trained, tested: tested > rival)
    ✗ deciding_run: It judges 5 of 14 correctly. It returns True for wavelength = 6283, \
rival = 20, trained = 16, tested = 64. It asks what the false neighbour predicts, and not what \
the new angles predict. Compare the two.
    """
    return judge("deciding_run", answer, _examine)


def _examine(answer: Callable[[float, int, int, int], bool]) -> tuple[str, float]:
    cases = list(CASES)
    score = scored(answer, cases, FACT, partial(judging_alike, SLIPS, cases))
    return "A run decides where the two explanations predict different results", score


FACT = {True: "decides", False: "does not decide"}
LETTERS = "The distances in a text of n letters end at n − 1: ask for tested > rival."
SLIPS = (
    Slip("rival-alone", lambda w, rival, trained, tested: tested > rival,
         "It asks what the false neighbour predicts, and not what the new angles predict. "
         "Compare the two."),
    Slip("angles-alone", lambda w, rival, trained, tested: _new_angles(w, trained, tested),
         "It asks what the new angles predict, and not what the false neighbour predicts. "
         "Compare the two."),
    Slip("both", lambda w, rival, trained, tested: _new_angles(w, trained, tested)
         and tested > rival,
         "It is True where both predict a failure. Then no result can decide: ask where only one "
         "does."),
    Slip("either", lambda w, rival, trained, tested: _new_angles(w, trained, tested)
         or tested > rival,
         "It is True where at least one predicts a failure. If both do, no result decides."),
    Slip("angles-only", lambda w, rival, trained, tested: _new_angles(w, trained, tested)
         and tested <= rival,
         "It misses runs in which only the false neighbour predicts a failure, where the slowest "
         "pair has completed its turns."),
    Slip("rival-only", lambda w, rival, trained, tested: tested > rival
         and not _new_angles(w, trained, tested),
         "It misses runs in which only the new angles predict a failure."),
    Slip("one-letter-short", lambda w, rival, trained, tested:
         _new_angles(w, trained, tested) != (tested >= rival),
         f"It takes a text of rival letters to contain the distance rival. {LETTERS}"),
    Slip("one-letter-more", lambda w, rival, trained, tested:
         _new_angles(w, trained, tested) != (tested > rival + 1),
         f"It asks for one letter too many. {LETTERS}"),
    Slip("short-tests", lambda w, rival, trained, tested:
         (w > trained) != (tested > rival),
         "It predicts a failure by new angles within the training length, too. Ask for "
         "tested > trained."),
    Slip("any-longer-text", lambda w, rival, trained, tested:
         (tested > trained) != (tested > rival),
         "It predicts a failure by new angles for any longer text. Ask for wavelength > trained, "
         "too."),
    Slip("wavelength-of-test", lambda w, rival, trained, tested:
         (tested > trained and w > tested) != (tested > rival),
         "It compares the wavelength with the tested length. A pair has met its whole circle if "
         "it completed a turn in training: compare with trained."),
    Slip("radians", lambda w, rival, trained, tested:
         (tested > trained and w > 6.283185307179586 * trained) != (tested > rival),
         "It takes the wavelength for radians. It is a number of positions: compare it with "
         "trained."),
)  # fmt: skip


WRITE = "Write down what each explanation predicts, and compare."


def _case(wavelength: int, rival: int, trained: int, tested: int) -> Case:
    given = wavelength, rival, trained, tested
    names = ("wavelength", "rival", "trained", "tested")
    name = ", ".join(f"{key} = {value}" for key, value in zip(names, given, strict=True))
    return Case("value", given, right(*given), name, WRITE)


def _cases(draw: Draw) -> Iterator[Case]:
    """Yield runs, that of the statement first; of each kind one that every slip judges alike."""
    yield _case(6283, 20, 16, 64)
    slow, trained = draw.near(6283, 500), draw.near(16, 3)
    yield _case(slow, 64, trained, 64)  # long enough for new angles, one letter short of rival
    yield _case(slow, 64, trained, 65)
    yield _case(slow, 64, trained, 66)
    yield _case(slow, 64, trained, draw.near(128, 20))
    yield _case(slow, 64, trained, draw.near(40, 9))
    yield _case(slow, 64, trained, draw.near(10, 2))  # no longer than in training
    yield _case(slow, 64, trained, trained)
    fast = draw.near(12, 2)  # a whole turn is in the training length, 20
    yield _case(fast, 38, 20, draw.near(64, 9))
    yield _case(fast, 38, 20, draw.near(30, 5))
    yield _case(fast, 38, 20, 38)
    between = draw.near(50, 5)  # longer than trained, shorter than tested or than 2π trained
    yield _case(between, 90, 20, draw.near(80, 5))
    yield _case(between, 30, 20, draw.near(80, 5))
    yield _case(between, 30, 20, draw.near(25, 3))


CASES = Drawn("deciding_run", _cases)
