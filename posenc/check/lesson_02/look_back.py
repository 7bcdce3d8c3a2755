"""Looking back with p and p²: k -> W_q, W_k, each (3, m)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn, asked
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_02.look_back_mends import MENDS, Pair
from posenc.check.lesson_02.preferred_keys import preferred_keys

WIDTH = 3  # of the codes 1, p, p²


def _steps(draw: Draw) -> tuple[int, ...]:
    """Return distances to look back: 1, and small and large ones, even and odd."""
    small = draw.one_of(2, 4, 6), draw.one_of(3, 5, 7)
    return draw.repeated((1, *small, draw.one_of(5, 9, 11, 13), draw.one_of(8, 10, 12, 14)))


STEPS = Drawn("look_back", _steps)
TOKENS = Drawn("look_back", lambda draw: [draw.one_of(16, *range(17, 25))])


def look_back(answer: Callable[[int], Any]) -> Verdict:
    """Check ``look_back(k)``: ``W_q, W_k`` with which codes 1, p, p² attend k words back.

    Shapes: each ``(3, m)``, codes as rows. Checked for k = 1, 2, 3, 5 and 8 over 16 words; a
    class is checked for others.

    >>> verdict = look_back(lambda k: (torch.eye(3), torch.eye(3)))
    ✗ look_back: The scores of token 1 have +1 j², so their top is at an end. Give j² the \
coefficient -1. With look_back(1) token 1 attends most to token 15, not to token 0.
    """
    return judge("look_back", answer, _examine_look_back)


def _examine_look_back(answer: Callable[[int], Any]) -> str:
    pairs = asked("look_back", lambda k: _pair(answer(k), f"look_back({k})"), zip(STEPS))
    miss = _first_miss(pairs)
    if not miss:
        *others, last = sorted(set(STEPS))
        return f"right for k = {', '.join(map(str, others))} and {last}"
    for slug, mend, says in MENDS:
        mended = [mend(*pair, k) for pair, k in zip(pairs, STEPS, strict=True)]
        require(bool(_first_miss(mended)), slug, f"{says} {miss}")
    _judge_tops(pairs, miss)
    raise Mistake("value", miss)


def _pair(weights: Any, case: str) -> Pair:
    said = "The function returned None. Did you print instead of return?"
    require(weights is not None, "nothing-returned", said)
    two = isinstance(weights, (tuple, list)) or (isinstance(weights, Tensor) and weights.dim() == 3)
    said = f"{case} is a {type(weights).__name__}. Return two matrices, W_q and W_k."
    require(two and len(weights) == 2, "shape", said)
    W_q, W_k = (torch.as_tensor(part, dtype=torch.float64).detach() for part in weights)
    said = f"{case} holds inf or NaN. Use finite numbers."
    require(bool(W_q.isfinite().all() and W_k.isfinite().all()), "not-finite", said)
    shapes = [tuple(part.shape) for part in (W_q, W_k)]
    said = f"{case} returned the shapes {shapes[0]} and {shapes[1]}."
    flat = all(len(shape) == 2 for shape in shapes)
    fit = flat and shapes[0] == shapes[1] and shapes[0][0] == WIDTH
    turned = flat and not fit and all(shape[1] == WIDTH for shape in shapes)
    says = "Transpose both: a row for each of 1, p, p², so (3, m)."
    require(not turned, "transposed", f"{said} {says}")
    require(fit, "shape", f"{said} Return two of one shape (3, m), a row for each of 1, p, p².")
    return W_q, W_k


def _positions() -> Tensor:
    return torch.arange(TOKENS[0], dtype=torch.float64)  # (n,)


def _looks(pair: Pair) -> list[int | None]:
    """Return to which token each attends most, None where several are equal."""
    p = _positions()
    x = torch.stack((p**0, p, p**2), dim=1)  # (n, 3)
    return preferred_keys((x @ pair[0]) @ (x @ pair[1]).T)


def _first_miss(pairs: list[Pair]) -> str:
    for k, pair in zip(STEPS, pairs, strict=True):
        row = _looks(pair)
        for i in range(k, len(row)):
            if row[i] != i - k:
                elsewhere = (
                    "several tokens equally" if row[i] is None else f"most to token {row[i]}"
                )
                return f"With look_back({k}) token {i} attends {elsewhere}, not to token {i - k}."
    return ""


def _judge_tops(pairs: list[Pair], miss: str) -> None:
    """Say where the parabolas have their tops: M of score = (1, i, i²) M (1, j, j²)."""
    M = torch.stack([W_q @ W_k.T for W_q, W_k in pairs])  # (k, 3, 3)
    require(
        bool(M[..., 1:].any()),
        "flat",
        f"All scores of a token are equal. Let them be 2(i - k) j - j². {miss}",
    )
    p = _positions()
    powers = torch.stack((p**0, p, p**2), 1)
    line, bend = (powers @ M[..., 1:]).unbind(-1)  # (k, n), of j and of j²
    open_up = (bend[:, 1:] >= 0).nonzero()
    if len(open_up):
        k, i = int(open_up[0, 0]), 1 + int(open_up[0, 1])
        said = f"The scores of token {i} have {float(bend[k, i]) + 0.0:+.3g} j², so their top is "
        raise Mistake("ends", f"{said}at an end. Give j² the coefficient -1. {miss}")
    tops = -line / (2 * bend)
    same = all(torch.equal(looks, tops[0]) for looks in tops)
    said = "All k give the same: what holds k adds the same to all keys, or nothing holds it. "
    said += f"Put -2k into row 0 of W_q, beside 2i. {miss}"
    require(not same, "k-unused", said)
    _judge_distances(p - tops, miss)


def _judge_distances(back: Tensor, miss: str) -> None:
    """Take how far from its token each top lies, (k, n)."""
    wrong = (back - torch.tensor(STEPS)[:, None]).abs() > 1e-6
    wrong[:, 0] = False  # token 0 may have no parabola
    if not wrong.any():
        return
    row = int(wrong.any(1).nonzero()[0])
    k, distances = STEPS[row], back[row, 1:]
    first = float(distances[0])
    steady = bool((distances - first).abs().max() < 1e-6)
    way = f"{abs(first):.3g} positions {'back' if first > 0 else 'ahead'}, not {k} back"
    said = f"look_back({k}) puts the top {way}. Put it at i - k. {miss}"
    require(not steady, "other-distance" if first % 1 == 0 else "tie", said)
    i = int(wrong[row].nonzero()[-1])
    top = i - float(back[row, i])
    said = f"With look_back({k}) the scores of token {i} have their top at j = {top:.3g}."
    raise Mistake("top", f"{said} Put it at i - k = {i - k}: 2(i - k) j - j² has it there.")
