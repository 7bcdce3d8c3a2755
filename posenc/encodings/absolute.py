"""Encodings that add a code for each position to the embeddings."""

import math

import torch
from torch import Tensor, nn

from posenc.base import Dims, PositionalEncoding, check_embeddings, check_positions, register
from posenc.functional import add_code, check_integer, check_real, inverse_frequencies, sinusoidal


@register
class NoPosition(PositionalEncoding):
    """No position at all: every door does nothing (NoPE).

    Source: Haviv et al. 2022, arXiv 2203.16634; Kazemnejad et al. 2023, arXiv 2305.19466.
    """

    name, label = "none", "none"
    paper = "Haviv et al. 2022, arXiv 2203.16634"
    promises = frozenset({"relative", "cache", "real positions"})


class AddedCode(PositionalEncoding):
    """An encoding that adds ``code(pos)`` to the embeddings."""

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return the codes: (n,) or (b, n) -> (..., n, d), in ``dtype``."""
        raise NotImplementedError(f"{type(self).__name__} must define code(pos, dtype)")

    def embed(self, x: Tensor, pos: Tensor) -> Tensor:
        """Return the embeddings plus the codes: (b, n, d), (n,) or (b, n) -> (b, n, d)."""
        self.check(x, pos)
        return add_code(x, self.code(pos, _working(x.dtype)))  # (b, n, d), rounded once


@register
class Integer(AddedCode):
    """The number p itself, added to every channel: LayerNorm erases it (notebook 02).

    >>> Integer(Dims(d_model=4)).embed(torch.zeros(1, 3, 4), torch.arange(3))[0, :, 0]
    tensor([0., 1., 2.])
    """

    name, label = "integer", "integer, every channel"
    promises = frozenset({"cache", "real positions"})

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return p in every channel: (..., n) -> (..., n, d)."""
        return pos.to(dtype)[..., None].expand(*pos.shape, self.dims.d_model)  # (..., n, d)


@register
class IntegerChannel(AddedCode):
    """The number p, added to channel 0 alone.

    >>> IntegerChannel(Dims(d_model=4)).embed(torch.zeros(1, 3, 4), torch.arange(3))[0, 2]
    tensor([2., 0., 0., 0.])
    """

    name, label = "integer_channel", "integer, one channel"
    promises = frozenset({"cache", "real positions"})

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return p in channel 0: (..., n) -> (..., n, d)."""
        return _first_channels(pos.to(dtype)[..., None], self.dims.d_model)  # (..., n, d)


@register
class Normalized(AddedCode):
    """p / L in channel 0, where L is one more than the largest position given.

    L comes from the text at hand, which is its fault: one more word changes every earlier
    code, so nothing can be cached. Positions below 0 are refused, but not in a compiled graph,
    which cannot look at values.

    >>> Normalized(Dims(d_model=4)).embed(torch.zeros(1, 4, 4), torch.arange(4))[0, :, 0]
    tensor([0.0000, 0.2500, 0.5000, 0.7500])
    """

    name, label = "normalized", "p / L"
    promises = frozenset({"real positions"})

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return p / L in channel 0: (..., n) -> (..., n, d)."""
        refuse_negative(pos, "p / L needs positions of 0 or above, since it divides by the largest")
        pos = pos.to(dtype)  # (..., n)
        length = pos.amax(dim=-1, keepdim=True) + 1 if pos.shape[-1] else 1  # (..., 1)
        return _first_channels((pos / length)[..., None], self.dims.d_model)  # (..., n, d)


