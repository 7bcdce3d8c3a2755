"""Answers to `alibi_slopes` and `alibi_bias` of notebook 06: unusual right ones, and wrong ones."""

import math
from itertools import accumulate

import numpy as np
import torch
from torch import nn

inf = math.inf


def geometric(n):
    return [2 ** (-8 * h / n) for h in range(1, n + 1)]


def lower(n):
    return 2 ** (n.bit_length() - 1)


def slopes(n):
    return geometric(lower(n)) + geometric(2 * lower(n))[::2][: n - lower(n)]


def bloom(n):
    """As in `modeling_bloom.py` of transformers."""
    closest = 2 ** math.floor(math.log2(n))
    base = torch.tensor(2 ** (-(2 ** -(math.log2(closest) - 3))), dtype=torch.float32)
    found = torch.pow(base, torch.arange(1, 1 + closest, dtype=torch.int32))
    if closest != n:
        base = torch.tensor(2 ** (-(2 ** -(math.log2(2 * closest) - 3))), dtype=torch.float32)
        more = torch.arange(1, 1 + 2 * min(closest, n - closest), 2, dtype=torch.int32)
        found = torch.cat((found, torch.pow(base, more)))
    return found


def mosaic(n):
    """As in `attention.py` of llm-foundry."""
    upper = 2 ** math.ceil(math.log2(n))
    found = 1.0 / torch.pow(2, torch.arange(1, upper + 1, dtype=torch.float32).mul(8 / upper))
    return found if upper == n else torch.concat([found[1::2], found[::2]])[:n]


def recursive(n):
    if n & (n - 1) == 0:
        start = 2 ** -(2 ** -(math.log2(n) - 3))
        return list(accumulate([start] * n, lambda a, b: a * b))
    return recursive(lower(n)) + recursive(2 * lower(n))[0::2][: n - lower(n)]


def whole(exponent):
    return lambda n: [2.0 ** exponent(h, n) for h in range(1, n + 1)]


def two_series(series):
    return lambda n: series(lower(n)) + series(2 * lower(n))[::2][: n - lower(n)]


def upper(n):
    return [2 ** (-8 * h / 2 ** n.bit_length()) for h in range(1, n + 1)]


