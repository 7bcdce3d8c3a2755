"""Looking back with one number: n -> weights (a, b, c, e), or the first word without any."""

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_02.preferred_keys import preferred_keys


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
    scores = (a + b * p)[:, None] * (c + e * p)  # (q, k)
    require(bool(scores.isfinite().all()), "not-finite", f"{case} gives scores without end")
    looks = preferred_keys(scores)
    i = next((i for i in range(1, n) if looks[i] != i - 1), None)
    if i is None:
        return
    elsewhere = "several words alike" if looks[i] is None else f"word {looks[i]}"
    words = f"with {case} word {i} attends most to {elsewhere}, not to word {i - 1}"
    require(n == 2, "no-such-weights", f"{words}; can any straight line do better?")
    rise = float(scores[1].diff())
    require(rise == 0, "prefers-later", f"{words}: the score rises by {rise:g} a word; turn a sign")
    raise Mistake("flat", f"{words}: the score must fall from word 0 to word 1")


def _judge_word(word: Any, n: int) -> None:
    case = f"previous_word_weights({n})"
    said = f"{case} must be four numbers (a, b, c, e) or the number of a word; it is {word!r}"
    require(not isinstance(word, bool), "type", said)
    try:
        whole = operator.index(word)
    except TypeError:
        raise Mistake("type", said) from None
    require(n > 2, "can-be-served", "2 words can be served: word 1 only has to prefer an end")
    require(whole != 0, "word-zero", f"{case} must not be 0: no word stands before word 0")
    said = f"{case} must be another word than 1: word 0 stands at an end, and a line can prefer it"
    require(whole != 1, "word-one", said)
    said = f"{case} must be one of the words 0 to {n - 1}: with {n} words there is no word {word}"
    require(0 <= whole < n, "not-the-first", said)
    said = f"{case} must be the first word that cannot be served; one before {word} cannot, either"
    require(whole == 2, "not-the-first", said)
