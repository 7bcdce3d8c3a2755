"""Wrong answers to 06 to 10 that no slip is like: all rejected, most named by a property.

Most come from changing one thing in the solution, some from public threads.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from posenc import check, functional

F64 = torch.float64
UNNAMED = {"value", "raises", "shape"}


# --- 06 -------------------------------------------------------------------------------------


def apart(n, m=None):
    return torch.arange(n)[:, None] - torch.arange(n if m is None else m)


def shaw(q, k, table, rows, scale=None):
    keys = k[None] + table[rows]
    return (q[:, None] * keys).sum(-1) / (scale or q.shape[-1] ** 0.5)


def clipped(q, clip):
    return apart(len(q)).clamp(-clip, clip) + clip


def shaw_content_twice(q, k, table, clip):
    return shaw(q, k, table, clipped(q, clip)) + q @ k.T / q.shape[-1] ** 0.5


SHAW = {
    "scaled by the length": (
        "words",
        lambda q, k, t, c: shaw(q, k, t, clipped(q, c), len(q) ** 0.5),
    ),
    "content counted twice": ("words", shaw_content_twice),
}


def bucket(distance, small=16, top=31, longest=128, round_=torch.floor, count=None):
    near = distance.clamp(min=0)
    log = (distance.clamp(min=small) / small).log() / math.log(longest / small)
    far = (small + round_((count or small) * log).long()).clamp(max=top)
    return torch.where(near < small, near, far)


T5 = {
    "eight of their own": ("exact", lambda d: bucket(d, small=8)),
    "longest is 256": ("last", lambda d: bucket(d, longest=256)),
    "longest is 64": ("edge", lambda d: bucket(d, longest=64)),
    "last bucket is 30": ("last", lambda d: bucket(d, top=30)),
    "logarithm to base 2 over ln 8": (
        "edge",
        lambda d: torch.where(
            d < 16,
            d.clamp(min=0),
            (16 + (16 * (d.clamp(min=16) / 16).log2() / math.log(8)).long()).clamp(max=31),
        ),
    ),
    "ratio not divided by 16": (
        "edge",
        lambda d: torch.where(
            d < 16,
            d.clamp(min=0),
            (16 + (16 * d.clamp(min=16).log() / math.log(128)).long()).clamp(max=31),
        ),
    ),
    "fractions": ("not-whole", lambda d: bucket(d).float() + 0.5),
    "equal steps of four": (
        "edge",
        lambda d: torch.where(d < 16, d.clamp(min=0), (12 + d // 4).clamp(max=31)),
    ),
    "the future's own bucket": ("after", lambda d: torch.where(d < 0, 31, bucket(d))),
    "one logarithm from 1": (
        "exact",
        lambda d: (31 * (d.clamp(1, 128)).float().log() / math.log(128)).long(),
    ),
}


def published(n):
    return functional.alibi_slopes(n).tolist()


SLOPES = {
    "one over the head": ("too-steep", lambda n: [1 / (h + 1) for h in range(n)]),
    "squared": ("ratio", lambda n: [s * s for s in published(n)]),
    "all the same": ("ratio", lambda n: [2 ** (-8 / n)] * n),
    "one too many": ("shape", lambda n: published(n + 1)),
    "add up to one": (
        "first-part",
        lambda n: (torch.tensor(published(n)) / sum(published(n))).tolist(),
    ),
    "powers of four": ("ratio", lambda n: [4 ** (-8 * h / n) for h in range(1, n + 1)]),
    "rounded": ("not-above-zero", lambda n: [round(s, 2) for s in published(n)]),
}


def alibi(n, q, k, change=lambda d: d, slopes=None):
    slopes = functional.alibi_slopes(n) if slopes is None else slopes
    return -slopes[:, None, None] * change(q[:, None] - k)


BIAS = {
    "squared distance": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d**2)),
    "logarithm of the distance": (
        "not-linear",
        lambda n, q, k: alibi(n, q, k, lambda d: d.abs().log1p()),
    ),
    "square root": ("not-linear", lambda n, q, k: alibi(n, q, k, lambda d: d.abs().sqrt())),
    "one more": ("own-place", lambda n, q, k: alibi(n, q, k, lambda d: d + 1)),
    "cut at eight": ("value", lambda n, q, k: alibi(n, q, k, lambda d: d.clamp(max=8))),
    "near is punished": ("own-place", lambda n, q, k: alibi(n, q, k, lambda d: 1 / (1 + d.abs()))),
    "heads turned round": (
        "ratio",
        lambda n, q, k: alibi(n, q, k, slopes=functional.alibi_slopes(n).flip(0)),
    ),
    "divided by the length": ("first-part", lambda n, q, k: alibi(n, q, k) / len(k)),
    "a share of the largest": (
        "first-part",
        lambda n, q, k: alibi(n, q, k) / alibi(n, q, k).abs().max(),
    ),
    "exponent taken": ("own-place", lambda n, q, k: alibi(n, q, k).exp()),
    "keys first": ("shape", lambda n, q, k: alibi(n, q, k).transpose(1, 2)),
    "no heads": ("shape", lambda n, q, k: alibi(n, q, k).mean(0)),
    "slopes of eight heads": (
        "ratio",
        lambda n, q, k: alibi(n, q, k, slopes=functional.alibi_slopes(8).repeat(n)[:n]),
    ),
    "counted from the last query": ("not-relative", lambda n, q, k: alibi(n, q - q.min() + 1, k)),
}


# --- 07 -------------------------------------------------------------------------------------


def speeds_of(dh, base=10_000.0, dtype=F64):
    return base ** (-torch.arange(0, dh, 2, dtype=dtype) / dh)


def turned(x, theta):
    cos, sin = theta.cos().to(x.dtype), theta.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


def rope(x, pos):
    return turned(x, pos[:, None] * speeds_of(x.shape[-1]))


def twice_each(theta):
    return theta.repeat_interleave(2, dim=-1)


def half_of_pairs(x):
    return torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).flatten(-2)


def no_minus(x, pos):
    theta = (pos[:, None] * speeds_of(x.shape[-1])).to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    cos, sin = theta.cos(), theta.sin()
    return torch.stack((a * cos + b * sin, a * sin + b * cos), dim=-1).flatten(-2)


def reflected(x, pos):
    theta = (pos[:, None] * speeds_of(x.shape[-1])).to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    cos, sin = theta.cos(), theta.sin()
    return torch.stack((a * cos + b * sin, a * sin - b * cos), dim=-1).flatten(-2)


def angle_per_channel(x, pos):
    theta = pos[:, None] * 10_000.0 ** (-torch.arange(x.shape[-1], dtype=F64) / x.shape[-1])
    return x * theta.cos().to(x.dtype) + half_of_pairs(x) * theta.sin().to(x.dtype)


ROTARY = {
    "stops at 512": ("far", lambda x, pos: rope(x, pos.clamp(max=512))),
    "right with heads alone": ("length", lambda x, pos: rope(x, pos) * (1 if x.dim() > 2 else 2)),
    "no minus anywhere": ("length", no_minus),
    "reflected": ("mirrored", reflected),
    "a speed a channel": ("length", angle_per_channel),
    "positions one late": ("start", lambda x, pos: rope(x, pos + 1)),
    "base 500 000": ("speed", lambda x, pos: turned(x, pos[:, None] * speeds_of(x.shape[-1], 5e5))),
    "multiplied by the cosine": (
        "length",
        lambda x, pos: x * twice_each(pos[:, None] * speeds_of(x.shape[-1])).cos().to(x.dtype),
    ),
    "longer by a tenth": ("length", lambda x, pos: 1.1 * rope(x, pos)),
    "set to length one": ("length", lambda x, pos: F.normalize(rope(x, pos), dim=-1)),
    "squared positions": ("uneven-steps", lambda x, pos: rope(x, pos**2)),
    "a share of the longest": ("speed", lambda x, pos: rope(x, pos / pos.max())),
    "answer in half precision": ("half-precision", lambda x, pos: rope(x, pos).bfloat16()),
    "answered in float16 at heart": ("rounded", lambda x, pos: rope(x, pos).half().to(x.dtype)),
    "pairs changed over": (
        "mirrored",
        lambda x, pos: rope(x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2), pos),
    ),
    "sines and cosines changed over": (
        "start",
        lambda x, pos: turned(x, math.pi / 2 - pos[:, None] * speeds_of(x.shape[-1])),
    ),
    "slowest pair stands still": (
        "speed",
        lambda x, pos: torch.cat((rope(x, pos)[..., :-2], x[..., -2:]), dim=-1),
    ),
    "equally spaced speeds": (
        "speed",
        lambda x, pos: turned(x, pos[:, None] * torch.linspace(1, 0, x.shape[-1] // 2)),
    ),
    "positions of the batch": (
        "depends-on-head",
        lambda x, pos: rope(x.transpose(0, -2), pos[: x.shape[0]]).transpose(0, -2),
    ),
    "words turned round": ("start", lambda x, pos: rope(x, pos.flip(0))),
}


PAIRS = {
    "without heads": (
        "across-heads",
        lambda w, h: w.unflatten(0, (2, -1)).transpose(0, 1).flatten(0, 1),
    ),
    "heads within halves": (
        "across-heads",
        lambda w, h: w.unflatten(0, (2, h, -1)).permute(1, 2, 0, 3).flatten(0, 2),
    ),
    "head by head turned round": (
        "order",
        lambda w, h: w.unflatten(0, (h, -1)).flip(1).flatten(0, 1),
    ),
    "first head alone": (
        "order",
        lambda w, h: torch.cat(
            (w[: len(w) // h].unflatten(0, (2, -1)).transpose(0, 1).flatten(0, 1), w[len(w) // h :])
        ),
    ),
    "minus on the second": (
        "not-a-row",
        lambda w, h: (
            w.unflatten(0, (h, 2, -1)).transpose(1, 2) * torch.tensor([1.0, -1.0])[:, None]
        ).flatten(0, 2),
    ),
    "the first half twice": (
        "rows-lost",
        lambda w, h: w.unflatten(0, (h, 2, -1))[:, [0, 0]].transpose(1, 2).flatten(0, 2),
    ),
    "not flattened": ("shape", lambda w, h: w.unflatten(0, (h, 2, -1)).transpose(1, 2)),
    "reshaped without a transpose": (
        "across-heads",
        lambda w, h: w.reshape(h, 2, -1).reshape(len(w) // 2, -1).reshape(w.shape).flip(0),
    ),
    "columns as well": (
        "not-a-row",
        lambda w, h: (
            w.unflatten(0, (h, 2, -1))
            .transpose(1, 2)
            .flatten(0, 2)
            .unflatten(1, (2, -1))
            .transpose(1, 2)
            .flatten(1)
        ),
    ),
}


def part(x, pos, share):
    width = int(x.shape[-1] * share)
    return torch.cat((rope(x[..., :width], pos), x[..., width:]), dim=-1)


def split(x, share):
    width = int(x.shape[-1] * share)
    return x[..., :width], x[..., width:], width


def rest_in_front(x, pos, share):
    first, rest, _ = split(x, share)
    return torch.cat((rest, rope(first, pos)), dim=-1)


def part_of_pairs(x, pos, share):
    """As many pairs as there should be channels."""
    width = min(2 * int(x.shape[-1] * share), x.shape[-1])
    return torch.cat((rope(x[..., :width], pos), x[..., width:]), dim=-1)


def every_other_pair(x, pos, share):
    theta = pos[:, None] * speeds_of(x.shape[-1])
    theta[:, 1 :: round(1 / share)] = 0
    return turned(x, theta)


PARTIAL = {
    "the rest in front": ("rest", rest_in_front),
    "twice as many": ("rest", part_of_pairs),
    "every other pair": ("rest", every_other_pair),
    "the other share": ("rest", lambda x, pos, share: part(x, pos, 1 - share)),
    "the rest is lost": ("shape", lambda x, pos, share: rope(split(x, share)[0], pos)),
    "the rest is zero": (
        "rest",
        lambda x, pos, share: F.pad(
            rope(split(x, share)[0], pos), (0, split(x, share)[1].shape[-1])
        ),
    ),
    "a quarter written in": ("speed", lambda x, pos, share: part(x, pos, 0.25)),
    "half written in": ("rest", lambda x, pos, share: part(x, pos, 0.5)),
    "a mixture": ("rest", lambda x, pos, share: share * rope(x, pos) + (1 - share) * x),
    "the first share of the words": (
        "rest",
        lambda x, pos, share: torch.cat(
            (rope(x, pos)[: int(len(x) * share)], x[int(len(x) * share) :])
        ),
    ),
    "the rest turns at the slowest speed": (
        "rest",
        lambda x, pos, share: torch.cat(
            (rope(split(x, share)[0], pos), rope(split(x, share)[1], pos * 1e-3)), dim=-1
        ),
    ),
}


# --- 08 -------------------------------------------------------------------------------------


def count(dim, base, trained, less=2 * math.pi, speeds=None):
    speeds = speeds_of(dim, base) if speeds is None else speeds
    return int((trained * speeds < less).sum())


UNSEEN = {
    "two turns": ("too-many", lambda dim, base, t: count(dim, base, t, 4 * math.pi)),
    "speeds counted from one": (
        "too-many",
        lambda dim, base, t: count(dim, base, t, speeds=speeds_of(dim, base) * base ** (-2 / dim)),
    ),
    "the first of them": (
        "no-such-number",
        lambda dim, base, t: dim // 2 - count(dim, base, t) + 1,
    ),
    "which ones": ("not-a-number", lambda dim, base, t: t * speeds_of(dim, base) < 2 * math.pi),
    "wavelength short of 2π": (
        "ignores-trained",
        lambda dim, base, t: int((1 / speeds_of(dim, base) < 2 * math.pi).sum()),
    ),
    "length written in": ("ignores-trained", lambda dim, base, t: count(dim, base, 4096)),
    "half the width": ("too-few", lambda dim, base, t: count(dim // 2, base, t)),
}

INTERPOLATED = {
    "stops": ("dtype", lambda pos, f: pos.clamp(max=len(pos) // f)),
    "share of the text": ("depends-on-length", lambda pos, f: pos / len(pos) / f),
    "square root": ("step", lambda pos, f: pos / f**0.5),
    "one more": ("step", lambda pos, f: pos / (f + 1)),
    "late": ("zero-moves", lambda pos, f: (pos + 1) / f),
    "from the middle": ("zero-moves", lambda pos, f: (pos + 0.5) / f - 0.5),
    "four written in": ("ignores-factor", lambda pos, f: pos / 4),
    "the far half alone": (
        "depends-on-length",
        lambda pos, f: torch.where(pos > len(pos) // f, pos / f, pos.double()),
    ),
    "logarithm": ("uneven-steps", lambda pos, f: pos.double().log1p() / math.log(1 + f)),
    "turned round": ("depends-on-length", lambda pos, f: (pos / f).flip(0)),
    "twice": ("step", lambda pos, f: pos / f / f),
}


def ends(dim, base, trained, fast=32, slow=1, whole=2 * math.pi, top=math.ceil, bottom=math.floor):
    def pair(turns):
        return dim * math.log(trained / (whole * turns)) / (2 * math.log(base))

    return bottom(pair(fast)), top(pair(slow))


def yarn(dim, base, factor, trained, change=lambda kept: kept, **options):
    low, high = ends(dim, base, trained, **options)
    old = speeds_of(dim, base)
    kept = change(1 - ((torch.arange(dim // 2) - low) / (high - low)).clamp(0, 1))
    return old * kept + old / factor * (1 - kept)


def kept_of(dim, base, trained):
    low, high = ends(dim, base, trained)
    return 1 - ((torch.arange(dim // 2) - low) / (high - low)).clamp(0, 1)


def ntk_kept(dim, base, factor, trained):
    """The fast pairs come from NTK's larger base."""
    old, kept = speeds_of(dim, base), kept_of(dim, base, trained)
    return speeds_of(dim, base * factor ** (dim / (dim - 2))) * kept + old / factor * (1 - kept)


