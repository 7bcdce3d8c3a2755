"""How much the other side may send: counted before anything is made of it.

Each value becomes an object here; each number takes up to eight bytes, and a checker may hold
several copies of it; some calls cost the square of what they are given.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from posenc.course.grade.wire.values import MOST_NUMBERS, WireError

STAND_INS = {"function", "class", "module", "opaque"}  # each costs as much as some fifty values


@dataclass(frozen=True)
class Limits:
    """The most that one message may hold, and all messages of an answer.

    Of all correct answers and known mistakes the largest sent 2.3 kB of text, 158 values and
    43 200 numbers at once, 11 124 values, 156 600 numbers and 601 messages in all, and 1.3 kB
    in a call back.
    """

    text: int = 2_000_000  # bytes, without tensors
    raw: int = 16_000_000  # bytes of tensors
    values: int = 50_000  # numbers, texts, lists
    numbers: int = MOST_NUMBERS  # in tensors
    objects: int = 1_000  # functions, classes, modules; so many are also known at most
    keys: int = 1_000  # of a dict or set: all may collide, and then cost the square
    dims: int = 16  # of a tensor
    together: int = 4  # all messages of an answer hold at most so many times the above
    messages: int = 20_000  # of an answer
    call: int = 50_000  # bytes of a call back
    number: int = 20_000  # the largest in a call back


SAID = {
    "text": "{} bytes of texts and lists",
    "raw": "{} bytes of tensors",
    "values": "{} numbers, texts and lists",
    "numbers": "tensors of {} numbers",
    "objects": "{} functions, classes and modules",
    "keys": "a dict or set of {} items",
    "dims": "a tensor of {} dimensions",
    "messages": "{} results and calls back",
}
SUMMED = ("raw", "values", "numbers", "objects")


class Meter:
    """Counts what comes while one answer is judged; raises ``WireError`` at the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.begin()

    def begin(self) -> None:
        """Forget what came: the next answer has its own."""
        self.came: Counter[str] = Counter()

    def expect(self, text: int, raw: int) -> None:
        """Take note of a message of so many bytes, which has yet to be read."""
        self.came["messages"] += 1
        self._note({"messages": self.came["messages"], "text": text, "raw": raw})

    def look(self, head: Any) -> None:
        """Take note of what a message holds, which has yet to be unpacked."""
        self._note(amount_of(head))

    def call_back(self, values: Any, size: int) -> None:
        """Raise for a call back, of so many bytes, that would cost memory or time here."""
        many = any(isinstance(part, (int, float)) and abs(part) > self.limits.number
                   for part in _parts(values))  # fmt: skip
        if many or size > self.limits.call:
            raise WireError("an answer called what it was given with too much at once")

    def _note(self, found: dict[str, int]) -> None:
        for kind, many in found.items():
            most = getattr(self.limits, kind)
            _refuse(kind, many, most)
            if kind in SUMMED:
                self.came[kind] += many
                _refuse(kind, self.came[kind], most * self.limits.together, "in all its calls ")


def amount_of(told: Any) -> dict[str, int]:
    """Return how much of each kind a message holds, which is given as JSON."""
    found = dict.fromkeys(("values", "numbers", "objects", "keys", "dims"), 0)
    for part in _parts(told):
        found["values"] += 1
        if not isinstance(part, dict):
            continue
        found["objects"] += not STAND_INS.isdisjoint(part)
        found["keys"] = max(found["keys"], *(len(part.get(kind, ())) for kind in ("dict", "set")))
        if shape := part.get("shape"):
            found["dims"] = max(found["dims"], len(shape))
            # a side of 0 counts as 1: a sum over it would leave the others
            found["numbers"] += math.prod(max(1, int(size)) for size in shape[:64])
    return found


def _parts(told: Any) -> Iterator[Any]:
    todo = [told]
    while todo:
        part = todo.pop()
        yield part
        if isinstance(part, (dict, list)):
            todo += part.values() if isinstance(part, dict) else part


def _refuse(kind: str, found: int, most: int, when: str = "") -> None:
    if found > most:
        what = SAID[kind].format(_written(found))
        raise WireError(f"the answer returned {when}{what}; at most {_written(most)} are judged")


def _written(number: int) -> str:
    return f"{number:,}".replace(",", " ") if number >= 10_000 else str(number)
