"""What every positional encoding is: sizes, three doors, and one place to register."""

import inspect
from dataclasses import dataclass, fields
from typing import ClassVar

import torch
from torch import Tensor, nn

from posenc.functional import check_numbers, distance

__all__ = ["ENCODINGS", "Dims", "PositionalEncoding", "acts_on", "build", "register"]

PROMISES = frozenset({"relative", "cache", "real positions", "causal only"})
DOORS = ("embed", "rotate", "bias")


@dataclass(frozen=True)
class Dims:
    """The sizes that an encoding may depend on.

    ``max_len`` is what a table must hold: beyond it a table encoding raises
    ``ValueError``; the others know no limit.

    Raises ``TypeError`` for a size that is no integer, and ``ValueError`` for one below 1
    or a width that the heads do not divide.

    >>> Dims(d_model=32, n_heads=4).d_head
    8
    """

    d_model: int = 64
    n_heads: int = 4
    max_len: int = 128

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{field.name} must be an integer; got {value!r}")
            if value < 1:
                raise ValueError(f"{field.name} must be at least 1; got {value}")
        if self.d_model % self.n_heads:
            raise ValueError(
                f"d_model must be a multiple of n_heads, so that every head has one width; "
                f"got d_model={self.d_model}, n_heads={self.n_heads}"
            )

    @property
    def d_head(self) -> int:
        """The width of one head."""
        return self.d_model // self.n_heads


