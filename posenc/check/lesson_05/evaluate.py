"""The share of the asked answers that are right: (model, tokens, targets) -> a number."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn

from posenc.check.engine.slip import name_it, told_by
from posenc.check.engine.verdict import Mistake, Remark, Verdict, judge, require
from posenc.check.lesson_05.evaluate_slips import SLIPS
from posenc.tasks import IGNORE

Score = Callable[[nn.Module, Tensor, Tensor], Any]  # model, (b, n), (b, n) -> a share


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
    """A model that looks its logits up, other ones in training; it notes how it was asked."""

    def __init__(self, guesses: Tensor) -> None:  # (b, n)
        super().__init__()
        self.weight = nn.Parameter(torch.ones((), dtype=torch.float64))
        generator = Generator().manual_seed(1)
        noise = torch.rand(guesses.numel(), VOCAB, generator=generator, dtype=torch.float64)
        self.table = noise + nn.functional.one_hot(guesses.flatten(), VOCAB)
        self.asked: list[tuple[bool, bool]] = []  # in training mode? gradients on?

    def forward(self, tokens: Tensor) -> Tensor:
        self.asked.append((self.training, torch.is_grad_enabled()))
        logits = self.table[tokens]  # (b, n, vocab): every token is another
        return self.weight * (logits.roll(1, -1) if self.training else logits)


VOCAB = 7  # as many as places, so that an argmax over the places is no error
TOKENS = torch.arange(20 * VOCAB).view(20, VOCAB)


def _examine_evaluate(answer: Score) -> str:
    guesses, targets = _asked_unevenly(0)
    with_gradients = False
    for began_in_training in (True, False):
        model = _Watched(guesses).train(began_in_training)
        found = answer(model, TOKENS.clone(), targets.clone())
        require(bool(model.asked), "never-asked", "the model was never asked")
        _judge_mode(model, began_in_training)
        _judge_share(answer, _number(found), guesses, targets)
        with_gradients |= model.asked[-1][1]
    if with_gradients:
        raise Remark("right; under torch.no_grad() it would not keep what gradients need")
    return "right: in eval(), only what was asked, and the model is left as it was"


def _asked_unevenly(seed: int) -> tuple[Tensor, Tensor]:
    """Return guesses and targets: some wrong, some not asked, some texts all right."""
    generator = Generator().manual_seed(seed)
    targets = torch.randint(VOCAB, TOKENS.shape, generator=generator)
    miss = torch.rand(TOKENS.shape, generator=generator) < 0.4
    miss[:3] = False
    guesses = (targets + 2 * miss) % VOCAB
    for row in range(VOCAB):  # a text may have one question only, and at any place
        targets[row + 5, torch.arange(VOCAB) != row] = IGNORE
    targets[12:15, 0] = IGNORE  # and some places are asked more often than others
    return guesses, targets


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
    untouched = model.weight.item() == 1 and model.weight.grad is None
    require(untouched, "trains", "it trains the model: no backward() and no step in here")


def _judge_share(answer: Score, value: float, guesses: Tensor, targets: Tensor) -> None:
    asked, hits = targets != IGNORE, guesses == targets
    share = float(hits[asked].double().mean())
    if abs(value - share) < 1e-4:
        return
    again = _number(answer(_Watched(guesses), TOKENS.clone(), targets.clone()))
    said = f"asked twice it says {value:.4g} and {again:.4g}: the guess is the largest logit"
    require(again == value, "not-the-same-twice", said)
    try:
        name_it(_shares(answer), told_by(_shares, SLIPS))
    except Mistake as slip:
        raise Mistake(slip.slug, f"{slip}; {value:.4g} in place of {share:.4g}") from None
    _judge_places(answer, targets, asked)
    raise Mistake("value", f"the share must be {share:.4g}; it is {value:.4g}")


def _shares(answer: Score) -> Tensor:
    """Return what it says of three models: two numbers may be alike by chance."""
    values = []
    for seed in range(3):
        guesses, targets = _asked_unevenly(seed)
        values.append(_number(answer(_Watched(guesses), TOKENS.clone(), targets)))
    return torch.tensor(values)


def _number(found: Any) -> float:
    try:
        value = float(found)
    except (TypeError, ValueError, RuntimeError):
        raise Mistake("type", f"a share is one number; it returned {_kind(found)}") from None
    advice = "is there a division by a text without questions?"
    require(math.isfinite(value), "not-finite", f"the share is {value}: {advice}")
    return value


def _judge_places(answer: Score, targets: Tensor, asked: Tensor) -> None:
    """Each answer that turns wrong must take one part of the share, the same everywhere."""
    right = targets.clamp(min=0)

    def score(guesses: Tensor) -> float:
        return _number(answer(_Watched(guesses), TOKENS.clone(), targets.clone()))

    best = score(right)
    said = f"a model that is right wherever it was asked gets {best:.4g}; it must get 1"
    require(abs(best - 1) < 1e-4, "all-right", said)
    part = 1 / int(asked.sum())
    for place in asked.nonzero().tolist():
        guesses = right.clone()
        guesses[tuple(place)] = (guesses[tuple(place)] + 1) % VOCAB
        taken = best - score(guesses)
        said = f"one wrong answer at {place} takes {taken:.4g} off the share; it must take "
        require(abs(taken - part) < 1e-4, "not-alike", f"{said}{part:.4g}, as at every place")


def _kind(found: Any) -> str:
    return f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
