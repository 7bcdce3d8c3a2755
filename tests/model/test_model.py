"""posenc.model: against plain loops, what masks and positions mean, what is refused."""

import inspect

import contract.model as promise
import pytest
import torch
import torch.nn.functional as F
from contract import checks
from torch import nn

from posenc import (
    ENCODINGS,
    Attention,
    Block,
    Dims,
    SinusoidalPositionalEncoding,
    Transformer,
    build,
)
from posenc.model import masked_softmax


@pytest.mark.parametrize("check", checks(promise), ids=lambda check: check.__name__)
def test_promise(check):
    check()


@pytest.fixture(scope="module")
def model():
    return Transformer(build("sinusoidal", Dims(d_model=8, n_heads=2)), vocab_size=6)


def test_masked_softmax_without_a_mask_is_softmax():
    scores = torch.randn(2, 3, 4)
    assert torch.equal(masked_softmax(scores, None), scores.softmax(-1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_forbidden_key_has_no_weight_at_all(dtype):
    scores = torch.tensor([[3e4, 0.0, 1.0]], dtype=dtype)
    weights = masked_softmax(scores, torch.tensor([[False, True, True]]))
    assert weights.dtype == dtype
    assert weights[0, 0] == 0
    assert weights.sum().item() == pytest.approx(1, abs=0.01)


def test_precision_of_the_model_is_kept():
    tokens = torch.tensor([[1, 2, 3]])
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        small = Transformer(build("learned", Dims(d_model=8, n_heads=2)), vocab_size=6).to(dtype)
        assert small(tokens).dtype == dtype


def test_one_token_and_int32_tokens_are_fine(model):
    assert model(torch.tensor([[3]])).shape == (1, 1, 6)
    tokens = torch.tensor([[3, 1]])
    assert torch.equal(model(tokens.int()), model(tokens))


def test_the_drop_in_module_takes_keywords_only_after_the_width():
    with pytest.raises(TypeError, match="positional argument"):
        SinusoidalPositionalEncoding(8, 0.1)
    kinds = [p.kind for p in inspect.signature(SinusoidalPositionalEncoding).parameters.values()]
    assert kinds[1:] == [inspect.Parameter.KEYWORD_ONLY] * (len(kinds) - 1)


def test_the_drop_in_module_leaves_nothing_in_the_checkpoint():
    module = SinusoidalPositionalEncoding(8, dropout=0.1)
    assert not module.state_dict()
    assert not list(module.parameters())
    nn.Sequential(module, nn.Linear(8, 2))(torch.zeros(1, 700, 8))  # a drop-in, of any length


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"vocab_size": 0}, ValueError, "vocab_size must be at least 1; got 0"),
        ({"n_layers": -1}, ValueError, "n_layers must be at least 1; got -1"),
        ({"vocab_size": 2.5}, TypeError, "vocab_size must be an integer; got 2.5"),
        ({"n_layers": float("nan")}, TypeError, "n_layers must be an integer; got nan"),
        ({"n_layers": True}, TypeError, "n_layers must be an integer; got True"),
        ({"norm": "Pre"}, ValueError, "norm must be 'pre' or 'post'; got 'Pre'"),
        ({"norm_type": "batch"}, ValueError, "norm_type must be 'layer' or 'rms'; got 'batch'"),
    ],
)
def test_options_are_checked(options, error, words):
    with pytest.raises(error, match=words):
        Transformer(build("none"), **{"vocab_size": 5, **options})


@pytest.mark.parametrize(("norm", "norm_type"), [("none", "layer"), ("pre", "group")])
def test_a_block_alone_checks_its_norms(norm, norm_type):
    with pytest.raises(ValueError, match=f"got '{norm if norm == 'none' else norm_type}'"):
        Block(Dims(), norm, norm_type)


def test_the_encoding_must_be_one():
    with pytest.raises(TypeError, match=r"for example posenc.build\('none'\); got 'none'"):
        Transformer("none", vocab_size=5)


