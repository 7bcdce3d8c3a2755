"""Checkers of notebook 01: attention under a mask, a mask that leaks, and counting with one."""

import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from posenc.check._slips._models import KNOWN, attend, scores, weights
from posenc.check.engine.slip import Slip, name_it
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same

__all__ = ["attention", "counting_weights", "mended_attention"]

Answer = Callable[..., Tensor]
Arguments = tuple[Tensor, Tensor, Tensor, Tensor]  # x, W_q, W_k, W_v


def named(found: Any, expected: Tensor, slips: tuple[Slip, ...], *given: Any) -> None:
    """Raise what ``name_it`` raises, and add the first entry that gives the slip away."""
    try:
        name_it(found, slips, *given)
    except Mistake as mistake:
        raise Mistake(mistake.slug, f"{mistake}{_entry(found, expected)}") from None


def _entry(found: Tensor, expected: Tensor) -> str:
    if found.shape != expected.shape:
        return f"; its shape is {tuple(found.shape)}"
    number = found.detach().to(expected)
    where = (~torch.isclose(number, expected, rtol=1e-3, atol=1e-4)).nonzero()[0].tolist()
    place = f"{where} it" if where else "it"
    one = tuple(where)
    return f"; at {place} is {number[one]:.4g}, not {expected[one]:.4g}"


# --- attention under a mask -----------------------------------------------------------------


def attention(answer: Answer) -> Verdict:
    """Check ``attention(x, W_q, W_k, W_v, mask)``; the mask may be left out of the signature.

    Shapes: ``(n, d)``, three of ``(d, dh)``, ``(n, n)`` boolean with True = may attend.
    Wrong answers are named: softmax over the queries, a mask applied after softmax, ….

    >>> verdict = attention(lambda x, W_q, W_k, W_v: x @ x.T @ x @ W_v)
    ✗ attention: the weights of word 0 sum to 4.817, not to 1: softmax(-1) divides by their sum
    """
    return judge("attention", answer, _examine_attention)


def _examine_attention(answer: Answer) -> str:
    masked = _arguments(answer) != 4
    slips = [slip for slip in KNOWN["attention"] if masked or "mask" not in slip.slug]
    for n, dh, name, mask in _cases() if masked else ((5, 4, "", None), (3, 9, "", None)):
        given = (*_drawn(n, dh), *([] if mask is None else [mask]))
        expected = attend(*given)
        found = answer(*(part.clone() for part in given))
        case = f"the output for {n} words of width {dh}{name}"
        _judge_output(answer, found, expected, given, tuple(slips), case)
    return "right, with and without words that a query may not see" if masked else "right"


def _judge_output(
    answer: Answer,
    found: Any,
    expected: Tensor,
    given: tuple[Tensor, ...],
    slips: tuple[Slip, ...],
    case: str,
) -> None:
    """Name what is wrong: a known slip first, then a property of the weights, then an entry."""
    try:
        same(found, expected, case=case, atol=1e-6)
    except Mistake as plain:
        named(found, expected, slips, *given)
        if plain.slug not in ("value", "not-finite"):
            raise
        again = answer(*(part.clone() for part in given))
        require(
            torch.equal(again.nan_to_num(), found.nan_to_num()),
            "not-the-same-twice",
            "asked twice it gives two answers: nothing in it may be random, no dropout either",
        )
        _judge_weights(answer, given)
        raise


def _arguments(answer: Answer) -> int:
    try:
        return len(inspect.signature(answer).parameters)
    except (TypeError, ValueError):  # some callables do not say
        return 5


def _drawn(n: int, dh: int, d: int = 6) -> Arguments:
    generator = Generator().manual_seed(n)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return draw(n, d), draw(d, dh), draw(d, dh), draw(d, dh)


def _cases() -> Iterator[tuple[int, int, str, Tensor]]:
    """Yield n, dh, name and mask; of the first, no row or column is all True or all False."""
    mixed = torch.tensor([[1, 0, 0, 1, 0], [1, 1, 0, 0, 1], [0, 1, 0, 0, 1], [1, 0, 1, 1, 0],
                          [0, 0, 1, 1, 1]]).bool()  # fmt: skip
    yield 5, 4, " under a mask", mixed
    yield 5, 4, " under a causal mask", torch.ones(5, 5, dtype=torch.bool).tril()
    yield 5, 4, " with nothing hidden", torch.ones(5, 5, dtype=torch.bool)
    yield 3, 9, " under a causal mask", torch.ones(3, 3, dtype=torch.bool).tril()


