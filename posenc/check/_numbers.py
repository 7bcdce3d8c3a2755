"""Checkers of notebook 02: what one number can say, and what two can."""

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check._slips._models import KNOWN
from posenc.check.engine.slip import name_it, told_by
from posenc.check.engine.verdict import Mistake, Verdict, judge, require

__all__ = ["look_back", "previous_word_weights"]

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
    scores = (a + b * p)[:, None] * (c + e * p)  # (q, k)
    require(bool(scores.isfinite().all()), "not-finite", f"{case} gives scores without end")
    looks = _favourites(scores)
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
    ✗ look_back: with look_back(1) word 1 attends most to word 15, not to word 0: every word \
looks at an end, as with a line
    """
    return judge("look_back", answer, _examine_look_back)


def _examine_look_back(answer: Callable[[int], Any]) -> str:
    found = _all_looks(answer)
    miss = _first_miss(found)
    if not miss:
        return "right for k = 1, 2 and 5"
    for slug, mend, said in REPAIRS:
        require(bool(_first_miss(_all_looks(_after(mend, answer)))), slug, f"{said}; {miss}")
    try:
        name_it(found, told_by(_all_looks, KNOWN["look_back"]))
    except Mistake as slip:
        raise Mistake(slip.slug, f"{slip}; {miss}") from None
    _judge_looks(found.view(len(STEPS), 16), miss)
    raise Mistake("value", miss)


TO_ROW_0 = torch.tensor([[1.0, 0, 1], [0, 1, 0], [0, 0, 0]]).double()  # row 2 joins it

Mend = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]  # W_q, W_k -> W_q, W_k

REPAIRS: tuple[tuple[str, Mend, str], ...] = (
    ("swapped", lambda W_q, W_k: (W_k, W_q),
     "W_q and W_k have changed places: the query knows k, the key holds j and j²"),
    ("order-of-rows", lambda W_q, W_k: (W_q.roll(1, 0), W_k.roll(1, 0)),
     "the rows stand for p, p², 1; the codes are 1, p, p², so row 0 belongs to the 1"),
    ("square-of-query", lambda W_q, W_k: (TO_ROW_0 @ W_q.double(), W_k),
     "row 2 of W_q is multiplied by i²: a number that stays, such as −1, belongs in row 0"),
)  # fmt: skip


def _after(mend: Mend, answer: Callable[[int], Any]) -> Callable[[int], Any]:
    """Return the learner's function, its matrices mended."""

    def mended(k: int) -> tuple[Tensor, Tensor]:
        W_q, W_k = (torch.as_tensor(part) for part in answer(k))
        return mend(W_q, W_k)

    return mended


def _judge_looks(rows: Tensor, miss: str) -> None:
    flat = bool((rows == -1).all())
    require(not flat, "flat", f"{miss}: all scores are equal")
    at_end = bool(torch.isin(rows[:, 1:], torch.tensor([0, 15])).all())
    require(not at_end, "ends", f"{miss}: every word looks at an end, as with a line")
    require(len(rows.unique(dim=0)) > 1, "k-unused", f"{miss}: k is not used")
    steady = bool((rows[:, 11:].diff(dim=1) == 1).all())
    require(not steady, "other-distance", f"{miss}: all words look equally far, but not k back")
    tied = bool((rows == -1).any())
    require(not tied, "tie", f"{miss}: the top lies between two words")


STEPS = (1, 2, 5)


def _all_looks(answer: Callable[[int], Any]) -> Tensor:
    """Return where each of 16 words looks for each k, -1 where several are alike."""
    rows = [_looks(answer(k), f"look_back({k})") for k in STEPS]
    return torch.tensor([-1 if look is None else look for row in rows for look in row])


def _first_miss(found: Tensor) -> str:
    for k, row in zip(STEPS, found.view(len(STEPS), 16).tolist(), strict=True):
        for i in range(k, 16):
            if row[i] != i - k:
                elsewhere = "several words alike" if row[i] < 0 else f"word {row[i]}"
                words = f"with look_back({k}) word {i} attends most to {elsewhere}"
                return f"{words}, not to word {i - k}"
    return ""


def _looks(weights: Any, case: str) -> list[int | None]:
    is_pair = isinstance(weights, (tuple, list)) and len(weights) == 2
    require(is_pair, "shape", f"{case} must return two matrices, W_q and W_k")
    pair = [torch.as_tensor(part, dtype=torch.float64).detach() for part in weights]
    finite = all(bool(part.isfinite().all()) for part in pair)
    require(finite, "not-finite", f"{case} must return finite numbers")
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
