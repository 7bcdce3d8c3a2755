"""Layers of a pattern against the parts of transformers that they are taken from."""

import pytest
import torch
from contract.pattern import attention_of, stream
from torch import nn

from posenc import Dims, Latent, Layer, LogScale, build
from posenc.encodings import GivenRope
from posenc.model import LatentAttention, masked_softmax
from posenc.model._masks import reach

pytest.importorskip("transformers", reason="pip install -e '.[peers]'")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the peer

F64 = torch.float64
PAST = torch.ones(9, 9, dtype=torch.bool).tril()
POS = torch.arange(9) + 5


def _close(ours, theirs):  # theirs is partly computed in float32
    torch.testing.assert_close(ours, theirs, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("query_rank", [None, 12])
def test_latent_attention_equals_that_of_deepseek_v3(query_rank):
    from transformers import DeepseekV3Config
    from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3Attention

    sizes = {
        "hidden_size": 16, "num_attention_heads": 4, "num_key_value_heads": 4, "v_head_dim": 5,
        "q_lora_rank": query_rank, "kv_lora_rank": 10, "qk_rope_head_dim": 4,
        "qk_nope_head_dim": 6, "rope_interleave": True, "attn_implementation": "eager",
    }  # fmt: skip
    theirs = DeepseekV3Attention(DeepseekV3Config(**sizes), 0).double().eval()
    rope = build("rope", Dims(d_model=40, n_heads=4), partial=0.4)
    latent = Latent(rank=10, rotated=4, query_rank=query_rank, value_width=5)
    ours = LatentAttention(Dims(d_model=16, n_heads=4), Layer(rope, latent=latent)).double()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.3)
    up = theirs.kv_b_proj.weight.unflatten(0, (4, 11))  # (h, 6 of a key + 5 of a value, rank)
    pairs = {
        "kv_down": theirs.kv_a_proj_with_mqa.weight, "kv_norm": theirs.kv_a_layernorm.weight,
        "k_up": up[:, :6].flatten(0, 1), "v_up": up[:, 6:].flatten(0, 1),
        "out": theirs.o_proj.weight,
    }  # fmt: skip
    if query_rank is None:
        pairs["q_up"] = theirs.q_proj.weight
    else:
        pairs["q_down"], pairs["q_norm"] = theirs.q_a_proj.weight, theirs.q_a_layernorm.weight
        pairs["q_up"] = theirs.q_b_proj.weight
    with torch.no_grad():
        for name, weight in pairs.items():
            getattr(ours, name).weight.copy_(weight)
    theta = (POS[:, None] * rope.inv_freq(F64)).repeat(1, 2)[None]
    minus = torch.zeros(1, 1, 9, 9, dtype=F64).masked_fill(~PAST, torch.finfo(F64).min)
    expected, weights = theirs(stream(), (theta.cos(), theta.sin()), minus)
    for absorbed in (False, True):
        ours.absorbed = absorbed
        found = ours(stream(), rope, POS, PAST)
        _close(found[0], expected)
        _close(found[1], weights)


def test_sinks_equal_those_of_gpt_oss():
    from transformers.models.gpt_oss.modeling_gpt_oss import eager_attention_forward

    module = nn.Module()
    module.sinks, module.num_key_value_groups = nn.Parameter(torch.randn(4, dtype=F64)), 1
    q, k = torch.randn(2, 2, 4, 9, 8, dtype=F64)
    minus = torch.zeros(9, 9, dtype=F64).masked_fill(~PAST, torch.finfo(F64).min)[None, None]
    weights = eager_attention_forward(module, q, k, k, minus, scaling=0.5)[1]
    _close(masked_softmax(q @ k.mT * 0.5, PAST, module.sinks), weights)


def test_rotated_back_equals_deepseek_v4():
    from transformers.models.deepseek_v4.modeling_deepseek_v4 import apply_rotary_pos_emb

    layer = Layer(GivenRope(Dims(32, 4), [1.0, 0.2], last=True), rotate_values=True)
    attention = attention_of(layer)
    theta = (POS[:, None] * torch.tensor([1.0, 0.2], dtype=F64))[None]
    q, k, v = (
        attention.qkv(stream()).unflatten(-1, (3, 4, 8)).permute(2, 0, 3, 1, 4)
    )  # each (b, h, n, dh)
    q, k, v = (apply_rotary_pos_emb(x, theta.cos(), theta.sin()) for x in (q, k, v))
    weights = masked_softmax(q @ k.mT / 8**0.5, PAST)
    mixed = apply_rotary_pos_emb(weights @ v, theta.cos(), -theta.sin())
    found = attention(stream(), layer.encoding, POS, PAST)
    _close(found[1], weights)
    _close(found[0], attention.out(mixed.transpose(1, 2).flatten(2)))


@pytest.mark.parametrize("size", [1, 3, 20])
def test_windows_and_chunks_equal_the_masks(size):
    from transformers.masking_utils import (
        chunked_causal_mask_function,
        sliding_window_bidirectional_mask_function,
        sliding_window_causal_mask_function,
    )

    q, k, first, padded = POS[:, None], POS[None], torch.tensor([0]), torch.tensor([2])
    near = reach(POS, POS, size, None)[0, 0]
    assert torch.equal(near & PAST, sliding_window_causal_mask_function(size)(0, 0, q, k))
    two_sided = sliding_window_bidirectional_mask_function(size - 1)(0, 0, q, k)
    assert torch.equal(near, two_sided)  # there one key more on each side
    for padding, places in ((first, POS), (padded, POS - 2)):
        theirs = chunked_causal_mask_function(size, padding)(0, 0, q, k)
        assert torch.equal(reach(places, places, None, size)[0, 0] & PAST, theirs)


def test_log_n_scaling_equals_that_of_ministral_3():
    from transformers.models.ministral3.modeling_ministral3 import get_llama_4_attn_scale

    pos = torch.tensor([[0, 1, 4095, 4096, 8191, 8192, 100_000]])
    theirs = get_llama_4_attn_scale(pos, 0.1, 4096).reshape(-1)
    torch.testing.assert_close(LogScale(4096, 0.1, offset=0).of(pos[0]), theirs)
