"""A test of codes, code -> bool: is a word's code the same in a longer text?"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.scored import Case, scored
from posenc.check.engine.verdict import Verdict, judge

Code = Callable[[int], Tensor]  # n -> (n, d)


def same_in_every_text(answer: Callable[[Code], Any]) -> Verdict:
    """Check ``same_in_every_text(code)``: is a word's code the same in a longer text?

    The test is tried on codes that keep the rule and on codes that break it; the score is
    the share that it judges rightly.

    >>> verdict = same_in_every_text(lambda code: True)
    ✗ same_in_every_text: It judges 3 of 12 correctly. It returns True for p / L, which a longer \
text changes. every new word does
    """
    return judge("same_in_every_text", answer, _examine_same)


def _examine_same(answer: Callable[[Code], Any]) -> tuple[str, float]:
    fact = {True: "no text changes", False: "a longer text changes"}
    score = scored(answer, list(_codes()), fact)
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
