"""Answers to the exercises of notebook 01, right and wrong."""

import itertools
import random

import numpy as np
import torch
import torch.nn.functional as F
from attentions_01 import (
    ALL,
    INF,
    Attention,
    additive,
    attend,
    causal,
    flash,
    in_loops,
    in_numpy_64,
    in_torch,
    normed,
    off_by_one,
    plain,
    renormed,
    scores,
    undivided,
    with_a_large_number,
    word_by_word,
)

PICK = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
EYE, ZERO = torch.eye(2), torch.zeros(2, 2)


def orders(x, n=20):
    return (torch.randperm(len(x)) for _ in range(n))


def close(f, x, order, atol=1e-5, **room):
    return torch.allclose(f(x[order]), f(x)[order], atol=atol, **room)


def equivariant(f, x, n=20, **room):
    return all(close(f, x, order, **room) for order in orders(x, n))


def alike_in(seen, f, x):
    """Compares what `seen` leaves of the rows."""
    return all(torch.allclose(seen(f(x[o])), seen(f(x)[o]), atol=1e-5) for o in orders(x))


def largest_gap(f, x, atol=1e-5):
    return max((f(x[o]) - f(x)[o]).abs().max() for o in orders(x, 30)) < atol


def put_back(f, x):
    every = itertools.permutations(range(len(x)))
    tried = (torch.as_tensor(order) for order in itertools.islice(every, 0, None, 5))
    return all(torch.allclose(f(x[o])[o.argsort()], f(x), atol=1e-5) for o in tried)


def with_a_matrix(f, x):
    matrices = (torch.eye(len(x)).to(x)[order] for order in orders(x))
    return all(torch.allclose(f(P @ x), P @ f(x), atol=1e-5) for P in matrices)


NUMPY = np.random.default_rng(0)


def in_numpy(f, x):
    tried = [NUMPY.permutation(len(x)) for _ in range(20)]
    return np.all([np.allclose(f(x[o]).numpy(), f(x).numpy()[o], atol=1e-5) for o in tried])


def asserted(f, x):
    """From a list that `random` shuffles."""
    try:
        for _ in range(20):
            order = random.sample(range(len(x)), len(x))
            assert torch.dist(f(x[order]), f(x)[order]) < 1e-5
    except AssertionError:
        return False
    return True


