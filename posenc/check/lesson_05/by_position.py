"""The mean loss at each position: (logits, targets) -> (n,)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional

from posenc.check.engine import draws
from posenc.check.engine.compare import explain, first_difference
from posenc.check.engine.place import line_of
from posenc.check.engine.verdict import Mistake, Verdict, judge, require
from posenc.check.lesson_05.by_position_slips import SLIPS, losses

__all__ = ["SLIPS", "by_position"]

Loss = Callable[[Tensor, Tensor], Any]  # (b, n, vocab), (b, n) -> (n,)


def by_position(answer: Loss) -> Verdict:
    """Check ``by_position(logits, targets)``: the mean loss at each position, (n,).

    Shapes: ``(b, n, vocab)``, ``(b, n)``; the loss of one answer is −log of the probability
    that the model gave to its target.

    >>> verdict = by_position(lambda logits, targets: -logits.logsumexp(2).mean(0))
    ✗ by_position: Other targets give the same losses. Pick each target's entry with gather.
    """
    return judge("by_position", answer, _examine_by_position)


def _case(
    generator: Generator, shape: tuple[int, int, int], dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor]:
    logits = torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
    return logits, torch.randint(shape[2], shape[:2], generator=generator)


def _cases(draw: draws.Draw) -> list[tuple[Tensor, Tensor]]:
    b = draw.near(3, 1)
    n = max(b + draw.one_of(1, 2), 4)
    first = (b, n, n + draw.one_of(1, 2, 3))
    others = (
        ((draw.one_of(2, 3), draw.near(6, 1), draw.near(11, 2)), 1, torch.float32),
        ((draw.near(5, 1), draw.one_of(3, 2), draw.near(7, 1)), 2, torch.float64),
        ((draw.near(4, 1), 1, draw.one_of(3, 4, 5)), 3, torch.float64),
    )
    made = [_case(draw.generator(seed), shape, dtype) for shape, seed, dtype in others]
    return [_case(draw.generator(0), first), *draw.shuffled(made)]


CASES = draws.Drawn("by_position", _cases)
PYTORCH = {  # what PyTorch says of a wrong shape -> its name, and what to do
    "Expected target size": (
        "no-transpose",
        "cross_entropy expects the vocabulary on axis 1: (b, vocab, n). Give it "
        "logits.transpose(1, 2).",
    ),
    "same number of dimensions": (
        "gather-axis",
        "gather expects an index with as many axes as the logits: use targets[..., None], and "
        "[..., 0] of what it returns.",
    ),
    "Expected input batch_size": (
        "flattened",
        "Flatten logits to (b·n, vocab) and targets to (b·n,), both or neither.",
    ),
}


def _asked(answer: Loss, logits: Tensor, targets: Tensor) -> Any:
    try:
        return answer(logits.clone(), targets.clone())
    except Exception as error:
        for words, (slug, says) in PYTORCH.items():
            if words in str(error):
                line = line_of(error)
                raise Mistake(slug, says + f" ({line})" * bool(line)) from None
        raise


def _asked_again(answer: Loss, logits: Tensor, targets: Tensor) -> Any:
    """Ask for another shape: what raises here has not raised for the first one."""
    try:
        return _asked(answer, logits, targets)
    except (RuntimeError, IndexError, ValueError) as error:
        if isinstance(error, NotImplementedError):
            raise
        text, line = " ".join(str(error).split())[:80], line_of(error)
        told = f"With logits of shape {tuple(logits.shape)} in place of {_first()} the function "
        told += f"raised {type(error).__name__}: {text} ({line}). Read the sizes from logits.shape."
        raise Mistake("one-shape", told) from None


def _first() -> tuple[int, ...]:
    """Return the shape of the logits that are tried first, (b, n, vocab)."""
    return tuple(CASES[0][0].shape)


def _examine_by_position(answer: Loss) -> str:
    found = [_asked(answer, *CASES[0]), *(_asked_again(answer, *case) for case in CASES[1:])]
    right = [losses(*case).mean(0) for case in CASES]
    said = [f"by_position(logits {tuple(x.shape)}, targets)" for x, _ in CASES]
    try:
        judged = zip(found, right, said, strict=True)
        differences = [first_difference([f], [r], [words], 1e-5) for f, r, words in judged]
    except Mistake as form:  # a shape that is wrong may have a name
        explain(found, SLIPS, CASES, 2e-5)
        good = isinstance(found[0], Tensor) and found[0].shape == right[0].shape
        if form.slug == "shape" and good:
            raise Mistake("one-shape", f"{form}. Read the sizes from logits.shape.") from None
        raise
    if not any(differences):
        return "The losses are correct: one mean of −log p for each position."
    explain(found, SLIPS, CASES, 2e-5)
    if not differences[0]:
        other = next(filter(None, differences))
        told = f"With logits of shape {_first()} the losses are correct, but {other}"
        raise Mistake("one-shape", f"{told}. Read the sizes from logits.shape.")
    logits, targets = CASES[0]
    _judge_losses(answer, logits, targets, found[0])
    first = differences[0]
    assert first
    raise first


def _judge_losses(answer: Loss, logits: Tensor, targets: Tensor, found: Tensor) -> None:
    again = answer(logits.clone(), targets.clone())
    said = "Two calls with the same arguments give two results. Leave out what is random."
    require(torch.equal(again.nan_to_num(), found.nan_to_num()), "not-the-same-twice", said)
    turned = answer(logits.flip(0), targets.flip(0))
    said = (
        f"The same texts in another order give {turned[0]:.4g} at position 0, not {found[0]:.4g}. "
    )
    require(_near(turned, found), "order-of-texts", f"{said}Give every text the same weight.")
    other = logits.clone()
    other[:, 2] = other[:, 2].roll(1, -1)
    moved = (answer(other, targets.clone()) - found).abs()
    moved[2] = 0
    said = f"Other logits at position 2 change entry {int(moved.argmax())} of the result. "
    require(bool(moved.max() < 1e-6), "positions-mixed", f"{said}Keep the positions apart.")
    other = targets.clone()
    other[:, 1] = (other[:, 1] + 1) % logits.shape[2]
    unused = _near(answer(logits.clone(), other), found)
    said = "Other targets give the same losses. Pick each target's entry with gather."
    require(not unused, "targets-unused", said)
    _judge_mean(answer, logits, targets, found)
    _judge_odds(answer, logits, targets, found)


def _judge_mean(answer: Loss, logits: Tensor, targets: Tensor, found: Tensor) -> None:
    texts = zip(logits.split(1), targets.split(1), strict=True)
    alone = [answer(x.clone(), y.clone()) for x, y in texts]
    said = (
        f"At position 0 the texts alone have {', '.join(f'{float(one[0]):.4g}' for one in alone)}"
    )
    said += f", together {found[0]:.4g}. Return their mean."
    require(_near(torch.stack(alone).mean(0), found), "not-a-mean", said)


def _judge_odds(answer: Loss, logits: Tensor, targets: Tensor, found: Tensor) -> None:
    raised = answer(logits + 1.0, targets.clone())
    said = f"1 added to all logits changes entry 0 from {found[0]:.4g} to {raised[0]:.4g}. Softmax "
    require(_near(raised, found), "no-softmax", f"{said}ignores such a constant: use log_softmax.")
    vocab = logits.shape[2]
    sure = answer(100.0 * functional.one_hot(targets, vocab).double(), targets.clone())
    said = f"For a model that is certain of every target the loss is {_far(sure, 0.0):.4g}, not 0. "
    require(bool(sure.abs().max() < 1e-3), "sure", f"{said}−log 1 is 0.")
    level = answer(torch.zeros_like(logits), targets.clone())
    must = math.log(vocab)
    far = _far(level, must)
    said = f"With equal logits for {vocab} characters the loss is {far:.4g}. It must be "
    require(abs(far - must) < 1e-3, "level", f"{said}log {vocab} = {must:.4g}.")
    odds = answer(torch.tensor([[[0.0, math.log(3)]]]), torch.tensor([[1]]))
    said = f"For logits 0 and log 3 the loss of the second is {_far(odds, 0.2877):.4g}. Its "
    said += "probability is 3/4, so it must be 0.2877."
    require(bool((odds - 0.28768).abs().max() < 1e-3), "odds", said)


def _far(found: Tensor, right: float) -> float:
    """Return the entry that is farthest from the right number."""
    flat = found.flatten()
    return float(flat[(flat - right).abs().argmax()])


def _near(found: Tensor, other: Tensor) -> bool:
    return torch.allclose(found, other.to(found), rtol=1e-4, atol=1e-6, equal_nan=True)
