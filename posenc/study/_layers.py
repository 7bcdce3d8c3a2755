"""Patterns of layers by name: which layers have a window, no rotation, or clamped distances."""

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from posenc.base import Dims, PositionalEncoding, build
from posenc.functional import distance
from posenc.model import Layer

WORD = re.compile(r"(NoPE)? ?(full|window (\d+)|clamp (\d+))?")


class Clamped(PositionalEncoding):
    """Another encoding, whose scores at all distances from ``limit`` on are those at ``limit``.

    It needs an encoding that rotates. What it adds to the scores is the difference between
    the clamped scores and those without positions.

    >>> Clamped(build("rope"), 16).limit
    16
    """

    def __init__(self, inner: PositionalEncoding, limit: int) -> None:
        super().__init__(inner.dims)
        self.inner, self.limit = inner, limit

    def bias(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> Tensor:
        """Return what makes the scores of q and k those at clamped distances: (b, h, q, k)."""
        near_q, near_k = self.inner.rotate(q, k, q_pos, k_pos)  # (b, h, q, dh), (b, h, k, dh)
        limit = torch.full_like(q_pos, self.limit)  # (q,) or (b, q)
        far_q, far_k = self.inner.rotate(q, k, limit, torch.zeros_like(k_pos))  # likewise
        apart = distance(q_pos, k_pos)  # (q, k) or (b, 1, q, k)
        near, far = near_q @ near_k.transpose(-2, -1), far_q @ far_k.transpose(-2, -1)
        scores = torch.where(apart < self.limit, near, far)  # (b, h, q, k)
        return (scores - q @ k.transpose(-2, -1)) / math.sqrt(self.dims.d_head)


def pattern_of(
    layers: tuple[str, ...],
    cls: type[PositionalEncoding],
    dims: Dims,
    options: Mapping[str, object],
) -> list[Layer]:
    """Return the layers that the names ask for.

    A name is "full", "window 8" or "clamp 32", with "NoPE" before it, or alone, for a layer
    that knows no positions. All layers share one encoding.

    Raises ``ValueError`` for another name.

    >>> from posenc.encodings import Rope
    >>> [layer.window for layer in pattern_of(("window 8", "NoPE"), Rope, Dims(), {})]
    [8, None]
    """
    own, none = cls(dims, **options), build("none", dims)
    return [_layer(name, own, none) for name in layers]


def _layer(name: str, own: PositionalEncoding, none: PositionalEncoding) -> Layer:
    found = WORD.fullmatch(name)
    if not name or not found:
        raise ValueError(
            f"a layer is named 'full', 'NoPE', 'window 8', 'NoPE window 8' or 'clamp 32'; "
            f"got {name!r}"
        )
    nope, _, window, limit = found.groups()
    if limit:
        return Layer(Clamped(none if nope else own, int(limit)))
    return Layer(none if nope else own, window=int(window) if window else None)
