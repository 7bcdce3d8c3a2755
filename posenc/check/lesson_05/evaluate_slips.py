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


SLIPS = (
    Slip("unasked-counted", lambda m, x, y: _hits(m, x, y).mean(),
         "it counts the places where nothing was asked (target −100) as wrong: leave them out"),
    Slip("mean-of-texts", lambda m, x, y: _texts(m, x, y, 1).mean(),
         "it means over texts first, so that a text with one question counts as much as one "
         "with six"),
    Slip("mean-of-places", lambda m, x, y: _texts(m, x, y, 0).mean(),
         "it means over the places first, so that questions do not all count alike"),
    Slip("count", lambda m, x, y: _hits(m, x, y).sum(),
         "it counts right answers; wanted is their share: divide by how many were asked"),
    Slip("per-text", lambda m, x, y: _hits(m, x, y).sum() / len(y),
         "it divides by the number of texts; divide by how many places were asked"),
    Slip("percent", lambda m, x, y: 100 * _share(m, x, y),
         "it is in percent; wanted is a share from 0 to 1"),
    Slip("error-rate", lambda m, x, y: 1 - _share(m, x, y),
         "it is the share of wrong answers; wanted is that of right ones"),
    Slip("zero-left-out", lambda m, x, y: _hits(m, x, y)[y > 0].mean(),
         "it leaves out the targets that are 0: only −100 is not asked, targets != -100"),
    Slip("shifted", _shifted,
         "it moves the targets by one place: they stand where they are asked already"),
    Slip("last-place", lambda m, x, y: _hits(m, x, y)[:, -1].mean(),
         "it asks the last place of each text alone"),
    Slip("whole-texts",
         lambda m, x, y: (_hits(m, x, y).bool() | (y == IGNORE)).all(1).double().mean(),
         "it counts a text as right if all of it is right; every place counts by itself"),
    Slip("argmax-over-places", lambda m, x, y: _guessed(m, x, y, lambda z: z.argmax(1)),
         "argmax runs over the places; the vocabulary is the last axis, argmax(-1)"),
    Slip("least-likely", lambda m, x, y: _guessed(m, x, y, lambda z: z.argmin(-1)),
         "it takes the smallest logit; the guess is the largest, argmax(-1)"),
    Slip("chance-given", _given,
         "it is the mean probability given to the targets; wanted is how often argmax is right"),
    Slip("loss", _loss, "it is the loss; wanted is the share of right answers"),
    Slip("zero", lambda m, x, y: _share(m, x, y).floor(),
         "it is 0: are the places those with targets != -100, and was the share rounded to a "
         "whole number?"),
)  # fmt: skip