@register
class OneHot(AddedCode):
    """A channel of its own for each position; there are only d_model of them.

    The one is √(d/2) high, so that the code is as long as a sinusoidal one. Positions without
    a channel are refused; a compiled graph, which cannot look at values, gives them zeros.

    >>> OneHot(Dims(d_model=8)).embed(torch.zeros(1, 2, 8), torch.arange(2))[0, 1]
    tensor([0., 2., 0., 0., 0., 0., 0., 0.])
    """

    name, label = "onehot", "one-hot"
    promises = frozenset({"cache"})

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return √(d/2) in channel p: (..., n) -> (..., n, d)."""
        width = self.dims.d_model
        check_rows(pos, min(width, self.dims.max_len), f"one-hot code of {width} channels")
        one = pos.long()[..., None] == torch.arange(width, device=pos.device)  # (..., n, d)
        return one.to(dtype) * math.sqrt(width / 2)  # (..., n, d)


@register
class Binary(AddedCode):
    """The binary digits of p, the fastest digit in channel 0.

    Up to 62 channels are used; with fewer than 62, positions repeat after 2^d_model.

    >>> Binary(Dims(d_model=4)).embed(torch.zeros(1, 7, 4), torch.arange(7))[0, 6]
    tensor([0., 1., 1., 0.])
    """

    name, label = "binary", "binary digits"
    promises = frozenset({"cache"})

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return bit i of p in channel i: (..., n) -> (..., n, d)."""
        check_whole(pos, "binary digits")
        bits = torch.arange(min(self.dims.d_model, 62), device=pos.device)  # (bits,)
        digits = (pos.long()[..., None] >> bits) & 1  # (..., n, bits)
        return _first_channels(digits.to(dtype), self.dims.d_model)  # (..., n, d)


@register
class RandomCodes(AddedCode):
    """Fixed random vectors, as long as a sinusoidal code on average: distinct, and no more.

    >>> RandomCodes(Dims(d_model=4)).embed(torch.zeros(1, 2, 4), torch.arange(2)).shape
    torch.Size([1, 2, 4])
    """

    name, label = "random", "random vectors"
    promises = frozenset({"cache"})

    def __init__(self, dims: Dims, seed: int = 0) -> None:
        super().__init__(dims)
        check_integer("seed", seed)
        generator = torch.Generator().manual_seed(seed)
        shape = (dims.max_len, dims.d_model)
        table = torch.randn(shape, generator=generator, device="cpu")  # (max_len, d)
        table = table.to(torch.get_default_device())  # as a parameter would be
        self.register_buffer("table", table * math.sqrt(0.5))
        self.table: Tensor

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return rows of the fixed table: (..., n) -> (..., n, d)."""
        check_rows(pos, len(self.table), "table of random vectors")
        return _rows(self.table, pos).to(dtype)  # (..., n, d)


@register
class Learned(AddedCode):
    """A trained vector for each position, up to ``max_len``, as in BERT and GPT-2.

    The rows begin as long as a sinusoidal code on average, because the model's embeddings
    begin as N(0, 1); GPT-2 begins both at ``std=0.02``. Positions that the table does not hold
    are refused; in a compiled graph by PyTorch's ``IndexError``.

    Source: Gehring et al. 2017, arXiv 1705.03122; Vaswani et al. 2017, table 3, row E.

    >>> Learned(Dims(d_model=4, max_len=8)).table.shape
    torch.Size([8, 4])
    """

    name, label = "learned", "learned table"
    paper = "Gehring et al. 2017, arXiv 1705.03122"
    promises = frozenset({"cache"})

    def __init__(self, dims: Dims, std: float = math.sqrt(0.5)) -> None:
        super().__init__(dims)
        check_real("std", std)
        if not 0 <= std < math.inf:
            raise ValueError(f"std must be a finite number, 0 or above; got {std}")
        self.table = nn.Parameter(torch.randn(dims.max_len, dims.d_model) * std)  # (max_len, d)

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return rows of the learned table: (..., n) -> (..., n, d)."""
        check_rows(pos, len(self.table), "learned table")
        return _rows(self.table, pos).to(dtype)  # (..., n, d)