RIGHT = {
    "permutation_equivariant": equivariant,
    "attention": attend,
    "mended_attention": causal,
    "counting_weights": lambda: (torch.zeros(2, 2), torch.eye(2), PICK),
    "separating_run": lambda: ("replace last", "moves", "stays"),
}
FORMS = {
    "permutation_equivariant": [largest_gap, put_back, with_a_matrix, in_numpy, asserted],
    "attention": [
        plain, in_loops, renormed, with_a_large_number, in_torch,
        lambda *a: attend(*(part.float() for part in a[:4]), a[4]),
        in_numpy_64, flash, Attention(),
        lambda x, W_q, W_k, W_v, mask=ALL: attend(x, W_q, W_k, W_v, mask).T.contiguous().T,
    ],
    "mended_attention": [
        lambda *a: in_torch(*a, causal=True), word_by_word,
        lambda x, q, k, v: (scores(x, q, k).T + torch.full((len(x),) * 2, -INF).tril(-1)
            ).softmax(0).T @ (x @ v),
        lambda x, q, k, v: in_loops(x, q, k, v, torch.ones(len(x), len(x)).tril()),
        lambda x, q, k, v: torch.einsum("qk,kd->qd", F.normalize(
            scores(x, q, k).exp().tril_(), p=1, dim=1), x @ v),
    ],
    "counting_weights": [
        lambda: (EYE, ZERO, EYE),
        lambda: torch.stack((PICK, PICK, PICK)).int(),
        lambda: ([[0, 0], [0, 0]], np.eye(2), [[1, 5], [0, -2]]),
        lambda: (W.clone().requires_grad_() for W in (3 * PICK, EYE.fliplr(), PICK)),
        lambda: (PICK, torch.ones(2, 2).T.half(), torch.nn.Parameter(PICK)),
    ],
    "separating_run": [
        lambda: ("swap first two", "stays", "moves"),
        lambda: ["second layer", "stays", "moves"],
        lambda: (" “replace  last” ", "moves", "stays\n"),
    ],
}  # fmt: skip
SAYS = {
    "permutation_equivariant": "right",
    "attention": "right",
    "mended_attention": "right",
    "counting_weights": "right",
    "separating_run": "'",
}
WRONG = {
    "permutation_equivariant": {
        "f-not-called": lambda f, x: True,
        "invariance": lambda f, x: bool((f(x[next(orders(x))]) - f(x)).abs().max() < 1e-5),
        "exact": lambda f, x: all(torch.equal(f(x[o]), f(x)[o]) for o in orders(x)),
        "few-shuffles": lambda f, x: close(f, x, torch.arange(len(x)).flip(0)),
        "tolerance": lambda f, x: equivariant(f, x, atol=0.1),
        "not-a-bool": lambda f, x: "yes",
    },
    "attention": {
        "mask-inverted": lambda x, q, k, v, m: attend(x, q, k, v, ~m),
        "mask-transposed": lambda x, q, k, v, m: attend(x, q, k, v, m.T),
        "mask-ignored": lambda x, q, k, v, m: plain(x, q, k, v),
        "mask-after-softmax": lambda x, q, k, v, m: attend(x, q, k, v, after=lambda w: w * m),
        "mask-zero-score": lambda x, q, k, v, m: attend(x, q, k, v, change=lambda s: s * m),
        "softmax-over-queries": lambda x, q, k, v, m:
            scores(x, q, k).masked_fill(~m, -INF).softmax(0) @ (x @ v),
        "no-scale": lambda x, q, k, v: attend(x, q * q.shape[1] ** 0.5, k, v),
        "scale-of-x": lambda x, q, k, v:
            attend(x, q * (q.shape[1] / x.shape[1]) ** 0.5, k, v),
        "scale-not-root": lambda x, q, k, v: attend(x, q / q.shape[1] ** 0.5, k, v),
        "shape": lambda x, q, k, v: plain(x, q, k, v).T,
        "values": lambda x, q, k, v: plain(x, q, k, v) + 0.1,
        "sizes": lambda x, q, k, v: x @ x,
    },
    "mended_attention": {
        "leaks": lambda x, q, k, v: causal(x, q, k, v) + 0.1 * x.mean(0) @ v,
        "mask-ignored": plain,
        "rows-sum": lambda x, q, k, v: 2 * causal(x, q, k, v),
        "shape": lambda x, q, k, v: causal(x, q, k, v).T,
    },
    "counting_weights": {
        "unequal-weights": lambda: (EYE, EYE, PICK),
        "no-value": lambda: (ZERO, ZERO, ZERO),
        "value-scaled": lambda: (ZERO, ZERO, 2 * PICK),
        "shape": lambda: (ZERO, ZERO),
    },
    "separating_run": {
        "more-shuffles": lambda: ("more shuffles", "stays", "moves"),
        "another-text": lambda: ("another text", "moves", "stays"),
        "replace-first": lambda: ("replace first", "moves", "moves"),
        "outcomes-swapped": lambda: ("replace last", "stays", "moves"),
        "without-a-mask": lambda: ("swap first two", "moves", "moves"),
        "with-one-layer": lambda: ("second layer", "stays", "stays"),
        "word": lambda: ("replace last", "moves", "moves not"),
        "shape": lambda: ("replace last", "moves"),
    },
}  # fmt: skip

