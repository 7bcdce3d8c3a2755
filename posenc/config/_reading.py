"""The result of reading a config: layers, length, and what is uncertain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from posenc.base import PositionalEncoding
from posenc.config import _build, _words
from posenc.config._records import LayerReading
from posenc.model import Layer


@dataclass(frozen=True)
class Table:
    """Learned position embeddings: how many rows, and the row of position 0."""

    rows: int
    first: int

    @property
    def positions(self) -> int:
        """How many positions have a row."""
        return self.rows - self.first


@dataclass(frozen=True, repr=False)
class Reading:
    """What a model does with positions, layer by layer, as its config says.

    ``layers`` has one :class:`LayerReading` per layer; ``table`` the position embeddings, if
    the model adds some; ``max_len`` the longest text that the config speaks of; ``width`` the
    residual stream's. ``assumed`` are settings that the config lacks, with the defaults of
    transformers 5.23.0 that stand in for them; ``warnings`` what this config is known to be
    misread for, with the thread; ``unknown`` the keys about positions that were not understood.
    ``print`` tells it in words, :meth:`pattern` gives layers to build a model from.

    >>> import posenc
    >>> reading = posenc.read(posenc.config.model("smollm3-3b"))
    >>> [i for i, layer in enumerate(reading.layers) if layer.rotation is None][:3]
    [3, 7, 11]
    """

    family: str
    layers: tuple[LayerReading, ...]
    max_len: int
    width: int
    causal: bool = True
    table: Table | None = None
    assumed: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __repr__(self) -> str:  # in words: a cell that ends in a reading shows it
        return _words.describe(self)

    def embedding(self) -> PositionalEncoding:
        """Return what acts on the embeddings: a position table, or nothing; as wide as they are.

        ``posenc.Transformer(reading.embedding(), pattern=reading.pattern(), vocab_size=…,
        causal=reading.causal)`` is a model with the layers that were read.

        >>> import posenc
        >>> posenc.read(posenc.config.model("gpt2")).embedding().name
        'learned'
        """
        return _build.embedding(self.width, self.table.positions if self.table else None)

    def pattern(self) -> list[Layer]:
        """Return one :class:`posenc.Layer` per layer, for ``posenc.Transformer(pattern=…)``.

        The encodings have the model's own sizes; :func:`posenc.config.small` makes a small
        config with the same layers first.

        Raises ``ValueError`` where a layer has no attention, or one that posenc lacks.

        >>> import posenc
        >>> [layer.window for layer in posenc.read(posenc.config.model("gemma-2-9b")).pattern()][:2]
        [4096, None]
        """
        return _build.pattern(self.layers, self.max_len, self.causal)
