"""The mean loss at each position: (logits, targets) -> (n,)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from posenc.check.engine.compare import name_entry
from posenc.check.engine.slip import Slip
from posenc.check.engine.verdict import Mistake, Verdict, judge, require, same

Loss = Callable[[Tensor, Tensor], Any]  # (b, n, vocab), (b, n) -> (n,)


def by_position(answer: Loss) -> Verdict:
    """Check ``by_position(logits, targets)``: the mean loss at each position, (n,).

    Shapes: ``(b, n, vocab)``, ``(b, n)``; the loss of one answer is −log of the probability
    that the model gave to its target.

    >>> verdict = by_position(lambda logits, targets: logits.mean((0, 2)))
    ✗ by_position: other targets give the same losses: they are not used
    """
    return judge("by_position", answer, _examine_by_position)


def _logs(x: Tensor, y: Tensor) -> Tensor:
    return x.log_softmax(-1).gather(2, y[..., None])[..., 0]  # (b, n)


def _picked(x: Tensor, y: Tensor) -> Tensor:
    return x.gather(2, y[..., None])[..., 0]


def _moved(x: Tensor, y: Tensor) -> Tensor:
    return -_logs(x[:, :-1], y[:, 1:]).mean(0)


def _mixed(x: Tensor, y: Tensor) -> Tensor:
    b, n, vocab = x.shape
    return functional.cross_entropy(x.reshape(b, vocab, n), y, reduction="none").mean(0)


SLIPS = (
    Slip("by-text", lambda x, y: -_logs(x, y).mean(1),
         "it is the mean over positions, one number a text: mean over the texts, mean(0)"),
    Slip("one-number", lambda x, y: -_logs(x, y).mean(),
         "it is one mean over everything; keep the positions apart"),
    Slip("sum", lambda x, y: -_logs(x, y).sum(0),
         "it is the sum over texts, not their mean"),
    Slip("divided-by-n", lambda x, y: -_logs(x, y).sum(0) / y.shape[1],
         "it divides by the number of positions; each mean is over the texts"),
    Slip("running-mean",
         lambda x, y: -_logs(x, y).mean(0).cumsum(0) / torch.arange(1, y.shape[1] + 1),
         "each entry is the mean of all positions up to it; keep the positions apart"),
    Slip("sign", lambda x, y: _logs(x, y).mean(0),
         "it has the sign turned: a loss is −log p"),
    Slip("log-of-mean", lambda x, y: -_logs(x, y).exp().mean(0).log(),
         "it is the log of the mean probability; wanted is the mean of the logs"),
    Slip("bits", lambda x, y: -_logs(x, y).mean(0) / math.log(2),
         "it is in bits; wanted are nats"),
    Slip("log10", lambda x, y: -_logs(x, y).mean(0) / math.log(10),
         "it takes the logarithm to base 10; wanted is the natural one, log"),
    Slip("probability", lambda x, y: _logs(x, y).exp().mean(0),
         "it is the mean probability, without −log"),
    Slip("perplexity", lambda x, y: (-_logs(x, y).mean(0)).exp(),
         "it is the perplexity, exp of the loss; wanted is the loss"),
    Slip("median", lambda x, y: -_logs(x, y).median(0).values,
         "it is the median over the texts; wanted is their mean"),
    Slip("no-softmax", lambda x, y: -_picked(x, y).mean(0),
         "it is the mean of the logits themselves: log_softmax(-1) makes them logs"),
    Slip("softmax-twice", lambda x, y: -_logs(x.softmax(-1), y).mean(0),
         "softmax is taken twice: cross_entropy and log_softmax want the logits as they are",
         seen="bkitano/llama-from-scratch#5"),
    Slip("softmax-over-positions", lambda x, y: -_picked(x.log_softmax(1), y).mean(0),
         "softmax runs over the positions; the vocabulary is the last axis"),
    Slip("softmax-over-texts", lambda x, y: -_picked(x.log_softmax(0), y).mean(0),
         "softmax runs over the texts; the vocabulary is the last axis"),
    Slip("entropy", lambda x, y: -(x.softmax(-1) * x.log_softmax(-1)).sum(-1).mean(0),
         "it is the entropy of the guesses: the targets are not used"),
    Slip("whole-vocabulary", lambda x, y: -x.log_softmax(-1).mean((0, 2)),
         "it means over the whole vocabulary: take the target's entry alone, with gather"),
    Slip("shifted", _moved,
         "it moves the targets by one place: they stand where they are asked already"),
    Slip("reshaped", _mixed,
         "the logits are reshaped to (b, vocab, n), which mixes them: use transpose(1, 2)"),
)  # fmt: skip


def _examine_by_position(answer: Loss) -> str:
    generator = Generator().manual_seed(0)
    logits = torch.randn(3, 4, 5, generator=generator, dtype=torch.float64)
    targets = torch.randint(5, (3, 4), generator=generator)
    logs = logits.log_softmax(-1).gather(2, targets[..., None])[..., 0]  # (b, n)
    found = answer(logits.clone(), targets.clone())
    try:
        same(found, -logs.mean(0), case="by_position(logits, targets)")
    except Mistake as plain:
        name_entry(found, -logs.mean(0), SLIPS, logits, targets)
        if plain.slug in ("value", "not-finite"):
            _judge_losses(answer, logits, targets, found)
        raise
    return "right: one mean of −log p for each position"


def _judge_losses(answer: Loss, logits: Tensor, targets: Tensor, found: Tensor) -> None:
    again = answer(logits.clone(), targets.clone())
    said = "asked twice it gives two answers: nothing in it may be random"
    require(torch.equal(again.nan_to_num(), found.nan_to_num()), "not-the-same-twice", said)
    turned = answer(logits.flip(0), targets.flip(0))
    said = f"the same texts in another order give {turned[0]:.4g} in place of {found[0]:.4g}"
    require(_near(turned, found), "order-of-texts", f"{said}: a mean has no order")
    other = logits.clone()
    other[:, 2] = other[:, 2].roll(1, -1)
    moved = (answer(other, targets.clone()) - found).abs()
    moved[2] = 0
    said = f"other logits at position 2 move entry {int(moved.argmax())}, too"
    require(bool(moved.max() < 1e-6), "positions-mixed", f"{said}: keep the positions apart")
    other = targets.clone()
    other[:, 1] = (other[:, 1] + 1) % 5
    unused = _near(answer(logits.clone(), other), found)
    require(not unused, "targets-unused", "other targets give the same losses: they are not used")
    alone = [answer(logits[i : i + 1], targets[i : i + 1]) for i in range(3)]
    said = f"alone the texts lose {', '.join(f'{float(one[0]):.4g}' for one in alone)} at "
    said += f"position 0, together {found[0]:.4g}: it must be their mean"
    require(_near(torch.stack(alone).mean(0), found), "not-a-mean", said)
    _judge_odds(answer, logits, targets, found)


def _judge_odds(answer: Loss, logits: Tensor, targets: Tensor, found: Tensor) -> None:
    raised = answer(logits + 1.0, targets.clone())
    said = f"1 added to all logits moves entry 0 from {found[0]:.4g} to {raised[0]:.4g}"
    require(_near(raised, found), "no-softmax", f"{said}; softmax would not notice")
    sure = answer(100.0 * nn.functional.one_hot(targets, 5).double(), targets.clone())
    said = f"a model that is sure of every target must lose 0; it loses {_far(sure, 0.0):.4g}"
    require(bool(sure.abs().max() < 1e-3), "sure", said)
    level = answer(torch.zeros_like(logits), targets.clone())
    said = "with equal logits for 5 characters the loss must be log 5 = 1.609; it is "
    far = _far(level, math.log(5))
    require(abs(far - math.log(5)) < 1e-3, "level", f"{said}{far:.4g}")
    odds = answer(torch.tensor([[[0.0, math.log(3)]]]), torch.tensor([[1]]))
    said = "of logits 0 and log 3 the second has probability 3/4, its loss is 0.2877; it is "
    require(bool((odds - 0.28768).abs().max() < 1e-3), "odds", f"{said}{_far(odds, 0.2877):.4g}")


def _far(found: Tensor, right: float) -> float:
    """Return the entry that is farthest from the right number."""
    flat = found.flatten()
    return float(flat[(flat - right).abs().argmax()])


def _near(found: Tensor, other: Tensor) -> bool:
    return torch.allclose(found, other, rtol=1e-4, atol=1e-6, equal_nan=True)
