"""What a model with a pattern of layers promises, and the kinds of RoPE that patterns use."""

import math

import torch
from oracle.functional import mrope_angles, rotate_halves, rotate_pairs

from contract import differ, equal
from contract.pattern import (
    DIMS,
    F64,
    LAYERS,
    NOPE,
    PAST,
    ROPE,
    ROWS,
    SOME,
    VOCAB,
    WIDE,
    N,
    attention_of,
    model_of,
    stream,
    tokens_of,
)
from posenc import ENCODINGS, Block, Cache, Dims, Layer, Transformer, acts_on, build
from posenc.encodings import GivenRope, MRope
from posenc.model import LatentAttention, masked_softmax

MIXED = ("window", "nope", "latent, all", "all at once")


def a_pattern_of_equal_layers_is_the_model_with_one_encoding():
    for name, cls in ENCODINGS.items():
        torch.manual_seed(1)
        before = Transformer(build(name, DIMS), vocab_size=VOCAB, n_layers=3)
        torch.manual_seed(1)
        encoding = build(name, DIMS)
        outside = "embed" in acts_on(cls)
        layer = Layer(build("none", DIMS) if outside else encoding)
        options = {"encoding": encoding} if outside else {}
        model = Transformer(**options, pattern=[layer] * 3, vocab_size=VOCAB)
        tokens = tokens_of()
        for one, other in zip(
            before(tokens, return_weights=True), model(tokens, return_weights=True), strict=True
        ):
            assert torch.equal(one, other), name
        own = {key for key in model.state_dict() if not key.startswith("encoding")}
        assert own == {key for key in before.state_dict() if not key.startswith("encoding")}


def layers_follow_each_other():
    for norm in ("pre", "post"):
        model, tokens, pos = model_of(*MIXED, norm=norm), tokens_of(), ROWS
        x = model.encoding.embed(model.tokens(tokens), pos)
        maps = []
        for block, name in zip(model.blocks, MIXED, strict=True):
            x, weights = block(x, LAYERS[name].encoding, pos, SOME & PAST)
            maps.append(weights)
        logits, found = model(tokens, pos, mask=SOME, return_weights=True)
        equal(logits, model.head(model.norm(x)))
        equal(found, torch.stack(maps))
        differ(logits, model_of(*MIXED[::-1], norm=norm)(tokens, pos, mask=SOME))


def the_stream_has_a_width_of_its_own():
    model = model_of("wide heads", "latent")
    assert model.head.in_features == model.tokens.embedding_dim == 16
    assert model.blocks[0].attention.qkv.weight.shape == (3 * 32, 16)
    alone = Transformer(pattern=[LAYERS["wide heads"]], vocab_size=VOCAB)
    assert alone.head.in_features == 32
    block = Block(DIMS, "post", "rms", LAYERS["latent"])
    assert isinstance(block.attention, LatentAttention)
    assert block(torch.randn(1, 3, 16), LAYERS["latent"].encoding, torch.arange(3), None)


def a_cache_and_a_mask_meet_all_kinds_at_once():
    model, tokens = model_of(*MIXED), tokens_of()
    with torch.no_grad():
        cache = Cache()
        parts = [model(tokens[:, i : i + 1], cache=cache) for i in range(N)]
        equal(torch.cat(parts, 1), model(tokens), rtol=1e-9, atol=1e-9)
    assert [tuple(k.shape[1::2]) for k in cache.keys] == [(4, 4), (4, 4), (1, 4), (2, 8)]
    assert cache.values[2].shape[-1] == 6  # the latent vectors themselves


def a_window_sees_so_many_keys():
    for causal, seen in ((True, [1, 2, 3, 3, 3]), (False, [3, 4, 5, 4, 3])):
        model = model_of("window", causal=causal)
        weights = model(tokens_of(1, 5), return_weights=True)[1]
        assert (weights[0, 0, 0] > 0).sum(-1).tolist() == seen
    far = torch.tensor([0, 2, 4, 6, 7])  # by position: a window of 3 holds distances 0, 1 and 2
    weights = model_of("window")(tokens_of(1, 5), far, return_weights=True)[1]
    assert (weights[0, 0, 0] > 0).sum(-1).tolist() == [1, 2, 2, 2, 2]


