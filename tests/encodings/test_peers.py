"""Parity with the code that people run, on random sizes, to float32 rounding.

Where a peer is wrong or differs on purpose, the test says what and why.
"""

import math

import pytest
import torch

import posenc
from posenc import functional as F
from posenc.base import Dims

pytest.importorskip("transformers", reason="pip install -e '.[peers]'")
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"  # of the peers: torch.jit.script, and what else they use
)


def _qk(h=4, n=23, dh=16):
    generator = torch.Generator().manual_seed(h * n * dh)
    return (torch.randn(2, h, n, dh, generator=generator) for _ in range(2))


def _close(ours, theirs, atol=5e-5):
    torch.testing.assert_close(ours, theirs, atol=atol, rtol=1e-5)


# --- sinusoids ------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "dim"), [(7, 4), (60, 512), (301, 64)])
def test_sinusoidal_equals_positional_encodings(n, dim):
    from positional_encodings.torch_encodings import PositionalEncoding1D

    theirs = PositionalEncoding1D(dim)(torch.zeros(1, n, dim))[0]
    _close(F.sinusoidal(torch.arange(n), dim), theirs)


@pytest.mark.parametrize(("n", "dim"), [(7, 4), (60, 512)])
def test_sinusoidal_equals_x_transformers_but_for_layout_and_scale(n, dim):
    from x_transformers.x_transformers import ScaledSinusoidalEmbedding

    theirs = ScaledSinusoidalEmbedding(dim)(torch.zeros(1, n, dim)).detach()
    ours = F.sinusoidal(torch.arange(n), dim)
    halves = torch.cat((ours[:, 0::2], ours[:, 1::2]), -1)  # theirs: all sines, then all cosines
    _close(halves * dim**-0.5, theirs)  # and a learned scale, which begins at 1/√d


@pytest.mark.parametrize(("height", "width", "dim"), [(3, 5, 8), (8, 8, 64)])
def test_sinusoidal_2d_equals_positional_encodings(height, width, dim):
    from positional_encodings.torch_encodings import PositionalEncoding2D

    theirs = PositionalEncoding2D(dim)(torch.zeros(1, height, width, dim))[0]
    grid = torch.cartesian_prod(torch.arange(height), torch.arange(width))
    ours = posenc.encodings.Sinusoidal2D(Dims(dim, 1)).code(grid, torch.float32)
    _close(ours, theirs.flatten(0, 1))


# --- RoPE -----------------------------------------------------------------------------------


def _llama(dh, n, rope_parameters=None, original=64):
    from transformers.models.llama.configuration_llama import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    config = LlamaConfig(
        hidden_size=4 * dh,
        num_attention_heads=4,
        max_position_embeddings=original,
        rope_parameters=rope_parameters or {"rope_type": "default", "rope_theta": 10_000.0},
    )
    rotary = LlamaRotaryEmbedding(config)
    return rotary, *rotary(torch.zeros(1, n, dh), torch.arange(n)[None])


def _same_rotation(encoding, cos, sin, dh, n):
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    q, k = _qk(n=n, dh=dh)
    pos = torch.arange(n)
    for ours, theirs in zip(
        encoding.rotate(q, k, pos, pos), apply_rotary_pos_emb(q, k, cos, sin), strict=True
    ):
        _close(ours, theirs)


@pytest.mark.parametrize(("dh", "n"), [(16, 23), (64, 200)])
def test_rope_in_halves_equals_llama(dh, n):
    _, cos, sin = _llama(dh, n)
    _same_rotation(posenc.build("rope", Dims(4 * dh, 4), layout="halves"), cos, sin, dh, n)


@pytest.mark.parametrize(("dh", "n"), [(16, 23), (64, 200)])
def test_rope_interleaved_equals_gptj(dh, n):
    from transformers.models.gptj import modeling_gptj as gptj

    sin, cos = gptj.create_sinusoidal_positions(n, dh).chunk(2, -1)
    q, k = _qk(n=n, dh=dh)
    pos = torch.arange(n)
    ours, _ = posenc.build("rope", Dims(4 * dh, 4)).rotate(q, k, pos, pos)
    # theirs keeps (b, n, h, dh) at this point
    theirs = gptj.apply_rotary_pos_emb(q.transpose(1, 2), sin[None], cos[None]).transpose(1, 2)
    _close(ours, theirs)


def test_rope_equals_rotary_embedding_torch():
    from rotary_embedding_torch import RotaryEmbedding

    q, k = _qk()
    pos = torch.arange(q.shape[-2])
    ours, _ = posenc.build("rope", Dims(64, 4)).rotate(q, k, pos, pos)
    _close(ours, RotaryEmbedding(16).rotate_queries_or_keys(q).detach())


@pytest.mark.parametrize("partial", [1.0, 0.5, 0.25])
def test_partial_rope_equals_x_transformers(partial):
    from x_transformers.x_transformers import RotaryEmbedding, apply_rotary_pos_emb

    q, k = _qk()
    pos = torch.arange(q.shape[-2])
    freqs, _ = RotaryEmbedding(int(16 * partial))(pos)
    ours, _ = posenc.build("rope", Dims(64, 4), partial=partial).rotate(q, k, pos, pos)
    _close(ours, apply_rotary_pos_emb(q, freqs))