def by_channel(dim, base, factor, trained):
    """The ramp is laid over channels, and every second one is taken."""
    low, high = ends(dim, base, trained)
    old = speeds_of(dim, base)
    kept = 1 - ((torch.arange(0, dim, 2) - low) / (high - low)).clamp(0, 1)
    return old * kept + old / factor * (1 - kept)


YARN = {
    "NTK for the fast": ("ramp-too-early", ntk_kept),
    "a ramp over channels": ("ramp-too-early", by_channel),
    "ramp squared": ("ramp-uneven", lambda d, b, f, t: yarn(d, b, f, t, torch.square)),
    "a step": ("ramp-uneven", lambda d, b, f, t: yarn(d, b, f, t, lambda k: (k > 0.5).double())),
    "a smooth step": (
        "ramp-uneven",
        lambda d, b, f, t: yarn(d, b, f, t, lambda k: k * k * (3 - 2 * k)),
    ),
    "16 turns": ("ramp-uneven", lambda d, b, f, t: yarn(d, b, f, t, fast=16)),
    "2 turns": ("ramp-uneven", lambda d, b, f, t: yarn(d, b, f, t, slow=2)),
    "base written in": ("slow-not-divided", lambda d, b, f, t: yarn(d, 10_000, f, t)),
    "one a channel": ("shape", lambda d, b, f, t: yarn(d, b, f, t).repeat(2)),
    "half precision": ("half-precision", lambda d, b, f, t: yarn(d, b, f, t).bfloat16()),
    "one pair late": (
        "ramp-too-late",
        lambda d, b, f, t: yarn(
            d, b, f, t, top=lambda x: math.ceil(x) + 1, bottom=lambda x: math.floor(x) + 1
        ),
    ),
    "the ramp is one longer": (
        "ramp-too-late",
        lambda d, b, f, t: yarn(d, b, f, t, top=lambda x: math.ceil(x) + 1),
    ),
    "twice the factor": ("slow-not-divided", lambda d, b, f, t: yarn(d, b, 2 * f, t)),
    "factor's root": ("slow-not-divided", lambda d, b, f, t: yarn(d, b, f**0.5, t)),
    "length written in": ("ramp-too-early", lambda d, b, f, t: yarn(d, b, f, 4096)),
}


