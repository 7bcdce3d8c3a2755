"""Rotating queries and keys (RoPE)

(8, 8, 1024, 64). The limit is a clone of both, and of both gradients. `posenc` makes its angles
at each call, the peers have theirs beforehand. Error: the largest against float64 at 100
positions up to 10⁶, of numbers from N(0, 1), in the type of the queries.
"""

import os
from functools import partial

import pytest
import torch
from peers import llama, rotary_embedding_torch, x_transformers_rope
from races import Race, device, threads, with_backward

import posenc
from posenc import functional as F
from posenc.base import Dims

SHAPE = (8, 8, 1024, 64)
FAR = torch.logspace(0, 6, 100, dtype=torch.float64).round().long() - 1
PAIRS, HALVES = "posenc interleaved", "posenc half-split"
PEERS = {
    "transformers' Llama (half-split)": (llama, F.rotate_halves),
    "rotary-embedding-torch (interleaved)": (rotary_embedding_torch, F.rotate_pairs),
    "x-transformers (interleaved)": (x_transformers_rope, F.rotate_pairs),
}
GOALS = {  # (dtype, with backward): interleaved, half-split
    (torch.float32, False): (1.15, 3.0),
    (torch.float32, True): (1.7, 4.0),
    (torch.bfloat16, False): (3.0, 5.0),
}


def rope(layout):
    return posenc.build("rope", Dims(SHAPE[1] * SHAPE[3], SHAPE[1]), layout=layout)


def contestants(q, k):
    pos = torch.arange(SHAPE[2], device=q.device)
    pairs, halves = rope("interleaved"), rope("halves")
    calls = {
        "limit: clone": lambda: (q.clone(), k.clone()),
        PAIRS: lambda: pairs.rotate(q, k, pos, pos),
        HALVES: lambda: halves.rotate(q, k, pos, pos),
    }
    for name, (make, _) in PEERS.items():
        calls[name] = partial(make(q, pos), q, k)
    return calls


def errors(dtype):
    torch.manual_seed(1)
    q = torch.randn(1, 8, len(FAR), 64).to(dtype)
    theta = F.angles(FAR, F.inverse_frequencies(64, dtype=torch.float64))  # (n, m)

    def off(found, turned):
        return (found.double() - turned(q.double(), theta)).abs().max().item()

    found = {PAIRS: off(rope("interleaved").rotate(q, q, FAR, FAR)[0], F.rotate_pairs),
             HALVES: off(rope("halves").rotate(q, q, FAR, FAR)[0], F.rotate_halves)}  # fmt: skip
    for name, (make, turned) in PEERS.items():
        found[name] = off(make(q, FAR)(q, q)[0], turned)
    return found


@pytest.mark.parametrize("number", [1, os.cpu_count()], ids=["one thread", "all threads"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("back", [False, True], ids=["forward", "backward"])
def test_rotating(run, dtype, back, number):
    torch.manual_seed(0)
    q, k = (torch.randn(SHAPE, device=device()).to(dtype).requires_grad_(back) for _ in range(2))
    calls = contestants(q, k)
    if back:
        slopes = torch.ones_like(q), torch.ones_like(k)
        calls = {name: with_backward(call, [q, k]) for name, call in calls.items()}
        calls["limit: clone"] = lambda: [x.detach().clone() for x in (q, k, *slopes)]
    column = f"{str(dtype)[6:]}, {'with backward' if back else 'forward'}, {number} thr."
    goals = GOALS.get((dtype, back)) if number == 1 else None
    with threads(number):
        run(Race(calls, where=device()), column,
            more={"error": errors(dtype)} if number == 1 and not back else None,
            goals=dict(zip((PAIRS, HALVES), goals, strict=True)) if goals else None)  # fmt: skip