SLOPES = {
    "checkers: whole division": ("whole-exponent", whole(lambda h, n: -8 * h // n)),
    "whole division, then the minus": ("whole-exponent", whole(lambda h, n: -(8 * h // n))),
    "whole division in both series": ("whole-exponent",
        two_series(whole(lambda h, n: -8 * h // n))),
    "a whole step": ("whole-exponent", whole(lambda h, n: -h * (8 // n))),
    "checkers: the next greater power": ("greater-power", upper),
    "checkers: fourth roots": ("fixed", lambda n: [2 ** (-i / 4) for i in range(n)]),
    "checkers: nothing comes back": ("not-numbers", lambda n: print(n)),
    "a generator": ("not-numbers", lambda n: (s for s in slopes(n))),
    "one over the head": ("fixed", lambda n: [1 / (h + 1) for h in range(n)]),
    "squared": ("ratio", lambda n: [s * s for s in slopes(n)]),
    "all the same": ("ratio", lambda n: [2 ** (-8 / n)] * n),
    "one too many": ("shape", lambda n: slopes(n + 1)),
    "add up to one": ("scaled", lambda n: (torch.tensor(slopes(n)) / sum(slopes(n))).tolist()),
    "powers of four": ("ratio", lambda n: [4 ** (-8 * h / n) for h in range(1, n + 1)]),
    "rounded to two digits": ("rounded", lambda n: [round(s, 2) for s in slopes(n)]),
    "rounded to four digits": ("rounded", lambda n: [round(s, 4) for s in slopes(n)]),
    "the ends fixed": ("fixed-ends", lambda n: np.logspace(-1, -8, n, base=2)),
    "even is a power of two": ("even-as-power",
        lambda n: geometric(n) if n % 2 == 0 else slopes(n)),
    "the second series from its end": ("from-the-end",
        lambda n: geometric(lower(n)) + geometric(2 * lower(n))[lower(n):][: n - lower(n)]),
    "the halves exchanged": ("exchanged",
        lambda n: (geometric(2 * lower(n))[::2] + geometric(lower(n)))[:n]
        if n != lower(n) else geometric(n)),
    "the base 8": ("ratio", lambda n: [8 ** (-h / n) for h in range(1, n + 1)]),
    "more heads of one series": ("runs-on",
        lambda n: [2 ** (-8 * h / lower(n)) for h in range(1, n + 1)]),
}  # fmt: skip


def m(n):
    return torch.tensor(slopes(n))[:, None, None]


def alibi(n, q, k, change=lambda d: d, by=None):
    return -torch.tensor(slopes(n) if by is None else by)[:, None, None] * change(q[:, None] - k)


def by_einsum(n, q, k):
    apart = (k - q[:, None]).to(torch.float64)
    return torch.einsum("h,qk->hqk", torch.tensor(slopes(n), dtype=torch.float64), apart)


def by_loops(n, q, k):
    found = torch.zeros(n, len(q), len(k))
    for h, slope in enumerate(slopes(n)):
        for i, query in enumerate(q.tolist()):
            for j, key in enumerate(k.tolist()):
                found[h, i, j] = -slope * (query - key)
    return found


def by_numpy(n, q, k):
    apart = np.subtract.outer(q.numpy(), k.numpy())
    return torch.from_numpy(np.multiply.outer(-np.array(slopes(n)), apart))


def heads_last(n, q, k):
    return ((k - q[:, None])[..., None] * torch.tensor(slopes(n))).permute(2, 0, 1)


def stacked(n, q, k):
    return torch.stack([(q[:, None] - k).float().mul_(-slope) for slope in slopes(n)])


class Bias(nn.Module):
    def forward(self, n_heads, q_pos, k_pos):
        slope = nn.Parameter(torch.tensor(slopes(n_heads)))
        return (slope.outer(k_pos.float())[:, None] - slope.outer(q_pos.float())[..., None]).float()


def wide(n, q, k):
    return (m(n).double() * (k - q[:, None])).float().contiguous()


def causal(q, k):
    return q[:, None] >= k


RIGHT_AWRY = [
    ("a constant in a row", lambda n, q, k: alibi(n, q - q.min(), k - k.min())),
    ("a constant in a row", lambda n, q, k: alibi(n, q, k - k.min())),
    ("a constant in a row", lambda n, q, k: alibi(n, q, k) - alibi(n, q, k).mean(-1, keepdim=True)),
    ("a constant in a row", lambda n, q, k: m(n) * (k - q[:, None] - 1)),  # vllm-project/vllm#945
    (
        "a constant in a row",
        lambda n, q, k: (m(n) * (k - k.max())).expand(n, len(q), len(k)),
    ),  # vllm#1009
    ("a constant in a row", lambda n, q, k: (m(n) * (k + 1)).expand(n, len(q), len(k))),
    ("a constant in a row", lambda n, q, k: alibi(n, q, k, lambda d: d + 1)),
    ("a constant in a row", lambda n, q, k: alibi(n, q - q.min() + 1, k)),
    ("a constant in a row", lambda n, q, k: (m(n) * (k - k[0])).expand(n, len(q), len(k))),
    (
        "a constant in a row",
        lambda n, q, k: (
            alibi(n, q, k).where(causal(q, k), -inf).log_softmax(-1).nan_to_num(nan=0, neginf=-inf)
        ),
    ),
    ("a constant in a row", lambda n, q, k: alibi(n, q, k) - alibi(n, q, k).amax(-1, keepdim=True)),
    (
        "a constant in a row",
        lambda n, q, k: (m(n) * k).expand(n, len(q), len(k)).where(causal(q, k), -inf),
    ),
    ("+m·j", lambda n, q, k: (m(n) * k).expand(n, len(q), len(k))),
    ("−m·|i − j|", lambda n, q, k: alibi(n, q, k, torch.abs)),
    ("mask is included already", lambda n, q, k: alibi(n, q, k).masked_fill(~causal(q, k), -inf)),
    ("hides them", lambda n, q, k: alibi(n, q, k).where(causal(q, k), torch.tensor(-1e9))),
    ("hides them", lambda n, q, k: alibi(n, q, k).where(causal(q, k), torch.tensor(5.0))),
]
BIAS = {
    "checkers: from the queries alone": ("query-alone",
        lambda n, q, k: (-m(n) * (q - q[0])[:, None]).expand(n, len(q), len(k))),
    "checkers: distances in int8": ("wraps-int8", lambda n, q, k: -m(n)
        * (q[:, None] - k).to(torch.int8)),
    "distances in int16": ("wraps-int16", lambda n, q, k: -m(n)
        * (q[:, None] - k).to(torch.int16)),
    "positions in int8": ("wraps-int8", lambda n, q, k: -m(n)
        * (q.to(torch.int8)[:, None].int() - k.to(torch.int8))),
    "positions in int16": ("wraps-int16", lambda n, q, k: -m(n)
        * (q.to(torch.int16)[:, None] - k.to(torch.int16))),
    "distances in uint8": ("wraps-uint8", lambda n, q, k: -m(n)
        * (q[:, None] - k).to(torch.uint8)),
    "checkers: slopes in reverse order": ("slopes-order",
        lambda n, q, k: -m(n).flip(0) * (q[:, None] - k)),
    "slopes sorted": ("slopes-order", lambda n, q, k: alibi(n, q, k, by=sorted(slopes(n)))),
    "checkers: softmax applied": ("softmax", lambda n, q, k: alibi(n, q, k).softmax(-1)),
    "softmax behind a mask": ("softmax-masked",
        lambda n, q, k: alibi(n, q, k).where(causal(q, k), -inf).softmax(-1)),
    "checkers: cut to whole numbers": ("dtype", lambda n, q, k: alibi(n, q, k).long()),
    "rounded to whole numbers": ("rounded", lambda n, q, k: alibi(n, q, k).round()),
    "two digits": ("rounded", lambda n, q, k: (alibi(n, q, k) * 100).round() / 100),
    "in bfloat16 and back": ("rounded", lambda n, q, k: alibi(n, q, k).bfloat16().float()),
    "in float16": ("half-precision", lambda n, q, k: alibi(n, q, k).half()),
    "checkers: slopes on the query's axis": ("axes",
        lambda n, q, k: -torch.tensor(slopes(n))[None, :, None] * (q[:, None] - k)),
    "slopes on the key's axis": ("axes",
        lambda n, q, k: -torch.tensor(slopes(n)) * (q[:, None] - k)),
    "positions not spread": ("axes", lambda n, q, k: -m(n) * (q - k)),
    "mask by index": ("mask-by-index", lambda n, q, k: alibi(n, q, k).masked_fill(
        torch.ones(len(q), len(k)).triu(1).bool(), -inf)),
    "own position masked": ("own-masked", lambda n, q, k: alibi(n, q, k).masked_fill(
        q[:, None] <= k, -inf)),
    "squared distance": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d**2)),
    "logarithm of the distance": ("not-linear",
        lambda n, q, k: alibi(n, q, k, lambda d: d.abs().log1p())),
    "square root": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d.abs().sqrt())),
    "root of the bias": ("not-linear", lambda *given: -((-alibi(*given)).clamp(min=0).sqrt())),
    "cut at eight": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d.clamp(max=8))),
    "cut at 1024": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d.clamp(max=1024))),
    "near is punished": ("sign",
        lambda n, q, k: alibi(n, q, k, lambda d: 1 / (1 + d.abs()))),
    "heads of the geometric series, shifted": ("slopes-geometric",
        lambda n, q, k: torch.tensor(geometric(n))[:, None, None] * (k - q[:, None] - 1)),
    "divided by the length": ("scaled", lambda n, q, k: alibi(n, q, k) / len(k)),
    "divided by a root": ("scaled", lambda n, q, k: alibi(n, q, k) / 8),
    "a share of the largest": ("scaled",
        lambda n, q, k: alibi(n, q, k) / alibi(n, q, k).abs().max()),
    "exponent taken": ("exponent", lambda n, q, k: alibi(n, q, k).exp()),
    "keys first": ("shape", lambda n, q, k: alibi(n, q, k).transpose(1, 2)),
    "heads last": ("shape", lambda *given: alibi(*given).permute(1, 2, 0)),
    "no heads": ("shape", lambda n, q, k: alibi(n, q, k).mean(0)),
    "a batch axis": ("shape", lambda n, q, k: alibi(n, q, k)[None]),
    "one row": ("shape", lambda n, q, k: m(n) * k),
    "slopes of eight heads": ("slopes",
        lambda n, q, k: alibi(n, q, k, by=(n * slopes(8))[:n])),
    "distances by rank": ("by-index",
        lambda n, q, k: alibi(n, q, torch.arange(len(k)) + k.min())),
    "not a number after the query": ("not-finite",
        lambda n, q, k: alibi(n, q, k, lambda d: d.float().sqrt() ** 2)),
    "nothing comes back": ("not-a-tensor", lambda *given: print(alibi(*given))),
    "a list": ("not-a-tensor", lambda *given: alibi(*given).tolist()),
}  # fmt: skip
FORMS = {
    "alibi_slopes": [bloom, mosaic, recursive, lambda n: np.array(slopes(n), dtype=np.float32),
                     lambda n: [torch.tensor(s) for s in slopes(n)],
                     lambda n: torch.tensor(slopes(n)).repeat(2, 1).T[:, 1],
                     lambda n: tuple(slopes(n)), lambda n: nn.Parameter(torch.tensor(slopes(n)))],
    "alibi_bias": [by_einsum, by_loops, by_numpy, heads_last, stacked, wide, Bias(),
                   lambda n_heads, q_pos, k_pos: alibi(n=n_heads, q=q_pos, k=k_pos)],
}  # fmt: skip
EQUIVALENT = {
    "alibi_slopes": [("in another order", lambda n: slopes(n)[::-1]),
                     ("in another order", lambda n: sorted(slopes(n)))],
    "alibi_bias": RIGHT_AWRY,
}  # fmt: skip
TABLES = {"alibi_slopes": SLOPES, "alibi_bias": BIAS}
LINES = {
    "alibi_slopes": {
        "checkers: whole division": "Divide with /, not //",
        "checkers: the next greater power": "the first 8 slopes of 16 heads",
        "checkers: fourth roots": "begin 1, 0.8409, 0.7071. Use the exponent −8h/n, h from 1",
        "checkers: nothing comes back": "Did you print instead of return?",
    },
    "alibi_bias": {
        "checkers: from the queries alone": "Every key of a row gets the same number",
        "checkers: distances in int8": "int8, which wraps above 127",
        "checkers: slopes in reverse order": "Keep the order of the slopes",
        "checkers: softmax applied": "Return the bias before softmax",
        "checkers: cut to whole numbers": "torch.int64, which has no −0.125",
        "checkers: slopes on the query's axis": "Use slopes[:, None, None]",
        "one row": "Give each query a row",
    },
}
