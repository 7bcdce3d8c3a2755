"""Attention whose scores an encoding may rotate and bias."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from posenc.base import Dims, PositionalEncoding, knows_distance_alone
from posenc.model._cache import Cache
from posenc.model._masks import reach
from posenc.model._pattern import Layer

HALF = (torch.float16, torch.bfloat16)
LONG = 256  # from this many keys on, a bias by distance is kept as a view


class Attention(nn.Module):
    """Multi-head self-attention whose scores an encoding may turn and bias.

    ``dims`` are the width of x and, where ``layer`` is None, the heads. A ``layer`` of a
    pattern brings heads of its own and says whom a query may attend to and how.

    With ``fused = True`` PyTorch's fused kernels mix the values, and the weights come back
    empty: for long training on a GPU. Every query must then be allowed some key, and a mask
    of two axes must be the causal one.

    Raises ``ValueError`` for a layer with a latent, which ``LatentAttention`` reads.

    >>> attention = Attention(Dims(d_model=8, n_heads=2))
    >>> x, pos = torch.randn(1, 3, 8), torch.arange(3)
    >>> out, weights = attention(x, PositionalEncoding(attention.dims), pos, None)
    >>> out.shape, weights.shape
    (torch.Size([1, 3, 8]), torch.Size([1, 2, 3, 3]))
    """

    sink: nn.Parameter | None

    def __init__(self, dims: Dims, layer: Layer | None = None) -> None:
        super().__init__()
        self.layer = layer or Layer(PositionalEncoding(dims))
        self.dims = self.layer.encoding.dims
        self.fused = False
        self._make(dims.d_model)
        logits = nn.Parameter(torch.zeros(self.dims.n_heads)) if self.layer.sink else None  # (h,)
        self.register_parameter("sink", logits)

    def _make(self, width: int) -> None:
        """Make the projections from a stream of this width, and back to it."""
        if self.layer.latent is not None:
            raise ValueError("this layer makes keys from a latent: use LatentAttention")
        self.kv_heads = self.layer.kv_heads or self.dims.n_heads
        inside = self.dims.n_heads * self.dims.d_head
        self.qkv = nn.Linear(width, inside + 2 * self.kv_heads * self.dims.d_head, bias=False)
        self.out = nn.Linear(inside, width, bias=False)

    def forward(
        self,
        x: Tensor,
        encoding: PositionalEncoding,
        pos: Tensor,
        mask: Tensor | None,
        memory: tuple[Cache, int] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the output and the weights: (b, n, d) -> (b, n, d), (b, h, q, k).

        ``memory`` is a cache and the number of this layer: the keys are then all it holds.
        """
        q, k, v = self._heads(x)  # (b, h, n, dh), (b, g, n, dh) twice
        k_pos = pos
        if memory is not None:
            cache, layer = memory
            k, v, k_pos = cache.extend(layer, k, v)  # (b, g, k, dh) twice, (k,) or (b, k)
        k, v = self._for_all_heads(k), self._for_all_heads(v)  # (b, h, k, dh) twice
        view = not self.fused and bias_as_view(encoding, pos, k_pos)
        bias = toeplitz(encoding, pos, k_pos) if view else encoding.bias(q, k, pos, k_pos)
        q, k = encoding.rotate(q, k, pos, k_pos)  # after the bias, which unrotated ones make
        q, mask = self._scaled(q, pos), self._near(mask, pos, k_pos)
        if self.layer.rotate_values:
            v = encoding.rotate(v, v, k_pos, k_pos)[1]  # (b, h, k, dh)
        mixed, weights = self._mix((q, k, v), bias, mask, view)  # (b, h, n, dh), (b, h, q, k)
        if self.layer.rotate_values:
            mixed = encoding.rotate(mixed, mixed, back := _negative(pos), back)[0]
        return self.out(mixed.transpose(1, 2).flatten(2)), weights

    def _heads(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return queries, keys and values: (b, h, n, dh), (b, g, n, dh) twice, g key heads."""
        heads = self.qkv(x).unflatten(-1, (-1, self.dims.d_head)).transpose(1, 2)
        return heads.split((self.dims.n_heads, self.kv_heads, self.kv_heads), 1)

    def _for_all_heads(self, x: Tensor) -> Tensor:
        """Give each head of keys or values to the queries that share it: (b, h, k, dh)."""
        shared = self.dims.n_heads // self.kv_heads
        return x if shared == 1 else x.repeat_interleave(shared, 1)

    def _scaled(self, q: Tensor, pos: Tensor) -> Tensor:
        """Return the queries, multiplied by the factor of their positions: (b, h, n, dh)."""
        if self.layer.log_scale is None:
            return q
        factor = self.layer.log_scale.of(self._count(pos))[..., None]  # (n, 1) or (b, n, 1)
        factor = factor if factor.dim() == 2 else factor[:, None]  # (n, 1) or (b, 1, n, 1)
        return (q * factor).to(q.dtype)

    def _near(self, mask: Tensor | None, pos: Tensor, k_pos: Tensor) -> Tensor | None:
        """Return the mask without what lies outside the window or the chunk."""
        if self.layer.window is None and self.layer.chunk is None:
            return mask
        near = reach(self._count(pos), self._count(k_pos), self.layer.window, self.layer.chunk)
        return near if mask is None else mask & near  # (1 or b, 1 or h, q, k)

    def _count(self, pos: Tensor) -> Tensor:
        """Return the positions, or the index where these have several axes: (n,) or (b, n)."""
        if self.layer.encoding.pos_dims == 1:
            return pos
        return torch.arange(pos.shape[-2], device=pos.device)  # (n,)

    def _mix(
        self, heads: tuple[Tensor, ...], bias: Tensor | None, mask: Tensor | None, view: bool
    ) -> tuple[Tensor, Tensor]:
        """Return what each query mixes from the values, and the weights it does so by."""
        q, k, v = heads
        if self.fused:
            return self._fused(q, k, v, bias, mask), q.new_empty(0)
        if view:  # its keys are in reverse order: so it takes O(n) numbers a head
            mask = None if mask is None else mask.flip(-1)
            weights = self._weights(q @ k.flip(-2).mT, bias, mask).flip(-1)  # (b, h, q, k)
        else:
            weights = self._weights(q @ k.mT, bias, mask)  # (b, h, q, k)
        return weights @ v, weights

    def _fused(
        self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, mask: Tensor | None
    ) -> Tensor:
        """Return what the queries mix without making the weights: (b, h, n, dh)."""
        causal = bias is None and mask is not None and mask.dim() == 2 and self.sink is None
        if self.sink is not None:
            k, v, bias, mask = _with_sink_key(k, v, bias, mask, self.sink, q.shape[-2])
        if bias is not None:
            bias = bias.to(q.dtype)
            mask = bias if mask is None else bias.masked_fill(~mask, -math.inf)
            mask = mask.contiguous()  # CUDA's kernels want neighbouring keys side by side
        # the causal kernel needs no mask: it never looks at the other half
        return F.scaled_dot_product_attention(
            q,
            k,
            v,
            attn_mask=None if causal else mask,
            is_causal=causal,
            scale=self.layer.scale,
        )

    def _weights(self, dots: Tensor, bias: Tensor | None, mask: Tensor | None) -> Tensor:
        scale = self.layer.scale
        scores = dots / math.sqrt(self.dims.d_head) if scale is None else dots * scale
        if bias is not None:
            scores = scores + bias.to(scores.dtype)
        return masked_softmax(scores, mask, self.sink)  # (b, h, q, k)


def _negative(pos: Tensor) -> Tensor:
    """Return the positions with the other sign, also of types that have none."""
    return -(pos if pos.dtype.is_signed else pos.long())


def _with_sink_key(
    k: Tensor, v: Tensor, bias: Tensor | None, mask: Tensor | None, sink: Tensor, n: int
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Return keys, values, bias and mask with one key more, whose score is the sink's logit."""
    logits = sink[:, None, None].expand(-1, n, 1)  # (h, n, 1)
    zeros = logits.new_zeros(len(sink), n, k.shape[-2])  # (h, n, k)
    bias = zeros if bias is None else zeros + bias  # (h, n, k) or (b, h, n, k)
    bias = torch.cat((bias, logits.expand(*bias.shape[:-1], 1)), -1)  # (…, h, n, k + 1)
    k, v = (F.pad(part, (0, 0, 0, 1)) for part in (k, v))  # zeros: (b, h, k + 1, dh)
    return k, v, bias, None if mask is None else F.pad(mask, (0, 1), value=True)


def masked_softmax(scores: Tensor, mask: Tensor | None, sink: Tensor | None = None) -> Tensor:
    """Return softmax over the keys that ``mask`` allows (True = may attend).

    A query that may attend to nothing gets zeros: softmax alone would give NaN. ``sink``,
    (h,), is one logit more per head, whose weight is dropped: the others sum to less than 1.
    Source: Xiao et al. 2023, arXiv 2309.17453, section 3.2; ``modeling_gpt_oss.py`` of
    ``transformers`` 5.23.0.

    >>> masked_softmax(torch.zeros(2, 2), torch.tensor([[True, False], [False, False]]))
    tensor([[1., 0.],
            [0., 0.]])
    """
    if sink is not None:
        logits = sink[:, None, None].to(scores.dtype)  # (h, 1, 1)
        scores = torch.cat((scores, logits.expand(*scores.shape[:-1], 1)), -1)  # (b, h, q, k + 1)
        mask = None if mask is None else F.pad(mask, (0, 1), value=True)
        return masked_softmax(scores, mask)[..., :-1]  # (b, h, q, k)
    if mask is None:
        return scores.softmax(-1)
    lowest = torch.finfo(scores.dtype).min  # not -inf: a row of -inf makes NaN gradients
    return scores.masked_fill(~mask, lowest).softmax(-1) * mask  # (b, h, q, k)


def bias_as_view(encoding: PositionalEncoding, q_pos: Tensor, k_pos: Tensor) -> bool:
    """Return whether the bias can be a view: it knows the distance alone, positions count by one.

    The view reads two positions: where all of them want a gradient, or where distances would
    be rounded to 16 bits, the answer is no. A graph that is being compiled may not look at
    values: there the answer is no, too.
    """
    if not knows_distance_alone(type(encoding)) or k_pos.shape[-1] < LONG:
        return False
    if torch.compiler.is_compiling() or k_pos.dim() != 1 or q_pos.dim() != 1:
        return False
    if any(pos.requires_grad or pos.dtype in HALF for pos in (q_pos, k_pos)):
        return False
    return all(bool((pos.diff() == 1).all()) for pos in (q_pos, k_pos))


def toeplitz(encoding: PositionalEncoding, q_pos: Tensor, k_pos: Tensor) -> Tensor:
    """Return the bias with its keys in reverse order, as a view of q + k − 1 numbers a head.

    In that order the distance grows by one to the right and by one downwards, so that row
    i is the same memory as row i − 1, one number on. Shapes: ``(q,), (k,) -> (h, q, k)``.

    >>> import posenc
    >>> view = toeplitz(posenc.build("alibi"), torch.arange(3), torch.arange(3))
    >>> view[0].flip(-1), view.untyped_storage().nbytes() // 4
    (tensor([[-0.0000, -0.2500, -0.5000],
            [-0.2500, -0.0000, -0.2500],
            [-0.5000, -0.2500, -0.0000]]), 20)
    """
    n_q, n_k = len(q_pos), len(k_pos)
    nearest = q_pos[0] - k_pos[-1]  # the distance in the corner at the upper left
    values = encoding.bias_by_distance(nearest + torch.arange(n_q + n_k - 1, device=q_pos.device))
    return values.contiguous().unfold(-1, n_k, 1)  # (h, q, k)
