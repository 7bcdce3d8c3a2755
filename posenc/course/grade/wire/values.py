"""Values as text and bytes: what may pass between the teacher's process and a learner's.

Plain values, tensors and arrays only. Nothing is unpickled or evaluated, and whatever else
there is arrives as its name.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posenc.base import Dims

LONGEST = 1000  # characters of a text, items of an iterator
MOST_NUMBERS = 1_000_000  # of a tensor
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64,
        torch.complex128,
    )
}  # fmt: skip
Buffers = list[Any]  # the bytes of each tensor; None once it is made


class WireError(Exception):
    """What came from the other side cannot be read."""


class Opaque:
    """Something that stayed on the other side; here it has the name of its type."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def name_of(text: object) -> str:
    """Return a name that is safe to give to a class here."""
    name = str(text)[:40]
    return name if name.isidentifier() else "object"


def text_of(value: object) -> str:
    """Return what ``str`` says of a value, cut, and said otherwise where it raises."""
    try:
        text = str(value)
    except BaseException:
        return "with a text that cannot be read"
    return text[:LONGEST].encode("utf-8", "replace").decode()


# --- out ------------------------------------------------------------------------------------


def pack(value: Any, buffers: Buffers, objects: Callable[[Any, Buffers], Any]) -> Any:
    """Return ``value`` as JSON; ``objects`` packs what is neither number, text nor array."""
    if value is None or isinstance(value, bool):
        return value
    for kind, way in _WAYS:
        if isinstance(value, kind):
            return way(value, buffers, objects)
    return objects(value, buffers)


def _text(value: str, buffers: Buffers, objects: Any) -> Any:
    return value.encode("utf-8", "replace").decode()


def _number(value: float, buffers: Buffers, objects: Any) -> Any:
    return float(value) if isinstance(value, float) else int(value)


def _fraction(value: Fraction, buffers: Buffers, objects: Any) -> Any:
    return {"fraction": [int(value.numerator), int(value.denominator)]}


def _complex(value: complex, buffers: Buffers, objects: Any) -> Any:
    return {"complex": [value.real, value.imag]}


def _items(name: str) -> Callable[[Any, Buffers, Any], Any]:
    def way(value: Any, buffers: Buffers, objects: Any) -> Any:
        return {name: [pack(item, buffers, objects) for item in value]}

    return way


def _dict(value: dict[Any, Any], buffers: Buffers, objects: Any) -> Any:
    pairs = [[pack(part, buffers, objects) for part in pair] for pair in value.items()]
    return {"dict": pairs}


def _iterator(value: Iterator[Any], buffers: Buffers, objects: Any) -> Any:
    items = [item for item, _ in zip(value, range(LONGEST), strict=False)]
    return {"iterator": [pack(item, buffers, objects) for item in items]}


def _tensor(value: Tensor, buffers: Buffers, objects: Any) -> Any:
    about = {"shape": list(value.shape), "grad": value.requires_grad}
    name = str(value.dtype).removeprefix("torch.")
    if value.device.type == "meta" and name in DTYPES:
        return {"tensor": name, **about, "meta": True}
    if name not in DTYPES or value.is_quantized or value.is_nested:
        return {"opaque": "Tensor", "text": f"a tensor of {name}"}
    if value.numel() > MOST_NUMBERS:  # refused there, by its shape
        return {"tensor": name, **about, "buffer": None}
    plain = value.detach().cpu().to_dense().resolve_conj().resolve_neg()
    flat = plain.clone(memory_format=torch.contiguous_format).reshape(-1)
    buffers.append(flat.view(torch.uint8).numpy().tobytes() if len(flat) else b"")
    return {"tensor": name, **about, "buffer": len(buffers) - 1}


def _array(value: np.ndarray | np.generic, buffers: Buffers, objects: Any) -> Any:
    if value.dtype.kind not in "biufc":
        return {"opaque": type(value).__name__, "text": f"an array of {value.dtype}"}
    kind = "scalar" if isinstance(value, np.generic) else "array"
    about = {kind: value.dtype.str, "shape": list(np.shape(value))}
    if value.size > MOST_NUMBERS:  # refused there, by its shape
        return {**about, "buffer": None}
    buffers.append(np.ascontiguousarray(value).tobytes())
    return {**about, "buffer": len(buffers) - 1}


