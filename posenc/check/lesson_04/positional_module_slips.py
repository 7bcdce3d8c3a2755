"""Wrong modules that people publish, as classes: ``cls(d_model, max_len=…)``.

What a module does is examined, not compared; the sentences stand here.
"""

import torch
from torch import Tensor, nn

from posenc.check.engine.slip import Slip
from posenc.check.lesson_04.sizes import Sizes, sentences
from posenc.functional import sinusoidal


class _Right(nn.Module):
    """What the others spoil in one place."""

    table: Tensor

    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        super().__init__()
        if d_model % 2:
            raise ValueError(f"d_model must be even; got {d_model}")
        table = sinusoidal(torch.arange(max_len), d_model)
        self.register_buffer("table", table, persistent=False)

    def rows(self, x: Tensor) -> Tensor:
        if x.shape[1] > len(self.table):
            raise ValueError(f"{x.shape[1]} tokens, but max_len={len(self.table)}")
        return self.table[: x.shape[1]]

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.rows(x)).to(x.dtype)

    def kept_as(self, kept: object) -> None:
        """Keep the table in another home than a buffer."""
        del self.table
        setattr(self, "table", kept)  # noqa: B010 - whatever it is


class _ByBatch(_Right):
    def forward(self, x: Tensor) -> Tensor:
        return (x + self.table[: len(x), None]).to(x.dtype)


class _WordsFirst(_Right):
    def forward(self, x: Tensor) -> Tensor:
        return (x + self.rows(x)[:, None]).to(x.dtype)


class _Uncut(_Right):
    def forward(self, x: Tensor) -> Tensor:
        return (x + self.table).to(x.dtype)


class _CodeAlone(_Right):
    def forward(self, x: Tensor) -> Tensor:
        return self.rows(x).expand_as(x).to(x.dtype)


class _Attribute(_Right):
    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        super().__init__(d_model, max_len)
        self.kept_as(self.table)


class _Trained(_Right):
    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        super().__init__(d_model, max_len)
        self.kept_as(nn.Parameter(self.table))


class _Frozen(_Right):
    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        super().__init__(d_model, max_len)
        self.kept_as(nn.Parameter(self.table, requires_grad=False))


class _Dropping(_Right):
    def __init__(self, d_model: int, dropout: float = 0.1, max_len: int = 5000) -> None:
        super().__init__(d_model, max_len)
        self.dropout = nn.Dropout(dropout)


class _Twice(_Dropping):
    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.dropout(super().forward(x)))


class _OnTheCode(_Dropping):
    def forward(self, x: Tensor) -> Tensor:
        return (x + self.dropout(self.rows(x))).to(x.dtype)


class _Always(_Dropping):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(x), self.dropout.p)


class _Swapped(_Right):
    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        super().__init__(max_len, d_model)


class _Crashes(_Right):
    def rows(self, x: Tensor) -> Tensor:
        return self.table[: x.shape[1]]


class _Wraps(_Right):
    def rows(self, x: Tensor) -> Tensor:
        return self.table[torch.arange(x.shape[1], device=x.device) % len(self.table)]


class _Odd(_Right):
    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        super().__init__(d_model + d_model % 2, max_len)


class _TimesRoot(_Right):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x * x.shape[-1] ** 0.5)


class _Gap(_Right):
    def rows(self, x: Tensor) -> Tensor:
        ids = torch.arange(x.shape[1], device=x.device)
        super().rows(x)
        return sinusoidal(ids + (ids >= 3), x.shape[2])


class _Rolled(_Right):
    def rows(self, x: Tensor) -> Tensor:
        return super().rows(x).roll(1, 0)


class _Widens(_Right):
    def forward(self, x: Tensor) -> Tensor:
        return x + self.rows(x)


class _HalfPositions(_Right):
    def forward(self, x: Tensor) -> Tensor:
        pos = torch.arange(x.shape[1], device=x.device).to(x.dtype)
        self.rows(x)
        return (x + sinusoidal(pos, x.shape[2])).to(x.dtype)


class _InPlace(_Right):
    def forward(self, x: Tensor) -> Tensor:
        x += self.rows(x)
        return x


SAYS = sentences(Sizes())  # in the notebook
SLIPS = (
    Slip("batch-axis", _ByBatch,
         "The table is cut by x.shape[0], the batch axis, so all tokens of a text share a vector. "
         "Cut it to x.shape[1] rows.",
         "cmu-l3/anlp-fall2025-code#1"),
    Slip("words-first", _WordsFirst,
         "The table has shape (n, 1, d), which is for tokens on axis 0. Here they are on axis 1: "
         "add (n, d).",
         "pytorch/tutorials#1547"),
    Slip("not-cut", _Uncut,
         SAYS["not-cut"]),
    Slip("code-alone", _CodeAlone,
         "The module returns the position vectors alone. Return x + vectors."),
    Slip("stays-behind", _Attribute,
         "After .to(device) something is still on the CPU: a plain attribute, or torch.arange "
         "without device=x.device. Use register_buffer.",
         "lyuwenyu/RT-DETR#677"),
    Slip("trains", _Trained,
         "The table would be trained. Make it a buffer, not a Parameter.",
         "henry9zhr/QANet-pytorch#3"),
    Slip("frozen", _Frozen,
         "The table is a Parameter without a gradient, which works; a buffer is meant for this.",
         fine=True),
    Slip("dropout-missing", _Dropping,
         "The module takes a dropout, and in training nothing is dropped. Apply it to the sum.",
         "jadore801120/attention-is-all-you-need-pytorch#69"),
    Slip("dropout-twice", _Twice,
         "Dropout is applied twice: with 0.5, three of four channels are zero, not two. Apply it "
         "once.",
         "datawhalechina/happy-llm#63"),
    Slip("dropout-off-the-sum", _OnTheCode,
         "Dropout is applied to one summand. Apply it to the sum: a dropped channel is 0."),
    Slip("dropout-in-eval", _Always,
         "Two calls in eval() differ, because dropout goes on. Use torch.nn.Dropout, which stops."),
    Slip("swapped-arguments", _Swapped,
         SAYS["swapped-arguments"],
         "sooftware/transformer#1"),
    Slip("length", _Crashes,
         SAYS["length"],
         "bentrevett/pytorch-seq2seq#32"),
    Slip("wraps", _Wraps,
         SAYS["wraps"]),
    Slip("odd-width", _Odd,
         SAYS["odd-width"],
         "codertimo/BERT-pytorch#78"),
    Slip("times-root-d", _TimesRoot,
         "x is multiplied by √d. That belongs to the embedding and its initialization; return "
         "x + vectors.",
         "OpenNMT/OpenNMT-py#1328"),
    Slip("gap", _Gap,
         "The positions have a gap. Count 0, 1, 2, … with torch.arange.",
         "graykode/nlp-tutorial#22"),
    Slip("rotated", _Rolled,
         "The positions are out of order. Count 0, 1, 2, … with torch.arange.",
         "graykode/nlp-tutorial#22"),
    Slip("dtype", _Widens,
         "bfloat16 goes in and another type comes out. Cast the sum back with .to(x.dtype)."),
    Slip("half-positions", _HalfPositions,
         "In bfloat16 the positions 256 and 257 share a vector. Compute positions and angles in "
         "float32, and cast last.",
         "EleutherAI/gpt-neox#1003"),
    Slip("mutates-input", _InPlace,
         "The caller's x has changed. Write x + vectors, not x += vectors."),
)  # fmt: skip
