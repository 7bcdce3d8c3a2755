"""Wrong answers that nobody published: all are rejected, each named by a slip or a property."""

import math

import pytest
import torch

import posenc
from posenc import check

F64 = torch.float64


def i_of(dim):
    return torch.arange(dim // 2, dtype=F64)


def paper(dim, base=10_000.0):
    return base ** (-2 * i_of(dim) / dim)


def hands(pos, sines, cosines=None):
    cosines = sines if cosines is None else cosines
    p = pos.to(F64)[:, None]
    return torch.stack([(p * sines).sin(), (p * cosines).cos()], dim=-1).flatten(1)


def blocks(k, speeds):
    return torch.block_diag(*[turn(k * w) for w in speeds])


def turn(angle):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, s], [-s, c]])


def mean_code(pos, dim):
    return posenc.sinusoidal(pos, dim).mean(0).expand(len(pos), dim)


def summed(pos, dim):
    code = posenc.sinusoidal(pos, dim)
    return (code[:, 0::2] + code[:, 1::2]).repeat_interleave(2, dim=1)


def last_hand_missing(pos, dim):
    code = posenc.sinusoidal(pos, dim)
    code[:, -2:] = 0
    return code


def eye(dim):
    return torch.eye(dim)


INVENTED = {
    "inverse_frequencies": [
        ("unequal-ratios", lambda dim, base: 1 / (i_of(dim) + 1)),
        ("last-speed", lambda dim, base: (base / 2) ** (-2 * i_of(dim) / dim)),
        ("last-speed", lambda dim, base: 0.5 ** i_of(dim)),
        ("first-speed", lambda dim, base: 2 * paper(dim, base)),
        ("starts-late", lambda dim, base: base ** (-2 * (i_of(dim) + 1) / dim)),
        ("sign", lambda dim, base: 1 - 2 * i_of(dim)),
        ("not-falling", lambda dim, base: 1 + i_of(dim)),
        ("not-falling", lambda dim, base: torch.zeros(dim // 2)),
        ("unequal-ratios", lambda dim, base: paper(dim, base) ** 2 / 2 + paper(dim, base) / 2),
        ("first-speed", lambda dim, base: paper(dim, base).sqrt() * paper(dim, base).cos()),
        ("wavelengths", lambda dim, base: 2 * math.pi / paper(dim, base)),
        ("shape", lambda dim, base: base ** (-torch.arange(0, dim + 2, 2) / dim)),
        ("one-a-channel", lambda dim, base: base ** (-torch.arange(dim) / dim)),
        ("half-precision", lambda dim, base: paper(dim, base).bfloat16()),
        ("ignores-base", lambda dim, base: paper(dim)),
        ("not-finite", lambda dim, base: paper(dim, base) / 0),
        ("unequal-ratios", lambda dim, base: paper(dim, base).float().round(decimals=2)),
    ],
    "sinusoidal": [
        ("start", lambda pos, dim: hands(pos + 0.5, paper(dim))),
        ("start", lambda pos, dim: hands(pos - 1, paper(dim))),
        ("out-of-range", lambda pos, dim: posenc.sinusoidal(pos, dim) * 2),
        ("scaled", lambda pos, dim: posenc.sinusoidal(pos, dim) / 2),
        ("pairs", lambda pos, dim: posenc.sinusoidal(pos, dim).abs() ** 2),
        ("start", lambda pos, dim: -posenc.sinusoidal(pos, dim)),
        ("out-of-range", summed),
        ("pairs", last_hand_missing),
        ("one-code", lambda pos, dim: torch.zeros(len(pos), dim)),
        ("depends-on-others", mean_code),
        ("depends-on-others", lambda pos, dim: posenc.sinusoidal(pos - pos.min() + len(pos), dim)),
        ("depends-on-others", lambda pos, dim: posenc.sinusoidal(pos, dim).flip(0)),
        ("depends-on-others", lambda pos, dim: posenc.sinusoidal(pos / pos.max(), dim)),
        ("last-speed", lambda pos, dim: hands(pos, paper(dim, 500.0))),
        ("unsteady", lambda pos, dim: hands(pos**2, paper(dim))),
        ("unsteady", lambda pos, dim: hands(pos.double().sqrt(), paper(dim))),
        ("unequal-ratios", lambda pos, dim: hands(pos, 1 / (1 + i_of(dim)))),
        ("first-speed", lambda pos, dim: hands(2 * pos, paper(dim))),
        ("rows", lambda pos, dim: hands(pos.sort().values, paper(dim))),
        ("two-alike", lambda pos, dim: hands(pos // 2, paper(dim))),
        ("unsteady", lambda pos, dim: hands(pos.clamp(max=511), paper(dim))),
        ("unsteady", lambda pos, dim: hands(pos % 512, paper(dim))),
        ("half-precision", lambda pos, dim: posenc.sinusoidal(pos, dim).bfloat16()),
        ("dtype", lambda pos, dim: posenc.sinusoidal(pos, dim).long()),
        ("shape", lambda pos, dim: posenc.sinusoidal(pos, 2 * dim)),
        ("pairs", lambda pos, dim: hands(pos, paper(dim), paper(dim).roll(1))),
        ("doubled-index", lambda pos, dim: in_halves(hands(pos, slip(dim), slip(dim, 1)))),
    ],
    "shift_matrix": [
        ("mixes-pairs", lambda k, dim: posenc.shift_matrix(k, dim) + 0.01),
        ("no-turn", lambda k, dim: 2 * posenc.shift_matrix(k, dim)),
        ("no-turn", lambda k, dim: torch.zeros(dim, dim)),
        ("mixes-pairs", lambda k, dim: eye(dim).roll(k, 0)),
        ("wrong-angle", lambda k, dim: posenc.shift_matrix(k + 1, dim)),
        ("wrong-angle", lambda k, dim: posenc.shift_matrix(abs(k), dim, base=50.0)),
        ("base-1000", lambda k, dim: posenc.shift_matrix(k, dim, base=1000.0)),
        ("wrong-angle", lambda k, dim: blocks(k * k, paper(dim))),
        ("mixes-pairs", lambda k, dim: posenc.shift_matrix(k, dim).flip(0)),
        ("slowest-first", lambda k, dim: blocks(k, paper(dim).flip(0))),
        ("half-precision", lambda k, dim: posenc.shift_matrix(k, dim).bfloat16()),
        ("shape", lambda k, dim: posenc.sinusoidal(torch.arange(k), dim)),
        ("wrong-angle", lambda k, dim: -posenc.shift_matrix(k, dim)),
    ],
    "offset_head": [
        ("flat", lambda k, dim: (torch.zeros(dim, dim), eye(dim))),
        ("looks-ahead", lambda k, dim: (eye(dim), posenc.shift_matrix(k, dim))),
        ("looks-ahead", lambda k, dim: (9 * posenc.shift_matrix(k, dim).T, eye(dim))),
        ("sign", lambda k, dim: (-posenc.shift_matrix(k, dim), eye(dim))),
        ("wrong-offset", lambda k, dim: (posenc.shift_matrix(k + 2, dim), eye(dim))),
        ("wrong-offset", lambda k, dim: (posenc.shift_matrix(k / 2 + 0.5, dim), eye(dim))),
        ("twice", lambda k, dim: (posenc.shift_matrix(2 * k, dim), eye(dim))),
        ("looks-at-itself", lambda k, dim: (3 * eye(dim), eye(dim))),
        ("wrong-key", lambda k, dim: (eye(dim).roll(k, 0), eye(dim))),
        ("one-key", lambda k, dim: (eye(dim)[:, [1, 31]] * 0 + 1, only(dim, 31))),
        ("not-finite", lambda k, dim: (eye(dim) / 0, eye(dim))),
        ("shape", lambda k, dim: (torch.ones(dim), torch.ones(dim))),
        ("both-shifted", lambda k, dim: [posenc.shift_matrix(-k, dim)] * 2),
    ],
    "mended_table": [
        ("one-code", lambda n, d: torch.zeros(n, d)),
        ("start", lambda n, d: hands(torch.arange(n) + 2, paper(d))),
        ("last-speed", lambda n, d: hands(torch.arange(n), paper(d, 100_000.0))),
        ("pairs", lambda n, d: hands(torch.arange(n), paper(d), paper(d) / 2)),
        ("cosine-alone", lambda n, d: hands(torch.arange(n), paper(d))[:, 1::2].repeat(1, 2)),
        ("start", lambda n, d: hands(torch.arange(n).flip(0), paper(d))),
        ("unsteady", lambda n, d: hands(torch.arange(n) ** 2, paper(d))),
        ("doubled-exponent", lambda n, d: in_halves(hands(torch.arange(n), paper(d) ** 2))),
        ("two-alike", lambda n, d: hands(torch.arange(n) // 3, paper(d))),
        ("shape", lambda n, d: hands(torch.arange(d), paper(2 * n))),
    ],
}
CASES = [(name, slug, answer) for name, rows in INVENTED.items() for slug, answer in rows]


def only(dim, channel):
    matrix = torch.zeros(dim, 2)
    matrix[channel] = 1.0
    return matrix


def slip(dim, more=0):
    return 10_000.0 ** (-(4 * i_of(dim) + 2 * more) / dim)


def in_halves(code):
    return torch.cat([code[:, 0::2], code[:, 1::2]], dim=1)


@pytest.mark.parametrize(
    ("name", "slug", "answer"), CASES, ids=[f"{n}-{k}-{s}" for k, (n, s, _) in enumerate(CASES)]
)
def test_it_is_rejected_and_named(name, slug, answer, capsys):
    verdict = getattr(check, name)(answer)
    line = capsys.readouterr().out
    assert (verdict.passed, verdict.mistake) == (False, slug), line


def test_nearly_all_have_a_better_name_than_value():
    named = sum(slug != "value" for _, slug, _ in CASES)
    assert named / len(CASES) > 0.95
