"""Blocks and the Transformer around one encoding."""

from contextlib import nullcontext
from typing import cast

import torch
from torch import Tensor, nn

from posenc.base import Dims, PositionalEncoding, check_positions
from posenc.model._attention import Attention
from posenc.model._cache import Cache
from posenc.model._masks import allowed, check_tokens

NORMS = {"layer": nn.LayerNorm, "rms": nn.RMSNorm}


class Block(nn.Module):
    """Attention and a two-layer perceptron, each with a norm and a residual connection.

    ``norm="pre"``: x + f(norm(x)), as in GPT-2. ``norm="post"``: norm(x + f(x)), as in 2017.

    >>> block = Block(Dims(d_model=8, n_heads=2))
    >>> x, pos = torch.randn(1, 3, 8), torch.arange(3)
    >>> block(x, PositionalEncoding(block.attention.dims), pos, None)[0].shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, dims: Dims, norm: str = "pre", norm_type: str = "layer") -> None:
        super().__init__()
        _check_norms(norm, norm_type)
        self.pre = norm == "pre"
        make_norm = NORMS[norm_type]
        self.norm1, self.norm2 = make_norm(dims.d_model), make_norm(dims.d_model)
        self.attention = Attention(dims)
        self.mlp = nn.Sequential(
            nn.Linear(dims.d_model, 4 * dims.d_model),
            nn.GELU(),
            nn.Linear(4 * dims.d_model, dims.d_model),
        )

    def forward(
        self,
        x: Tensor,
        encoding: PositionalEncoding,
        pos: Tensor,
        mask: Tensor | None,
        memory: tuple[Cache, int] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the stream and the attention weights: (b, n, d) -> (b, n, d), (b, h, q, k)."""
        if self.pre:
            mixed, weights = self.attention(self.norm1(x), encoding, pos, mask, memory)
            x = x + mixed
            return x + self.mlp(self.norm2(x)), weights
        mixed, weights = self.attention(x, encoding, pos, mask, memory)
        x = self.norm1(x + mixed)
        return self.norm2(x + self.mlp(x)), weights


