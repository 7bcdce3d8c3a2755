"""The ward of notebook 04: tables of codes, ill and healthy, and orders of their channels."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc.functional import sinusoidal

# Orders of the channels that make an equivalent code, with what to say of them.
ORDERS: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda code: code,
    "all sines, then all cosines: the same code with its channels in another order": (
        lambda code: torch.cat((code[:, 0::2], code[:, 1::2]), dim=-1)
    ),
    "the cosine before the sine in every pair: the same code in another order": (
        lambda code: code.unflatten(1, (-1, 2)).flip(-1).flatten(1)
    ),
}
HALVES = list(ORDERS)[1]

# Slips in the exponent of a loop over i = 0, 2, 4, …: each is the formula with another base.
SLIPS: dict[str, tuple[float, str]] = {
    "doubled-exponent": (
        1e8,
        "the pairs agree now, but i still runs 0, 2, 4, …, so 2i/d doubles it again",
    ),
    "halved-exponent": (
        1e2,
        "the exponent is halved: i is 0, 2, 4, … and so is the formula's 2k already",
    ),
}


def order_of(table: Tensor) -> str | None:
    """Return which of ``ORDERS`` makes these the right codes, (n, d), or None."""
    right = sinusoidal(torch.arange(len(table)), table.shape[1], dtype=torch.float64)
    found = table.detach().to("cpu", torch.float64)
    fits = (name for name, sort in ORDERS.items() if torch.allclose(found, sort(right), atol=1e-4))
    return next(fits, None)


def healthy() -> dict[str, Tensor]:
    """Return tables that are right, each in its way, (320, d)."""
    pos = torch.arange(320)
    right = sinusoidal(pos, 32, dtype=torch.float64)
    return {
        "the code of the paper": right,
        HALVES: ORDERS[HALVES](right),
        "the code of the paper, 64 channels": sinusoidal(pos, 64, dtype=torch.float64),
        "positions 1000 to 1319": sinusoidal(pos + 1000, 32, dtype=torch.float64),
    }


def ill() -> dict[str, Tensor]:
    """Return tables as published slips make them, (320, d)."""
    pos, d = torch.arange(320, dtype=torch.float64), 32
    right = sinusoidal(pos, d, dtype=torch.float64)
    exponent = torch.arange(0, d, dtype=torch.float64) / d
    angles = pos[:, None] * 10_000**-exponent
    pairs = angles[:, 0::2].repeat_interleave(2, -1)
    by_row = torch.where(pos[:, None] % 2 == 0, pairs.sin(), pairs.cos())
    doubled = pos[:, None] * 10_000 ** (-2 * exponent)
    upwards = pos[:, None] * 10_000 ** exponent[0::2]
    noise = torch.randn(320, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return {
        "one row for all positions": right[:1].expand(320, d),
        "sines in even rows, cosines in odd ones": by_row,
        "exponent doubled, cosines one further": _interleaved(doubled),
        "speeds that grow to thousands": torch.stack((upwards.sin(), upwards.cos()), -1).flatten(1),
        "positions in bfloat16": sinusoidal(pos.bfloat16(), d, dtype=torch.float64),
        "the last ten rows count from 0 again": torch.cat((right[:310], right[:10])),
        "random vectors": noise * math.sqrt(0.5),
    }


def _interleaved(angles: Tensor) -> Tensor:
    """Return the sine of the even and the cosine of the odd columns."""
    return torch.stack((angles[:, 0::2].sin(), angles[:, 1::2].cos()), -1).flatten(1)
