"""Programs of attention for the exercises of notebook 01, right and wrong."""

import math

import numpy as np
import torch
import torch.nn.functional as F

INF = math.inf


def scores(x, W_q, W_k):
    return (x @ W_q) @ (x @ W_k).T / W_q.shape[1] ** 0.5


ALL = torch.tensor(True)


def attend(x, W_q, W_k, W_v, mask=ALL, change=lambda s: s, after=lambda w: w, fill=-INF):
    s = change(scores(x, W_q, W_k)).masked_fill(~mask, fill)
    return after(s.softmax(-1)) @ (x @ W_v)


def plain(x, W_q, W_k, W_v):
    return attend(x, W_q, W_k, W_v)


def in_loops(x, W_q, W_k, W_v, mask, hidden=False):
    """With `hidden`, divided by the hidden ones, too."""
    s, v, rows = scores(x, W_q, W_k), x @ W_v, []
    for i in range(len(x)):
        weight = {j: math.exp(s[i, j]) for j in range(len(x)) if mask[i, j]}
        total = sum(map(math.exp, s[i])) if hidden else sum(weight.values())
        rows.append(sum(w * v[j] for j, w in weight.items()) / total)
    return torch.stack(rows)


def renormed(x, W_q, W_k, W_v, mask):
    weights = (x @ W_q @ (x @ W_k).mT * W_q.shape[1] ** -0.5).softmax(-1) * mask
    return weights / weights.sum(-1, keepdim=True) @ x @ W_v


def with_a_large_number(x, W_q, W_k, W_v, mask):
    q = x @ W_q / math.sqrt(W_q.shape[1])
    s = torch.einsum("qd,kd->qk", q, x @ W_k) + (~mask) * -1e9
    return torch.einsum("qk,kd->qd", s.softmax(-1), x @ W_v)


def in_torch(x, W_q, W_k, W_v, mask=None, causal=False):
    q, k, v = (part[None] for part in (x @ W_q, x @ W_k, x @ W_v))
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal)[0]


def in_numpy_64(x, W_q, W_k, W_v, mask):
    x, W_q, W_k, W_v = (part.numpy() for part in (x, W_q, W_k, W_v))
    s = np.where(mask, x @ W_q @ W_k.T @ x.T / np.sqrt(W_q.shape[-1]), -np.inf)
    e = np.exp(s - s.max(1)[:, None])
    return torch.from_numpy(e / e.sum(1)[:, None] @ x @ W_v)


def flash(x, W_q, W_k, W_v, mask):
    """One key after the other, with the running maximum."""
    s, v = scores(x, W_q, W_k).masked_fill_(mask.logical_not(), -1e30), x @ W_v
    top, total, out = torch.full((len(x), 1), -1e30).double(), 0.0, torch.zeros_like(v)
    for j in range(len(x)):
        new = top.maximum(s[:, j : j + 1])
        e, keep = (s[:, j : j + 1] - new).exp() * mask[:, j : j + 1], (top - new).exp()
        top, total, out = new, total * keep + e, out * keep + e * v[j]
    return out / total


class Attention(torch.nn.Module):
    def forward(self, x, W_q, W_k, W_v, mask):
        return attend(x, W_q, W_k, W_v, mask)


def normed(x, W_q, W_k, W_v, mask):
    q, k = F.normalize(x @ W_q, dim=-1), F.normalize(x @ W_k, dim=-1)
    return (q @ k.T).masked_fill(~mask, -INF).softmax(-1) @ (x @ W_v)


def additive(x, W_q, W_k, W_v, mask):
    s = ((x @ W_q)[:, None] + (x @ W_k)).tanh().sum(-1)
    return s.masked_fill(~mask, -INF).softmax(-1) @ (x @ W_v)


def undivided(x, W_q, W_k, W_v, mask):
    return (scores(x, W_q, W_k).exp() * mask) @ (x @ W_v)


def off_by_one(x, W_q, W_k, W_v, mask):
    return attend(x, W_q, W_k, W_v, mask & ~torch.eye(len(x), dtype=torch.bool).roll(1, 0))


def causal(x, W_q, W_k, W_v):
    return attend(x, W_q, W_k, W_v, torch.ones(len(x), len(x)).tril().bool())


def word_by_word(x, W_q, W_k, W_v):
    return torch.cat([plain(x[: i + 1], W_q, W_k, W_v)[-1:] for i in range(len(x))])
