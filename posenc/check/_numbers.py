"""Checkers of notebook 02: what one number can say, what two can, and a test for codes."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from posenc.check._verdict import Verdict, judge, require

__all__ = ["look_back", "previous_word_weights", "same_in_every_text"]

Code = Callable[[int], Tensor]  # n -> (n, d)
WIDTH = 3  # of the codes 1, p, p²


# --- one number -----------------------------------------------------------------------------


def previous_word_weights(answer: Callable[[int], Any]) -> Verdict:
    """Check ``previous_word_weights(n)``: weights ``(a, b, c, e)``, or the first word without any.

    The score of query i and key j is (a + b i)(c + e j); every word but the first is to
    attend most to the word before it. The checker says which word attends elsewhere.

    >>> verdict = previous_word_weights(lambda n: 2)
    ✗ previous_word_weights: 2 words can be served: word 1 only has to prefer an end
    """
    return judge("previous_word_weights", answer, _examine_previous)


def _examine_previous(answer: Callable[[int], Any]) -> str:
    for n in (2, 3, 9):
        found = answer(n)
        if isinstance(found, (tuple, list)) or (isinstance(found, Tensor) and found.dim()):
            _judge_weights(found, n)
        else:
            _judge_word(found, n)
    return "right: word 1 can be served, word 2 never, for its neighbours' mean is no maximum"


def _judge_weights(weights: Any, n: int) -> None:
    case = f"previous_word_weights({n})"
    require(len(weights) == 4, "shape", f"{case} must be four numbers; it has {len(weights)}")
    a, b, c, e = (float(weight) for weight in weights)
    p = torch.arange(n, dtype=torch.float64)
    looks = _favourites((a + b * p)[:, None] * (c + e * p))
    for i in range(1, n):
        if looks[i] == i - 1:
            continue
        elsewhere = "several words alike" if looks[i] is None else f"word {looks[i]}"
        require(
            n == 2,
            "no-such-weights",
            f"with {case} word {i} attends most to {elsewhere}, not to word {i - 1}; "
            "can any straight line do better?",
        )
        require(
            False, "weights", f"with {case} word {i} attends most to {elsewhere}, not to word 0"
        )


def _judge_word(word: Any, n: int) -> None:
    case = f"previous_word_weights({n})"
    require(
        isinstance(word, int) and not isinstance(word, bool),
        "type",
        f"{case} must be four numbers (a, b, c, e) or the number of a word; it is {word!r}",
    )
    require(n > 2, "can-be-served", "2 words can be served: word 1 only has to prefer an end")
    require(
        word != 1,
        "word-one",
        f"{case} must be another word than 1: word 0 stands at an end, and a line can prefer it",
    )
    require(
        word == 2,
        "not-the-first",
        f"{case} must be the first word that cannot be served; {word} is not",
    )


def _favourites(scores: Tensor) -> list[int | None]:
    """Return for each row the column of its maximum, None where several share it."""
    tops = scores.max(dim=1, keepdim=True).values
    scale = scores.abs().max().clamp(min=1.0)
    is_top = scores >= tops - 1e-9 * scale
    return [int(row.nonzero()) if row.sum() == 1 else None for row in is_top]


# --- p and p² -------------------------------------------------------------------------------


def look_back(answer: Callable[[int], Any]) -> Verdict:
    """Check ``look_back(k)``: ``W_q, W_k`` with which codes 1, p, p² attend k words back.

    Shapes: each ``(3, m)``, codes as rows. Checked for k = 1, 2 and 5 over 16 words.

    >>> verdict = look_back(lambda k: (torch.eye(3), torch.eye(3)))
    ✗ look_back: with look_back(1) word 1 attends most to word 15, not to word 0
    """
    return judge("look_back", answer, _examine_look_back)


def _examine_look_back(answer: Callable[[int], Any]) -> str:
    first = _looks(answer(1), "look_back(1)")
    mirrored = [min(i + 1, 15) for i in range(1, 16)]
    require(
        first[1:] != mirrored,
        "sign",
        "look_back(1) looks one word ahead, not back: the top of the parabola is at i − k",
    )
    for k in (1, 2, 5):
        looks = _looks(answer(k), f"look_back({k})")
        require(
            k == 1 or looks != first,
            "k-unused",
            f"look_back({k}) looks where look_back(1) does: k is not used",
        )
        for i in range(k, 16):
            elsewhere = "several words alike" if looks[i] is None else f"word {looks[i]}"
            require(
                looks[i] == i - k,
                "value",
                f"with look_back({k}) word {i} attends most to {elsewhere}, not to word {i - k}",
            )
    return "right for k = 1, 2 and 5"


def _looks(weights: Any, case: str) -> list[int | None]:
    is_pair = isinstance(weights, (tuple, list)) and len(weights) == 2
    require(is_pair, "shape", f"{case} must return two matrices, W_q and W_k")
    pair = [torch.as_tensor(part, dtype=torch.float64).detach() for part in weights]
    shapes = [tuple(part.shape) for part in pair]
    fit = all(len(shape) == 2 and shape[0] == WIDTH for shape in shapes) and shapes[0] == shapes[1]
    require(
        fit,
        "shape",
        f"{case} must return W_q and W_k of one shape (3, m), a row for each of 1, p, p²; "
        f"it returned {shapes[0]} and {shapes[1]}",
    )
    p = torch.arange(16, dtype=torch.float64)
    x = torch.stack((p**0, p, p**2), dim=1)  # (n, 3)
    return _favourites((x @ pair[0]) @ (x @ pair[1]).T)


# --- a test for codes -----------------------------------------------------------------------


def same_in_every_text(answer: Callable[[Code], Any]) -> Verdict:
    """Check ``same_in_every_text(code)``: is a word's code the same in a longer text?

    The test is tried on codes that keep the rule and on codes that break it.

    >>> verdict = same_in_every_text(lambda code: True)
    ✗ same_in_every_text: it passes p / L, whose codes change with every new word
    """
    return judge("same_in_every_text", answer, _examine_test)


def _examine_test(answer: Callable[[Code], Any]) -> str:
    for code, keeps, slug, message in _codes():
        found = answer(code)
        if isinstance(found, Tensor) and found.numel() == 1:
            found = found.item()
        require(
            isinstance(found, bool),
            "type",
            f"it must return True or False; it returned {type(found).__name__}",
        )
        require(found == keeps, slug, message)
    return "right: it passes what stays, and catches what a longer text changes"


def _codes() -> Iterator[tuple[Code, bool, str, str]]:
    """Yield codes, whether they are the same in every text, and what to say otherwise."""

    def count(n: int) -> Tensor:
        return torch.arange(n, dtype=torch.float64)[:, None]

    yield count, True, "refuses-good", "it refuses the plain number p, which no text changes"
    yield (
        lambda n: count(n) / n, False, "passes-normalized",
        "it passes p / L, whose codes change with every new word",
    )  # fmt: skip
    yield (
        lambda n: torch.cat((torch.sin(count(n)), count(n) / 3), dim=1), True, "refuses-rounding",
        "it refuses a code of two channels that no text changes",
    )  # fmt: skip
    yield (
        lambda n: count(n).flip(0), False, "passes-from-the-end",
        "it passes numbers counted from the end, which every new word changes",
    )  # fmt: skip
    yield (
        lambda n: torch.cat((count(n), count(n) / n), dim=1), False, "one-channel-only",
        "it passes p beside p / L: one channel that stays does not make a code that stays",
    )  # fmt: skip
    yield (
        lambda n: count(n) * (1 + (n > 8)), False, "short-texts-only",
        "it passes a code that doubles in texts of more than 8 words: compare up to length 20",
    )  # fmt: skip
