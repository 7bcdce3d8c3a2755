"""What a layer of a pattern does with positions: data alone, read by the attention."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from posenc.base import PositionalEncoding, acts_on
from posenc.functional import check_above, check_count, check_integer


@dataclass(frozen=True)
class LogScale:
    """Log-n scaling: queries are multiplied by 1 + amount · ln(1 + ⌊(p + offset) / step⌋).

    The factor follows the position p of the query and not its index in a call, so that a
    token decoded with a cache gets the factor of the full pass. Positions below −``offset``
    count as −``offset``.

    Raises ``TypeError`` for what is no number, ``ValueError`` for a step that is not above 0
    or an amount below 0.

    Source: ``attn_temperature_tuning`` in ``modeling_llama4.py`` of ``transformers`` 5.23.0
    (there step 8192, amount 0.1, offset 1); ``modeling_ministral3.py`` has offset 0.

    >>> LogScale(step=4, amount=0.1).of(torch.tensor([0, 3, 7]))
    tensor([1.0000, 1.0693, 1.1099])
    """

    step: float
    amount: float
    offset: int = 1

    def __post_init__(self) -> None:
        check_above("step", self.step)
        check_above("amount", self.amount)
        check_integer("offset", self.offset)

    def of(self, pos: Tensor) -> Tensor:
        """Return the factor of each query: (n,) or (b, n) -> the same shape, float32 or wider."""
        work = torch.promote_types(pos.dtype, torch.float32)
        steps = ((pos.to(work) + self.offset) / self.step).floor().clamp(min=0)  # (…, n)
        return 1 + self.amount * steps.log1p()  # (…, n)


@dataclass(frozen=True)
class Latent:
    """Latent attention (MLA): keys and values are made from a latent vector of ``rank`` numbers.

    A head is ``d_head`` wide, as the layer's encoding says: its last ``rotated`` channels are
    rotated, and their key is one for all heads; the others are made from the latent and are
    not rotated (decoupled RoPE). The encoding is given those channels alone, and must rotate
    as many, as RoPE does with ``partial=rotated / d_head``.
    ``query_rank``: queries come from a latent vector, too. ``value_width``: channels of a
    value per head, by default ``d_head − rotated``.
    A cache keeps the latent vectors and the shared key, ``rank + rotated`` numbers per token.

    Raises ``TypeError`` for a size that is no integer, ``ValueError`` for one below 1.

    Source: DeepSeek-AI 2024, arXiv 2405.04434 (DeepSeek-V2), section 2.1.

    >>> Latent(rank=512, rotated=64)
    Latent(rank=512, rotated=64, query_rank=None, value_width=None)
    """

    rank: int
    rotated: int
    query_rank: int | None = None
    value_width: int | None = None

    def __post_init__(self) -> None:
        for name in ("rank", "rotated", "query_rank", "value_width"):
            _check_optional(name, getattr(self, name), optional=name[0] in "qv")


@dataclass(frozen=True)
class Layer:
    """One layer of a pattern: its encoding, and whom a query may attend to and how.

    ``encoding`` rotates and biases in this layer; ``posenc.build("none")`` makes it a NoPE
    layer. Its ``dims`` are the heads of the layer: their number, and their width ``d_head``,
    which need not be the stream's width divided by their number.
    ``window``: a query attends to keys less than this many positions away, itself included,
    on either side unless the model is causal. ``chunk``: only to keys of its own chunk of
    positions, 0 to chunk − 1, chunk to 2·chunk − 1, and so on. Both go by position; where a
    position has several axes (M-RoPE, grids), by index.
    ``sink``: one learned logit per head takes part in the softmax and is then dropped.
    ``log_scale``: a factor on the queries. ``kv_heads``: number of heads of keys and values,
    each shared by n_heads / kv_heads heads of queries. ``rotate_values``: values are rotated
    by their position, and what a query mixes from them is rotated back by its own.
    ``latent``: keys and values from a latent vector. ``scale``: what dot products are
    multiplied by, 1/√d_head where it is None.

    Raises ``TypeError`` for a setting of another kind, ``ValueError`` for one out of range or
    two that contradict each other.

    Source: the settings of models in ``transformers`` 5.23.0. A window there (``masking_utils``)
    counts as here in causal models, and one key more on each side in others.

    >>> import posenc
    >>> Layer(posenc.build("rope"), window=512, kv_heads=2).window
    512
    """

    encoding: PositionalEncoding
    window: int | None = None
    chunk: int | None = None
    sink: bool = False
    log_scale: LogScale | None = None
    kv_heads: int | None = None
    rotate_values: bool = False
    latent: Latent | None = None
    scale: float | None = None

    def __post_init__(self) -> None:
        _check_kinds(self)
        for name in ("window", "chunk", "kv_heads"):
            _check_optional(name, getattr(self, name))
        if self.scale is not None:
            check_above("scale", self.scale)
        _check_together(self)


def check_pattern(pattern: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the pattern as a tuple, or raise unless it is a sequence of layers."""
    if not isinstance(pattern, Sequence) or isinstance(pattern, str):
        raise TypeError(f"pattern must be a list of Layer, one per layer; got {pattern!r}")
    for number, layer in enumerate(pattern):
        if not isinstance(layer, Layer):
            raise TypeError(f"entry {number} of the pattern must be a Layer; got {layer!r}")
    if not pattern:
        raise ValueError("a pattern needs one Layer or more; got an empty one")
    return tuple(pattern)


