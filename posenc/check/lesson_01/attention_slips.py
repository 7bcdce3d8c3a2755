"""Wrong programs of attention under a mask that people publish."""

import math

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.lesson_01.attending import attend, scores, weights


def _seen(x: Tensor, mask: Tensor | None) -> Tensor:
    return torch.ones(len(x), len(x), dtype=torch.bool) if mask is None else mask


def _over_all(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None) -> Tensor:
    s = scores(x, q, k).masked_fill(~_seen(x, m), -math.inf)
    return s.flatten().softmax(0).view_as(s) @ (x @ v)


def _twice(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None) -> Tensor:
    return weights(x, q, k, m).softmax(-1) @ (x @ v)


def _reshaped(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None) -> Tensor:
    s = (x @ q) @ (x @ k).reshape(q.shape[1], len(x)) / math.sqrt(q.shape[1])
    return s.masked_fill(~_seen(x, m), -math.inf).softmax(-1) @ (x @ v)


def _tril(m: Tensor) -> Tensor:
    return torch.ones_like(m).tril()


def _shared(x: Tensor, m: Tensor | None) -> Tensor:
    seen = _seen(x, m).to(x)
    return seen / seen.sum(1, keepdim=True)


ATTENTION = (
    Slip("no-scores", lambda x, q, k, v, m=None: x @ v,
         "every word must be a mean of values weighted by softmax; yours returns x @ W_v"),
    Slip("equal-weights", lambda x, q, k, v, m=None: _shared(x, m) @ (x @ v),
         "all words weigh alike: queries and keys must decide, by softmax of q · k"),
    Slip("softmax-over-queries", lambda x, q, k, v, m=None: attend(x, q, k, v, m, dim=0),
         "softmax runs over the queries; it must run over the keys, softmax(-1), so that every "
         "query's weights sum to 1",
         seen="labmlai/annotated_deep_learning_paper_implementations#146"),
    Slip("softmax-over-all", _over_all,
         "softmax runs over all scores at once; each query needs its own, softmax(-1)"),
    Slip("softmax-twice", _twice,
         "softmax is taken twice, which levels the weights: take it once"),
    Slip("no-softmax", lambda x, q, k, v, m=None: (scores(x, q, k) * _seen(x, m)) @ (x @ v),
         "the scores themselves are the weights: softmax makes them positive, with sum 1"),
    Slip("no-scale", lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=1.0),
         "the scores are not divided by the root of the width of q", seen="delzac/cntkx#10"),
    Slip("scale-of-x", lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=x.shape[1] ** 0.5),
         "the scores must be divided by the root of the width of q (q.shape[-1]), not of x",
         seen="jadore801120/attention-is-all-you-need-pytorch#42"),
    Slip("scale-of-n", lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=len(x) ** 0.5),
         "the scores are divided by the root of the number of words; it must be the width of q"),
    Slip("scale-not-root", lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=q.shape[1]),
         "the scores must be divided by the root of the width of q, not by the width"),
    Slip("scale-turned",
         lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=q.shape[1] ** -0.5),
         "the scores are multiplied by the root of the width of q: divide, or use ** -0.5 once",
         seen="esceptico/perceiver-io#9"),
    Slip("scale-after-softmax",
         lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=1.0) / q.shape[1] ** 0.5,
         "the weights are divided by the root of the width, not the scores: scale before softmax"),
    Slip("roles-swapped", lambda x, q, k, v, m=None: attend(x, k, q, v, m),
         "the scores are k @ q.T: row i must hold query i with all keys, q @ k.T"),
    Slip("weights-transposed", lambda x, q, k, v, m=None: weights(x, q, k, m).T @ (x @ v),
         "the weights are transposed before they meet the values: weights @ v"),
    Slip("reshaped", _reshaped,
         "the keys are reshaped, which mixes words: k.T turns rows into columns"),
    Slip("values-are-keys", lambda x, q, k, v, m=None: weights(x, q, k, m) @ (x @ k),
         "the weights mix the keys: what a word takes home are values, x @ W_v"),
    Slip("values-are-queries", lambda x, q, k, v, m=None: weights(x, q, k, m) @ (x @ q),
         "the weights mix the queries: what a word takes home are values, x @ W_v"),
    Slip("values-are-words", lambda x, q, k, v, m=None: weights(x, q, k, m) @ x,
         "the weights mix the words themselves: W_v is not used"),
)  # fmt: skip

MASKS = (
    Slip("mask-ignored", lambda x, q, k, v, m: attend(x, q, k, v),
         "the mask changes nothing: words that a query may not see still count"),
    Slip("mask-inverted", lambda x, q, k, v, m: attend(x, q, k, v, ~m),
         "the mask is turned round: True means may attend, and ~mask is what to hide",
         seen="InseeFrLab/torchTextClassifiers#92"),
    Slip("mask-transposed", lambda x, q, k, v, m: attend(x, q, k, v, m.T),
         "the mask is transposed: mask[i, j] says whether query i may see key j"),
    Slip("mask-own", lambda x, q, k, v, m: attend(x, q, k, v, _tril(m)),
         "the mask handed over is not read: the answer hides all later words by itself"),
    Slip("mask-after-softmax", lambda x, q, k, v, m: (weights(x, q, k) * m) @ (x @ v),
         "the mask comes after softmax, so the weights no longer sum to 1: set hidden scores "
         "to -inf before it", seen="huggingface/pytorch-image-models#2236"),
    Slip("mask-zero-score", lambda x, q, k, v, m: attend(x, q, k, v, m, fill=0.0),
         "a hidden score is set to 0 (or 1e-9, for -1e9), and exp(0) still counts: "
         "set it to -inf", seen="awslabs/gluonts#1401"),
    Slip("mask-added", lambda x, q, k, v, m: (scores(x, q, k) + m).softmax(-1) @ (x @ v),
         "the mask is added to the scores as 0 and 1: a hidden score must become -inf"),
    Slip("mask-nan",
         lambda x, q, k, v, m: (scores(x, q, k) - (~m) * math.inf).softmax(-1) @ (x @ v),
         "all is NaN: 0 times infinity is NaN, and so is a softmax with +inf in it; "
         "masked_fill(~mask, -inf) has neither"),
)  # fmt: skip

SLIPS = (*ATTENTION, *MASKS)
