"""Ours beside a peer, the same pair when it is recorded and when CI asks again."""

from pathlib import Path

import torch
import torch.nn.functional as F
from peers import Nano, WebPositionalEncoding, llama
from races import Race, threads

import posenc
from posenc.base import Dims

RECORD = Path(__file__).parents[2] / "BENCHMARKS.md"
SLOWER = 1.5  # × the recorded ratio is a fault
TRIES, ROUNDS = 3, 21


def rotating():
    q, k = torch.randn(2, 4, 8, 512, 64)
    pos, rope = torch.arange(512), posenc.build("rope", Dims(512, 8), layout="halves")
    peer = llama(q, pos)
    return lambda: peer(q, k), lambda: rope.rotate(q, k, pos, pos)


def rotating_pairs():
    q, k = torch.randn(2, 4, 8, 512, 64)
    pos, rope = torch.arange(512), posenc.build("rope", Dims(512, 8))
    peer = llama(q, pos)
    return lambda: peer(q, k), lambda: rope.rotate(q, k, pos, pos)


def adding():
    x, pos = torch.randn(8, 512, 512), torch.arange(512)
    encoding, web = posenc.build("sinusoidal", Dims(512, 8)), WebPositionalEncoding(512, 512)
    return lambda: web(x), lambda: encoding.embed(x, pos)


def biasing():
    n, dims = 512, Dims(256, 4, 512)
    attention, encoding = posenc.Attention(dims), posenc.build("alibi", dims, causal=True)
    attention.fused, pos, x = True, torch.arange(n), torch.randn(1, n, 256)
    causal = torch.ones(n, n, dtype=torch.bool).tril()

    def peer():
        apart = pos[:, None] - pos
        bias = encoding.bias_by_distance(pos)[:, apart.clamp(min=0)]
        mask = bias.masked_fill(apart < 0, -torch.inf)[None]
        q, k, v = attention.qkv(x).unflatten(-1, (3, 4, 64)).permute(2, 0, 3, 1, 4)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    return peer, lambda: attention(x, encoding, pos, causal)


def training():
    tokens = torch.randint(11, (32, 16))
    nano = Nano(11, 32, 4, 2, 16, bias=True)
    ours = posenc.Transformer(posenc.build("learned", Dims(32, 4, 16)), vocab_size=11)

    def slope(model):
        loss = F.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten())
        return torch.autograd.grad(loss, list(model.parameters()))

    return lambda: slope(nano), lambda: slope(ours)


PAIRS = {
    "RoPE half-split / transformers' Llama": rotating,
    "RoPE interleaved / transformers' Llama": rotating_pairs,
    "sinusoidal, embed / web module": adding,
    "ALiBi, fused / mask made": biasing,
    "loss and gradients / nanoGPT-style": training,
}


def race(name, times=1):
    """The race of a pair; ``times``: how often ours is run, to plant a slowdown."""
    torch.manual_seed(0)
    peer, ours = PAIRS[name]()
    return Race({"peer": peer, "posenc": lambda: [ours() for _ in range(times)]})


def measured(name, times=1):
    """The median ratio of ours to the peer, one thread."""
    with threads(1):
        pair = race(name, times)
        pair.warm()
        for _ in range(ROUNDS):
            pair.round()
        return pair.results()["posenc"]["ratio"]


def fault(name, recorded, times=1):
    """What is wrong, or nothing: a busy machine is slow by chance, but not three times over."""
    found = []
    for _ in range(TRIES):
        found.append(measured(name, times))
        if found[-1] <= SLOWER * recorded:
            return ""
    tries = ", ".join(f"{ratio:.2f}" for ratio in found)
    return (
        f"{name}: {tries} in {TRIES} tries, recorded is {recorded:.2f}, red above {SLOWER} × that. "
        "If it is meant, run `make bench` and commit BENCHMARKS.md"
    )
