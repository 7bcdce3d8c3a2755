"""ALiBi's bias: (n_heads, q_pos, k_pos) -> (h, q, k)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from posenc.check.engine import draws
from posenc.check.engine.compare import again, alike, explain, first_difference
from posenc.check.engine.verdict import Mistake, Remark, Verdict, require
from posenc.check.lesson_06.alibi_bias_slips import SLIPS, WRONG_SLOPES, right_bias
from posenc.check.lesson_06.alibi_slopes_slips import published
from posenc.check.lesson_06.form import judge_exactly, require_digits, require_tensor

__all__ = ["SLIPS", "alibi_bias"]

F64 = torch.float64
Bias = Callable[[int, Tensor, Tensor], Any]
Case = tuple[int, Tensor, Tensor]  # heads, queries, keys
TYPES = (*[torch.int64] * 4, torch.int32, torch.int64)  # of the positions


def _heads(draw: draws.Draw) -> tuple[int, ...]:
    """Return numbers of heads; where positions are large, their slopes are exact in float32."""
    many = (draw.one_of(8, 16, 32), draw.one_of(20, 18, 24, 28), draw.one_of(12, 10, 14))
    return (*many, draw.one_of(3, 5, 7), draw.one_of(6, 7), 1)


def _positions(draw: draws.Draw) -> Iterator[tuple[Iterable[int], Iterable[int]]]:
    """Yield the positions of queries and of keys: near, odd, in steps, far, late, alone."""
    last, odd = draw.near(5, 1), draw.one_of(*range(4095, 3001, -2))
    yield range(3, last + 1), range(last + 1)
    some = (0, draw.one_of(*range(257, 280, 2)), odd, draw.near(12, 6))
    yield (odd, draw.one_of(*range(300, 330))), draw.shuffled(some)
    step = draw.one_of(1, 2, 3, 5)
    yield ([step * p for p in draw.shuffled((7, 0, 5, 9))],
           [step * p for p in draw.shuffled((2, 9, 0, 7, 4))])  # fmt: skip
    far, wide = draw.near(70_001, 400), draw.one_of(*range(32_769, 33_000))
    yield (far,), (far - 1, wide, draw.near(12, 6), far - draw.near(101, 20))
    start = draw.near(39_990, 400)
    yield ([start + p for p in draw.shuffled((10, 13, 0, 11, 16))],
           [start + p for p in draw.shuffled((5, 11))])  # fmt: skip
    alone = draw.one_of(5, 6, 7)
    yield (alone,), (1, 2, 3, alone)


def _cases(draw: draws.Draw) -> tuple[Case, ...]:
    """Return cases of each kind."""
    return tuple(
        (n, torch.tensor([*q], dtype=dtype), torch.tensor([*k], dtype=dtype))
        for n, (q, k), dtype in zip(_heads(draw), _positions(draw), TYPES, strict=True)
    )


CASES = draws.Drawn("alibi_bias", _cases)


def alibi_bias(answer: Bias) -> Verdict:
    """Check ``alibi_bias(n_heads, q_pos, k_pos)``: minus slope times distance, for a decoder.

    Shapes: ``(q,), (k,) -> (h, q, k)``, float32. The distance is query minus key; for keys
    after the query the bias is above 0, and a causal mask hides it. What the mask and the
    softmax make equal passes with a remark: other numbers after the query, a constant in a row.

    >>> def answer(n_heads, q_pos, k_pos):
    ...     slopes = torch.tensor([2 ** (-8 * h / n_heads) for h in range(1, n_heads + 1)])
    ...     return slopes[:, None, None] * (q_pos[:, None] - k_pos)
    >>> verdict = alibi_bias(answer)  # doctest: +ELLIPSIS
    ✗ alibi_bias: The sign is reversed: the bias grows with the distance. ...
    """
    return judge_exactly("alibi_bias", answer, _examine_bias)


def _examine_bias(answer: Bias) -> str:
    found = draws.asked("alibi_bias", lambda *case: _asked(answer, *case), CASES)
    right = [right_bias(*case) for case in CASES]
    for mine, case in zip(found, CASES, strict=True):
        _form(mine, *case)
    first_difference(found, right, [_words(*case) for case in CASES], 1e-5)
    numbers = [mine.detach().to("cpu", F64) for mine in found]
    if all(map(alike, numbers, right, [1e-5] * len(CASES))):
        most, far = max(n for n, _, _ in CASES), max(int(q.max() - k.min()) for _, q, k in CASES)
        return f"Correct for 1 to {most} heads, up to distance {far}."
    explain(found, SLIPS, CASES, atol=1e-5)
    _finite(numbers)
    if all(map(_same_attention, numbers, right, CASES)):
        raise Remark(_what_is_not_seen(numbers, right))
    _slopes(numbers)
    require_digits(numbers, right, "numbers")
    _properties(answer)
    raise _first(numbers, right)


def _first(found: list[Tensor], right: list[Tensor]) -> Mistake:
    """Return the first number that is wrong."""
    for mine, true, (n, q, k) in zip(found, right, CASES, strict=True):
        off = (mine - true).abs() > 1e-5 + 1e-5 * true.abs()
        if off.any():
            h, i, j = off.nonzero()[0].tolist()
            where = f"With {n} heads, head {h + 1} gives query {q[i]} and key {k[j]} the bias "
            said = f"{where}{mine[h, i, j]:.7g}. It must be {true[h, i, j]:.7g}: −m·(i − j)."
            return Mistake("value", said)
    raise AssertionError


def _words(n: int, q: Tensor, k: Tensor) -> str:
    return f"alibi_bias({n}, {q.tolist()}, {k.tolist()})"


def _asked(answer: Bias, n: int, q: Tensor, k: Tensor) -> Any:
    """Return the bias; say which axes do not fit if they do not."""
    try:
        return answer(n, q.clone(), k.clone())
    except RuntimeError as error:
        if "must match the size of tensor" not in str(error):
            raise
    raise Mistake(
        "axes",
        f"The shapes do not broadcast: ({n},) slopes, ({len(q)},) queries, ({len(k)},) keys. Use "
        "slopes[:, None, None] and q_pos[:, None] − k_pos.",
    )


def _form(found: object, n: int, q: Tensor, k: Tensor) -> None:
    require_tensor(found)
    assert isinstance(found, Tensor)
    asked, shape = (n, len(q), len(k)), tuple(found.shape)
    advice = {
        (n, 1, len(k)): " Give each query a row: .expand(-1, len(q_pos), -1).",
        (n, len(q), 1): " Subtract the key's position: q_pos[:, None] − k_pos.",
        (len(q), len(k)): " Multiply by slopes[:, None, None].",
    }.get(shape, "")
    said = f"The shape is {shape}. Return (heads, queries, keys) = {asked}.{advice}"
    require(shape == asked, "shape", said)
    message = f"The bias has the type {found.dtype}, which has no −0.125. Keep it in float32."
    require(found.is_floating_point() or found.is_complex(), "dtype", message)


def _before(q: Tensor, k: Tensor) -> Tensor:
    """Return which keys a causal mask leaves, (q, k)."""
    return q[:, None] >= k


def _finite(found: list[Tensor]) -> None:
    """Raise for numbers that no mask and no softmax takes."""
    for mine, (n, q, k) in zip(found, CASES, strict=True):
        before = _before(q, k)
        fit = torch.where(before, mine.isfinite(), mine < torch.inf)  # NaN is not below
        if not fit.all():
            h, i, j = (~fit).nonzero()[0].tolist()
            where, x = f"query {q[i]} and key {k[j]}", mine[h, i, j]
            why = (
                "This key is not after the query: give it a number."
                if before[i, j]
                else "A mask adds −inf, and the sum stays NaN. Write what the formula gives."
            )
            raise Mistake("not-finite", f"With {n} heads the bias of {where} is {x:g}. {why}")


def _relative(bias: Tensor, q: Tensor, k: Tensor) -> Tensor:
    """Return the bias less that of the row's nearest key, 0 for keys that a mask hides."""
    before = _before(q, k)
    nearest = k.where(before, -1).argmax(-1).expand(len(bias), -1)[..., None]  # (h, q, 1)
    return (bias - bias.gather(-1, nearest)).where(before, 0)


