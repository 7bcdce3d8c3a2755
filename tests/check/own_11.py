"""Encodings of learners for notebook 11: one thing is wrong with each, or it looks so."""

import math

import torch
from torch import nn

import posenc
from posenc.functional import distance as distances
from posenc.functional import sinusoidal

ALL = frozenset({"relative", "cache", "real positions"})


def own(promises=ALL, **hooks):
    """A class with these hooks."""
    parts = {"name": "own", "label": "own", "promises": promises, **hooks}
    return type("Own", (posenc.PositionalEncoding,), parts)


def by(hook, promises=ALL):
    return own(promises, bias_by_distance=hook)


def slopes(self, d):
    return -torch.arange(1.0, self.dims.n_heads + 1, device=d.device)[:, None]


def fade(self, d):
    return slopes(self, d) * d.abs().float().log1p()


def rows(self, row):
    return row.expand(self.dims.n_heads, -1)


def added(self, x, pos):
    return x + sinusoidal(pos, x.shape[-1], dtype=x.dtype).to(x.device)


def turned(x, pos, base=1e4, sign=1):
    width = x.shape[-1]
    w = base ** (-torch.arange(0, width, 2, device=x.device, dtype=x.dtype) / width)
    theta = sign * pos.to(x.dtype)[..., None] * w
    theta = theta[:, None] if theta.dim() == 3 else theta
    a, b = x[..., 0::2], x[..., 1::2]
    both = a * theta.cos() - b * theta.sin(), a * theta.sin() + b * theta.cos()
    return torch.stack(both, -1).flatten(-2)


def limited(limit):
    def hook(self, d):
        words = limit or self.dims.max_len
        if d.abs().max() >= words:
            raise ValueError(f"only {words} words")
        return fade(self, d)

    return hook


def initialised(build, **hooks):
    return own(frozenset({"cache"}), __init__=build, **hooks)


def set_up(part):
    """A constructor that calls super, then sets a part of the module."""

    def build(self, dims):
        posenc.PositionalEncoding.__init__(self, dims)
        part(self, dims)

    return build


def early(self, dims):
    self.slopes = nn.Parameter(torch.ones(dims.n_heads))
    posenc.PositionalEncoding.__init__(self, dims)


def without_dims(self, dims):
    posenc.PositionalEncoding.__init__(self)


def dynamic(self, q, k, q_pos, k_pos):
    base = 1e4 * max(1.0, float(k_pos.max()) / 32)
    return turned(q, q_pos, base), turned(k, k_pos, base)


def from_lengths(self, q, k, q_pos, k_pos):
    i = torch.arange(q.shape[2], dtype=q.dtype) + q_pos[..., :1]
    return -(i[..., :, None] - k_pos[..., None, : q.shape[2]]).abs()[..., None, :, :]


def with_kept_slopes(self, d):
    return -self.slopes[:, None] * d.abs()


def looped(self, d):
    heads = range(1, self.dims.n_heads + 1)
    return torch.tensor([[-h * abs(float(one)) for one in d] for h in heads], device=d.device)


def filled(self, d):
    out = torch.empty(self.dims.n_heads, len(d), device=d.device)
    for h in range(self.dims.n_heads):
        out[h] = -d.abs() * (h + 1)
        out[h][d < -3] = -9
    return out


def detour(self, d):
    far = torch.from_numpy(d.cpu().numpy()).abs()
    return slopes(self, d).double() * far.to(d.device)


def network(self, dims):
    self.net = nn.Sequential(nn.Linear(1, 8), nn.GELU(), nn.Linear(8, dims.n_heads))


def of_network(self, d):
    return self.net(d[:, None].to(self.net[0].weight.dtype)).T


def on_cpu(self, d):
    h = self.dims.n_heads
    left = (d < 0) & (torch.arange(h) % 2 == 0)[:, None]
    return fade(self, d).masked_fill(left, -9.0)