def likeness(first, second, trained, reach, apart=1, start=None):
    k = torch.arange(trained if start is None else start, reach, dtype=F64) - apart
    return (first * k).cos() + (second * k).cos()


FALSE = {
    "sines": (
        "less-alike",
        lambda a, b, t, r: t + int(likeness(a, b, t, r, 1 + math.pi / 2 / a).argmax()),
    ),
    "how alike": ("out-of-range", lambda a, b, t, r: float(likeness(a, b, t, r).max())),
    "all alike": ("not-a-number", lambda a, b, t, r: t + (likeness(a, b, t, r) > 1).nonzero()),
    "first good one": (
        "less-alike",
        lambda a, b, t, r: t + int((likeness(a, b, t, r) > 1).int().argmax()),
    ),
    "twice as far": ("out-of-range", lambda a, b, t, r: t + int(likeness(a, b, t, 2 * r).argmax())),
}


# --- 09 -------------------------------------------------------------------------------------


def count_words(mask):
    return mask.cumsum(-1) - 1


LEFT = {
    "fewest pads": (
        "depends-on-others",
        lambda m: (torch.arange(m.shape[1]) - (~m).sum(1).min()).clamp(min=0).expand(m.shape),
    ),
    "pads below 0": ("negative", count_words),
    "two on": ("start", lambda m: count_words(m).clamp(min=0) + 2),
    "one pad too few": (
        "start",
        lambda m: (torch.arange(m.shape[1]) - (~m).sum(1, keepdim=True) + 1).clamp(min=0),
    ),
    "pads to the right": (
        "start",
        lambda m: torch.where(
            torch.arange(m.shape[1]) < m.sum(1, keepdim=True), torch.arange(m.shape[1]), 0
        ),
    ),
    "fractions": ("dtype", lambda m: count_words(m).clamp(min=0) / m.shape[1]),
    "the mask": ("start", lambda m: m.long()),
    "one row": ("shape", lambda m: count_words(m).clamp(min=0)[0]),
    "never past 7": ("steps", lambda m: count_words(m).clamp(0, 7)),
}


