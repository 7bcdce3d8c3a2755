"""posenc.functional: against plain loops, by properties, and what it refuses."""

import contract.functional as promise
import pytest
import torch
from contract import checks
from hypothesis import given
from hypothesis import strategies as st

from posenc import functional

dims = st.integers(1, 24).map(lambda half: 2 * half)
bases = st.floats(1.5, 1e6)
shifts = st.floats(-1000, 1000)
positions = st.lists(
    st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6)), min_size=1, max_size=6
).map(tuple)
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


@pytest.mark.parametrize("check", checks(promise), ids=lambda check: check.__name__)
def test_promise(check):
    check()


@given(dims, bases)
def test_frequencies(dim, base):
    promise.inverse_frequencies_are_the_formula(dim, base)
    if dim > 2:
        promise.frequencies_fall_in_equal_ratios(dim, base)


@given(positions, dims, bases)
def test_angles_and_codes(pos, dim, base):
    promise.angles_are_products(pos, dim, base)
    promise.sinusoidal_is_the_formula(pos, dim, base)
    promise.codes_have_one_length(pos, dim, base)


@given(shapes, dims)
def test_batches(shape, dim):
    promise.angles_keep_the_batch(shape, dim)
    promise.sinusoidal_keeps_the_batch(shape, dim)


@given(shifts, shifts, dims, bases, st.floats(-1000, 1000))
def test_shifts(j, k, dim, base, p):
    promise.shift_matrix_is_the_formula(k, dim, base)
    promise.shift_matrix_shifts(k, dim, base, p)
    promise.shifts_compose(j, k, dim, base)
    promise.shifts_are_rotations(k, dim, base)


integers = st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=5).map(tuple)


@given(integers, integers)
def test_distance(q_pos, k_pos):
    promise.distance_is_query_minus_key(q_pos, k_pos)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))
def test_distance_of_a_batch(b, q, k):
    promise.distance_of_a_batch_has_an_axis_for_heads(b, q, k)


def test_nothing_is_remembered_between_calls():
    first = functional.sinusoidal(torch.arange(5), 8)
    functional.sinusoidal(torch.arange(9), 8, 100.0, dtype=torch.float64)
    first.zero_()  # the caller's own tensor: no one else holds it
    again = functional.sinusoidal(torch.arange(5), 8)
    assert again.dtype == torch.float32
    assert again[0].tolist() == [0, 1] * 4


def test_tensors_stay_on_the_device_of_the_positions():
    pos = torch.arange(4, device="meta")
    assert functional.sinusoidal(pos, 6).device.type == "meta"
    assert functional.inverse_frequencies(6, device="meta").device.type == "meta"


# --- bad input: one clear error that names the value and what to do -------------------------

NOT_EVEN = "dim must be even and positive, because channels turn in pairs; got"
takers = pytest.mark.parametrize(
    "take",
    [
        functional.inverse_frequencies,
        lambda dim, *base: functional.sinusoidal(torch.arange(3), dim, *base),
        lambda dim, *base: functional.shift_matrix(1, dim, *base),
    ],
    ids=["inverse_frequencies", "sinusoidal", "shift_matrix"],
)


@takers
@pytest.mark.parametrize("dim", [7, 1, 0, -2])
def test_width_must_be_even_and_positive(take, dim):
    with pytest.raises(ValueError, match=f"{NOT_EVEN} {dim}$"):
        take(dim)


@takers
@pytest.mark.parametrize("dim", [True, 8.0, "8", None])
def test_width_must_be_an_integer(take, dim):
    with pytest.raises(TypeError, match=f"dim must be an integer; got {dim!r}"):
        take(dim)


@takers
@pytest.mark.parametrize("base", [0.0, -1.0, float("nan"), float("inf"), -float("inf")])
def test_base_must_be_finite_and_positive(take, base):
    with pytest.raises(ValueError, match=f"base must be a finite number above 0; got {base}"):
        take(8, base)


