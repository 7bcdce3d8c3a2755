"""Modules of notebook 04: `Right`, and what spoils it in one place."""

import torch
from torch import nn

from posenc.functional import sinusoidal


class Right(nn.Module):
    persistent = False

    def __init__(self, d_model, max_len=5000):
        super().__init__()
        self.require_even(d_model)
        self.keep(self.make(max_len, d_model))

    def require_even(self, d_model):
        if d_model % 2:
            raise ValueError(f"d_model must be even; got {d_model}")

    def make(self, n, d):
        return sinusoidal(torch.arange(n), d)

    def keep(self, table):
        self.register_buffer("table", table, persistent=self.persistent)

    def rows(self, x):
        if x.shape[1] > len(self.table):
            raise ValueError(f"{x.shape[1]} words, but the table holds {len(self.table)}")
        return self.table[: x.shape[1]]

    def forward(self, x):
        return (x + self.rows(x)).to(x.dtype)


class Dropping(Right):
    def __init__(self, d_model, dropout=0.1, max_len=5000):
        super().__init__(d_model, max_len)
        self.dropout = nn.Dropout(dropout)


def spoilt(base=Right, **changed):
    return type("Spoilt", (base,), changed)


def pos_of(x):
    return torch.arange(x.shape[1], device=x.device)


def ends_at_base(self, n, d):
    angles = torch.arange(n)[:, None] * 10_000 ** -torch.linspace(0, 1, d // 2)
    return torch.cat((angles.sin(), angles.cos()), dim=-1)


class WithoutATable(nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        Right.require_even(self, d_model)
        self.d_model = d_model

    def forward(self, x):
        return (x + sinusoidal(pos_of(x), self.d_model)).to(x.dtype)


class KeywordDrop(WithoutATable):
    def __init__(self, d_model, max_len=5000, *, p_drop=0.2):
        super().__init__(d_model, max_len)
        self.drop = nn.Dropout(p_drop)

    def forward(self, x):
        return self.drop(super().forward(x))


class Batched(Right):
    def make(self, n, d):
        return super().make(n, d)[None]

    def forward(self, x):
        if x.size(1) > self.table.size(1):
            raise ValueError("too long")
        return (x + self.table[:, : x.size(1)]).to(x.dtype)


class Refuses(Right):
    def too_many(self, x):
        return x.shape[0] < len(self.table)

    def forward(self, x):
        if self.too_many(x):
            raise ValueError("too many words")
        return super().forward(x)


class RefusesTheLast(Refuses):
    def too_many(self, x):
        return x.shape[1] >= len(self.table)


class SwappedNames(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()


class DropoutAsLength(Right):
    def __init__(self, d_model, max_len=5000, dropout=0.1):
        super().__init__(d_model, max_len)
        self.dropout = nn.Dropout(max_len)


class Counting(Right):
    seen = 0

    def rows(self, x):
        self.seen += 1
        return super().rows(x) + (self.seen > 3)


class DropsWithoutScale(Dropping):
    def forward(self, x):
        out = super().forward(x)
        return out * (torch.rand_like(x) > self.dropout.p) if self.training else out


class OnlyFours(Right):
    def forward(self, x):
        assert x.shape[2] % 4 == 0
        return super().forward(x)


class Unhelpful(Right):
    def require_even(self, d_model):
        assert d_model % 2 == 0


class ForwardUnwritten(nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()

    def forward(self, x):
        raise NotImplementedError


class Unwritten(ForwardUnwritten):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model)
        raise NotImplementedError
