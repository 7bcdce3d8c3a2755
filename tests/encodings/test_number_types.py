"""Positions and coordinates of every type of number: right, or one clear error."""

import pytest
import torch
from contract.encodings import built, embeddings, heads

from posenc import ENCODINGS, build
from posenc.base import Dims
from posenc.functional import fourier_features, t5_bucket

WHOLE = [
    torch.int8, torch.int16, torch.int32, torch.uint8, torch.uint16, torch.uint32, torch.uint64,
]  # fmt: skip
HALF = [torch.float16, torch.bfloat16]


def through(encoding, q_pos, k_pos, dtype=torch.float64):
    """Return what each of the three doors gives, biases in full."""
    x, q, k = (make(2, 5).to(dtype) for make in (embeddings, heads, heads))
    embedded, rotated = encoding.embed(x, q_pos), encoding.rotate(q, k, q_pos, k_pos)
    bias = encoding.bias(q, k, q_pos, k_pos)
    return [embedded, *rotated, torch.zeros(()) if bias is None else bias]


@pytest.mark.parametrize("dtype", WHOLE)
@pytest.mark.parametrize("name", list(ENCODINGS))
def test_small_and_unsigned_positions_are_as_int64(name, dtype):
    encoding = built(name).double()
    q_pos, k_pos = torch.tensor([0, 7, 3, 1, 11]), torch.tensor([2, 9, 0, 5, 4])
    expected = through(encoding, q_pos, k_pos)
    found = through(encoding, q_pos.to(dtype), k_pos.to(dtype))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", list(ENCODINGS))
def test_half_precision_positions_are_right_or_refused(name, dtype):
    encoding = built(name).double()
    q_pos, k_pos = torch.tensor([0, 7, 3, 1, 11]), torch.tensor([2, 9, 0, 5, 4])
    if "real positions" not in encoding.promises:
        with pytest.raises(TypeError, match="integer positions"):
            through(encoding, q_pos.to(dtype), k_pos.to(dtype))
        return
    found = through(encoding, q_pos.to(dtype), k_pos.to(dtype))
    for one, other in zip(found, through(encoding, q_pos, k_pos), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", list(ENCODINGS))
def test_half_precision_models_stay_near_the_double_one(name, dtype):
    encoding = built(name)
    pos = torch.tensor([0, 7, 3, 1, 11])
    found = through(encoding.to(dtype), pos, pos, dtype)
    expected = through(encoding.double(), pos, pos)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype in (dtype, torch.float32)
        torch.testing.assert_close(one.double(), other.double(), rtol=0.02, atol=0.03)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("dtype", [torch.int8, torch.float16, torch.bfloat16])
def test_t5_buckets_of_narrow_types(dtype, causal):
    distance = torch.arange(-128, 128)
    narrow = distance.to(dtype)
    torch.testing.assert_close(
        t5_bucket(narrow, causal=causal), t5_bucket(narrow.long(), causal=causal)
    )


@pytest.mark.parametrize("dtype", HALF)
def test_fourier_features_of_half_precision_are_cast_last(dtype):
    coordinates = torch.linspace(0, 1, 9)[:, None].to(dtype)
    frequencies = torch.tensor([[1.0], [37.0], [200.0]])
    found = fourier_features(coordinates, frequencies.to(dtype))
    expected = fourier_features(coordinates.double(), frequencies.to(dtype).double())
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=0.01)


def test_fourier_features_of_integers_take_the_type_of_the_frequencies():
    found = fourier_features(torch.arange(4)[:, None], torch.tensor([[0.25]]))
    torch.testing.assert_close(found[:, 0], torch.tensor([0.0, 1.0, 0.0, -1.0]), atol=1e-6, rtol=0)


# --- far positions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "end"), [(torch.float32, 33_000), (torch.float16, 1_700), (torch.bfloat16, 33_000)]
)
def test_xpos_is_finite_or_refuses(dtype, end):
    xpos, x = build("xpos"), torch.ones(1, 4, 1, 16, dtype=dtype)
    q, k = xpos.rotate(x, x, torch.tensor([end]), torch.tensor([end]))
    assert q.isfinite().all()
    assert k.isfinite().all()
    with pytest.raises(ValueError, match=f"holds its scale up to position .*; got {3 * end}: coun"):
        xpos.rotate(x, x, torch.tensor([3 * end]), torch.tensor([3 * end]))


@pytest.mark.parametrize("name", ["normalized", "xpos"])
@pytest.mark.parametrize("low", [-1, -0.5])
def test_positions_below_zero_are_refused_where_they_break(name, low):
    pos = torch.tensor([low, -2])
    with pytest.raises(ValueError, match=r"needs positions of 0 or above.*got -2.*: shift them"):
        through_two(name, pos)


def through_two(name, pos):
    encoding, x = built(name), embeddings(1, 2)
    encoding.embed(x, pos)
    q = heads(1, 2)
    encoding.rotate(q, q, pos, pos)


# --- what is refused --------------------------------------------------------------------------

REFUSED = [
    ("rope", {"base": "4"}, TypeError, "base must be a finite number above 0; got '4'"),
    ("rope", {"partial": "all"}, TypeError, "partial must be a number; got 'all'"),
    ("rope", {"keep": None}, TypeError, "keep must be a number; got None"),
    ("rope", {"scaling": "linear", "factor": "4"}, TypeError, "factor must be a number; got '4'"),
    ("rope", {"scaling": "yarn", "factor": 2, "original_max_len": "64"}, TypeError,
     "original_max_len must be a finite number above 0; got '64'"),
    ("rope", {"scaling": "yarn", "factor": 2, "original_max_len": 64, "base": 1}, ValueError,
     "'yarn' needs a base above 1"),
    ("rope", {"scaling": "yarn", "factor": 2, "original_max_len": 64, "beta_slow": 0}, ValueError,
     "beta_slow must be a finite number above 0; got 0"),
    ("rope", {"scaling": "yarn", "factor": 2, "original_max_len": 64, "beta_slow": 40}, ValueError,
     "beta_fast must not be below beta_slow; got 32.0 and 40"),
    ("rope", {"scaling": "llama3", "factor": 2, "original_max_len": 64, "low_freq_factor": 4},
     ValueError, "high_freq_factor must be above low_freq_factor"),
    ("xpos", {"scale_base": "x"}, TypeError, "scale_base must be a finite number above 0; got 'x'"),
    ("learned", {"std": "x"}, TypeError, "std must be a number; got 'x'"),
    ("random", {"seed": "x"}, TypeError, "seed must be an integer; got 'x'"),
    ("shaw", {"clip": "4"}, TypeError, "clip must be an integer; got '4'"),
    ("t5", {"n_buckets": "32"}, TypeError, "n_buckets must be an integer; got '32'"),
    ("t5", {"max_distance": "x"}, TypeError, "max_distance must be an integer; got 'x'"),
    ("fire", {"hidden": "x"}, TypeError, "hidden must be an integer; got 'x'"),
    ("fire", {"threshold": "x"}, TypeError, "threshold must be a number; got 'x'"),
    ("sinusoidal", {"base": "x"}, TypeError, "base must be a finite number above 0; got 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "kind", "words"), REFUSED, ids=str)
def test_options_of_the_wrong_kind_are_refused_at_the_door(name, options, kind, words):
    with pytest.raises(kind) as caught:
        build(name, Dims(), **options)
    assert words in str(caught.value)