def _same_attention(mine: Tensor, true: Tensor, case: Case) -> bool:
    """Return whether a causal mask and softmax make both the same."""
    _, q, k = case
    a, b = _relative(mine, q, k), _relative(true, q, k)
    row = mine.where(_before(q, k), 0).abs().amax(-1, keepdim=True)  # float32 has 7 digits of it
    return bool(((a - b).abs() <= 1e-5 * b.abs() + 1e-6 * row + 1e-6).all())


def _what_is_not_seen(found: list[Tensor], right: list[Tensor]) -> str:
    for mine, true, (n, q, k) in zip(found, right, CASES, strict=True):
        off = ((mine - true).abs() > 1e-5 + 1e-5 * true.abs()) & _before(q, k)
        if off.any():
            h, i, j = off.nonzero()[0].tolist()
            more = float(mine[h, i, j] - true[h, i, j])
            return (
                f"The same attention, other numbers than the example: with {n} heads, in head "
                f"{h + 1}, each key of query {q[i]} has {abs(more):.4g} "
                f"{'more' if more > 0 else 'less'}. Softmax does not see a constant in a row."
            )
    return (
        "Equal for all keys up to the query. After the query these are other numbers than "
        "−m·(i − j), and the causal mask hides them."
    )


def _slopes(found: list[Tensor]) -> None:
    """Raise what explains a bias that falls evenly, but with other slopes."""
    slopes = []
    for mine, (_, q, k) in zip(found, CASES, strict=True):
        falls = _relative(mine, q, k)
        far = -_relative((q[:, None] - k).to(F64)[None], q, k)  # (1, q, k), 0 or below
        slope = (falls * far).sum((1, 2)) / far.square().sum()
        row = mine.where(_before(q, k), 0).abs().amax(-1, keepdim=True)
        if ((falls - slope[:, None, None] * far).abs() > 1e-4 * falls.abs() + 1e-6 * row).any():
            return
        slopes.append(slope)
    _name_slopes(slopes)


