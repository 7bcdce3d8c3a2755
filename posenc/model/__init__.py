"""A small Transformer with three doors for position: Attention, Block, Transformer."""

from posenc.model._attention import Attention, masked_softmax, toeplitz
from posenc.model._cache import Cache
from posenc.model._latent import LatentAttention
from posenc.model._pattern import Latent, Layer, LogScale
from posenc.model._transformer import Block, Transformer

__all__ = [
    "Attention",
    "Block",
    "Cache",
    "Latent",
    "LatentAttention",
    "Layer",
    "LogScale",
    "Transformer",
    "masked_softmax",
    "toeplitz",
]
