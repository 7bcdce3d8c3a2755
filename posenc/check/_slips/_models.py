"""Wrong programs about attention and about looking back with p and p²."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip

# --- attention ------------------------------------------------------------------------------


def attend(
    x: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    W_v: Tensor,
    mask: Tensor | None = None,
    *,
    root: float | None = None,
    fill: float = -math.inf,
    dim: int = -1,
) -> Tensor:
    """Return attention, or a wrong one: other root, filling, or axis of the softmax."""
    return weights(x, W_q, W_k, mask, root=root, fill=fill, dim=dim) @ (x @ W_v)


def weights(
    x: Tensor,
    W_q: Tensor,
    W_k: Tensor,
    mask: Tensor | None = None,
    *,
    root: float | None = None,
    fill: float = -math.inf,
    dim: int = -1,
) -> Tensor:
    """Return the weights of attention, (n, n), queries down and keys across."""
    s = scores(x, W_q, W_k, root)
    return (s if mask is None else s.masked_fill(~mask, fill)).softmax(dim)


def scores(x: Tensor, W_q: Tensor, W_k: Tensor, root: float | None = None) -> Tensor:
    """Return the scaled scores, (n, n)."""
    return (x @ W_q) @ (x @ W_k).T / (root or math.sqrt(W_q.shape[1]))


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


def _causal(slip: Slip) -> Slip:
    def program(x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        mask = torch.ones(len(x), len(x), dtype=torch.bool).tril()
        return slip.program(x, q, k, v, mask)

    return replace(slip, program=program)


MENDED = tuple(
    _causal(slip) for slip in (*ATTENTION, *MASKS)
    if slip.slug not in ("mask-own", "mask-inverted", "mask-ignored", "mask-transposed")
) + (
    Slip("mask-ignored", attend, "nothing is hidden: a word may not see those after it"),
    Slip("mask-inverted",
         lambda x, q, k, v: attend(x, q, k, v, torch.ones(len(x), len(x)).triu().bool()),
         "the past is hidden, and later words are seen: hide triu(1), what comes after"),
    Slip("mask-without-oneself",
         lambda x, q, k, v: attend(x, q, k, v, torch.ones(len(x), len(x)).tril(-1).bool()),
         "a word does not see itself, and word 0 sees nothing, NaN: hide triu(1), not triu()"),
)  # fmt: skip


# --- p and p² -------------------------------------------------------------------------------


def back(k: float, factor: float = 2.0, sign: float = -1.0) -> tuple[Tensor, Tensor]:
    """Return W_q, W_k with which the score of i, j is factor (i - k) j + sign j²."""
    W_q = torch.tensor([[-factor * k, sign], [factor, 0.0], [0.0, 0.0]])
    W_k = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    return W_q, W_k


LOOK_BACK = (
    Slip("sign", lambda k: back(-k),
         "it looks ahead, not back: the top of the parabola is at i − k"),
    Slip("k-unused", lambda k: back(1),
         "look_back(2) looks where look_back(1) does: k is not used"),
    Slip("k-too-large", lambda k: back(k + 1),
         "it looks one word too far back: the parabola's top is at i − k, not at i − k − 1"),
    Slip("k-too-small", lambda k: back(k - 1),
         "it looks one word too near: the parabola's top is at i − k, not at i − k + 1"),
    Slip("k-doubled", lambda k: back(2 * k),
         "it looks 2 k words back: the 2 of 2(i − k) has been multiplied in twice"),
    Slip("k-half", lambda k: back(k / 2),
         "it looks k/2 words back: in 2(i − k) the 2 belongs to k, too"),
    Slip("k-square", lambda k: back(k * k),
         "it looks k² words back: only p is squared"),
    Slip("no-factor-two", lambda k: back(k, factor=1.0),
         "it looks at (i − k)/2: multiplied out, the square has 2(i − k) j, with a 2"),
    Slip("upside-down", lambda k: back(k, factor=-2.0, sign=1.0),
         "the parabola opens upwards, so its top is at an end: j² needs the sign −"),
    Slip("line", lambda k: back(k, sign=0.0),
         "the score has no j², so it is a line, with its top at an end"),
)  # fmt: skip

KNOWN = {
    "attention": (*ATTENTION, *MASKS),
    "mended_attention": MENDED,
    "look_back": LOOK_BACK,
}