_WAYS: tuple[tuple[Any, Callable[[Any, Buffers, Any], Any]], ...] = (
    (np.generic, _array),  # before float: np.float64 is one
    (np.ndarray, _array),
    (Tensor, _tensor),
    (str, _text),
    ((int, float), _number),
    (Fraction, _fraction),
    (complex, _complex),
    (list, _items("list")),
    (tuple, _items("tuple")),
    ((set, frozenset), _items("set")),
    (dict, _dict),
    (torch.dtype, lambda value, buffers, objects: {"dtype": str(value)[6:]}),
    (Dims, lambda value, *_: {"dims": [value.d_model, value.n_heads, value.max_len]}),
    (Iterator, _iterator),
)


# --- in -------------------------------------------------------------------------------------


def unpack(told: Any, buffers: Buffers, objects: Callable[[Any, Buffers], Any]) -> Any:
    """Return the value that ``pack`` made JSON of; ``objects`` unpacks what it packed."""
    if isinstance(told, str):
        return told.encode("utf-8", "replace").decode()
    if not isinstance(told, dict):
        return told

    def many(items: Any) -> list[Any]:
        return [unpack(item, buffers, objects) for item in items]

    kinds: dict[str, Callable[[], Any]] = {
        "list": lambda: many(told["list"]),
        "tuple": lambda: tuple(many(told["tuple"])),
        "set": lambda: frozenset(many(told["set"])),
        "dict": lambda: dict(many(pair) for pair in told["dict"]),
        "iterator": lambda: (item for item in many(told["iterator"])),
        "fraction": lambda: Fraction(*map(int, told["fraction"])),
        "complex": lambda: complex(*told["complex"]),
        "dtype": lambda: DTYPES[told["dtype"]],
        "dims": lambda: Dims(*told["dims"]),
        "tensor": lambda: _a_tensor(told, buffers),
        "array": lambda: _an_array(told["array"], told, buffers),
        "scalar": lambda: _an_array(told["scalar"], told, buffers)[()],
        "opaque": lambda: type(name_of(told["opaque"]), (Opaque,), {})(str(told["text"])),
    }
    kind = next(iter(told))
    return kinds[kind]() if kind in kinds else objects(told, buffers)


def parted(raw: bytes, sizes: list[int]) -> Buffers:
    """Return the bytes of each tensor; raise ``WireError`` unless the sizes are those of all."""
    if min(sizes, default=0) < 0 or sum(sizes) != len(raw):
        raise WireError("sizes that are not those of the bytes")
    view, ends = memoryview(raw), itertools.accumulate(sizes)
    return [view[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _taken(told: Any, buffers: Buffers) -> memoryview:
    """Return the bytes of a tensor, which are no other's."""
    number = told["buffer"]
    raw, buffers[number] = buffers[number], None
    if raw is None:
        raise WireError("two tensors of the same bytes")
    return raw


def _shape(told: Any) -> list[int]:
    shape = [int(size) for size in told["shape"]]
    if min(shape, default=0) < 0:
        raise WireError("a shape below 0")
    return shape


def _a_tensor(told: Any, buffers: Buffers) -> Tensor:
    dtype, shape = DTYPES[told["tensor"]], _shape(told)
    if told.get("meta"):
        made = torch.empty(shape, dtype=dtype, device="meta")
    else:
        raw = _taken(told, buffers)
        if len(raw) != math.prod(shape) * dtype.itemsize:
            raise WireError("a tensor whose bytes do not fill its shape")
        whole = (
            torch.frombuffer(bytearray(raw), dtype=dtype) if raw else torch.empty(0, dtype=dtype)
        )
        made = whole.reshape(shape)
    return made.requires_grad_() if told["grad"] and made.is_floating_point() else made


def _an_array(dtype: str, told: Any, buffers: Buffers) -> np.ndarray:
    kind = np.dtype(str(dtype)[:4])  # a longer one would be of several
    if kind.kind not in "biufc":
        raise WireError(f"an array of {kind}")
    return np.frombuffer(_taken(told, buffers), dtype=kind).reshape(_shape(told)).copy()
