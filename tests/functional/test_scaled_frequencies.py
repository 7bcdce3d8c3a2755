"""Scaled frequencies against transformers' own functions, over every length and width in use."""

import math
from itertools import product
from types import SimpleNamespace

import pytest
import torch

from posenc import functional as F

rope = pytest.importorskip("transformers.modeling_rope_utils", reason="pip install -e '.[peers]'")

LENGTHS = [2**i for i in range(10, 18)]
BASES = (100.0, 10_000.0, 500_000.0)
FACTORS = (1.0, 1.5, 8.0, 40.0)
RAMPS = [  # turns at which a pair is kept, and at which it is divided
    (32.0, 1.0),
    (1000.0, 500.0),  # beyond the fastest pair
    (2.0, 1e-3),  # below the slowest
    (7.0, 7.0),  # no ramp at all
]
widths = pytest.mark.parametrize("dim", [8, 10, 34, 64, 96, 128, 256])


def theirs(method, dim, base, seq_len=None, **parameters):
    """What transformers computes, in float32, and its factor for the scores."""
    length = parameters.get("original_max_position_embeddings", 64)
    config = SimpleNamespace(
        rope_parameters={"rope_type": method, "rope_theta": base, **parameters},
        standardize_rope_params=lambda: None,
        head_dim=dim,
        hidden_size=dim,
        num_attention_heads=1,
        max_position_embeddings=length,
    )
    return rope.ROPE_INIT_FUNCTIONS[method](config, seq_len=seq_len)


def same(found, expected):
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected.double(), rtol=1e-5, atol=0)


@widths
def test_linear(dim):
    for base, factor in product(BASES, FACTORS):
        found = F.scaled_frequencies(dim, base, method="linear", factor=factor, dtype=torch.float64)
        same(found, theirs("linear", dim, base, factor=factor)[0])


@widths
def test_ntk_is_dynamic_at_a_fixed_length(dim):
    for base, factor, length in product(BASES, FACTORS, LENGTHS):
        stretch = factor * length / 64 - (factor - 1)  # theirs grows with the text it is given
        found = F.scaled_frequencies(dim, base, method="ntk", factor=stretch, dtype=torch.float64)
        same(found, theirs("dynamic", dim, base, seq_len=length, factor=factor)[0])


@widths
def test_yarn(dim):
    for base, factor, length, (fast, slow) in product(BASES, FACTORS, LENGTHS, RAMPS):
        found = F.scaled_frequencies(
            dim,
            base,
            method="yarn",
            factor=factor,
            original_max_len=length,
            beta_fast=fast,
            beta_slow=slow,
            dtype=torch.float64,
        )
        expected, temperature = theirs(
            "yarn",
            dim,
            base,
            factor=factor,
            original_max_position_embeddings=length,
            beta_fast=fast,
            beta_slow=slow,
        )
        assert F.yarn_temperature(factor) == pytest.approx(temperature)
        speeds = F.inverse_frequencies(dim, base, dtype=torch.float64)
        turns = speeds * length / (2 * math.pi)
        # where no pair is on the ramp theirs runs backwards; ours does as the paper says, but
        # for the fastest pair, which is always kept
        if turns[0] < slow:
            torch.testing.assert_close(found[1:], speeds[1:] / factor)
        elif turns[-1] > fast:
            torch.testing.assert_close(found, speeds)
        else:
            same(found, expected)


@widths
def test_llama3(dim):
    for base, factor, length in product(BASES, FACTORS, LENGTHS):
        for low, high in ((1.0, 4.0), (2.0, 3.0), (0.5, 32.0)):
            found = F.scaled_frequencies(
                dim,
                base,
                method="llama3",
                factor=factor,
                original_max_len=length,
                low_freq_factor=low,
                high_freq_factor=high,
                dtype=torch.float64,
            )
            expected, _ = theirs(
                "llama3",
                dim,
                base,
                factor=factor,
                original_max_position_embeddings=length,
                low_freq_factor=low,
                high_freq_factor=high,
            )
            same(found, expected)
