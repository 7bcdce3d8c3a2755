"""Patterns of layers: each kind of layer, models of several, what is refused."""

import contract.layers
import contract.pattern
import pytest
import torch
from contract import checks, refused
from contract.pattern import DIMS, HALF, LAYERS, NOPE, ROPE, WIDE, model_of, named, tokens_of
from torch.func import functional_call, stack_module_state, vmap

from posenc import Attention, Cache, Dims, Latent, Layer, LogScale, Transformer, build
from posenc.encodings import AxialRope, GivenRope, MRope
from posenc.model import LatentAttention


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("check", named(), ids=lambda check: check.__name__)
def test_each_layer(check, name):
    check(name)


@pytest.mark.parametrize("check", checks(contract.layers), ids=lambda check: check.__name__)
def test_promise(check):
    check()


def test_many_models_with_a_pattern_are_asked_as_one():
    models = [model_of("window", "latent, all", "all at once") for _ in range(2)]
    with torch.no_grad():
        for parameter in models[1].parameters():
            parameter.mul_(1.1)
    params, buffers = stack_module_state(models)

    def ask(params, buffers, tokens):
        return functional_call(models[0], (params, buffers), (tokens,))

    found = vmap(ask, in_dims=(0, 0, None))(params, buffers, tokens_of())
    for one, model in zip(found, models, strict=True):
        torch.testing.assert_close(one, model(tokens_of()))


def test_an_encoding_of_a_layer_can_be_exchanged():
    model = model_of("rope", "rope")
    before = model(tokens_of())
    model.encodings[1] = NOPE
    assert not torch.allclose(model(tokens_of()), before)


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"window": 0}, ValueError, "window must be at least 1; got 0"),
    ({"window": 2.5}, TypeError, "window must be an integer; got 2.5"),
    ({"window": True}, TypeError, "window must be an integer; got True"),
    ({"chunk": -3}, ValueError, "chunk must be at least 1; got -3"),
    ({"window": 3, "chunk": 4}, ValueError, "give window or chunk, not both; got 3 and 4"),
    ({"kv_heads": 3}, ValueError, "kv_heads must divide the encoding's n_heads=4; got 3"),
    ({"kv_heads": 0}, ValueError, "kv_heads must be at least 1"),
    ({"sink": 1}, TypeError, "sink must be True or False; got 1"),
    ({"rotate_values": None}, TypeError, "rotate_values must be True or False"),
    ({"scale": 0.0}, ValueError, "scale must be a finite number above 0; got 0"),
    ({"scale": float("nan")}, ValueError, "scale must be a finite number"),
    ({"log_scale": 0.1}, TypeError, "log_scale must be a LogScale or None; got 0.1"),
    ({"latent": 8}, TypeError, "latent must be a Latent or None; got 8"),
    ({"encoding": "rope"}, TypeError, "must be a PositionalEncoding"),
    ({"encoding": build("sinusoidal", DIMS)}, ValueError, "acts on the embeddings"),
    ({"encoding": NOPE, "rotate_values": True}, ValueError, "needs an encoding that rotates"),
    ({"encoding": HALF, "latent": Latent(5, 4), "kv_heads": 2}, ValueError, "leave kv_heads"),
    ({"encoding": HALF, "latent": Latent(5, 4), "rotate_values": True}, ValueError, "leave"),
    ({"encoding": build("alibi", DIMS), "latent": Latent(5, 2)}, ValueError, "ALiBi biases"),
    ({"encoding": HALF, "latent": Latent(5, 8)}, ValueError, "d_head=8 that are not; got 8"),
    ({"encoding": build("rope", WIDE), "latent": Latent(5, 4)}, ValueError, "partial=4/8"),
])  # fmt: skip
def test_settings_of_a_layer_are_checked(options, error, words):
    with refused(error, words):
        Layer(**{"encoding": ROPE, **options})


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda: LogScale(0, 0.1), ValueError, "step must be a finite number above 0; got 0"),
    (lambda: LogScale(8192, float("nan")), ValueError, "amount must be a finite number"),
    (lambda: LogScale(8192, "0.1"), TypeError, "amount must be"),
    (lambda: LogScale(8192, 0.1, 0.5), TypeError, "offset must be an integer; got 0.5"),
    (lambda: Latent(0, 4), ValueError, "rank must be at least 1; got 0"),
    (lambda: Latent(8, None), TypeError, "rotated must be an integer; got None"),
    (lambda: Latent(8, 4, query_rank=-1), ValueError, "query_rank must be at least 1; got -1"),
    (lambda: Latent(8, 4, value_width=2.0), TypeError, "value_width must be an integer"),
    (lambda: Attention(DIMS, LAYERS["latent"]), ValueError, "use LatentAttention"),
    (lambda: LatentAttention(DIMS, LAYERS["rope"]), ValueError, "use Attention"),
    (lambda: GivenRope(DIMS, [1.0] * 3), ValueError, "1 to 2 for d_head=4; got 3"),
    (lambda: GivenRope(DIMS, []), ValueError, "1 to 2 for d_head=4; got 0"),
    (lambda: GivenRope(DIMS, [float("nan")]), ValueError, "finite number, 0 or above; got nan"),
    (lambda: GivenRope(DIMS, [-1.0]), ValueError, "0 or above; got -1"),
    (lambda: GivenRope(DIMS, ["1"]), TypeError, "each frequency must be a number; got '1'"),
    (lambda: GivenRope(DIMS, [1.0], "pairs"), ValueError, "layout must be one of"),
    (lambda: GivenRope(DIMS, [1.0], temperature=0), ValueError, "temperature must be"),
    (lambda: MRope(DIMS, (1, 1)), ValueError, "one number per axis of pos, 3 here; got (1, 1)"),
    (lambda: MRope(DIMS, (1, 1, 1)), ValueError, "sum to the number of pairs, 2 here"),
    (lambda: MRope(DIMS, (1, 0.5, 1)), TypeError, "must be an integer; got 0.5"),
    (lambda: MRope(DIMS, (1, 1, 0), bass=3), TypeError, "bass"),
])  # fmt: skip
def test_sizes_are_checked(make, error, words):
    with refused(error, words):
        make()


