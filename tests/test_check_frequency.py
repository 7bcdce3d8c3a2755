"""The checkers of notebook 03: the right answer passes, wrong ones are named."""

import math

import pytest
import torch

import posenc
from posenc import check


def line_of(capsys):
    """The one line that a checker prints."""
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    return printed[0]


def table(pos, sines, cosines):
    """The codes from a speed for each sine and one for each cosine."""
    pos = torch.as_tensor(pos)[:, None]
    return torch.stack([(pos * sines).sin(), (pos * cosines).cos()], dim=-1).flatten(1)


def even(dim):
    return torch.arange(0, dim, 2) / dim


def speeds_by_log(dim, base):
    return torch.exp(torch.arange(0, dim, 2) * -(math.log(base) / dim))


def turn_blocks(k, dim, sign=1.0, same_speed=False):
    speeds = posenc.inverse_frequencies(dim)
    speeds = torch.ones_like(speeds) if same_speed else speeds
    cos, sin = (k * speeds).cos(), sign * (k * speeds).sin()
    blocks = torch.stack([cos, sin, -sin, cos], dim=-1).unflatten(-1, (2, 2))
    return torch.block_diag(*blocks)


RIGHT = {
    "inverse_frequencies": speeds_by_log,
    "sinusoidal": posenc.sinusoidal,
    "shift_matrix": turn_blocks,
    "offset_head": lambda k, dim: (posenc.shift_matrix(k, dim), torch.eye(dim)),
}

