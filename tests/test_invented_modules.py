"""Wrong modules that nobody published: all are rejected, each named by a slip or a property."""

import pytest
import torch
from torch import nn

from posenc import check, functional
from posenc.check.lesson_04.positional_module_slips import _Dropping, _Right


class SwappedNames(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()


class DropoutAsLength(_Right):
    def __init__(self, d_model, max_len=5000, dropout=0.1):
        super().__init__(d_model, max_len)
        self.dropout = nn.Dropout(max_len)


class Learned(_Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.kept_as(nn.Embedding(max_len, d_model).weight)


class Doubled(_Right):
    def forward(self, x):
        return super().forward(x) + self.rows(x)


class SmallCode(_Right):
    def rows(self, x):
        return super().rows(x) / 8


class Halved(_Right):
    def forward(self, x):
        return super().forward(x / 2)


class BothScaled(_Right):
    def forward(self, x):
        return super().forward(x) * 8**0.5


class FromTheEnd(_Right):
    def rows(self, x):
        return super().rows(x).flip(0)


class LastRows(_Right):
    def rows(self, x):
        return functional.sinusoidal(torch.arange(100, 100 + x.shape[1]), x.shape[2])


class OneRow(_Right):
    def rows(self, x):
        return super().rows(x)[:1]


class EveryOther(_Right):
    def rows(self, x):
        super().rows(x)
        return functional.sinusoidal(2 * torch.arange(x.shape[1], device=x.device), x.shape[2])


class Counting(_Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.seen = 0

    def rows(self, x):
        self.seen += 1
        return super().rows(x) + (self.seen > 3)


class Detached(_Right):
    def forward(self, x):
        return super().forward(x.detach())


class NoGrad(_Right):
    @torch.no_grad()
    def forward(self, x):
        return super().forward(x)


class Multiplies(_Right):
    def forward(self, x):
        return (x * self.rows(x)).to(x.dtype)


class Noisy(_Right):
    def forward(self, x):
        return super().forward(x) + torch.randn_like(x)


class Concatenates(_Right):
    def forward(self, x):
        return torch.cat((x, self.rows(x).expand_as(x)), dim=-1).to(x.dtype)


class Cuts(_Right):
    def forward(self, x):
        return super().forward(x[:, : len(self.table)])


class Clamps(_Right):
    def rows(self, x):
        pos = torch.arange(x.shape[1], device=x.device)
        return self.table[pos.clamp(max=len(self.table) - 1)]


class DropsWords(_Dropping):
    def forward(self, x):
        return nn.functional.dropout1d(super().forward(x), self.dropout.p, self.training)


class DropsWithoutScale(_Dropping):
    def forward(self, x):
        out = super().forward(x)
        return out * (torch.rand_like(x) > self.dropout.p) if self.training else out


class DropsX(_Dropping):
    def forward(self, x):
        return super().forward(self.dropout(x))


class Transposed(_Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.table = self.table.T


class SlowestFirst(_Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.table = self.table.unflatten(1, (-1, 2)).flip(1).flatten(1)


class TableInHalf(_Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.table = functional.sinusoidal(torch.arange(max_len).bfloat16(), d_model)


class OnlyForOne(_Right):
    def forward(self, x):
        return (x[0] + self.rows(x)).to(x.dtype)


class OnlyFours(_Right):
    def forward(self, x):
        assert x.shape[2] % 4 == 0
        return super().forward(x)


class Unhelpful(_Right):
    def __init__(self, d_model, max_len=5000):
        assert d_model % 2 == 0
        super().__init__(d_model, max_len)


INVENTED = {
    SwappedNames: "swapped-arguments",
    DropoutAsLength: "swapped-arguments",
    Learned: "trains",
    Doubled: "scaled-code",
    SmallCode: "scaled-code",
    Halved: "scales-words",
    BothScaled: "scaled-code",
    FromTheEnd: "rotated",
    LastRows: "offset",
    OneRow: "one-code",
    EveryOther: "gap",
    Counting: "remembers",
    Detached: "cuts-gradient",
    NoGrad: "cuts-gradient",
    Multiplies: "one-code",
    Noisy: "remembers",
    Concatenates: "shape",
    Cuts: "shape",
    Clamps: "wraps",
    DropsWords: "drops-words",
    DropsWithoutScale: "dropout-unscaled",
    DropsX: "dropout-off-the-sum",
    Transposed: "swapped-arguments",
    SlowestFirst: "slowest-first",
    TableInHalf: "half-positions",
    OnlyForOne: "shape",
    Unhelpful: "odd-width",
    OnlyFours: "raises",
}


@pytest.mark.parametrize("answer", INVENTED, ids=[cls.__name__ for cls in INVENTED])
def test_it_is_rejected_and_named(answer, capsys):
    verdict = check.positional_module(answer)
    line = capsys.readouterr().out
    assert (verdict.passed, verdict.mistake) == (False, INVENTED[answer]), line


class WithoutATable(nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        if d_model % 2:
            raise ValueError("even")
        self.d_model = d_model

    def forward(self, x):
        pos = torch.arange(x.shape[1], device=x.device)
        return (x + functional.sinusoidal(pos, self.d_model)).to(x.dtype)


class Batched(_Right):
    def __init__(self, d_model, max_len=5000):
        super().__init__(d_model, max_len)
        self.table = self.table[None]

    def forward(self, x):
        if x.size(1) > self.table.size(1):
            raise ValueError("too long")
        return (x + self.table[:, : x.size(1)]).to(x.dtype)


class Drops(_Dropping):
    def forward(self, x):
        return self.dropout(super().forward(x))


class KeywordDrop(WithoutATable):
    def __init__(self, d_model, max_len=5000, *, p_drop=0.2):
        super().__init__(d_model, max_len)
        self.drop = nn.Dropout(p_drop)

    def forward(self, x):
        return self.drop(super().forward(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("answer", [_Right, WithoutATable, Batched, Drops, KeywordDrop])
def test_right_forms_pass_plainly(answer, dtype, capsys):
    torch.set_default_dtype(dtype)
    try:
        verdict = check.positional_module(answer)
    finally:
        torch.set_default_dtype(torch.float32)
    assert (verdict.passed, verdict.equivalent) == (True, False), capsys.readouterr().out
