"""Wrong matrices of ``look_back``, each with what would mend it: so it is known in any scale.

With score = (1, i, i²) M (1, j, j²), M = W_q W_kᵀ, the mends are few changes of M. What stands
in column 0 of M is the same for all keys.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Pair = tuple[Tensor, Tensor]  # W_q, W_k
Mend = Callable[[Tensor, Tensor, int], Pair]  # W_q, W_k and k -> right ones


def _of_scores(change: Callable[[Tensor, int], object]) -> Mend:
    """Return the mend that changes M in place; W_k becomes the identity."""

    def mend(W_q: Tensor, W_k: Tensor, k: int) -> Pair:
        M = W_q @ W_k.T
        change(M, k)
        return M, torch.eye(3, dtype=M.dtype)

    return mend


def _move(there: tuple[int, int], here: tuple[int, int]) -> Mend:
    def change(M: Tensor, _: int) -> None:
        M[here] += M[there]
        M[there] = 0

    return _of_scores(change)


def _constants(M: Tensor, _: int) -> None:
    M[0], M[2] = M[0] + M[2], 0


def _turn_of_k(M: Tensor, _: int) -> None:
    M[0, 1] = -M[0, 1]


def _by(entries: tuple[slice | int, int], factor: float) -> Mend:
    return _of_scores(lambda M, _: M[entries].mul_(factor))


ALL = slice(None)
ROWS = "row 0 is multiplied by 1, row 1 by p, row 2 by p²."

MENDS: tuple[tuple[str, Mend, str], ...] = (
    ("sign", _of_scores(_turn_of_k),
     "It looks k tokens ahead, not back. Use -2k in row 0 of W_q: the top is at i - k."),
    ("swapped", lambda W_q, W_k, k: (W_k, W_q),
     "W_q and W_k have changed places. Return W_q first, which holds k, then W_k of j and j²."),
    ("transposed", lambda W_q, W_k, k: (W_q.T, W_k.T) if len(W_q.T) == 3 else (W_q, W_k),
     f"The matrices are transposed. Transpose both: {ROWS}"),
    ("rows-of-queries", lambda W_q, W_k, k: (W_q.roll(1, 0), W_k),
     f"The rows of W_q stand for p, p², 1. Put the row of 1 first: {ROWS}"),
    ("rows-of-keys", lambda W_q, W_k, k: (W_q, W_k.flip(0)),
     f"The rows of W_k stand for p², p, 1. Reverse them: {ROWS}"),
    ("rows-of-keys-late", lambda W_q, W_k, k: (W_q, W_k.roll(1, 0)),
     f"The rows of W_k stand for p, p², 1. Put the row of 1 first: {ROWS}"),
    ("order-of-rows", lambda W_q, W_k, k: (W_q.roll(1, 0), W_k.roll(1, 0)),
     f"The rows stand for p, p², 1. Put the row of 1 first: {ROWS}"),
    ("reversed-rows", lambda W_q, W_k, k: (W_q.flip(0), W_k.flip(0)),
     f"The rows stand for p², p, 1. Reverse them: {ROWS}"),
    ("square-of-query", _of_scores(_constants),
     "Row 2 of W_q is multiplied by i². Move a number that does not depend on i, such as -1, "
     "to row 0."),
    ("row-of-p", _move((1, 2), (0, 2)),
     "The coefficient of j² stands in row 1 of W_q, so it is multiplied by i. Move it to row 0."),
    ("row-of-square", _move((2, 1), (1, 1)),
     "The 2 of 2i stands in row 2 of W_q, so it is multiplied by i². Move it to row 1."),
    ("k-in-row-of-p", _of_scores(lambda M, k: M[:2, 1].copy_(M[:2, 1].flip(0))),
     f"-2k and 2 have changed rows in W_q. Put -2k in row 0 and 2 in row 1: {ROWS}"),
    ("channels", lambda W_q, W_k, k: (W_q.flip(1), W_k),
     "The channels of W_q are in another order than those of W_k. 2(i - k) must meet j, and -1 "
     "meet j²."),
    ("upside-down", _by((ALL, 2), -1.0),
     "The coefficient of j² is positive, so the parabola opens upwards. Use -1."),
    ("negated", _of_scores(lambda M, k: M.neg_()),
     "All scores have the wrong sign, so the token k back gets the lowest. Use 2(i - k) j - j²."),
    ("sign-of-line", _by((ALL, 1), -1.0),
     "The coefficient of j is -2(i - k). Use 2(i - k), so that the top is at i - k."),
    ("no-factor-two", _by((ALL, 1), 2.0),
     "The top is at (i - k)/2. Use 2(i - k) j: the square multiplied out has a 2 there."),
    ("factor-four", _by((ALL, 1), 0.5),
     "The top is at 2(i - k). Use 2(i - k) j - j², with one 2."),
    ("k-half", _by((0, 1), 2.0),
     "It looks k/2 tokens back. Multiply k by the 2 as well: 2(i - k) is 2i - 2k."),
    ("k-doubled", _by((0, 1), 0.5),
     "It looks 2k tokens back: the 2 of 2(i - k) is multiplied in twice. Use -2k in row 0."),
    ("i-half", _by((1, 1), 2.0),
     "The top is at i/2 - k. Multiply i by the 2 as well: 2(i - k) is 2i - 2k."),
    ("k-square", _of_scores(lambda M, k: M[0, 1].div_(k)),
     "It looks k² tokens back. Use -2k in row 0 of W_q: only p is squared."),
    ("k-too-large", _of_scores(lambda M, k: M[0, 1].add_(M[1, 1])),
     "It looks one token too far back, to i - k - 1. Put the top at i - k."),
    ("k-too-small", _of_scores(lambda M, k: M[0, 1].sub_(M[1, 1])),
     "It looks one token too near, to i - k + 1. Put the top at i - k."),
)  # fmt: skip
