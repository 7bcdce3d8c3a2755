"""Wrong slopes and biases (ALiBi, notebook 06), as programs that take what the answers take."""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.functional import alibi_slopes

F64 = torch.float64

# --- n_heads -> (h,) -------------------------------------------------------------------------


def _lower(n: int) -> int:
    return 2 ** (n.bit_length() - 1)


def _series(n: int, first: int = 1, base: float = 2.0) -> Tensor:
    """Return base^(-8h/n) for h = first … first + n - 1."""
    return base ** (-8 * torch.arange(first, first + n, dtype=F64) / n)


def _slopes(n: int) -> Tensor:
    return alibi_slopes(n).to(F64)


def _published(n: int, second: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the slopes of the next lower power of two, then some of the next higher one."""
    lower = _lower(n)
    return torch.cat((_series(lower), second(_series(2 * lower))[: n - lower]))


SLOPES = (
    Slip(
        "off-by-one",
        lambda n: _series(n, 0),
        "the first slope is 1: the heads count from 1, so it is 0.5 with 8 heads",
    ),
    Slip("sign", lambda n: -_slopes(n), "the slopes are negative; the bias has the minus"),
    Slip(
        "geometric",
        _series,
        "this is one geometric series, the paper's sentence; for 12 heads published models take "
        "the slopes of 8, then every second one of 16",
        "ml-explore/mlx#343",
    ),
    Slip(
        "not-every-second",
        lambda n: _published(n, lambda more: more),
        "12 heads take the first slopes of 16 after those of 8; take every second one",
    ),
    Slip(
        "other-second",
        lambda n: _published(n, lambda more: more[1::2]),
        "the 9th slope of 12 repeats the first: every second one of 16 begins with its first, 0.71",
    ),
    Slip(
        "next-power",
        lambda n: _series(_lower(2 * n - 1))[:n],
        "12 heads take the first 12 slopes of 16; published models begin with all 8 of 8 heads",
        "baichuan-inc/Baichuan2#225",
    ),
    Slip(
        "halves-each-head",
        lambda n: 2.0 ** -torch.arange(1, n + 1, dtype=F64),
        "each slope is half of the one before, whatever the number of heads: the exponent is −8h/n",
    ),
    Slip(
        "grows",
        lambda n: 1 / _slopes(n),
        "the slopes are above 1 and grow: the exponent −8h/n has lost its minus",
    ),
    Slip(
        "base-e",
        lambda n: _series(n, base=math.e),
        "the series falls by powers of e; the base is 2",
    ),
    Slip(
        "equal-steps",
        lambda n: torch.linspace(0.5, 2**-8, n, dtype=F64),
        "these are equal steps from 1/2 to 1/256; equal ratios are wanted",
    ),
    Slip(
        "half-precision",
        lambda n: _slopes(n).bfloat16().to(F64),
        "the slopes are rounded to bfloat16: of 20, one is 0.8398 for 0.8409, off by 4.3 "
        "at distance 4095",
    ),
    Slip(
        "float16",
        lambda n: _slopes(n).half().to(F64),
        "the slopes are rounded to float16: make them in float32",
    ),
)

# --- (n_heads, q_pos, k_pos) -> (h, q, k) ---------------------------------------------


def alibi(slopes: Tensor, far: Tensor) -> Tensor:
    """Return minus slope times distance, (h,), (q, k) -> (h, q, k)."""
    return -slopes.to(F64)[:, None, None] * far.to(F64)


def _biased(far: Callable[[Tensor, Tensor], Tensor]) -> Callable[[int, Tensor, Tensor], Tensor]:
    """Return the program that takes other distances."""
    return lambda n_heads, q_pos, k_pos: alibi(_slopes(n_heads), far(q_pos, k_pos))


def _sloped(slip: Slip) -> Slip:
    """Return the bias with the wrong slopes."""
    return replace(
        slip,
        slug=f"slopes-{slip.slug}",
        program=lambda n_heads, q_pos, k_pos: alibi(slip.program(n_heads), q_pos[:, None] - k_pos),
    )


ALIBI = (
    Slip(
        "sign",
        _biased(lambda q_pos, k_pos: k_pos - q_pos[:, None]),
        "the sign is turned: the farther a key, the more it is favoured; it must lose m a word",
    ),
    Slip(
        "symmetric",
        _biased(lambda q_pos, k_pos: (q_pos[:, None] - k_pos).abs()),
        "equivalent under a causal mask: this is the encoder's −m·|i − j|, the same to the left "
        "and to the right",
        "mosaicml/llm-foundry#186",
        fine=True,
    ),
    Slip(
        "sign-symmetric",
        _biased(lambda q_pos, k_pos: -(q_pos[:, None] - k_pos).abs()),
        "+m·|i − j| favours what is far, on both sides: the bias needs its minus",
    ),
    Slip(
        "key-alone",
        lambda n_heads, q_pos, k_pos: alibi(_slopes(n_heads), -k_pos.expand(len(q_pos), -1)),
        "equivalent under a causal mask: +m·j, the key alone; in an encoder every word would look "
        "to the end",
        "ofirpress/attention_with_linear_biases#5",
        fine=True,
    ),
    Slip(
        "key-alone-sign",
        lambda n_heads, q_pos, k_pos: alibi(_slopes(n_heads), k_pos.expand(len(q_pos), -1)),
        "−m·j favours the beginning of the text: the short form is +m·j, and needs a causal mask",
    ),
    Slip(
        "query-alone",
        lambda n_heads, q_pos, k_pos: alibi(
            _slopes(n_heads), q_pos[:, None].expand(-1, len(k_pos))
        ),
        "every key of a row gets one number, and softmax does not see it: subtract the key's place",
    ),
    Slip(
        "masked",
        lambda n_heads, q_pos, k_pos: alibi(_slopes(n_heads), q_pos[:, None] - k_pos).where(
            q_pos[:, None] >= k_pos, -math.inf
        ),
        "equivalent: the causal mask is in it already, −inf for keys after the query",
        fine=True,
    ),
    Slip(
        "zero-after",
        _biased(lambda q_pos, k_pos: (q_pos[:, None] - k_pos).clamp(min=0)),
        "equivalent under a causal mask: keys after the query get 0 here, and nothing hides them",
        fine=True,
    ),
    Slip(
        "hides-the-past",
        lambda n_heads, q_pos, k_pos: alibi(_slopes(n_heads), q_pos[:, None] - k_pos).where(
            q_pos[:, None] <= k_pos, -math.inf
        ),
        "the mask is turned round: it hides the keys before the query",
    ),
    Slip(
        "ignores-pos",
        _biased(lambda q_pos, k_pos: torch.arange(len(q_pos))[:, None] - torch.arange(len(k_pos))),
        "the distances are those of 0, 1, 2, …; they must follow q_pos and k_pos",
    ),
    Slip(
        "bfloat16-positions",
        _biased(
            lambda q_pos, k_pos: q_pos.bfloat16().double()[:, None] - k_pos.bfloat16().double()
        ),
        "positions were rounded to bfloat16, which has no 257: subtract first, in whole numbers",
    ),
    Slip(
        "one-slope",
        lambda n_heads, q_pos, k_pos: alibi(
            _slopes(n_heads)[:1].expand(n_heads), q_pos[:, None] - k_pos
        ),
        "all heads have the slope of the first; each needs its own",
    ),
    Slip(
        "no-slope",
        lambda n_heads, q_pos, k_pos: alibi(torch.ones(n_heads), q_pos[:, None] - k_pos),
        "the slopes are missing: every head loses 1 a word",
    ),
    *(_sloped(slip) for slip in SLOPES if slip.slug != "sign"),
)

KNOWN: dict[str, tuple[Slip, ...]] = {"alibi_slopes": SLOPES, "alibi_bias": ALIBI}
