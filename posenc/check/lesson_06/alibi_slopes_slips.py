"""Wrong programs for ALiBi's slopes, n_heads -> (h,), and the correct one."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from posenc import functional
from posenc.check.engine.slip import Slip

F64 = torch.float64


def lower(n: int) -> int:
    """Return the greatest power of two up to n."""
    return 2 ** (n.bit_length() - 1)


def series(n: int, first: int = 1, base: float = 2.0) -> Tensor:
    """Return base^(-8h/n) for h = first … first + n - 1, float64."""
    return base ** (-8 * torch.arange(first, first + n, dtype=F64) / n)


def published(n: int) -> Tensor:
    """Return the slopes of published models in float64, (h,)."""
    return functional.alibi_slopes(n).to(F64)


def _two_series(n: int, second: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the slopes of the next lower power of two, then some of the next higher one."""
    return torch.cat((series(lower(n)), second(series(2 * lower(n)))[: n - lower(n)]))


def _exchanged(n: int) -> Tensor:
    double = series(2 * lower(n))
    return series(n) if n == lower(n) else torch.cat((double[::2], double[1::2]))[:n]


SLIPS = (
    Slip("off-by-one", lambda n: series(n, 0),
         "The heads are counted from 0, so the first slope is 1. Count h from 1: it is 0.5 with 8 "
         "heads."),
    Slip("off-by-one-series", lambda n: torch.cat((
            series(lower(n), 0), series(2 * lower(n), 0)[::2][: n - lower(n)])),
         "The heads are counted from 0 in both series, so the first slope is 1. Count h from 1."),
    Slip("sign", lambda n: -published(n),
         "The slopes are negative. Leave out this minus: the bias has it."),
    Slip("exponents", lambda n: published(n).log2(),
         "These are the exponents −8h/n. Raise 2 to them: 2 ** (-8 * h / n)."),
    Slip("geometric", series,
         "This is one geometric series for any n, as in the paper. For 12 heads take the slopes of "
         "8, then every second one of 16.", seen="ml-explore/mlx#343"),
    Slip("even-as-power", lambda n: published(n) if n % 2 else series(n),
         "Every even number of heads is treated as a power of two: 12 heads get one series. Test "
         "n & (n - 1) == 0."),
    Slip("not-every-second", lambda n: _two_series(n, lambda more: more),
         "12 heads take the first slopes of 16 after those of 8. Take every second one, [::2]."),
    Slip("other-second", lambda n: _two_series(n, lambda more: more[1::2]),
         "With 12 heads slope 9 repeats slope 1, 0.5. Begin with the first slope of 16 heads, "
         "0.7071: [::2]."),
    Slip("from-the-end", lambda n: _two_series(n, lambda more: more[lower(n) :]),
         "12 heads take the last slopes of 16 after those of 8. Take every second one from the "
         "first on, [::2]."),
    Slip("exchanged", _exchanged,
         "12 heads begin with every second slope of 16 heads. Put the slopes of 8 heads first."),
    Slip("runs-on", lambda n: 2.0 ** (-8 * torch.arange(1, n + 1, dtype=F64) / lower(n)),
         "After the slopes of 8 heads, 12 heads go on with the same ratio, to 0.0002. Take every "
         "second slope of 16 heads."),
    Slip("next-power", lambda n: series(lower(2 * n - 1))[:n],
         "12 heads take the first 12 slopes of 16. Begin with all 8 of 8 heads, then every second "
         "one of 16."),
    Slip("halves-each-head", lambda n: 2.0 ** -torch.arange(1, n + 1, dtype=F64),
         "Each slope is half of the one before for any number of heads. Use the exponent −8h/n, "
         "not −h."),
    Slip("grows", lambda n: 1 / published(n),
         "The slopes grow above 1: 2, 4, 8 … with 8 heads. Give the exponent 8h/n its minus."),
    Slip("base-e", lambda n: series(n, base=math.e),
         "The slopes are powers of e: the first of 8 heads is 0.3679. Use powers of 2."),
    Slip("equal-steps", lambda n: torch.linspace(0.5, 2**-8, n, dtype=F64),
         "The slopes fall by equal steps from 1/2 to 1/256. Use equal ratios: 2 ** (-8 * h / n)."),
    Slip("fixed-ends", lambda n: 2.0 ** torch.linspace(-1, -8, n, dtype=F64),
         "The slopes run from 1/2 to 1/256 for any number of heads. Use the exponent −8h/n, h from "
         "1: 4 heads begin at 1/4."),
    Slip("half-precision", lambda n: published(n).bfloat16().to(F64),
         "The slopes are rounded to bfloat16: with 20 heads 0.8409 became 0.8398, 4.3 points off "
         "at distance 4095. Use float32."),
    Slip("float16", lambda n: published(n).half().to(F64),
         "The slopes are rounded to float16: 0.70711 became 0.70703. Compute them in float32."),
)  # fmt: skip