def axes(encoding: PositionalEncoding, pattern: tuple[Layer, ...] | None) -> int:
    """Return how many axes a position has, or raise where layers or the encoding disagree.

    ``encoding`` is that of the whole model, which acts on the embeddings alone in a pattern.
    """
    if pattern is None:
        return encoding.pos_dims
    if wrong := set(acts_on(type(encoding))) - {"embed"}:
        raise ValueError(
            f"beside a pattern, encoding acts on the embeddings alone; "
            f"{type(encoding).__name__} acts by {', '.join(sorted(wrong))}: put it in each Layer"
        )
    encodings = [encoding, *(layer.encoding for layer in pattern)]
    found = {one.pos_dims for one in encodings if acts_on(type(one))} or {1}
    counting = [one for one in pattern if one.window or one.chunk or one.log_scale]
    if len(found | {one.encoding.pos_dims for one in counting}) > 1:
        names = dict.fromkeys(f"{type(one).__name__} {one.pos_dims}" for one in encodings)
        raise ValueError(
            "all layers of a pattern must read positions with the same number of axes; "
            f"got {', '.join(names)}"
        )
    return found.pop()


# --- what is refused ------------------------------------------------------------------------


def _check_optional(name: str, size: int | None, optional: bool = True) -> None:
    if size is not None or not optional:
        check_count(name, size)  # type: ignore[arg-type]  # None is refused by its own sentence


def _check_kinds(layer: Layer) -> None:
    if not isinstance(layer.encoding, PositionalEncoding):
        raise TypeError(
            "a layer's encoding must be a PositionalEncoding, for example "
            f"posenc.build('none'); got {layer.encoding!r}"
        )
    for name, kind in (("log_scale", LogScale), ("latent", Latent)):
        value = getattr(layer, name)
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name} must be a {kind.__name__} or None; got {value!r}")
    for name in ("sink", "rotate_values"):
        if not isinstance(getattr(layer, name), bool):
            raise TypeError(f"{name} must be True or False; got {getattr(layer, name)!r}")


def _check_together(layer: Layer) -> None:
    """Raise for settings that contradict each other or the encoding."""
    kind, doors = type(layer.encoding), acts_on(type(layer.encoding))
    heads = layer.encoding.dims.n_heads
    if "embed" in doors:
        raise ValueError(
            f"{kind.__name__} acts on the embeddings, which no layer of a pattern does: "
            "write Transformer(that encoding, pattern=…) and give the layer posenc.build('none')"
        )
    if layer.window is not None and layer.chunk is not None:
        raise ValueError(f"give window or chunk, not both; got {layer.window} and {layer.chunk}")
    if layer.kv_heads is not None and heads % layer.kv_heads:
        raise ValueError(
            f"kv_heads must divide the encoding's n_heads={heads}; got {layer.kv_heads}"
        )
    if layer.rotate_values and "rotate" not in doors:
        raise ValueError(f"rotate_values needs an encoding that rotates; got {kind.__name__}")
    if layer.latent is not None:
        _check_latent(layer, layer.latent, doors)


def _check_latent(layer: Layer, latent: Latent, doors: tuple[str, ...]) -> None:
    if layer.kv_heads is not None or layer.rotate_values:
        raise ValueError(
            "latent attention has one latent vector for all heads, and its values are not "
            "rotated: leave kv_heads and rotate_values out"
        )
    if "bias" in doors:
        raise ValueError(
            f"latent attention takes an encoding that rotates; {type(layer.encoding).__name__} "
            "biases the scores"
        )
    d_head = layer.encoding.dims.d_head
    if latent.rotated >= d_head:
        raise ValueError(
            f"rotated must leave channels of d_head={d_head} that are not; got {latent.rotated}"
        )
    width = getattr(layer.encoding, "width", latent.rotated)
    if width != latent.rotated:
        raise ValueError(
            f"the encoding rotates {width} channels, latent says rotated={latent.rotated}: "
            f"build it with partial={latent.rotated}/{d_head}"
        )
