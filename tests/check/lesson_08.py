"""Answers to the exercises of notebook 08, right and wrong."""

import math

import forms_08 as forms
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


def kept_of(dim, base, trained, step=1, first=0, **options):
    low, high = ends(dim, base, trained, **options)
    return 1 - ((step * torch.arange(dim // 2) + first - low) / (high - low)).clamp(0, 1)


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


def decides(wavelength, rival, trained, tested):
    return (tested > trained and wavelength > trained) != (rival < tested)


RIGHT = {
    "unseen_pairs": count,
    "deciding_run": decides,
    "interpolated": squeezed,
    "yarn_frequencies": yarn,
    "false_neighbour": look_alike,
}
FORMS = {
    "unseen_pairs": forms.UNSEEN,
    "deciding_run": forms.DECIDES,
    "interpolated": forms.INTERPOLATED,
    "yarn_frequencies": forms.YARN,
    "false_neighbour": forms.NEIGHBOUR,
}
WRONG = {
    "unseen_pairs": {"no-such-number": lambda *given: 7, "raises": lambda *given: 1 / 0},
    "interpolated": {
        "not-finite": lambda pos, factor: pos / factor * math.nan,
        "mutates-input": lambda pos, factor: pos.add_(1) / factor,
        "zero-moves": lambda pos, factor: pos / factor + 1,
        "int16-positions": lambda pos, factor: pos.to(torch.int16) / factor,
        "float16-result": lambda pos, factor: (pos / factor).half().float(),
        "rounded-to-2-digits": lambda pos, factor: (pos.double() / factor).round(decimals=2),
        "shape": lambda pos, factor: pos[:, None] / factor,
        "not-a-tensor": lambda pos, factor: (pos / factor).tolist(),
    },
    "yarn_frequencies": {"not-finite": lambda d, b, f, t: yarn(d, b, f, t) / 0},
    "false_neighbour": {"out-of-range": lambda *given: 3, "not-a-number": lambda *given: None},
    "deciding_run": {"opposite": lambda *run: not decides(*run), "value": lambda *run: True},
}


def ends_by(index, low=lambda x, d: x, high=lambda x, d: x):
    """YaRN with another i(t), and its ends not clamped, or clamped in another way."""

    def program(d, b, s, n):
        a, z = low(math.floor(index(d, b, n, 32)), d), high(math.ceil(index(d, b, n, 1)), d)
        kept = 1 - ((torch.arange(d // 2) - a) / (z - a)).clamp(0, 1)
        return speeds_of(d, b) * kept + speeds_of(d, b) / s * (1 - kept)

    return program


def i_of(d, b, n, t):
    return d * math.log(n / (2 * math.pi * t)) / (2 * math.log(b))


def not_below_0(x, d):
    return max(x, 0)


SAID = {
    "unseen_pairs": [
        ("// in the exponent makes it 0",
            lambda d, b, n: count(d, b, n, speeds=b ** -(torch.arange(0, d, 2) // d).double())),
        ("The exponents run to exactly −1",
            lambda d, b, n: count(d, b, n, speeds=b ** -torch.linspace(0, 1, d // 2))),
        ("Pair 26 turns 8192 · 500000^(−52/96) / 2π = 1.067 times",
            lambda d, b, n: 29 if n == 8192 else count(d, b, n)),
        ("Did you print instead of return?", lambda d, b, n: None),
        ("Return one int", lambda d, b, n: [count(d, b, n)]),
    ],
    "interpolated": [
        ("does not read the positions between",
            lambda pos, f: torch.linspace(0, float(pos.max()) / f, len(pos))),
        ("does not read the positions between",
            lambda pos, f: torch.linspace(float(pos.min()) / f, float(pos.max()) / f, len(pos))),
    ],
    "yarn_frequencies": [
        ("clamped to dim/2 − 1",
            ends_by(i_of, not_below_0, high=lambda x, d: min(x, d // 2 - 1))),
        ("Take max(low, 0) and min(high, dim − 1)", ends_by(i_of)),
        ("Take max(low, 0).", ends_by(i_of, high=lambda x, d: min(x, d - 1))),
        ("Take min(high, dim − 1)", ends_by(i_of, not_below_0)),
        ("log10 stands over the natural",
            ends_by(lambda d, b, n, t: i_of(d, b, n, t) / math.log(10))),
        ("multiplies by ln base",
            ends_by(lambda d, b, n, t: d / 2 * math.log(b) * math.log(n / (2 * math.pi * t)))),
        ("multiplies by π t",
            ends_by(lambda d, b, n, t: d * math.log(n / 2 * math.pi * t) / (2 * math.log(b)))),
        ("runs over the channels", lambda d, b, f, t: yarn(d, b, f, t, step=2)),
        ("cuts the fraction off before the logarithm",
            ends_by(lambda d, b, n, t: d * math.log(n // (2 * math.pi * t)) / (2 * math.log(b)))),
        ("ends at pair 26, which turns 0.657 times",
            lambda d, b, f, t: yarn(d, b, f, t, slow=0.9)),
        ("math domain error",  # right but for a short training length
            lambda d, b, f, t: yarn(d, b, f, t) if t > 300 else math.log(0)),
    ],
    "deciding_run": [
        ("It judges 5 of 14 correctly", lambda w, rival, r, t: t > rival),
        ("ask for tested > rival", lambda w, rival, r, t: (t > r and w > r) != (t >= rival)),
        ("Exchange True and False", lambda *run: not decides(*run)),
    ],
    "false_neighbour": [
        ("The cosines sum to 1.776 there and to 1.949 at 120",
            lambda a, b, t, r: t + int(likeness(round(a, 1), round(b, 1), t, r).argmax())),
    ],
}  # fmt: skip
SCORES = {"deciding_run": [(1, decides), (5 / 14, lambda w, rival, r, t: t > rival)]}
INVENTED = {
    "deciding_run": {
        "the text has rival letters": ("one-letter-short",
            lambda w, rival, r, t: (t > r and w > r) != (t >= rival)),
        "only longer texts": ("any-longer-text", lambda w, rival, r, t: (t > r) != (t > rival)),
        "no length of the test": ("short-tests", lambda w, rival, r, t: (w > r) != (t > rival)),
        "and": ("both", lambda w, rival, r, t: t > r and w > r and t > rival),
        "or": ("either", lambda w, rival, r, t: (t > r and w > r) or t > rival),
        "between the lengths": ("value", lambda w, rival, r, t: r < rival <= t),
        "never": ("value", lambda *run: False),
        "a word": ("not-a-bool", lambda *run: "new angles"),
        "both predictions": ("not-a-bool", lambda w, rival, r, t: (w > r, t > rival)),
    },
    "unseen_pairs": {
        "log10": ("wrong-log",
            lambda d, b, t: count(d, b, t,
                speeds=torch.exp(-2 * torch.arange(d // 2) / d * math.log10(b)))),
        "index over d − 2": ("ends-at-base",
            lambda d, b, t: count(d, b, t, speeds=b ** (-2 * torch.arange(d // 2) / (d - 2)))),
        "turns rounded": ("half-turn",
            lambda d, b, t: int(((t * speeds_of(d, b) / 2 / math.pi).round() < 1).sum())),
        "six for 2π": ("six", lambda d, b, t: count(d, b, t, 6)),
        "width 128 written in": ("ignores-dim", lambda d, b, t: count(128, b, t)),
        "a formula below 0": ("not-clamped",
            lambda d, b, t: d // 2 - math.ceil(i_of(d, b, t, 1))),
        "trained − 1": ("one-position-less", lambda d, b, t: count(d, b, t - 1)),
        "the first of them by argmax": ("first-index",
            lambda d, b, t: int((t * speeds_of(d, b) < 2 * math.pi).int().argmax())),
        "two turns": ("two-turns", lambda dim, base, t: count(dim, base, t, 4 * math.pi)),
        "speeds counted from one": ("one-too-many-clamped",
            lambda dim, base, t: count(dim, base, t, speeds=speeds_of(dim, base)
                * base ** (-2 / dim))),
        "the first of them": ("no-such-number",
            lambda dim, base, t: dim // 2 - count(dim, base, t) + 1),
        "which ones": ("not-a-number", lambda dim, base, t: t * speeds_of(dim, base) < 2 * math.pi),
        "wavelength short of 2π": ("ignores-trained",
            lambda dim, base, t: int((1 / speeds_of(dim, base) < 2 * math.pi).sum())),
        "length written in": ("ignores-length", lambda dim, base, t: count(dim, base, 4096)),
        "half the width": ("half-the-pairs", lambda dim, base, t: count(dim // 2, base, t)),
    },
    "interpolated": {
        "within 2048 as it was": ("step",
            lambda pos, f: torch.where(pos > 2048, pos / f, pos.double())),
        "around the mean": ("depends-on-length",
            lambda pos, f: (pos - pos.double().mean()) / f + pos.double().mean()),
        "whole factor": ("whole-factor", lambda pos, f: pos / int(f)),
        "sorted": ("sorted", lambda pos, f: pos.sort().values / f),
        "from the least": ("from-the-least", lambda pos, f: (pos - pos.min()) / f),
        "from the first": ("from-the-first", lambda pos, f: (pos - pos[0]) / f),
        "a root": ("power", lambda pos, f: pos.double() ** (1 / f)),
        "a thousandth more": ("uneven-steps", lambda pos, f: pos / f + (pos > 0) * 1e-3),
        "one in 50 000 more": ("imprecise", lambda pos, f: pos.double() / f * (1 + 2e-5)),
        "stops": ("dtype", lambda pos, f: pos.clamp(max=len(pos) // f)),
        "share of the text": ("depends-on-length", lambda pos, f: pos / len(pos) / f),
        "square root": ("square-root", lambda pos, f: pos / f**0.5),
        "one more": ("step", lambda pos, f: pos / (f + 1)),
        "late": ("from-one", lambda pos, f: (pos + 1) / f),
        "from the middle": ("centred", lambda pos, f: (pos + 0.5) / f - 0.5),
        "four written in": ("ignores-factor", lambda pos, f: pos / 4),
        "the far half alone": ("depends-on-length",
            lambda pos, f: torch.where(pos > len(pos) // f, pos / f, pos.double())),
        "logarithm": ("uneven-steps", lambda pos, f: pos.double().log1p() / math.log(1 + f)),
        "turned round": ("depends-on-length", lambda pos, f: (pos / f).flip(0)),
        "twice": ("twice", lambda pos, f: pos / f / f),
    },
    "yarn_frequencies": {
        "pairs from 1": ("other-low", lambda d, b, f, t: yarn(d, b, f, t, first=1)),
        "dim − 2": ("other-high",
            ends_by(lambda d, b, n, t: i_of(d, b, n, t) * (d - 2) / d, not_below_0,
                lambda x, d: min(x, d - 1))),
        "six for 2π": ("other-low",
            ends_by(lambda d, b, n, t: i_of(d, b, n * math.pi / 3, t), not_below_0,
                lambda x, d: min(x, d - 1))),
        "high at dim/2": ("high-clamped-to-half",
            ends_by(i_of, not_below_0, high=lambda x, d: min(x, d // 2))),
        "low at 1": ("low-clamped-to-one",
            ends_by(i_of, lambda x, d: max(x, 1), lambda x, d: min(x, d - 1))),
        "low without its sign": ("low-without-sign",
            ends_by(i_of, lambda x, d: abs(x), lambda x, d: min(x, d - 1))),
        "0.9 turns": ("other-high", lambda d, b, f, t: yarn(d, b, f, t, slow=0.9)),
        "25 turns": ("other-low", lambda d, b, f, t: yarn(d, b, f, t, fast=25)),
        "half a cosine": ("cosine-ramp",
            lambda d, b, f, t: yarn(d, b, f, t, lambda k: (1 - (math.pi * k).cos()) / 2)),
        "π for 2π": ("pi-for-two-pi", lambda d, b, f, t: yarn(d, b, f, t, fast=16, slow=0.5)),
        "factor + 1": ("slow-not-divided", lambda d, b, f, t: yarn(d, b, f + 1, t)),
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
        "from trained": ("like-trained",
            lambda a, b, t, r: t + int(likeness(a, b, t, r, t).argmax())),
        "one added": ("like-minus-one",
            lambda a, b, t, r: t + int(likeness(a, b, t, r, -1).argmax())),
        "the sum without its sign": ("absolute-sum",
            lambda a, b, t, r: t + int(likeness(a, b, t, r).abs().argmax())),
        "every second distance": ("less-alike",
            lambda a, b, t, r: t + 2 * int(likeness(a, b, t, r)[::2].argmax())),
        "first is 1": ("first-is-one",
            lambda a, b, t, r: t + int(likeness(1, b, t, r).argmax())),
        "ratio of both": ("by-ratio",
            lambda a, b, t, r: t + int(likeness(1, b / a, t, r).argmax())),
        "first twice": ("first-twice",
            lambda a, b, t, r: t + int((likeness(a, b, t, r)
                + (a * (torch.arange(t, r) - 1)).cos()).argmax())),
        "float16": ("half-precision",
            lambda a, b, t, r: t + int(((a * (torch.arange(t, r) - 1)).half().cos()
                + (b * (torch.arange(t, r) - 1)).half().cos()).argmax())),
        "one digit": ("less-alike",
            lambda a, b, t, r: t + int(likeness(round(a, 1), round(b, 1), t, r).argmax())),
        "at most 100": ("less-alike",
            lambda a, b, t, r: t + int(likeness(a, b, t, min(r, t + 100)).argmax())),
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
