"""Long texts, whose bias is a view, with padding; half precision; what stands alone."""

import pytest
import torch
from contract import equal, refused

from posenc import ENCODINGS, Dims, Transformer, build
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


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("name", list(ENCODINGS))
@torch.no_grad()
def test_a_model_in_half_precision_answers_in_it(name, fused):
    one = model(name).bfloat16()
    for block in one.blocks:
        block.attention.fused = fused
    assert one(TOKENS).dtype == torch.bfloat16