M = MRope(DIMS, (1, 1, 0))


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"pattern": []}, ValueError, "a pattern needs one Layer or more"),
    ({"pattern": Layer(ROPE)}, TypeError, "must be a list of Layer, one per layer"),
    ({"pattern": "rope"}, TypeError, "must be a list of Layer, one per layer; got 'rope'"),
    ({"pattern": [Layer(ROPE), ROPE]}, TypeError, "entry 1 of the pattern must be a Layer"),
    ({"pattern": [Layer(ROPE)], "n_layers": 3}, ValueError, "has 1 layers, n_layers says 3"),
    ({"pattern": [Layer(ROPE)], "encoding": ROPE}, ValueError, "Rope acts by rotate: put it in"),
    ({"pattern": [Layer(ROPE)], "encoding": "none"}, TypeError, "must be a PositionalEncoding"),
    ({"pattern": [Layer(build("fire", DIMS))], "causal": False}, ValueError, "causal models only"),
    ({"pattern": [Layer(ROPE), Layer(M)]}, ValueError, "same number of axes; got"),
    ({"pattern": [Layer(M), Layer(NOPE, window=3)]}, ValueError, "same number of axes"),
    ({"pattern": [Layer(M), Layer(AxialRope(DIMS))]}, ValueError, "AxialRope 2"),
    ({"pattern": [Layer(ROPE)], "encoding": build("learned", DIMS), "vocab_size": 0},
     ValueError, "vocab_size must be at least 1"),
    ({}, TypeError, "encoding must be a PositionalEncoding"),
])  # fmt: skip
def test_patterns_are_checked(options, error, words):
    encoding = options.pop("encoding", None)
    with refused(error, words):
        Transformer(encoding, **{"vocab_size": 5, **options})


def test_nope_layers_go_with_positions_of_several_axes():
    model = Transformer(pattern=[Layer(M), Layer(NOPE)], vocab_size=5)
    pos = torch.arange(4)[:, None].expand(-1, 3)
    assert model(torch.zeros(1, 4, dtype=torch.long), pos).shape == (1, 4, 5)
    with refused(ValueError, "for texts and not for grids"):
        model(torch.zeros(1, 4, dtype=torch.long), pos, cache=Cache())


def test_layers_with_other_numbers_of_heads():
    two = build("rope", Dims(d_model=16, n_heads=2))
    model = Transformer(pattern=[Layer(ROPE), Layer(two)], vocab_size=5)
    tokens = torch.zeros(2, 3, dtype=torch.long)
    assert model(tokens, mask=torch.ones(2, 1, 3, 3, dtype=torch.bool)).shape == (2, 3, 5)
    with refused(ValueError, "weights of layers with [4, 2] heads do not stack"):
        model(tokens, return_weights=True)
    with refused(ValueError, "mask must be"):
        model(tokens, mask=torch.ones(2, 4, 3, 3, dtype=torch.bool))


def test_a_cache_of_another_pattern_is_refused():
    tokens, cache = tokens_of(), Cache()
    model_of("latent, all")(tokens, cache=cache)
    for other in ("rope", "latent"):  # other heads, another rank
        with refused(ValueError, "begin with a new Cache() for each model"):
            model_of(other)(tokens, cache=cache)
    assert cache.length == 9


def test_the_optional_table_ends_where_it_ends():
    model = Transformer(build("learned", Dims(16, 4, 4)), pattern=[Layer(ROPE)], vocab_size=5)
    with refused(ValueError, "holds positions 0 to 3"):
        model(torch.zeros(1, 5, dtype=torch.long))
