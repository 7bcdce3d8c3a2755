"""Tables for `mended` of notebook 04: right in other forms, and wrong ones that were invented."""

import math
from operator import floordiv

import numpy as np
import torch

from posenc.functional import sinusoidal


def right(n, d):
    return sinusoidal(torch.arange(n), d)


def by_channel(n, d, exponent, divide=torch.true_divide):
    """Sine in the even channels, cosine in the odd ones; each channel has its own exponent."""
    angles = divide(torch.arange(n).double()[:, None], 10_000 ** exponent.double())
    return torch.where(torch.arange(d) % 2 == 0, angles.sin(), angles.cos())


def exponents(rule):
    """The table whose channel c of d takes the exponent `rule(c, d)`."""
    return lambda n, d: by_channel(n, d, rule(torch.arange(d), d))


def einsum(n, d):
    freq = 10_000.0 ** -(torch.arange(0, d, 2).double() / d)
    angles = torch.einsum("n,f->nf", torch.arange(n).double(), freq)
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(1)


def complex_numbers(n, d):
    freq = 10_000.0 ** -(torch.arange(0, d, 2).double() / d)
    turned = torch.polar(torch.ones(n, d // 2).double(), -torch.arange(n)[:, None] * freq)
    return torch.view_as_real(1j * turned).flatten(1)


def in_numpy(n, d):
    angles = np.arange(n)[:, None] / 10_000 ** (np.arange(d) // 2 * 2 / d)
    return torch.from_numpy(np.where(np.arange(d) % 2, np.cos(angles), np.sin(angles)))


def a_phase(n, d):
    channel = torch.arange(d)
    angles = torch.arange(n)[:, None].double() / 10_000 ** (channel // 2 * 2 / d)
    return (angles + math.pi / 2 * (channel % 2)).sin()


def columns(n, d):
    """Not contiguous."""
    return right(n, d).T.contiguous().T


def halves_in_place(n, d):
    table = torch.arange(n).double()[:, None] / 10_000 ** (torch.arange(d) // 2 * 2 / d)
    table[:, : d // 2] = table[:, 0::2].sin()
    table[:, d // 2 :] = table[:, 1::2].cos()
    return table


def sines_of_cosines(n, d):
    table = right(n, d)
    table[:, 0::2] = table[:, 1::2].sin()
    return table


def patient(n, d):
    """As it is handed out."""
    return by_channel(n, d, torch.arange(d) / d)


FORMS = [einsum, complex_numbers, in_numpy, a_phase, columns]
WRONG = {
    "unchanged": patient,
    "sines-first": lambda n, d: torch.cat((right(n, d)[:, 0::2], right(n, d)[:, 1::2]), 1),
    "cosine-before": lambda n, d: right(n, d).unflatten(1, (-1, 2)).flip(-1).flatten(1),
    "ends-at-base": exponents(lambda c, d: c // 2 * 2 / max(d - 2, 1)),
    "doubled-index": exponents(lambda c, d: 2 * c / d),
    "halves-in-place": halves_in_place,
    "sine-of-cosine": sines_of_cosines,
    "floor-division": lambda n, d: by_channel(n, d, torch.arange(d) // 2 * 2 / d, floordiv),
}
INVENTED = {
    "10^-i, right at width 8": ("one-case", exponents(lambda c, d: c // 2 / 4)),
    "right for 40 rows": ("one-case", lambda n, d: right(n, d)[torch.arange(n) % 40]),
    "positions in int8": ("one-case",
        lambda n, d: sinusoidal(torch.arange(n).to(torch.int8).long(), d)),
    "the cosine one pair late": ("exponent", exponents(lambda c, d: (c + 1) // 2 * 2 / d)),
    "odd and even": ("exponent", exponents(lambda c, d: c % 2 * 2 / d)),
    "rounded to even": ("exponent", exponents(lambda c, d: (c / 2).round() * 2 / d)),
    "the sine one channel early": ("exponent",
        exponents(lambda c, d: (c - 1 + c % 2).clamp(min=0) / d)),
    "sines and cosines swapped": ("cosine-before",
        lambda n, d: right(n, d).unflatten(1, (-1, 2)).flip(-1).flatten(1)),
    "a third sine": ("sine-for-cosine",
        lambda n, d: torch.cat((right(n, d)[:, :1], right(n, d)[:, :1], right(n, d)[:, 2:]), 1)),
    "rounded to float16": ("rounded", lambda n, d: right(n, d).half().float()),
    "rounded to three digits": ("rounded", lambda n, d: (right(n, d) * 1000).round() / 1000),
    "angles in bfloat16": ("angles-in-bfloat16",
        lambda n, d: (torch.arange(n)[:, None] / 10_000 ** (torch.arange(d) // 2 * 2 / d)
            ).bfloat16().double().add(torch.arange(d) % 2 * math.pi / 2).sin()),
    "one row too few": ("shape", lambda n, d: right(n - 1, d)),
    "pairs by themselves": ("shape", lambda n, d: right(n, d).unflatten(1, (-1, 2))),
    "the channels within the exponent": ("not-scaled", exponents(lambda c, d: c // 2 * 2)),
}  # fmt: skip
SAID = [
    ("sin² + cos² of a pair is not 1", patient),
    ("channel 1 is cos(pos / 10 000^(2/8)). It must be cos(pos / 10 000^(0/8))",
        INVENTED["odd and even"][1]),
    ("Divide with /.", WRONG["floor-division"]),
    ("to float16: position", INVENTED["rounded to float16"][1]),
    ("mended(40, 8) is correct, but mended(6, 12)", INVENTED["10^-i, right at width 8"][1]),
    ("transpose the table", lambda n, d: right(n, d).T),
    ("Put the sine of pair i in channel 2i", WRONG["sines-first"]),
]  # fmt: skip
