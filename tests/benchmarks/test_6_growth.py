"""Growth with the sequence length

One sequence, 512 wide, eight heads, float32, forward, one thread; each row divided by its own
n = 512. Sixteen times the tokens cost 16 where the cost is linear, 256 where it is quadratic.
"""

import pytest
import torch
import torch.nn.functional as F
from races import Race, device, threads

import posenc
from posenc.base import Dims

LENGTHS = (512, 1024, 2048, 4096, 8192)
DIMS = Dims(512, 8, 8192)


def adding(n):
    encoding, x = posenc.build("sinusoidal", DIMS), torch.randn(1, n, 512, device=device())
    return lambda: encoding.embed(x, torch.arange(n, device=device()))


def rotating(n):
    encoding, q = posenc.build("rope", DIMS), torch.randn(1, 8, n, 64, device=device())
    pos = torch.arange(n, device=device())
    return lambda: encoding.rotate(q, q, pos, pos)


def by_distance(name):
    def made(n):
        encoding = posenc.build(name, DIMS, causal=True).to(device())
        distance = torch.arange(-n + 1, n, device=device())
        return lambda: encoding.bias_by_distance(distance)

    return made


def attending(n):
    q = torch.randn(1, 8, n, 64, device=device())
    return lambda: F.scaled_dot_product_attention(q, q, q, is_causal=True)


PARTS = {
    "sinusoidal, embed": adding,
    "RoPE, rotate": rotating,
    "ALiBi, bias as a view": by_distance("alibi"),
    "T5, bias as a view": by_distance("t5"),
    "attention itself, fused, no bias": attending,
}


@pytest.mark.parametrize("part", PARTS)
@torch.no_grad()
def test_growth(run, part):
    torch.manual_seed(0)
    calls = {f"n = {n}": PARTS[part](n) for n in LENGTHS}
    with threads(1):
        run(Race(calls, where=device()), part)
