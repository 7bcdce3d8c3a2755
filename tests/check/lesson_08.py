"""Answers to the exercises of notebook 08, right and wrong."""

import math

import torch

F64 = torch.float64


def speeds_of(dim, base):
    return base ** (-torch.arange(0, dim, 2, dtype=F64) / dim)


def count(dim, base, trained, less=2 * math.pi, speeds=None):
    speeds = speeds_of(dim, base) if speeds is None else speeds
    return int((trained * speeds < less).sum())


def ends(dim, base, trained, fast=32, slow=1, top=math.ceil, bottom=math.floor):
    def pair(turns):
        return dim * math.log(trained / (2 * math.pi * turns)) / (2 * math.log(base))

    return max(bottom(pair(fast)), 0), min(top(pair(slow)), dim - 1)


def yarn(dim, base, factor, trained, change=lambda kept: kept, **options):
    old, kept = speeds_of(dim, base), change(kept_of(dim, base, trained, **options))
    return old * kept + old / factor * (1 - kept)


def kept_of(dim, base, trained, step=1, **options):
    low, high = ends(dim, base, trained, **options)
    return 1 - ((step * torch.arange(dim // 2) - low) / (high - low)).clamp(0, 1)


def ntk_kept(dim, base, factor, trained):
    """The fast pairs come from NTK's larger base."""
    old, kept = speeds_of(dim, base), kept_of(dim, base, trained)
    return speeds_of(dim, base * factor ** (dim / (dim - 2))) * kept + old / factor * (1 - kept)


def likeness(first, second, trained, reach, apart=1):
    k = torch.arange(trained, reach, dtype=F64) - apart
    return (first * k).cos() + (second * k).cos()


def squeezed(pos, factor):
    return pos / factor


def look_alike(first, second, trained, reach):
    return int(likeness(first, second, trained, reach).argmax()) + trained


RIGHT = {
    "unseen_pairs": count,
    "interpolated": squeezed,
    "yarn_frequencies": yarn,
    "false_neighbour": look_alike,
}
FORMS = {"unseen_pairs": [lambda *given: torch.tensor(count(*given))]}
WRONG = {
    "unseen_pairs": {"no-such-number": lambda *given: 7, "raises": lambda *given: 1 / 0},
    "interpolated": {
        "mutates-input": lambda pos, factor: pos.add_(1) / factor,
        "zero-moves": lambda pos, factor: pos / factor + 1,
        "shape": lambda pos, factor: pos[:, None] / factor,
        "not-a-tensor": lambda pos, factor: (pos / factor).tolist(),
    },
    "false_neighbour": {"out-of-range": lambda *given: 3, "not-a-number": lambda *given: None},
}

INVENTED = {
    "unseen_pairs": {
        "two turns": ("too-many", lambda dim, base, t: count(dim, base, t, 4 * math.pi)),
        "speeds counted from one": ("too-many",
            lambda dim, base, t: count(dim, base, t, speeds=speeds_of(dim, base)
                * base ** (-2 / dim))),
        "the first of them": ("no-such-number",
            lambda dim, base, t: dim // 2 - count(dim, base, t) + 1),
        "which ones": ("not-a-number", lambda dim, base, t: t * speeds_of(dim, base) < 2 * math.pi),
        "wavelength short of 2π": ("ignores-trained",
            lambda dim, base, t: int((1 / speeds_of(dim, base) < 2 * math.pi).sum())),
        "length written in": ("ignores-trained", lambda dim, base, t: count(dim, base, 4096)),
        "half the width": ("too-few", lambda dim, base, t: count(dim // 2, base, t)),
    },
    "interpolated": {
        "stops": ("dtype", lambda pos, f: pos.clamp(max=len(pos) // f)),
        "share of the text": ("depends-on-length", lambda pos, f: pos / len(pos) / f),
        "square root": ("step", lambda pos, f: pos / f**0.5),
        "one more": ("step", lambda pos, f: pos / (f + 1)),
        "late": ("zero-moves", lambda pos, f: (pos + 1) / f),
        "from the middle": ("zero-moves", lambda pos, f: (pos + 0.5) / f - 0.5),
        "four written in": ("ignores-factor", lambda pos, f: pos / 4),
        "the far half alone": ("depends-on-length",
            lambda pos, f: torch.where(pos > len(pos) // f, pos / f, pos.double())),
        "logarithm": ("uneven-steps", lambda pos, f: pos.double().log1p() / math.log(1 + f)),
        "turned round": ("depends-on-length", lambda pos, f: (pos / f).flip(0)),
        "twice": ("step", lambda pos, f: pos / f / f),
    },
    "yarn_frequencies": {
        "NTK for the fast": ("ramp-too-early", ntk_kept),
        "a ramp over channels": ("over-channels", lambda d, b, f, t: yarn(d, b, f, t, step=2)),
        "ramp squared": ("squared", lambda d, b, f, t: yarn(d, b, f, t, torch.square)),
        "a step": ("step-in-the-middle",
            lambda d, b, f, t: yarn(d, b, f, t, lambda k: (k > 0.5).double())),
        "a smooth step": ("smooth-step",
            lambda d, b, f, t: yarn(d, b, f, t, lambda k: k * k * (3 - 2 * k))),
        "16 turns": ("sixteen-turns", lambda d, b, f, t: yarn(d, b, f, t, fast=16)),
        "2 turns": ("two-turns", lambda d, b, f, t: yarn(d, b, f, t, slow=2)),
        "base written in": ("slow-not-divided", lambda d, b, f, t: yarn(d, 10_000, f, t)),
        "one a channel": ("shape", lambda d, b, f, t: yarn(d, b, f, t).repeat(2)),
        "half precision": ("half-precision", lambda d, b, f, t: yarn(d, b, f, t).bfloat16()),
        "one pair late": ("one-pair-late",
            lambda d, b, f, t: yarn(d, b, f, t,
                top=lambda x: math.ceil(x) + 1, bottom=lambda x: math.floor(x) + 1)),
        "the ramp is one longer": ("ramp-one-longer",
            lambda d, b, f, t: yarn(d, b, f, t, top=lambda x: math.ceil(x) + 1)),
        "twice the factor": ("slow-not-divided", lambda d, b, f, t: yarn(d, b, 2 * f, t)),
        "factor's root": ("root-of-the-factor", lambda d, b, f, t: yarn(d, b, f**0.5, t)),
        "length written in": ("ramp-ignores-length", lambda d, b, f, t: yarn(d, b, f, 4096)),
    },
    "false_neighbour": {
        "sines": ("less-alike",
            lambda a, b, t, r: t + int(likeness(a, b, t, r, 1 + math.pi / 2 / a).argmax())),
        "how alike": ("out-of-range", lambda a, b, t, r: float(likeness(a, b, t, r).max())),
        "all alike": ("not-a-number", lambda a, b, t, r: t + (likeness(a, b, t, r) > 1).nonzero()),
        "first good one": ("less-alike",
            lambda a, b, t, r: t + int((likeness(a, b, t, r) > 1).int().argmax())),
        "twice as far": ("out-of-range",
            lambda a, b, t, r: t + int(likeness(a, b, t, 2 * r).argmax())),
    },
}  # fmt: skip
