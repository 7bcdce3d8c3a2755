"""Answers to the exercises of notebook 03, right and wrong."""

import math

import matrices_03
import numpy as np
import programs_03
import torch
import unusual_03

from posenc import inverse_frequencies, shift_matrix, sinusoidal


def i_of(dim):
    return torch.arange(dim // 2, dtype=torch.float64)


def paper(dim, base=10_000.0):
    return base ** (-2 * i_of(dim) / dim)


def published(dim, more=0):
    """The doubled index of 2 * i, where i is a channel."""
    return 10_000.0 ** (-(4 * i_of(dim) + 2 * more) / dim)


def even(dim):
    """2i / dim, in the notebook's dtype."""
    return torch.arange(0, dim, 2) / dim


def speeds_by_log(dim, base=10_000.0):
    return torch.exp(torch.arange(0, dim, 2) * -(math.log(base) / dim))


def ends_at_base(dim, base=10_000.0):
    return base ** -torch.linspace(0, 1, dim // 2)


def hands(pos, sines, cosines=None):
    """The codes from a speed for each sine and one for each cosine."""
    pos, cosines = pos[:, None], sines if cosines is None else cosines
    return torch.stack([(pos * sines).sin(), (pos * cosines).cos()], dim=-1).flatten(1)


def order(dim):
    return torch.cat([torch.arange(0, dim, 2), torch.arange(1, dim, 2)])


def in_halves(code):
    return code[:, order(code.shape[1])]


def by_rows(pos, dim):
    """The slip of [0::2] for [:, 0::2]."""
    theta = (pos[:, None] * inverse_frequencies(dim)).repeat_interleave(2, dim=1)
    codes = theta.clone()
    codes[0::2], codes[1::2] = theta[0::2].sin(), theta[1::2].cos()
    return codes


def next_exponent(pos, dim):
    """The slip of i + 1 in the cosine, with nothing doubled."""
    return hands(pos, paper(dim), paper(dim) * 10_000 ** (-1 / dim))


def divided(pos, dim):
    """The slip of dividing by a speed, in float32."""
    return hands(pos, 1 / inverse_frequencies(dim))


def mean_code(pos, dim):
    return sinusoidal(pos, dim).mean(0).expand(len(pos), dim)


def summed(pos, dim):
    code = sinusoidal(pos, dim)
    return (code[:, 0::2] + code[:, 1::2]).repeat_interleave(2, dim=1)


def last_hand_missing(pos, dim):
    return torch.cat([sinusoidal(pos, dim)[:, :-2], torch.zeros(len(pos), 2)], dim=1)


def in_order(pos, dim):
    return in_halves(sinusoidal(torch.arange(len(pos)), dim))


def turn(angle):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, s], [-s, c]])


def blocks(k, speeds):
    return torch.block_diag(*[turn(k * w) for w in speeds])


def shift(k, dim):
    return blocks(k, paper(dim))


def eye(dim):
    return torch.eye(dim)


def only(dim, channel):
    matrix = torch.zeros(dim, 2)
    matrix[channel] = 1.0
    return matrix


def is_shown(n, d, k, r2):
    return n - k - d >= 1 and 1 - r2 <= 1e-9


def queries(by):
    """A head whose queries are shifted by `by(k)`."""
    return lambda k, dim: (shift_matrix(by(k), dim), eye(dim))


