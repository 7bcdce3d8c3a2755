"""Looking back with p and p²: k -> W_q, W_k, each (3, m)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip, name_it, told_by
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_02.preferred_keys import preferred_keys

WIDTH = 3  # of the codes 1, p, p²


def look_back(answer: Callable[[int], Any]) -> Verdict:
    """Check ``look_back(k)``: ``W_q, W_k`` with which codes 1, p, p² attend k words back.

    Shapes: each ``(3, m)``, codes as rows. Checked for k = 1, 2 and 5 over 16 words.

    >>> verdict = look_back(lambda k: (torch.eye(3), torch.eye(3)))
    ✗ look_back: with look_back(1) word 1 attends most to word 15, not to word 0: every word \
looks at an end, as with a line
    """
    return judge("look_back", answer, _examine_look_back)


def back(k: float, factor: float = 2.0, sign: float = -1.0) -> tuple[Tensor, Tensor]:
    """Return W_q, W_k with which the score of i, j is factor (i - k) j + sign j²."""
    W_q = torch.tensor([[-factor * k, sign], [factor, 0.0], [0.0, 0.0]])
    W_k = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    return W_q, W_k


SLIPS = (
    Slip("sign", lambda k: back(-k),
         "it looks ahead, not back: the top of the parabola is at i − k"),
    Slip("k-unused", lambda k: back(1),
         "look_back(2) looks where look_back(1) does: k is not used"),
    Slip("k-too-large", lambda k: back(k + 1),
         "it looks one word too far back: the parabola's top is at i − k, not at i − k − 1"),
    Slip("k-too-small", lambda k: back(k - 1),
         "it looks one word too near: the parabola's top is at i − k, not at i − k + 1"),
    Slip("k-doubled", lambda k: back(2 * k),
         "it looks 2 k words back: the 2 of 2(i − k) has been multiplied in twice"),
    Slip("k-half", lambda k: back(k / 2),
         "it looks k/2 words back: in 2(i − k) the 2 belongs to k, too"),
    Slip("k-square", lambda k: back(k * k),
         "it looks k² words back: only p is squared"),
    Slip("no-factor-two", lambda k: back(k, factor=1.0),
         "it looks at (i − k)/2: multiplied out, the square has 2(i − k) j, with a 2"),
    Slip("upside-down", lambda k: back(k, factor=-2.0, sign=1.0),
         "the parabola opens upwards, so its top is at an end: j² needs the sign −"),
    Slip("line", lambda k: back(k, sign=0.0),
         "the score has no j², so it is a line, with its top at an end"),
)  # fmt: skip


def _examine_look_back(answer: Callable[[int], Any]) -> str:
    found = _all_looks(answer)
    miss = _first_miss(found)
    if not miss:
        return "right for k = 1, 2 and 5"
    for slug, mend, said in REPAIRS:
        require(bool(_first_miss(_all_looks(_after(mend, answer)))), slug, f"{said}; {miss}")
    try:
        name_it(found, told_by(_all_looks, SLIPS))
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
    return preferred_keys((x @ pair[0]) @ (x @ pair[1]).T)
