"""Functions, classes and modules on the wire: here a stand-in, there the thing itself."""

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

import torch
from torch import Tensor, nn

from posenc.base import DOORS, PositionalEncoding
from posenc.course.grade.wire.limits import Limits
from posenc.course.grade.wire.values import Buffers, WireError, name_of, pack, text_of, unpack

DOORS_TO = (*DOORS, "bias_by_distance")
METHODS = ("train", "eval", "to", "cpu", "half", "bfloat16", "float", "double", "zero_grad",
           "requires_grad_", "state_dict", "load_state_dict")  # fmt: skip
GRAPHS = 8  # the calls that gradients can still flow back through


class Objects:
    """What each side knows of the other by number, and what the other may ask of this one."""

    def __init__(self) -> None:
        self.here: list[Any] = []  # what lives here, and is known there by its number
        self.there: dict[int, Any] = {}  # the number of what lives there -> what stands for it
        self.graphs: dict[int, tuple[list[Tensor], list[Tensor]]] = {}
        self.numbers = itertools.count()
        self.held: dict[int, int] = {}  # the number of a module there -> those in its tensors
        self.ask: Callable[..., Any]  # the wire's: a `Peer` that is handed these sets both
        self.limits: Limits | None

    def described(self, value: Any, buffers: Buffers) -> Any:
        """Return what the other side is told of a function, a class, a module, or anything else."""
        for number, known in self.there.items():
            if known is value:
                return {"back": number}
        if isinstance(value, nn.Module):
            return {"module": self._number(value), **self._module(value, buffers)}
        if isinstance(value, type):
            return {"class": self._number(value), **_class(value, buffers)}
        if callable(value):
            name = text_of(getattr(value, "__name__", "answer"))
            return {"function": self._number(value), "name": name, "signature": _signature(value)}
        return {"opaque": type(value).__name__, "text": text_of(repr(value))}

    def made(self, told: Any, buffers: Buffers) -> Any:
        """Return what stands here for a thing of the other side, the same each time."""
        if "back" in told:
            return self.here[told["back"]]
        kind = next(iter(told))
        number = int(told[kind])
        if kind == "module":
            of = self.made(told["of"], buffers)
            if number not in self.there:
                self._refuse_more(self.there)
                self.there[number] = of.__new__(of)
            return _renewed(self.there[number], self, number, told, buffers)
        if number not in self.there:
            self._refuse_more(self.there)
            make = {"function": _function, "class": _a_class}[kind]
            self.there[number] = make(self, number, told, buffers)
        return self.there[number]

    def commands(self) -> dict[str, Callable[..., Any]]:
        """Return what the other side may ask of this one."""
        return {"call": self._call, "method": self._method, "grad": self._grad}

    def _number(self, value: Any) -> int:
        for number, known in enumerate(self.here):
            if known is value:
                return number
        self._refuse_more(self.here)
        self.here.append(value)
        return len(self.here) - 1

    def hold(self, number: int, tensors: Iterable[Tensor]) -> None:
        """Take note of a module's tensors; raise ``WireError`` if all modules have too many."""
        self.held[number] = sum(part.numel() for part in tensors)
        if self.limits is not None and sum(self.held.values()) > self.limits.numbers:
            raise WireError(f"the modules hold more than {self.limits.numbers} numbers")

    def _refuse_more(self, known: Sized) -> None:
        if self.limits is not None and len(known) >= self.limits.objects:
            raise WireError(f"more than {self.limits.objects} functions, classes and modules")

    def _module(self, value: nn.Module, buffers: Buffers) -> dict[str, Any]:
        plain = {name: part for name, part in vars(value).items() if isinstance(part, Tensor)}
        parts = {
            "parameters": dict(value.named_parameters()),
            "buffers": dict(value.named_buffers()),
            "tensors": plain,
        }
        return {
            "of": self.described(type(value), buffers),
            "training": bool(value.training),
            "parts": pack(parts, buffers, lambda part, _: None),
        }

    def _call(self, number: int, training: bool | None, /, *args: Any, **named: Any) -> Any:
        thing = self.here[number]
        if training is not None:
            thing.train(training)
        found = thing(*args, **named)
        parameters = thing.parameters() if isinstance(thing, nn.Module) else []
        inputs = _with_gradients((*args, *named.values(), *parameters))
        outs = _with_gradients(found if isinstance(found, (tuple, list)) else [found])
        if not inputs or not outs:
            return found, None
        graph = next(self.numbers)
        self.graphs[graph] = outs, inputs
        self.graphs.pop(graph - GRAPHS, None)
        return found, graph

    def _method(self, number: int, name: str, /, *args: Any, **named: Any) -> Any:
        if name not in (*METHODS, *DOORS_TO):
            raise WireError(f"no method {name!r} can be called from afar")
        return getattr(self.here[number], name)(*args, **named)

    def _grad(self, number: int, out: int, gradient: Tensor) -> Any:
        outs, inputs = self.graphs[number]
        return torch.autograd.grad(
            outs[out], inputs, gradient, allow_unused=True, retain_graph=True
        )


# --- what a thing says of itself --------------------------------------------------------------


def _class(value: type, buffers: Buffers) -> dict[str, Any]:
    kind = "module" if issubclass(value, nn.Module) else "other"
    doors: list[str] = []
    promises: Any = frozenset()
    if issubclass(value, PositionalEncoding):
        kind, promises = "encoding", value.promises
        doors = [door for door in DOORS_TO
                 if getattr(value, door) is not getattr(PositionalEncoding, door)]  # fmt: skip
    return {
        "name": value.__name__,
        "signature": _signature(value),
        "kind": kind,
        "doors": doors,
        "promises": pack(promises, buffers, lambda part, _: None),
    }


