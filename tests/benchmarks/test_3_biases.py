"""Causal attention with a bias by distance

(1, 8, n, 64), float32, forward, one thread. The base is the fused kernel with no bias. `posenc
fused` reads the bias as a view of 2n − 1 numbers per head; `posenc, weights kept` also makes the
weights, (8, n, n), for whoever wants to see them. `mask made` builds bias and mask, (8, n, n), and
hands them to the same kernel; `mask kept` has them beforehand. MiB: the most memory beyond what
was there before the call, for `mask kept` with the mask itself.
"""

import shutil

import pytest
import torch
import torch.nn.functional as F
from races import Race, device, peak_mib, threads

import posenc
from posenc.base import Dims
from posenc.model import Attention

H, DH = 8, 64
FUSED, WEIGHTS = "posenc fused", "posenc, weights kept"
MADE, KEPT, FLEX = "mask made", "mask kept", "FlexAttention, compiled"
WEIGHTS_UP_TO, MADE_UP_TO, FLEX_AT = 2048, 4096, (512, 4096)
GOAL_AT, GOAL = 4096, 0.45  # × the memory of `mask kept`


class Given(torch.nn.Module):
    """Stands for the projection to queries, keys and values, whose cost is not asked here."""

    def __init__(self, q, k, v):
        super().__init__()
        self.heads = torch.stack((q, k, v), 2).permute(0, 3, 2, 1, 4).flatten(2)  # (b, n, 3·d)

    def forward(self, x):
        return self.heads


def dense(encoding, n, where):
    """Bias and causal mask as one tensor, (1, h, n, n)."""
    pos = torch.arange(n, device=where)
    apart = pos[:, None] - pos
    bias = encoding.bias_by_distance(pos)[:, apart.clamp(min=0)]  # (h, n, n)
    return bias.masked_fill_(apart < 0, -torch.inf)[None]


def flex(encoding, q, k, v):
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    n, where = q.shape[2], q.device
    values = encoding.bias_by_distance(torch.arange(n, device=where)).detach().contiguous()
    blocks = create_block_mask(lambda b, h, i, j: i >= j, None, None, n, n, device=where)
    compiled = torch.compile(flex_attention, dynamic=False)
    score = lambda s, b, h, i, j: s + values[h, (i - j).clamp(min=0)]  # noqa: E731
    return lambda: compiled(q, k, v, score_mod=score, block_mask=blocks)


def contestants(name, n):
    where = device()
    q, k, v = (torch.randn(1, H, n, DH, device=where) for _ in range(3))
    encoding = posenc.build(name, Dims(H * DH, H, n), causal=True).to(where)
    attention, pos = Attention(Dims(H * DH, H)), torch.arange(n, device=where)
    attention.qkv, attention.out = Given(q, k, v), torch.nn.Identity()
    x = torch.zeros(1, n, H * DH, device=where)
    causal = torch.ones(n, n, dtype=torch.bool, device=where).tril()  # a model has one for all
    kept = dense(encoding, n, where)
    mix = F.scaled_dot_product_attention

    def ours(fused):
        attention.fused = fused
        return attention(x, encoding, pos, causal)[0]

    calls = {"no bias": lambda: mix(q, k, v, is_causal=True), FUSED: lambda: ours(True)}
    if n <= WEIGHTS_UP_TO:
        calls[WEIGHTS] = lambda: ours(False)
    if n <= MADE_UP_TO:
        calls[MADE] = lambda: mix(q, k, v, attn_mask=dense(encoding, n, where))
    calls[KEPT] = lambda: mix(q, k, v, attn_mask=kept)
    if n in FLEX_AT and shutil.which("g++"):
        calls[FLEX] = flex(encoding, q, k, v)
    return calls, kept


@pytest.mark.parametrize("n", [512, 1024, 2048, 4096, 8192])
@pytest.mark.parametrize("name", ["alibi", "t5"])
@torch.no_grad()
def test_biases(run, name, n):
    torch.manual_seed(0)
    with threads(1):
        calls, kept = contestants(name, n)
        expected = calls[KEPT]().transpose(1, 2).flatten(2)
        torch.testing.assert_close(calls[FUSED](), expected, rtol=1e-3, atol=1e-4)
        if FLEX in calls:
            found = calls[FLEX]().transpose(1, 2).flatten(2)
            torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
        held = {label: peak_mib(call, device()) for label, call in calls.items()}
        held[KEPT] += kept.numel() * kept.element_size() / 2**20
        memory = f"memory, {FUSED} / {KEPT}"
        goals = {memory: (GOAL, held[FUSED] / held[KEPT])} if n == GOAL_AT else None
        run(Race(calls, where=device()), f"n = {n}", more={"MiB": held}, goals=goals,
            part=posenc.ENCODINGS[name].label)  # fmt: skip