@register
class Sinusoidal(AddedCode):
    """Sines and cosines of dim/2 speeds in equal ratios: the code of the 2017 paper.

    Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.5.

    >>> Sinusoidal(Dims(d_model=4)).embed(torch.zeros(1, 2, 4), torch.arange(2))[0, 1]
    tensor([0.8415, 0.5403, 0.0100, 0.9999])
    """

    name, label = "sinusoidal", "sinusoidal"
    paper = "Vaswani et al. 2017, arXiv 1706.03762"
    promises = frozenset({"cache", "real positions"})

    def __init__(self, dims: Dims, base: float = 10_000.0) -> None:
        super().__init__(dims)
        inverse_frequencies(dims.d_model, base)  # refuses a bad width or base at the door
        self.base = base

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return the sinusoidal codes: (..., n) -> (..., n, d)."""
        return sinusoidal(pos, self.dims.d_model, self.base, dtype=dtype)  # (..., n, d)


class SinusoidalPositionalEncoding(nn.Module):
    """The module of notebook 04: a drop-in for the class that the web copies, batch first.

    No table: no longest sequence, nothing in the checkpoint, nothing left on another device,
    and half precision is cast to last. Everything after the width is a keyword, because
    swapped arguments are one of the published mistakes.

    Shapes: ``(b, n, d_model) -> (b, n, d_model)``, the sum after dropout.

    Raises ``ValueError`` for an odd width, a dropout outside [0, 1], or a wrong shape.

    >>> module = SinusoidalPositionalEncoding(8)
    >>> module(torch.zeros(2, 5, 8)).shape, list(module.state_dict())
    (torch.Size([2, 5, 8]), [])
    """

    def __init__(self, d_model: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        inverse_frequencies(d_model)  # refuses an odd width at the door
        if not 0 <= dropout <= 1:  # nn.Dropout lets NaN pass
            raise ValueError(f"dropout must be a probability, from 0 to 1; got {dropout}")
        self.d_model = d_model
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, pos: Tensor | None = None) -> Tensor:
        """Return x plus its codes; positions 0 … n−1 unless ``pos``, (n,) or (b, n), is given."""
        check_embeddings(x, self.d_model)
        if pos is None:
            pos = torch.arange(x.shape[1], device=x.device)  # (n,)
        check_positions(pos, x.shape[0], x.shape[1], x.device)
        code = sinusoidal(pos, self.d_model, dtype=_working(x.dtype))  # (n, d) or (b, n, d)
        return self.dropout((x + code).to(x.dtype))  # (b, n, d)


# --- helpers ------------------------------------------------------------------------------


def check_whole(pos: Tensor, what: str) -> None:
    """Raise unless the positions are integers, which a table row or a digit must be."""
    if pos.is_floating_point():
        raise TypeError(f"the {what} needs integer positions; got {pos.dtype}: use pos.long()")


def check_rows(pos: Tensor, rows: int, what: str) -> None:
    """Raise unless every position is the number of a row."""
    check_whole(pos, what)
    # a compiled graph may not branch on values; there the bounds check of _rows is left
    if torch.compiler.is_compiling() or not pos.numel():
        return
    # uint16, uint32 and uint64 have no minimum of their own
    low, high = (int(end) for end in pos.long().aminmax())
    if low < 0 or high >= rows:
        raise ValueError(
            f"the {what} holds positions 0 to {rows - 1}; asked for {low if low < 0 else high}: "
            "build it with a larger max_len, or use an encoding without a table"
        )


def _rows(table: Tensor, pos: Tensor) -> Tensor:
    """Return rows of a table, (..., n, d); a position below 0 is an error, and not counted back."""
    return nn.functional.embedding(pos.long(), table)  # (..., n, d)


def refuse_negative(pos: Tensor, needs: str) -> None:
    """Raise for positions below 0, but in a compiled graph, which may not branch on values."""
    if torch.compiler.is_compiling() or not pos.numel():
        return
    if pos.is_floating_point() or pos.dtype.is_signed:
        low = pos.amin().item()
        if low < 0:
            raise ValueError(f"{needs}; got {low}: shift them all")


def _working(dtype: torch.dtype) -> torch.dtype:
    return torch.promote_types(dtype, torch.float32)


def _first_channels(values: Tensor, width: int) -> Tensor:
    return nn.functional.pad(values, (0, width - values.shape[-1]))  # (..., n, width)
