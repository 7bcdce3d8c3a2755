"""Would an encoding work on a GPU? Tried on the CPU, with tensors that count as elsewhere."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from posenc.base import Dims, PositionalEncoding, knows_distance_alone
from posenc.check.lesson_11.own_class import is_stand_in

B, N = 3, 7
GPU = torch.device("meta")  # its name: no tensor is made there
HOME = {"cpu", "tolist", "item", "__bool__", "__int__", "__float__", "__len__", "__repr__"}
MIXED = {"copy_", "__getitem__", "__setitem__", "new_tensor"}  # take others beside a GPU's
LIKE = {"expand_as", "view_as", "reshape_as"}  # take no more than a shape of the other


class OnCPU(Exception):
    """Something on the CPU met what is elsewhere; the text is cause and remedy, if known."""


class Elsewhere(TorchFunctionMode):
    """Keep a book on each tensor: is it on the other device, or an attribute left behind?"""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Call the function, unless a GPU would refuse it."""
        named, name = dict(kwargs or {}), getattr(func, "__name__", "")
        tensors = [*_tensors((args, named))]
        marks = [mark(part) for part in tensors]
        if func == Tensor.device.__get__:
            return GPU if GPU in marks else torch.device("cpu")
        there = _there(name, marks, tensors)
        moved = GPU in args or named.get("device") == GPU
        args = tuple(part for part in args if not _is_gpu(part))
        named |= {"device": None} if moved and "device" in named else {}
        found = func(*args, **named) if name != "to" or len(args) + len(named) > 1 else args[0]
        if name in ("to", "cpu", "type_as") and found is args[0]:
            found = found.clone()
        where = GPU if (there and name not in HOME) or moved else next(filter(None, marks), "")
        for part in _tensors(found):
            part._where = "" if name in HOME else where  # type: ignore[attr-defined]
        return found


def _there(name: str, marks: list[Any], tensors: list[Tensor]) -> bool:
    """Return whether the result would lie on the GPU; raise where tensors may not meet."""
    if name in ("to", "type_as") and len(marks) > 1:  # x.to(other)
        return bool(marks[1] == GPU)
    if name in LIKE or (name in MIXED and marks[0] == GPU):
        return bool(marks[0] == GPU)
    if GPU not in marks:
        return False
    if name in ("numpy", "__array__"):
        raise OnCPU("NumPy reads the CPU only; write .cpu().numpy(), and end with .to(device)")
    for where, part in zip(marks, tensors, strict=True):
        if where != GPU and part.dim():
            raise OnCPU(where)
    return True


def _is_gpu(part: object) -> bool:
    return isinstance(part, torch.device) and part == GPU


def mark(part: Tensor) -> Any:
    """Return where a tensor lies: the GPU, nothing special, or what to do about it."""
    return vars(part).get("_where", "")


def _tensors(parts: Any) -> Iterator[Tensor]:
    if isinstance(parts, Tensor):
        yield parts
    elif isinstance(parts, (list, tuple)):
        for part in parts:
            yield from _tensors(part)
    elif isinstance(parts, dict):
        yield from _tensors(list(parts.values()))


def examine_device(cls: type[PositionalEncoding], dims: Dims) -> tuple[str, bool]:
    """Return what to say of other devices than the CPU, and whether it would fail there."""
    if is_stand_in(cls):  # nobody there can hear of another device
        return "", False
    encoding = cls(dims).eval()
    for part in (*encoding.parameters(), *encoding.buffers()):
        part._where = GPU  # type: ignore[attr-defined]
    for module in encoding.modules():
        for name, value in vars(module).items():
            if isinstance(value, Tensor):
                value._where = f"{name} stays on the CPU; keep it with register_buffer"  # type: ignore[attr-defined]
    try:
        _use(encoding)
    except OnCPU as cause:
        distance = "distance" if knows_distance_alone(cls) else "x"
        made = "it makes a tensor on the CPU; write device="
        said = str(cause) or f"{made}{distance}.device in torch.arange and the like"
        return f"; on a GPU it would fail: {said}", True
    except Exception:
        return "; other devices than the CPU could not be tried", False
    return "", False


def _use(encoding: PositionalEncoding) -> None:
    """Call the doors as if on a GPU; raise OnCPU where one would raise."""
    dims, pos = encoding.dims, torch.arange(N)
    x, q = torch.zeros(B, N, dims.d_model), torch.zeros(B, dims.n_heads, N, dims.d_head)
    for part in (pos, x, q):
        part._where = GPU  # type: ignore[attr-defined]
    with Elsewhere():
        found = (
            encoding.embed(x, pos),
            encoding.rotate(q, q, pos, pos),
            encoding.bias(q, q, pos, pos),
        )
    for part in _tensors(found):
        if mark(part) != GPU:
            raise OnCPU(mark(part))
