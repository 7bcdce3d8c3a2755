"""Wrong programs that people publish for the share of right answers."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from posenc.check.engine.slip import Slip
from posenc.tasks import IGNORE


def _asks(model: Any, tokens: Tensor) -> Tensor:
    """Return the logits as the statement asks for them: in eval(), the mode put back."""
    mode = model.training
    model.eval()
    with torch.no_grad():
        logits: Tensor = model(tokens)
    model.train(mode)
    return logits


def _hits(model: Any, x: Tensor, y: Tensor) -> Tensor:
    return (_asks(model, x).argmax(-1) == y).double()


def _share(model: Any, x: Tensor, y: Tensor) -> Tensor:
    return _hits(model, x, y)[y != IGNORE].mean()


def _texts(model: Any, x: Tensor, y: Tensor, dim: int) -> Tensor:
    return _hits(model, x, y).sum(dim) / (y != IGNORE).sum(dim)


def _shifted(model: Any, x: Tensor, y: Tensor) -> Tensor:
    guesses, late = _asks(model, x).argmax(-1)[:, :-1], y[:, 1:]
    return (guesses == late)[late != IGNORE].double().mean()


def _guessed(model: Any, x: Tensor, y: Tensor, pick: Callable[[Tensor], Tensor]) -> Tensor:
    return (pick(_asks(model, x)) == y)[y != IGNORE].double().mean()


def _given(model: Any, x: Tensor, y: Tensor) -> Tensor:
    chances = _asks(model, x).softmax(-1).gather(-1, y.clamp(min=0)[..., None])[..., 0]
    return chances[y != IGNORE].mean()


def _loss(model: Any, x: Tensor, y: Tensor) -> Tensor:
    return functional.cross_entropy(_asks(model, x).transpose(1, 2), y)


def _unasked_right(model: Any, x: Tensor, y: Tensor) -> Tensor:
    return (_hits(model, x, y).bool() | (y == IGNORE)).double()


def _transposed(model: Any, x: Tensor, y: Tensor) -> Tensor:
    hits = _asks(model, x).argmax(-1).T.flatten() == y.flatten()
    return hits[y.flatten() != IGNORE].double().mean()


def _two_best(model: Any, x: Tensor, y: Tensor) -> Tensor:
    best = _asks(model, x).topk(2).indices
    return (best == y[..., None]).any(-1)[y != IGNORE].double().mean()


SLIPS = (
    Slip("unasked-counted", lambda m, x, y: _hits(m, x, y).mean(),
         "Places with target −100 count as wrong. Leave them out: index with targets != -100."),
    Slip("unasked-right", lambda m, x, y: _unasked_right(m, x, y).mean(),
         "Places with target −100 count as correct. Leave them out: index with targets != -100."),
    Slip("unasked-added",
         lambda m, x, y: _unasked_right(m, x, y).sum() / (y != IGNORE).sum(),
         "Places with target −100 count as correct, and not in the divisor. Leave them out twice."),
    Slip("mean-of-texts", lambda m, x, y: _texts(m, x, y, 1).mean(),
         "The mean is taken per text first, so a text with one question counts as much as one with "
         "six. Take one mean."),
    Slip("mean-of-places", lambda m, x, y: _texts(m, x, y, 0).mean(),
         "The mean is taken per place first, so questions count unequally. Take one mean."),
    Slip("count", lambda m, x, y: _hits(m, x, y).sum(),
         "This is the number of correct answers. Divide it by how many were asked."),
    Slip("per-text", lambda m, x, y: _hits(m, x, y).sum() / len(y),
         "The count is divided by the number of texts. Divide it by how many places were asked."),
    Slip("percent", lambda m, x, y: 100 * _share(m, x, y),
         "This is in percent. Return a share from 0 to 1."),
    Slip("rounded", lambda m, x, y: (_share(m, x, y) * 100).round() / 100,
         "The share is rounded to two digits. Return all digits."),
    Slip("error-rate", lambda m, x, y: 1 - _share(m, x, y),
         "This is the share of wrong answers. Return that of correct ones."),
    Slip("zero-left-out", lambda m, x, y: _hits(m, x, y)[y > 0].mean(),
         "Targets that are 0 are left out. Only −100 is not asked: targets != -100."),
    Slip("zero-for-ignored", lambda m, x, y: _hits(m, x, y)[y != 0].mean(),
         "Targets of 0 are left out, and those of −100 count. Only −100 is not asked."),
    Slip("shifted", _shifted,
         "The targets are shifted by one place. That is done already: use them as they are."),
    Slip("last-place", lambda m, x, y: _hits(m, x, y)[:, -1].mean(),
         "Only the last place of each text is asked. Count every place with targets != -100."),
    Slip("first-text", lambda m, x, y: _hits(m, x, y)[0][y[0] != IGNORE].mean(),
         "Only the first text counts. Count all texts of the batch."),
    Slip("whole-texts", lambda m, x, y: _unasked_right(m, x, y).all(1).double().mean(),
         "A text counts as correct only as a whole. Count every place by itself."),
    Slip("argmax-over-places", lambda m, x, y: _guessed(m, x, y, lambda z: z.argmax(1)),
         "argmax runs over the places. The vocabulary is the last axis: argmax(-1)."),
    Slip("softmax-over-places",
         lambda m, x, y: _guessed(m, x, y, lambda z: z.softmax(1).argmax(-1)),
         "softmax runs over the places, which changes the argmax. Leave softmax out."),
    Slip("least-likely", lambda m, x, y: _guessed(m, x, y, lambda z: z.argmin(-1)),
         "The smallest logit is taken. The guess is the largest: argmax(-1)."),
    Slip("second-best", lambda m, x, y: _guessed(m, x, y, lambda z: z.topk(2).indices[..., 1]),
         "The second largest logit is taken. The guess is the largest: argmax(-1)."),
    Slip("two-best", _two_best,
         "The second largest logit counts as well. Only the largest is the guess: argmax(-1)."),
    Slip("transposed", _transposed,
         "Guesses and targets are flattened in different orders. Compare them before flattening."),
    Slip("chance-given", _given,
         "This is the mean probability of the targets. Return how often argmax is correct."),
    Slip("loss", _loss, "This is the loss. Return the share of correct answers."),
    Slip("zero", lambda m, x, y: _share(m, x, y).floor(),
         "The share is 0. Is it cut to a whole number (//, int), or are logits compared in place "
         "of argmax(-1)?"),
)  # fmt: skip
