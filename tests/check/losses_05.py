"""Answers for `by_position` of notebook 05: right in other forms, and wrong ones."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def losses(x, y):
    return F.cross_entropy(x.transpose(1, 2), y, reduction="none")  # (b, n)


def picked(logs, y):
    return logs.gather(-1, y[..., None])[..., 0]


def by_einsum(x, y):
    hot = F.one_hot(y, x.shape[-1]).to(x)
    return -torch.einsum("bnv,bnv->n", x.log_softmax(-1), hot) / len(y)


def by_index(x, y):
    b, n = y.shape
    return -x.log_softmax(-1)[torch.arange(b)[:, None], torch.arange(n), y].mean(0)


def in_numpy(x, y):
    import numpy as np

    x, y = x.numpy(), y.numpy()
    logs = x - np.log(np.exp(x).sum(-1, keepdims=True))
    return torch.from_numpy(-np.take_along_axis(logs, y[..., None], -1)[..., 0].mean(0))


def loops(x, y):
    out = torch.zeros(y.shape[1])
    for p in range(y.shape[1]):
        for text in range(len(y)):
            out[p] -= math.log(x[text, p].softmax(0)[y[text, p]])
    return out / len(y)


def of_a_distribution(logits, targets):
    return -torch.distributions.Categorical(logits=logits).log_prob(targets).mean(0)


class AsModule(nn.Module):
    def forward(self, logits, targets):
        return F.cross_entropy(logits.movedim(-1, 1), targets, reduction="none").mean(0)


def permuted(x, y):
    return F.nll_loss(x.log_softmax(-1).permute(0, 2, 1), y, reduction="none").mean(0)


FORMS = [by_einsum, by_index, in_numpy, loops, of_a_distribution, AsModule(), permuted]
WRONG = {
    "no-transpose": lambda x, y: F.cross_entropy(x, y, reduction="none").mean(0),
    "gather-axis": lambda x, y: -x.log_softmax(-1).gather(-1, y).mean(0),
    "no-log": lambda x, y: -picked(x.softmax(-1), y).mean(0),
    "not-squeezed": lambda x, y: -x.log_softmax(-1).gather(-1, y[..., None]).mean(0),
    "all-targets": lambda x, y: -x.log_softmax(-1)[:, :, y].mean(0),
}
INVENTED = {
    "likelihood loss without logs": ("no-log",
        lambda x, y: F.nll_loss(x.softmax(-1).transpose(1, 2), y, reduction="none").mean(0)),
    "flattened and laid out (n, b)": ("mixed-axes",
        lambda x, y: F.cross_entropy(x.flatten(0, 1), y.flatten(), reduction="none")
            .view(y.shape[1], -1).mean(1)),
    "one text flat, one not": ("flattened", lambda x, y: F.cross_entropy(x.flatten(0, 1), y)),
    "three texts": ("one-shape", lambda x, y: losses(x, y).sum(0) / 3),
    "five characters": ("one-shape",
        lambda x, y: -(x.log_softmax(-1) * F.one_hot(y, 5)).sum(-1).mean(0)),
    "four positions": ("one-shape",
        lambda x, y: torch.stack([F.cross_entropy(x[:, i], y[:, i]) for i in range(4)])),
    "a mean of one-hot": ("mean-of-vocabulary",
        lambda x, y: -(x.log_softmax(-1) * F.one_hot(y, x.shape[-1])).mean((0, 2))),
    "its own guess": ("own-guess", lambda x, y: losses(x, x.argmax(-1)).mean(0)),
    "0 is ignored": ("zero-left-out",
        lambda x, y: F.cross_entropy(
            x.transpose(1, 2), y, reduction="none", ignore_index=0).mean(0)),
    "log2 of softmax": ("bits", lambda x, y: -picked(x.softmax(-1).log2(), y).mean(0)),
    "with an epsilon": ("sure", lambda x, y: -picked((x.softmax(-1) + 1e-2).log(), y).mean(0)),
    "both means": ("divided-twice", lambda x, y: losses(x, y).mean(0) / y.shape[1]),
    "a list of losses": ("not-a-tensor",
        lambda x, y: [F.cross_entropy(x[:, i], y[:, i]) for i in range(y.shape[1])]),
    "from the end": ("positions-mixed",
        lambda x, y: losses(x, y).mean(0).flip(0).cumsum(0).flip(0)),
    "in float16": ("half-precision", lambda x, y: losses(x, y).mean(0).half()),
}  # fmt: skip
SAID = [
    ("Give it logits.transpose(1, 2). (line ", WRONG["no-transpose"]),
    ("use targets[..., None]", WRONG["gather-axis"]),
    ("The logarithm is missing", WRONG["no-log"]),
    ("Remove it with [..., 0]", WRONG["not-squeezed"]),
    ("Use gather(-1, targets[..., None])", WRONG["all-targets"]),
    ("torch.stack(…, dim=-1)", INVENTED["a list of losses"][1]),
    ("Read the sizes from logits.shape", INVENTED["three texts"][1]),
]
