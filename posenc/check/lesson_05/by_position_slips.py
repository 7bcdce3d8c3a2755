"""Wrong programs that people publish for the mean loss at each position."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from posenc.check.engine.slip import Slip


def losses(x: Tensor, y: Tensor) -> Tensor:
    """Return −log of the probability of each target, (b, n)."""
    return -x.log_softmax(-1).gather(2, y[..., None])[..., 0]


def _picked(x: Tensor, y: Tensor) -> Tensor:
    return x.gather(2, y[..., None])[..., 0]


def _mixed(x: Tensor, y: Tensor) -> Tensor:
    b, n, vocab = x.shape
    return functional.cross_entropy(x.reshape(b, vocab, n), y, reduction="none").mean(0)


def _reshaped(x: Tensor, y: Tensor) -> Tensor:
    return losses(x, y).reshape(y.shape[::-1])  # (n, b), and mixed


def _guess(x: Tensor) -> Tensor:
    return x.log_softmax(-1).amax(-1)


SLIPS = (
    Slip("by-text", lambda x, y: losses(x, y).mean(1),
         "This is the mean over positions, one per text. Take the mean over texts, mean(0)."),
    Slip("one-number", lambda x, y: losses(x, y).mean(),
         "This is one mean over everything. Keep the positions apart: mean(0) of (b, n)."),
    Slip("not-averaged", losses,
         "These are the losses of single answers, (b, n). Take their mean over texts, mean(0)."),
    Slip("not-squeezed", lambda x, y: losses(x, y).mean(0)[:, None],
         "The last axis of gather is still there. Remove it with [..., 0] before the mean."),
    Slip("all-targets", lambda x, y: -x.log_softmax(-1)[:, :, y].mean(0),
         "[:, :, targets] takes all targets everywhere. Use gather(-1, targets[..., None])."),
    Slip("sum", lambda x, y: losses(x, y).sum(0),
         "This is the sum over texts. Take their mean."),
    Slip("divided-by-n", lambda x, y: losses(x, y).sum(0) / y.shape[1],
         "The sum is divided by the number of positions. Divide it by the number of texts."),
    Slip("divided-twice", lambda x, y: losses(x, y).mean(0) / y.shape[1],
         "The mean is divided by the number of positions as well. Take the mean over texts only."),
    Slip("mean-of-vocabulary", lambda x, y: losses(x, y).mean(0) / x.shape[2],
         "The mean runs over the vocabulary, too. Sum over the vocabulary, mean over the texts."),
    Slip("running-mean",
         lambda x, y: losses(x, y).mean(0).cumsum(0) / torch.arange(1, y.shape[1] + 1),
         "Each entry is the mean of all positions up to it. Keep the positions apart."),
    Slip("running-sum", lambda x, y: losses(x, y).mean(0).cumsum(0),
         "Each entry is the sum of all positions up to it. Keep the positions apart."),
    Slip("reversed", lambda x, y: losses(x, y).mean(0).flip(0),
         "The positions are in reverse order. Put position 0 first."),
    Slip("sign", lambda x, y: -losses(x, y).mean(0),
         "The sign is turned: this is the mean of log p. A loss is −log p."),
    Slip("log-of-mean", lambda x, y: -(-losses(x, y)).exp().mean(0).log(),
         "This is −log of the mean probability. Take the mean of the logarithms."),
    Slip("bits", lambda x, y: losses(x, y).mean(0) / math.log(2),
         "The logarithm has base 2. Use the natural logarithm, log."),
    Slip("log10", lambda x, y: losses(x, y).mean(0) / math.log(10),
         "The logarithm has base 10. Use the natural logarithm, log."),
    Slip("probability", lambda x, y: (-losses(x, y)).exp().mean(0),
         "This is the mean probability p of the targets. A loss is −log p."),
    Slip("no-log", lambda x, y: -(-losses(x, y)).exp().mean(0),
         "The logarithm is missing: this is the mean of −p. Use log_softmax(-1) for softmax(-1)."),
    Slip("perplexity", lambda x, y: losses(x, y).mean(0).exp(),
         "This is the perplexity, exp of the loss. Return the loss."),
    Slip("median", lambda x, y: losses(x, y).median(0).values,
         "This is the median over the texts. Take their mean."),
    Slip("no-softmax", lambda x, y: -_picked(x, y).mean(0),
         "This is the mean of the logits, negated. Use log_softmax(-1) before gather."),
    Slip("softmax-twice", lambda x, y: losses(x.softmax(-1), y).mean(0),
         "Softmax is applied twice. Give cross_entropy and log_softmax the logits as they are.",
         seen="bkitano/llama-from-scratch#5"),
    Slip("softmax-over-positions", lambda x, y: -_picked(x.log_softmax(1), y).mean(0),
         "Softmax runs over the positions. The vocabulary is the last axis: log_softmax(-1)."),
    Slip("softmax-over-texts", lambda x, y: -_picked(x.log_softmax(0), y).mean(0),
         "Softmax runs over the texts. The vocabulary is the last axis: log_softmax(-1)."),
    Slip("entropy", lambda x, y: -(x.softmax(-1) * x.log_softmax(-1)).sum(-1).mean(0),
         "This is the entropy of the predictions, without the targets. Pick each target's entry."),
    Slip("own-guess", lambda x, y: -_guess(x).mean(0),
         "This is the loss of the likeliest character. Pick the target's entry with gather."),
    Slip("whole-vocabulary", lambda x, y: -x.log_softmax(-1).mean((0, 2)),
         "The mean runs over the whole vocabulary. Pick the target's entry only, with gather."),
    Slip("zero-left-out", lambda x, y: (losses(x, y) * (y != 0)).mean(0),
         "Targets of 0 get no loss, as with ignore_index=0. 0 is a character like the others."),
    Slip("shifted", lambda x, y: losses(x[:, :-1], y[:, 1:]).mean(0),
         "The targets are shifted by one position. That is done already: use them as they are."),
    Slip("reshaped", _mixed,
         "The logits are reshaped to (b, vocab, n), which mixes them. Use transpose(1, 2)."),
    Slip("mixed-axes", lambda x, y: _reshaped(x, y).mean(1),
         "The losses are reshaped to (n, b), which mixes texts and positions. Use view(b, n)."),
)  # fmt: skip
