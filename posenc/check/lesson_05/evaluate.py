"""The share of the asked answers that are right: (model, tokens, targets) -> a number."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Generator, Tensor, nn

from posenc.check.engine import draws
from posenc.check.engine.place import line_of
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
    ✗ evaluate: The model is never called. Take the argmax of model(tokens).
    """
    return judge("evaluate", answer, _examine_evaluate)


@dataclass(frozen=True)
class Quiz:
    """Tokens and targets, and what the model guesses: some wrong, some texts all right."""

    b: int
    n: int
    vocab: int
    seed: int = 0
    sparse: int = 0  # so many texts have one question only, each at another place

    @cached_property
    def tokens(self) -> Tensor:
        """Every token is another, so that the model can look its guess up."""
        return torch.arange(self.b * self.n).view(self.b, self.n)

    @cached_property
    def _drawn(self) -> tuple[Tensor, Tensor]:
        generator = Generator().manual_seed(self.seed)
        targets = torch.randint(self.vocab, (self.b, self.n), generator=generator)
        miss = torch.rand(self.b, self.n, generator=generator) < 0.4
        miss[: self.b // 6] = False
        guesses = (targets + 2 * miss) % self.vocab
        first = self.b // 4
        for row in range(self.sparse):
            targets[row + first, torch.arange(self.n) != row % self.n] = IGNORE
        targets[-8:-5, 0] = IGNORE  # and some places are asked more often than others
        targets[-1, 1 + self.seed % (self.n - 1) :] = IGNORE
        return guesses, targets

    @property
    def guesses(self) -> Tensor:
        """What the model takes for likeliest, (b, n)."""
        return self._drawn[0]

    @property
    def targets(self) -> Tensor:
        """The right answers, −100 where nothing is asked, (b, n)."""
        return self._drawn[1]

    @property
    def share(self) -> float:
        """The right share."""
        return float((self.guesses == self.targets)[self.targets != IGNORE].double().mean())


def _quizzes(draw: draws.Draw) -> tuple[Quiz, ...]:
    """Return quizzes with as many places as letters: argmax over places is no error."""

    def quiz(b: int, n: int, seed: int, sparse: int) -> Quiz:
        return Quiz(b, n, n, draw.generator(seed).initial_seed(), sparse)

    wide = draw.near(7, 1)
    first = quiz(draw.near(20, 1), wide, 0, sparse=wide)
    others = (
        quiz(draw.near(20, 1), wide, 1, sparse=wide),
        quiz(draw.near(12, 1), 5, 2, sparse=4),
        quiz(draw.near(8, 1), draw.near(11, 1), 3, sparse=0),
    )
    return (first, *draw.shuffled(others))


QUIZZES = draws.Drawn("evaluate", _quizzes)


class Model(nn.Module):
    """A model that looks its logits up, other ones in training; it notes how it was asked."""

    def __init__(self, quiz: Quiz, guesses: Tensor | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones((), dtype=torch.float64))
        generator = Generator().manual_seed(1)
        noise = torch.rand(quiz.b * quiz.n, quiz.vocab, generator=generator, dtype=torch.float64)
        wanted = (quiz.guesses if guesses is None else guesses).flatten()
        self.table = noise + nn.functional.one_hot(wanted, quiz.vocab)
        self.asked: list[tuple[bool, bool]] = []  # in training mode? gradients on?

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits, (b, n, vocab)."""
        self.asked.append((self.training, torch.is_grad_enabled()))
        logits = self.table[tokens]
        return self.weight * (logits.roll(1, -1) if self.training else logits)


def _asked(answer: Score, model: Model, quiz: Quiz) -> Any:
    """Return what the answer says; PyTorch's own words get a remedy."""
    try:
        found = answer(model, quiz.tokens.clone(), quiz.targets.clone())
    except Exception as error:
        text, line = str(error), line_of(error)
        where = f" ({line})" * bool(line)
        sizes = re.search(r"tensor a \((\d+)\).*tensor b \((\d+)\)", text)
        if sizes and str(quiz.vocab) in sizes.groups() and quiz.b != quiz.vocab:
            told = "The logits (b, n, vocab) do not fit the targets (b, n). Take argmax(-1) first."
            raise Mistake("no-argmax", told + where) from None
        attribute = re.search(r"'Model' object has no attribute '(\w+)'", text)
        if attribute:
            told = f"A model has no attribute {attribute[1]!r}. model.training tells its mode."
            raise Mistake("no-attribute", told + where) from None
        raise
    if not torch.is_grad_enabled():
        torch.set_grad_enabled(True)
        told = "Gradients stay off for the rest of the notebook. Use `with torch.no_grad():`."
        raise Mistake("grad-left-off", told)
    return found


def _examine_evaluate(answer: Score) -> str:
    with_gradients = False
    for quiz in QUIZZES:
        for began_in_training in (True, False):
            model = Model(quiz).train(began_in_training)
            found = _asked(answer, model, quiz)
            told = "The model is never called. Take the argmax of model(tokens)."
            require(bool(model.asked), "never-asked", told)
            _judge_mode(model, began_in_training)
            _judge_share(answer, _number(found), quiz)
            with_gradients |= model.asked[-1][1]
    if with_gradients:
        told = "The share is correct; under torch.no_grad() nothing would be kept for gradients."
        raise Remark(told)
    return "The share is correct, and the model is left as it was."


def _judge_mode(model: Model, began_in_training: bool) -> None:
    told = "The model is called in training mode, where dropout is random. Call model.eval() first."
    require(not any(training for training, _ in model.asked), "training-mode", told)
    told = f"The model came with training={began_in_training} and is left with "
    told += f"training={model.training}. Restore it with model.train(mode)."
    require(model.training == began_in_training, "mode-not-restored", told)
    untouched = model.weight.item() == 1 and model.weight.grad is None
    require(untouched, "trains", "The weights or their gradients change. Leave out backward().")
    told = "requires_grad of the weights is changed. Use torch.no_grad() around the call."
    require(model.weight.requires_grad, "freezes", told)


def _judge_share(answer: Score, value: float, quiz: Quiz) -> None:
    if abs(value - quiz.share) < 1e-4:
        return
    again = _number(_asked(answer, Model(quiz), quiz))
    told = f"Two calls give {value:.4g} and {again:.4g}. Take the largest logit; do not sample."
    require(again == value, "not-the-same-twice", told)
    try:
        name_it(_shares(answer), told_by(_shares, SLIPS))
    except Mistake as slip:
        told = f"{slip} It must be {quiz.share:.4g}; it is {value:.4g}."
        raise Mistake(slip.slug, told) from None
    size = f"tokens of shape {tuple(quiz.tokens.shape)}"
    first = QUIZZES[0]
    told = f"With {tuple(first.tokens.shape)} tokens the share is correct; with {size} it must be "
    told += f"{quiz.share:.4g}, not {value:.4g}. Count what was asked in each call."
    require(quiz is first, "one-size", told)
    _judge_places(answer, first)
    raise Mistake("value", f"The share must be {quiz.share:.4g}; it is {value:.4g}.")


def _shares(answer: Score) -> Tensor:
    """Return what it says of several models: two numbers may be alike by chance."""
    asked = ((Model(quiz), quiz.tokens.clone(), quiz.targets.clone()) for quiz in QUIZZES)
    return torch.tensor([_number(answer(*given)) for given in asked])


def _number(found: Any) -> float:
    try:
        value = float(found)
    except (TypeError, ValueError, RuntimeError):
        told = f"The share is one number; the function returned {_kind(found)}. Take the mean."
        raise Mistake("type", told) from None
    told = f"The share is {value}. A text without questions divides 0 by 0: count over all texts."
    require(math.isfinite(value), "not-finite", told)
    return value


def _judge_places(answer: Score, quiz: Quiz) -> None:
    """Each answer that turns wrong must take one part of the share, the same everywhere."""
    right, asked = quiz.targets.clamp(min=0), quiz.targets != IGNORE

    def score(guesses: Tensor) -> float:
        return _number(_asked(answer, Model(quiz, guesses), quiz))

    best = score(right)
    told = f"A model that is correct wherever it was asked gets {best:.4g}. It must get 1."
    require(abs(best - 1) < 1e-4, "all-right", told)
    part = 1 / int(asked.sum())
    for place in asked.nonzero().tolist():
        guesses = right.clone()
        guesses[tuple(place)] = (guesses[tuple(place)] + 1) % quiz.vocab
        taken = best - score(guesses)
        told = f"One wrong answer at {place} lowers the share by {taken:.4g}. It must be "
        told += f"{part:.4g} at every place that is asked."
        require(abs(taken - part) < 1e-4, "not-alike", told)


def _kind(found: Any) -> str:
    return f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