MISSPELT = own(bias_by_distances=fade)
FORGOT = own(bias_by_distance=fade, __init__=lambda self, dims: vars(self).update(dims=dims))
KEPT = set_up(lambda self, dims: setattr(self, "slopes", torch.arange(1.0, dims.n_heads + 1)))
BUFFER = set_up(
    lambda self, dims: self.register_buffer("slopes", torch.arange(1.0, dims.n_heads + 1))
)
TABLE = set_up(lambda self, dims: setattr(self, "table", nn.Embedding(128, dims.d_model)))
NARROW = set_up(lambda self, dims: setattr(self, "w", nn.Parameter(torch.ones(32))))

FORMS = [
    by(fade),
    by(looped),
    by(filled),
    by(detour),
    by(limited(None)),
    by(lambda self, d: rows(self, torch.zeros_like(d).float().masked_fill(d < 0, -math.inf))),
    by(lambda self, d: torch.stack([-d.abs() * (h + 1) for h in range(self.dims.n_heads)])),
    by(lambda self, d: torch.einsum("h,m->hm", slopes(self, d)[:, 0], d.abs().float())),
    by(lambda self, d: fade(self, d).double().T.contiguous().T),
    own(rotate=lambda self, q, k, q_pos, k_pos: [turned(q, q_pos), turned(k, k_pos)]),
    own(bias=lambda self, q, k, q_pos, k_pos: -distances(q_pos, k_pos).abs()),
    own(__init__=set_up(network), bias_by_distance=of_network),
    own(__init__=BUFFER, bias_by_distance=with_kept_slopes),
]
CPU = "on a GPU it would fail: "
EQUIVALENT = [
    (CPU + "it makes a tensor on the CPU; write device=distance.device", by(on_cpu)),
    (CPU + "it makes a tensor on the CPU", by(lambda s, d: slopes(s, d.cpu()) * d.abs())),
    (CPU + "slopes stays on the CPU; keep it with register_buffer",
        own(__init__=KEPT, bias_by_distance=with_kept_slopes)),
    (CPU + "NumPy reads the CPU only",
        by(lambda s, d: torch.from_numpy(-abs(d.numpy())).repeat(s.dims.n_heads, 1))),
    ("promises lacks 'relative'", by(fade, frozenset({"cache", "real positions"}))),
    ("nothing calls its method 'biases'", own(bias_by_distance=fade, biases=fade)),
]  # fmt: skip