@takers
@pytest.mark.parametrize("base", ["10000", None])
def test_base_must_be_a_number(take, base):
    with pytest.raises(TypeError, match=f"base must be a finite number above 0; got {base!r}"):
        take(8, base)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.complex64])
@pytest.mark.parametrize(
    "take",
    [
        lambda dtype: functional.inverse_frequencies(8, dtype=dtype),
        lambda dtype: functional.sinusoidal(torch.arange(3), 8, dtype=dtype),
        lambda dtype: functional.shift_matrix(1, 8, dtype=dtype),
    ],
    ids=["inverse_frequencies", "sinusoidal", "shift_matrix"],
)
def test_codes_need_a_floating_type(take, dtype):
    with pytest.raises(TypeError, match=f"dtype must be a floating-point type; got {dtype}"):
        take(dtype)


@pytest.mark.parametrize(
    "take",
    [
        lambda pos: functional.angles(pos, torch.ones(2)),
        lambda pos: functional.sinusoidal(pos, 4),
        lambda pos: functional.distance(pos, torch.arange(3)),
        lambda pos: functional.distance(torch.arange(3), pos),
    ],
    ids=["angles", "sinusoidal", "distance", "distance-keys"],
)
@pytest.mark.parametrize(
    ("pos", "error", "words"),
    [
        ([0, 1], TypeError, r"pos must be a tensor, for example torch.arange\(n\); got list"),
        (3, TypeError, "pos must be a tensor.*got int"),
        (torch.tensor([True]), TypeError, "pos must hold integers or real numbers; got torch.bool"),
        (torch.ones(2, dtype=torch.cfloat), TypeError, "pos must hold .* got torch.complex64"),
        (torch.tensor(3), ValueError, r"pos must have an axis .*\(n,\) or \(b, n\); got a scalar"),
    ],
    ids=["list", "int", "bool", "complex", "scalar"],
)
def test_positions_must_be_a_tensor_of_numbers(take, pos, error, words):
    with pytest.raises(error, match=words):
        take(pos)


@pytest.mark.parametrize(
    "inv_freq",
    [torch.ones(2, 2), torch.tensor(1.0), torch.ones(2, dtype=torch.int64)],
    ids=["matrix", "scalar", "integers"],
)
def test_frequencies_must_be_one_number_a_pair(inv_freq):
    with pytest.raises(ValueError, match=r"inv_freq must be one .* shape \(m,\); got torch"):
        functional.angles(torch.arange(3), inv_freq)


def test_two_devices_are_named():
    away = torch.arange(3, device="meta")
    with pytest.raises(ValueError, match=r"pos is on meta but inv_freq is on cpu.*\.to\(device\)"):
        functional.angles(away, torch.ones(2))
    with pytest.raises(ValueError, match=r"q_pos is on meta but k_pos is on cpu.*\.to\(device\)"):
        functional.distance(away, torch.arange(3))


@pytest.mark.parametrize("k", [float("nan"), float("inf"), -float("inf")])
def test_a_shift_must_be_finite(k):
    with pytest.raises(ValueError, match=f"k must be a finite number of positions; got {k}"):
        functional.shift_matrix(k, 8)


@pytest.mark.parametrize(
    ("q_shape", "k_shape"), [((3,), (2, 3)), ((2, 3), (3,)), ((1, 2, 3), (1, 2, 3))]
)
def test_distance_needs_two_of_one_kind(q_shape, k_shape):
    with pytest.raises(ValueError, match=r"both be \(n,\) or both \(b, n\); got .*"):
        functional.distance(torch.zeros(q_shape), torch.zeros(k_shape))


def test_distance_needs_one_batch_size():
    with pytest.raises(ValueError, match=r"one batch size; got \(\(2, 3\), \(4, 3\)\)"):
        functional.distance(torch.zeros(2, 3), torch.zeros(4, 3))
