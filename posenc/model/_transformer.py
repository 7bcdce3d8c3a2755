"""Blocks and the Transformer around one encoding."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import cast

import torch
from torch import Tensor, nn

from posenc.base import Dims, PositionalEncoding, check_positions
from posenc.model._attention import Attention
from posenc.model._cache import Cache
from posenc.model._latent import LatentAttention
from posenc.model._masks import allowed, check_tokens
from posenc.model._pattern import Layer, axes, check_pattern

NORMS = {"layer": nn.LayerNorm, "rms": nn.RMSNorm}


class Block(nn.Module):
    """Attention and a two-layer perceptron, each with a norm and a residual connection.

    ``norm="pre"``: x + f(norm(x)), as in GPT-2. ``norm="post"``: norm(x + f(x)), as in 2017.
    ``dims.d_model`` is the width of x; the heads are those of ``layer``, where one is given.

    >>> block = Block(Dims(d_model=8, n_heads=2))
    >>> x, pos = torch.randn(1, 3, 8), torch.arange(3)
    >>> block(x, PositionalEncoding(block.attention.dims), pos, None)[0].shape
    torch.Size([1, 3, 8])
    """

    def __init__(
        self, dims: Dims, norm: str = "pre", norm_type: str = "layer", layer: Layer | None = None
    ) -> None:
        super().__init__()
        _check_norms(norm, norm_type)
        self.pre = norm == "pre"
        make_norm = NORMS[norm_type]
        self.norm1, self.norm2 = make_norm(dims.d_model), make_norm(dims.d_model)
        if layer is not None and layer.latent is not None:
            self.attention: Attention = LatentAttention(dims, layer)
        else:
            self.attention = Attention(dims, layer)
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
    """A small Transformer around one encoding, or with a ``pattern`` of layers that differ.

    ``Transformer(encoding, …)``: every layer uses the encoding, and its sizes are
    ``encoding.dims``; there are ``n_layers`` of them, 2 if not given.
    ``Transformer(pattern=[Layer(…), …], …)``: one layer per entry, each with an encoding of its
    own. An ``encoding`` given as well then acts on the embeddings alone, and its ``d_model`` is
    the width of the residual stream, which is otherwise that of the first layer's encoding.
    A cache, padding, packing, fused attention and graphs work for every pattern, except that a
    cache takes no positions with several axes (M-RoPE, grids), and that layers with different
    numbers of heads have no weights that stack.

    Raises ``ValueError`` for sizes below 1, unknown norms, an encoding for causal models in
    one that is not, or layers that do not fit each other, and ``TypeError`` for an encoding
    or a layer that is none.

    >>> import posenc
    >>> model = Transformer(posenc.build("sinusoidal"), vocab_size=10)
    >>> model(torch.zeros(2, 5, dtype=torch.long)).shape
    torch.Size([2, 5, 10])
    >>> rope, nope = posenc.build("rope"), posenc.build("none")
    >>> pattern = [posenc.Layer(rope, window=4)] * 3 + [posenc.Layer(nope)]
    >>> len(Transformer(pattern=pattern, vocab_size=10).blocks)
    4
    """

    def __init__(
        self,
        encoding: PositionalEncoding | None = None,
        *,
        vocab_size: int,
        pattern: Sequence[Layer] | None = None,
        n_layers: int | None = None,
        causal: bool = True,
        norm: str = "pre",
        norm_type: str = "layer",
    ) -> None:
        super().__init__()
        self.pattern = None if pattern is None else check_pattern(pattern)
        encoding = _at_the_input(encoding, self.pattern)
        layers = _layers(self.pattern, n_layers)
        _check_size("vocab_size", vocab_size)
        _check_norms(norm, norm_type)
        dims = encoding.dims
        self._axes = axes(encoding, self.pattern)
        self.encoding = encoding
        self.encodings = self.pattern and nn.ModuleList(one.encoding for one in self.pattern)
        _check_causal([encoding, *(self.encodings or ())], causal)
        self.causal = causal
        self.tokens = nn.Embedding(vocab_size, dims.d_model)
        self.blocks = nn.ModuleList(Block(dims, norm, norm_type, layer) for layer in layers)
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
            names = dict.fromkeys(type(one).__name__ for one in self.encodings or [self.encoding])
            raise RuntimeError(
                f"{' or '.join(names)} makes a tensor on another device than its input: "
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
            encoding = self.encodings[layer] if self.encodings else self.encoding
            memory = None if cache is None else (cache, layer)
            x, weights = block(x, encoding, pos, allowed, memory)  # (b, n, d), (b, h, q, k)
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
            cache.check(self.pos_dims, n, mask, b)
        if pos is None:
            pos = torch.arange(n, device=device)  # (n,)
            if cache is not None:
                pos = cache.next_positions(n, mask, device)  # (n,) or (b, n)
        check_positions(pos, b, n, device, self.pos_dims)
        if cache is not None and cache.pos is not None and cache.pos.dim() > pos.dim():
            pos = pos.expand(b, -1)  # (b, n), like those in the cache
        return pos

    def _allowed(
        self, pos: Tensor, mask: Tensor | None, cache: Cache | None, b: int
    ) -> Tensor | None:
        """Return who may attend to whom, broadcastable to (b, h, q, k), or None for everyone."""
        n = pos.shape[-1 if self.pos_dims == 1 else -2]
        if cache is None:
            return allowed(mask, (b, self._n_heads, n), self.causal, pos.device)
        real = cache.remember(pos, mask, b)  # (b, k)
        if n == 1:
            return real[:, None, None]  # (b, 1, 1, k): the newest token may look at all
        causal = torch.ones(n, real.shape[-1], dtype=torch.bool, device=pos.device)  # (n, k)
        return real[:, None, None] & causal.tril(real.shape[-1] - n)  # (b, 1, n, k)

    @property
    def pos_dims(self) -> int:
        """Number of axes of a position: 1, 2 for grids, 3 for M-RoPE."""
        return self.encoding.pos_dims if self.pattern is None else self._axes

    @property
    def _n_heads(self) -> int:
        """Heads of every layer; 1, which fits all, where layers differ."""
        heads = {block.attention.dims.n_heads for block in cast(Iterable[Block], self.blocks)}
        return heads.pop() if len(heads) == 1 else 1


def _stacked(maps: list[Tensor]) -> Tensor:
    if maps[0].dim() < 4:
        raise ValueError("fused attention makes no weights: set fused = False on each Attention")
    if len({weights.shape for weights in maps}) > 1:
        heads = [weights.shape[1] for weights in maps]
        raise ValueError(f"weights of layers with {heads} heads do not stack: ask each Attention")
    return torch.stack(maps)  # (layers, b, h, q, k)


def _at_the_input(
    encoding: PositionalEncoding | None, pattern: tuple[Layer, ...] | None
) -> PositionalEncoding:
    """Return the encoding that acts on the embeddings: NoPE where a pattern stands alone."""
    if encoding is None and pattern is not None:
        return PositionalEncoding(pattern[0].encoding.dims)
    if not isinstance(encoding, PositionalEncoding):
        raise TypeError(
            f"encoding must be a PositionalEncoding, for example posenc.build('none'); "
            f"got {encoding!r}"
        )
    return encoding


def _layers(pattern: tuple[Layer, ...] | None, n_layers: int | None) -> Sequence[Layer | None]:
    """Return what each block is told: its layer, or nothing where all use one encoding."""
    if pattern is not None:
        if n_layers not in (None, len(pattern)):
            raise ValueError(f"the pattern has {len(pattern)} layers, n_layers says {n_layers}")
        return pattern
    n_layers = 2 if n_layers is None else n_layers
    _check_size("n_layers", n_layers)
    return [None] * n_layers


def _check_causal(encodings: Sequence[PositionalEncoding], causal: bool) -> None:
    for encoding in encodings:
        if not causal and "causal only" in encoding.promises:
            raise ValueError(
                f"{encoding.label or type(encoding).__name__} is for causal models only, as its "
                "promises say: use causal=True (posenc.base.on_trial tries it all the same)"
            )


def _check_size(name: str, size: int) -> None:
    if isinstance(size, bool) or not isinstance(size, int):
        raise TypeError(f"{name} must be an integer; got {size!r}")
    if size < 1:
        raise ValueError(f"{name} must be at least 1; got {size}")


def _check_norms(norm: str, norm_type: str) -> None:
    if norm not in ("pre", "post"):
        raise ValueError(f"norm must be 'pre' or 'post'; got {norm!r}")
    if norm_type not in NORMS:
        raise ValueError(f"norm_type must be 'layer' or 'rms'; got {norm_type!r}")