INVENTED = {
    "permutation_equivariant": {
        "never": ("f-not-called", lambda f, x: False),
        "order twice": ("order-twice",
            lambda f, x: all(torch.allclose(f(x[o])[o], f(x), atol=1e-5) for o in orders(x))),
        "sums": ("totals-only", lambda f, x: alike_in(lambda y: y.sum(0), f, x)),
        "sorted": ("totals-only", lambda f, x: alike_in(lambda y: y.sort(0)[0], f, x)),
        "the first channel": ("one-channel", lambda f, x: alike_in(lambda y: y[:, 0], f, x)),
        "a swap of the first two": ("few-shuffles",
            lambda f, x: close(f, x, [1, 0, *range(2, len(x))])),
        "any shuffle will do": ("any-shuffle",
            lambda f, x: any(close(f, x, order) for order in orders(x))),
        "the identity": ("never-shuffled", lambda f, x: close(f, x, torch.arange(len(x)))),
        "wide": ("tolerance", lambda f, x: equivariant(f, x, atol=1e-2)),
        "too narrow": ("exact", lambda f, x: equivariant(f, x, atol=0, rtol=1e-12)),
        "the sense turned": ("opposite", lambda f, x: not equivariant(f, x)),
        "a tensor of many": ("not-a-bool", lambda f, x: f(x) == x),
        "mean difference": ("totals-only",
            lambda f, x: all((f(x[o]) - f(x)[o]).mean().abs() < 1e-6 for o in orders(x))),
    },
    "attention": {
        "dropout left in": ("not-the-same-twice",
            lambda *a: attend(*a, after=lambda w: F.dropout(w, 0.5))),
        "hides by -1 only": ("hidden-counts", lambda *a: attend(*a, fill=-1.0)),
        "width 4 written in": ("temperature",
            lambda *a: attend(*a, lambda s: s * a[1].shape[1] ** 0.5 / 2)),
        "scaled twice": ("scale-not-root",
            lambda *a: attend(*a, lambda s: s / a[1].shape[1] ** 0.5)),
        "scaled by the fourth root": ("temperature",
            lambda *a: attend(*a, lambda s: s * a[1].shape[1] ** 0.25)),
        "sign of the scores turned": ("temperature", lambda *a: attend(*a, lambda s: -s)),
        "sigmoid for softmax": ("rows-sum",
            lambda x, q, k, v, m: (scores(x, q, k).sigmoid() * m) @ (x @ v)),
        "log_softmax for softmax": ("not-finite",
            lambda *a: attend(*a, after=lambda w: w.log())),
        "exp without the sum": ("rows-sum", undivided),
        "divides by all": ("mask-after-softmax", lambda *a: in_loops(*a, hidden=True)),
        "cosine of q and k": ("weights", normed),
        "additive scores": ("weights", additive),
        "a residual": ("residual", lambda *a: attend(*a) + a[0] @ a[3]),
        "the largest alone": ("allowed-is-hidden",
            lambda *a: attend(*a, after=lambda w: (w == w.amax(-1, True)).to(w))),
        "a key too few": ("allowed-is-hidden", off_by_one),
        "relu of the scores": ("weights", lambda *a: attend(*a, F.relu)),
        "a constant added": ("values", lambda *a: attend(*a) + 0.1),
        "values scaled": ("rows-sum", lambda *a: 2 * attend(*a)),
        "values normed": ("values",
            lambda x, q, k, v, m: attend(x, q, k, F.normalize(v), m)),
        "the output squashed": ("values", lambda *a: attend(*a).tanh()),
        "all rounded": ("rounded", lambda *a: (attend(*a) * 10).round() / 10),
    },
    "counting_weights": {
        "random": ("unequal-weights", lambda: torch.randn(3, 2, 2).unbind()),
        "the marker asks": ("unequal-weights", lambda: (EYE.flip(0), PICK, PICK)),
        "others louder": ("words-leak", lambda: (ZERO, EYE, torch.ones(2, 2))),
        "channel 1": ("wrong-channel", lambda: (ZERO, EYE, EYE.flip(1) * PICK.flip(1))),
        "halved": ("value-scaled", lambda: (ZERO, EYE, PICK / 2)),
        "sign": ("value-scaled", lambda: (ZERO, EYE, -PICK)),
        "infinite": ("not-finite", lambda: (ZERO * INF, EYE, PICK)),
        "two": ("shape", lambda: (ZERO, PICK)),
        "a number": ("shape", lambda: 3),
        "nearly equal": ("unequal-weights", lambda: (0.01 * EYE, EYE, PICK)),
    },
    "separating_run": {
        "the run alone": ("shape", lambda: "second layer"),
        "a run of one's own": ("word", lambda: ("train longer", "moves", "stays")),
        "a list of runs": ("word", lambda: (["replace last"], "moves", "stays")),
        "outcomes as truth values": ("word", lambda: ("replace last", True, False)),
        "a question that comes first": ("outcomes-swapped",
            lambda: ("second layer", "moves", "stays")),
        "a blind first word": ("without-a-mask", lambda: ("replace last", "stays", "stays")),
        "a mask that hides nothing": ("with-one-layer",
            lambda: ("replace last", "moves", "moves")),
        "a bag of words": ("with-one-layer", lambda: ("swap first two", "stays", "stays")),
    },
}  # fmt: skip

SAID = {
    "permutation_equivariant": [
        ("float32 rounds at the seventh digit", lambda f, x: largest_gap(f, x, 1e-12)),
        (
            "False at the first that differs, and True after",
            lambda f, x: any([close(f, x, o) for o in orders(x)]),  # noqa: C419 - draws them all
        ),
        ("8 of 23 correctly", WRONG["permutation_equivariant"]["f-not-called"]),
    ],
    "attention": [
        (
            "Divide them by their sum",
            lambda x, q, k, v, m: undivided(x, q * q.shape[1] ** 0.5 / 2, k, v, m),
        ),
    ],
    "counting_weights": [
        (words, WRONG["counting_weights"][slug])
        for slug, words in {
            "unequal-weights": "all scores are equal",
            "no-value": "W_v",
            "value-scaled": "Set it to 1",
            "shape": "Return three tensors",
        }.items()
    ],
    "separating_run": [
        ("Return the one without a mask first.", WRONG["separating_run"]["outcomes-swapped"]),
        ("depends only on which words there are", WRONG["separating_run"]["more-shuffles"]),
        ("The runs are 'more shuffles'", lambda: ("replace", "moves", "stays")),
    ],
}
SCORES = {
    "permutation_equivariant": [
        (23 / 23, equivariant),
        *zip(
            (8 / 23, 15 / 23, 18 / 23, 22 / 23, 22 / 23, None),
            WRONG["permutation_equivariant"].values(),
            strict=True,
        ),
    ],
}
