"""The cases that an answer is tried on: one generator, for the notebook and for a class.

A checker states each case once, with the room that it has: ``draw.near(40, 10)`` is 40 in every
notebook, and a whole number from 30 to 50 for a grader. The grader draws by a number that the
answers cannot know, the same for a whole class, so that counting calls or keeping a table of
results earns nothing, and a mark can be repeated.
"""

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import torch

T = TypeVar("T")
TRIES = 1000  # draws of one case before its checker gives up
_number: int | None = None  # None: the cases of the notebook


class Draw:
    """What a checker draws its cases from; without a number each draw is its first argument."""

    def __init__(self, name: str, number: int | None = None) -> None:
        self.is_drawn = number is not None
        self._random = random.Random(f"{number} {name}")

    def near(self, value: int, room: int, step: int = 1) -> int:
        """Return a whole number at most ``room`` steps from ``value``.

        >>> Draw("a").near(40, 10), 30 <= Draw("a", 7).near(40, 10) <= 50
        (40, True)
        """
        return value + step * self._random.randint(-room, room) if self.is_drawn else value

    def one_of(self, first: T, *others: T) -> T:
        """Return one of these, the first in a notebook.

        >>> Draw("a").one_of("cat", "dog")
        'cat'
        """
        return self._random.choice((first, *others)) if self.is_drawn else first

    def between(self, value: float, low: float, high: float) -> float:
        """Return a real number from ``low`` to ``high``, ``value`` in a notebook.

        >>> Draw("a").between(0.5, 0, 1)
        0.5
        """
        return self._random.uniform(low, high) if self.is_drawn else value

    def shuffled(self, items: Iterable[T]) -> tuple[T, ...]:
        """Return the items in an order of chance, in their own in a notebook.

        >>> Draw("a").shuffled("abc")
        ('a', 'b', 'c')
        """
        found = list(items)
        if self.is_drawn:
            self._random.shuffle(found)
        return tuple(found)

    def again(self, items: Sequence[T], share: float = 0.3) -> tuple[T, ...]:
        """Return the items, some of them twice, in an order of chance; as they are in a notebook.

        >>> Draw("a").again("abc")
        ('a', 'b', 'c')
        """
        return self.shuffled(self.repeated(items, share))

    def repeated(self, items: Sequence[T], share: float = 0.3) -> tuple[T, ...]:
        """Return the items, then some of them once more; as they are in a notebook.

        >>> Draw("a").repeated("abc"), Draw("a", 7).repeated("abc", share=1)
        (('a', 'b', 'c'), ('a', 'b', 'c', 'a', 'b', 'c'))
        """
        twice = [item for item in items if self.is_drawn and self._random.random() < share]
        return (*items, *twice)

    def until(self, make: Callable[[], T], holds: Callable[[T], bool]) -> T:
        """Return what is made, made again until it holds; the first in a notebook.

        >>> Draw("a").until(lambda: 3, lambda number: number > 3)
        3
        """
        for _ in range(TRIES):
            found = make()
            if not self.is_drawn or holds(found):
                return found
        raise RuntimeError(f"none of {TRIES} drawn cases is as it must be")

    def generator(self, seed: int = 0) -> torch.Generator:
        """Return a generator of random tensors; ``seed`` is the notebook's.

        >>> Draw("a").generator(3).initial_seed()
        3
        """
        drawn = self._random.getrandbits(32) if self.is_drawn else seed
        return torch.Generator().manual_seed(drawn)


def draw(name: str) -> Draw:
    """Return what is drawn from here and now, under a name of its own."""
    return Draw(name, _number)


def asked(name: str, ask: Callable[..., T], cases: Iterable[tuple[Any, ...]]) -> list[T]:
    """Return ``ask(*case)`` for each case; a grader asks in an order of chance.

    The first is always the first, so that a wrong form shows in the plainest case.

    >>> asked("powers", pow, [(2, 3), (3, 2)])
    [8, 9]
    """
    given = list(cases)
    order = (0, *draw(name).shuffled(range(1, len(given))))
    found = {number: ask(*given[number]) for number in order}
    return [found[number] for number in range(len(given))]


@contextlib.contextmanager
def by(number: int | None) -> Iterator[None]:
    """Draw all cases in the block by this number; None for those of the notebook."""
    global _number
    before, _number = _number, number
    try:
        yield
    finally:
        _number = before


class Drawn(Sequence[Any]):
    """A sequence of cases that is made anew for each number, and kept for as long as it holds.

    Also for each default dtype, which a notebook may set: some cases are of no other.

    >>> cases = Drawn("squares", lambda draw: [(draw.near(8, 2), 1), (5, 2)])
    >>> list(cases)
    [(8, 1), (5, 2)]
    >>> with by(3):
    ...     6 <= cases[0][0] <= 10
    True
    """

    def __init__(self, name: str, make: Callable[[Draw], Iterable[Any]]) -> None:
        self._name, self._make = name, make
        self._kept: tuple[object, tuple[Any, ...]] | None = None

    def _now(self) -> tuple[Any, ...]:
        now = _number, torch.get_default_dtype()
        if self._kept is None or self._kept[0] != now:
            self._kept = now, tuple(self._make(draw(self._name)))
        return self._kept[1]

    def __getitem__(self, place: Any) -> Any:
        return self._now()[place]

    def __len__(self) -> int:
        return len(self._now())
