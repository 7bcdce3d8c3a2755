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
        "ends-at-base": lambda dim, base: 1.0 / base ** torch.linspace(0, 1, dim // 2),
        "slowest-first": lambda dim, base: (base ** -even(dim)).flip(0),
        "one-a-channel": lambda dim, base: (base ** -even(dim)).repeat_interleave(2),
        "equal-steps": lambda dim, base: torch.linspace(1, base ** -(1 - 2 / dim), dim // 2),
        "value": lambda dim, base: 1000.0 ** -even(dim),
        "not-a-tensor": lambda dim, base: [1.0],
        "raises": lambda dim, base: 1 / 0,
    },
    "sinusoidal": {
        "two-speeds": lambda pos, dim: table(
            pos, 10_000.0 ** (-2 * even(dim)), 10_000.0 ** (-2 * (even(dim) + 1 / dim))
        ),
        "doubled-exponent": lambda pos, dim: table(
            pos, 10_000.0 ** (-2 * even(dim)), 10_000.0 ** (-2 * even(dim))
        ),
        "inverted": lambda pos, dim: table(
            pos.double(), 10_000.0 ** even(dim).double(), 10_000.0 ** even(dim).double()
        ),
        "value": lambda pos, dim: posenc.sinusoidal(pos, dim, 1000.0),
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
        "value": lambda k, dim: 2 * turn_blocks(k, dim),
    },
    "offset_head": {
        "looks-ahead": lambda k, dim: (posenc.shift_matrix(-k, dim), torch.eye(dim)),
        "looks-at-itself": lambda k, dim: (torch.eye(dim), torch.eye(dim)),
        "ignores-k": lambda k, dim: (posenc.shift_matrix(1, dim), torch.eye(dim)),
        "value": lambda k, dim: (posenc.shift_matrix(k + 1, dim), torch.eye(dim)),
        "not-a-pair": lambda k, dim: posenc.shift_matrix(k, dim),
        "shape": lambda k, dim: (torch.eye(4), torch.eye(4)),
    },
}


def order(dim):
    return torch.cat([torch.arange(0, dim, 2), torch.arange(1, dim, 2)])


@pytest.mark.parametrize("name", RIGHT)
def test_the_solution_passes(name, capsys):
    verdict = getattr(check, name)(RIGHT[name])
    assert verdict.passed
    assert not verdict.equivalent
    assert line_of(capsys).startswith(f"✓ {name}: ")


@pytest.mark.parametrize(("name", "slug"), [(n, s) for n, wrong in WRONG.items() for s in wrong])
def test_wrong_answers_are_named(name, slug, capsys):
    verdict = getattr(check, name)(WRONG[name][slug])
    assert not verdict.passed
    assert verdict.mistake == slug
    assert line_of(capsys).startswith(f"✗ {name}: ")


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_not_written_is_no_mistake(name, capsys):
    def stub(*arguments):
        raise NotImplementedError

    verdict = getattr(check, name)(stub)
    assert verdict.mistake is None
    assert line_of(capsys) == f"○ {name}: not written yet"


def test_the_first_wrong_entry_is_named(capsys):
    check.inverse_frequencies(lambda dim, base: torch.tensor([1, 0.1, 0.1, 0.001]))
    assert line_of(capsys).endswith("inverse_frequencies(8, 10000) at [2] must be 0.01; it is 0.1")


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
        ("sinusoidal", next_exponent, "sine and cosine must take the same exponent"),
        ("sinusoidal", divided, "or you divide by a speed"),
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
