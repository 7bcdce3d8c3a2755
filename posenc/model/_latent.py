"""Latent attention (MLA): a cache that keeps one latent vector per token for all heads."""

import torch
from torch import Tensor, nn

from posenc.base import Dims, PositionalEncoding
from posenc.model._attention import Attention
from posenc.model._cache import Cache
from posenc.model._pattern import Layer

EPS = 1e-6  # of the norms of latent vectors, as in DeepSeek-V2 and V3


class LatentAttention(Attention):
    """Attention whose keys and values are made from a latent vector of each token.

    Keys are unrotated channels from the latent and rotated ones that all heads share
    (decoupled RoPE), so that a cache keeps ``rank + rotated`` numbers per token.

    With ``absorbed = True`` the projections of keys and values act on queries and on what is
    mixed: no key is made for any head, which is for decoding with a cache. The numbers are
    the same to rounding. The weights are then made also where ``fused`` is set.

    Source: DeepSeek-AI 2024, arXiv 2405.04434 (DeepSeek-V2), section 2.1 and appendix C;
    names and norms as in ``modeling_deepseek_v3.py`` of ``transformers`` 5.23.0.

    >>> import posenc
    >>> dims = Dims(d_model=64, n_heads=4)
    >>> rope = posenc.build("rope", dims, partial=0.25)
    >>> attention = LatentAttention(dims, Layer(rope, latent=Latent(rank=8, rotated=4)))
    >>> x, pos = torch.randn(1, 3, 64), torch.arange(3)
    >>> plain, _ = attention(x, rope, pos, None)
    >>> attention.absorbed = True
    >>> torch.allclose(attention(x, rope, pos, None)[0], plain, atol=1e-5)
    True
    """

    def __init__(self, dims: Dims, layer: Layer) -> None:
        super().__init__(dims, layer)
        self.absorbed = False

    def _make(self, width: int) -> None:
        latent, heads = self.layer.latent, self.dims.n_heads
        if latent is None:
            raise ValueError("LatentAttention needs a layer with a latent: use Attention")
        self.latent = latent
        self.plain = self.dims.d_head - latent.rotated  # channels of a head that do not rotate
        values = latent.value_width or self.plain
        self.q_down, self.q_norm = None, None
        if latent.query_rank is not None:
            self.q_down = nn.Linear(width, latent.query_rank, bias=False)
            self.q_norm = nn.RMSNorm(latent.query_rank, eps=EPS)
        self.q_up = nn.Linear(latent.query_rank or width, heads * self.dims.d_head, bias=False)
        self.kv_down = nn.Linear(width, latent.rank + latent.rotated, bias=False)
        self.kv_norm = nn.RMSNorm(latent.rank, eps=EPS)
        self.k_up = nn.Linear(latent.rank, heads * self.plain, bias=False)
        self.v_up = nn.Linear(latent.rank, heads * values, bias=False)
        self.out = nn.Linear(heads * values, width, bias=False)

    def forward(
        self,
        x: Tensor,
        encoding: PositionalEncoding,
        pos: Tensor,
        mask: Tensor | None,
        memory: tuple[Cache, int] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the output and the weights: (b, n, d) -> (b, n, d), (b, h, q, k)."""
        q = self._scaled(self._queries(x), pos)  # (b, h, n, dh)
        c, k = self.kv_down(x)[:, None].split((self.latent.rank, self.latent.rotated), -1)
        c, k_pos = self.kv_norm(c), pos  # (b, 1, n, rank), and k (b, 1, n, rotated)
        if memory is not None:
            cache, layer = memory
            k, c, k_pos = cache.extend(layer, k, c)  # (b, 1, k, rotated), (b, 1, k, rank)
        plain, turned = q.split((self.plain, self.latent.rotated), -1)
        turned, k = encoding.rotate(turned, k, pos, k_pos)  # (b, h, n, …), (b, 1, k, …)
        mask = self._near(mask, pos, k_pos)
        mix = self._mix_latents if self.absorbed else self._mix_heads
        mixed, weights = mix(plain, turned, k, c, mask)  # (b, h, n, values), (b, h, q, k)
        return self.out(mixed.transpose(1, 2).flatten(2)), weights

    def _queries(self, x: Tensor) -> Tensor:
        """Return the queries, unrotated channels first: (b, h, n, dh)."""
        if self.q_down is not None and self.q_norm is not None:
            x = self.q_norm(self.q_down(x))  # (b, n, query rank)
        return self.q_up(x).unflatten(-1, (self.dims.n_heads, -1)).transpose(1, 2)

    def _mix_heads(
        self, plain: Tensor, turned: Tensor, k: Tensor, c: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Make the keys and values of every head, then attend as ever."""
        own, v = (
            up(c[:, 0]).unflatten(-1, (self.dims.n_heads, -1)).transpose(1, 2)
            for up in (self.k_up, self.v_up)
        )  # (b, h, k, plain), (b, h, k, values)
        keys = torch.cat((own, k.expand(-1, self.dims.n_heads, -1, -1)), -1)  # (b, h, k, dh)
        return self._mix((torch.cat((plain, turned), -1), keys, v), None, mask, False)

    def _mix_latents(
        self, plain: Tensor, turned: Tensor, k: Tensor, c: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Attend to the latents themselves: q · (W c) = (Wᵀ q) · c, and Σ w (W c) = W (Σ w c)."""
        k_up, v_up = (
            up.weight.unflatten(0, (self.dims.n_heads, -1)) for up in (self.k_up, self.v_up)
        )  # (h, plain, rank), (h, values, rank)
        q = torch.cat((plain @ k_up, turned), -1)  # (b, h, n, rank + rotated)
        keys = torch.cat((c, k), -1)[:, 0]  # (b, k, rank + rotated): one for all heads
        weights = self._weights(torch.einsum("bhqr,bkr->bhqk", q, keys), None, mask)
        mixed = torch.einsum("bhqk,bkr->bhqr", weights, c[:, 0])  # (b, h, n, rank)
        return mixed @ v_up.mT, weights  # (b, h, n, values)
