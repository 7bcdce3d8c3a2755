"""Wrong programs that score models: accuracy, loss by position, and reading seeds."""

import math
from collections.abc import Callable
from statistics import mean, stdev
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from posenc.check.engine.slip import Slip
from posenc.tasks import IGNORE

# --- accuracy -------------------------------------------------------------------------------


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


EVALUATE = (
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


def _logs(x: Tensor, y: Tensor) -> Tensor:
    return x.log_softmax(-1).gather(2, y[..., None])[..., 0]  # (b, n)


def _picked(x: Tensor, y: Tensor) -> Tensor:
    return x.gather(2, y[..., None])[..., 0]


def _moved(x: Tensor, y: Tensor) -> Tensor:
    return -_logs(x[:, :-1], y[:, 1:]).mean(0)


def _mixed(x: Tensor, y: Tensor) -> Tensor:
    b, n, vocab = x.shape
    return functional.cross_entropy(x.reshape(b, vocab, n), y, reduction="none").mean(0)


BY_POSITION = (
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


# --- reading seeds --------------------------------------------------------------------------

CHANCE, OPEN = "both at chance", "not decided"


def read(
    a: list[float],
    b: list[float],
    chance: float,
    *,
    at_chance: Callable[..., float] = max,
    low: Callable[..., float] = min,
    high: Callable[..., float] = max,
    margin: float = 0.05,
) -> str:
    """Return what the seeds allow one to say; other functions make it wrong."""
    if at_chance(a + b) <= chance + margin:
        return CHANCE
    if low(a) > high(b):
        return "a"
    return "b" if low(b) > high(a) else OPEN


def _seeds_first(a: list[float], b: list[float], chance: float) -> str:
    word = read(a, b, -1.0)
    return CHANCE if word == OPEN and max(a + b) <= chance + 0.05 else word


def _by_pairs(a: list[float], b: list[float], chance: float) -> str:
    if max(a + b) <= chance + 0.05:
        return CHANCE
    over = {x > y for x, y in zip(a, b, strict=False)}
    return OPEN if len(over) > 1 else "a" if over == {True} else "b"


def _by_spread(a: list[float], b: list[float], chance: float) -> str:
    if max(a + b) <= chance + 0.05:
        return CHANCE
    if abs(mean(a) - mean(b)) <= stdev(a) + stdev(b):
        return OPEN
    return "a" if mean(a) > mean(b) else "b"


def _one_at_chance(a: list[float], b: list[float], chance: float) -> str:
    return CHANCE if min(max(a), max(b)) <= chance + 0.05 else read(a, b, chance)


def _ties(a: list[float], b: list[float], chance: float) -> str:
    word = read(a, b, chance)
    return word if word != OPEN else "a" if min(a) >= max(b) else "b" if min(b) >= max(a) else OPEN


SWAPPED = {"a": "b", "b": "a"}

READING = (
    Slip("means", lambda a, b, c: read(a, b, c, low=mean, high=mean),
         "it compares means, though the seeds overlap: compare the least with the greatest"),
    Slip("only-means", lambda a, b, c: read(a, b, -1.0, low=mean, high=mean),
         "it compares means alone: look at chance first, then whether the seeds overlap"),
    Slip("means-throughout",
         lambda a, b, c: CHANCE if max(mean(a), mean(b)) <= c + 0.05
         else read(a, b, -1.0, low=mean, high=mean),
         "it compares means throughout: look at the seeds, the least against the greatest"),
    Slip("best-seed", lambda a, b, c: read(a, b, c, low=max),
         "it compares the best seeds alone, though the others overlap"),
    Slip("worst-seed", lambda a, b, c: read(a, b, c, high=min),
         "it compares the worst seeds alone, though the others overlap"),
    Slip("last-seed", lambda a, b, c: read(a, b, c, low=lambda s: s[-1], high=lambda s: s[-1]),
         "it compares one seed of each alone: every seed of one must beat every seed of the other"),
    Slip("pairs", _by_pairs,
         "it compares seed 0 with seed 0, 1 with 1: seeds of two models are no pairs"),
    Slip("any-seed", lambda a, b, c: read(a, b, c, low=max, high=min),
         "it is enough for it that one seed beats one: every seed must beat every seed"),
    Slip("spread", _by_spread,
         "it compares the means with the spread; asked is whether every seed beats every seed"),
    Slip("ties", _ties,
         "it takes a draw for a win: beating means >, not >="),
    Slip("swapped", lambda a, b, c: SWAPPED.get(word := read(a, b, c), word),
         "a and b have changed places: higher is better"),
    Slip("chance", lambda a, b, c: read(a, b, -1.0),
         "it never looks at chance, and compares where there is nothing to compare"),
    Slip("chance-last", _seeds_first,
         "it looks at chance last: a win among models that all guess is no win"),
    Slip("mean-chance", lambda a, b, c: read(a, b, c, at_chance=mean),
         "it holds the mean against chance: one seed above it is enough to go on"),
    Slip("one-at-chance", _one_at_chance,
         "one of the two is above chance, and that is enough to compare them"),
    Slip("any-at-chance", lambda a, b, c: read(a, b, c, at_chance=min),
         "one seed at chance is not enough: *no* seed may be above it"),
    Slip("first-at-chance", lambda a, b, c: CHANCE if max(a) <= c + 0.05 else read(a, b, c),
         "it holds the seeds of a alone against chance, not those of b"),
    Slip("no-margin", lambda a, b, c: read(a, b, c, margin=0.0),
         "it leaves out the margin: up to 0.05 above chance is still chance"),
    Slip("times-margin", lambda a, b, c: read(a, b, c * 1.05, margin=0.0),
         "it takes 5 % of chance for the margin; it is 0.05 added to it"),
    Slip("chance-of-half", lambda a, b, c: read(a, b, 0.5),
         "it takes 0.5 for chance whatever chance it was given"),
)  # fmt: skip

KNOWN = {"evaluate": EVALUATE, "by_position": BY_POSITION, "reading": READING}