def _judge_weights(answer: Answer, given: tuple[Tensor, ...]) -> None:
    """Read the weights off: where values are x @ W_v = 1, the output is the weights."""
    n, dh = 4, 9
    x, W_q, W_k, _ = _drawn(n, dh)
    W_q, W_k = W_q / 3, W_k / 3  # so that no weight vanishes
    W_v = torch.nn.functional.pad(torch.linalg.pinv(x), (0, dh - n))
    mask = torch.ones(n, n, dtype=torch.bool)
    if len(given) == 5:
        mask = torch.tensor([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0, 1]]).bool()
    rest = [mask] if len(given) == 5 else []
    try:
        found = answer(x.clone(), W_q, W_k, W_v, *rest).detach().to(torch.float64)
        twice = answer(x.clone(), W_q, W_k, 2 * W_v, *rest).detach()
    except Exception:  # it is wrong already; another size tells nothing more
        return
    if tuple(found.shape) == (n, dh) and found.isfinite().all():
        said = "twice the values must give twice the output: let them enter as they are, x @ W_v"
        require(torch.allclose(2 * found, twice.to(found), atol=1e-6), "values", said)
        mixed, others = found[:, :n], found[:, n:]
        said = "values that are all 0 come out as {:.4g}: nothing may be added to their mean"
        require(bool(others.abs().max() < 1e-6), "added", said.format(float(others.abs().max())))
        _judge_rows(mixed, mask)
        _judge_scores(mixed, weights(x, W_q, W_k, mask), scores(x, W_q, W_k))


def _judge_rows(found: Tensor, mask: Tensor) -> None:
    for i, row in enumerate(found):
        hidden = (row * ~mask[i]).abs()
        j = int(hidden.argmax())
        said = f"mask[{i}, {j}] hides word {j}, yet it weighs {row[j]:.4g} in word {i}'s mean"
        require(bool(hidden[j] < 1e-6), "hidden-counts", f"{said}: hide it by -inf before softmax")
        total = float(row.sum())
        said = f"the weights of word {i} sum to {total:.4g}, not to 1"
        require(abs(total - 1) < 1e-6, "rows-sum", f"{said}: softmax(-1) divides by their sum")
        j = int(row.argmin())
        said = f"word {i} gives word {j} the weight {row[j]:.4g}"
        require(bool(row[j] > -1e-9), "negative-weight", f"{said}: softmax gives none below 0")
        j = int((row - mask[i].double()).argmin())
        said = f"mask[{i}, {j}] lets word {i} see word {j}, which yet weighs nothing"
        require(bool(row[j] > 0), "allowed-is-hidden", said)


def _judge_scores(found: Tensor, right: Tensor, s: Tensor) -> None:
    """The logs of the weights must be the scores, but for one constant a row."""
    close = torch.allclose(found, right, atol=1e-6)
    require(not close, "values", "the weights are right, but what they mix is not x @ W_v")
    seen = right > 0
    mean = [(part * seen).sum(1, keepdim=True) / seen.sum(1, keepdim=True)
            for part in (found.clamp(min=1e-300).log(), s)]  # fmt: skip
    logs, wanted = (found.clamp(min=1e-300).log() - mean[0])[seen], (s - mean[1])[seen]
    ratio = float(logs @ wanted / (wanted @ wanted))
    require(
        not torch.allclose(logs, ratio * wanted, atol=1e-4),
        "temperature",
        f"the scores are {ratio:.3g} times what they must be, q · k by the root of q.shape[-1]",
    )
    i = int((found - right).abs().amax(1).argmax())
    top, best = int(found[i].argmax()), int(right[i].argmax())
    said = f"word {i} gives word {top} the weight {found[i, top]:.4g}; it must be "
    said += f"{right[i, top]:.4g}" + (f", and word {best} must weigh most" * (best != top))
    raise Mistake("weights", f"{said}: the weights do not follow q · k")


# --- a mask that leaks ----------------------------------------------------------------------


def mended_attention(answer: Answer) -> Verdict:
    """Check ``mended_attention(x, W_q, W_k, W_v)``: causal attention, ``(n, d) -> (n, dh)``.

    The program to be mended takes softmax over the queries, so that its mask leaks.

    >>> verdict = mended_attention(lambda x, W_q, W_k, W_v: attend(x, W_q, W_k, W_v))
    ✗ mended_attention: nothing is hidden: a word may not see those after it; at [0, 0] it is \
-1.177, not 0.7601
    """
    return judge("mended_attention", answer, _examine_mended)


