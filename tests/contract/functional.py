"""What posenc.functional promises."""

import inspect
import math

import torch
from oracle import functional as loops

from contract import equal, refused
from posenc import functional

F64 = torch.float64


def inverse_frequencies_are_the_formula(dim=12, base=300.0):
    found = functional.inverse_frequencies(dim, base, dtype=F64)
    equal(found, loops.inverse_frequencies(dim, base), rtol=1e-12, atol=0)


def the_base_of_the_paper_is_the_default():
    equal(functional.inverse_frequencies(8, dtype=F64), [1, 0.1, 0.01, 0.001])
    equal(functional.sinusoidal(torch.tensor([7]), 8, dtype=F64), [loops.sinusoidal(7, 8)])
    equal(functional.shift_matrix(3, 8, dtype=F64), loops.shift_matrix(3, 8))


def a_dtype_asked_for_is_what_is_computed_in():
    made = {
        "inverse_frequencies": (
            lambda dtype: functional.inverse_frequencies(12, 300.0, dtype=dtype),
            loops.inverse_frequencies(12, 300.0),
        ),
        "sinusoidal": (
            lambda dtype: functional.sinusoidal(torch.tensor([7, 1003]), 8, dtype=dtype),
            [loops.sinusoidal(p, 8) for p in (7, 1003)],
        ),
        "shift_matrix": (
            lambda dtype: functional.shift_matrix(1003, 8, dtype=dtype),
            loops.shift_matrix(1003, 8),
        ),
        "scaled_frequencies": (
            lambda dtype: functional.scaled_frequencies(
                8, 300.0, method="yarn", factor=3.0, original_max_len=1024, dtype=dtype
            ),
            loops.scaled_frequencies(8, 300.0, "yarn", 3.0, 1024),
        ),
    }
    functions = {name: getattr(functional, name) for name in functional.__all__}
    takers = {
        name for name, one in functions.items() if "dtype" in inspect.signature(one).parameters
    }
    assert takers - {"check_float"} == set(made), "write what it makes in loops, here"
    for name, (make, expected) in made.items():
        for dtype in (F64, torch.float32, torch.bfloat16):
            assert make(dtype).dtype == dtype, name
        equal(make(F64), expected, rtol=1e-12, atol=1e-12)


def odd_and_empty_widths_are_refused():
    for dim in (7, 1, 0, -2):
        with refused(ValueError, f"because channels turn in pairs; got {dim}"):
            functional.inverse_frequencies(dim)


def frequencies_fall_in_equal_ratios(dim=16, base=500.0):
    found = functional.inverse_frequencies(dim, base, dtype=F64)
    assert found[0] == 1
    ratios = found[1:] / found[:-1]
    equal(ratios, [base ** (-2 / dim)] * len(ratios), rtol=1e-12)
    # a last step would reach 1 / base: the series stops one before it
    assert math.isclose(found[-1] * ratios[-1], 1 / base, rel_tol=1e-9)


def angles_are_products(pos=(0, 1, -3, 2.5, 1000), dim=8, base=300.0):
    inv_freq = functional.inverse_frequencies(dim, base, dtype=F64)
    found = functional.angles(torch.tensor(pos, dtype=F64), inv_freq)
    equal(found, loops.angles(pos, inv_freq.tolist()), rtol=1e-14)


