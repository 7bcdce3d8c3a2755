"""Attention whose scores an encoding may rotate and bias."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from posenc.base import Dims, PositionalEncoding, knows_distance_alone
from posenc.model._cache import Cache

HALF = (torch.float16, torch.bfloat16)
LONG = 256  # from this many keys on, a bias by distance is kept as a view


class Attention(nn.Module):
    """Multi-head self-attention whose scores an encoding may turn and bias.

    With ``fused = True`` PyTorch's fused kernels mix the values, and the weights come back
    empty: for long training on a GPU. Every query must then be allowed some key, and a mask
    of two axes must be the causal one.

    >>> attention = Attention(Dims(d_model=8, n_heads=2))
    >>> x, pos = torch.randn(1, 3, 8), torch.arange(3)
    >>> out, weights = attention(x, PositionalEncoding(attention.dims), pos, None)
    >>> out.shape, weights.shape
    (torch.Size([1, 3, 8]), torch.Size([1, 2, 3, 3]))
    """

    def __init__(self, dims: Dims) -> None:
        super().__init__()
        self.dims = dims
        self.fused = False
        self.qkv = nn.Linear(dims.d_model, 3 * dims.d_model, bias=False)
        self.out = nn.Linear(dims.d_model, dims.d_model, bias=False)

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
        heads = self.qkv(x).unflatten(-1, (3, self.dims.n_heads, self.dims.d_head))
        # parted before the heads move, so that the three gradients lie as one and are not copied
        q, k, v = (part.transpose(1, 2) for part in heads.unbind(2))  # (b, h, n, dh) each
        k_pos = pos
        if memory is not None:
            cache, layer = memory
            k, v, k_pos = cache.extend(layer, k, v)  # (b, h, k, dh) twice, (k,) or (b, k)
        if self.fused and kernel_takes_view(mask, pos, k_pos) and bias_as_view(encoding, pos, pos):
            return self._fused_view(q, k, v, encoding, pos), x.new_empty(0)
        view = not self.fused and bias_as_view(encoding, pos, k_pos)
        bias = toeplitz(encoding, pos, k_pos) if view else encoding.bias(q, k, pos, k_pos)
        q, k = encoding.rotate(q, k, pos, k_pos)  # after the bias, which unrotated ones make
        if self.fused:
            return self._fused(q, k, v, bias, mask), x.new_empty(0)
        if view:  # its keys are in reverse order: so it takes O(n) numbers a head
            mask = None if mask is None else mask.flip(-1)
            weights = self._weights(q, k.flip(-2), bias, mask).flip(-1)  # (b, h, q, k)
        else:
            weights = self._weights(q, k, bias, mask)  # (b, h, q, k)
        mixed = (weights @ v).transpose(1, 2).flatten(2)  # (b, n, d)
        return self.out(mixed), weights

    def _fused_view(
        self, q: Tensor, k: Tensor, v: Tensor, encoding: PositionalEncoding, pos: Tensor
    ) -> Tensor:
        """Return the output with a causal bias that takes O(n) numbers a head: (b, n, d)."""
        bias = toeplitz(encoding, pos, pos, causal=True, dtype=q.dtype)  # (h, n, n)
        q, k = encoding.rotate(q, k, pos, pos)  # (b, h, n, dh) twice
        return self._fused(q, k.flip(-2), v.flip(-2), None, bias[None])  # its keys are in reverse

    def _fused(
        self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, mask: Tensor | None
    ) -> Tensor:
        """Return the output without making the weights: (b, n, d)."""
        causal = bias is None and mask is not None and mask.dim() == 2
        if bias is not None:
            bias = bias.to(q.dtype)
            mask = bias if mask is None else bias.masked_fill(~mask, -math.inf)
            mask = mask.contiguous()  # CUDA's kernels want neighbouring keys side by side
        # the causal kernel needs no mask: it never looks at the other half
        mixed = F.scaled_dot_product_attention(
            q, k, v, attn_mask=None if causal else mask, is_causal=causal
        )
        return self.out(mixed.transpose(1, 2).flatten(2))  # (b, n, d)

    def _weights(self, q: Tensor, k: Tensor, bias: Tensor | None, mask: Tensor | None) -> Tensor:
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.dims.d_head)  # (b, h, q, k)
        if bias is not None:
            scores = scores + bias.to(scores.dtype)
        return masked_softmax(scores, mask)


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Return softmax over the keys that ``mask`` allows (True = may attend).

    A query that may attend to nothing gets zeros: softmax alone would give NaN.

    >>> masked_softmax(torch.zeros(2, 2), torch.tensor([[True, False], [False, False]]))
    tensor([[1., 0.],
            [0., 0.]])
    """
    if mask is None:
        return scores.softmax(-1)
    lowest = torch.finfo(scores.dtype).min  # not -inf: a row of -inf makes NaN gradients
    return scores.masked_fill(~mask, lowest).softmax(-1) * mask  # (b, h, q, k)