@pytest.mark.parametrize(
    ("tokens", "error", "words"),
    [
        (torch.zeros(3, dtype=torch.long), ValueError, r"shape \(b, n\); got torch.int64 \(3,\)"),
        (torch.zeros(1, 3), ValueError, r"got torch.float32 \(1, 3\): use tokens.long\(\)"),
        (torch.ones(1, 3) > 0, ValueError, "got torch.bool"),
        (torch.zeros(1, 3, dtype=torch.int16), ValueError, "int64 or int32 .* got torch.int16"),
        ([[1, 2]], TypeError, "tokens must be a tensor .* got list"),
        (torch.zeros(1, 3, dtype=torch.long, device="meta"), ValueError,
         "tokens are on meta but the model is on cpu"),
    ],
)  # fmt: skip
def test_tokens_are_checked(model, tokens, error, words):
    with pytest.raises(error, match=words):
        model(tokens)


@pytest.mark.parametrize(
    ("mask", "error", "words"),
    [
        (torch.ones(4, 4), TypeError, "boolean tensor, True = may attend; got torch.float32"),
        ([[True]], TypeError, "boolean tensor, True = may attend; got list"),
        (torch.ones(3, 3) > 0, ValueError, r"with b=2, h=2, n=4; got \(3, 3\)"),
        (torch.ones(4) > 0, ValueError, r"mask must be \(n, n\), .* got \(4,\)"),
        (torch.ones(3, 4, 4) > 0, ValueError, r"got \(3, 4, 4\)"),
        (torch.ones(2, 3, 4, 4) > 0, ValueError, r"got \(2, 3, 4, 4\)"),
        (torch.ones(2, 1, 4, 1) > 0, ValueError, r"got \(2, 1, 4, 1\)"),
        (torch.ones(4, 4, device="meta") > 0, ValueError, "mask is on meta but tokens are on cpu"),
    ],
)
def test_masks_are_checked(model, mask, error, words):
    with pytest.raises(error, match=words):
        model(torch.zeros(2, 4, dtype=torch.long), mask=mask)


@pytest.mark.parametrize("name", ["none", "sinusoidal"])
@pytest.mark.parametrize(
    ("pos", "error", "words"),
    [
        (torch.arange(3), ValueError, r"shape \(4,\) or \(2, 4\) for 2 sequences of 4; got \(3,\)"),
        (torch.zeros(4, 2), ValueError, r"got \(4, 2\)"),
        (torch.ones(4) > 0, TypeError, "pos must hold integers or real numbers; got torch.bool"),
        (torch.arange(4, device="meta"), ValueError, r"pos is on meta .* use pos.to\(x.device\)"),
    ],
)
def test_positions_are_checked_whatever_the_encoding(name, pos, error, words):
    model = Transformer(build(name, Dims(d_model=8, n_heads=2)), vocab_size=6)
    with pytest.raises(error, match=words):
        model(torch.zeros(2, 4, dtype=torch.long), pos)


@pytest.mark.parametrize("dropout", [-0.1, 1.5, float("nan"), float("inf")])
def test_the_drop_in_module_checks_its_dropout(dropout):
    with pytest.raises(ValueError, match=f"dropout must be a probability.* got {dropout}"):
        SinusoidalPositionalEncoding(8, dropout=dropout)


def test_the_drop_in_module_checks_width_shape_and_type():
    with pytest.raises(ValueError, match="must be even and positive, .* got 7"):
        SinusoidalPositionalEncoding(7)
    module = SinusoidalPositionalEncoding(8)
    with pytest.raises(ValueError, match=r"with d_model=8; got \(5, 8\)"):
        module(torch.zeros(5, 8))
    with pytest.raises(ValueError, match=r"with d_model=8; got \(1, 5, 6\)"):
        module(torch.zeros(1, 5, 6))
    with pytest.raises(TypeError, match="x must hold floating-point numbers; got torch.int64"):
        module(torch.zeros(1, 5, 8, dtype=torch.long))
    with pytest.raises(ValueError, match=r"shape \(5,\) or \(1, 5\)"):
        module(torch.zeros(1, 5, 8), torch.arange(6))