# what the line says of each: (name, words, class)
TOLD = {
    "misspelt": ("misspelt-hook", "Rename it to 'bias_by_distance'", MISSPELT),
    "forward": ("misspelt-hook", "Rename it to 'embed'", own(forward=added)),
    "self forgotten": ("hook-form", "write def bias_by_distance(self, distance)",
        by(lambda d: -d.abs())),
    "positions not taken": ("hook-form", "embed takes (s, x). A model calls it with x, pos",
        own(embed=lambda s, x: x)),
    "another name": ("misspelt-hook", "embed, rotate, bias or bias_by_distance",
        own(encode=added)),
    "nothing": ("acts-on-nothing", "overrides none of embed, rotate", own()),
    "transposed": ("transposed", "(m, h) = (19, 4). Return", by(lambda s, d: fade(s, d).T)),
    "unknown promise": ("unknown-promise", "'extrapolates', which is not a known promise",
        by(fade, ["extrapolates"])),
    "text for a set": ("unknown-promise", "Write a set: promises = {'relative'}",
        by(fade, "relative")),
    "no super": ("no-super", "does not call super().__init__(dims)", FORGOT),
    "super late": ("no-super", "the first line", initialised(early, bias_by_distance=fade)),
    "super without dims": ("no-super", "Write super().__init__(dims)",
        initialised(without_dims, embed=added)),
    "no argument": ("constructor", "def __init__(self, dims)",
        initialised(lambda self: None, embed=added)),
    "an instance": ("not-an-encoding", "Hand over the class itself", by(fade)(posenc.Dims())),
    "by their number": ("depends-on-others", "no len(distance)",
        by(lambda s, d: fade(s, d) / len(d))),
    "by the farthest": ("depends-on-others", "no distance.max()",
        by(lambda s, d: fade(s, d) * (d.abs().max() > 50))),
    "by index": ("depends-on-others", "no arange",
        by(lambda s, d: slopes(s, d) * torch.arange(len(d)).flip(0))),
    "NaN far away": ("not-finite", "NaN at distance 21",
        by(lambda s, d: fade(s, d).masked_fill(d.abs() > 20, math.nan))),
    "one row": ("one-row", "one row for all heads", by(lambda s, d: -d.abs().float())),
    "four heads": ("heads", "4 rows for 2 heads. Make as many rows as self.dims.n_heads",
        by(lambda s, d: -torch.ones(4, 1) * d.abs().float())),
    "half the heads, twice": ("heads", "2 rows for 3 heads",
        by(lambda s, d: -d.abs().float().expand(s.dims.n_heads // 2 * 2, -1))),
    "None": ("none", "bias_by_distance returned None", by(lambda s, d: None)),
    "embed gives None": ("none", "embed returned None", own(embed=lambda s, x, pos: None)),
    "a hard-coded limit": ("limit", "At distance 16 it raised ValueError (only 16 words)",
        by(limited(16))),
    "a table of 128": ("limit", "IndexError", initialised(TABLE,
        embed=lambda s, x, pos: x + s.table(pos))),
    "width 32": ("one-size", "Take all sizes from self.dims", initialised(NARROW,
        embed=lambda s, x, pos: x + pos.to(x.dtype)[..., None] * s.w)),
    "in place": ("mutates-input", "Use distance.abs(), not abs_",
        by(lambda s, d: slopes(s, d) * d.abs_())),
    "turned in place": ("mutates-input", "rotate changes the q",
        own(rotate=lambda s, q, k, a, b: (q.mul_(2), k))),
    "a mask": ("dtype", "returned torch.bool", by(lambda s, d: rows(s, d > 0))),
    "a list": ("not-a-tensor", "torch.stack", by(lambda s, d: [d] * s.dims.n_heads)),
    "a square": ("bias-shape", "(4, 19, 19) for 19 distances",
        by(lambda s, d: (d[:, None] - d).expand(s.dims.n_heads, -1, -1))),
    "a number per head": ("one-number", "one number per head", by(lambda s, d: slopes(s, d))),
    "a constant": ("ignores-pos", "which no softmax sees",
        by(lambda s, d: slopes(s, d).expand(-1, len(d)))),
    "q alone": ("rotate-form", "rotate returned one tensor",
        own(rotate=lambda s, q, k, a, b: turned(q, a))),
    "the keys turn back": ("breaks-relative", "a shift of all positions by 1 changes q · k",
        own(rotate=lambda s, q, k, a, b: (turned(q, a), turned(k, b, sign=-1)))),
    "by blocks of 64": ("breaks-relative", "by 100 changes the bias",
        own(bias=lambda s, q, k, a, b: -distances(a, b).abs() * (1 + a.max() // 64))),
    "dynamic base": ("breaks-cache", "53 more tokens change the rotated q",
        own(frozenset({"cache"}), rotate=dynamic)),
    "divided by the length": ("breaks-cache", "2 more tokens change the bias",
        own(bias=lambda s, q, k, a, b: -distances(a, b).abs() / k.shape[2])),
    "a square text alone": ("breaks-cache", "one query with 7 keys",
        own(frozenset({"cache"}), bias=from_lengths)),
    "an index": ("breaks-real-positions", "half positions raise IndexError",
        by(lambda s, d: rows(s, torch.arange(99.0)[d.abs().clamp(max=50)]))),
    "rows for columns": ("pos-dims", "leave pos_dims at 1", own(pos_dims=2, embed=added)),
}  # fmt: skip
