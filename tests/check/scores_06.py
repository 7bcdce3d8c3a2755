"""Answers to `shaw_scores` and `t5_bucket` of notebook 06: unusual right ones, and wrong ones."""

import math

import numpy as np
import torch
from torch import nn

embed = nn.functional.embedding


def apart(q):
    return torch.arange(len(q))[:, None] - torch.arange(len(q))


def clipped(q, clip):
    return apart(q).clamp(-clip, clip) + clip


def shaw(q, k, table, clip, scale=None, rows=None):
    rows = clipped(q, clip) if rows is None else rows
    return (q[:, None] * (k + table[rows])).sum(-1) / (scale or q.shape[-1] ** 0.5)


def words(q, k):
    return q @ k.T / math.sqrt(q.shape[-1])


def vectors(q, table, rows):
    return (q[:, None] * table[rows]).sum(-1) / math.sqrt(q.shape[-1])


def by_einsum(q, k, table, clip):
    keys = k[None] + table[clipped(q, clip)]
    return torch.einsum("id,ijd->ij", q, keys) / math.sqrt(q.shape[-1])


def by_loops(q, k, table, clip):
    scores = torch.empty(len(q), len(k))
    for i in range(len(q)):
        for j in range(len(k)):
            t = max(-clip, min(clip, i - j))
            scores[i, j] = q[i] @ (k[j] + table[clip + t]) / math.sqrt(len(q[i]))
    return scores


def by_numpy(q, k, table, clip):
    q, k, table = (np.asarray(x, dtype=np.float64) for x in (q, k, table))
    i = np.arange(len(q))
    rows = np.clip(np.subtract.outer(i, i), -clip, clip) + clip
    return torch.from_numpy(np.einsum("id,ijd->ij", q, k + table[rows]) / np.sqrt(q.shape[1]))


def gathered(q, k, table, clip):
    every = q @ table.T  # (n, 2 * clip + 1)
    return (q @ k.T + every.gather(1, clipped(q, clip))).div_(q.size(-1) ** 0.5)


def skewed(q, k, table, clip):
    """Every distance gets its row; then a stride of one less walks along the diagonals."""
    n = len(q)
    every = table[torch.arange(1 - n, n).flip(0).clamp(-clip, clip) + clip]  # far before … after
    by_distance = (q @ every.T).contiguous()  # (n, 2n - 1)
    moved = by_distance.as_strided((n, n), (2 * n - 2, 1), n - 1) if n > 1 else by_distance
    return (q @ k.T + moved) / q.shape[-1] ** 0.5


def transposed_view(q, k, table, clip):
    return torch.stack([((k[j] + table[(torch.arange(len(q)) - j).clamp(-clip, clip) + clip]) * q)
                        .sum(1) for j in range(len(k))]).div(math.sqrt(q.shape[1])).T  # fmt: skip


class Scores(nn.Module):
    def forward(self, q, k, table, clip):
        table = nn.Parameter(table.clone())
        rows = (apart(q) + clip).clamp(0, 2 * clip)
        return torch.baddbmm((q @ k.T)[:, None], q[:, None], embed(rows, table).mT)[:, 0] * (
            q.shape[-1] ** -0.5
        )


def one_sided(q, k, table, clip):
    return shaw(q, k, table, clip, rows=apart(q).clamp(max=clip) + clip)


def in_bfloat16(q, k, table, clip):
    return shaw(q.bfloat16(), k.bfloat16(), table.bfloat16(), clip).float()


def on_query(q, k, table, clip):
    rows = clipped(q, clip)
    return ((q[:, None] + table[rows]) * (k + table[rows])).sum(-1) / q.shape[-1] ** 0.5


