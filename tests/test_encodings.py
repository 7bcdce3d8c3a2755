"""Every registered encoding, discovered and never listed, is held to what it promises."""

import contract.encodings as promise
import pytest
import reference
import torch
from contract import checks, equal
from hypothesis import given
from hypothesis import strategies as st

from posenc import ENCODINGS, Dims, acts_on, build


@pytest.mark.parametrize("name", list(ENCODINGS))
@pytest.mark.parametrize("check", checks(promise), ids=lambda check: check.__name__)
def test_promise(check, name):
    check(name)


def test_no_oracle_is_left_over():
    assert set(reference.ORACLES) == set(ENCODINGS)


@pytest.mark.parametrize("name", list(ENCODINGS))
@given(data=st.data())
def test_oracle_anywhere(name, data):
    heads = data.draw(st.integers(1, 4))
    dims = Dims(d_model=2 * heads * data.draw(st.integers(1, 4)), n_heads=heads, max_len=40)
    encoding, oracle = build(name, dims), reference.ORACLES[name]
    if not oracle.codes:
        return
    last = 39
    if name == "onehot":  # as many rows as channels
        last = min(last, dims.d_model - 1)
    if name == "binary":  # as many digits as channels
        last = min(last, 2**dims.d_model - 1)
    whole = st.integers(0, last)
    one = st.one_of(whole, st.floats(0, 1e4)) if "real positions" in encoding.promises else whole
    pos = data.draw(st.lists(one, min_size=1, max_size=5))
    x = torch.zeros(1, len(pos), dims.d_model, dtype=torch.float64)
    kind = torch.float64 if any(isinstance(p, float) for p in pos) else torch.long
    found = encoding.embed(x, torch.tensor(pos, dtype=kind))
    equal(found[0], oracle.codes(encoding, pos), atol=1e-9)


def test_what_each_acts_on():
    assert acts_on(ENCODINGS["none"]) == ()
    assert acts_on(ENCODINGS["sinusoidal"]) == ("embed",)
    for cls in ENCODINGS.values():
        assert set(acts_on(cls)) <= {"embed", "rotate", "bias"}


# --- options and single encodings ------------------------------------------------------------


def test_p_over_l_recodes_every_earlier_word():
    normalized = build("normalized", Dims(d_model=4, n_heads=1))
    short = normalized.embed(torch.zeros(1, 4, 4), torch.arange(4))
    long = normalized.embed(torch.zeros(1, 5, 4), torch.arange(5))
    assert short[0, :, 0].tolist() == [0, 0.25, 0.5, 0.75]
    assert not torch.isclose(long[0, 1:4, 0], short[0, 1:4, 0]).any()


def test_p_over_l_takes_l_from_each_row():
    normalized = build("normalized", Dims(d_model=2, n_heads=1))
    pos = torch.tensor([[0, 1], [0, 3]])
    assert normalized.embed(torch.zeros(2, 2, 2), pos)[..., 0].tolist() == [[0, 0.5], [0, 0.75]]


@pytest.mark.parametrize("base", [2.0, 100.0, 1e6])
def test_sinusoidal_keeps_its_base(base):
    encoding = build("sinusoidal", Dims(d_model=8, n_heads=2), base=base)
    found = encoding.embed(torch.zeros(1, 3, 8, dtype=torch.float64), torch.arange(3))
    equal(found[0], [reference.sinusoidal(p, 8, base) for p in range(3)])


def test_random_codes_are_distinct_fixed_and_of_the_common_length():
    dims = Dims(d_model=64, max_len=50)
    table, twin = build("random", dims).table, build("random", dims).table
    assert torch.equal(table, twin)
    assert not torch.equal(table, build("random", dims, seed=1).table)
    assert torch.cdist(table, table).fill_diagonal_(9).min() > 1
    assert table.norm(dim=1).mean().item() == pytest.approx(32**0.5, rel=0.05)
    assert not list(build("random", dims).parameters())


def test_random_codes_leave_the_random_numbers_of_others_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    build("random")
    assert torch.equal(torch.rand(3), expected)


def test_learned_rows_begin_as_long_as_they_are_told():
    table = build("learned", Dims(d_model=64, max_len=128), std=0.02).table
    assert table.std().item() == pytest.approx(0.02, rel=0.05)
    assert build("learned").table.norm(dim=1).mean().item() == pytest.approx(32**0.5, rel=0.05)


def test_one_hot_has_no_more_rows_than_channels():
    encoding = build("onehot", Dims(d_model=8, n_heads=2, max_len=100))
    assert encoding.embed(torch.zeros(1, 1, 8), torch.tensor([7]))[0, 0, 7] == 2
    with pytest.raises(ValueError, match=r"one-hot code of 8 channels holds positions 0 to 7; .* 8"):
        encoding.embed(torch.zeros(1, 1, 8), torch.tensor([8]))


def test_binary_repeats_when_its_digits_run_out():
    encoding = build("binary", Dims(d_model=4, n_heads=1))
    code = encoding.embed(torch.zeros(1, 2, 4), torch.tensor([3, 19]))[0]
    assert torch.equal(code[0], code[1])
    far = torch.tensor([2**40])
    wide = build("binary").embed(torch.zeros(1, 1, 64), far)[0, 0]
    assert wide.nonzero().flatten().tolist() == [40]


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("sinusoidal", {"base": float("nan")}, ValueError, "base must be a finite .* got nan"),
        ("sinusoidal", {"base": float("inf")}, ValueError, "base must be a finite .* got inf"),
        ("sinusoidal", {"base": 0}, ValueError, "base must be a finite number above 0; got 0"),
        ("learned", {"std": float("nan")}, ValueError, "std must be a finite number.* got nan"),
        ("learned", {"std": float("inf")}, ValueError, "std must be a finite number.* got inf"),
        ("learned", {"std": -1.0}, ValueError, "std must be .* 0 or above; got -1.0"),
        ("none", {"base": 3}, TypeError, r"'none' does not take \['base'\]"),
    ],
)
def test_options_are_checked_at_the_door(name, options, error, words):
    with pytest.raises(error, match=words):
        build(name, **options)


def test_an_odd_width_is_refused_where_channels_turn_in_pairs():
    with pytest.raises(ValueError, match="must be even and positive, .* got 7"):
        build("sinusoidal", Dims(d_model=7, n_heads=1))