def since(doc_ids, begins):
    p = torch.arange(len(doc_ids))
    return p - (p * begins).cummax(0).values


def begins_where(doc_ids, test, first=True):
    begins = torch.zeros(len(doc_ids), dtype=torch.bool)
    begins[1:] = test(doc_ids.diff())
    begins[0] = first
    return begins


def late(doc_ids):
    begins = begins_where(doc_ids, lambda d: d != 0).roll(1)
    begins[0] = True
    return since(doc_ids, begins)


def single_words_lost(doc_ids):
    """A boundary right after another is not seen."""
    begins = begins_where(doc_ids, lambda d: d != 0)
    begins[1:] &= ~begins[:-1]
    return since(doc_ids, begins)


def right_packed(doc_ids):
    return since(doc_ids, begins_where(doc_ids, lambda d: d != 0))


PACKED = {
    "one late": ("steps", late),
    "one word documents lost": ("not-restarted", single_words_lost),
    "length of the first": (
        "steps",
        lambda ids: torch.arange(len(ids)) % int((ids == ids[0]).sum()),
    ),
    "a share of the document": (
        "dtype",
        lambda ids: right_packed(ids) / (ids[:, None] == ids).sum(1),
    ),
    "position and document": (
        "start",
        lambda ids: right_packed(ids) + begins_where(ids, lambda d: d != 0, False).cumsum(0),
    ),
    "never past 4": ("steps", lambda ids: right_packed(ids).clamp(max=4)),
    "the first restarts alone": (
        "not-restarted",
        lambda ids: since(ids, begins_where(ids, lambda d: (d != 0) & ((d != 0).cumsum(0) == 1))),
    ),
    "mask": ("dtype", lambda ids: begins_where(ids, lambda d: d != 0)),
}


