"""More modules of notebook 04: right in other forms, and wrong ones that were invented."""

import numpy as np
import torch
import torch.nn.functional as F
from modules_04 import Right, WithoutATable, pos_of, spoilt
from torch import nn

from posenc.functional import sinusoidal

# --- right in another form --------------------------------------------------------------------


def frequencies(d, base=10_000.0):
    return base ** -(torch.arange(0, d, 2) / d)


def pairs(angles):
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(-2)


def on(x, freq):
    """The angles of all tokens of x, on its device."""
    return pos_of(x)[:, None] * freq.to(x.device)


def without(rows):
    """A module without a table: `rows(self, x)` makes the vectors."""

    def forward(self, x):
        if x.shape[1] > self.max_len:
            raise ValueError("too long")
        return (x + rows(self, x)).to(x.dtype)

    def __init__(self, d_model, max_len=5000):
        WithoutATable.__init__(self, d_model)
        self.max_len = max_len

    return type("MyEncoding", (WithoutATable,), {"__init__": __init__, "forward": forward})


def vectors(self, x):
    return sinusoidal(pos_of(x), self.d_model)


def turned(self, x):
    z = torch.polar(torch.ones(1, device=x.device), on(x, frequencies(self.d_model)))
    return torch.view_as_real(z).flip(-1).flatten(-2)


class InPlace(Right):
    """Fills its buffer channel by channel."""

    def make(self, n, d):
        table, angles = torch.zeros(n, d), torch.arange(n)[:, None].double() * frequencies(d)
        table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
        return table


class InNumpy(Right):
    def make(self, n, d):
        angles = np.arange(n)[:, None] / 10_000 ** (np.arange(d) // 2 * 2 / d)
        return torch.from_numpy(np.where(np.arange(d) % 2, np.cos(angles), np.sin(angles)))


class FrozenEmbedding(Right):
    def keep(self, table):
        self.table = nn.Embedding.from_pretrained(table)

    def rows(self, x):
        if x.shape[1] > self.table.num_embeddings:
            raise ValueError("too long")
        return self.table(pos_of(x))


FORMS = [
    without(vectors),
    without(turned),
    without(lambda self, x: pairs(on(x, frequencies(self.d_model)))),
    without(lambda self, x: sinusoidal(pos_of(x), self.d_model, dtype=torch.float64)),
    InPlace,
    InNumpy,
]


# --- wrong, and invented or found in public programs ------------------------------------------


class Returning(Right):
    """Returns the error."""

    def forward(self, x):
        return ValueError("too long") if x.shape[1] > len(self.table) else super().forward(x)


def flattened(self, x):
    ids = torch.arange(x.shape[0] * x.shape[1], device=x.device)
    return sinusoidal(ids, self.d_model).view_as(x)


class FrequencyBuffer(WithoutATable):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model)
        self.register_buffer("freq", frequencies(d_model), persistent=False)
        self.max_len = max_len

    def forward(self, x):
        if x.shape[1] > self.max_len:
            raise ValueError("too long")
        return (x + pairs(on(x, self.freq.float()))).to(x.dtype)


def padded(self, x):
    found = vectors(self, x)
    found[3] = 0
    return found


class LargeBase(WithoutATable):
    def forward(self, x):
        angles = on(x, frequencies(self.d_model, 1e5))
        return (x + torch.stack((angles.cos(), angles.sin()), -1).flatten(-2)).to(x.dtype)


class LargeBaseInPlace(LargeBase):
    def forward(self, x):
        x += super().forward(torch.zeros_like(x))
        return x


class FirstCall(WithoutATable):
    """Keeps the vectors of its first call."""

    def forward(self, x):
        if "kept" not in vars(self):
            self.kept = vectors(self, x)
        return (x + self.kept).to(x.dtype)


def held(length):
    """A module that holds another length against max_len."""

    def forward(self, x):
        if length(x) > len(self.table):
            raise ValueError("too long")
        return (x + vectors(self, x)).to(x.dtype)

    def __init__(self, d_model, max_len=5000):
        Right.__init__(self, d_model, max_len)
        self.d_model = d_model

    return type("MyEncoding", (Right,), {"__init__": __init__, "forward": forward})


