"""Blocks and the Transformer around one encoding."""

from typing import cast

import torch
from torch import Tensor, nn

from posenc.base import Dims, PositionalEncoding, check_positions
from posenc.model._attention import Attention, Cache, Places
from posenc.model._masks import allowed, check_tokens

NORMS = {"layer": nn.LayerNorm, "rms": nn.RMSNorm}


class Block(nn.Module):
    """Attention and a two-layer perceptron, each with a norm and a residual connection.

    ``norm="pre"``: x + f(norm(x)), as in GPT-2. ``norm="post"``: norm(x + f(x)), as in 2017.

    >>> block = Block(Dims(d_model=8, n_heads=2))
    >>> x, pos = torch.randn(1, 3, 8), torch.arange(3)
    >>> block(x, PositionalEncoding(block.attention.dims), Places(pos, pos, None))[0].shape
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
        self, x: Tensor, encoding: PositionalEncoding, places: Places, layer: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return the stream and the attention weights: (b, n, d) -> (b, n, d), (b, h, q, k)."""
        if self.pre:
            mixed, weights = self.attention(self.norm1(x), encoding, places, layer)
            x = x + mixed
            return x + self.mlp(self.norm2(x)), weights
        mixed, weights = self.attention(x, encoding, places, layer)
        x = self.norm1(x + mixed)
        return self.norm2(x + self.mlp(x)), weights


class Transformer(nn.Module):
    """A small Transformer around one encoding; its sizes are ``encoding.dims``.

    Raises ``ValueError`` for sizes below 1 or unknown norms, and ``TypeError`` for an
    encoding that is none.

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

        ``pos``: (n,) or (b, n), by default counting on from the cache. ``mask``: boolean, True
        = may attend, (n, n), (b, 1 or n, n) or (b, 1 or h, 1 or n, n); combined with causality
        by index. With a ``cache`` the tokens are those that follow it, and ``mask`` is
        (b, 1, n): which of them are no padding. Weights: (layers, b, h, q, k).
        """
<<<<<<< HEAD:posenc/model/_transformer.py
        b, n = check_tokens(tokens)
=======
        b, n = _check_tokens(tokens, self.tokens.weight.device)
>>>>>>> main:posenc/model.py
        if pos is None:
            start = cache.length if cache is not None else 0
            pos = torch.arange(start, start + n, device=tokens.device)
        check_positions(pos, b, n, tokens.device, self.encoding.pos_dims)
        places = self._places(pos, mask, cache, b)
        x = self.encoding.embed(self.tokens(tokens), pos)  # (b, n, d)
        maps = []
        for layer, block in enumerate(self.blocks):
            x, weights = block(x, self.encoding, places, layer)
            maps.append(weights)
        logits = self.head(self.norm(x))  # (b, n, vocab_size)
        return (logits, torch.stack(maps)) if return_weights else logits

<<<<<<< HEAD:posenc/model/_transformer.py
    def _places(self, pos: Tensor, mask: Tensor | None, cache: Cache | None, b: int) -> Places:
        n, heads = pos.shape[-self.encoding.pos_dims], self.encoding.dims.n_heads
        if cache is None:
            return Places(pos, pos, allowed(mask, (b, heads, n), self.causal, pos.device))
        if not self.causal:
            raise ValueError("a cache needs a causal model: without it every key changes later")
        cache.remember(pos, mask, b)
        assert cache.pos is not None and cache.real is not None
        keys = cache.real.shape[-1]
        causal = torch.ones(n, keys, dtype=torch.bool, device=pos.device).tril(keys - n)
        return Places(pos, cache.pos, cache.real[:, None, None] & causal, cache)
=======
    def _allowed(self, mask: Tensor | None, b: int, n: int, device: torch.device) -> Tensor | None:
        """Return who may attend to whom, broadcastable to (b, h, q, k), or None for everyone."""
        causal = None
        if self.causal:
            causal = torch.ones(n, n, dtype=torch.bool, device=device).tril()
        if mask is None:
            return causal
        mask = _four_axes(mask, b, self.encoding.dims.n_heads, n)
        if mask.device != device:
            raise ValueError(f"mask is on {mask.device} but tokens are on {device}: move one")
        return mask if causal is None else mask & causal


def _four_axes(mask: Tensor, b: int, h: int, n: int) -> Tensor:
    kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
    if kind != torch.bool:
        raise TypeError(f"mask must be a boolean tensor, True = may attend; got {kind}")
    shape = {2: (1, 1, *mask.shape), 3: (mask.shape[0], 1, *mask.shape[1:])}.get(
        mask.dim(), tuple(mask.shape)
    )
    fits = len(shape) == 4 and all(
        size in allowed for size, allowed in zip(shape, ((1, b), (1, h), (1, n), (n,)), strict=True)
    )
    if not fits:
        raise ValueError(
            f"mask must be (n, n), (b, 1 or n, n) or (b, 1 or h, 1 or n, n) with b={b}, h={h}, "
            f"n={n}; got {tuple(mask.shape)}"
        )
    return mask.view(shape)


def _check_tokens(tokens: Tensor, device: torch.device) -> tuple[int, int]:
    if not isinstance(tokens, Tensor):
        raise TypeError(f"tokens must be a tensor of shape (b, n); got {type(tokens).__name__}")
    if tokens.dim() != 2 or tokens.dtype not in (torch.int64, torch.int32):
        raise ValueError(
            "tokens must be int64 or int32 of shape (b, n); "
            f"got {tokens.dtype} {tuple(tokens.shape)}: use tokens.long()"
        )
    if tokens.device != device:
        raise ValueError(
            f"tokens are on {tokens.device} but the model is on {device}: use tokens.to(device)"
        )
    return tokens.shape[0], tokens.shape[1]
>>>>>>> main:posenc/model.py


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