def _examine_mended(answer: Answer) -> str:
    for n, dh in ((5, 4), (3, 9)):
        given = _drawn(n, dh)
        expected = attend(*given, torch.ones(n, n, dtype=torch.bool).tril())
        found = answer(*(part.clone() for part in given))
        case = f"the output for {n} words of width {dh}"
        try:
            same(found, expected, case=case, atol=1e-6)
        except Mistake as plain:
            named(found, expected, KNOWN["mended_attention"], *given)
            if plain.slug == "value":
                _judge_leak(answer, given, found)
            raise
    return "right: no word hears of those after it, and every query's weights sum to 1"


def _judge_leak(answer: Answer, given: Arguments, found: Tensor) -> None:
    x = given[0].clone()
    x[-1] += 1.0
    moved = (answer(x, *given[1:]) - found).abs().amax(1)
    require(
        bool(moved[:-1].max() < 1e-9),
        "leaks",
        f"the last word changes, and word {int(moved[:-1].argmax())} moves by "
        f"{float(moved[:-1].max()):.3g}: it may not hear of words after it",
    )


# --- counting with a mask -------------------------------------------------------------------


def counting_weights(answer: Callable[[], tuple[Tensor, Tensor, Tensor]]) -> Verdict:
    """Check ``counting_weights() -> W_q, W_k, W_v``, each (2, 2), for causal attention.

    The start marker is (1, 0), every other word (0, something); channel 0 of the output
    at word t must be 1 / (t + 1).

    >>> eye = torch.eye(2)
    >>> verdict = counting_weights(lambda: (eye, eye, eye))
    ✗ counting_weights: word 1 gives the marker the weight 0.4754, not 1/2: all that it sees \
must weigh alike
    """
    return judge("counting_weights", answer, _examine_counting)


def _examine_counting(answer: Callable[[], tuple[Tensor, Tensor, Tensor]]) -> str:
    W_q, W_k, W_v = _three(answer())
    n = 40
    words = torch.randn(n, generator=Generator().manual_seed(0), dtype=torch.float64)
    x = torch.stack((torch.zeros_like(words), words), 1)
    x[0] = torch.tensor([1.0, 0.0])  # the start marker
    found = weights(x, W_q, W_k, torch.ones(n, n, dtype=torch.bool).tril())
    expected = 1 / torch.arange(1, n + 1, dtype=torch.float64)
    wrong = (found[:, 0] - expected).abs() > 1e-6
    if wrong.any():
        t = int(wrong.nonzero()[0])
        said = f"word {t} gives the marker the weight {found[t, 0]:.4g}, not 1/{t + 1}"
        raise Mistake("unequal-weights", f"{said}: all that it sees must weigh alike")
    _judge_value(W_v)
    same((found @ x @ W_v)[:, 0], expected, case="channel 0", atol=1e-6)
    return "every word knows how many stand before it, and no position was put in"


def _three(given: Any) -> list[Tensor]:
    try:
        parts = [torch.as_tensor(part, dtype=torch.float64) for part in given]
    except (TypeError, ValueError, RuntimeError):
        parts = []
    require(
        len(parts) == 3 and all(part.shape == (2, 2) for part in parts),
        "shape",
        "it must return three tensors W_q, W_k, W_v of shape (2, 2)",
    )
    finite = all(bool(part.isfinite().all()) for part in parts)
    require(finite, "not-finite", "the matrices must hold finite numbers")
    return [part.detach() for part in parts]


def _judge_value(W_v: Tensor) -> None:
    marker, other = float(W_v[0, 0]), float(W_v[1, 0])
    says = "the marker's 1 must come out in channel 0: W_v[0, 0] must be 1"
    if abs(marker) < 1e-9 and abs(float(W_v[0, 1])) > 1e-9:
        raise Mistake("wrong-channel", f"{says}; yours sends it to channel 1, by W_v[0, 1]")
    require(abs(marker) > 1e-9, "no-value", f"{says}; it is 0")
    require(math.isclose(marker, 1, abs_tol=1e-6), "value-scaled", f"{says}; it is {marker:.4g}")
    require(
        abs(other) < 1e-6,
        "words-leak",
        f"W_v[1, 0] is {other:.4g}: it lets what the other words say into channel 0; make it 0",
    )