def a_chunk_sees_its_own_keys():
    weights = model_of("chunk")(tokens_of(1, 9), return_weights=True)[1]
    assert (weights[0, 0, 0] > 0).sum(-1).tolist() == [1, 2, 3, 4, 1, 2, 3, 4, 1]
    there = torch.arange(9) + 3
    weights = model_of("chunk")(tokens_of(1, 9), there, return_weights=True)[1]
    assert (weights[0, 0, 0] > 0).sum(-1).tolist() == [1, 1, 2, 3, 4, 1, 2, 3, 4]


def a_sink_takes_a_share():
    scores = torch.tensor([[[[0.0, 0.0]], [[0.0, 0.0]]]], dtype=F64)  # (b, h, q, k)
    sink = torch.tensor([0.0, math.log(6.0)], dtype=F64)
    equal(masked_softmax(scores, None, sink), [[[[1 / 3, 1 / 3]], [[1 / 8, 1 / 8]]]])
    one = torch.tensor([True, False])
    equal(masked_softmax(scores, one, sink), [[[[1 / 2, 0]], [[1 / 7, 0]]]])
    assert not masked_softmax(scores, torch.zeros(2, dtype=torch.bool), sink).any()


def moving_all_positions_is_not_felt_by_relative_layers():
    for name in ("rope", "window", "values", "sink", "two groups", "latent", "last channels"):
        model, tokens = model_of(name), tokens_of()
        model.encoding = NOPE  # learned positions are not relative
        equal(model(tokens, torch.arange(N) + 40), model(tokens), rtol=1e-8, atol=1e-8)
        differ(model(tokens, torch.arange(N) * 2), model(tokens), by=1e-5)


def values_rotated_back_tell_how_far_a_key_is():
    layer = LAYERS["values"]
    attention, x = attention_of(layer), stream(1, 2)
    with torch.no_grad():
        attention.qkv.weight[:32] = 0  # queries and keys: so that every key has the same weight
        near, far = (attention(x, ROPE, torch.tensor(pos), None)[0] for pos in ([0, 1], [0, 4]))
    differ(near, far)


def the_absorbed_form_is_equal():
    for name in ("latent", "latent, both", "latent, all"):
        model, tokens = model_of(name, name), tokens_of()
        expected, weights = model(tokens, ROWS, mask=SOME, return_weights=True)
        for block in model.blocks:
            block.attention.absorbed = True
        found, others = model(tokens, ROWS, mask=SOME, return_weights=True)
        equal(found, expected, rtol=1e-9, atol=1e-9)
        equal(others, weights, rtol=1e-9, atol=1e-9)
        cache = Cache()
        with torch.no_grad():
            parts = [model(tokens[:, i : i + 1], ROWS[:, i : i + 1], cache=cache) for i in range(N)]
        equal(torch.cat(parts, 1), model(tokens, ROWS), rtol=1e-9, atol=1e-9)


def given_frequencies_equal_those_of_rope():
    options = {"scaling": "yarn", "factor": 4.0, "original_max_len": 16, "layout": "halves"}
    rope = build("rope", WIDE, **options)
    given = GivenRope(WIDE, rope.inv_freq(F64).tolist(), "halves", rope.temperature)
    q, k = (torch.randn(2, 4, N, 8, dtype=F64) for _ in range(2))
    for pos in (torch.arange(N), ROWS):
        for mine, other in zip(given.rotate(q, k, pos, pos), rope.rotate(q, k, pos, pos),
                               strict=True):  # fmt: skip
            equal(mine, other)
        last = GivenRope(WIDE, [1.0, 0.1], last=True, temperature=1.5)
        turned = last.rotate(q, k, pos, pos)
        assert torch.equal(turned[0][..., :4], q[..., :4])
        alone = GivenRope(DIMS, [1.0, 0.1], temperature=1.5)
        equal(turned[0][..., 4:], alone.rotate(q[..., 4:], k[..., 4:], pos, pos)[0])
        equal(turned[1][..., 4:], alone.rotate(q[..., 4:], k[..., 4:], pos, pos)[1])