def attend(q, store, scale=None):
    keys, values = torch.stack(store["keys"]), torch.stack(store["values"])
    return (keys @ q / (scale or len(q) ** 0.5)).softmax(0) @ values


def step(q, k, v, store, turn, at_q=lambda p: p, at_k=lambda p: p, more=1, scale=None):
    p = store["seen"]
    store["keys"].append(turn(k, at_k(p)))
    store["values"].append(v)
    store["seen"] = p + more
    return attend(turn(q, at_q(p)), store, scale)


def not_kept(q, k, v, store, turn):
    p = store["seen"]
    keys, values = [*store["keys"], turn(k, p)], [*store["values"], v]
    store["seen"] = p + 1
    return attend(turn(q, p), {"keys": keys, "values": values})


def length_kept(q, k, v, store, turn):
    out = step(q, k, v, store, turn)
    store["seen"] = len(store["keys"])
    return out


def latest_only(q, k, v, store, turn):
    p = store["seen"]
    store.update(keys=[turn(k, p)], values=[v], seen=p + 1)
    return attend(turn(q, p), store)


def weights_only(q, k, v, store, turn):
    p = store["seen"]
    step(q, k, v, store, turn)
    return (torch.stack(store["keys"]) @ turn(q, p) / len(q) ** 0.5).softmax(0)


