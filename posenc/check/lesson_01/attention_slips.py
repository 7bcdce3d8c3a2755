"""Wrong programs of attention under a mask that people publish."""

import math

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.lesson_01.attending import attend, scores, weights


def _seen(x: Tensor, mask: Tensor | None) -> Tensor:
    return torch.ones(len(x), len(x), dtype=torch.bool) if mask is None else mask


def hidden(x: Tensor, q: Tensor, k: Tensor, m: Tensor | None) -> Tensor:
    """Return the scores, -inf where the mask hides."""
    return scores(x, q, k).masked_fill(~_seen(x, m), -math.inf)


def _over_all(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None) -> Tensor:
    s = hidden(x, q, k, m)
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


def _flat_sum(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None) -> Tensor:
    e = hidden(x, q, k, m).exp()
    return e / e.sum(-1) @ (x @ v)


def _flat_sum_of_softmax(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor) -> Tensor:
    w = weights(x, q, k) * m
    return w / w.sum(-1) @ (x @ v)


def _flat_sum_after_max(
    x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None
) -> Tensor:
    s = hidden(x, q, k, m)
    e = (s - s.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1) @ (x @ v)


def _flat_max(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None) -> Tensor:
    s = hidden(x, q, k, m)
    return (s - s.amax(-1)).softmax(-1) @ (x @ v)


def _packed(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor) -> Tensor:
    w, packed = weights(x, q, k, m), torch.zeros_like(m).to(x)
    for i, seen in enumerate(m):
        packed[i, : int(seen.sum())] = w[i, seen]
    return packed @ (x @ v)


def _total_kept(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None) -> Tensor:
    e = hidden(x, q, k, m).exp()
    return e / e.sum(1).cumsum(0)[:, None] @ (x @ v)


def _output_kept(x: Tensor, q: Tensor, k: Tensor, v: Tensor, m: Tensor | None = None) -> Tensor:
    e = hidden(x, q, k, m).exp()
    return e.cumsum(0) / e.sum(1, keepdim=True) @ (x @ v)


KEEPDIM = (
    "The sum over each row has lost its dimension, so entry [i, j] is divided by the sum of row j. "
    "Use sum(-1, keepdim=True)."
)

ATTENTION = (
    Slip("no-scores", lambda x, q, k, v, m=None: x @ v,
         "The output is x @ W_v. Average these values with the weights that softmax gives."),
    Slip("weights-returned", lambda x, q, k, v, m=None: weights(x, q, k, m),
         "The function returns the attention weights. Multiply them by the values: weights @ v."),
    Slip("equal-weights", lambda x, q, k, v, m=None: _shared(x, m) @ (x @ v),
         "All tokens get the same attention weight. Let q · k decide, by softmax."),
    Slip("softmax-over-queries", lambda x, q, k, v, m=None: attend(x, q, k, v, m, dim=0),
         "The weights are normalised over the queries: each column sums to 1. Use softmax(-1), "
         "over the keys, so that each row does.",
         seen="labmlai/annotated_deep_learning_paper_implementations#146"),
    Slip("softmax-over-all", _over_all,
         "Softmax runs over all scores at once. Give each query its own, softmax(-1)."),
    Slip("softmax-twice", _twice,
         "Softmax is taken twice, which levels the attention weights. Take it once."),
    Slip("no-softmax", lambda x, q, k, v, m=None: (scores(x, q, k) * _seen(x, m)) @ (x @ v),
         "The scores themselves are the weights. Apply softmax(-1), which makes them positive "
         "with sum 1."),
    Slip("sum-without-keepdim", _flat_sum, KEEPDIM),
    Slip("sum-without-keepdim-after-max", _flat_sum_after_max, KEEPDIM),
    Slip("max-without-keepdim", _flat_max,
         "The row's maximum has lost its dimension: [i, j] is lowered by the maximum of row j. "
         "Use amax(-1, keepdim=True)."),
    Slip("no-scale", lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=1.0),
         "The scores are not divided. Divide them by the root of the width of q, "
         "q.shape[-1] ** 0.5.", seen="delzac/cntkx#10"),
    Slip("scale-of-x", lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=x.shape[1] ** 0.5),
         "The scores are divided by the root of the width of x. Use the width of q, q.shape[-1].",
         seen="jadore801120/attention-is-all-you-need-pytorch#42"),
    Slip("scale-of-n", lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=len(x) ** 0.5),
         "The scores are divided by the root of the number of tokens. Use the width of q, "
         "q.shape[-1]."),
    Slip("scale-not-root", lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=q.shape[1]),
         "The scores are divided by the width of q. Divide by its root, q.shape[-1] ** 0.5."),
    Slip("scale-turned",
         lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=q.shape[1] ** -0.5),
         "The scores are multiplied by the root of the width of q. Divide by it, or multiply "
         "by width ** -0.5.", seen="esceptico/perceiver-io#9"),
    Slip("scale-after-softmax",
         lambda x, q, k, v, m=None: attend(x, q, k, v, m, root=1.0) / q.shape[1] ** 0.5,
         "The attention weights are divided by the root of the width, not the scores. "
         "Divide before softmax."),
    Slip("roles-swapped", lambda x, q, k, v, m=None: attend(x, k, q, v, m),
         "The scores are k @ q.T. Use q @ k.T: row i holds query i with all keys."),
    Slip("keys-from-queries", lambda x, q, k, v, m=None: attend(x, q, q, v, m),
         "The keys are the queries: both come from W_q. Compute k = x @ W_k."),
    Slip("queries-from-keys", lambda x, q, k, v, m=None: attend(x, k, k, v, m),
         "The queries are the keys: both come from W_k. Compute q = x @ W_q."),
    Slip("weights-transposed", lambda x, q, k, v, m=None: weights(x, q, k, m).T @ (x @ v),
         "The attention weights are transposed before they meet the values. Use weights @ v."),
    Slip("reshaped", _reshaped,
         "The keys are reshaped, which mixes the tokens. Use k.T, which turns rows into columns."),
    Slip("values-are-keys", lambda x, q, k, v, m=None: weights(x, q, k, m) @ (x @ k),
         "The weights average the keys. Average the values, v = x @ W_v."),
    Slip("values-are-queries", lambda x, q, k, v, m=None: weights(x, q, k, m) @ (x @ q),
         "The weights average the queries. Average the values, v = x @ W_v."),
    Slip("values-are-words", lambda x, q, k, v, m=None: weights(x, q, k, m) @ x,
         "The weights average x itself, and W_v is not used. Average the values, v = x @ W_v."),
    Slip("total-kept", _total_kept,
         "The sum of the weights goes on from one token to the next. Set it to 0 for each token, "
         "inside of the outer loop."),
    Slip("output-kept", _output_kept,
         "The sum of the weighted values goes on from one token to the next. Set it to 0 for "
         "each token, inside of the outer loop."),
    Slip("residual", lambda x, q, k, v, m=None: attend(x, q, k, v, m) + x @ v,
         "The token's own value is added to the output. Return weights @ v alone, "
         "without a residual."),
)  # fmt: skip