def bias_as_view(encoding: PositionalEncoding, q_pos: Tensor, k_pos: Tensor) -> bool:
    """Return whether the bias can be a view: it knows the distance alone, positions count by one.

    For one query a view would save nothing, and its keys would be copied in reverse order. The
    view reads two positions: where all of them want a gradient, or where distances would
    be rounded to 16 bits, the answer is no. A graph that is being compiled may not look at
    values: there the answer is no, too.
    """
    if not knows_distance_alone(type(encoding)) or k_pos.shape[-1] < LONG or len(q_pos) == 1:
        return False
    if torch.compiler.is_compiling() or k_pos.dim() != 1 or q_pos.dim() != 1:
        return False
    if any(pos.requires_grad or pos.dtype in HALF for pos in (q_pos, k_pos)):
        return False
    return all(bool((pos.diff() == 1).all()) for pos in (q_pos, k_pos))


def kernel_takes_view(mask: Tensor | None, q_pos: Tensor, k_pos: Tensor) -> bool:
    """Return whether a fused kernel reads a causal bias as a view, so that no (q, k) is made.

    The CPU's does, whatever the rows' strides; a GPU's want rows that begin at multiples of 16
    bytes. Who may attend must then follow from the distance: the causal mask of one text.
    """
    causal = mask is not None and mask.dim() == 2 and k_pos is q_pos
    return causal and q_pos.device.type == "cpu"


def toeplitz(
    encoding: PositionalEncoding,
    q_pos: Tensor,
    k_pos: Tensor,
    *,
    causal: bool = False,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return the bias with its keys in reverse order, as a view of q + k − 1 numbers a head.

    In that order the distance grows by one to the right and by one downwards, so that row
    i is the same memory as row i − 1, one number on. Shapes: ``(q,), (k,) -> (h, q, k)``.
    ``causal``: −inf where the distance is below 0; ``dtype``: by default the encoding's own.

    >>> import posenc
    >>> view = toeplitz(posenc.build("alibi"), torch.arange(3), torch.arange(3))
    >>> view[0].flip(-1), view.untyped_storage().nbytes() // 4
    (tensor([[-0.0000, -0.2500, -0.5000],
            [-0.2500, -0.0000, -0.2500],
            [-0.5000, -0.2500, -0.0000]]), 20)
    """
    n_q, n_k = len(q_pos), len(k_pos)
    nearest = q_pos[0] - k_pos[-1]  # the distance in the corner at the upper left
    apart = nearest + torch.arange(n_q + n_k - 1, device=q_pos.device)  # (q + k − 1,)
    values = encoding.bias_by_distance(apart)  # (h, q + k − 1)
    if causal:
        values = values.masked_fill(apart < 0, -math.inf)
    return values.to(dtype or values.dtype).contiguous().unfold(-1, n_k, 1)  # (h, q, k)
