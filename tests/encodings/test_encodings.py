"""Every registered encoding, discovered and never listed, is held to what it promises."""

import contract.absolute
import contract.encodings as promise
import pytest
import torch
from contract import checks, equal
from hypothesis import given
from hypothesis import strategies as st
from oracle.encodings import ORACLES

from posenc import ENCODINGS, Dims, acts_on, build


@pytest.mark.parametrize("name", list(ENCODINGS))
@pytest.mark.parametrize("check", checks(promise), ids=lambda check: check.__name__)
def test_promise(check, name):
    check(name)


def test_no_oracle_is_left_over():
    assert set(ORACLES) == set(ENCODINGS)


@pytest.mark.parametrize("name", list(ENCODINGS))
@given(data=st.data())
def test_oracle_anywhere(name, data):
    heads = data.draw(st.integers(1, 4))
    dims = Dims(d_model=2 * heads * data.draw(st.integers(1, 4)), n_heads=heads, max_len=40)
    encoding, oracle = build(name, dims), ORACLES[name]
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


@pytest.mark.parametrize("check", checks(contract.absolute), ids=lambda check: check.__name__)
def test_single(check):
    check()


# --- bad options -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("sinusoidal", {"base": float("nan")}, ValueError, "base must be a finite .* got nan"),
        ("sinusoidal", {"base": float("inf")}, ValueError, "base must be a finite .* got inf"),
        ("sinusoidal", {"base": 0}, ValueError, "base must be a finite number above 0; got 0"),
        ("learned", {"std": float("nan")}, ValueError, "std must be a finite number.* got nan"),
        ("learned", {"std": float("inf")}, ValueError, "std must be a finite number.* got inf"),
        ("learned", {"std": -1.0}, ValueError, "std must be .* 0 or above; got -1.0"),
        ("none", {"base": 3}, TypeError, r"'none' does not take 'base'"),
    ],
)
def test_options_are_checked_at_the_door(name, options, error, words):
    with pytest.raises(error, match=words):
        build(name, **options)


def test_an_odd_width_is_refused_where_channels_turn_in_pairs():
    with pytest.raises(ValueError, match="must be even and positive, .* got 7"):
        build("sinusoidal", Dims(d_model=7, n_heads=1))