RIGHT = {
    "inverse_frequencies": speeds_by_log,
    "sinusoidal": sinusoidal,
    "shift_matrix": shift,
    "offset_head": queries(lambda k: k),
    "shift_is_shown": is_shown,
}
FORMS = unusual_03.FORMS | {
    "shift_is_shown": [
        lambda n, d, k, r2: math.isclose(r2, 1, abs_tol=1e-9) and len(range(k, n)) > d,
        lambda n, d, k, r2: np.bool_(r2 > 1 - 2e-9) & (d + k < n),
        lambda n, d, k, r2: torch.tensor(max(0, n - k) > d and round(r2, 9) == 1),
    ],
}
EQUIVALENT = {
    "sinusoidal": [
        ("the dot products are the same", lambda pos, dim: in_halves(sinusoidal(pos, dim))),
        ("the cosine before the sine", lambda pos, dim: sinusoidal(pos, dim).unflatten(1, (-1, 2))
            .flip(-1).flatten(1)),
        ("all cosines, then all sines",
            lambda pos, dim: in_halves(sinusoidal(pos, dim)).roll(dim // 2, 1)),
    ],
}  # fmt: skip
WRONG = {
    "inverse_frequencies": {
        "doubled-exponent": lambda dim, base: paper(dim, base) ** 2,
        "inverted": lambda dim, base: base ** even(dim),
        "turns": lambda dim, base: 2 * math.pi * paper(dim, base),
        "starts-late": lambda dim, base: base ** -(even(dim) + 2 / dim),
        "slowest-first": lambda dim, base: paper(dim, base).flip(0),
        "one-a-channel": lambda dim, base: paper(dim, base).repeat_interleave(2),
        "equal-steps": lambda dim, base: torch.linspace(1, base ** -(1 - 2 / dim), dim // 2),
        "base-1000": lambda dim, base: paper(dim, 1000.0),
        "wrong-log": lambda dim, base: torch.exp(-even(dim) * math.log10(base)),
        "not-a-tensor": lambda dim, base: [1.0],
        "raises": lambda dim, base: 1 / 0,
    },
    "sinusoidal": {
        "doubled-index": lambda pos, dim: hands(pos, published(dim), published(dim, 1)),
        "cosine-exponent": next_exponent,
        "doubled-exponent": lambda pos, dim: hands(pos, paper(dim) ** 2),
        "inverted": lambda pos, dim: hands(pos, 1 / paper(dim)),
        "base-1000": lambda pos, dim: sinusoidal(pos, dim, 1000.0),
        "backwards": lambda pos, dim: sinusoidal(-pos, dim),
        "bfloat16-positions": lambda pos, dim: sinusoidal(pos.bfloat16(), dim),
        "float16-positions": lambda pos, dim: sinusoidal(pos.half(), dim),
        "degrees": lambda pos, dim: sinusoidal(pos * math.pi / 180, dim),
        "slowest-first": lambda pos, dim: hands(pos, paper(dim).flip(0)),
        "ignores-pos": lambda pos, dim: sinusoidal(torch.arange(len(pos)), dim),
        "from-one": lambda pos, dim: sinusoidal(pos + 1, dim),
        "transposed": lambda pos, dim: sinusoidal(pos, dim).T,
        "one-function": lambda pos, dim: sinusoidal(pos, dim)[:, 0::2].repeat_interleave(2, 1),
        "wrong-axis": by_rows,
        "shape": lambda pos, dim: sinusoidal(pos, dim)[None],
    },
    "shift_matrix": {
        "backwards": lambda k, dim: shift(-k, dim),
        "one-speed": lambda k, dim: blocks(k, [1] * (dim // 2)),
        "ignores-k": lambda k, dim: shift(1, dim),
        "stands-still": lambda k, dim: eye(dim),
        "shape": lambda k, dim: eye(2),
        "halves": lambda k, dim: shift(k, dim)[order(dim)][:, order(dim)],
        "no-turn": lambda k, dim: 2 * shift(k, dim),
        "ignores-sign": lambda k, dim: shift(abs(k), dim),
        "mirror": lambda k, dim: shift(k, dim).unflatten(1, (-1, 2)).flip(-1).flatten(1),
        "blocks": lambda k, dim: list(shift(k, dim).split(2)),
    },
    "offset_head": {
        "looks-ahead": queries(lambda k: -k),
        "looks-at-itself": lambda k, dim: (eye(dim), eye(dim)),
        "ignores-k": queries(lambda k: 1),
        "one-too-many": queries(lambda k: k + 1),
        "not-a-pair": lambda k, dim: shift_matrix(k, dim),
        "shape": lambda k, dim: (eye(4), eye(4)),
    },
    "shift_is_shown": {
        "r2-alone": lambda n, d, k, r2: round(r2, 9) == 1,
        "count-alone": lambda n, d, k, r2: n > d + k,
        "ignores-k": lambda n, d, k, r2: r2 > 1 - 1e-9 and n > d,
        "as-many-pairs": lambda n, d, k, r2: r2 > 1 - 1e-9 and n >= d + k,
        "loose": lambda n, d, k, r2: r2 > 0.9 and n - k > d,
        "exact": lambda n, d, k, r2: r2 == 1.0 and n - k > d,
        "opposite": lambda n, d, k, r2: not is_shown(n, d, k, r2),
        "not-a-bool": lambda n, d, k, r2: "yes",
        "value": lambda n, d, k, r2: True,
    },
}

INVENTED = {
    "inverse_frequencies": {
        "one over the number": ("unequal-ratios", lambda dim, base: 1 / (i_of(dim) + 1)),
        "half the base": ("last-speed", lambda dim, base: paper(dim, base / 2)),
        "powers of a half": ("fixed-width", lambda dim, base: 0.5 ** i_of(dim)),
        "doubled": ("first-speed", lambda dim, base: 2 * paper(dim, base)),
        "below zero": ("sign", lambda dim, base: 1 - 2 * i_of(dim)),
        "rising": ("not-falling", lambda dim, base: 1 + i_of(dim)),
        "zeros": ("not-falling", lambda dim, base: torch.zeros(dim // 2)),
        "with its square": ("unequal-ratios",
            lambda dim, base: paper(dim, base) ** 2 / 2 + paper(dim, base) / 2),
        "times its cosine": ("first-speed",
            lambda dim, base: paper(dim, base).sqrt() * paper(dim, base).cos()),
        "wavelengths": ("wavelengths", lambda dim, base: 2 * math.pi / paper(dim, base)),
        "one too many": ("shape", lambda dim, base: base ** (-torch.arange(0, dim + 2, 2) / dim)),
        "half steps": ("one-a-channel", lambda dim, base: base ** (-torch.arange(dim) / dim)),
        "half precision": ("half-precision", lambda dim, base: paper(dim, base).bfloat16()),
        "base written in": ("ignores-base", lambda dim, base: paper(dim)),
        "over zero": ("not-finite", lambda dim, base: paper(dim, base) / 0),
        "rounded": ("rounded",
            lambda dim, base: paper(dim, base).float().round(decimals=2)),
    },
    "sinusoidal": {
        "half a step on": ("start", lambda pos, dim: hands(pos + 0.5, paper(dim))),
        "a step back": ("start", lambda pos, dim: hands(pos - 1, paper(dim))),
        "doubled": ("scaled", lambda pos, dim: sinusoidal(pos, dim) * 2),
        "halved": ("scaled", lambda pos, dim: sinusoidal(pos, dim) / 2),
        "squared": ("pairs", lambda pos, dim: sinusoidal(pos, dim).abs() ** 2),
        "sign": ("start", lambda pos, dim: -sinusoidal(pos, dim)),
        "sine plus cosine": ("out-of-range", summed),
        "last hand missing": ("pairs", last_hand_missing),
        "zeros": ("one-code", lambda pos, dim: torch.zeros(len(pos), dim)),
        "the mean": ("depends-on-others", mean_code),
        "from the least": ("depends-on-others",
            lambda pos, dim: sinusoidal(pos - pos.min() + len(pos), dim)),
        "turned round": ("depends-on-others", lambda pos, dim: sinusoidal(pos, dim).flip(0)),
        "a share": ("depends-on-others", lambda pos, dim: sinusoidal(pos / pos.max(), dim)),
        "base 500": ("last-speed", lambda pos, dim: hands(pos, paper(dim, 500.0))),
        "squared positions": ("unsteady", lambda pos, dim: hands(pos**2, paper(dim))),
        "root": ("unsteady", lambda pos, dim: hands(pos.double().sqrt(), paper(dim))),
        "one over": ("unequal-ratios", lambda pos, dim: hands(pos, 1 / (1 + i_of(dim)))),
        "twice as fast": ("first-speed", lambda pos, dim: hands(2 * pos, paper(dim))),
        "sorted": ("rows", lambda pos, dim: hands(pos.sort().values, paper(dim))),
        "by two": ("two-alike", lambda pos, dim: hands(pos // 2, paper(dim))),
        "stops": ("reach", lambda pos, dim: hands(pos.clamp(max=511), paper(dim))),
        "wraps": ("reach", lambda pos, dim: hands(pos % 512, paper(dim))),
        "half precision": ("half-precision", lambda pos, dim: sinusoidal(pos, dim).bfloat16()),
        "whole": ("dtype", lambda pos, dim: sinusoidal(pos, dim).long()),
        "twice as wide": ("shape", lambda pos, dim: sinusoidal(pos, 2 * dim)),
        "cosines rolled": ("pairs", lambda pos, dim: hands(pos, paper(dim), paper(dim).roll(1))),
        "two slips": ("doubled-index",
            lambda pos, dim: in_halves(hands(pos, published(dim), published(dim, 1)))),
        "in halves, in order": ("ignores-pos", in_order),
    },
    "shift_matrix": {
        "a little more": ("mixes-pairs", lambda k, dim: shift_matrix(k, dim) + 0.01),
        "zeros": ("no-turn", lambda k, dim: torch.zeros(dim, dim)),
        "rows rolled": ("one-hot-shift", lambda k, dim: eye(dim).roll(-k, 1)),
        "one on": ("wrong-angle", lambda k, dim: shift_matrix(k + 1, dim)),
        "base 50": ("wrong-angle", lambda k, dim: shift_matrix(abs(k), dim, base=50.0)),
        "base 1000": ("base-1000", lambda k, dim: shift_matrix(k, dim, base=1000.0)),
        "squared": ("wrong-angle", lambda k, dim: shift(k * k, dim)),
        "upside down": ("mixes-pairs", lambda k, dim: shift_matrix(k, dim).flip(0)),
        "slowest first": ("slowest-first", lambda k, dim: blocks(k, paper(dim).flip(0))),
        "half precision": ("half-precision", lambda k, dim: shift_matrix(k, dim).bfloat16()),
        "codes": ("shape", lambda k, dim: sinusoidal(torch.arange(abs(k)), dim)),
        "sign": ("wrong-angle", lambda k, dim: -shift_matrix(k, dim)),
    },
    "offset_head": {
        "zeros": ("flat", lambda k, dim: (torch.zeros(dim, dim), eye(dim))),
        "keys": ("looks-ahead", lambda k, dim: (eye(dim), shift_matrix(k, dim))),
        "transposed": ("looks-ahead", lambda k, dim: (9 * shift_matrix(k, dim).T, eye(dim))),
        "sign": ("sign", lambda k, dim: (-shift_matrix(k, dim), eye(dim))),
        "two on": ("wrong-offset", queries(lambda k: k + 2)),
        "half": ("wrong-offset", queries(lambda k: k / 2 + 0.5)),
        "twice": ("twice", queries(lambda k: 2 * k)),
        "three times the code": ("looks-at-itself", lambda k, dim: (3 * eye(dim), eye(dim))),
        "rolled": ("wrong-key", lambda k, dim: (eye(dim).roll(k, 0), eye(dim))),
        "one channel": ("one-key", lambda k, dim: (torch.ones(dim, 2), only(dim, dim - 1))),
        "over zero": ("not-finite", lambda k, dim: (eye(dim) / 0, eye(dim))),
        "vectors": ("shape", lambda k, dim: (torch.ones(dim), torch.ones(dim))),
        "both": ("both-shifted", lambda k, dim: [shift_matrix(-k, dim)] * 2),
    },
    "shift_is_shown": {
        "R² of about 1": ("loose-and-alone", lambda n, d, k, r2: r2 > 0.9),
        "R² of 1 exactly": ("value", lambda n, d, k, r2: r2 == 1),
        "a quarter of the channels": ("r2-alone", lambda n, d, k, r2: r2 > 1 - 1e-9 and n > d / 4),
        "twice the channels": ("value", lambda n, d, k, r2: r2 > 1 - 1e-9 and n - k > 2 * d),
        "all entries of the matrix": ("entries",
            lambda n, d, k, r2: r2 > 1 - 1e-9 and (n - k) > d**2),
        "a pair for each frequency": ("hands",
            lambda n, d, k, r2: r2 > 1 - 1e-9 and n - k > d // 2),
        "fewer vectors than channels": ("fewer-pairs",
            lambda n, d, k, r2: r2 > 1 - 1e-9 and d > n - k),
        "nothing is ever shown": ("value", lambda n, d, k, r2: False),
        "a probability": ("not-a-bool", lambda n, d, k, r2: 0.5),
    },
}  # fmt: skip

FOUND = programs_03.FOUND | matrices_03.FOUND
for name, found in FOUND.items():
    INVENTED[name] |= {label: (slug, program) for label, (slug, _, program) in found.items()}

SAID = {
    name: [(words, program) for _, words, program in found.values()]
    for name, found in FOUND.items()
}
SAID["inverse_frequencies"] += [
    (
        "the ratio of frequency 1 to frequency 0 is 0.5. It must be 0.1",
        lambda d, b: 1 / (i_of(d) + 1),
    ),
]
SAID["sinusoidal"] += [
    ("The exponent is 2i + 1 for the cosine. Use 2i, the same as its sine.", next_exponent),
    ("instead of dividing by it.", divided),
]
SAID["shift_is_shown"] = [
    ("It judges 8 of 13 correctly", WRONG["shift_is_shown"]["r2-alone"]),
    ("n = 73, d = 64, k = 9, R² = 1", WRONG["shift_is_shown"]["as-many-pairs"]),
    ("Compare with 1 - 1e-9, not with ==", WRONG["shift_is_shown"]["exact"]),
]
SCORES = {"shift_is_shown": [(1, is_shown), (8 / 13, WRONG["shift_is_shown"]["r2-alone"])]}
SAID["offset_head"] += [
    ("are shifted by the same k, so", lambda k, dim: [shift_matrix(k, dim)] * 2),
    ("as without any shift", WRONG["offset_head"]["looks-at-itself"]),
]
