"""Checkers of notebook 05: scoring a model, loss by position, reading seeds."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn

from posenc.check._verdict import Mistake, Remark, Verdict, judge, require, same
from posenc.tasks import IGNORE

__all__ = ["by_position", "evaluate", "reading"]

Score = Callable[[nn.Module, Tensor, Tensor], Any]  # model, (b, n), (b, n) -> a share
Loss = Callable[[Tensor, Tensor], Any]  # (b, n, vocab), (b, n) -> (n,)
Reading = Callable[[list[float], list[float], float], Any]  # seeds, seeds, chance -> a word


# --- scoring a model ------------------------------------------------------------------------


def evaluate(answer: Score) -> Verdict:
    """Check ``evaluate(model, tokens, targets)``: the share of the asked answers that are right.

    The model must be in ``eval()`` while it is asked, and as it was before afterwards.
    Targets of ``IGNORE`` (−100) are not asked. Forgetting ``torch.no_grad()`` passes with a
    remark.

    >>> verdict = evaluate(lambda model, tokens, targets: 1.0)
    ✗ evaluate: the model was never asked
    """
    return judge("evaluate", answer, _examine_evaluate)


class _Watched(nn.Module):
    """A model that answers from a list, but only in ``eval()``; it notes how it was asked."""

    def __init__(self, guesses: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.guesses = guesses
        self.asked: list[tuple[bool, bool]] = []  # in training mode? gradients on?

    def forward(self, tokens: Tensor) -> Tensor:
        self.asked.append((self.training, torch.is_grad_enabled()))
        guesses = (self.guesses + self.training) % 5
        return self.weight * nn.functional.one_hot(guesses, 5).float()  # (b, n, vocab)


def _examine_evaluate(answer: Score) -> str:
    tokens, guesses, targets = _asked_unevenly()
    with_gradients = False
    for began_in_training in (True, False):
        model = _Watched(guesses).train(began_in_training)
        found = answer(model, tokens.clone(), targets.clone())
        require(bool(model.asked), "never-asked", "the model was never asked")
        _judge_mode(model, began_in_training)
        _judge_share(found, guesses, targets)
        with_gradients |= model.asked[-1][1]
    if with_gradients:
        raise Remark("right; under torch.no_grad() it would not keep what gradients need")
    return "right: in eval(), only what was asked, and the model is left as it was"


def _asked_unevenly() -> tuple[Tensor, Tensor, Tensor]:
    generator = Generator().manual_seed(0)
    tokens = torch.randint(5, (4, 6), generator=generator)
    targets = torch.randint(5, (4, 6), generator=generator)
    guesses = targets.clone()
    guesses[:, ::3] = (guesses[:, ::3] + 2) % 5  # wrong at every third place
    targets[0, 1:] = IGNORE  # one text asks only once, and is wrong there
    targets[1, :3] = IGNORE
    return tokens, guesses, targets


def _judge_mode(model: _Watched, began_in_training: bool) -> None:
    require(
        not any(training for training, _ in model.asked),
        "training-mode",
        "the model was asked in training mode, where dropout goes on throwing the dice: "
        "call model.eval() first",
    )
    require(
        model.training == began_in_training,
        "mode-not-restored",
        f"the model came with training={began_in_training} and is left with "
        f"training={model.training}: give it back as it was",
    )


def _judge_share(found: Any, guesses: Tensor, targets: Tensor) -> None:
    asked, hits = targets != IGNORE, guesses == targets
    share = float(hits[asked].float().mean())
    try:
        value = float(found)
    except (TypeError, ValueError, RuntimeError):
        raise Mistake("type", f"a share is one number; it returned {_kind(found)}") from None
    known: dict[str, tuple[Any, str]] = {
        "unasked-counted": (hits.float().mean(), "it counts the places where nothing was asked"),
        "mean-of-texts": (
            ((hits & asked).sum(1) / asked.sum(1)).mean(),
            "it means over texts first, so that a text with one question counts as much as "
            "one with six",
        ),
        "count": (hits[asked].sum(), "it counts right answers; wanted is their share"),
        "percent": (100 * share, "it is in percent; wanted is a share from 0 to 1"),
    }
    for slug, (wrong, said) in known.items():
        require(
            not _close(value, float(wrong)), slug, f"{said}: {value:.4g} in place of {share:.4g}"
        )
    require(_close(value, share), "value", f"the share must be {share:.4g}; it is {value:.4g}")


def _close(a: float, b: float) -> bool:
    return abs(a - b) < 1e-4


def _kind(found: Any) -> str:
    return f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__


# --- loss by position -----------------------------------------------------------------------


def by_position(answer: Loss) -> Verdict:
    """Check ``by_position(logits, targets)``: the mean loss at each position, (n,).

    Shapes: ``(b, n, vocab)``, ``(b, n)``; the loss of one answer is −log of the probability
    that the model gave to its target.

    >>> verdict = by_position(lambda logits, targets: logits.mean((0, 2)))
    ✗ by_position: by_position(logits, targets) at [0] must be 2.022; it is -0.03716
    """
    return judge("by_position", answer, _examine_by_position)


def _examine_by_position(answer: Loss) -> str:
    generator = Generator().manual_seed(0)
    logits = torch.randn(3, 4, 5, generator=generator, dtype=torch.float64)
    targets = torch.randint(5, (3, 4), generator=generator)
    logs = logits.log_softmax(-1).gather(2, targets[..., None])[..., 0]  # (b, n)
    found = answer(logits.clone(), targets.clone())
    known = {
        "by-text": (-logs.mean(1), "it is the mean over positions: one number a text"),
        "one-number": (-logs.mean(), "it is one mean over everything; keep the positions apart"),
        "sum": (-logs.sum(0), "it is the sum over texts, not their mean"),
        "sign": (logs.mean(0), "it has the sign turned: a loss is −log p"),
        "log-of-mean": (
            -logs.exp().mean(0).log(),
            "it is the log of the mean probability; wanted is the mean of the logs",
        ),
        "bits": (-logs.mean(0) / torch.tensor(2.0).log(), "it is in bits; wanted are nats"),
        "probability": (logs.exp().mean(0), "it is the mean probability, without −log"),
    }
    for slug, (wrong, said) in known.items():
        require(not _equal(found, wrong), slug, said)
    same(found, -logs.mean(0), case="by_position(logits, targets)")
    return "right: one mean of −log p for each position"


def _equal(found: Any, wrong: Tensor) -> bool:
    return (
        isinstance(found, Tensor)
        and found.shape == wrong.shape
        and torch.allclose(found.detach().to(torch.float64), wrong.to(torch.float64), atol=1e-5)
    )


# --- reading seeds --------------------------------------------------------------------------

MARGIN = 0.05  # above chance, before a result counts as one
READINGS = (
    ([0.99, 1.0, 0.98], [0.51, 0.62, 0.55], 0.1, "a"),
    ([0.31, 0.28, 0.3], [0.9, 0.95, 0.88], 0.1, "b"),
    ([0.95, 0.6, 0.97], [0.7, 0.65, 0.68], 0.1, "not decided"),
    ([0.8, 0.6, 0.7], [0.69, 0.5, 0.59], 0.1, "not decided"),
    ([0.54, 0.53, 0.52], [0.49, 0.5, 0.51], 0.5, "both at chance"),
    ([0.36, 0.47, 0.4], [0.52, 0.5, 0.54], 0.5, "both at chance"),
    ([0.61, 0.7, 0.66], [0.49, 0.52, 0.5], 0.5, "a"),
    ([0.6, 0.5, 0.5], [0.49, 0.5, 0.51], 0.5, "not decided"),
)


def reading(answer: Reading) -> Verdict:
    """Check ``reading(a, b, chance)``: what the seeds of two encodings allow one to say.

    "both at chance" where no seed is more than 0.05 above it; "a" or "b" where every seed
    of one beats every seed of the other; "not decided" otherwise.

    >>> verdict = reading(lambda a, b, chance: "a" if sum(a) > sum(b) else "b")
    ✗ reading: [0.95, 0.6, 0.97] against [0.7, 0.65, 0.68]: the means differ but the seeds overlap
    """
    return judge("reading", answer, _examine_reading)


def _examine_reading(answer: Reading) -> str:
    for a, b, chance, expected in READINGS:
        found = answer(list(a), list(b), chance)
        if found != expected:
            _name_reading(found, a, b, chance, expected)
    return "right: chance first, then whether the seeds part"


def _name_reading(found: Any, a: list[float], b: list[float], chance: float, word: str) -> None:
    case = f"{a} against {b}"
    words = ("a", "b", "both at chance", "not decided")
    require(found in words, "word", f"the words are {', '.join(words)}; it said {found!r}")
    require(
        word != "not decided" or found != "both at chance",
        "mean-chance",
        f"{case}: one seed is above chance: ask every seed, not the mean",
    )
    require(
        word != "not decided",
        "means",
        f"{case}: the means differ but the seeds overlap",
    )
    require(
        word != "both at chance",
        "chance",
        f"{case}: no seed is {MARGIN} above the chance of {chance:g}: nothing to compare",
    )
    raise Mistake("value", f"{case}, chance {chance:g}: must be {word!r}; it is {found!r}")
