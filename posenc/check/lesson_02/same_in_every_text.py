"""A test of codes, code -> bool: is a word's code the same in a longer text?"""

from collections.abc import Callable
from functools import partial
from typing import Any

from posenc.check.engine.scored import scored
from posenc.check.engine.verdict import Mistake, Verdict, judge
from posenc.check.lesson_02.codes import CODES, Code
from posenc.check.lesson_02.weak_tests import WEAK

LONGEST = 20


def same_in_every_text(answer: Callable[[Code], Any]) -> Verdict:
    """Check ``same_in_every_text(code)``: is a word's code the same in a longer text?

    The test is tried on codes that keep the rule and on codes that break it; the score is
    the share that it judges correctly.

    >>> verdict = same_in_every_text(lambda code: True)
    ✗ same_in_every_text: It judges 5 of 25 correctly. It returns True for p / L. It never \
calls code. Compare code(n) with code(20)[:n].
    """
    return judge("same_in_every_text", answer, _examine_same)


FACT = {True: "stays the same in every text", False: "changes in a longer text"}


def _examine_same(answer: Callable[[Code], Any]) -> tuple[str, float]:
    asked: dict[Code, list[int]] = {}  # for each code the lengths
    last: list[int] = []  # those of the code that was asked last

    def watched(code: Code) -> Any:
        last[:] = []
        lengths = asked.setdefault(code, [])

        def seen(n: int) -> Any:
            lengths.append(int(n))
            last.append(int(n))
            return code(n)

        return answer(seen)

    try:
        score = scored(watched, list(CODES), FACT, partial(_why, asked))
    except RuntimeError as error:
        a, b = sorted([0, 0, *last][-2:])
        if "must match" not in str(error) or a == b:
            raise
        said = f"It compares code({a}), of {a} rows, with code({b}), of {b} rows. Compare the rows "
        said += f"that both texts have: code({a}) with code({b})[:{a}]."
        raise Mistake("different-lengths", said) from error
    return "right: it passes what stays, and catches what a longer text changes", score


def _why(asked: dict[Code, list[int]], said: list[bool]) -> tuple[str, str] | None:
    """Return what explains all that a test judged wrongly: its lengths, or what it compares."""
    if not any(asked.values()):
        return "code-not-called", "It never calls code. Compare code(n) with code(20)[:n]."
    for slug, weak, says in WEAK:
        if [weak(case.given[0]) for case in CODES] == said:
            return slug, says
    runs = zip(CODES, said, strict=True)
    passed = [set(asked[case.given[0]]) for case, says in runs if says and not case.truth]
    met = set[int]().union(*passed)
    missing = sorted(set(range(1, LONGEST + 1)) - met)
    if not passed or not missing:
        return None
    only = _texts(sorted(met)) if len(met) <= 3 else ""
    told = f"It asks only for {only}." if only else f"It never asks for {_texts(missing)}."
    return "some-lengths-only", f"{told} Compare every length from 1 to {LONGEST}."


def _texts(lengths: list[int]) -> str:
    if len(lengths) > 3:
        return f"texts of {', '.join(map(str, lengths[:3]))}, … tokens"
    words = " and ".join(map(str, lengths))
    return f"texts of {words} tokens" if lengths != [1] else "a text of 1 token"
