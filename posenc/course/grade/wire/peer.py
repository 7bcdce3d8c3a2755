"""One end of the wire: calls what lives on the other side, and answers its calls.

Both ends are alike. The teacher's end is given `Limits`, because it believes nothing.
"""

import contextlib
import json
import os
import select
import struct
from collections.abc import Callable, Iterator
from typing import Any

import torch

from posenc.course.grade.wire import errors
from posenc.course.grade.wire.changes import change, parts, state, touched
from posenc.course.grade.wire.limits import Limits, Meter
from posenc.course.grade.wire.remote import Objects
from posenc.course.grade.wire.values import Buffers, WireError, pack, parted, unpack

HEAD = struct.Struct(">II")
UNREADABLE = (KeyError, IndexError, TypeError, ValueError, ArithmeticError, RecursionError,
              AttributeError, RuntimeError, StopIteration, MemoryError)  # fmt: skip


TICK = 0.25  # seconds
AT_ONCE = 1 << 20  # bytes
GONE = "its program ended: stopped at a limit, or by itself"


class Ended(Exception):
    """The other side is gone."""


class Peer:
    """One end: two file descriptors, and the objects that are known on both sides.

    Whoever has a `tick` gives descriptors that never block, so that the tick always comes.
    """

    def __init__(
        self,
        source: int,
        sink: int,
        objects: Objects,
        limits: Limits | None = None,
        tick: Callable[[], None] | None = None,
    ) -> None:
        self.source, self.sink = source, sink
        self.meter = Meter(limits) if limits else None
        self.tick = tick  # called while the other side is waited for; may raise
        self.pid = os.getpid()
        self.sound = True  # False where a call was left half done
        self.objects, objects.ask, objects.limits = objects, self.ask, limits
        self.commands = objects.commands()

    def begin(self) -> None:
        """Let the next answer send as much as any may."""
        if self.meter is not None:
            self.meter.begin()

    # --- to the other side ---

    def ask(self, do: str, /, *args: Any, **named: Any) -> Any:
        """Return what the other side's command returns; raise what it raises."""
        values: list[Any] = [list(args), dict(named)]
        self.sound = False
        self._send({"do": do, "grad": torch.is_grad_enabled()}, values)
        head, buffers = self._receive()
        while "do" in head:
            self._serve(head, buffers)
            self.sound = False
            head, buffers = self._receive()
        with _read_errors():
            error = errors.made(head["error"]) if "error" in head else None
            result, after = (None, []) if error else self._read(head["values"], buffers)
        self.sound = True
        if error:
            raise error
        self._written_to(values, after)
        return result

    def _written_to(self, values: list[Any], after: list[Any]) -> None:
        """Give the arguments what was done to them there."""
        arguments = list(parts(values))
        for number, new in after:
            with _read_errors():
                change(arguments[number], new)

    # --- from the other side ---

    def serve(self) -> None:
        """Answer until the other side is gone."""
        with contextlib.suppress(Ended):
            while True:
                self._serve(*self._receive())

    def _serve(self, head: dict[str, Any], buffers: Buffers) -> None:
        try:
            if self.meter is not None:
                self.meter.call_back(head["values"], head["bytes"])
            values = self._read(head["values"], buffers)
            before = [state(part) for part in parts(values)]
            with torch.set_grad_enabled(bool(head["grad"])):
                result = self.commands[head["do"]](*values[0], **values[1])
            pairs = zip(parts(values), before, strict=True)
            changed = [[i, part] for i, (part, old) in enumerate(pairs) if state(part) != old]
            self._send({}, [result, [[i, touched(part)] for i, part in changed]])
        except errors.caught(self.meter is None) as error:
            self._send({"error": errors.told(error)}, [])

    # --- the wire ---

    def _send(self, head: dict[str, Any], values: list[Any]) -> None:
        buffers: Buffers = []
        head = {**head, "values": pack(values, buffers, self.objects.described)}
        head["sizes"] = [len(part) for part in buffers]
        text = json.dumps(head).encode()
        if os.getpid() != self.pid:
            os._exit(0)  # a copy of this process that an answer made has no say here
        self._give(HEAD.pack(len(text), sum(head["sizes"])) + text + b"".join(buffers))

    def _receive(self) -> tuple[dict[str, Any], Buffers]:
        text_size, raw_size = HEAD.unpack(self._take(HEAD.size))
        if self.meter is not None:
            self.meter.expect(text_size, raw_size)
        text, raw = self._take(text_size), self._take(raw_size)
        with _read_errors():
            head = json.loads(text)
            if self.meter is not None:
                self.meter.look(head)
            head["bytes"] = text_size + raw_size
            return head, parted(raw, head["sizes"])

    def _take(self, size: int) -> bytes:
        taken = []
        while size:
            part = self._try(os.read, self.source, min(size, AT_ONCE))
            if not part:
                raise Ended(GONE)
            taken.append(part)
            size -= len(part)
        return b"".join(taken)

    def _give(self, raw: bytes) -> None:
        view = memoryview(raw)
        while view:
            view = view[self._try(os.write, self.sink, view[:AT_ONCE]) :]

    def _try(self, do: Callable[[int, Any], Any], end: int, what: Any) -> Any:
        """Read or write once the other side is ready; tick meanwhile, and once in any case."""
        sources, sinks = ([end], []) if do is os.read else ([], [end])
        while True:
            if self.tick is not None:
                select.select(sources, sinks, [], TICK)
                self.tick()
            try:
                return do(end, what)
            except BlockingIOError:  # not ready, or another took what was there
                continue
            except ConnectionError:
                raise Ended(GONE) from None

    def _read(self, told: Any, buffers: Buffers) -> Any:
        with _read_errors():
            return unpack(told, buffers, self.objects.made)


@contextlib.contextmanager
def _read_errors() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise WireError(f"what came back cannot be read: {error or type(error).__name__}") from None
