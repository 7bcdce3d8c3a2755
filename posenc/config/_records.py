"""What a reading is made of: a rotation, and a layer."""

from dataclasses import dataclass

from posenc.model import Latent, LogScale


@dataclass(frozen=True)
class Rotation:
    """How a layer rotates its queries and keys.

    ``inv_freq`` are the frequencies of the pairs in radians per position, fastest first where
    the base is above 1; ``layout`` says which channels are a pair: "halves" (i and i + m) or
    "interleaved" (2i and 2i + 1). ``temperature`` multiplies cosines and sines. ``recipe`` names
    how the frequencies were made from ``base``, with ``factor`` and ``original``, the length
    that was trained before. ``last``: the last channels of a head rotate and not the first.
    ``sections``: pairs per axis (time, height, width), dealt out in turn if ``dealt``.
    ``beyond``: the frequencies of all positions as soon as one reaches ``original`` (LongRoPE).

    >>> Rotation((1.0, 0.01), "halves", 10_000.0).rotated
    4
    """

    inv_freq: tuple[float, ...]
    layout: str
    base: float
    recipe: str = "default"
    temperature: float = 1.0
    factor: float | None = None
    original: int | None = None
    last: bool = False
    sections: tuple[int, ...] = ()
    dealt: bool = False
    beyond: tuple[float, ...] = ()

    @property
    def rotated(self) -> int:
        """How many channels of a head rotate, those with frequency 0 included."""
        return 2 * len(self.inv_freq)


@dataclass(frozen=True)
class Bias:
    """What is added to the scores: "alibi", or "t5" with so many buckets up to a distance."""

    name: str
    buckets: int = 0
    farthest: int = 0


@dataclass(frozen=True)
class LayerReading:
    """What one layer does with positions, as its config says.

    ``attention``: "full"; "window" (the last ``window`` positions, the query's own included;
    without causality, ``window`` − 1 on each side and the own one); "chunk" (positions of the
    same ``chunk``); "compressed" (a window, and one key for every ``compress`` tokens before
    it); "linear" (no attention: a running state). ``width`` is the width of a head's queries
    and keys, ``scale`` what multiplies their dot product.

    >>> LayerReading("full", heads=8, kv_heads=2, width=64, scale=0.125).rotation is None
    True
    """

    attention: str
    heads: int = 0
    kv_heads: int = 0
    width: int = 0
    scale: float = 1.0
    rotation: Rotation | None = None
    bias: Bias | None = None
    window: int | None = None
    chunk: int | None = None
    compress: int | None = None
    sink: bool = False
    rotate_values: bool = False
    log_scale: LogScale | None = None
    latent: Latent | None = None