def angles_keep_the_batch(shape=(2, 3, 5), dim=6):
    pos = torch.arange(math.prod(shape)).reshape(shape)
    inv_freq = functional.inverse_frequencies(dim, dtype=F64)
    found = functional.angles(pos, inv_freq)
    assert found.shape == (*shape, dim // 2)
    flat = functional.angles(pos.flatten(), inv_freq)
    assert torch.equal(found.flatten(0, -2), flat)


def angles_are_at_least_float32():
    half = functional.inverse_frequencies(8, dtype=torch.bfloat16)
    found = functional.angles(torch.tensor([256, 257]), half)
    assert found.dtype == torch.float32
    assert found[1, 0] - found[0, 0] == 1  # one angle in bfloat16
    double = functional.inverse_frequencies(8, dtype=F64)
    assert functional.angles(torch.tensor([1]), double).dtype == F64
    single = functional.inverse_frequencies(8)
    assert functional.angles(torch.tensor([1.5], dtype=F64), single).dtype == F64
    assert functional.angles(torch.tensor([1.5], dtype=torch.float16), half).dtype == torch.float32


def sinusoidal_is_the_formula(pos=(0, 1, 2, 7, -4, 0.5, 12345), dim=12, base=300.0):
    found = functional.sinusoidal(torch.tensor(pos, dtype=F64), dim, base, dtype=F64)
    size = max(abs(p) for p in pos)  # an angle of that size is rounded by as much
    equal(
        found,
        [loops.sinusoidal(p, dim, base) for p in pos],
        atol=1e-14 * (1 + size) * max(1, 1 / base),
    )


def sinusoidal_keeps_the_batch(shape=(2, 3, 4), dim=6):
    pos = torch.arange(math.prod(shape)).reshape(shape)
    found = functional.sinusoidal(pos, dim, dtype=F64)
    assert found.shape == (*shape, dim)
    assert torch.equal(found.flatten(0, -2), functional.sinusoidal(pos.flatten(), dim, dtype=F64))


def codes_have_one_length(pos=(0, 1, 99, -5, 0.25), dim=10, base=300.0):
    found = functional.sinusoidal(torch.tensor(pos, dtype=F64), dim, base, dtype=F64)
    equal(found.norm(dim=-1), [math.sqrt(dim / 2)] * len(pos))
    assert found.abs().max() <= 1


def sinusoidal_casts_last():
    pos = torch.arange(250, 600)
    exact = functional.sinusoidal(pos, 16, dtype=F64)
    for dtype in (torch.bfloat16, torch.float16):
        found = functional.sinusoidal(pos, 16, dtype=dtype)
        assert found.dtype == dtype
        equal(found, exact.to(dtype).double(), rtol=2**-7, atol=1e-4)
    assert functional.sinusoidal(pos, 16).dtype == torch.float32
    equal(functional.sinusoidal(pos, 16), exact, atol=1e-4)
    # float64 is float64 all the way: a float32 frequency would be off by 3e-2 here
    far = torch.tensor([10**6])
    equal(functional.sinusoidal(far, 16, dtype=F64), [loops.sinusoidal(10**6, 16)], atol=1e-9)


def shift_matrix_is_the_formula(k=3, dim=8, base=300.0):
    found = functional.shift_matrix(k, dim, base, dtype=F64)
    equal(found, loops.shift_matrix(k, dim, base), atol=1e-12)


def shift_matrix_shifts(k=-2.5, dim=10, base=300.0, p=17.0):
    pos = torch.tensor([p, 0.0, -p], dtype=F64)
    matrix = functional.shift_matrix(k, dim, base, dtype=F64)
    here = functional.sinusoidal(pos, dim, base, dtype=F64)
    there = functional.sinusoidal(pos + k, dim, base, dtype=F64)
    equal(here @ matrix.T, there, atol=1e-8)


def shifts_compose(j=4.0, k=-7.5, dim=6, base=300.0):
    by_j, by_k, by_both = (
        functional.shift_matrix(step, dim, base, dtype=F64) for step in (j, k, j + k)
    )
    equal(by_j @ by_k, by_both, atol=1e-9)
    equal(functional.shift_matrix(0, dim, base, dtype=F64), torch.eye(dim))


def shifts_are_rotations(k=11.0, dim=8, base=300.0):
    matrix = functional.shift_matrix(k, dim, base, dtype=F64)
    equal(matrix @ matrix.T, torch.eye(dim))
    equal(matrix.det(), 1.0)
    equal(functional.shift_matrix(-k, dim, base, dtype=F64), matrix.T)


def shift_matrix_is_exact_before_its_cast():
    exact = functional.shift_matrix(100_003, 8, dtype=F64)
    for dtype in (torch.float32, torch.bfloat16):
        found = functional.shift_matrix(100_003, 8, dtype=dtype)
        assert found.dtype == dtype
        assert torch.equal(found, exact.to(dtype))


def distance_is_query_minus_key(q_pos=(5, 0, 2), k_pos=(1, 4)):
    found = functional.distance(torch.tensor(q_pos), torch.tensor(k_pos))
    assert found.tolist() == loops.distance(q_pos, k_pos)


def distance_of_a_batch_has_an_axis_for_heads(b=3, q=4, k=5):
    q_pos, k_pos = torch.randint(50, (b, q)), torch.randint(50, (b, k))
    found = functional.distance(q_pos, k_pos)
    assert found.shape == (b, 1, q, k)
    for row in range(b):
        assert torch.equal(found[row, 0], functional.distance(q_pos[row], k_pos[row]))


def distance_is_signed_in_every_integer_type():
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        pos = torch.tensor([0, 100], dtype=dtype)
        assert functional.distance(pos, pos).tolist() == [[0, -100], [100, 0]]
    low, high = torch.tensor([-100], dtype=torch.int8), torch.tensor([100], dtype=torch.int8)
    assert functional.distance(high, low).item() == 200
    real = torch.tensor([0.5], dtype=F64)
    assert functional.distance(real, 2 * real).dtype == F64