MASKS = (
    Slip("mask-ignored", lambda x, q, k, v, m: attend(x, q, k, v),
         "The mask changes nothing: hidden tokens still count. masked_fill returns a new tensor: "
         "keep it, scores = scores.masked_fill(~mask, -inf)."),
    Slip("mask-inverted", lambda x, q, k, v, m: attend(x, q, k, v, ~m),
         "The mask is inverted: True means may attend. Hide where ~mask is True.",
         seen="InseeFrLab/torchTextClassifiers#92"),
    Slip("mask-transposed", lambda x, q, k, v, m: attend(x, q, k, v, m.T),
         "The mask is transposed. Read mask[i, j] as: query i may attend to key j."),
    Slip("mask-own", lambda x, q, k, v, m: attend(x, q, k, v, _tril(m)),
         "The given mask is not read: the function hides all later tokens by itself. Use mask."),
    Slip("mask-and-own", lambda x, q, k, v, m: attend(x, q, k, v, m & _tril(m)),
         "The function hides all later tokens besides those of the mask. Hide what ~mask says, "
         "and nothing else."),
    Slip("mask-or-oneself",
         lambda x, q, k, v, m: attend(x, q, k, v, m | torch.eye(len(m), dtype=torch.bool)),
         "Each token attends to itself, even where mask[i, i] is False. Hide the diagonal there, "
         "too."),
    Slip("mask-after-softmax", lambda x, q, k, v, m: (weights(x, q, k) * m) @ (x @ v),
         "The hidden tokens are dropped, but the sum that divides contains them. Hide scores "
         "by -inf before softmax; in a loop, sum the allowed ones.",
         seen="huggingface/pytorch-image-models#2236"),
    Slip("mask-zero-score", lambda x, q, k, v, m: attend(x, q, k, v, m, fill=0.0),
         "Hidden scores are 0 (or 1e-9 for -1e9), and exp(0) = 1 still counts. Set them to -inf.",
         seen="awslabs/gluonts#1401"),
    Slip("mask-added", lambda x, q, k, v, m: (scores(x, q, k) + m).softmax(-1) @ (x @ v),
         "The mask is added to the scores as 0 and 1. Set hidden scores to -inf instead."),
    Slip("mask-nan",
         lambda x, q, k, v, m: (scores(x, q, k) - (~m) * math.inf).softmax(-1) @ (x @ v),
         "The output is NaN, since 0 · inf is NaN, and so is softmax of +inf. "
         "Use masked_fill(~mask, -inf)."),
    Slip("sum-without-keepdim-of-softmax", _flat_sum_of_softmax, KEEPDIM),
    Slip("allowed-packed", _packed,
         "The weights of the allowed tokens meet the first values, v[0], v[1], …. Pair each "
         "with v[j] of its own j."),
)  # fmt: skip

SLIPS = (*ATTENTION, *MASKS)