def newest_first(q, k, v, store, turn):
    p = store["seen"]
    store["keys"].insert(0, turn(k, p))
    store["values"].append(v)
    store["seen"] = p + 1
    return attend(turn(q, p), store)


def keys_are_queries(q, k, v, store, turn):
    return step(q, q, v, store, turn)


def window(q, k, v, store, turn):
    """Forgets all but the last four for itself."""
    out = step(q, k, v, store, turn)
    store["keys"], store["values"] = store["keys"][-4:], store["values"][-4:]
    return out


CACHED = {
    "root of twice the width": ("weights", lambda *a: step(*a, scale=(2 * len(a[0])) ** 0.5)),
    "weights times their number": (
        "no-weights",
        lambda *a: step(*a) * len(a[3]["keys"]),
    ),
    "query added": ("no-mixture", lambda *a: step(*a) + (len(a[3]["keys"]) - 1) * a[0]),
    "counts by two": ("seen-not-counted", lambda *a: step(*a, more=2)),
    "does not count": ("seen-not-counted", lambda *a: step(*a, more=0)),
    "length of the cache": (
        "not-turned",
        lambda q, k, v, s, t: step(q, k, v, s, t, *2 * [lambda p: len(s["values"]) - 1]),
    ),
    "nothing kept": ("keys-not-kept", not_kept),
    "seen is the length": ("seen-not-counted", length_kept),
    "the latest alone": ("keys-not-kept", latest_only),
    "weights alone": ("shape", weights_only),
    "newest first": ("not-turned", newest_first),
    "query for the key": ("not-turned", keys_are_queries),
    "a window": ("keys-not-kept", window),
    "at most eight": (
        "position",
        lambda *a: step(*a, at_q=lambda p: min(p, 8), at_k=lambda p: min(p, 8)),
    ),
}


