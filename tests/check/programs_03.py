"""Wrong frequencies and position vectors that learners and public repositories wrote.

`FOUND` is `{exercise: {label: (slug, words of the line, program)}}`.
"""

import math

import torch

BFLOAT, HALF, INT16, UINT8 = torch.bfloat16, torch.float16, torch.int16, torch.uint8


def w(dim, base=10_000.0):
    return base ** -(torch.arange(0, dim, 2) / dim)


def pair(a, b):
    return torch.stack((a, b), -1).flatten(-2)


def angles(pos, dim, base=10_000.0):
    return pos[:, None] * w(dim, base)


def code(pos, freq):
    return pair((pos[:, None] * freq).sin(), (pos[:, None] * freq).cos())


def halves(table):
    return torch.cat((table[:, 0::2], table[:, 1::2]), 1)


def written(dim, evens, odds):
    """A table with these written to its even and odd channels."""
    table = torch.zeros(len(evens), dim)
    table[:, 0::2], table[:, 1::2] = evens, odds
    return table


def kept(table, keep):
    """The table with zeros in all rows but those."""
    return table * keep[:, None]


def ends(dim, base=10_000.0):
    return base ** -(torch.arange(dim // 2) / (dim // 2 - 1))


def cut(freq, many):
    """Frequencies with zeros from one on."""
    return torch.cat((freq[:many], torch.zeros(len(freq) - many)))


def in_place(pos, dim):
    """The article's own: sines are written over angles that the cosines need."""
    a = pos[:, None] * w(dim).repeat_interleave(2)
    a[:, : dim // 2] = a[:, 0::2].sin()
    a[:, dim // 2 :] = a[:, 1::2].cos()
    return a


def sine_of_cosine(pos, dim):
    a = angles(pos, dim).repeat_interleave(2, 1)
    a[:, 1::2] = a[:, 0::2].cos()
    a[:, 0::2] = a[:, 1::2].sin()
    return a


def rows(pos, dim):
    table = torch.zeros(len(pos), dim)
    table[0::2] = angles(pos, dim).sin()
    return table


def doubled(pos, dim):
    i = torch.arange(0, dim, 2)
    sines, cosines = (pos[:, None] * 10_000.0 ** (-2 * (i + j) / dim) for j in (0, 1))
    return pair(cosines.cos(), sines.sin())


def repeated(pos, dim):
    a = torch.cat((angles(pos, dim),) * 2, -1)
    return written(dim, a[:, 0::2].sin(), a[:, 1::2].cos())


def own_exponent(pos, dim):
    a = pos[:, None] * 10_000.0 ** -(torch.arange(dim) / dim)
    return torch.cat((a[:, : dim // 2].sin(), a[:, dim // 2 :].cos()), 1)


def neighbours(pos, dim):
    table = torch.zeros(len(pos), dim)
    for k, freq in enumerate(w(dim)):
        table[:, k], table[:, k + 1] = (pos * freq).sin(), (pos * freq).cos()
    return table


FOUND = {
    "inverse_frequencies": {
        "d/2 − 1": ("ends-at-base", "Divide by dim/2. (dim 8", ends),
        "floor division": ("floored", "as // gives", lambda d, b: 1 // w(d, 1 / b)),
        "a quarter rotates": ("zeros", "from pair 1 on", lambda d, b: cut(w(d, b), d // 8)),
        "the last is 0": ("zeros", "from pair 3 on", lambda d, b: cut(w(d, b), d // 2 - 1)),
        "of the example": (
            "fixed-width", "0.1 times the one before at every width and base",
            lambda d, b: 10.0 ** -torch.arange(d // 2)),
        "of width 512": (
            "fixed-width", "dim is taken as 512",
            lambda d, b: b ** -(torch.arange(0, d, 2) / 512)),
        "bfloat16 and back": (
            "half-precision", "rounded to bfloat16: 0.100098 for 0.1",
            lambda d, b: w(d, b).to(BFLOAT).float()),
        "float16 and back": (
            "half-precision", "rounded to float16", lambda d, b: w(d, b).half().double()),
        "three decimals": (
            "rounded", "rounded to 3 decimals", lambda d, b: w(d, b).round(decimals=3)),
        "bfloat16 exponent": (
            "rounded-exponent", "float32",
            lambda d, b: b ** -(torch.arange(0, d, 2) / d).to(BFLOAT).float()),
        "base 0": ("base-zero", "base is not 0", lambda d, b: w(d, 0.0 * b)),
        "minus inside": (
            "negative-base", "base ** -(2i/dim)",
            lambda d, b: (-b) ** (torch.arange(0, d, 2) / d)),
        "precedence": (
            "precedence", "brackets", lambda d, b: 1 / b**2 * torch.arange(d // 2) / d),
        "divided after": (
            "precedence-divided", "brackets",
            lambda d, b: (1.0 * b) ** -torch.arange(0, d, 2) / d),
        "one too few": ("shape", "Return dim/2 = 4 frequencies", lambda d, b: w(d, b)[:-1]),
        "a column": ("shape", "without further axes", lambda d, b: w(d, b)[:, None]),
        "math.pow": (
            "raises", "torch.pow", lambda d, b: math.pow(b, -torch.arange(0, d, 2) / d)),
        "log2": (
            "last-speed", "not math.log2",
            lambda d, b: (-torch.arange(0, d, 2) / d * math.log2(b)).exp()),
        "no log": (
            "log-missing", "math.log(base)",
            lambda d, b: (-torch.arange(0, d, 2) / d * b).exp()),
        "in Hertz": ("first-speed", "0.1592 (1/2π)", lambda d, b: w(d, b) / (2 * math.pi)),
        "normalised": ("first-speed", "0.9001", lambda d, b: w(d, b) / w(d, b).sum()),
        "not below 0.001": (
            "not-falling", "0.001 after 0.001", lambda d, b: w(d, b).clamp(min=1e-3)),
        "whole": ("dtype", "int64", lambda d, b: w(d, b).long()),
        "stretched base": (
            "last-speed", "as with base 6.35e+04",
            lambda d, b: w(d, b * 4 ** (d / max(d - 2, 1)))),
        "twice the base": ("last-speed", "multiplied by 2: it is 2e+04 for 10000",
            lambda d, b: w(d, 2 * b)),
        "base 5000": ("last-speed", "The base is 5000. Use the argument",
            lambda d, b: w(d, 5000.0)),
        "printed": ("returned-none", "Did you print", lambda d, b: print(w(d, b))),
        "dim − 1": (
            "last-speed", "divided by dim − 1",
            lambda d, b: b ** -(torch.arange(0, d, 2) / (d - 1))),
        "logarithms": (
            "logarithms", "torch.exp", lambda d, b: -torch.arange(0, d, 2) / d * math.log(b)),
        "four digits, cut": (
            "rounded", "4 decimals", lambda d, b: (w(d, b) * 1e4).floor() / 1e4),
        "interpolated": ("first-speed", "0.25 (1/4)", lambda d, b: w(d, b) / 4),
        "fours only": (
            "last-speed", "as with base 22.63",
            lambda d, b: b ** -(torch.arange(0, d, 2) / (d + d % 4))),
        "slow ones slowed": (
            "unequal-ratios", "is 0.0125. It must be 0.1",
            lambda d, b: torch.where(w(d, b) < 0.1, w(d, b) / 8, w(d, b))),
        "right at width 8": (
            "last-speed", "inverse_frequencies(6, 64)",
            lambda d, b: w(d, b) if d == 8 else w(d, b) ** 2),
    },
    "sinusoidal": {
        "int16": ("int16-positions", "32768", lambda p, d: code(p.to(INT16), w(d))),
        "uint8": ("uint8-positions", "256 becomes 0", lambda p, d: code(p.to(UINT8), w(d))),
        "int8, halves": (
            "int8-positions", "−128", lambda p, d: halves(code(p.to(torch.int8), w(d)))),
        "clamped": (
            "reach", "32768 gets the vector of position 4999",
            lambda p, d: code(p.clamp(max=4999), w(d))),
        "modulo": (
            "reach", "32768 gets the vector of position 2768",
            lambda p, d: code(p % 10_000, w(d))),
        "of the example": (
            "fixed-width", "as if dim were 8",
            lambda p, d: code(p, 10.0 ** -torch.arange(d // 2))),
        "of width 512": (
            "fixed-width", "as if dim were 512",
            lambda p, d: halves(code(p, w(512)[: d // 2]))),
        "overwritten": ("halves-overwritten", "tensor of their own", in_place),
        "sines overwritten": (
            "cosine-of-sine", "tensor of their own",
            lambda p, d: pair(angles(p, d).sin(), angles(p, d).sin().cos())),
        "sines overwritten, halves": (
            "cosine-of-sine", "tensor of their own",
            lambda p, d: torch.cat((angles(p, d).sin(), angles(p, d).sin().cos()), 1)),
        "cosines overwritten": ("sine-of-cosine", "tensor of their own", sine_of_cosine),
        "cosines over sines": (
            "only-cosines", "codes[:, 1::2]",
            lambda p, d: written(d, angles(p, d).cos(), torch.zeros(1))),
        "sines in the first half": (
            "only-sines", "Half of the channels",
            lambda p, d: torch.cat((angles(p, d).sin(), torch.zeros(len(p), d // 2)), 1)),
        "neighbouring channels": ("half-empty", "2k + 1", neighbours),
        "base 5000, cosine first": (
            "last-speed", "The base is 5000",
            lambda p, d: pair(angles(p, d, 5000.0).cos(), angles(p, d, 5000.0).sin())),
        "base e": ("last-speed", "The base is 2.718", lambda p, d: code(p, w(d, math.e))),
        "padding": (
            "padding-row", "position 0", lambda p, d: kept(code(p, w(d)), p != 0)),
        "last row empty": (
            "zero-row", "position 11, row 11",
            lambda p, d: kept(code(p, w(d)), torch.arange(len(p)) < len(p) - 1)),
        "first row empty, halves": (
            "zero-row", "position 0, row 0",
            lambda p, d: kept(halves(code(p, w(d))), torch.arange(len(p)) > 0)),
        "bfloat16 frequencies": (
            "bfloat16-frequencies", "0.1001", lambda p, d: code(p, w(d).to(BFLOAT).float())),
        "float16 frequencies, halves": (
            "float16-frequencies", "0.09998",
            lambda p, d: halves(code(p, w(d).to(HALF).float()))),
        "float16 angles": (
            "float16-angles", "204.875",
            lambda p, d: pair(angles(p, d).half().sin().float(),
                angles(p, d).half().float().cos())),
        "bfloat16 throughout": (
            "bfloat16-throughout", "convert last",
            lambda p, d: code(p.to(BFLOAT), w(d).to(BFLOAT)).float()),
        "table in float16": (
            "half-precision", "rounded to float16",
            lambda p, d: code(p, w(d)).half().float()),
        "three decimals": (
            "rounded", "3 decimals", lambda p, d: code(p, w(d)).round(decimals=3)),
        "two decimals, halves": (
            "rounded", "2 decimals", lambda p, d: halves(code(p, w(d))).round(decimals=2)),
        "not flattened": (
            "shape", ".flatten(1)",
            lambda p, d: torch.stack((angles(p, d).sin(), angles(p, d).cos()), -1)),
        "joined as rows": (
            "shape", "dim=1",
            lambda p, d: torch.cat((angles(p, d).sin(), angles(p, d).cos()), 0)),
        "sines alone": ("shape", "one channel per pair", lambda p, d: angles(p, d).sin()),
        "rows filled": ("raises", "[0::2] selects rows", rows),
        "no column": ("raises", "pos[:, None]", lambda p, d: (p * w(d)).sin()),
        "math.sin": ("raises", "torch.sin", lambda p, d: math.sin(angles(p, d))),
        "angles by halves": ("angles-by-halves", "repeat_interleave(2)", repeated),
        "angles by pairs": (
            "angles-by-pairs", "alternate",
            lambda p, d: torch.cat(tuple(
                f(a) for f, a in zip((torch.sin, torch.cos),
                    angles(p, d).repeat_interleave(2, 1).chunk(2, 1), strict=True)), 1)),
        "a frequency per channel": ("channel-frequencies", "2i/dim", own_exponent),
        "over √d": ("scaled", "0.3536", lambda p, d: code(p, w(d)) / d**0.5),
        "negative cosine": (
            "start", "(0, -1)",
            lambda p, d: pair(angles(p, d).sin(), -angles(p, d).cos())),
        "angles": (
            "out-of-range", ".sin() and .cos()",
            lambda p, d: angles(p, d).repeat_interleave(2, 1)),
        "doubled, cosine first": ("doubled-index", "4i + 2", doubled),
        "d/2 − 1": (
            "ends-at-base", "Divide by dim/2", lambda p, d: code(p, ends(d))),
        "d/2 − 1, halves": (
            "sines-first-ends-at-base", "Divide by dim/2",
            lambda p, d: halves(code(p, ends(d)))),
        "cosines a third slower": (
            "pairs", "the sine has the frequency 1 and the cosine 0.6667",
            lambda p, d: pair(angles(p, d).sin(), (angles(p, d) * 2 / 3).cos())),
        "printed": ("returned-none", "Did you print", lambda p, d: print(code(p, w(d)))),
        "floor division": (
            "floored-angles", "Divide with /",
            lambda p, d: pair(*(f(p[:, None] // w(d, 1e-4))
                for f in (torch.sin, torch.cos)))),
        "position / 512": ("first-speed", "0.001953 (1/512)", lambda p, d: code(p / 512, w(d))),
        "each once": (
            "shape", "a row per position", lambda p, d: code(p.unique(), w(d))),
        "noise": (
            "random", "random numbers",
            lambda p, d: code(p, w(d)) + 0.01 * torch.randn(len(p), d)),
        "5000 rows": (
            "raises", "from pos itself", lambda p, d: code(torch.arange(5000), w(d))[p]),
        "integers times floats": (
            "raises", "pos.float()", lambda p, d: (p[:, None] @ w(d)[None]).sin()),
        "one pair exchanged": (
            "start", "the same order in every pair",
            lambda p, d: code(p, w(d))[:, [1, 0, *range(2, d)]]),
        "right at width 8": (
            "last-speed", "with base 1000",
            lambda p, d: code(p, w(d, 10_000.0 if d == 8 else 1000.0))),
    },
}  # fmt: skip
