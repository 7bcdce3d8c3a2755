"""Answers to the exercises of notebook 01 that learners gave: what each is told, in words.

`REPORTED`, `{name: {label: (slug, words of the line, program)}}`.
"""

import math

import torch
import torch.nn.functional as F
from attentions_01 import INF, attend, scores
from lesson_01 import EYE, PICK, ZERO


def by_row_sum(x, q, k, v, m):
    e = scores(x, q, k).exp() * m
    return e / e.sum(-1) @ (x @ v)


def by_row_sum_of_softmax(x, q, k, v, m):
    w = scores(x, q, k).softmax(-1) * m
    return w / w.sum(-1) @ (x @ v)


def less_row_maximum(x, q, k, v, m, keepdim=False):
    s = scores(x, q, k).masked_fill(~m, -INF)
    e = (s - s.amax(-1, keepdim=keepdim)).exp()
    return e / e.sum(-1, keepdim=not keepdim) @ (x @ v)


def thrown_away(x, q, k, v, m):
    s = scores(x, q, k)
    s.masked_fill(~m, -INF)
    return s.softmax(-1) @ (x @ v)


def whole_row(x, q, k, v, m):
    e = scores(x, q, k).exp()
    return (e * m) / e.sum(-1, keepdim=True) @ (x @ v)


def enumerated(x, q, k, v, m):
    s, v, out = scores(x, q, k), x @ v, []
    for i in range(len(x)):
        w = [math.exp(s[i, j]) for j in range(len(x)) if m[i, j]]
        out.append(sum(e / sum(w) * v[j] for j, e in enumerate(w)))
    return torch.stack(out)


def in_a_loop(x, q, k, v, m, fresh_total=False):
    s, v, out, total, sums = scores(x, q, k), x @ v, [], 0, 0
    for i in range(len(x)):
        total, sums = (0, sums) if fresh_total else (total, 0)
        for j in range(len(x)):
            if m[i, j]:
                total, sums = total + s[i, j].exp(), sums + s[i, j].exp() * v[j]
        out.append(sums / total)
    return torch.stack(out)


def two_heads(x, q, k, v, m):
    if q.shape[1] % 2:
        return attend(x, q, k, v, m)
    heads = zip(*(W.chunk(2, 1) for W in (q, k, v)), strict=True)
    return torch.cat([attend(x, *head, m) for head in heads], 1)


def first_token(*given):
    out = attend(*given)
    for i in range(len(out)):
        return out[i]


def published(x, q, k, v, later=lambda s: s.triu(1), dim=0, fill=-INF, after=lambda w: w):
    s = scores(x, q, k)
    s = s.masked_fill(later(torch.ones_like(s)).bool(), fill)
    return after(s.softmax(dim)) @ (x @ v)


def rows_normed(w):
    return w / w.sum(-1, keepdim=True)


MOVES = "When the last token changes, the output of token"

