"""Answers to the exercises of notebook 06, right and wrong."""

import math

import torch


def apart(q):
    return torch.arange(len(q))[:, None] - torch.arange(len(q))


def shaw(q, k, table, clip, scale=None, rows=None):
    rows = apart(q).clamp(-clip, clip) + clip if rows is None else rows
    return (q[:, None] * (k + table[rows])).sum(-1) / (scale or q.shape[-1] ** 0.5)


def words(q, k):
    return q @ k.T / math.sqrt(q.shape[-1])


def unclipped(q, k, table, clip):
    return shaw(q, k, table, clip, rows=apart(q) + clip)


def in_place(q, k, table, clip):
    q /= math.sqrt(q.shape[-1])
    return q @ k.T


def bucket(distance, small=16, top=31, longest=128):
    log = (distance.clamp(min=small) / small).log() / math.log(longest / small)
    shared = (small + (small * log).long()).clamp(max=top)
    return torch.where(distance < small, distance.clamp(min=0), shared)


def fractions(distance):
    far = distance.clamp(min=16, max=127)
    shared = 16 + (far / 16).log() / math.log(8) * 16
    return torch.where(distance < 16, distance.clamp(min=0), shared)


def geometric(n):
    return [2 ** (-8 * h / n) for h in range(1, n + 1)]


def slopes(n):
    lower = 2 ** (n.bit_length() - 1)
    return geometric(lower) + geometric(2 * lower)[::2][: n - lower]


def alibi(n, q, k, change=lambda d: d, by=None):
    return -torch.tensor(slopes(n) if by is None else by)[:, None, None] * change(q[:, None] - k)


RIGHT = {
    "shaw_scores": shaw,
    "t5_bucket": bucket,
    "alibi_slopes": slopes,
    "alibi_bias": alibi,
}
FORMS = {"alibi_slopes": [lambda n: torch.tensor(slopes(n))]}
WRONG = {
    "shaw_scores": {
        "no-clip": unclipped,
        "raises": lambda q, k, t, c: q @ k,
        "mutates-input": in_place,
        "shape": lambda *given: shaw(*given)[None],
        "not-a-tensor": lambda *given: None,
    },
    "t5_bucket": {
        "not-whole": fractions,
        "shape": lambda distance: bucket(distance)[:-1],
        "not-a-tensor": lambda distance: bucket(distance).tolist(),
        "raises": lambda distance: distance / "16",
    },
    "alibi_slopes": {
        "ratio": lambda n: [1 / (h + 2) for h in range(n)],
        "shape": lambda n: slopes(n)[:-1],
        "raises": lambda n: 1 / 0,
    },
    "alibi_bias": {
        "not-linear": lambda *given: -((-alibi(*given)).clamp(min=0).sqrt()),
        "shape": lambda *given: alibi(*given).permute(1, 2, 0),
        "raises": lambda n, q, k: torch.tensor(slopes(n)) * (q[:, None] - k),
        "not-a-tensor": lambda *given: alibi(*given).tolist(),
    },
}

INVENTED = {
    "shaw_scores": {
        "scaled by the length": ("words",
            lambda q, k, t, c: shaw(q, k, t, c, scale=len(q) ** 0.5)),
        "content counted twice": ("words", lambda q, k, t, c: shaw(q, k, t, c) + words(q, k)),
    },
    "t5_bucket": {
        "eight of their own": ("exact", lambda d: bucket(d, small=8)),
        "longest is 256": ("last", lambda d: bucket(d, longest=256)),
        "longest is 64": ("edge", lambda d: bucket(d, longest=64)),
        "last bucket is 30": ("last", lambda d: bucket(d, top=30)),
        "logarithm to base 2 over ln 8": ("edge",
            lambda d: torch.where(d < 16, d.clamp(min=0),
                (16 + (16 * (d.clamp(min=16) / 16).log2() / math.log(8)).long()).clamp(max=31))),
        "ratio not divided by 16": ("edge",
            lambda d: torch.where(d < 16, d.clamp(min=0),
                (16 + (16 * d.clamp(min=16).log() / math.log(128)).long()).clamp(max=31))),
        "fractions": ("not-whole", lambda d: bucket(d).float() + 0.5),
        "equal steps of four": ("edge",
            lambda d: torch.where(d < 16, d.clamp(min=0), (12 + d // 4).clamp(max=31))),
        "the future's own bucket": ("after", lambda d: torch.where(d < 0, 31, bucket(d))),
        "one logarithm from 1": ("exact",
            lambda d: (31 * (d.clamp(1, 128)).float().log() / math.log(128)).long()),
    },
    "alibi_slopes": {
        "one over the head": ("too-steep", lambda n: [1 / (h + 1) for h in range(n)]),
        "squared": ("ratio", lambda n: [s * s for s in slopes(n)]),
        "all the same": ("ratio", lambda n: [2 ** (-8 / n)] * n),
        "one too many": ("shape", lambda n: slopes(n + 1)),
        "add up to one": ("first-part",
            lambda n: (torch.tensor(slopes(n)) / sum(slopes(n))).tolist()),
        "powers of four": ("ratio", lambda n: [4 ** (-8 * h / n) for h in range(1, n + 1)]),
        "rounded": ("not-above-zero", lambda n: [round(s, 2) for s in slopes(n)]),
    },
    "alibi_bias": {
        "squared distance": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d**2)),
        "logarithm of the distance": ("not-linear",
            lambda n, q, k: alibi(n, q, k, lambda d: d.abs().log1p())),
        "square root": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d.abs().sqrt())),
        "one more": ("own-place", lambda n, q, k: alibi(n, q, k, lambda d: d + 1)),
        "cut at eight": ("value", lambda n, q, k: alibi(n, q, k, lambda d: d.clamp(max=8))),
        "near is punished": ("own-place",
            lambda n, q, k: alibi(n, q, k, lambda d: 1 / (1 + d.abs()))),
        "heads turned round": ("ratio",
            lambda n, q, k: alibi(n, q, k, by=slopes(n)[::-1])),
        "divided by the length": ("first-part", lambda n, q, k: alibi(n, q, k) / len(k)),
        "a share of the largest": ("first-part",
            lambda n, q, k: alibi(n, q, k) / alibi(n, q, k).abs().max()),
        "exponent taken": ("own-place", lambda n, q, k: alibi(n, q, k).exp()),
        "keys first": ("shape", lambda n, q, k: alibi(n, q, k).transpose(1, 2)),
        "no heads": ("shape", lambda n, q, k: alibi(n, q, k).mean(0)),
        "slopes of eight heads": ("ratio",
            lambda n, q, k: alibi(n, q, k, by=(n * slopes(8))[:n])),
        "counted from the last query": ("not-relative",
            lambda n, q, k: alibi(n, q - q.min() + 1, k)),
    },
}  # fmt: skip