def test_xpos_scores_equal_x_transformers():
    from x_transformers.x_transformers import RotaryEmbedding, apply_rotary_pos_emb

    q, k = _qk()
    pos = torch.arange(q.shape[-2])
    freqs, scale = RotaryEmbedding(16, use_xpos=True)(pos)
    q2, k2 = apply_rotary_pos_emb(q, freqs, scale), apply_rotary_pos_emb(k, freqs, scale**-1)
    ours_q, ours_k = posenc.build("xpos", Dims(64, 4)).rotate(q, k, pos, pos)
    # theirs counts from the middle of the text; the difference, and so the score, is the same
    _close(ours_q @ ours_k.transpose(-1, -2), q2 @ k2.transpose(-1, -2), atol=1e-4)


@pytest.mark.parametrize("keep", [0.25, 0.5, 0.75])
def test_p_rope_equals_proportional(keep):
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    rotary, *_ = _llama(
        64,
        5,
        {"rope_type": "proportional", "rope_theta": 1e6, "partial_rotary_factor": keep},
    )
    theirs, _ = ROPE_INIT_FUNCTIONS["proportional"](rotary.config)
    _close(posenc.build("rope", Dims(256, 4), base=1e6, keep=keep).inv_freq(), theirs, atol=1e-8)


@pytest.mark.parametrize(
    ("method", "extra"),
    [
        ("linear", {}),
        ("yarn", {"original_max_position_embeddings": 64}),
        (
            "llama3",
            {
                "original_max_position_embeddings": 64,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
            },
        ),
    ],
)
@pytest.mark.parametrize("factor", [2.0, 8.0])
@pytest.mark.parametrize("dh", [16, 128])
def test_scaling_equals_transformers(method, extra, factor, dh):
    parameters = {"rope_type": method, "rope_theta": 10_000.0, "factor": factor, **extra}
    rotary, cos, sin = _llama(dh, 100, parameters)
    options = {"original_max_len": 64} if extra else {}
    ours = posenc.build(
        "rope", Dims(4 * dh, 4), layout="halves", scaling=method, factor=factor, **options
    )
    torch.testing.assert_close(ours.inv_freq(), rotary.inv_freq, rtol=1e-5, atol=1e-9)
    assert ours.temperature == pytest.approx(rotary.attention_scaling)
    _same_rotation(ours, cos, sin, dh, 100)


# --- biases ---------------------------------------------------------------------------------


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("n_buckets", "max_distance"), [(32, 128), (16, 64), (32, 100)])
def test_t5_buckets_equal_transformers(causal, n_buckets, max_distance):
    from transformers.models.t5.modeling_t5 import T5Attention

    apart = torch.arange(-1000, 1001)
    theirs = T5Attention._relative_position_bucket(-apart, not causal, n_buckets, max_distance)
    assert torch.equal(F.t5_bucket(apart, n_buckets, max_distance, causal), theirs)


@pytest.mark.parametrize("causal", [True, False])
def test_t5_bias_equals_x_transformers(causal):
    from x_transformers.x_transformers import RelativePositionBias

    peer = RelativePositionBias(scale=1.0, causal=causal, heads=4)
    ours = posenc.build("t5", Dims(64, 4), causal=causal)
    ours.table.data = peer.relative_attention_bias.weight.data
    q, k = _qk(n=150)
    pos = torch.arange(150)
    _close(ours.bias(q, k, pos, pos).detach(), peer(150, 150).detach())


@pytest.mark.parametrize("n_heads", [1, 2, 3, 4, 6, 8, 12, 16, 20, 40])
def test_alibi_slopes_equal_bloom_mpt_and_x_transformers(n_heads):
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor
    from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor
    from x_transformers.x_transformers import AlibiPositionalBias

    ours = F.alibi_slopes(n_heads)
    bloom = build_alibi_tensor(torch.ones(1, 2, dtype=torch.long), n_heads, torch.float32)
    _close(ours, bloom[:, 0, 1])
    _close(ours, -build_mpt_alibi_tensor(n_heads, 2)[:, 0, 0])
    _close(ours, torch.tensor(AlibiPositionalBias._get_slopes(n_heads)))


@pytest.mark.parametrize("n_heads", [4, 12])
def test_alibi_bias_equals_x_transformers_and_bloom(n_heads):
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor
    from x_transformers.x_transformers import AlibiPositionalBias

    q, k = _qk(h=n_heads, n=30)
    pos = torch.arange(30)
    ours = posenc.build("alibi", Dims(16 * n_heads, n_heads)).bias(q, k, pos, pos)
    _close(ours, AlibiPositionalBias(n_heads)(30, 30))
    # BLOOM leaves out the query's part, a constant a row, which softmax ignores
    bloom = build_alibi_tensor(torch.ones(1, 30, dtype=torch.long), n_heads, torch.float32)
    hidden = torch.full((30, 30), -math.inf).triu(1)
    _close((ours + hidden).softmax(-1), (bloom + hidden).softmax(-1))
