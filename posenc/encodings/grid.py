"""Encodings of positions on a grid: (..., n, 2), rows and columns.

Not registered: ENCODINGS holds those for texts, which every task and table can use.
"""

import torch
from torch import Tensor

from posenc.base import Dims, PositionalEncoding
from posenc.encodings.absolute import AddedCode
from posenc.functional import angles, inverse_frequencies, rotate_pairs, sinusoidal


class Sinusoidal2D(AddedCode):
    """A sinusoidal code of the row in the first half of the channels, of the column in the rest.

    Source: Carion et al. 2020, arXiv 2005.12872 (DETR), appendix A.4.

    >>> Sinusoidal2D(Dims(d_model=8)).code(torch.tensor([[0, 1]]), torch.float32)[0, 4:6]
    tensor([0.8415, 0.5403])
    """

    name, label = "sinusoidal_2d", "sinusoidal, rows and columns"
    paper = "Carion et al. 2020, arXiv 2005.12872"
    pos_dims = 2
    promises = frozenset({"cache", "real positions"})

    def __init__(self, dims: Dims, base: float = 10_000.0) -> None:
        super().__init__(dims)
        if dims.d_model % 4:
            raise ValueError(
                f"d_model must be a multiple of 4, half for rows and half for columns, each in "
                f"pairs; got {dims.d_model}"
            )
        inverse_frequencies(dims.d_model // 2, base)  # refuses a bad base at the door
        self.base = base

    def code(self, pos: Tensor, dtype: torch.dtype) -> Tensor:
        """Return the two codes side by side: (..., n, 2) -> (..., n, d)."""
        return sinusoidal(pos, self.dims.d_model // 2, self.base, dtype=dtype).flatten(-2)


class AxialRope(PositionalEncoding):
    """RoPE on a grid: the first half of the channels turns by the row, the rest by the column.

    A small base, because coordinates on a picture run to tens, not thousands.

    Source: Heo et al. 2024, arXiv 2403.13298 (RoPE-Axial).

    >>> grid = torch.tensor([[0, 0], [0, 1]])
    >>> q = torch.ones(1, 4, 2, 16)
    >>> AxialRope(Dims()).rotate(q, q, grid, grid)[0].shape
    torch.Size([1, 4, 2, 16])
    """

    name, label = "axial_rope", "axial RoPE"
    paper = "Heo et al. 2024, arXiv 2403.13298"
    pos_dims = 2
    promises = frozenset({"relative", "cache", "real positions"})

    def __init__(self, dims: Dims, base: float = 100.0) -> None:
        super().__init__(dims)
        if dims.d_head % 4:
            raise ValueError(
                f"d_head must be a multiple of 4, half for rows and half for columns, each in "
                f"pairs; got {dims.d_head}"
            )
        inverse_frequencies(dims.d_head // 2, base)  # refuses a bad base at the door
        self.base = base

    def rotate(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> tuple[Tensor, Tensor]:
        """Return queries and keys, turned by row and column: the same shapes."""
        return self._turned(q, q_pos), self._turned(k, k_pos)

    def _turned(self, x: Tensor, pos: Tensor) -> Tensor:
        work = torch.promote_types(x.dtype, torch.float32)
        speeds = inverse_frequencies(self.dims.d_head // 2, self.base, dtype=work, device=x.device)
        theta = torch.cat((angles(pos[..., 0], speeds), angles(pos[..., 1], speeds)), -1)
        return rotate_pairs(x, theta if pos.dim() == 2 else theta[:, None])  # (b, h, n, dh)
