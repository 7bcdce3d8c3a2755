"""What a call does to its arguments, so that it can be done to them on the other side, too."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from posenc.course.grade.wire.remote import RemoteModule
from posenc.course.grade.wire.values import Buffers, pack


def parts(values: list[Any]) -> Iterator[Any]:
    """Yield the arguments that a call can change, in an order that both sides share."""
    for part in (*values[0], *values[1].values()):
        if isinstance(part, (Tensor, list, dict, nn.Module)):
            yield part


def state(part: Any) -> Any:
    """Return what can be compared to see whether an argument was changed."""
    if isinstance(part, Tensor):
        raw: Buffers = []
        return pack(part, raw, lambda *_: None), raw
    if isinstance(part, nn.Module):
        return _of_module(part)
    if isinstance(part, dict):
        return {key: state(item) for key, item in part.items()}
    return [state(item) for item in part] if isinstance(part, list) else part


def change(part: Any, new: Any) -> None:
    """Make an argument what it has become on the other side."""
    if isinstance(part, list):
        part[:] = list(new)
    elif isinstance(part, dict):
        part.clear()
        part.update(new)
    elif isinstance(part, Tensor):
        part.data = new.detach()
    else:
        _put(part, new)


def _of_module(module: nn.Module) -> Any:
    """Return what can be compared to see whether a stand-in was changed."""
    return repr(touched(module)) if isinstance(module, RemoteModule) else None


def touched(part: Any) -> Any:
    """Return what the owner of a module must be told; anything else as it is."""
    if not isinstance(part, RemoteModule):
        return part
    parameters = part.seen["parameters"]
    moved = {name: now.detach() for name, now in parameters.items()
             if not torch.equal(now, part.seen["start"][name])}  # fmt: skip
    grads = {name: now.grad for name, now in parameters.items() if now.grad is not None}
    return {"training": bool(part.training), "moved": moved, "grads": grads}


def _put(module: nn.Module, new: Any) -> None:
    """Do to a module what was done to its stand-in."""
    module.train(new["training"])
    parameters = dict(module.named_parameters())
    for name, value in new["moved"].items():
        parameters[name].data.copy_(value)
    for name, value in new["grads"].items():
        parameters[name].grad = value