SHAW = {
    "checkers: the query on the key's axis": ("query-axis",
        lambda q, k, t, c: (q[None] * (k[:, None] + t[clipped(q, c)])).sum(-1)
        / q.shape[-1] ** 0.5),
    "checkers: the key on the query's axis": ("key-axis",
        lambda q, k, t, c: (q[:, None] * (k[:, None] + t[clipped(q, c)])).sum(-1)
        / q.shape[-1] ** 0.5),
    "checkers: root of the number of tokens": ("root-of-length",
        lambda q, k, t, c: shaw(q, k, t, c, scale=len(q) ** 0.5)),
    "checkers: the table's product keeps an axis": ("shape",
        lambda q, k, t, c: q @ k.T + q @ t[clipped(q, c)].mT),
    "checkers: no clip, looked up by an embedding": ("no-clip",
        lambda q, k, t, c: (q[:, None] * (k + embed(apart(q) + c, t))).sum(-1)
        / q.shape[-1] ** 0.5),
    "no clip, gathered": ("no-clip",
        lambda q, k, t, c: words(q, k) + (q @ t.T).gather(1, apart(q) + c) / q.shape[-1] ** 0.5),
    "content counted twice": ("words", lambda q, k, t, c: shaw(q, k, t, c) + words(q, k)),
    "clipped on one side": ("row", one_sided),
    "one row too far": ("row-range",
        lambda q, k, t, c: shaw(q, k, t, c, rows=clipped(q, c) + 1)),
    "keys before share distance 0": ("row",
        lambda q, k, t, c: shaw(q, k, t, c, rows=(apart(q) + c).clamp(0, c))),
    "the vector on the query, too": ("table-twice", on_query),
    "summed, not multiplied by the query": ("without-query",
        lambda q, k, t, c: words(q, k) + t[clipped(q, c)].sum(-1)),
    "the root twice": ("root-of-words-twice",
        lambda q, k, t, c: words(q, k) / q.shape[-1] ** 0.5 + vectors(q, t, clipped(q, c))),
    "the root of the root": ("scaled", lambda q, k, t, c: shaw(q, k, t, c, q.shape[-1] ** 0.25)),
    "the root of the table's rows": ("scaled", lambda q, k, t, c: shaw(q, k, t, c, len(t) ** 0.5)),
    "computed in bfloat16": ("rounded", in_bfloat16),
    "two digits": ("rounded", lambda *given: (shaw(*given) * 100).round() / 100),
    "cosines": ("words",
        lambda q, k, t, c: shaw(nn.functional.normalize(q), nn.functional.normalize(k), t, c)),
    "multiplied": ("words", lambda q, k, t, c: words(q, k) * vectors(q, t, clipped(q, c))),
    "the channels not summed": ("shape",
        lambda q, k, t, c: q[:, None] * (k + t[clipped(q, c)]) / q.shape[-1] ** 0.5),
    "a score for each row of the table": ("shape",
        lambda q, k, t, c: (q @ t.T) / q.shape[-1] ** 0.5),
    "nothing comes back": ("not-a-tensor", lambda q, k, t, c: print(shaw(q, k, t, c))),
    "a minus": ("scaled", lambda *given: -shaw(*given)),
    "rows in a list": ("not-a-tensor", lambda *given: list(shaw(*given))),
    "distances in uint8": ("row",
        lambda q, k, t, c: shaw(q, k, t, c, rows=(torch.arange(len(q), dtype=torch.uint8)[:, None]
        - torch.arange(len(q), dtype=torch.uint8)).long().clamp(-c, c) + c)),
}  # fmt: skip


def bucket(distance, small=16, top=31, longest=128):
    log = (distance.clamp(min=small) / small).log() / math.log(longest / small)
    shared = (small + (small * log).long()).clamp(max=top)
    return torch.where(distance < small, distance.clamp(min=0), shared)


def far(share):
    """The buckets of which the shared ones are 16 + the whole part of `share(distance)`."""

    def answer(d):
        near = d.clamp(min=0)
        return torch.where(near < 16, near, (16 + share(d.clamp(min=16))).long().clamp(max=31))

    return answer


EDGES = [*range(1, 17), 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113]


def counted(d):
    return (d[:, None] >= torch.tensor(EDGES)).sum(-1)


def from_a_list(d):
    near = [b for b in range(31) for _ in range(([0, *EDGES])[b + 1] - ([0, *EDGES])[b])]
    return torch.tensor([*near, 31])[d.clamp(0, 113).long()]


def one_by_one(d):
    def single(t):
        if t < 16:
            return max(t, 0)
        return min(31, 16 + int(16 * math.log(t / 16) / math.log(8)))

    return torch.tensor([single(int(t)) for t in d])


def numpy_buckets(d):
    return torch.from_numpy(np.digitize(d.numpy(), EDGES))


def written_in(d):
    found = torch.zeros(len(d), dtype=torch.int32)
    found[(d >= 0) & (d < 16)] = d[(d >= 0) & (d < 16)].int()
    shared = d[d >= 16].double()
    found[d >= 16] = (16 + 16 * (shared / 16).log2() / 3).floor().clamp(max=31).int()
    return found


