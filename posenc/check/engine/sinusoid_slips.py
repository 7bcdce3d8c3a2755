"""Wrong codes (notebooks 03 and 04), as programs: ``(pos, dim) -> (n, dim)``."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import ENDS, RULES, SEEN, Rule, paper, speeds_of
from posenc.functional import sinusoidal

F64 = torch.float64

# Orders of the channels that make an equivalent code, with what to say of them.
ORDERS: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda code: code,
    "all sines, then all cosines: the same code with its channels in another order": (
        lambda code: torch.cat((code[:, 0::2], code[:, 1::2]), dim=-1)
    ),
    "the cosine before the sine in every pair: the same code in another order": (
        lambda code: code.unflatten(1, (-1, 2)).flip(-1).flatten(1)
    ),
    "all cosines, then all sines: the same code with its channels in another order": (
        lambda code: torch.cat((code[:, 1::2], code[:, 0::2]), dim=-1)
    ),
}
HALVES = list(ORDERS)[1]
NAMES = dict(zip(ORDERS, ("pairs", "sines-first", "cosine-before", "cosines-first"), strict=True))
SEEN_ORDERS = {"sines-first": "tensorflow/tensor2tensor#391"}


def put_back(table: Tensor, order: str) -> Tensor:
    """Return the table with its channels in the order of the course, (n, d) -> (n, d)."""
    moved = ORDERS[order](torch.arange(table.shape[1])[None])[0]
    return table[:, moved.argsort()]


def interleaved(sines: Tensor, cosines: Tensor) -> Tensor:
    """Return the sine of the one angles and the cosine of the other, channel by channel."""
    return torch.stack((sines.sin(), cosines.cos()), dim=-1).flatten(1)


def _turned(rule: Rule, other: Rule | None = None) -> Callable[[Tensor, int], Tensor]:
    """Return the program whose sines follow one rule of speeds, and its cosines another."""

    def program(pos: Tensor, dim: int) -> Tensor:
        p = pos.to(F64)[:, None]
        both = (p * speeds_of(dim, one) for one in (rule, other or rule))
        return interleaved(*both)

    return program


def _right(pos: Tensor, dim: int) -> Tensor:
    return sinusoidal(pos, dim, dtype=F64)


def _by_rows(pos: Tensor, dim: int) -> Tensor:
    theta = pos.to(F64)[:, None] * speeds_of(dim).repeat_interleave(2)
    theta[0::2], theta[1::2] = theta[0::2].sin(), theta[1::2].cos()
    return theta


def _fine_codes() -> tuple[Slip, ...]:
    """The codes in every order of channels, with d/2 and with d/2 − 1."""
    later = _turned(RULES["ends-at-base"][0])
    found = []
    for order, sort in ORDERS.items():
        slug, says = NAMES[order], f"equivalent: {order}" if order else ""
        if order:
            seen = SEEN_ORDERS.get(slug, "")
            found.append(Slip(slug, lambda p, d, s=sort: s(_right(p, d)), says, seen, fine=True))
        says = f"{ENDS}; {order.split(':')[0]}" if order else ENDS
        slug = f"{slug}-ends-at-base" if order else "ends-at-base"
        seen = "" if order else "hojonathanho/diffusion#15"
        found.append(Slip(slug, lambda p, d, s=sort: s(later(p, d)), says, seen, fine=True))
    return tuple(found)


def _doubled(i: Tensor, dim: int, base: float) -> Tensor:
    return base ** (-4 * i / dim)


POSITIONS = (  # what goes wrong with the rows, whatever the channels hold
    Slip(
        "ignores-pos",
        lambda pos, dim: _right(torch.arange(len(pos)), dim),
        "the rows follow 0, 1, 2, …; they must follow pos",
    ),
    Slip(
        "bfloat16-positions",
        lambda pos, dim: _right(pos.bfloat16().double(), dim),
        "positions were rounded to bfloat16: 257 gets the code of 256; count in float32",
        "EleutherAI/gpt-neox#1003",
    ),
    Slip(
        "float16-positions",
        lambda pos, dim: _right(pos.half().double(), dim),
        "positions were rounded to float16: 2049 gets the code of 2048; count in float32",
        "huggingface/transformers#25681",
    ),
    Slip(
        "normalised",
        lambda pos, dim: _right(pos.double() / len(pos), dim),
        "the positions are divided by their number: then a code changes with the length of "
        "the text",
    ),
)
CHANNELS = (
    Slip(
        "from-one",
        lambda pos, dim: _right(pos + 1, dim),
        "every code belongs to the position after: count from 0",
    ),
    Slip(
        "wrong-axis",
        _by_rows,
        "even rows are sines, odd rows cosines: write [:, 0::2] for channels; [0::2] is rows",
        "gmongaras/Diffusion_models_from_scratch#10",
    ),
    Slip(
        "doubled-index",
        _turned(_doubled, lambda i, dim, base: base ** (-(4 * i + 2) / dim)),
        "a loop by twos doubles the index again and the cosine takes the next one: "
        "sin² + cos² of a pair is not 1",
        "YutaroOgawa/pytorch_advanced#79",
    ),
    Slip(
        "cosine-exponent",
        _turned(paper, lambda i, dim, base: base ** (-(2 * i + 1) / dim)),
        "the cosine has the exponent 2i + 1: sine and cosine of a pair must take the same "
        "exponent, 2i",
        "luhengshiwo/LLMForEverybody#106",
    ),
    Slip(
        "one-function",
        lambda pos, dim: _right(pos, dim)[:, 0::2].repeat_interleave(2, dim=1),
        "channel 2i + 1 repeats the sine of channel 2i: one of the two must be the cosine",
    ),
    Slip(
        "cosine-alone",
        lambda pos, dim: _right(pos, dim)[:, 1::2].repeat_interleave(2, dim=1),
        "channel 2i repeats the cosine of channel 2i + 1: one of the two must be the sine",
    ),
    Slip(
        "sine-alone",
        lambda pos, dim: _all_channels(pos, dim).sin(),
        "every channel is a sine, each of its own speed: without its cosine no matrix shifts it",
    ),
    Slip(
        "backwards",
        lambda pos, dim: _right(-pos, dim),
        "the sign of the angle is turned, so every sine is negative: the minus belongs into "
        "the exponent",
    ),
)


def _all_channels(pos: Tensor, dim: int) -> Tensor:
    return pos.to(F64)[:, None] * 10_000 ** (-torch.arange(dim, dtype=F64) / dim)


CODES = (
    *POSITIONS,
    *CHANNELS,
    *(
        Slip(slug, _turned(rule), says, SEEN.get(slug, ""))
        for slug, (rule, says) in RULES.items()
        if slug != "ends-at-base"
    ),
)

FINE_CODES = _fine_codes()