def test_attention_is_usable_alone():
    attention = Attention(Dims(d_model=8, n_heads=2))
    out, weights = attention(torch.randn(1, 3, 8), build("none"), torch.arange(3), None)
    assert out.shape == (1, 3, 8)
    assert weights.shape == (1, 2, 3, 3)


# --- fused kernels ---------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "causal"), [
    (name, causal) for name, cls in ENCODINGS.items() for causal in (True, False)
    if causal or "causal only" not in cls.promises
])  # fmt: skip
def test_fused_kernels_give_the_same_answers_and_gradients(name, causal):
    torch.manual_seed(0)
    model = Transformer(build(name, Dims(d_model=16, n_heads=2)), vocab_size=6, causal=causal)
    tokens = torch.randint(6, (3, 12))

    def answers(fused):
        for block in model.blocks:
            block.attention.fused = fused
        logits = model(tokens)
        model.zero_grad()
        logits.square().sum().backward()
        return logits, [param.grad.clone() for param in model.parameters()]

    (plain, slopes), (quick, others) = answers(False), answers(True)
    torch.testing.assert_close(quick, plain, rtol=1e-4, atol=1e-4)
    for mine, theirs in zip(others, slopes, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-3 * slopes[0].abs().max())
    with pytest.raises(ValueError, match="fused attention makes no weights: set fused = False"):
        model(tokens, return_weights=True)
    padded = torch.ones(3, 1, 12, dtype=torch.bool)
    padded[0, 0, 9:] = False
    with_mask = model(tokens, mask=padded)
    answers(False)
    torch.testing.assert_close(with_mask, model(tokens, mask=padded), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "causal"),
    [("t5", True), ("t5", False), ("alibi", True), ("alibi", False), ("fire", True)],
)
def test_fused_kernels_are_given_keys_that_lie_side_by_side(name, causal, monkeypatch):
    seen, mix = [], F.scaled_dot_product_attention

    def watched(*args, attn_mask, **options):
        seen.append(attn_mask.stride(-1))
        return mix(*args, attn_mask=attn_mask, **options)

    monkeypatch.setattr(F, "scaled_dot_product_attention", watched)
    model = Transformer(build(name, Dims(d_model=16, n_heads=2)), vocab_size=6, causal=causal)
    for block in model.blocks:
        block.attention.fused = True
    model(torch.randint(6, (3, 12)))
    assert seen == [1, 1]  # CUDA leaves its kernels for anything else, and does not say so


@pytest.mark.parametrize("name", ["t5", "alibi"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("start", [0, 7])
def test_a_fused_kernel_reads_a_causal_bias_as_a_view(name, dtype, start, monkeypatch):
    torch.manual_seed(0)
    n, seen, mix = 300, [], F.scaled_dot_product_attention

    def watched(*args, attn_mask, **options):
        seen.append(attn_mask.untyped_storage().nbytes() // attn_mask.element_size())
        return mix(*args, attn_mask=attn_mask, **options)

    monkeypatch.setattr(F, "scaled_dot_product_attention", watched)
    encoding = build(name, Dims(d_model=16, n_heads=2))
    attention = Attention(Dims(d_model=16, n_heads=2)).to(dtype)
    x, pos = torch.randn(2, n, 16).to(dtype).requires_grad_(), torch.arange(start, start + n)
    causal = torch.ones(n, n, dtype=torch.bool).tril()

    def asked(mask, fused):
        attention.fused, inputs = fused, [x, *attention.parameters(), *encoding.parameters()]
        out, _ = attention(x, encoding, pos, mask)
        return out, *torch.autograd.grad(out.float().square().mean(), inputs)

    near = {"rtol": 1e-3, "atol": 1e-5 if dtype == torch.float32 else 2e-2}
    for mask in (causal, causal[None, None].clone()):
        for quick, plain in zip(asked(mask, True), asked(mask, False), strict=True):
            torch.testing.assert_close(quick, plain, **near)
    assert seen == [2 * (2 * n - 1), 2 * n * n]  # another mask than the causal one is added
