"""From a reading to the layers of a pattern."""

from typing import Any

from posenc.base import Dims, PositionalEncoding, build
from posenc.config._encodings import GivenMRope, LongRope
from posenc.config._records import LayerReading, Rotation
from posenc.encodings import T5, ALiBi, GivenRope
from posenc.model import Layer

WITHOUT = {
    "linear": "linear attention, a running state without scores",
    "compressed": "keys made of several tokens each",
}


def pattern(layers: tuple[LayerReading, ...], max_len: int, causal: bool) -> list[Layer]:
    """Return one layer of a pattern for each layer read; equal ones share an encoding."""
    encodings: dict[object, PositionalEncoding] = {}  # T5's table is one for all layers
    made = []
    for i, layer in enumerate(layers):
        if layer.attention in WITHOUT:
            raise ValueError(
                f"layer {i} has {WITHOUT[layer.attention]}, which posenc's model does not build: "
                "take the layers that it has, one by one"
            )
        key = (layer.rotation, layer.bias, layer.heads, layer.width)
        if key not in encodings:
            encodings[key] = encoding(layer, max_len, causal)
        made.append(_layer(layer, encodings[key]))
    return made


def encoding(layer: LayerReading, max_len: int, causal: bool) -> PositionalEncoding:
    """Return the encoding that rotates or biases in a layer; NoPE where none does."""
    dims = Dims(d_model=layer.heads * layer.width, n_heads=layer.heads, max_len=max_len or 1)
    if layer.rotation is not None:
        return _rope(dims, layer.rotation, split=layer.latent is not None)
    if layer.bias is None:
        return PositionalEncoding(dims)
    if layer.bias.name == "alibi":
        return ALiBi(dims, causal=causal)
    return T5(dims, layer.bias.buckets, layer.bias.farthest, causal)


def embedding(width: int, positions: int | None) -> PositionalEncoding:
    """Return a table of so many learned position embeddings, or what leaves embeddings alone."""
    dims = Dims(d_model=width, n_heads=1, max_len=positions or 1)
    return PositionalEncoding(dims) if positions is None else build("learned", dims)


def _rope(dims: Dims, rotation: Rotation, split: bool) -> PositionalEncoding:
    """Return RoPE with the frequencies read; latent attention splits off what rotates itself."""
    options: dict[str, Any] = {"layout": rotation.layout, "temperature": rotation.temperature}
    options["last"] = rotation.last and not split
    if rotation.sections:
        options |= {"sections": rotation.sections, "interleaved": rotation.dealt}
        return GivenMRope(dims, rotation.inv_freq, **options)
    if rotation.beyond:
        options |= {"beyond": rotation.beyond, "original": rotation.original}
        return LongRope(dims, rotation.inv_freq, **options)
    return GivenRope(dims, rotation.inv_freq, **options)


def _layer(layer: LayerReading, encoding: PositionalEncoding) -> Layer:
    return Layer(
        encoding,
        window=layer.window,
        chunk=layer.chunk,
        sink=layer.sink,
        log_scale=layer.log_scale,
        kv_heads=None if layer.latent else layer.kv_heads,
        rotate_values=layer.rotate_values,
        latent=layer.latent,
        scale=layer.scale,
    )
