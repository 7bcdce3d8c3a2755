"""Right answers to the exercises of notebook 08 in forms that nobody expects."""

import bisect
import fractions
import math

import numpy as np
import torch
from torch import nn

import posenc


def by_wavelength(dim, base, trained):
    waves = [2 * math.pi * base ** (2 * i / dim) for i in range(dim // 2)]
    return sum(trained < wave for wave in waves)


def by_formula(dim, base, trained):
    last = math.floor(dim * math.log(trained / math.tau) / (2 * math.log(base)))
    return min(max(dim // 2 - 1 - last, 0), dim // 2)


def by_bisection(dim, base, trained):
    waves = [math.tau * base ** (2 * i / dim) for i in range(dim // 2)]
    return dim // 2 - bisect.bisect_right(waves, trained)


def by_whole_turns(dim, base, trained):
    angle = trained * posenc.inverse_frequencies(dim, base)
    return torch.count_nonzero(angle // math.tau == 0)


def by_numpy(dim, base, trained):
    turns = trained * np.power(float(base), -np.arange(0, dim, 2) / dim) / (2 * np.pi)
    return np.count_nonzero(turns < 1)


def as_a_float(dim, base, trained):
    return (trained * posenc.inverse_frequencies(dim, base) < math.tau).float().sum()


UNSEEN = [by_wavelength, by_formula, by_bisection, by_whole_turns, by_numpy, as_a_float]


class Squeeze(nn.Module):
    """Division as a module."""

    def forward(self, pos, factor):
        return torch.true_divide(pos, factor)


def one_by_one(pos, factor):
    exact = fractions.Fraction(factor).limit_denominator(1000)
    return torch.tensor([float(fractions.Fraction(p) / exact) for p in pos.tolist()])


def every_second(pos, factor):
    """A view with other strides."""
    return torch.stack((pos / factor, pos.double()), dim=-1)[:, 0]


INTERPOLATED = [
    Squeeze(),
    one_by_one,
    every_second,
    lambda pos, factor: pos.double() * (1 / factor),
    lambda pos, factor: pos.clone().float().div_(factor),
    lambda pos, factor: torch.from_numpy(pos.numpy() / factor),
    lambda pos, factor: torch.einsum("n,->n", pos.double(), torch.tensor(1 / factor).double()),
]


def i_of(turns, dim, base, trained):
    return dim / 2 * math.log(trained / (math.tau * turns), base)


def in_a_loop(dim, base, factor, trained):
    low = max(math.floor(i_of(32, dim, base, trained)), 0)
    high = min(math.ceil(i_of(1, dim, base, trained)), dim - 1)
    found = torch.empty(dim // 2)
    for i in range(dim // 2):
        old = base ** (-2 * i / dim)
        if i <= low:
            found[i] = old
        elif i >= high:
            found[i] = old / factor
        else:
            share = (high - i) / (high - low)
            found[i] = old * (share + (1 - share) / factor)
    return found


def by_mask(dim, base, factor, trained):
    """The authors' code: what is interpolated, what extrapolated."""
    inv_freq = 1.0 / (base ** (torch.arange(0, dim, 2).float() / dim))
    low = max(math.floor(i_of(32, dim, base, trained)), 0)
    high = min(math.ceil(i_of(1, dim, base, trained)), dim - 1)
    ramp = torch.clamp((torch.arange(dim // 2, dtype=torch.float32) - low) / (high - low), 0, 1)
    return inv_freq / factor * ramp + inv_freq * (1 - ramp)


def numpys(dim, base, factor, trained):
    low, high = i_of(32, dim, base, trained), i_of(1, dim, base, trained)
    ends = (max(np.floor(low), 0), min(np.ceil(high), dim - 1))
    share = np.interp(np.arange(dim // 2), ends, (1, 1 / factor))
    return torch.from_numpy(share * base ** (-np.arange(0, dim, 2) / dim))


def by_lerp(dim, base, factor, trained):
    low = max(math.floor(i_of(32, dim, base, trained)), 0)
    high = min(math.ceil(i_of(1, dim, base, trained)), dim - 1)
    old = posenc.inverse_frequencies(dim, base, dtype=torch.float64)
    far = (torch.arange(dim // 2, dtype=torch.float64) - low).div(high - low).clamp(0, 1)
    return torch.lerp(old, old / factor, far)


def posencs_own(dim, base, factor, trained):
    return posenc.functional.scaled_frequencies(
        dim, base, method="yarn", factor=factor, original_max_len=trained
    )


YARN = [in_a_loop, by_mask, numpys, by_lerp, posencs_own]


def by_max(first, second, trained, reach):
    def similar(k):
        return math.cos(first * (k - 1)) + math.cos(second * (k - 1))

    return max(range(trained, reach), key=similar)


def by_chord(first, second, trained, reach):
    """The smallest distance between points on the two circles."""
    k = np.arange(trained, reach)
    clocks = np.array((first, second))
    points, aim = np.exp(1j * np.outer(k, clocks)), np.exp(1j * clocks)
    return k[np.argmin((abs(points - aim) ** 2).sum(1))]


def by_half_angle(first, second, trained, reach):
    gone = torch.arange(trained, reach, dtype=torch.float64) - 1
    return (
        torch.sin(torch.stack((first * gone, second * gone)) / 2).square().sum(0).argmin() + trained
    )


def by_product(first, second, trained, reach):
    """cos a + cos b = 2 cos((a + b) / 2) cos((a − b) / 2)."""
    gone = torch.arange(trained, reach) - 1
    both = torch.cos((first + second) / 2 * gone) * torch.cos((first - second) / 2 * gone)
    return trained + both.argmax().item()


NEIGHBOUR = [by_max, by_chord, by_half_angle, by_product]


def by_sets(wavelength, rival, trained, tested):
    """What each explanation predicts, as a set of failures."""
    new = {"fails"} if trained < min(tested, wavelength) else set()
    return new ^ ({"fails"} if rival in range(tested) else set()) != set()


DECIDES = [
    by_sets,
    lambda w, rival, r, t: (min(w, t) > r) ^ (t - rival >= 1),
    lambda w, rival, r, t: np.bool_(r < t and r < w) != np.bool_(t > rival),
    lambda w, rival, r, t: torch.tensor(w > r < t).logical_xor(torch.tensor(rival < t)),
]
