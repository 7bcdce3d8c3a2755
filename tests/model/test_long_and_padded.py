"""Long texts, whose bias is a view, with padding; what a cache knows of padded rows."""

import pytest
import torch
from contract import equal, refused

from posenc import ENCODINGS, Cache, Dims, Transformer, build
from posenc.model import Attention, Block
from posenc.model._attention import LONG, bias_as_view

DIMS = Dims(d_model=16, n_heads=2)
TOKENS = torch.tensor([[1, 2, 3, 4], [4, 3, 2, 1]])


def model(name="rope", **options):
    torch.manual_seed(0)
    return Transformer(build(name, DIMS), vocab_size=5, n_layers=1, **options).double().eval()


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("name", ["alibi", "t5"])
@torch.no_grad()
def test_a_view_gives_the_weights_of_the_whole_bias(name, causal):
    n = LONG + 3
    tokens, pos = torch.arange(2 * n).remainder(5).view(2, n), torch.arange(n)
    real = torch.ones(2, 1, n, dtype=torch.bool)
    real[0, 0, :5] = False
    one = model(name, causal=causal)
    for mask in (None, real):
        found = one(tokens, mask=mask, return_weights=True)
        expected = one(tokens, pos.expand(2, n), mask=mask, return_weights=True)
        for mine, theirs in zip(found, expected, strict=True):
            equal(mine, theirs, rtol=1e-6, atol=1e-9)


class TurnedAndBiased(ENCODINGS["alibi"]):
    """What a learner may write: a bias by distance, and turned queries and keys."""

    def rotate(self, q, k, q_pos, k_pos):
        return build("rope", self.dims).rotate(q, k, q_pos, k_pos)


@torch.no_grad()
def test_a_view_stands_beside_turned_queries_and_keys():
    n = LONG + 3
    attention, pos, x = Attention(DIMS), torch.arange(n), torch.randn(1, n, 16)
    encoding = TurnedAndBiased(DIMS)
    assert bias_as_view(encoding, pos, pos)
    found = attention(x, encoding, pos, None)
    expected = attention(x, encoding, pos[None], None)  # a batch of positions: no view
    for mine, theirs in zip(found, expected, strict=True):
        equal(mine, theirs, rtol=1e-4, atol=1e-6)


def test_from_which_length_the_bias_is_a_view():
    for n, view in ((LONG, True), (LONG - 1, False)):
        assert bias_as_view(build("alibi", DIMS), torch.arange(n), torch.arange(n)) is view


def test_fused_attention_makes_no_weights():
    attention = Attention(DIMS)
    attention.fused = True
    out, weights = attention(torch.randn(1, 3, 16), build("none", DIMS), torch.arange(3), None)
    assert out.shape == (1, 3, 16)
    assert weights.numel() == 0


def test_a_block_alone_has_layer_norms_before():
    block = Block(DIMS)
    assert block.pre
    assert isinstance(block.norm1, torch.nn.LayerNorm)


def test_two_sequences_of_two_tokens_have_two_readings():
    with refused(ValueError, "can be read in two ways"):
        model()(TOKENS[:, :2], mask=torch.ones(2, 2).bool())


# --- caches -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [torch.ones(2, 1, 2), torch.ones(2, 2).bool()])
def test_a_cache_takes_a_boolean_mask_of_its_own_shape_alone(mask):
    cache = Cache()
    model()(TOKENS[:, :2], cache=cache)
    with refused(ValueError, "boolean of shape (2, 1, 2)"):
        model()(TOKENS[:, 2:], mask=mask, cache=cache)


def padded(*rows):
    return torch.tensor(rows).bool()[:, None]


@torch.no_grad()
def test_how_many_tokens_came_is_counted_without_padding_and_without_what_is_taken_back():
    cache, one = Cache(), model()
    one(TOKENS, mask=padded([0, 1, 1, 1], [1, 1, 1, 1]), cache=cache)
    assert cache.seen.tolist() == [3, 4]
    assert not cache.seen.is_floating_point()
    cache.crop(2)
    assert cache.seen.tolist() == [1, 2]
    assert cache.following.tolist() == [1, 2]
    one(TOKENS[:, :1], cache=cache)
    assert cache.seen.tolist() == [2, 3]
    assert cache.pos[:, -1].tolist() == [1, 2]


@torch.no_grad()
def test_crop_gives_a_row_without_real_tokens_its_old_place():
    cache, one = Cache(), model()
    one(TOKENS, cache=cache)
    pos = torch.tensor([[9, 9], [9, 4]])
    one(TOKENS[:, :2], pos, mask=padded([0, 0], [0, 1]), cache=cache)
    assert cache.following.tolist() == [4, 5]
    cache.crop(4)
    assert cache.following.tolist() == [4, 4]


@torch.no_grad()
def test_a_row_of_padding_changes_nothing_and_a_jump_is_noticed():
    cache, one = Cache(), model()
    one(TOKENS, cache=cache)
    pos = torch.tensor([[9, 10], [4, 5]])
    one(TOKENS[:, :2], pos, mask=padded([0, 0], [1, 0]), cache=cache)
    assert cache.steady.tolist() == [True, True]
    assert cache.next_positions(1, None, torch.device("cpu")).tolist() == [[4], [5]]
    one(TOKENS[:, :2], torch.tensor([[7, 8], [5, 6]]), mask=padded([1, 0], [1, 1]), cache=cache)
    assert cache.steady.tolist() == [False, True]
    with refused(ValueError, "do not rise by 1: give pos"):
        one(TOKENS[:, :1], cache=cache)


@torch.no_grad()
def test_no_new_token_changes_nothing():
    cache, one = Cache(), model()
    one(TOKENS, cache=cache)
    one(TOKENS[:, :0], cache=cache)
    assert cache.length == 4
    assert cache.next_positions(1, None, torch.device("cpu")).tolist() == [4]


@torch.no_grad()
def test_one_token_after_the_other_counts_on_by_one():
    cache, one = Cache(), model()
    for i in range(4):
        one(TOKENS[:, i : i + 1], cache=cache)
    assert cache.pos.tolist() == [0, 1, 2, 3]
    assert cache.following.tolist() == [4]


@torch.no_grad()
def test_what_bfloat16_cannot_count_comes_next_all_the_same():
    cache = Cache()
    model()(TOKENS[:, :2], torch.tensor([255.0, 256.0]).bfloat16(), cache=cache)
    assert cache.following.tolist() == [257]
    assert cache.steady.tolist() == [True]
