"""Defaults, mixed types and refusals of slopes, buckets, features, turns and ramps."""

import math

import pytest
import torch
from contract import equal
from oracle import functional as loops

from posenc import functional as F

FAR = torch.arange(-300, 301)
X = torch.randn(2, 3, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_t5_has_the_papers_defaults():
    assert F.t5_bucket(FAR).tolist() == [loops.t5_bucket(int(far)) for far in FAR]


def test_t5_takes_a_distance_between_two_whole_ones():
    assert F.t5_bucket(torch.tensor([-0.5, 0.5]), causal=False).tolist() == [16, 0]


def test_t5_buckets_beyond_what_bfloat16_counts():
    narrow = torch.arange(1024).bfloat16()
    assert torch.equal(F.t5_bucket(narrow, 32, 1000), F.t5_bucket(narrow.long(), 32, 1000))


@pytest.mark.parametrize(("n_buckets", "causal"), [(2, True), (5, True), (4, False)])
def test_t5_takes_as_few_buckets_as_it_can(n_buckets, causal):
    found = F.t5_bucket(FAR, n_buckets, 20, causal)
    assert found.tolist() == [loops.t5_bucket(int(far), n_buckets, 20, causal) for far in FAR]


@pytest.mark.parametrize(
    ("n_buckets", "causal", "words"),
    [(1, True, "at least 2;"), (5, False, "at least 4 and even"), (2, False, "at least 4 and")],
)
def test_t5_refuses_too_few_and_uneven_buckets(n_buckets, causal, words):
    with pytest.raises(ValueError, match=f"n_buckets must be {words}.* got {n_buckets}$"):
        F.t5_bucket(FAR, n_buckets, 20, causal)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: F.t5_bucket(FAR, 8.0), "n_buckets"),
        (lambda: F.t5_bucket(FAR, 8, 20.0), "max_distance"),
        (lambda: F.alibi_slopes(8.0), "n_heads"),
    ],
)
def test_what_is_no_integer_is_named(call, name):
    with pytest.raises(TypeError, match=f"^{name} must be an integer"):
        call()


def test_numbers_of_biases_are_made_where_they_are_asked_for():
    assert F.alibi_slopes(6, device="meta").device.type == "meta"
    assert F.t5_bucket(FAR.to("meta")).device.type == "meta"
    torch.set_default_dtype(torch.float64)
    try:
        assert F.alibi_slopes(6).dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


def test_fourier_features_of_a_batch():
    frequencies = torch.tensor([[1.0, 0.0], [0.0, 1.5], [0.5, 0.5]])
    points = torch.rand(2, 4, 2, generator=torch.Generator().manual_seed(0))
    rows = torch.stack([F.fourier_features(text, frequencies) for text in points])
    equal(F.fourier_features(points, frequencies), rows)


def test_fourier_features_of_integers_alone_are_of_the_default_type():
    found = F.fourier_features(torch.arange(4)[:, None], torch.tensor([[1], [2]]))
    assert found.dtype == torch.float32


@pytest.mark.parametrize("shape", [(3, 1), (1, 3), (2,)])
def test_fourier_features_refuse_frequencies_of_other_coordinates(shape):
    with pytest.raises(ValueError, match=r"frequencies must be \(m, c\) for coordinates"):
        F.fourier_features(torch.zeros(4, 2), torch.zeros(shape))


@pytest.mark.parametrize("name", ["coordinates", "frequencies"])
def test_fourier_features_name_what_holds_no_numbers(name):
    given = {"coordinates": torch.zeros(4, 2), "frequencies": torch.zeros(3, 2)}
    with pytest.raises(TypeError, match=f"^{name} must hold integers or real numbers"):
        F.fourier_features(**given | {name: given[name].bool()})


@pytest.mark.parametrize("rotate", [F.rotate_pairs, F.rotate_halves])
def test_turns_are_computed_in_the_wider_of_two_types(rotate):
    theta = torch.tensor([[0.1, 2.0], [30.0, 0.7], [5.0, 100.0]])
    equal(rotate(X, theta), rotate(X, theta.double()), atol=1e-12)
    turned = rotate(X.bfloat16(), theta)  # two of six channels pass as they are
    assert turned.dtype == torch.bfloat16
    equal(turned[..., 4:], X.bfloat16()[..., 4:])


# --- ramps ------------------------------------------------------------------------------------

LONG = {"factor": 8.0, "original_max_len": 1024}


@pytest.mark.parametrize("method", ["linear", "ntk", "yarn", "llama3"])
def test_scalings_have_the_papers_defaults(method):
    found = F.scaled_frequencies(64, method=method, **LONG)
    assert found.dtype == torch.float32
    equal(found, loops.scaled_frequencies(64, 10_000.0, method, 8.0, 1024), rtol=1e-6, atol=0)


def test_a_temperature_is_never_below_one():
    assert F.yarn_temperature(0.5) == 1


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("linear", "base"),
        ("yarn", "beta_fast"),
        ("yarn", "beta_slow"),
        ("llama3", "low_freq_factor"),
        ("llama3", "high_freq_factor"),
        ("yarn", "original_max_len"),
        ("llama3", "original_max_len"),
    ],
)
@pytest.mark.parametrize(("bad", "error"), [("x", TypeError), (-1, ValueError)])
def test_what_a_ramp_cannot_be_made_of_is_named(method, name, bad, error):
    with pytest.raises(error, match=f"^{name} must be a finite number above 0"):
        F.scaled_frequencies(8, **{"method": method, **LONG, name: bad})


@pytest.mark.parametrize("bad", [0.5, math.inf, math.nan])
def test_a_factor_is_at_least_1_and_finite(bad):
    with pytest.raises(ValueError, match="^factor must be"):
        F.scaled_frequencies(8, method="linear", factor=bad)


@pytest.mark.parametrize("bad", [True, "x"])
def test_a_factor_is_a_number(bad):
    with pytest.raises(TypeError, match="^factor must be a number"):
        F.scaled_frequencies(8, method="linear", factor=bad)
    with pytest.raises(TypeError, match="^factor must be a finite number above 0"):
        F.yarn_temperature(bad)


@pytest.mark.parametrize("method", ["yarn", "llama3"])
def test_a_ramp_needs_a_length(method):
    with pytest.raises(ValueError, match=f"'{method}' needs original_max_len"):
        F.scaled_frequencies(8, method=method, factor=2.0)


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("yarn", {"base": 1.0}, "base above 1"),
        ("yarn", {"beta_fast": 1.0, "beta_slow": 2.0}, "beta_fast must not be below"),
        ("llama3", {"low_freq_factor": 4.0}, "high_freq_factor must be above"),
        ("llama3", {"low_freq_factor": 5.0}, "high_freq_factor must be above"),
    ],
)
def test_a_ramp_that_divides_by_zero_is_refused(method, options, words):
    with pytest.raises(ValueError, match=words):
        F.scaled_frequencies(8, **{"method": method, **LONG, **options})


def test_a_ramp_takes_what_is_just_possible():
    F.scaled_frequencies(8, method="yarn", **LONG, beta_fast=2.0, beta_slow=2.0)
    F.scaled_frequencies(8, 1.5, method="yarn", **LONG)
    # options of the other method are not looked at
    F.scaled_frequencies(8, method="yarn", **LONG, low_freq_factor=9.0)
    F.scaled_frequencies(8, method="llama3", **LONG, beta_slow=99.0)