class NoSuper(nn.Module):
    def __init__(self, d_model, max_len=5000):
        self.table = nn.Parameter(torch.zeros(max_len, d_model))


class MultiplesOfFour(Right):
    def require_even(self, d_model):
        if d_model % 4:
            raise ValueError("a multiple of 4")


def answers(found):
    """A module whose forward returns something else."""
    return spoilt(forward=lambda self, x: found(self, x))


INVENTED = {
    "10^-i": ("one-width",
        without(lambda self, x: pairs(on(x, 10.0 ** -torch.arange(self.d_model // 2))))),
    "at width 8 only": ("one-width",
        without(lambda self, x: vectors(self, x) * (self.d_model == 8))),
    "the width of all heads": ("one-width",
        without(lambda self, x: pairs(on(x, frequencies(self.d_model) ** (self.d_model / 8))))),
    "returns the error": ("length", Returning),
    "bfloat16 vectors": ("rounded", without(lambda self, x: vectors(self, x).bfloat16())),
    "three digits": ("rounded",
        without(lambda self, x: (vectors(self, x) * 1000).round() / 1000)),
    "base 100 000, cosine first": ("other-base", LargeBase),
    "base 100 000, in place": ("mutates-input", LargeBaseInPlace),
    "one long text": ("goes-on", without(flattened)),
    "frequencies as a buffer": ("rounded-frequencies", FrequencyBuffer),
    "padding_idx": ("zero-row", without(padded)),
    "width 512": ("width-fixed", without(lambda self, x: sinusoidal(pos_of(x), 512))),
    "not at zeros": ("skips-zeros",
        without(lambda self, x: vectors(self, x) * (x != 0).any(-1, keepdim=True))),
    "nothing added": ("adds-nothing", spoilt(forward=lambda self, x: x.clone())),
    "a norm": ("not-a-sum",
        spoilt(forward=lambda self, x: F.layer_norm(Right.forward(self, x), x.shape[-1:]))),
    "first call": ("remembers", FirstCall),
    "counts texts": ("counts-texts", held(len)),
    "counts all tokens": ("counts-texts", held(lambda x: x.shape[0] * x.shape[1])),
    "one too many": ("one-too-many", held(lambda x: x.shape[1] - 1)),
    "positions in int8": ("reach",
        without(lambda self, x: sinusoidal(pos_of(x).to(torch.int8).long(), self.d_model))),
    "positions in float16": ("reach",
        without(lambda self, x: sinusoidal(pos_of(x).half().double(), self.d_model))),
    "max_len as base": ("other-base",
        without(lambda self, x: sinusoidal(pos_of(x), self.d_model, float(self.max_len)))),
    "no super": ("no-super-init", NoSuper),
    "multiples of four": ("even-width", MultiplesOfFour),
    "None": ("not-a-tensor", answers(lambda self, x: None)),
    "a tuple": ("not-a-tensor", answers(lambda self, x: (Right.forward(self, x), None))),
}  # fmt: skip
SAID = [
    ("not with 12: position 1, channel 2", INVENTED["10^-i"][1]),
    ("With d_model=12 nothing is added", INVENTED["at width 8 only"][1]),
    ("forward returned ValueError('too long'). Write raise", Returning),
    ("rounded to bfloat16", INVENTED["bfloat16 vectors"][1]),
    ("The base is 100 000. Use 10 000.", LargeBase),
    ("Write x + vectors, not x += vectors", LargeBaseInPlace),
    ("texts are counted as one long text", INVENTED["one long text"][1]),
    ("the buffer 'freq' of frequencies is rounded", FrequencyBuffer),
    ("padding_idx=3", INVENTED["padding_idx"][1]),
    ("width 512 where d_model=8", INVENTED["width 512"][1]),
    ("Position 128 gets that of position -128", INVENTED["positions in int8"][1]),
    ("forward returned None. Did you print", INVENTED["None"][1]),
]
