"""Encodings that add a bias to the scores, made from how far apart two positions are."""

import math

import torch
from torch import Tensor, nn

from posenc.base import Dims, PositionalEncoding, register
from posenc.functional import alibi_slopes, check_integer, check_real, distance, t5_bucket


@register
class Shaw(PositionalEncoding):
    """A learned vector for each clipped distance, added to the key: q · (k + a) / √d_head.

    One table for all layers and heads; the vectors for values are left out. The vector acts
    on the key side only, hence through the bias.

    Source: Shaw et al. 2018, arXiv 1803.02155, equation 4.

    >>> Shaw(Dims(), clip=2).table.shape
    torch.Size([5, 16])
    """

    name, label = "shaw", "Shaw"
    paper = "Shaw et al. 2018, arXiv 1803.02155"
    promises = frozenset({"relative", "cache"})

    def __init__(self, dims: Dims, clip: int = 16) -> None:
        super().__init__(dims)
        check_integer("clip", clip)
        if clip < 1:
            raise ValueError(f"clip must be at least 1, the farthest distance told; got {clip}")
        self.clip = clip
        self.table = nn.Parameter(torch.randn(2 * clip + 1, dims.d_head))  # (2·clip + 1, dh)

    def bias(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> Tensor:
        """Return q · a of the clipped distance, over √d_head: (b, h, q, k)."""
        apart = distance(q_pos, k_pos)  # (q, k) or (b, 1, q, k)
        if apart.is_floating_point():
            raise TypeError(
                f"Shaw's table needs integer positions; got {apart.dtype}: use pos.long()"
            )
        row = apart.clamp(-self.clip, self.clip) + self.clip  # (q, k) or (b, 1, q, k)
        every = q @ self.table.to(q.dtype).T / math.sqrt(self.dims.d_head)  # (b, h, q, 2·clip + 1)
        shape = (*q.shape[:-1], k.shape[-2])  # (b, h, q, k)
        return every.gather(-1, row.expand(shape))  # (b, h, q, k)


@register
class T5(PositionalEncoding):
    """A learned number for each head and bucket of distances; far distances share buckets.

    One table for all layers, as in T5. ``causal=False`` gives each side half of the buckets.

    Source: Raffel et al. 2020, arXiv 1910.10683, section 2.1.

    >>> T5(Dims()).bias_by_distance(torch.arange(3)).shape
    torch.Size([4, 3])
    """

    name, label = "t5", "T5 bias"
    paper = "Raffel et al. 2020, arXiv 1910.10683"
    promises = frozenset({"relative", "cache", "real positions"})

    def __init__(
        self, dims: Dims, n_buckets: int = 32, max_distance: int = 128, causal: bool = False
    ) -> None:
        super().__init__(dims)
        t5_bucket(torch.zeros(1), n_buckets, max_distance, causal)  # refuses bad sizes here
        self.n_buckets, self.max_distance, self.causal = n_buckets, max_distance, causal
        self.table = nn.Parameter(torch.randn(n_buckets, dims.n_heads))  # (buckets, h)

    def bias_by_distance(self, distance: Tensor) -> Tensor:
        """Return the learned number of each distance's bucket: (m,) -> (h, m)."""
        bucket = t5_bucket(distance, self.n_buckets, self.max_distance, self.causal)  # (m,)
        return self.table[bucket].T  # (h, m)


@register
class ALiBi(PositionalEncoding):
    """A penalty that grows with the distance, at a fixed slope for each head.

    ``causal=False`` is the encoder's form −m · |distance|: it cannot tell left from right.
    ``causal=True`` is −m · distance, which favours keys that stand behind the query, unless
    a causal mask hides them; on the keys that it leaves the two agree.

    Source: Press et al. 2022, arXiv 2108.12409, section 3.

    >>> ALiBi(Dims()).bias_by_distance(torch.tensor([0, 4]))[0]
    tensor([-0., -1.])
    """

    name, label = "alibi", "ALiBi"
    paper = "Press et al. 2022, arXiv 2108.12409"
    promises = frozenset({"relative", "cache", "real positions"})

    def __init__(self, dims: Dims, causal: bool = False) -> None:
        super().__init__(dims)
        self.causal = causal

    def bias_by_distance(self, distance: Tensor) -> Tensor:
        """Return minus slope times distance: (m,) -> (h, m), float32 at least."""
        far = distance if self.causal else distance.abs()  # (m,)
        # made at each call: a buffer of slopes would be cast by .bfloat16()
        slopes = alibi_slopes(self.dims.n_heads, device=distance.device)  # (h,)
        return -slopes[:, None] * far  # (h, m)


@register
class FIRE(PositionalEncoding):
    """A small network of the distance divided by the query's position, on a log scale.

    The input stays within 0 … 1 at every length. For causal models; distances below 0 count
    as 0.

    Source: Li et al. 2023, arXiv 2310.04418.

    >>> fire, pos = FIRE(Dims()), torch.arange(3)
    >>> q = torch.zeros(1, 4, 3, 16)
    >>> fire.bias(q, q, pos, pos).shape
    torch.Size([4, 3, 3])
    """

    name, label = "fire", "FIRE"
    paper = "Li et al. 2023, arXiv 2310.04418"
    promises = frozenset({"cache", "real positions", "causal only"})

    def __init__(self, dims: Dims, hidden: int = 32, threshold: float = 16.0) -> None:
        super().__init__(dims)
        check_integer("hidden", hidden)
        check_real("threshold", threshold)
        if hidden < 1 or not 0 < threshold < math.inf:
            raise ValueError(
                f"hidden must be at least 1 and threshold finite and above 0; "
                f"got {hidden}, {threshold}"
            )
        self.mlp = nn.Sequential(nn.Linear(1, hidden), nn.ReLU(), nn.Linear(hidden, dims.n_heads))
        self.log_c = nn.Parameter(torch.zeros(()))  # c > 0 bends the logarithm
        self.threshold = nn.Parameter(torch.tensor(threshold))

    def bias(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> Tensor:
        """Return f(ψ(distance) / ψ(max(L, query's position))): (h, q, k) or (b, h, q, k)."""
        apart = distance(q_pos, k_pos).clamp(min=0).to(self.log_c.dtype)
        apart = apart[:, 0] if apart.dim() == 4 else apart  # (q, k) or (b, q, k)
        reach = torch.maximum(q_pos.to(apart.dtype), self.threshold.abs())[..., None]
        share = self._psi(apart) / self._psi(reach)  # (q, k) or (b, q, k)
        return self.mlp(share[..., None]).movedim(-1, -3)  # (h, q, k) or (b, h, q, k)

    def _psi(self, x: Tensor) -> Tensor:
        return torch.log1p(self.log_c.exp() * x)
