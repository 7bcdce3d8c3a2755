"""RoPE as models of today set it: frequencies number by number, positions with three axes.

Not registered: ENCODINGS holds the schemes, and these are RoPE with other settings.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from posenc.base import Dims, PositionalEncoding
from posenc.encodings.rotary import LAYOUTS, Rope
from posenc.functional import check_above, check_real, mrope_angles


class GivenRope(Rope):
    """RoPE with a frequency per pair given as a number: for scalings that Rope has no name for.

    ``inv_freq`` in radians per position, fastest or slowest first, as a model has them; pairs
    with 0 do not rotate. ``layout`` as in Rope. ``temperature`` multiplies rotated channels of
    queries and of keys, as a config's ``attention_factor`` does. ``last``: the last channels
    of a head rotate rather than the first, as in DeepSeek-V4.

    Raises ``ValueError`` for frequencies that do not fit a head or are not finite, an unknown
    layout, or a temperature that is not above 0; ``TypeError`` for what is no number.

    Source: Su et al. 2021, arXiv 2104.09864; temperature: Peng et al. 2023, arXiv 2309.00071.

    >>> GivenRope(Dims(d_model=16, n_heads=2), [1.0, 0.25]).inv_freq()
    tensor([1.0000, 0.2500])
    """

    name, label = "given_rope", "RoPE with given frequencies"

    def __init__(
        self,
        dims: Dims,
        inv_freq: Sequence[float],
        layout: str = "interleaved",
        temperature: float = 1.0,
        last: bool = False,
    ) -> None:
        PositionalEncoding.__init__(self, dims)  # none of the options from which Rope makes them
        if layout not in LAYOUTS:
            raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}; got {layout!r}")
        check_above("temperature", temperature)
        self.frequencies = _checked(inv_freq, dims.d_head)
        self.width = 2 * len(self.frequencies)
        self.layout, self.temperature, self.last = layout, float(temperature), last

    def inv_freq(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return the frequency of each pair, made from Python numbers: (m,)."""
        return torch.tensor(self.frequencies, dtype=dtype)  # (m,)

    def rotate(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> tuple[Tensor, Tensor]:
        """Return queries and keys, rotated by their positions: the same shapes."""
        if not self.last:
            return super().rotate(q, k, q_pos, k_pos)
        q, k = super().rotate(q.roll(self.width, -1), k.roll(self.width, -1), q_pos, k_pos)
        return q.roll(-self.width, -1), k.roll(-self.width, -1)


def _checked(inv_freq: Sequence[float], d_head: int) -> tuple[float, ...]:
    """Return the frequencies as Python numbers, or raise unless they fit a head."""
    numbers = tuple(inv_freq)
    for number in numbers:
        check_real("each frequency", number)
        if not 0 <= number < math.inf:
            raise ValueError(f"each frequency must be a finite number, 0 or above; got {number}")
    if not 0 < 2 * len(numbers) <= d_head:
        raise ValueError(
            f"inv_freq must have one number per pair, 1 to {d_head // 2} for d_head={d_head}; "
            f"got {len(numbers)}"
        )
    return tuple(map(float, numbers))


class MRope(Rope):
    """RoPE on positions with three axes, (..., n, 3): time, height and width of an image token.

    ``sections`` says how many pairs follow each axis; a text token has the same position on
    all three. In blocks, or ``interleaved``, as :func:`posenc.functional.mrope_angles` deals
    them out. The other options are those of Rope, with ``layout`` "halves" as in these models.

    Raises what Rope raises, and ``ValueError`` for sections that do not fit three axes or the
    pairs that rotate.

    Source: Wang et al. 2024, arXiv 2409.12191 (Qwen2-VL), section 2.1.

    >>> pos = torch.tensor([[0, 0, 0], [1, 1, 1], [1, 1, 2]])
    >>> rope, q = MRope(Dims(d_model=32, n_heads=2), (2, 3, 3)), torch.ones(1, 2, 3, 16)
    >>> rope.rotate(q, q, pos, pos)[0].shape
    torch.Size([1, 2, 3, 16])
    """

    name, label = "mrope", "M-RoPE"
    paper = "Wang et al. 2024, arXiv 2409.12191"
    pos_dims = 3

    def __init__(
        self,
        dims: Dims,
        sections: Sequence[int],
        interleaved: bool = False,
        layout: str = "halves",
        **options: Any,
    ) -> None:
        super().__init__(dims, layout=layout, **options)
        self.sections, self.interleaved = tuple(sections), interleaved
        speeds = self.inv_freq()  # (m,)
        mrope_angles(speeds.new_zeros(1, 3), speeds, self.sections, interleaved=interleaved)

    def angles(self, pos: Tensor, x: Tensor) -> Tensor:
        """Return the angles: (n, 3) -> (n, m), (b, n, 3) -> (b, 1, n, m), as Rope does."""
        speeds = self.inv_freq(torch.promote_types(x.dtype, torch.float32)).to(x.device)  # (m,)
        theta = mrope_angles(pos, speeds, self.sections, interleaved=self.interleaved)
        return theta if pos.dim() == 2 else theta[:, None]  # (n, m) or (b, 1, n, m)
