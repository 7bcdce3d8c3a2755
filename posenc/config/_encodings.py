"""Two kinds of RoPE that configs speak of, with the frequencies given number by number."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from posenc.base import Dims
from posenc.encodings import GivenRope, MRope
from posenc.functional import mrope_angles


class LongRope(GivenRope):
    """RoPE with two lists of frequencies: one for short texts, and one for all that go beyond.

    As soon as one position of a call reaches ``original``, every position of it is rotated by
    ``beyond``. A cache keeps raw keys, so that those of earlier calls follow.

    Source: Ding et al. 2024, arXiv 2402.13753; ``modeling_rope_utils.py`` of ``transformers``
    5.23.0, where generation drops the cache at that length.

    >>> rope = LongRope(Dims(d_model=2, n_heads=1), [1.0], beyond=[0.0], original=8)
    >>> q, pos = torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([8])
    >>> rope.rotate(q, q, pos, pos)[0]
    tensor([[[[1., 0.]]]])
    """

    name, label = "long_rope", "LongRoPE"
    paper = "Ding et al. 2024, arXiv 2402.13753"

    def __init__(
        self,
        dims: Dims,
        inv_freq: Sequence[float],
        *,
        beyond: Sequence[float],
        original: int,
        **options: Any,
    ) -> None:
        super().__init__(dims, inv_freq, **options)
        self.far = GivenRope(dims, beyond, **options)
        self.original = original

    def rotate(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> tuple[Tensor, Tensor]:
        """Return queries and keys, rotated by the list that the longest position asks for."""
        far = torch.maximum(q_pos.max(), k_pos.max()) >= self.original  # ()
        short = super().rotate(q, k, q_pos, k_pos)
        long = self.far.rotate(q, k, q_pos, k_pos)
        return torch.where(far, long[0], short[0]), torch.where(far, long[1], short[1])


class GivenMRope(GivenRope):
    """M-RoPE, positions (..., n, 3), with given frequencies: ``sections`` pairs for each axis.

    Source: Wang et al. 2024, arXiv 2409.12191 (Qwen2-VL), section 2.1.

    >>> rope = GivenMRope(Dims(d_model=8, n_heads=1), [1.0, 0.1, 0.01, 0.001], sections=(1, 1, 2))
    >>> rope.angles(torch.tensor([[5, 6, 8]]), torch.ones(1))
    tensor([[5.0000, 0.6000, 0.0800, 0.0080]])
    """

    name, label = "given_mrope", "M-RoPE with given frequencies"
    paper = "Wang et al. 2024, arXiv 2409.12191"
    pos_dims = 3

    def __init__(
        self,
        dims: Dims,
        inv_freq: Sequence[float],
        *,
        sections: Sequence[int],
        interleaved: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(dims, inv_freq, **{"layout": "halves", **options})
        self.sections, self.interleaved = tuple(sections), interleaved
        speeds = self.inv_freq()  # (m,)
        mrope_angles(speeds.new_zeros(1, 3), speeds, self.sections, interleaved=interleaved)

    angles = MRope.angles
