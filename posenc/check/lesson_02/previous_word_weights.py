"""Looking back with one number: n -> weights (a, b, c, e), or the first word without any."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn, asked
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_02.preferred_keys import preferred_keys


def _lengths(draw: Draw) -> tuple[int, ...]:
    """Return numbers of tokens: the one with weights, a class's twice; and some without any."""
    others = draw.repeated((3, 4, draw.near(9, 4), draw.near(16, 6)))
    return (*draw.repeated((2,), share=1), *sorted(others))


LENGTHS = Drawn("previous_word_weights", _lengths)


def previous_word_weights(answer: Callable[[int], Any]) -> Verdict:
    """Check ``previous_word_weights(n)``: weights ``(a, b, c, e)``, or the first word without any.

    The score of query i and key j is (a + b i)(c + e j); every word but the first is to
    attend most to the word before it. The checker says which word attends elsewhere.

    >>> verdict = previous_word_weights(lambda n: 2)
    ✗ previous_word_weights: For 2 tokens there are weights: token 1 only has to prefer an end. \
Return four numbers (a, b, c, e).
    """
    return judge("previous_word_weights", answer, _examine_previous)


def _examine_previous(answer: Callable[[int], Any]) -> str:
    found = asked("previous_word_weights", answer, zip(LENGTHS))
    for n, given in zip(LENGTHS, found, strict=True):
        if _is_many(given):
            _judge_weights(given, n, always=all(map(_is_many, found)))
        else:
            _judge_word(given, n)
    return "right: token 1 can attend to token 0, but token 2's score for token 1 is a mean"


def _is_many(given: Any) -> bool:
    arrays = hasattr(given, "ndim") and given.ndim > 0
    return isinstance(given, (tuple, list)) or bool(arrays)


def _judge_weights(weights: Sequence[Any], n: int, always: bool) -> None:
    case = f"previous_word_weights({n})"
    whole = n > 2 and len(weights) != 4 and all(float(part) % 1 == 0 for part in weights)
    require(
        not whole,
        "a-sequence",
        f"{case} is {_shown(weights)}, a sequence. Return the number of the first such token "
        "alone, without brackets.",
    )
    scores = _scores(weights, n)
    require(bool(scores.isfinite().all()), "not-finite", f"{case} holds inf or NaN. {FOUR}")
    looks = preferred_keys(scores)
    i = next((i for i in range(1, n) if looks[i] != i - 1), None)
    if i is None:
        return
    elsewhere = "to several tokens equally" if looks[i] is None else f"most to token {looks[i]}"
    said = f"With {case} token {i} attends {elsewhere}, not to token {i - 1}."
    require(n == 2, "no-such-weights", f"{said} {LINE}")
    rise = float(scores[1].diff())
    then = " Then ask whether any weights do it for n = 3." if always else ""
    turn = f"{said} Its scores rise by {rise:g} per token: change the sign of e."
    require(rise == 0, "prefers-later", f"{turn}{then}")
    raise Mistake("flat", f"{said} Let the score fall from token 0 to token 1.{then}")


FOUR = "Return four finite numbers (a, b, c, e)."
LINE = "Its scores lie on a straight line. Can any line be highest there?"


def _scores(weights: Sequence[Any], n: int) -> Tensor:
    case = f"previous_word_weights({n})"
    try:
        numbers = [float(weight) for weight in weights]
    except (TypeError, ValueError, RuntimeError):
        numbers = []
    said = f"{case} is {_shown(weights)}. Return four numbers (a, b, c, e)."
    require(len(numbers) == 4, "shape", said)
    a, b, c, e = numbers
    p = torch.arange(n, dtype=torch.float64)
    return (a + b * p)[:, None] * (c + e * p)  # (q, k)


def _shown(weights: Any) -> str:
    text = str(weights.tolist() if hasattr(weights, "tolist") else weights)
    return text if len(text) < 40 else f"{text[:36]} …"


def _judge_word(word: Any, n: int) -> None:
    case = f"previous_word_weights({n})"
    said = "The function returned None. Did you print instead of return?"
    require(word is not None, "type", said)
    said = (
        f"{case} is {word!r}. Return four numbers (a, b, c, e), or the number of a token, an int."
    )
    require(not isinstance(word, bool), "type", said)
    try:
        whole = operator.index(word)
    except TypeError:
        raise Mistake("type", said) from None
    said = "For 2 tokens there are weights: token 1 only has to prefer an end. "
    require(n > 2, "can-be-served", f"{said}Return four numbers (a, b, c, e).")
    said = f"{case} is 0, but no token stands before token 0, so it asks for nothing."
    require(whole != 0, "word-zero", f"{said} Name a later one.")
    said = f"{case} is 1, but token 0 is at an end of the line, and a line can prefer an end."
    require(whole != 1, "word-one", f"{said} Name a later one.")
    said = f"{case} is {whole}, but the {n} tokens are 0 to {n - 1}: there is no token {whole}."
    require(0 <= whole < n, "not-the-first", f"{said} Count from 0.")
    said = f"{case} is {whole}, but no weights do it for an earlier token either. Name the first."
    require(whole == 2, "not-the-first", said)
