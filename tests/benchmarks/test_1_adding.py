"""Adding a position vector

(32, 512, 512). The limit is one add of a tensor that is there already. `functional.add_code` adds
what is there, too, in float32 and rounded once; `embed` makes the sinusoids anew at each call.
Error: the largest against float64 at 200 positions up to 10⁶, 64 channels, in the type of x.
"""

import os

import pytest
import torch
from peers import WebPositionalEncoding
from races import Race, device, threads, with_backward

import posenc
from posenc import functional as F
from posenc.base import Dims

B, N, D = 32, 512, 512
FAR = torch.logspace(0, 6, 200, dtype=torch.float64).round().long() - 1  # 0 … 999 999
OURS, EMBED = "posenc add_code", "posenc embed"
WEB, PE, XT = "web module", "positional-encodings", "x-transformers"
GOALS = {torch.float32: 1.05, torch.bfloat16: 1.5}


def contestants(x, dtype):
    from positional_encodings.torch_encodings import PositionalEncoding1D, Summer
    from x_transformers.x_transformers import ScaledSinusoidalEmbedding

    pos = torch.arange(N, device=x.device)
    code = F.sinusoidal(pos, D)  # (n, d), float32
    narrow, encoding = code.to(dtype), posenc.build("sinusoidal", Dims(D, 8, N))
    web = WebPositionalEncoding(D, N).to(x.device, dtype)
    summer = Summer(PositionalEncoding1D(D)).to(x.device)
    scaled = ScaledSinusoidalEmbedding(D).to(x.device, dtype).requires_grad_(False)
    return {
        "limit: x + code": lambda: x + narrow,
        OURS: lambda: F.add_code(x, code),
        EMBED: lambda: encoding.embed(x, pos),
        WEB: lambda: web(x),
        PE: lambda: summer(x),
        XT: lambda: x + scaled(x),
    }


def errors(dtype):
    """The largest error of what is added to zeros, against float64."""
    from positional_encodings.torch_encodings import PositionalEncoding1D
    from x_transformers.x_transformers import ScaledSinusoidalEmbedding

    exact, d = F.sinusoidal(FAR, 64, dtype=torch.float64), 64
    zeros, far = torch.zeros(1, len(FAR), d, dtype=dtype), int(FAR[-1]) + 1
    scaled = ScaledSinusoidalEmbedding(d).requires_grad_(False)
    scaled.scale.fill_(1.0)
    sines = scaled.to(dtype)(zeros, pos=FAR.to(dtype) if dtype != torch.float32 else FAR)
    ours = posenc.build("sinusoidal", Dims(d, 1)).embed(zeros, FAR)[0]
    made = {
        OURS: F.add_code(zeros, F.sinusoidal(FAR, d))[0],
        EMBED: ours,
        WEB: WebPositionalEncoding(d, far).to(dtype).pe[0, FAR],
        PE: PositionalEncoding1D(d)(torch.zeros(1, 1, d, dtype=dtype).expand(1, far, d))[0, FAR],
        XT: torch.stack(sines.chunk(2, -1), -1).flatten(-2),
    }
    return {name: (code.double() - exact).abs().max().item() for name, code in made.items()}


@pytest.mark.parametrize("number", [1, os.cpu_count()], ids=["one thread", "all threads"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("back", [False, True], ids=["forward", "backward"])
def test_adding(run, dtype, back, number):
    torch.manual_seed(0)
    x = torch.randn(B, N, D, device=device()).to(dtype).requires_grad_(back)
    calls = contestants(x, dtype)
    if back:
        calls = {name: with_backward(call, [x]) for name, call in calls.items()}
    column = f"{str(dtype)[6:]}, {'with backward' if back else 'forward'}, {number} thr."
    plain = number == 1 and not back
    with threads(number):
        run(Race(calls, where=device()), column,
            more={"error": errors(dtype)} if plain else None,
            goals={OURS: GOALS[dtype]} if plain else None)  # fmt: skip
