"""What the model refuses, and how it says so."""

import pytest
import torch
from contract import refused

from posenc import Cache, Dims, Transformer, build
from posenc.model._attention import LONG, bias_as_view

DIMS = Dims(d_model=16, n_heads=2)


def model():
    return Transformer(build("rope", DIMS), vocab_size=5)


def test_a_mask_that_can_be_read_in_two_ways_is_refused():
    tokens, mask = torch.zeros(3, 3, dtype=torch.long), torch.ones(3, 3).bool()
    with refused(ValueError, "write mask[None] for (n, n)"):
        model()(tokens, mask=mask)
    for other in (mask[None], mask[:, None]):
        assert model()(tokens, mask=other).shape == (3, 3, 5)


def test_one_sequence_of_one_token_has_one_reading():
    assert model()(torch.zeros(1, 1, dtype=torch.long), mask=torch.ones(1, 1).bool()).shape


def test_a_mask_of_real_tokens_is_told_its_axis():
    with refused(ValueError, "write mask[:, None]"):
        model()(torch.zeros(2, 3, dtype=torch.long), mask=torch.ones(2, 3).bool())


def test_one_sequence_is_told_its_axis():
    with refused(ValueError, "got torch.int64 (4,): for one sequence write tokens[None]"):
        model()(torch.zeros(4, dtype=torch.long))


@pytest.mark.parametrize("name", ["fire", "xpos"])
def test_an_encoding_for_causal_models_is_refused_elsewhere(name):
    with refused(ValueError, "is for causal models only"):
        Transformer(build(name, DIMS), vocab_size=5, causal=False)


@pytest.mark.parametrize(("name", "option", "words"), [
    ("rope", "bass", "'rope' does not take 'bass': its options are base, layout, partial, keep"),
    ("rope", "bass", "scaling, factor, original_max_len"),
    ("sinusoidal", "bass", "'sinusoidal' does not take 'bass'"),
    ("sinusoidal", "bass", "its options are"),
    ("none", "bass", "it has no options"),
])  # fmt: skip
def test_a_misspelt_option_is_named_beside_the_known_ones(name, option, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        build(name, DIMS, **{option: 3})
    assert words in str(caught.value)


def test_positions_alike_for_all_may_follow_those_of_each_row():
    cache, tokens = Cache(), torch.tensor([[1, 2], [3, 4]])
    pos = torch.tensor([[0, 1], [0, 1]])
    one = model().eval()
    with torch.no_grad():
        one(tokens, pos, cache=cache)
        one(tokens, torch.tensor([2, 3]), cache=cache)
    assert cache.pos.tolist() == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize("change", [
    lambda pos: pos.to(torch.bfloat16) - 150,
    lambda pos: pos.half(),
    lambda pos: pos.double().requires_grad_(),
])  # fmt: skip
def test_no_view_where_distances_would_be_rounded_or_gradients_lost(change):
    pos = torch.arange(LONG + 20)
    encoding = build("alibi", DIMS)
    assert bias_as_view(encoding, pos, pos)
    assert not bias_as_view(encoding, change(pos), change(pos))


def test_gradients_reach_all_positions_of_a_long_text():
    pos = torch.arange(LONG + 4, dtype=torch.float64, requires_grad=True)
    one = Transformer(build("alibi", DIMS), vocab_size=5, n_layers=1).double()
    one(torch.ones(1, LONG + 4, dtype=torch.long), pos)[0, :, 0].square().sum().backward()
    assert (pos.grad != 0).sum() > LONG