def _signature(value: Any) -> list[list[Any]] | None:
    try:
        parameters = inspect.signature(value).parameters.values()
    except Exception:  # some callables do not say, and an answer may raise anything
        return None
    return [[p.name, int(p.kind), p.default is not p.empty] for p in parameters]


# --- stand-ins --------------------------------------------------------------------------------


def _function(objects: Objects, number: int, told: Any, buffers: Buffers) -> Callable[..., Any]:
    def remote(*args: Any, **named: Any) -> Any:
        return _call(objects, number, None, {}, args, named)

    remote.__name__ = remote.__qualname__ = name_of(told["name"])
    _sign(remote, told["signature"])
    return remote


def _sign(remote: Any, told: Any) -> None:
    if told is None:
        return
    kinds = list(inspect._ParameterKind)
    parameters = [
        inspect.Parameter(name, kinds[kind], default=None if optional else inspect.Parameter.empty)
        for name, kind, optional in told[:100]
    ]
    remote.__signature__ = inspect.Signature(parameters)


class RemoteType(type):
    """The type of a class that lives on the other side: made there, its instances stay there."""

    objects: Objects
    number: int

    def __call__(cls, *args: Any, **named: Any) -> Any:
        """Return a stand-in for a new instance, made on the other side."""
        return cls.objects.ask("call", cls.number, None, *args, **named)[0]


def _a_class(objects: Objects, number: int, told: Any, buffers: Buffers) -> type:
    bases = {"module": (RemoteModule,), "encoding": (RemoteModule, PositionalEncoding)}
    body: dict[str, Any] = {"objects": objects, "number": number}
    if told["kind"] == "encoding":
        promises = unpack(told["promises"], buffers, lambda part, _: None)
        doors = [door for door in DOORS_TO if door in told["doors"]]
        body |= {"promises": promises, **{door: _method(door) for door in doors}}
    cls = RemoteType(name_of(told["name"]), bases.get(told["kind"], ()), body)
    _sign(cls, told["signature"])
    return cls


def _method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **named: Any) -> Any:
        return self.at.ask("method", self.known_as, name, *args, **named)

    method.__name__ = name
    return method


class RemoteModule(nn.Module):
    """Stands for a module of the other side; its parts are copies, its calls go there."""

    at: Objects
    known_as: int
    seen: dict[str, Any]

    def forward(self, *args: Any, **named: Any) -> Any:
        """Return what the module there returns."""
        changed = self.training != self.seen["training"]
        training = bool(self.training) if changed else None
        return _call(self.at, self.known_as, training, self.seen["parameters"], args, named)

    def named_parameters(self, *_: Any, **__: Any) -> Iterator[tuple[str, nn.Parameter]]:
        """Yield copies of the parameters there."""
        yield from self.seen["parameters"].items()

    def named_buffers(self, *_: Any, **__: Any) -> Iterator[tuple[str, Tensor]]:
        """Yield copies of the buffers there."""
        yield from self.seen["buffers"].items()


for _name in METHODS:
    setattr(RemoteModule, _name, _method(_name))


def _renewed(module: Any, objects: Objects, number: int, told: Any, buffers: Buffers) -> Any:
    """Return the stand-in as the thing is now."""
    parts = unpack(told["parts"], buffers, lambda part, _: None)
    parameters = {
        name: nn.Parameter(part.detach(), part.requires_grad)
        for name, part in parts["parameters"].items()
    }
    objects.hold(number, (part for of in parts.values() for part in of.values()))
    seen = {"training": bool(told["training"]), "parameters": parameters,
            "buffers": parts["buffers"], "start": {}}  # fmt: skip
    if "at" not in vars(module):
        nn.Module.__init__(module)
    for name in vars(module).get("seen", {}).get("plain", ()):
        vars(module).pop(name, None)
    plain = {name: part for name, part in parts["tensors"].items() if not hasattr(module, name)}
    seen["plain"] = plain
    seen["start"] = {name: part.detach().clone() for name, part in parameters.items()}
    vars(module).update(plain, at=objects, known_as=number, seen=seen, training=seen["training"])
    return module


# --- calls ------------------------------------------------------------------------------------


def _call(
    objects: Objects, number: int, training: bool | None, parameters: Any, args: Any, named: Any
) -> Any:
    """Return what the thing there returns, so that gradients flow through it."""
    inputs = _with_gradients((*args, *named.values(), *parameters.values()))
    found, graph = objects.ask("call", number, training, *args, **named)
    if graph is None or not inputs:
        return found
    if isinstance(found, Tensor):
        return _Through.apply(objects, graph, 0, found.detach(), *inputs)
    order = {id(part): i for i, part in enumerate(_with_gradients(found))}
    return type(found)(
        _Through.apply(objects, graph, order[id(part)], part.detach(), *inputs)
        if id(part) in order else part for part in found
    )  # fmt: skip


class _Through(torch.autograd.Function):
    """The backward pass of a call, done where the call was."""

    @staticmethod
    def forward(
        ctx: Any, objects: Objects, graph: int, out: int, found: Tensor, *inputs: Any
    ) -> Any:
        ctx.objects, ctx.graph, ctx.out = objects, graph, out
        return found.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        return None, None, None, None, *ctx.objects.ask("grad", ctx.graph, ctx.out, gradient)


def _with_gradients(parts: Any) -> list[Tensor]:
    return [part for part in parts if isinstance(part, Tensor) and part.requires_grad]
