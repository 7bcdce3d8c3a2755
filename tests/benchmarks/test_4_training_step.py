"""A training step

Two layers, four heads, float32: forward, loss, backward, AdamW (fused). The base is a model as
nanoGPT's (GPTConfig's default, with biases; its train.py trains without). All but the last
two have learned positions. `posenc` keeps its attention weights, because the lessons look at
them; `posenc fused` does not.
"""

import os

import pytest
import torch
import torch.nn.functional as F
from peers import Nano, TorchEncoder, x_transformers_decoder
from races import Race, device, threads

import posenc
from posenc.base import Dims

LAYERS, HEADS = 2, 4
OURS, FUSED = "posenc", "posenc fused"
ENCODER, XT = "nn.TransformerEncoder", "x-transformers"


def ours(encoding, vocab, d, n, fused):
    encoding = posenc.build(encoding, Dims(d, HEADS, n))
    model = posenc.Transformer(encoding, vocab_size=vocab, n_layers=LAYERS)
    for block in model.blocks:
        block.attention.fused = fused
    return model


def models(vocab, d, n):
    sizes = (vocab, d, HEADS, LAYERS, n)
    return {
        "nanoGPT-style": Nano(*sizes, bias=True),
        "nanoGPT-style, no biases": Nano(*sizes, bias=False),
        ENCODER: TorchEncoder(*sizes),
        XT: x_transformers_decoder(*sizes),
        OURS: ours("learned", vocab, d, n, fused=False),
        FUSED: ours("learned", vocab, d, n, fused=True),
        "posenc fused, sinusoidal": ours("sinusoidal", vocab, d, n, fused=True),
        "posenc fused, RoPE": ours("rope", vocab, d, n, fused=True),
    }


def step(model, tokens, targets):
    model = model.to(tokens.device)
    adam = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def stepped():
        loss = F.cross_entropy(model(tokens).flatten(0, 1), targets.flatten())
        adam.zero_grad()
        loss.backward()
        adam.step()
        return loss.item()

    return stepped


@pytest.mark.parametrize(("d", "b", "n", "vocab", "number"), [
    (32, 32, 16, 11, 1), (48, 16, 32, 100, 1), (64, 16, 64, 100, 1), (64, 16, 64, 100, 0),
])  # fmt: skip
def test_training_step(run, d, b, n, vocab, number):
    torch.manual_seed(0)
    number = number or os.cpu_count()
    tokens, targets = torch.randint(vocab, (2, b, n), device=device())
    calls = {name: step(model, tokens, targets) for name, model in models(vocab, d, n).items()}
    with threads(number):
        found = run(Race(calls, where=device()), f"d = {d}, ({b}, {n}), {number} thr.")
    if number == 1:
        base = found[FUSED]["ratio"]
        run.goals({FUSED: 1.0, f"{FUSED} / {ENCODER}": (1.0, base / found[ENCODER]["ratio"]),
                   f"{FUSED} / {XT}": (1.0, base / found[XT]["ratio"])})  # fmt: skip
