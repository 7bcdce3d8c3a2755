"""Encodings that turn queries and keys, so that the score depends on the difference."""

import math
from typing import Any

import torch
from torch import Tensor

from posenc.base import Dims, PositionalEncoding, register
from posenc.encodings.absolute import refuse_negative
from posenc.functional import (
    angles,
    check_above,
    check_real,
    inverse_frequencies,
    rotate_halves,
    rotate_pairs,
    scaled_frequencies,
    yarn_temperature,
)

LAYOUTS = {"interleaved": rotate_pairs, "halves": rotate_halves}


@register
class Rope(PositionalEncoding):
    """Turns each pair of channels of queries and keys by its speed times the position.

    Options: ``base``; ``layout`` "interleaved" or "halves"; ``partial``, the share of the
    channels that turn at all; ``keep``, p-RoPE's share of the *fastest* pairs that turn, the
    others staying still; ``scaling`` with ``factor`` and, where needed,
    ``original_max_len``, as in :func:`posenc.functional.scaled_frequencies`.

    Source: Su et al. 2021, arXiv 2104.09864; p-RoPE: Barbero et al. 2024, arXiv 2410.06205.

    >>> Rope(Dims(d_model=16, n_heads=2), partial=0.5).inv_freq()
    tensor([1.0000, 0.0100])
    """

    name, label = "rope", "RoPE"
    paper = "Su et al. 2021, arXiv 2104.09864"
    promises = frozenset({"relative", "cache", "real positions"})

    def __init__(
        self,
        dims: Dims,
        base: float = 10_000.0,
        layout: str = "interleaved",
        partial: float = 1.0,
        keep: float = 1.0,
        scaling: str | None = None,
        factor: float | None = None,
        original_max_len: int | None = None,
        low_freq_factor: float | None = None,
        high_freq_factor: float | None = None,
        beta_fast: float | None = None,
        beta_slow: float | None = None,
    ) -> None:
        super().__init__(dims)
        if layout not in LAYOUTS:
            raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}; got {layout!r}")
        told: dict[str, Any] = {
            "factor": factor,
            "original_max_len": original_max_len,
            "low_freq_factor": low_freq_factor,
            "high_freq_factor": high_freq_factor,
            "beta_fast": beta_fast,
            "beta_slow": beta_slow,
        }
        self.scaling = scaling
        self.scaled_by = {name: value for name, value in told.items() if value is not None}
        _check_scaling(scaling, self.scaled_by)
        self.base, self.layout, self.keep = base, layout, keep
        self.width = _turned_width(dims.d_head, partial)
        _check_share("keep", keep)
        self.inv_freq()  # refuses bad options at the door
        self.temperature = yarn_temperature(factor or 1.0) if scaling == "yarn" else 1.0

    def inv_freq(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return the speed of each pair, made from Python numbers: (m,)."""
        if self.scaling is None:
            speeds = inverse_frequencies(self.width, self.base, dtype=dtype)  # (m,)
        else:
            speeds = scaled_frequencies(
                self.width, self.base, method=self.scaling, dtype=dtype, **self.scaled_by
            )  # (m,)
        kept = int(self.keep * len(speeds))
        speeds[kept:] = 0.0
        return speeds

    def rotate(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> tuple[Tensor, Tensor]:
        """Return queries and keys, turned by their positions: the same shapes."""
        turned = LAYOUTS[self.layout]
        q_theta = self.angles(q_pos, q)  # (q, m) or (b, 1, q, m)
        k_theta = q_theta if k_pos is q_pos else self.angles(k_pos, k)  # (k, m) or …
        q, k = turned(q, q_theta), turned(k, k_theta)  # (b, h, q, dh), (b, h, k, dh)
        if self.temperature == 1.0:
            return q, k
        return self._warmed(q), self._warmed(k)

    def angles(self, pos: Tensor, x: Tensor) -> Tensor:
        """Return the angles: (n,) -> (n, m), (b, n) -> (b, 1, n, m), in x's precision or more."""
        work = torch.promote_types(x.dtype, torch.float32)
        theta = angles(pos, self.inv_freq(work).to(x.device))  # (n, m) or (b, n, m)
        return theta if pos.dim() == 1 else theta[:, None]  # (n, m) or (b, 1, n, m)

    def _warmed(self, x: Tensor) -> Tensor:
        """Multiply the turned channels by YaRN's temperature; the others stay."""
        return torch.cat((x[..., : self.width] * self.temperature, x[..., self.width :]), -1)


@register
class XPos(PositionalEncoding):
    """RoPE whose queries shrink and keys grow with the position: near keys are favoured.

    For causal models: a key behind the query would grow without bound. Positions below 0 and
    those whose scale the type cannot hold (float32: from about 33 000 on at the default
    ``scale_base``) are refused, but not in a compiled graph, which cannot look at values.

    Source: Sun et al. 2022, arXiv 2212.10554, section 3.

    >>> pos, q = torch.arange(3), torch.ones(1, 4, 3, 16)
    >>> XPos(Dims()).rotate(q, q, pos, pos)[0].shape
    torch.Size([1, 4, 3, 16])
    """

    name, label = "xpos", "xPos"
    paper = "Sun et al. 2022, arXiv 2212.10554"
    promises = frozenset({"relative", "cache", "real positions", "causal only"})

    def __init__(self, dims: Dims, base: float = 10_000.0, scale_base: float = 512.0) -> None:
        super().__init__(dims)
        inverse_frequencies(dims.d_head, base)  # refuses a bad width or base at the door
        check_above("scale_base", scale_base)
        self.base, self.scale_base = base, scale_base

    def rotate(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> tuple[Tensor, Tensor]:
        """Return queries turned and shrunk, keys turned and grown: the same shapes."""
        return self._turned(q, q_pos, +1), self._turned(k, k_pos, -1)

    def _turned(self, x: Tensor, pos: Tensor, sign: int) -> Tensor:
        refuse_negative(pos, "xPos needs positions of 0 or above, since it scales by them")
        work = torch.promote_types(x.dtype, torch.float32)
        width = self.dims.d_head
        self._refuse_far(pos, x.dtype)
        theta = angles(pos, inverse_frequencies(width, self.base, dtype=work, device=x.device))
        power = sign * pos.to(work)[..., None] / self.scale_base  # (..., n, 1)
        zeta = [math.log((i + 0.4 * width) / (1.4 * width)) for i in range(0, width, 2)]
        grown = torch.tensor(zeta, dtype=work, device=x.device)  # (m,)
        scale = (power * grown).exp().repeat_interleave(2, -1)  # (..., n, dh)
        if pos.dim() == 2:  # the axis of the heads
            theta, scale = theta[:, None], scale[:, None]  # (b, 1, n, m), (b, 1, n, dh)
        return (rotate_pairs(x.to(work), theta) * scale).to(x.dtype)  # (b, h, n, dh)

    def _refuse_far(self, pos: Tensor, dtype: torch.dtype) -> None:
        """Raise where the slowest pair's scale, (2/7)^(−p / scale_base), would be no number."""
        if torch.compiler.is_compiling() or not pos.numel():
            return
        room = math.log(torch.finfo(dtype).max) - math.log(1000)  # queries and keys have a size
        farthest = int(room / math.log(3.5) * self.scale_base)
        # uint16, uint32 and uint64 have no maximum of their own
        last = float((pos if pos.is_floating_point() else pos.long()).max())
        if last > farthest:
            raise ValueError(
                f"xPos scales by the position, and {dtype} holds its scale up to position "
                f"{farthest}; got {last:g}: count from the first token kept, or raise scale_base"
            )


# --- what is refused ------------------------------------------------------------------------


def _check_share(name: str, share: float) -> None:
    check_real(name, share)
    if not 0 < share <= 1:
        raise ValueError(f"{name} must be a share above 0 and up to 1; got {share}")


def _turned_width(d_head: int, partial: float) -> int:
    _check_share("partial", partial)
    width = d_head * partial
    if width != int(width) or int(width) % 2 or width == 0:
        raise ValueError(
            f"partial must leave an even number of channels to turn; {partial} of "
            f"d_head={d_head} is {width:g}"
        )
    return int(width)


def _check_scaling(scaling: str | None, told: dict[str, Any]) -> None:
    if scaling is None and told:
        raise ValueError(f"{sorted(told)} needs scaling='linear', 'ntk', 'yarn' or 'llama3'")
    if scaling is not None and "factor" not in told:
        raise ValueError(f"scaling={scaling!r} needs factor, how many times longer")