class Transformer(nn.Module):
    """A small Transformer around one encoding; its sizes are ``encoding.dims``.

    Raises ``ValueError`` for sizes below 1, unknown norms, or an encoding for causal models
    in one that is not, and ``TypeError`` for an encoding that is none.

    >>> import posenc
    >>> model = Transformer(posenc.build("sinusoidal"), vocab_size=10)
    >>> model(torch.zeros(2, 5, dtype=torch.long)).shape
    torch.Size([2, 5, 10])
    """

    def __init__(
        self,
        encoding: PositionalEncoding,
        *,
        vocab_size: int,
        n_layers: int = 2,
        causal: bool = True,
        norm: str = "pre",
        norm_type: str = "layer",
    ) -> None:
        super().__init__()
        _check_options(encoding, vocab_size, n_layers, norm, norm_type)
        if not causal and "causal only" in encoding.promises:
            raise ValueError(
                f"{encoding.label or type(encoding).__name__} is for causal models only, as its "
                "promises say: use causal=True (posenc.base.on_trial tries it all the same)"
            )
        dims = encoding.dims
        self.encoding = encoding
        self.causal = causal
        self.tokens = nn.Embedding(vocab_size, dims.d_model)
        self.blocks = nn.ModuleList(Block(dims, norm, norm_type) for _ in range(n_layers))
        # post-norm blocks end in a norm already
        self.norm = NORMS[norm_type](dims.d_model) if norm == "pre" else nn.Identity()
        self.head = nn.Linear(dims.d_model, vocab_size, bias=False)
        self._initialise()

    def _initialise(self) -> None:
        """Embeddings N(0, 1); linear N(0, 1/fan-in), the residual outputs smaller by depth."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        with torch.no_grad():
            for block in self.blocks:
                block = cast(Block, block)
                for residual in (block.attention.out, block.mlp[2]):
                    cast(nn.Linear, residual).weight.mul_((2 * len(self.blocks)) ** -0.5)

    def forward(
        self,
        tokens: Tensor,
        pos: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        cache: Cache | None = None,
        return_weights: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return logits, (b, n) -> (b, n, vocab_size); with ``return_weights`` also the weights.

        ``pos``: (n,) or (b, n), by default counting on from what the cache has seen.
        ``mask``: boolean, True = may attend, (n, n), (b, 1 or n, n) or (b, 1 or h, 1 or n, n);
        combined with causality by index. With a ``cache`` the tokens are those that follow
        it, and ``mask`` is (b, 1, n): which of them are no padding. A call that raises leaves
        the cache as it was. Weights: (layers, b, h, q, k).
        """
        try:
            with cache.all_or_nothing() if cache is not None else nullcontext():
                return self._forward(tokens, pos, mask, cache, return_weights)
        except RuntimeError as error:
            if "on the same device" not in str(error):
                raise
            raise RuntimeError(
                f"{type(self.encoding).__name__} makes a tensor on another device than its input: "
                "give it device=x.device where it is made, or register it as a buffer"
            ) from error

    def _forward(
        self,
        tokens: Tensor,
        pos: Tensor | None,
        mask: Tensor | None,
        cache: Cache | None,
        return_weights: bool,
    ) -> Tensor | tuple[Tensor, Tensor]:
        b, n = check_tokens(tokens, self.tokens.weight.device)
        pos = self._positions(pos, (b, n), mask, cache)  # (n,) or (b, n)
        allowed = self._allowed(pos, mask, cache, b)  # (b, h, q, k) or broadcastable
        x = self.encoding.embed(self.tokens(tokens), pos)  # (b, n, d)
        maps = []
        for layer, block in enumerate(self.blocks):
            memory = None if cache is None else (cache, layer)
            x, weights = block(x, self.encoding, pos, allowed, memory)  # (b, n, d), (b, h, q, k)
            maps.append(weights)
        logits = self.head(self.norm(x))  # (b, n, vocab_size)
        return (logits, _stacked(maps)) if return_weights else logits

    def _positions(
        self, pos: Tensor | None, sizes: tuple[int, int], mask: Tensor | None, cache: Cache | None
    ) -> Tensor:
        """Return the positions, by default those that count on, (n,) or (b, n)."""
        (b, n), device = sizes, self.tokens.weight.device
        if cache is not None:
            if not self.causal:
                raise ValueError("a cache needs a causal model: without it every key changes later")
            cache.check(self.encoding.pos_dims, n, mask, b)
        if pos is None:
            pos = torch.arange(n, device=device)  # (n,)
            if cache is not None:
                pos = cache.next_positions(n, mask, device)  # (n,) or (b, n)
        check_positions(pos, b, n, device, self.encoding.pos_dims)
        if cache is not None and cache.pos is not None and cache.pos.dim() > pos.dim():
            pos = pos.expand(b, -1)  # (b, n), like those in the cache
        return pos

    def _allowed(
        self, pos: Tensor, mask: Tensor | None, cache: Cache | None, b: int
    ) -> Tensor | None:
        """Return who may attend to whom, broadcastable to (b, h, q, k), or None for everyone."""
        n = pos.shape[-self.encoding.pos_dims]
        if cache is None:
            sizes = (b, self.encoding.dims.n_heads, n)
            return allowed(mask, sizes, self.causal, pos.device)
        real = cache.remember(pos, mask, b)  # (b, k)
        if n == 1:
            return real[:, None, None]  # (b, 1, 1, k): the newest token may look at all
        causal = torch.ones(n, real.shape[-1], dtype=torch.bool, device=pos.device)  # (n, k)
        return real[:, None, None] & causal.tril(real.shape[-1] - n)  # (b, 1, n, k)


def _stacked(maps: list[Tensor]) -> Tensor:
    if maps[0].dim() < 4:
        raise ValueError("fused attention makes no weights: set fused = False on each Attention")
    return torch.stack(maps)  # (layers, b, h, q, k)


def _check_options(
    encoding: PositionalEncoding, vocab_size: int, n_layers: int, norm: str, norm_type: str
) -> None:
    if not isinstance(encoding, PositionalEncoding):
        raise TypeError(
            f"encoding must be a PositionalEncoding, for example posenc.build('none'); "
            f"got {encoding!r}"
        )
    for name, size in (("vocab_size", vocab_size), ("n_layers", n_layers)):
        if isinstance(size, bool) or not isinstance(size, int):
            raise TypeError(f"{name} must be an integer; got {size!r}")
        if size < 1:
            raise ValueError(f"{name} must be at least 1; got {size}")
    _check_norms(norm, norm_type)


def _check_norms(norm: str, norm_type: str) -> None:
    if norm not in ("pre", "post"):
        raise ValueError(f"norm must be 'pre' or 'post'; got {norm!r}")
    if norm_type not in NORMS:
        raise ValueError(f"norm_type must be 'layer' or 'rms'; got {norm_type!r}")