class PositionalEncoding(nn.Module):
    """Where a Transformer can learn about order: three doors, each doing nothing by default.

    A scheme overrides the door it uses; the class itself, unchanged, is NoPE.
    In the model, ``scores = rotate(q) · rotate(k) / √d_head + bias(q, k, …)``, with the
    bias made from *unrotated* queries and keys.

    >>> x, pos = torch.randn(2, 3, 64), torch.arange(3)
    >>> PositionalEncoding(Dims()).embed(x, pos) is x
    True
    """

    name: ClassVar[str] = ""  # the key in ENCODINGS
    label: ClassVar[str] = ""  # what readers see
    paper: ClassVar[str] = ""  # author, year, arXiv
    pos_dims: ClassVar[int] = 1  # 2: positions are (..., n, 2), rows and columns of a grid
    promises: ClassVar[frozenset[str]] = frozenset()  # some of PROMISES; tests hold them

    def __init__(self, dims: Dims) -> None:
        super().__init__()
        self.dims = dims

    def embed(self, x: Tensor, pos: Tensor) -> Tensor:
        """Return the embeddings, told their positions: (b, n, d), (n,) or (b, n) -> (b, n, d)."""
        return x

    def rotate(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> tuple[Tensor, Tensor]:
        """Return queries and keys, turned: (b, h, q, dh), (b, h, k, dh) -> the same shapes."""
        return q, k

    def bias(self, q: Tensor, k: Tensor, q_pos: Tensor, k_pos: Tensor) -> Tensor | None:
        """Return what is added to the scores, broadcastable to (b, h, q, k), or None."""
        if not knows_distance_alone(type(self)):
            return None
        apart = distance(q_pos, k_pos)  # (q, k) or (b, 1, q, k)
        values = self.bias_by_distance(apart.flatten())  # (h, q·k) or (h, b·q·k)
        if apart.dim() == 2:
            return values.unflatten(-1, apart.shape)  # (h, q, k)
        return values.unflatten(-1, apart[:, 0].shape).transpose(0, 1)  # (b, h, q, k)

    def bias_by_distance(self, distance: Tensor) -> Tensor:
        """Return the bias of each head at distances query minus key: (m,) -> (h, m).

        Optional: define it instead of ``bias`` where the distance alone decides. A text of n
        words then needs 2n − 1 numbers a head, not n².
        """
        raise NotImplementedError(f"{type(self).__name__} knows no bias by distance")

    def check(self, x: Tensor, pos: Tensor) -> None:
        """Raise unless ``x`` is (b, n, d_model) and ``pos`` fits it in shape and device."""
        check_embeddings(x, self.dims.d_model)
        check_positions(pos, x.shape[0], x.shape[1], x.device, self.pos_dims)


def check_embeddings(x: Tensor, d_model: int) -> None:
    """Raise unless ``x`` is (b, n, d_model) and can hold a code."""
    if x.dim() != 3 or x.shape[-1] != d_model:
        raise ValueError(f"x must be (b, n, d_model) with d_model={d_model}; got {tuple(x.shape)}")
    if not x.is_floating_point():
        raise TypeError(f"x must hold floating-point numbers; got {x.dtype}: use x.float()")


def check_positions(pos: Tensor, b: int, n: int, device: torch.device, pos_dims: int = 1) -> None:
    """Raise unless ``pos`` is (n,) or (b, n) numbers (with a last axis of 2 on a grid)."""
    check_numbers(pos)
    tail = () if pos_dims == 1 else (pos_dims,)
    wanted = ((n, *tail), (b, n, *tail))
    if tuple(pos.shape) not in wanted:
        raise ValueError(
            f"pos must be of shape {wanted[0]} or {wanted[1]} for {b} sequences of {n}"
            f"{'' if pos_dims == 1 else ', row and column'}; "
            f"got {tuple(pos.shape)}"
        )
    if pos.device != device:
        raise ValueError(f"pos is on {pos.device} but x is on {device}: use pos.to(x.device)")


ENCODINGS: dict[str, type[PositionalEncoding]] = {}  # in teaching order


def register(cls: type[PositionalEncoding]) -> type[PositionalEncoding]:
    """Put a class into ENCODINGS, so that every test, table, plot and training run has it.

    A decorator. Running the cell again replaces the class; a name that another class holds
    is refused.

    Raises ``TypeError`` for what is no PositionalEncoding and ``ValueError`` for a missing
    or taken name, a missing label, or an unknown promise.

    >>> @register
    ... class Nothing(PositionalEncoding):
    ...     name, label = "nothing", "Nothing"
    >>> ENCODINGS.pop("nothing").__name__
    'Nothing'
    """
    if not (isinstance(cls, type) and issubclass(cls, PositionalEncoding)):
        raise TypeError(f"register takes a subclass of PositionalEncoding; got {cls!r}")
    for attribute in ("name", "label"):
        if not cls.__dict__.get(attribute):
            raise ValueError(
                f"{cls.__name__} needs its own {attribute}: write {attribute} = '…' in it"
            )
    if unknown := frozenset(cls.promises) - PROMISES:
        raise ValueError(
            f"{cls.__name__} promises {sorted(unknown)}; known promises are {sorted(PROMISES)}"
        )
    held = ENCODINGS.get(cls.name)
    if held and _origin(held) != _origin(cls):
        raise ValueError(
            f"the name {cls.name!r} belongs to {held.__qualname__}: choose another name"
        )
    ENCODINGS[cls.name] = cls
    return cls


def _origin(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def build(name: str, dims: Dims = Dims(), **options: object) -> PositionalEncoding:
    """Return a new encoding by its registered name.

    Raises ``ValueError`` for an unknown name (listing the known ones), and whatever the
    class raises for its options.

    >>> build("sinusoidal").label
    'sinusoidal'
    """
    if name not in ENCODINGS:
        raise ValueError(f"no encoding is called {name!r}; registered are: {', '.join(ENCODINGS)}")
    if not isinstance(dims, Dims):
        raise TypeError(f"dims must be a Dims(d_model, n_heads, max_len); got {dims!r}")
    try:
        return ENCODINGS[name](dims, **options)
    except TypeError as error:
        if options and "unexpected keyword" in str(error):
            known = list(inspect.signature(ENCODINGS[name]).parameters)[1:]
            unknown = [repr(option) for option in options if option not in known]
            takes = f"its options are {', '.join(known)}" if known else "it has no options"
            raise TypeError(f"{name!r} does not take {', '.join(unknown)}: {takes}") from None
        raise


def acts_on(cls: type[PositionalEncoding]) -> tuple[str, ...]:
    """Return which of the three doors a class uses, read off the class.

    >>> acts_on(ENCODINGS["sinusoidal"]), acts_on(ENCODINGS["none"])
    (('embed',), ())
    """
    used = [door for door in DOORS if getattr(cls, door) is not getattr(PositionalEncoding, door)]
    if knows_distance_alone(cls):
        used.append("bias")
    return tuple(dict.fromkeys(used))


def knows_distance_alone(cls: type[PositionalEncoding]) -> bool:
    """Return whether a class defines ``bias_by_distance``."""
    return cls.bias_by_distance is not PositionalEncoding.bias_by_distance


def on_trial(encoding: PositionalEncoding) -> PositionalEncoding:
    """Return the encoding without its promise 'causal only': the toy tasks try it both ways.

    >>> sorted(on_trial(build("fire")).promises)
    ['cache', 'real positions']
    """
    vars(encoding)["promises"] = encoding.promises - {"causal only"}  # of this one, not its class
    return encoding