def _name_slopes(slopes: list[Tensor]) -> None:
    true = [published(n) for n, _, _ in CASES]
    for slug, holds, says in (
        ("query-alone", lambda s, _: s.abs() < 1e-6, "Every key of a row gets the same number, "
         "which softmax does not see. Subtract the key's position: q_pos[:, None] − k_pos."),
        ("sign", lambda s, _: s < 0, SLIPS[0].says),
        ("slopes-order", lambda s, t: (s.sort().values - t.sort().values).abs() < 1e-4 * s.abs(),
         f"The slopes are correct, but on other heads: with {CASES[0][0]} heads head 1 has "
         f"{slopes[0][0]:.4g}, not {true[0][0]:.4g}. Keep the order of the slopes."),
    ):  # fmt: skip
        require(not all(holds(s, t).all() for s, t in zip(slopes, true, strict=True)), slug, says)
    for slip in WRONG_SLOPES:
        if all(
            torch.allclose(s, slip.program(n), rtol=2e-5, atol=1e-7)
            for s, (n, _, _) in zip(slopes, CASES, strict=True)
        ):
            raise Mistake(slip.slug, slip.says)
    _multiplied(slopes, true)


def _multiplied(slopes: list[Tensor], true: list[Tensor]) -> None:
    """Raise where the slopes are all multiplied, or the first one that is wrong."""
    factors = [float(s[0] / t[0]) for s, t in zip(slopes, true, strict=True)]
    at = max(range(len(CASES)), key=lambda i: abs(factors[i] - 1))
    message = f"With {CASES[at][0]} heads all biases are {factors[at]:.6g} times −m·(i − j). Leave "
    message += "out this factor: the slopes are all that multiplies the distance."
    scaled = [c * t for c, t in zip(factors, true, strict=True)]
    require(not all(map(alike, slopes, scaled)), "scaled", message)
    require_digits(slopes, true, "slopes")
    for s, t, (n, _, _) in zip(slopes, true, CASES, strict=True):
        wrong = (s - t).abs() > 1e-4 * t
        if wrong.any():
            h = int(wrong.nonzero()[0])
            raise Mistake(
                "slopes",
                f"With {n} heads, head {h + 1} loses {s[h]:.4g} per token. Its slope is "
                f"{t[h]:.4g}: use functional.alibi_slopes(n_heads).",
            )


def _properties(answer: Bias) -> None:
    """Raise the first property of the bias that does not hold."""
    n, q, k = CASES[0]
    like = right_bias(n, q, k)
    first, moved, turned = (
        again(answer, n, *given, like=like, case="the bias")
        for given in ((q, k), (q + 100, k + 100), (q, k.roll(1)))
    )
    before = _before(q, k)
    off = ((moved - first).abs() > 1e-3) & before
    if off.any():
        h, i, j = off.nonzero()[0].tolist()
        raise Mistake(
            "not-relative",
            f"Query {q[i]} and key {k[j]} get {first[h, i, j]:.4g}, query {q[i] + 100} and key "
            f"{k[j] + 100} get {moved[h, i, j]:.4g}. Use the distance only.",
        )
    require(
        torch.allclose(turned.roll(-1, -1)[:, before], first[:, before], atol=1e-5),
        "by-index",
        "With the keys in another order the columns do not follow: the bias depends on the index "
        "of a key. Compute it from q_pos[:, None] − k_pos.",
    )
    _line(answer)


def _line(answer: Bias) -> None:
    """Raise unless the bias of head 1 falls by the same number per token."""
    distances = torch.tensor([0, 1, 2, 4, 8, 64, 1000, 4000])
    q = torch.tensor([5000])
    like = right_bias(8, q, q - distances)
    line = again(answer, 8, q, q - distances, like=like, case="the bias")[0, 0]
    steps = line.diff() / distances.diff() + 0.0  # no −0
    said = f"Head 1 gives {line[0]:.4g} at distance 0 and {line[1]:.4g} at distance 1."
    require(bool(steps[0] <= 0), "sign", f"{said} Let keys lose with the distance: −m·(i − j).")
    uneven = (steps - steps[0]).abs() > 1e-3 * steps[0].abs()
    if uneven.any():
        at = int(uneven.nonzero()[0])
        raise Mistake(
            "not-linear",
            f"Head 1 loses {0 - steps[0]:.4g} per token up to distance {distances[at]}, but "
            f"{0 - steps[at]:.4g} up to {distances[at + 1]}. Let each token cost the same.",
        )