WRONG = {
    "inverse_frequencies": {
        "doubled-exponent": lambda dim, base: base ** (-2 * torch.arange(0, dim, 2) / dim),
        "inverted": lambda dim, base: base ** even(dim),
        "turns": lambda dim, base: 2 * math.pi * base ** -even(dim),
        "starts-late": lambda dim, base: base ** -(even(dim) + 2 / dim),
        "slowest-first": lambda dim, base: (base ** -even(dim)).flip(0),
        "one-a-channel": lambda dim, base: (base ** -even(dim)).repeat_interleave(2),
        "equal-steps": lambda dim, base: torch.linspace(1, base ** -(1 - 2 / dim), dim // 2),
        "base-1000": lambda dim, base: 1000.0 ** -even(dim),
        "wrong-log": lambda dim, base: torch.exp(-even(dim) * math.log10(base)),
        "not-a-tensor": lambda dim, base: [1.0],
        "raises": lambda dim, base: 1 / 0,
    },
    "sinusoidal": {
        "doubled-index": lambda pos, dim: table(
            pos, 10_000.0 ** (-2 * even(dim)), 10_000.0 ** (-2 * (even(dim) + 1 / dim))
        ),
        "cosine-exponent": lambda pos, dim: table(
            pos, 10_000.0 ** -even(dim), 10_000.0 ** -(even(dim) + 1 / dim)
        ),
        "doubled-exponent": lambda pos, dim: table(
            pos, 10_000.0 ** (-2 * even(dim)), 10_000.0 ** (-2 * even(dim))
        ),
        "inverted": lambda pos, dim: table(
            pos.double(), 10_000.0 ** even(dim).double(), 10_000.0 ** even(dim).double()
        ),
        "base-1000": lambda pos, dim: posenc.sinusoidal(pos, dim, 1000.0),
        "backwards": lambda pos, dim: posenc.sinusoidal(-pos, dim),
        "bfloat16-positions": lambda pos, dim: posenc.sinusoidal(pos.bfloat16(), dim),
        "float16-positions": lambda pos, dim: posenc.sinusoidal(pos.half(), dim),
        "degrees": lambda pos, dim: posenc.sinusoidal(pos * math.pi / 180, dim),
        "slowest-first": lambda pos, dim: table(pos, *[(10_000.0 ** -even(dim)).flip(0)] * 2),
        "ignores-pos": lambda pos, dim: posenc.sinusoidal(torch.arange(len(pos)), dim),
        "from-one": lambda pos, dim: posenc.sinusoidal(pos + 1, dim),
        "transposed": lambda pos, dim: posenc.sinusoidal(pos, dim).T,
        "one-function": lambda pos, dim: posenc.sinusoidal(pos, dim)[:, 0::2].repeat_interleave(
            2, dim=1
        ),
        "shape": lambda pos, dim: posenc.sinusoidal(pos, dim)[None],
    },
    "shift_matrix": {
        "backwards": lambda k, dim: turn_blocks(k, dim, sign=-1.0),
        "one-speed": lambda k, dim: turn_blocks(k, dim, same_speed=True),
        "ignores-k": lambda k, dim: turn_blocks(1, dim),
        "stands-still": lambda k, dim: torch.eye(dim),
        "shape": lambda k, dim: torch.eye(2),
        "halves": lambda k, dim: turn_blocks(k, dim)[order(dim)][:, order(dim)],
        "no-turn": lambda k, dim: 2 * turn_blocks(k, dim),
        "ignores-sign": lambda k, dim: turn_blocks(abs(k), dim),
        "mirror": lambda k, dim: turn_blocks(k, dim).unflatten(1, (-1, 2)).flip(-1).flatten(1),
        "blocks": lambda k, dim: list(turn_blocks(k, dim).split(2)),
    },
    "offset_head": {
        "looks-ahead": lambda k, dim: (posenc.shift_matrix(-k, dim), torch.eye(dim)),
        "looks-at-itself": lambda k, dim: (torch.eye(dim), torch.eye(dim)),
        "ignores-k": lambda k, dim: (posenc.shift_matrix(1, dim), torch.eye(dim)),
        "one-too-many": lambda k, dim: (posenc.shift_matrix(k + 1, dim), torch.eye(dim)),
        "not-a-pair": lambda k, dim: posenc.shift_matrix(k, dim),
        "shape": lambda k, dim: (torch.eye(4), torch.eye(4)),
    },
}


def order(dim):
    return torch.cat([torch.arange(0, dim, 2), torch.arange(1, dim, 2)])


EXERCISES = {name: (RIGHT[name], WRONG[name]) for name in RIGHT}


def test_the_first_wrong_entry_is_named(capsys):
    check.inverse_frequencies(lambda dim, base: torch.tensor([1, 0.1, 0.1, 0.001]))
    assert line_of(capsys).endswith("speed 2 is 0.1 after 0.1")


def by_rows(pos, dim):
    """The slip of [0::2] for [:, 0::2]."""
    theta = (pos[:, None] * posenc.inverse_frequencies(dim)).repeat_interleave(2, dim=1)
    codes = theta.clone()
    codes[0::2], codes[1::2] = theta[0::2].sin(), theta[1::2].cos()
    return codes


def test_stripes_along_the_wrong_axis_are_named():
    assert check.sinusoidal(by_rows).mistake == "wrong-axis"


def next_exponent(pos, dim):
    """The slip of i + 1 in the cosine, with nothing doubled."""
    return table(pos, 10_000.0 ** -even(dim), 10_000.0 ** -(even(dim) + 1 / dim))


def divided(pos, dim):
    """The slip of dividing by a speed, in float32."""
    angles = pos[:, None] / posenc.inverse_frequencies(dim)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def both_shifted(k, dim):
    return [posenc.shift_matrix(k, dim)] * 2


@pytest.mark.parametrize(
    ("name", "answer", "end"),
    [
        ("sinusoidal", next_exponent, "sine and cosine of a pair must take the same exponent, 2i"),
        ("sinusoidal", divided, "or you divide by a speed"),
        ("shift_matrix", lambda k, dim: posenc.shift_matrix(k, dim, 100), "exponent −2i/dim"),
        ("offset_head", both_shifted, "both shifted alike, so it cancels"),
        ("offset_head", lambda k, dim: [torch.eye(dim)] * 2, "nothing is shifted"),
    ],
)
def test_the_line_says_what_went_wrong(name, answer, end, capsys):
    assert not getattr(check, name)(answer).passed
    assert line_of(capsys).endswith(end)


def test_another_order_of_channels_passes_with_a_remark(capsys):
    verdict = check.sinusoidal(lambda pos, dim: posenc.sinusoidal(pos, dim)[:, order(dim)])
    assert verdict.equivalent
    assert line_of(capsys).startswith("≈ sinusoidal: equivalent: ")


def test_a_head_may_shift_the_keys_instead():
    assert check.offset_head(lambda k, dim: (torch.eye(dim), posenc.shift_matrix(-k, dim))).passed


def ends_at_base(dim, base=10_000.0):
    return base ** -torch.linspace(0, 1, dim // 2)


def test_half_the_width_minus_one_passes_with_a_remark(capsys):
    assert check.inverse_frequencies(ends_at_base).equivalent
    assert "slowest wavelength is exactly 2π · base" in line_of(capsys)
    assert check.inverse_frequencies(lambda d, b: b ** -(torch.arange(d // 2) / (d // 2 - 1)))
    assert "tensor2tensor" in line_of(capsys)
    for sort in (slice(None), order(8), order(8).roll(4)):  # tensor2tensor has all sines first
        answer = lambda pos, dim, s=sort: table(pos, *[ends_at_base(dim)] * 2)[:, s]  # noqa: E731
        assert check.sinusoidal(answer).equivalent
        assert "tensor2tensor" in line_of(capsys)


def by_loops(pos, dim):
    rows = [
        [f(p / 10_000 ** (2 * i / dim)) for i in range(dim // 2) for f in (math.sin, math.cos)]
        for p in pos.tolist()
    ]
    return torch.tensor(rows)


def by_broadcast(pos, dim):
    angles = torch.einsum("n,m->nm", pos.double(), speeds_by_log(dim, 10_000.0).double())
    return torch.view_as_real(torch.polar(torch.ones_like(angles), angles)).flip(-1).flatten(1)


def powers_of_one(k, dim):
    return torch.linalg.matrix_power(posenc.shift_matrix(1, dim, dtype=torch.float64), k)


OTHER_FORMS = [
    ("inverse_frequencies", lambda d, b: torch.tensor([b ** (-i / d) for i in range(0, d, 2)])),
    ("inverse_frequencies", lambda d, b: torch.exp2(-even(d).double() * math.log2(b))),
    ("inverse_frequencies", lambda d, b: 1 / b ** even(d)),
    ("sinusoidal", by_loops),
    ("sinusoidal", by_broadcast),
    ("sinusoidal", lambda pos, d: table(pos.double(), *[10_000.0 ** -even(d).double()] * 2)),
    ("sinusoidal", lambda pos, d: table(pos, *[speeds_by_log(d, 10_000.0)] * 2)),
    ("shift_matrix", powers_of_one),
    ("shift_matrix", lambda k, d: posenc.shift_matrix(-k, d).T),
    ("offset_head", lambda k, d: (9 * posenc.shift_matrix(k, d), torch.eye(d))),
    ("offset_head", lambda k, d: [posenc.shift_matrix(k - 1, d), posenc.shift_matrix(-1, d)]),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("name", "answer"), OTHER_FORMS)
def test_other_right_forms_pass_plainly(name, answer, dtype):
    torch.set_default_dtype(dtype)
    try:
        verdict = getattr(check, name)(answer)
    finally:
        torch.set_default_dtype(torch.float32)
    assert (verdict.passed, verdict.equivalent) == (True, False)


def test_a_remark_on_one_case_excuses_no_other():
    in_order = lambda pos, dim: posenc.sinusoidal(torch.arange(len(pos)), dim)[:, order(dim)]  # noqa: E731
    assert check.sinusoidal(in_order).mistake == "ignores-pos"
