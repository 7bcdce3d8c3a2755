"""Wrong position vectors (notebooks 03 and 04), as programs: ``(pos, dim) -> (n, dim)``."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.slip import Slip
from posenc.check.engine.speeds import ENDS, RULES, SEEN, Rule, paper, speeds_of
from posenc.functional import sinusoidal

F64 = torch.float64

# Orders of the channels that leave every dot product as it is, with what to say of them.
ORDERS: dict[str, Callable[[Tensor], Tensor]] = {
    "": lambda code: code,
    "all sines, then all cosines": (lambda code: torch.cat((code[:, 0::2], code[:, 1::2]), dim=-1)),
    "the cosine before the sine in every pair": (
        lambda code: code.unflatten(1, (-1, 2)).flip(-1).flatten(1)
    ),
    "all cosines, then all sines": (lambda code: torch.cat((code[:, 1::2], code[:, 0::2]), dim=-1)),
}
HALVES = list(ORDERS)[1]
SAME = "the dot products are the same, the numbers are not those of the formula"
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


def _ordered() -> tuple[Slip, ...]:
    """The right vectors in another order of the channels, which leaves all dot products."""
    found = []
    for order, sort in list(ORDERS.items())[1:]:
        slug, says = NAMES[order], f"the channels are in another order, {order}; {SAME}"
        seen = SEEN_ORDERS.get(slug, "")
        found.append(Slip(slug, lambda p, d, s=sort: s(_right(p, d)), says, seen, fine=True))
    return tuple(found)


def _ending(fine: bool) -> tuple[Slip, ...]:
    """The vectors with d/2 − 1 in place of d/2, in every order of the channels."""
    later = _turned(RULES["ends-at-base"][0])
    found = []
    for order, sort in ORDERS.items():
        slug = f"{NAMES[order]}-ends-at-base" if order else "ends-at-base"
        says = ENDS if fine else RULES["ends-at-base"][1]
        says = f"{says}; {order}" if order and fine else says
        seen = "" if order else "hojonathanho/diffusion#15"
        found.append(Slip(slug, lambda p, d, s=sort: s(later(p, d)), says, seen, fine))
    return tuple(found)


def _doubled(i: Tensor, dim: int, base: float) -> Tensor:
    return base ** (-4 * i / dim)


POSITIONS = (  # what goes wrong with the rows, whatever the channels hold
    Slip(
        "ignores-pos",
        lambda pos, dim: _right(torch.arange(len(pos)), dim),
        "The rows follow 0, 1, 2, … and not pos. Compute the angles from pos, which may hold any "
        "positions.",
    ),
    Slip(
        "bfloat16-positions",
        lambda pos, dim: _right(pos.bfloat16().double(), dim),
        "The positions are rounded to bfloat16, so 257 gets the vector of 256. Keep positions in "
        "float32 or as integers.",
        "EleutherAI/gpt-neox#1003",
    ),
    Slip(
        "float16-positions",
        lambda pos, dim: _right(pos.half().double(), dim),
        "The positions are rounded to float16, so 2049 gets the vector of 2048. Keep positions in "
        "float32 or as integers.",
        "huggingface/transformers#25681",
    ),
    Slip(
        "normalised",
        lambda pos, dim: _right(pos.double() / len(pos), dim),
        "The positions are divided by their number, so a vector changes with the sequence length. "
        "Use pos as it is.",
    ),
)
CHANNELS = (
    Slip(
        "from-one",
        lambda pos, dim: _right(pos + 1, dim),
        "Every position has the vector of the next position. Count from 0.",
    ),
    Slip(
        "wrong-axis",
        _by_rows,
        "Even rows are sines and odd rows are cosines. Write codes[:, 0::2] for channels; "
        "codes[0::2] selects rows.",
        "gmongaras/Diffusion_models_from_scratch#10",
    ),
    Slip(
        "doubled-index",
        _turned(_doubled, lambda i, dim, base: base ** (-(4 * i + 2) / dim)),
        "The exponents are 4i for the sine and 4i + 2 for the cosine, so sin² + cos² is not 1. "
        "A loop by twos has 2i already: use it in both.",
        "YutaroOgawa/pytorch_advanced#79",
    ),
    Slip(
        "cosine-exponent",
        _turned(paper, lambda i, dim, base: base ** (-(2 * i + 1) / dim)),
        "The exponent is 2i + 1 for the cosine. Use 2i, the same as its sine.",
        "luhengshiwo/LLMForEverybody#106",
    ),
    Slip(
        "one-function",
        lambda pos, dim: _right(pos, dim)[:, 0::2].repeat_interleave(2, dim=1),
        "Each sine appears twice, and there is no cosine. Put the cosine of the same angle in the "
        "other channel of the pair.",
    ),
    Slip(
        "cosine-alone",
        lambda pos, dim: _right(pos, dim)[:, 1::2].repeat_interleave(2, dim=1),
        "Each cosine appears twice, and there is no sine. Put the sine of the same angle in the "
        "other channel of the pair.",
    ),
    Slip(
        "sine-alone",
        lambda pos, dim: _all_channels(pos, dim).sin(),
        "Every channel is a sine with its own frequency, and no matrix shifts that. Use a sine "
        "and a cosine per frequency.",
    ),
    Slip(
        "backwards",
        lambda pos, dim: _right(-pos, dim),
        "Every sine has the wrong sign: the angle is negative. Put the minus in the exponent, not "
        "before the frequency.",
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

ORDERED, ENDING = _ordered(), _ending(fine=False)
FINE_CODES = (*ORDERED, *_ending(fine=True))  # where no example of the numbers is printed
