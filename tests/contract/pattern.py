"""What every layer of a pattern promises; each function takes the name of one."""

import inspect

import torch
from oracle import pattern as loops

from contract import equal
from posenc import (
    Attention,
    Cache,
    Dims,
    Latent,
    Layer,
    LogScale,
    PositionalEncoding,
    Transformer,
    build,
)
from posenc.encodings import GivenRope
from posenc.model import LatentAttention

F64 = torch.float64
DIMS = Dims(d_model=16, n_heads=4, max_len=64)
WIDE = Dims(d_model=32, n_heads=4)  # heads of 8 channels in a stream of 16
VOCAB, N = 7, 9
ROPE, NOPE = build("rope", DIMS), PositionalEncoding(DIMS)
HALVES = build("rope", DIMS, layout="halves", base=50.0)
HALF = build("rope", WIDE, partial=0.5, base=30.0)

LAYERS = {
    "nope": Layer(NOPE),
    "rope": Layer(HALVES),
    "window": Layer(ROPE, window=3),
    "window of one": Layer(NOPE, window=1),
    "chunk": Layer(ROPE, chunk=4),
    "sink": Layer(ROPE, sink=True),
    "log-n": Layer(NOPE, log_scale=LogScale(step=3, amount=0.4)),
    "log-n from 0": Layer(ROPE, log_scale=LogScale(step=2.5, amount=0.7, offset=0)),
    "two groups": Layer(ROPE, kv_heads=2),
    "one key head": Layer(NOPE, kv_heads=1),
    "values": Layer(ROPE, rotate_values=True),
    "scale": Layer(ROPE, scale=0.3),
    "wide heads": Layer(HALF),
    "last channels": Layer(GivenRope(WIDE, [1.0, 0.2], last=True, temperature=1.3)),
    "latent": Layer(HALF, latent=Latent(rank=5, rotated=4)),
    "latent, both": Layer(HALF, latent=Latent(rank=5, rotated=4, query_rank=6, value_width=3)),
    "latent, all": Layer(
        HALF, window=4, sink=True, log_scale=LogScale(3, 0.4), latent=Latent(6, 4), scale=0.4
    ),
    "all at once": Layer(
        GivenRope(WIDE, [1.0, 0.3, 0.0], "halves", last=True),
        window=4, sink=True, log_scale=LogScale(3, 0.4), kv_heads=2, rotate_values=True, scale=0.5,
    ),
}  # fmt: skip


def _turn_of(layer):
    acts = type(layer.encoding) is not PositionalEncoding
    return loops.rope(layer.encoding) if acts else loops.still


def attention_of(layer, fused=False):
    torch.manual_seed(5)
    made = (LatentAttention if layer.latent else Attention)(DIMS, layer).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.4 * torch.randn_like(parameter))
    made.fused = fused
    return made.eval()


def model_of(*names, causal=True, norm="pre"):
    torch.manual_seed(6)
    embed = build("learned", DIMS)
    pattern = [LAYERS[name] for name in names]
    model = Transformer(embed, pattern=pattern, vocab_size=VOCAB, causal=causal, norm=norm)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model.double().eval()


def stream(b=2, n=N, seed=7):
    return torch.randn(b, n, 16, dtype=F64, generator=torch.Generator().manual_seed(seed))


def tokens_of(b=2, n=N):
    return torch.randint(VOCAB, (b, n), generator=torch.Generator().manual_seed(8))


def named():
    """The promises of this module, each of which takes the name of a layer."""
    return [
        function
        for function in globals().values()
        if inspect.isfunction(function) and list(inspect.signature(function).parameters) == ["name"]
    ]


PAST = torch.ones(N, N, dtype=torch.bool).tril()
SOME = torch.rand(2, 1, N, N, generator=torch.Generator().manual_seed(9)) < 0.7
ROWS = torch.stack((torch.arange(N), torch.tensor([5, 6, 7, 0, 1, 2, 3, 12, 13])))


def every_layer_equals_the_loops(name):
    layer, x = LAYERS[name], stream()
    attention, turn = attention_of(layer), _turn_of(layer)
    for pos, mask, causal in (
        (torch.arange(N), PAST, True), (ROWS, SOME & PAST, True), (ROWS, None, False)
    ):  # fmt: skip
        out, weights = attention(x, layer.encoding, pos, mask)
        for row in range(2):
            places = (pos if pos.dim() == 1 else pos[row]).tolist()
            may = SOME[row, 0].tolist() if mask is not None and mask.dim() == 4 else None
            expected = loops.attention(
                x[row].tolist(), attention, turn, places, causal,
                (lambda i, j, may=may: may[i][j]) if may else (lambda i, j: True),
            )  # fmt: skip
            equal(out[row], expected[0], rtol=1e-9, atol=1e-9)
            equal(weights[row], expected[1], rtol=1e-9, atol=1e-9)


def fused_kernels_give_the_same(name):
    layer, x = LAYERS[name], stream()
    encoding = layer.encoding
    real = torch.ones(2, 1, 1, N, dtype=torch.bool)
    real[0, ..., :4] = False  # left padding: its rows may attend to nothing
    for pos, mask in ((torch.arange(N), PAST), (ROWS, SOME & PAST), (torch.arange(N), real & PAST),
                      (torch.arange(N), None)):  # fmt: skip
        plain, quick = attention_of(layer), attention_of(layer, fused=True)
        (one, _), (other, weights) = (
            attention(x, encoding, pos, mask) for attention in (plain, quick)
        )
        assert not weights.numel()
        equal(other, one)
        one.square().sum().backward()
        other.square().sum().backward()
        for mine, theirs in zip(plain.parameters(), quick.parameters(), strict=True):
            assert (mine.grad is None) == (theirs.grad is None)
            if mine.grad is not None:
                equal(theirs.grad, mine.grad, rtol=1e-8, atol=1e-8)


def a_cache_gives_the_numbers_of_the_full_pass(name):
    model, tokens = model_of(name, name), tokens_of()
    real = torch.ones(2, N, dtype=torch.bool)
    real[0, :3] = False
    pos = (real.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        whole = model(tokens, pos, mask=real[:, None])
        cache = Cache()
        parts = [model(tokens[:, :5], pos[:, :5], mask=real[:, None, :5], cache=cache)]
        parts += [model(tokens[:, i : i + 1], cache=cache) for i in range(5, N)]
    equal(torch.cat(parts, 1)[real], whole[real], rtol=1e-9, atol=1e-9)


def left_padding_is_not_felt(name):
    model, tokens = model_of(name, name), tokens_of(1)
    padded = torch.cat((torch.zeros(1, 3, dtype=torch.long), tokens), 1)
    real = torch.arange(N + 3)[None] >= 3
    pos = (real.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        equal(model(padded, pos, mask=real[:, None])[:, 3:], model(tokens))


def packed_documents_do_not_feel_each_other(name):
    model, tokens = model_of(name, name), tokens_of(1)
    document = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1])
    mask = (document[:, None] == document)[None]
    pos = torch.tensor([0, 1, 2, 3, 0, 1, 2, 3, 4])
    with torch.no_grad():
        packed = model(tokens, pos, mask=mask)
        equal(packed[:, :4], model(tokens[:, :4]))
        equal(packed[:, 4:], model(tokens[:, 4:]))


def half_precision_is_kept(name):
    for dtype in (torch.float16, torch.bfloat16):
        model = model_of(name).to(dtype)
        logits, weights = model(tokens_of(), return_weights=True)
        assert logits.dtype == weights.dtype == dtype
        assert logits.isfinite().all()