class Buckets(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("edges", torch.tensor(EDGES))

    def forward(self, d):
        return torch.bucketize(d, self.edges, right=True)


ln, log2 = torch.log, torch.log2
T5 = {
    "checkers: whole division inside the logarithm": ("whole-ratio",
        far(lambda x: 16 * ln((x // 16).double()) / math.log(8))),
    "checkers: two kinds of logarithm": ("log2-over-ln",
        far(lambda x: 16 * log2(x / 16) / math.log(8))),
    "checkers: ln 128 for ln 8": ("log-of-128", far(lambda x: 16 * ln(x / 16) / math.log(128))),
    "checkers: Python's max": ("whole-tensor", lambda d: max(d, 0)),
    "Python's if": ("whole-tensor", lambda d: d if d < 16 else 16 + d.log()),
    "math.log of a tensor": ("whole-tensor",
        lambda d: far(lambda x: 16 * math.log(x / 16) / math.log(8))(d)),
    "ln over log10": ("ln-over-log10", far(lambda x: 16 * ln(x / 16) / math.log10(8))),
    "ratio not divided by 16": ("no-sixteenth", far(lambda x: 16 * ln(x) / math.log(128))),
    "floor before the factor": ("floor-too-early",
        far(lambda x: 16 * (ln(x / 16) / math.log(8)).long())),
    "as far as the farthest asked for": ("company",
        far(lambda x: 16 * ln(x / 16) / ln((x.max() + 1) / 16))),
    "distances in int16": ("int16", lambda d: bucket(d.to(torch.int16))),
    "distances in int8": ("int8", lambda d: bucket(d.to(torch.int8))),
    "log1p": ("edge", far(lambda x: 16 * torch.log1p(x / 16) / math.log(8))),
    "the two parts exchanged": ("exchanged",
        lambda d: torch.where(d >= 16, d.clamp(max=31), bucket(d.clamp(min=16)))),
    "keys after counted down": ("range", lambda d: torch.where(d < 0, bucket(-d).neg(), bucket(d))),
    "eight of their own": ("exact", lambda d: bucket(d, small=8)),
    "longest is 256": ("reach", lambda d: bucket(d, longest=256)),
    "longest is 64": ("reach", lambda d: bucket(d, longest=64)),
    "longest is 1024": ("reach", lambda d: bucket(d, longest=1024)),
    "last bucket is 30": ("last", lambda d: bucket(d, top=30)),
    "fractions": ("not-whole", lambda d: bucket(d).float() + 0.5),
    "equal steps of four": ("edge",
        lambda d: torch.where(d < 16, d.clamp(min=0), (12 + d // 4).clamp(max=31))),
    "the future's own bucket": ("after", lambda d: torch.where(d < 0, 31, bucket(d))),
    "one logarithm from 1": ("exact",
        lambda d: (31 * (d.clamp(1, 128)).float().log() / math.log(128)).long()),
    "logarithm in bfloat16": ("near-edge",
        far(lambda x: 16 * ln(x.bfloat16() / 16) / math.log(8))),
    "nothing comes back": ("not-a-tensor", lambda d: print(bucket(d))),
}  # fmt: skip
FORMS = {
    "shaw_scores": [
        by_einsum,
        by_loops,
        by_numpy,
        gathered,
        skewed,
        transposed_view,
        Scores(),
        lambda q, k, t, c: shaw(q, k, t, c, rows=apart(q).clamp(-c, c) - c - 1),
    ],
    "t5_bucket": [
        counted,
        from_a_list,
        one_by_one,
        numpy_buckets,
        written_in,
        Buckets(),
        lambda d: bucket(d).to(torch.int8),
        lambda d: torch.searchsorted(torch.tensor(EDGES), d, right=True),
    ],
}
EQUIVALENT = {"t5_bucket": [("as floats", lambda distance: bucket(distance).double())]}
TABLES = {"shaw_scores": SHAW, "t5_bucket": T5}
LINES = {
    "shaw_scores": {
        "checkers: the query on the key's axis": "Use q[:, None] and k[None]",
        "checkers: the key on the query's axis": "Use k[None]",
        "checkers: root of the number of tokens": "the root of the number of tokens, len(q)",
        "checkers: the table's product keeps an axis": "not q @ table[rows].mT",
        "checkers: no clip, looked up by an embedding": "Clip them to −clip … clip",
        "the channels not summed": "Add .sum(-1)",
        "a minus": "Leave out the minus",
        "rows in a list": "torch.stack",
    },
    "t5_bucket": {
        "checkers: whole division inside the logarithm": "Divide with /, not //",
        "checkers: two kinds of logarithm": "Use the same logarithm above and below",
        "checkers: ln 128 for ln 8": "Divide by ln(128 / 16) = ln 8",
        "checkers: Python's max": "Use torch.where, .clamp, .long() and torch.log",
        "longest is 256": "begins at distance 216",
    },
}