def m_rope_equals_the_loops():
    places = torch.tensor([[0, 0, 0], [1, 1, 1], [2, 2, 2], [2, 2, 3], [2, 3, 2], [5, 5, 5]])
    x = torch.randn(2, 4, 6, 16, dtype=F64)
    dims = Dims(d_model=64, n_heads=4)
    for layout, turn in (("halves", rotate_halves), ("interleaved", rotate_pairs)):
        for interleaved, partial in ((False, 1.0), (True, 1.0), (True, 0.75)):
            sections = (2, 3, 3) if not interleaved else (4, 2, 2) if partial == 1 else (2, 2, 2)
            rope = MRope(dims, sections, interleaved, layout, base=50.0, partial=partial)
            speeds = rope.inv_freq(F64).tolist()
            for pos in (places, torch.stack((places, places.flip(0)))):
                found = rope.rotate(x, x, pos, pos)[1]
                for row in range(2):
                    for i in range(6):
                        place = (pos if pos.dim() == 2 else pos[row])[i].tolist()
                        angles = mrope_angles(place, speeds, sections, interleaved)
                        equal(found[row, 3, i], turn(x[row, 3, i].tolist(), angles))


def m_rope_of_a_text_is_rope():
    dims = Dims(d_model=16, n_heads=2)
    rope = MRope(dims, (1, 1, 2))
    torch.manual_seed(2)
    model = Transformer(pattern=[Layer(rope), Layer(rope, window=3)], vocab_size=VOCAB).double()
    torch.manual_seed(2)
    plain = build("rope", dims, layout="halves")
    text = Transformer(pattern=[Layer(plain), Layer(plain, window=3)], vocab_size=VOCAB).double()
    pos = torch.arange(N)[:, None].expand(-1, 3)
    equal(model(tokens_of(), pos), text(tokens_of()))
    image = pos.clone()
    image[3:6, 1:] += torch.arange(3)[:, None]
    differ(model(tokens_of(), image), text(tokens_of()), by=1e-4)
    rows = torch.stack((pos, image))
    equal(model(tokens_of(), rows)[1], model(tokens_of(), image)[1])


def windows_of_positions_with_axes_go_by_index():
    rope = MRope(Dims(d_model=16, n_heads=2), (1, 1, 2))
    model = Transformer(pattern=[Layer(rope, window=2)], vocab_size=VOCAB)
    image = torch.zeros(5, 3, dtype=torch.long)  # all at one time
    weights = model(tokens_of(1, 5), image, return_weights=True)[1]
    assert (weights[0, 0, 0] > 0).sum(-1).tolist() == [1, 2, 2, 2, 2]


def unsigned_positions_are_rotated_back():
    for name in ("values", "window", "chunk", "log-n"):
        model, tokens = model_of(name), tokens_of()
        model.encoding = NOPE
        equal(model(tokens, torch.arange(N, dtype=torch.uint8)), model(tokens))


def a_model_of_many_kinds_compiles_whole_and_exports():
    model = model_of("chunk", "values", "latent, all", "all at once")
    tokens, pos, n = tokens_of(), torch.arange(N), torch.export.Dim("n", min=3, max=64)
    exported = torch.export.export(
        model, (tokens, pos), dynamic_shapes={"tokens": {1: n}, "pos": {0: n}}
    ).module()
    for length in (N, 20):
        longer, there = tokens_of(n=length), torch.arange(length) + 3
        equal(exported(longer, there), model(longer, there))
    torch._dynamo.reset()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    equal(compiled(tokens, pos), model(tokens, pos))
