"""The checkers of notebook 07: the right answer passes, wrong ones are named."""

import pytest
import torch

import posenc
from posenc import check
from posenc.functional import rotate_halves, rotate_pairs


def line_of(capsys):
    """The one line that a checker prints."""
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    return printed[0]


def theta(pos, dim, base=10_000.0):
    return posenc.angles(pos, posenc.inverse_frequencies(dim, base, dtype=torch.float64))


def rotary(x, pos):
    """Sines and cosines alone, as in the notebook."""
    cos, sin = theta(pos, x.shape[-1]).cos(), theta(pos, x.shape[-1]).sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


def no_minus(x, pos):
    cos, sin = theta(pos, x.shape[-1]).cos(), theta(pos, x.shape[-1]).sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos + b * sin, a * sin + b * cos), dim=-1).flatten(-2)


def firsts_then_seconds(turned):
    return torch.cat((turned[..., 0::2], turned[..., 1::2]), -1)


def partial_rotary(x, pos, share):
    width = int(x.shape[-1] * share)
    return torch.cat((rotary(x[..., :width], pos), x[..., width:]), -1)


def to_pairs(weight, n_heads):
    return weight.unflatten(0, (n_heads, 2, -1)).transpose(1, 2).flatten(0, 2)


def to_halves(weight, n_heads):
    return weight.unflatten(0, (n_heads, -1, 2)).transpose(1, 2).flatten(0, 2)


RIGHT = {"rotary": rotary, "partial_rotary": partial_rotary, "to_pairs": to_pairs}

WRONG = {
    "rotary": {
        "halves": lambda x, pos: rotate_halves(x, theta(pos, x.shape[-1])),
        "firsts-then-seconds": lambda x, pos: firsts_then_seconds(rotary(x, pos)),
        "exchanged": lambda x, pos: rotary(x, pos).unflatten(-1, (-1, 2)).flip(-1).flatten(-2),
        "length": no_minus,
        "stands-still": lambda x, pos: x,
        "ignores-pos": lambda x, pos: rotary(x, torch.arange(len(pos))),
        "one-speed": lambda x, pos: rotate_pairs(x, pos[:, None].double().expand(-1, 4)),
        "doubled-exponent": lambda x, pos: rotate_pairs(x, theta(pos, 8, 1e8)),
        "base-1000": lambda x, pos: rotate_pairs(x, theta(pos, 8, 1000.0)),
        "shape": lambda x, pos: rotary(x, pos)[..., :4],
        "not-a-tensor": lambda x, pos: None,
        "raises": lambda x, pos: 1 / 0,
    },
    "partial_rotary": {
        "whole-head": lambda x, pos, share: rotate_pairs(
            x, theta(pos, x.shape[-1])[:, : int(x.shape[-1] * share) // 2]
        ),
        "everything": lambda x, pos, share: rotary(x, pos),
        "last": lambda x, pos, share: torch.cat(
            (
                x[..., : x.shape[-1] - int(x.shape[-1] * share)],
                rotary(x[..., x.shape[-1] - int(x.shape[-1] * share) :], pos),
            ),
            -1,
        ),
        "half-of-it": lambda x, pos, share: partial_rotary(x, pos, share / 2),
        "rest": lambda x, pos, share: partial_rotary(x, pos, share) * 1.1,
        "shape": lambda x, pos, share: rotary(x[..., : int(x.shape[-1] * share)], pos),
        "start": lambda x, pos, share: partial_rotary(x, pos + 1, share),
    },
    "to_pairs": {
        "unchanged": lambda weight, n_heads: weight,
        "other-way": to_halves,
        "across-heads": lambda weight, n_heads: to_pairs(weight, 1),
        "exchanged": lambda weight, n_heads: (
            to_pairs(weight, n_heads).unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
        ),
        "columns": lambda weight, n_heads: to_pairs(weight.T, n_heads).T,
        "not-a-row": lambda weight, n_heads: -to_pairs(weight, n_heads),
    },
}


EXERCISES = {name: (RIGHT[name], WRONG[name]) for name in RIGHT}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda weight, n_heads: weight.unflatten(0, (n_heads, 2, -1)).transpose(0, 1).flatten(0, 2),
        lambda weight, n_heads: weight.roll(1, 0),
    ],
    ids=["heads before halves", "rolled"],
)
def test_rows_that_leave_their_head_are_named(wrong):
    assert check.to_pairs(wrong).mistake == "across-heads"


def test_the_other_direction_passes_with_a_remark(capsys):
    verdict = check.rotary(lambda x, pos: rotary(x, -pos))
    assert verdict.equivalent
    assert line_of(capsys).startswith("≈ rotary: equivalent: ")


def test_posencs_own_rope_passes():
    dims = posenc.Dims(d_model=8, n_heads=1)
    rope = posenc.build("rope", dims)
    assert check.rotary(lambda x, pos: rope.rotate(x, x, pos, pos)[0]).passed
