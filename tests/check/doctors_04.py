"""Tests of tables for `is_healthy` of notebook 04: right ones, and such as compare too little."""

import numpy as np
import torch
import torch.nn.functional as F

import posenc


def formula(t):
    return posenc.sinusoidal(torch.arange(len(t)), t.shape[1], dtype=torch.float64)


def near(a, b, bound=1e-6):
    return bool((a - b).abs().max() < bound)


def products(t):
    return t @ t.T


def healthy(t):
    return near(products(t), products(formula(t)))


# --- right ------------------------------------------------------------------------------------


def by_distance(t):
    far = torch.arange(len(t))[:, None] - torch.arange(len(t))
    freq = 10_000.0 ** -(torch.arange(0, t.shape[1], 2).double() / t.shape[1])
    return near(products(t), torch.cos(far[..., None] * freq).sum(-1), 1e-4)


def row_by_row(t):
    right = formula(t)
    return all(torch.allclose(t[i] @ t.T, right[i] @ right.T) for i in range(len(t)))


def in_numpy(t):
    mine, right = t.numpy(), formula(t).numpy()
    return np.allclose(mine @ mine.T, right @ right.T)


def by_einsum(t):
    return ((torch.einsum("id,jd->ij", t, t) - products(formula(t))).abs() < 1e-6).all()


def lengths_and_distances(t):
    right, exact = formula(t), "donot_use_mm_for_euclid_dist"
    apart = [torch.cdist(x, x, compute_mode=exact) for x in (t, right)]
    return near(*apart, 1e-5) and near(t.norm(dim=-1), right.norm(dim=-1))


def as_int(t):
    return int(healthy(t))


FORMS = [by_distance, row_by_row, in_numpy, by_einsum, lengths_and_distances, as_int]


# --- wrong ------------------------------------------------------------------------------------


def one_row(i):
    return lambda t: near(t[i] @ t.T, formula(t)[i] @ formula(t).T)


def of_products(measure, bound=1e-4):
    """One measure of the products, compared with that of the formula's."""
    return lambda t: near(measure(products(t)), measure(products(formula(t))), bound)


def three_properties(t):
    p = products(t)
    return bool(
        max(p.diagonal(i).std() for i in range(8)) < 1e-6
        and torch.cosine_similarity(t[1:], t[:-1]).min() > 0.5
        and posenc.nearest_rivals(t).distance.min() > 0
    )


def circle(t):
    return bool(((t[:, 0::2] ** 2 + t[:, 1::2] ** 2 - 1).abs() < 1e-6).all())


def unlike(t):
    """Nothing is unlike a NaN."""
    return not bool(((products(t) - products(formula(t))).abs() > 1e-6).any())


def first_rows(t):
    return healthy(t[:264])


INVENTED = {
    "row 0": ("too-little", one_row(0)),
    "the last row": ("too-little", one_row(-1)),
    "neighbours": ("too-little", of_products(lambda p: p.diagonal(1))),
    "eight distances": ("too-little",
        of_products(lambda p: torch.cat([p.diagonal(k) for k in range(8)]))),
    "half way": ("too-little", of_products(lambda p: p.diagonal(len(p) // 2))),
    "the sum": ("too-little", of_products(lambda p: p.sum())),
    "the mean": ("too-little", of_products(lambda p: p.mean(), 1e-6)),
    "eigenvalues": ("too-little", of_products(torch.linalg.eigvalsh)),
    "without sign": ("too-little", of_products(lambda p: p.abs())),
    "cosine similarity": ("too-little",
        lambda t: near(*(products(F.normalize(x, dim=-1)) for x in (t, formula(t))))),
    "distances": ("too-little",
        lambda t: near(*(torch.cdist(x, x) for x in (t, formula(t))), 1e-4)),
    "a tolerance of 1": ("too-little",
        lambda t: torch.allclose(products(t), products(formula(t)), atol=1)),
    "no entry is far": ("too-little", unlike),
    "264 rows": ("too-little", first_rows),
    "not abs": ("lets-pass", lambda t: (products(t) - products(formula(t))).max() < 1e-6),
    "the first hundred rows": ("lets-pass", lambda t: healthy(t[:100])),
    "every other row": ("lets-pass", lambda t: near(products(t[::2]), products(formula(t)[::2]))),
    "norms": ("lets-pass", lambda t: near(t.norm(dim=-1), formula(t).norm(dim=-1))),
    "equal": ("exact", lambda t: torch.equal(products(t), products(formula(t)))),
    "channels with channels": ("transposed",
        lambda t: torch.allclose(t.T @ t, formula(t).T @ formula(t))),
    "entry by entry": ("entries", lambda t: near(t, formula(t))),
    "circles": ("order", circle),
    "32 channels": ("one-width", lambda t: t.shape[1] == 32 and healthy(t)),
    "the other way round": ("swapped-answers", lambda t: not healthy(t)),
    "words": ("type", lambda t: "healthy" if healthy(t) else "ill"),
    "at least 100 rows": ("too-much", lambda t: len(t) > 99 and healthy(t)),
}  # fmt: skip
SAID = [
    ("right with row 0 only. Compare all rows with all rows", one_row(0)),
    ("use torch.allclose, not ==", INVENTED["equal"][1]),
    ("table.T @ table compares channels", INVENTED["channels with channels"][1]),
    ("No order of the channels is asked for", circle),
    ("first to slip through: positions divided by the number of rows", three_properties),
    ("Use a smaller tolerance", INVENTED["a tolerance of 1"][1]),
    ("A comparison with NaN is False", unlike),
    ("Do not normalize", INVENTED["cosine similarity"][1]),
    ("up to distance 8 only", INVENTED["eight distances"][1]),
    ("True and False are swapped", INVENTED["the other way round"][1]),
]