# --- 10 -------------------------------------------------------------------------------------


def grid(h, w):
    return torch.cartesian_prod(torch.arange(h), torch.arange(w))


GRID = {
    "one patch on": ("order", lambda h, w: grid(h, w).roll(1, 0)),
    "middles of the patches": ("not-whole", lambda h, w: grid(h, w) + 0.5),
    "rows of coordinates": ("shape", lambda h, w: grid(h, w).T),
    "in two axes": ("shape", lambda h, w: grid(h, w).reshape(h, w, 2)),
    "the numbers": ("shape", lambda h, w: torch.arange(h * w)),
    "the number twice": ("outside", lambda h, w: torch.arange(h * w)[:, None].expand(-1, 2)),
    "row and number": (
        "outside",
        lambda h, w: torch.stack((torch.arange(h * w) // w, torch.arange(h * w)), dim=-1),
    ),
    "the width less one": (
        "outside",
        lambda h, w: torch.stack(
            (torch.arange(h * w) // (w - 1), torch.arange(h * w) % (w - 1)), dim=-1
        ),
    ),
    "with a class token": ("shape", lambda h, w: F.pad(grid(h, w) + 1, (0, 0, 1, 0))),
    "diagonals": (
        "outside",
        lambda h, w: torch.stack((grid(h, w).sum(1), grid(h, w)[:, 1]), dim=-1),
    ),
    "the corners": ("shape", lambda h, w: torch.tensor([[0, 0], [h - 1, w - 1]])),
}


def resize(table, old, new, mode="bilinear", **options):
    field = table.T.reshape(1, -1, *old)
    return F.interpolate(field, size=new, mode=mode, **options)[0].flatten(1).T


def rows_alone(table, old, new):
    """The columns are cut or repeated, not interpolated."""
    field = table.T.reshape(1, -1, *old)
    field = F.interpolate(field, size=(new[0], old[1]), mode="bilinear")
    return field[..., torch.arange(new[1]) % old[1]][0].flatten(1).T


def class_row_kept(table, old, new):
    out = resize(table, old, new).clone()
    out[0] = table[0]
    return out


RESIZED = {
    "rows alone": ("columns", rows_alone),
    "first row kept": ("rows", class_row_kept),
    "the mean": ("rows", lambda t, o, n: t.mean(0).expand(n[0] * n[1], -1)),
    "filled with zeros": ("ones", lambda t, o, n: F.pad(t, (0, 0, 0, n[0] * n[1]))[: n[0] * n[1]]),
    "not moved": ("shape", lambda t, o, n: t),
    "on the grid": ("shape", lambda t, o, n: resize(t, o, n).unflatten(0, n)),
    "channels first": ("shape", lambda t, o, n: resize(t, o, n).T),
    "scaled by the sizes": (
        "ones",
        lambda t, o, n: resize(t, o, n) * (o[0] * o[1]) / (n[0] * n[1]),
    ),
    "upside down": ("rows", lambda t, o, n: resize(t.flip(0), o, n)),
    "a square assumed": (
        "rows",
        lambda t, o, n: resize(t[: math.isqrt(len(t)) ** 2], [math.isqrt(len(t))] * 2, n),
    ),
    "square out": ("shape", lambda t, o, n: resize(t, o, (n[0], n[0]))),
    "channels smeared": (
        "mixes-channels",
        lambda t, o, n: (
            F.interpolate(t.reshape(1, 1, *o, -1), size=(*n, t.shape[1]), mode="trilinear")[0, 0]
            .flatten(0, 1)
            .roll(1, 1)
        ),
    ),
}


def waves(x, b, turn=2 * math.pi):
    return turn * x @ b.T


def both(phases):
    return torch.cat((phases.sin(), phases.cos()), dim=-1)


FOURIER = {
    "sines alone": ("shape", lambda x, b: waves(x, b).sin()),
    "sine and its square": (
        "pairs",
        lambda x, b: torch.cat((waves(x, b).sin(), waves(x, b).sin() ** 2), -1),
    ),
    "each coordinate for itself": (
        "out-of-range",
        lambda x, b: (
            both(2 * math.pi * (x[:, None] * b)).sum(1).repeat(1, 2 * len(b))[:, : 2 * len(b)]
        ),
    ),
    "with the coordinates": ("shape", lambda x, b: torch.cat((x, both(waves(x, b))), -1)),
    "powers of two": (
        "raises",
        lambda x, b: both(waves(x, 2.0 ** torch.arange(len(b))[:, None].expand_as(b))),
    ),
    "the first coordinate": ("coordinate", lambda x, b: both(waves(x[:, :1], b[:, :1]))),
    "cosines without 2π": (
        "pairs",
        lambda x, b: torch.cat((waves(x, b).sin(), waves(x, b, 1).cos()), -1),
    ),
    "divided by the root of m": ("pairs", lambda x, b: both(waves(x, b)) / len(b) ** 0.5),
    "wraps the coordinates": ("coordinate", lambda x, b: both(waves(x % 1, b))),
    "absolute frequencies": ("coordinate", lambda x, b: both(waves(x, b.abs()))),
    "distance from the origin": (
        "coordinate",
        lambda x, b: both(2 * math.pi * x.norm(dim=-1, keepdim=True) * b.norm(dim=-1)),
    ),
    "half precision": ("rounded", lambda x, b: both(waves(x.bfloat16(), b.bfloat16()))),
    "rounded coordinates": ("coordinate", lambda x, b: both(waves(x.round(), b))),
    "coordinates turned round": ("coordinate", lambda x, b: both(waves(x.flip(-1), b))),
    "one frequency for all": ("coordinate", lambda x, b: both(waves(x, b[:1].expand_as(b)))),
    "from the middle": ("depends-on-others", lambda x, b: both(waves(x - x.mean(0), b))),
    "from minus one to one": ("origin", lambda x, b: both(waves(2 * x - 1, b))),
}


INVENTED = {
    "shaw_scores": SHAW,
    "t5_bucket": T5,
    "alibi_slopes": SLOPES,
    "alibi_bias": BIAS,
    "rotary": ROTARY,
    "to_pairs": PAIRS,
    "partial_rotary": PARTIAL,
    "unseen_pairs": UNSEEN,
    "interpolated": INTERPOLATED,
    "yarn_frequencies": YARN,
    "false_neighbour": FALSE,
    "left_padded_positions": LEFT,
    "packed_positions": PACKED,
    "cached_step": CACHED,
    "grid_positions": GRID,
    "resized_table": RESIZED,
    "fourier_features": FOURIER,
}
CASES = [
    pytest.param(checker, slug, program, id=f"{checker}-{label}")
    for checker, programs in INVENTED.items()
    for label, (slug, program) in programs.items()
]


@pytest.mark.parametrize(("checker", "slug", "program"), CASES)
def test_it_is_rejected_and_named(checker, slug, program, capsys):
    verdict = getattr(check, checker)(program)
    line = capsys.readouterr().out
    assert (verdict.passed, verdict.mistake) == (False, slug), line


def test_nearly_all_have_a_better_name_than_value():
    named = [case for case in CASES if case.values[1] not in UNNAMED]
    assert len(named) / len(CASES) > 0.85
