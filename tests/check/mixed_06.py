"""Wrong answers to the exercises of notebook 06 that have two faults, or one in an unusual form."""

import math

import torch
from alibi_06 import alibi, causal, geometric, lower, m, slopes
from scores_06 import apart, bucket, clipped, far, shaw, vectors, words

from posenc import functional
from posenc.check.lesson_06.alibi_bias_slips import WRONG_SLOPES

inf = math.inf


def root(q):
    return q.shape[-1] ** 0.5


def with_slopes(slip):
    """The bias with other slopes, and a constant in each row."""
    return lambda n, q, k: -slip.program(n)[:, None, None] * (q[:, None] - k + 1)


INVENTED = {
    "shaw_scores": {
        "no root + sign": (
            "words",
            lambda q, k, t, c: shaw(q, k, t, c, scale=1, rows=clipped(q, c).T),
        ),
        "query-axis no root": (
            "words",
            lambda q, k, t, c: (q[None] * (k[:, None] + t[clipped(q, c)])).sum(-1),
        ),
        "key-axis no root": (
            "words",
            lambda q, k, t, c: (q[:, None] * (k[:, None] + t[clipped(q, c)])).sum(-1),
        ),
        "no root + no + clip (row)": (
            "words",
            lambda q, k, t, c: shaw(q, k, t, c, scale=1, rows=apart(q).clamp(-c, c)),
        ),
        "abs, no clip": ("row-range", lambda q, k, t, c: shaw(q, k, t, c, rows=apart(q).abs() + c)),
        "abs no plus clip": (
            "row",
            lambda q, k, t, c: shaw(q, k, t, c, rows=apart(q).abs().clamp(max=c)),
        ),
        "mean": (
            "scaled",
            lambda q, k, t, c: (q[:, None] * (k + t[clipped(q, c)])).mean(-1) / root(q),
        ),
        "sum(1)": (
            "shape",
            lambda q, k, t, c: (q[:, None] * (k + t[clipped(q, c)])).sum(1) / root(q),
        ),
        "mask -1e9": (
            "masked",
            lambda q, k, t, c: shaw(q, k, t, c).masked_fill(apart(q) < 0, -1e9),
        ),
        "minus": (
            "minus",
            lambda q, k, t, c: (q[:, None] * (k - t[clipped(q, c)])).sum(-1) / root(q),
        ),
        "clip applied after adding": (
            "row",
            lambda q, k, t, c: shaw(q, k, t, c, rows=(apart(q) + c).clamp(-c, c)),
        ),
        "mod": ("wraps", lambda q, k, t, c: shaw(q, k, t, c, rows=(apart(q) + c) % len(t))),
        "nothing beyond, no root": (
            "words",
            lambda q, k, t, c: (
                (words(q, k) + vectors(q, t, clipped(q, c)) * (apart(q).abs() <= c)) * root(q)
            ),
        ),
        "log softmax": ("log-softmax", lambda *g: shaw(*g).log_softmax(-1)),
        "softmax over queries": ("softmax", lambda *g: shaw(*g).softmax(0)),
        "masked softmax": (
            "softmax",
            lambda q, k, t, c: shaw(q, k, t, c).masked_fill(apart(q) < 0, -inf).softmax(-1),
        ),
        "key rather than sum: (q+a).k": (
            "key",
            lambda q, k, t, c: ((q[:, None] + t[clipped(q, c)]) * k).sum(-1) / root(q),
        ),
        "transposed + sign": (
            "query-axis",
            lambda q, k, t, c: shaw(q, k, t, c, rows=clipped(q, c).T).T,
        ),
        "halved clip": (
            "row",
            lambda q, k, t, c: shaw(q, k, t, c, rows=apart(q).clamp(-(c // 2), c // 2) + c),
        ),
        "hard-coded clip 2": ("row", lambda q, k, t, c: shaw(q, k, t, 2)),
        "hard-coded dh 16": ("scaled", lambda q, k, t, c: shaw(q, k, t, c, scale=4)),
        "hard-coded 7": ("shape", lambda q, k, t, c: shaw(q[:7], k[:7], t, c)),
        "tuple": ("not-a-tensor", lambda *g: (shaw(*g), None)),
        "k only": ("words", lambda q, k, t, c: (k[None] + t[clipped(q, c)]).sum(-1) / root(q)),
        "1/ root as **-1": ("scaled", lambda q, k, t, c: shaw(q, k, t, c) / root(q) ** 2),
        "key minus query fully (j-i) clipped": (
            "sign",
            lambda q, k, t, c: shaw(q, k, t, c, rows=c - apart(q).clamp(-c, c)),
        ),
    },
    "t5_bucket": {
        "halved buckets": (
            "two-sided-past",
            lambda d: functional.t5_bucket(d.clamp(min=0), causal=False),
        ),
        "log2 buckets": (
            "edge",
            lambda d: torch.where(
                d < 16, d.clamp(min=0), (16 + (d.clamp(min=16) / 16).log2().long()).clamp(max=31)
            ),
        ),
        "round on all": (
            "rounded",
            lambda d: torch.where(
                d < 16,
                d.clamp(min=0),
                (16 + (16 * (d.clamp(min=16) / 16).log() / math.log(8)).round().long()).clamp(
                    max=31
                ),
            ),
        ),
        "cap 15 no offset": (
            "no-offset",
            lambda d: torch.where(
                d < 16,
                d.clamp(min=0),
                ((16 * (d.clamp(min=16) / 16).log() / math.log(8)).long()).clamp(max=15),
            ),
        ),
        "exact to 31 then": ("not-shared", lambda d: torch.where(d < 32, d.clamp(min=0), 31)),
        "abs in near": ("after", lambda d: torch.where(d < 16, d.abs().clamp(max=15), bucket(d))),
        "near starts 1": ("after", lambda d: torch.where(d < 16, d.clamp(min=1), bucket(d))),
        "ln(128)-less 128": ("edge", far(lambda x: 16 * torch.log(x / 16) / math.log(128 - 16))),
        "no clamp max neg": ("range", lambda d: bucket(d) - (d < 0).long()),
        "uint8 distances": ("uint8", lambda d: bucket(d.to(torch.uint8))),
        "distances float16": ("far", lambda d: bucket(d.half()).long()),
        "ratio on 8/128": ("edge", far(lambda x: 16 * torch.log(x / 8) / math.log(16))),
        "32 in factor": ("edge", far(lambda x: 32 * torch.log(x / 16) / math.log(8))),
        "floor of 16*": ("edge", far(lambda x: (16 * torch.log(x / 16)).floor() / math.log(8))),
        "sqrt": ("edge", far(lambda x: 16 * ((x - 16) / 112).sqrt())),
        "lookup of 300": (
            "raises",
            lambda d: torch.tensor([bucket(torch.tensor([t]))[0] for t in range(300)])[
                d.clamp(min=0)
            ],
        ),
        "only below": ("negative", lambda d: torch.where(d < 16, d, bucket(d))),
        "index set in place, int": (
            "no-sixteenth-above",
            lambda d: d.clamp(0, 31).where(d < 16, 31),
        ),
        "one bucket at 128 first": ("cap-32", lambda d: bucket(d).where(d < 128, 32)),
        "30 at 127": (
            "last",
            lambda d: bucket(d, longest=128).where(d < 113, 30).where(d < 128, 31),
        ),
        "log1p(d)-log(16)": (
            "edge",
            far(lambda x: 16 * (torch.log1p(x) - math.log(16)) / math.log(8)),
        ),
        "empty dims": ("shape", lambda d: bucket(d)[:, None]),
    },
    "alibi_slopes": {
        "round log2": (
            "ratio",
            lambda n: (geometric(2 ** round(math.log2(n))) + geometric(2 * lower(n))[::2])[:n],
        ),
        "h outside": ("grow", lambda n: [2 ** (-8 / n) * h for h in range(1, n + 1)]),
        "n outside": ("ratio", lambda n: [2.0 ** (-8 * h) / n for h in range(1, n + 1)]),
        "reversed exps": ("grow", lambda n: [2 ** (-8 * (n - h) / n) for h in range(1, n + 1)]),
        "exponents": ("not-above-zero", lambda n: [-8 * h / n for h in range(1, n + 1)]),
        "no 8": ("ratio", lambda n: [2 ** (-h / n) for h in range(1, n + 1)]),
        "n+1": ("greater-power", lambda n: [2 ** (-8 * h / (n + 1)) for h in range(1, n + 1)]),
        "4h/n": ("greater-power", lambda n: [2 ** (-4 * h / n) for h in range(1, n + 1)]),
        "repeat groups": ("other-second", lambda n: (slopes(lower(n)) * 2)[:n]),
        "add halves": (
            "second-part",
            lambda n: (
                geometric(lower(n)) + [s / 2 for s in geometric(2 * lower(n))[::2][: n - lower(n)]]
            ),
        ),
        "odd exps wrong": (
            "second-part",
            lambda n: (
                geometric(lower(n))
                + [2 ** (-8 * (2 * h + 1) / lower(n) / 2) for h in range(1, n - lower(n) + 1)]
            ),
        ),
        "tensor 2d": ("shape", lambda n: torch.tensor(slopes(n))[:, None, None]),
        "string": ("not-numbers", lambda n: str(slopes(n))),
        "set": ("not-numbers", lambda n: set(slopes(n))),
        "int tensor": ("dtype", lambda n: torch.tensor(slopes(n)).int()),
        "upper first n sorted": (
            "next-power",
            lambda n: geometric(2 ** math.ceil(math.log2(n)))[:n] if n > 1 else [2**-8],
        ),
        "float16": ("half-precision", lambda n: torch.tensor(slopes(n)).half()),
        "three decimals tensor": ("rounded", lambda n: torch.tensor(slopes(n)).round(decimals=3)),
        "recursion unsliced": (
            "shape",
            lambda n: geometric(lower(n)) + geometric(2 * lower(n))[::2],
        ),
    },
    "alibi_bias": {
        "tril by index": ("by-index", lambda n, q, k: alibi(n, q, k).tril()),
        "slopes of len(q)": ("slopes", lambda n, q, k: alibi(n, q, k, by=(slopes(len(q)) * n)[:n])),
        "slopes squared": ("slopes", lambda n, q, k: -(m(n) ** 2) * (q[:, None] - k)),
        "gqa": ("slopes", lambda n, q, k: alibi(n, q, k, by=sorted(slopes(n)[::2] * 2)[:n])),
        "window": (
            "not-finite",
            lambda n, q, k: alibi(n, q, k).masked_fill(q[:, None] - k >= 4, -inf),
        ),
        "distance half": (
            "float16-distances",
            lambda n, q, k: -m(n) * (q[:, None] - k).half().float(),
        ),
        "distance bf16": (
            "bfloat16-distances",
            lambda n, q, k: -m(n) * (q[:, None] - k).bfloat16().float(),
        ),
        "max_len 2048": (
            "not-linear",
            lambda n, q, k: alibi(n, q, k, lambda d: d.clamp(-2048, 2048)),
        ),
        "index error": (
            "raises",
            lambda n, q, k: (-m(n) * (torch.arange(128)[:, None] - torch.arange(128)))[:, q][
                :, :, k
            ],
        ),
        "slice": (
            "ignores-pos",
            lambda n, q, k: (-m(n) * (torch.arange(128)[:, None] - torch.arange(128)))[
                :, : len(q), : len(k)
            ],
        ),
        "sign + const": ("sign", lambda n, q, k: m(n) * (q[:, None] - k + 1)),
        "sign + mask": (
            "sign",
            lambda n, q, k: (m(n) * (q[:, None] - k)).masked_fill(~causal(q, k), -inf),
        ),
        "masked no slope": (
            "no-slope",
            lambda n, q, k: (
                (-1.0 * (q[:, None] - k)).expand(n, -1, -1).masked_fill(~causal(q, k), -inf)
            ),
        ),
        "masked one slope": (
            "one-slope",
            lambda n, q, k: (
                (-slopes(n)[0] * (q[:, None] - k))
                .expand(n, -1, -1)
                .masked_fill(~causal(q, k), -inf)
            ),
        ),
        "no slope abs": (
            "no-slope",
            lambda n, q, k: (-1.0 * (q[:, None] - k)).abs().neg().expand(n, -1, -1),
        ),
        "mask 0/1 bool": ("dtype", lambda n, q, k: causal(q, k).expand(n, -1, -1)),
        "mask added to 1": ("query-alone", lambda n, q, k: torch.zeros(n, len(q), len(k))),
        "slope sum": ("no-slope", lambda n, q, k: m(n) - (q[:, None] - k)),
        "d-1": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: (d - 1).clamp(min=0))),
        "clamp1": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d.clamp(min=1))),
        "i/j": ("not-relative", lambda n, q, k: -m(n) * (q[:, None] / (k + 1))),
        "key transposed": (
            "by-index",
            lambda n, q, k: -m(n) * (k[None] - q[:, None]).T.reshape(len(q), len(k)),
        ),
        "flipped keys": ("by-index", lambda n, q, k: alibi(n, q, k).flip(-1)),
        "normalised row": ("not-relative", lambda n, q, k: alibi(n, q, k) / (q[:, None] + 1)),
        "slopes base e": (
            "slopes-base-e",
            lambda n, q, k: alibi(n, q, k, by=[math.exp(-8 * h / n) for h in range(1, n + 1)]),
        ),
        "slopes off by one masked": (
            "slopes-off-by-one",
            lambda n, q, k: alibi(n, q, k, by=[2 ** (-8 * h / n) for h in range(n)]).masked_fill(
                ~causal(q, k), -inf
            ),
        ),
        "bf16 slopes": (
            "slopes-half-precision",
            lambda n, q, k: -m(n).bfloat16().float() * (q[:, None] - k),
        ),
        "2d": (
            "shape",
            lambda n, q, k: -torch.tensor(slopes(n)) * (q[:, None] - k).flatten()[:, None],
        ),
        **{
            f"a constant and {slip.slug}": (slip.slug, with_slopes(slip))
            for slip in WRONG_SLOPES
            if slip.slug not in ("slopes-sign", "slopes-exponents")
        },
    },
}