REPORTED = {
    "attention": {
        "keepdim": ("sum-without-keepdim", "Use sum(-1, keepdim=True)", by_row_sum),
        "keepdim of softmax": ("sum-without-keepdim-of-softmax", "Use sum(-1, keepdim=True)",
            by_row_sum_of_softmax),
        "keepdim after the maximum": ("sum-without-keepdim-after-max", "Use sum(-1, keepdim=True)",
            lambda *a: less_row_maximum(*a, keepdim=True)),
        "keepdim of the maximum": ("max-without-keepdim", "amax(-1, keepdim=True)",
            less_row_maximum),
        "masked_fill thrown away": ("mask-ignored", "masked_fill returns a new tensor",
            thrown_away),
        "sum of the whole row": ("mask-after-softmax", "in a loop, sum the allowed ones",
            whole_row),
        "returns the weights": ("weights-returned", "Multiply them by the values",
            lambda x, q, k, v, m: scores(x, q, k).masked_fill(~m, -INF).softmax(-1)),
        "without .T": ("keys-not-transposed", "Transpose the keys, q @ k.T",
            lambda x, q, k, v, m: ((x @ q) @ (x @ k)).softmax(-1) @ (x @ v)),
        "queries transposed": ("sizes", "scores and mask (5, 5)",
            lambda x, q, k, v, m: ((x @ q).T @ (x @ k)).masked_fill(~m, -INF) @ (x @ v)),
        "weights and output": ("not-a-tensor", "Return the output alone",
            lambda *a: (attend(*a), a[4])),
        "prints": ("nothing-returned", "Did you print", lambda *a: print(attend(*a))),
        "return in the loop": ("shape", "is return inside of the loop", first_token),
        "transposed": ("shape", "each token is a row", lambda *a: attend(*a).T),
        "a constant 4": ("temperature", "Divide q · k by the root of q.shape[-1]",
            lambda *a: attend(*a, lambda s: s * a[1].shape[1] ** 0.5 / 4)),
        "root of 4": ("temperature", "2 times",
            lambda x, q, k, v: attend(x, 2 * q, k, v)),
        "keys are queries": ("keys-from-queries", "k = x @ W_k",
            lambda x, q, k, v, m: attend(x, q, q, v, m)),
        "queries are keys": ("queries-from-keys", "q = x @ W_q",
            lambda x, q, k, v, m: attend(x, k, k, v, m)),
        "enumerate": ("allowed-packed", "v[j] of its own j", enumerated),
        "three digits": ("rounded", "3 digits", lambda *a: attend(*a).round(decimals=3)),
        "bfloat16": ("half-precision", "rounded to bfloat16",
            lambda *a: attend(*a).bfloat16().double()),
        "bfloat16 inside": ("rounded", "something in it is rounded",
            lambda *a: attend(a[0].bfloat16().double(), *a[1:])),
        "weights in bfloat16": ("rounded", "something in it is rounded",
            lambda *a: attend(*a, after=lambda w: w.bfloat16().double())),
        "hides by -10": ("hidden-counts", "to -inf before softmax",
            lambda *a: attend(*a, fill=-10.0)),
        "softmax both ways": ("hidden-counts", "take softmax once",
            lambda *a: attend(*a, after=lambda w: w.softmax(0))),
        "and the past": ("mask-and-own", "and nothing else",
            lambda x, q, k, v, m: attend(x, q, k, v, m.tril())),
        "oneself always": ("mask-or-oneself", "Hide the diagonal",
            lambda x, q, k, v, m: attend(x, q, k, v, m | torch.eye(len(x)).bool())),
        "the sum goes on": ("total-kept", "Set it to 0 for each token", lambda *a: in_a_loop(*a)),
        "the output goes on": ("output-kept", "Set it to 0 for each token",
            lambda *a: in_a_loop(*a, fresh_total=True)),
        "x normed": ("values", "with x as it is given",
            lambda x, *a: attend(F.layer_norm(x, x.shape[1:]), *a)),
        "last token first": ("rows-reordered", "Row 0 of the output is that of token 4",
            lambda *a: attend(*a).flip(0)),
        "two heads, where they fit": ("some-sizes", "not at other sizes", two_heads),
        "powers of 2": ("temperature", "0.693 times",
            lambda *a: attend(*a, lambda s: s * math.log(2))),
        "only earlier ones": ("not-finite", "Hide only what the mask hides",
            lambda x, q, k, v, m: attend(x, q, k, v, m.tril(-1))),
        "both directions": ("allowed-is-hidden", "Hide only where",
            lambda x, q, k, v, m: attend(x, q, k, v, m & m.T)),
    },
    "mended_attention": {
        "as handed out": ("unchanged", MOVES, published),
        "as handed out, -1e9": ("unchanged", "still that of the published program",
            lambda *a: published(*a, fill=-1e9)),
        "the mask inverted": ("another-mask", "was correct. Undo this change",
            lambda *a: published(*a, later=lambda s: s.triu(1).T)),
        "the mask removed": ("no-mask", "was correct. Undo this change",
            lambda *a: published(*a, later=torch.zeros_like)),
        "triu(2)": ("mask-one-later", MOVES, lambda *a: published(*a, later=lambda s: s.triu(2))),
        "triu()": ("all-nan", "later = triu(1)", lambda *a: published(*a, later=torch.triu)),
        "filled by 0": ("another-filling", "exp(0) still counts",
            lambda *a: published(*a, fill=0.0)),
        "weights transposed": ("turned-weights", MOVES,
            lambda *a: published(*a, after=lambda w: w.T)),
        "roles": ("turned-roles", MOVES, lambda x, q, k, v: published(x, k, q, v)),
        "no scale": ("another-scale", MOVES,
            lambda x, q, k, v: published(x, q * q.shape[1] ** 0.5, k, v)),
        "divided afterwards": ("divided-again", MOVES,
            lambda *a: published(*a, after=rows_normed)),
        "softmax afterwards": ("softmax-again", MOVES,
            lambda *a: published(*a, after=lambda w: w.softmax(-1))),
        "hidden afterwards": ("masked-again", MOVES, lambda *a: published(
            *a, later=torch.zeros_like, after=lambda w: rows_normed(w.tril()))),
        "mended, hidden by -5": ("hidden-counts", "to -inf before softmax",
            lambda *a: published(*a, dim=1, fill=-5.0)),
        "mended, last token first": ("rows-reordered", "in the order of x",
            lambda *a: published(*a, dim=1).flip(0)),
        "mended, a window of 3": ("allowed-is-hidden", "Hide only where",
            lambda *a: published(*a, dim=1, later=lambda s: s.triu(1) + s.tril(-3))),
        "mended, twice the scores": ("temperature", "2 times",
            lambda x, q, k, v: published(x, 2 * q, k, v, dim=1)),
        "mended, but transposed": ("weights-transposed", "Use weights @ v",
            lambda *a: published(*a, dim=1, after=lambda w: w.T)),
        "mended, triu(2)": ("mask-of-the-next", "Hide triu(1), not triu(2)",
            lambda *a: published(*a, dim=1, later=lambda s: s.triu(2))),
        "mended, no mask": ("mask-ignored", "Nothing is hidden",
            lambda *a: published(*a, dim=1, later=torch.zeros_like)),
        "prints": ("nothing-returned", "Did you print", lambda *a: print(published(*a))),
    },
    "counting_weights": {
        "prints": ("nothing-returned", "Did you print", lambda: print(EYE)),
        "the layer's output": ("one-tensor", "Return the three matrices W_q, W_k, W_v",
            lambda: torch.tensor([[1.0, 0], [0.5, 0]])),
        "turned round": ("order-of-matrices", "in the order W_q, W_k, W_v",
            lambda: (PICK, EYE, ZERO)),
        "by name": ("shape", "Return three tensors", lambda: {"W_q": ZERO, "W_k": EYE}),
        "3 x 3": ("shape", "The function returned (3, 3), (3, 3), (3, 3)",
            lambda: [torch.zeros(3, 3)] * 3),
        "a row": ("shape", "(2, 2), (2, 2), (2,)", lambda: (ZERO, EYE, PICK[0])),
        "nearly 0": ("unequal-weights", "0.4999754, not 1/2", lambda: (EYE * 1e-3, EYE, PICK)),
        "hardly not 0": ("unequal-weights", "all scores are equal",
            lambda: (EYE * 1e-6, EYE, PICK)),
        "ones in a column": ("words-leak", "Set it to 0",
            lambda: (ZERO, EYE, torch.ones(2, 2).tril())),
        "all ones": ("unequal-weights", "start marker", lambda: [torch.ones(2, 2)] * 3),
    },
}  # fmt: skip

INVENTED = {
    name: {f"reported: {label}": (slug, program) for label, (slug, _, program) in table.items()}
    for name, table in REPORTED.items()
}
SAID = {
    name: [(words, program) for _, words, program in table.values()]
    for name, table in REPORTED.items()
}
