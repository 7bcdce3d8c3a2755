"""Answers to the exercises of notebook 06, right and wrong."""

import math

import alibi_06
import mixed_06
import scores_06
import torch
from alibi_06 import alibi, slopes
from scores_06 import apart, bucket, shaw


def unclipped(q, k, table, clip):
    return shaw(q, k, table, clip, rows=apart(q) + clip)


def in_place(q, k, table, clip):
    q /= math.sqrt(q.shape[-1])
    return q @ k.T


def fractions(distance):
    far = distance.clamp(min=16, max=127)
    shared = 16 + (far / 16).log() / math.log(8) * 16
    return torch.where(distance < 16, distance.clamp(min=0), shared)


RIGHT = {
    "shaw_scores": shaw,
    "t5_bucket": bucket,
    "alibi_slopes": slopes,
    "alibi_bias": alibi,
}
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
        "ratio": lambda n: [1 / (h + n) for h in range(n)],
        "shape": lambda n: slopes(n)[:-1],
        "raises": lambda n: 1 / 0,
    },
    "alibi_bias": {"raises": lambda n, q, k: alibi(n, q, k) @ q},
}
FORMS = scores_06.FORMS | alibi_06.FORMS
EQUIVALENT = scores_06.EQUIVALENT | alibi_06.EQUIVALENT
TABLES = scores_06.TABLES | alibi_06.TABLES
INVENTED = {name: table | mixed_06.INVENTED[name] for name, table in TABLES.items()}
SAID = {
    name: [(words, INVENTED[name][label][1]) for label, words in lines.items()]
    for name, lines in (scores_06.LINES | alibi_06.LINES).items()
}
