"""A decode step with the KV cache

One new token for four sequences, two layers, 128 wide, four heads, float32, one thread. The base
is the same model without positions (NoPE). The cache holds unrotated keys, and every step makes
rotation or bias of all of them.
"""

from copy import copy

import pytest
import torch
from races import Race, device, threads

import posenc
from posenc import Cache
from posenc.base import Dims

B, D, HEADS, GOAL = 4, 128, 4, 1.1
NAMES = ("none", "learned", "sinusoidal", "alibi", "t5", "rope")


def fresh(cache):
    """A cache of the same tensors; a step adds to its lists, and not to these."""
    twin = copy(cache)
    twin.keys, twin.values = list(cache.keys), list(cache.values)
    return twin


@pytest.mark.parametrize("kept", [64, 512, 2048])
@torch.no_grad()
def test_decode_step(run, kept):
    torch.manual_seed(0)
    tokens = torch.randint(50, (B, kept + 1), device=device())
    calls, caches = {}, {}
    for name in NAMES:
        encoding = posenc.build(name, Dims(D, HEADS, 4096))
        model = posenc.Transformer(encoding, vocab_size=50).to(device()).eval()
        label = posenc.ENCODINGS[name].label if name != "none" else "NoPE"
        model(tokens[:, :-1], cache=caches.setdefault(label, Cache()))
        calls[label] = lambda ready, label=label, model=model: model(
            tokens[:, -1:], cache=ready[label]
        )
    ready = lambda: {label: fresh(cache) for label, cache in caches.items()}  # noqa: E731
    with threads(1):
        run(Race(calls, ready=ready, where=device()), f"{kept} tokens kept",
            goals=dict.fromkeys(list(calls)[1:], GOAL))  # fmt: skip
