"""Small tasks, each needing one kind of order: what a model must know to solve them.

Every task makes ``tokens, targets`` of shape (b, n); where nothing is asked the target is
``IGNORE``. Random numbers come from the generator that is handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

__all__ = ["IGNORE", "NEEDLE", "TASKS", "Task"]

IGNORE = -100  # what torch's cross_entropy leaves out
SYMBOLS = 10  # the letters of the tasks, tokens 0 … 9
CLS = SYMBOLS  # the token at which an answer about the whole text is read

Sampler = Callable[[int, int, Generator], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Task:
    """A task: what it asks, what it needs, and how an example is made.

    >>> tokens, targets = TASKS["back1"].sample(2, 6, torch.Generator().manual_seed(0))
    >>> bool((targets[:, 1:] == tokens[:, :-1]).all())
    True
    """

    name: str
    asks: str
    needs: str  # what of the order is needed
    chance: float  # accuracy of a guess that knows nothing
    sampler: Sampler
    vocab_size: int = SYMBOLS + 1
    causal: bool = False
    n_layers: int = 1
    steps: int = 300  # enough in the settings of posenc.training

    def sample(self, b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Return ``tokens, targets``, each (b, n).

        Raises ``ValueError`` for a batch below 1 or a length that the task cannot have.
        """
        if b < 1 or n < 4:
            raise ValueError(f"{self.name} needs b ≥ 1 and n ≥ 4; got b={b}, n={n}")
        with generator.device:  # whatever the default device is
            return self.sampler(b, n, generator)


TASKS: dict[str, Task] = {}


def _task(name: str, **fields: object) -> Callable[[Sampler], Sampler]:
    def add(sampler: Sampler) -> Sampler:
        TASKS[name] = Task(name=name, sampler=sampler, **fields)  # type: ignore[arg-type]
        return sampler

    return add


def _letters(b: int, n: int, generator: Generator) -> Tensor:
    return torch.randint(SYMBOLS, (b, n), generator=generator)


def _nothing(tokens: Tensor) -> Tensor:
    return torch.full_like(tokens, IGNORE)


@_task(
    "majority",
    asks="which of A and B is more frequent?",
    needs="no order",
    chance=0.5,
    steps=150,
)
def _majority(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    tokens = torch.randint(2, (b, n), generator=generator)
    tokens[:, 0] = CLS
    if n % 2:  # an odd number of letters cannot tie: one place becomes a filler
        tokens[:, -1] = 2
    targets = _nothing(tokens)
    letters = tokens[:, 1 : n - n % 2]
    targets[:, 0] = (2 * letters.sum(1) > letters.shape[1]).long()
    return tokens, targets


@_task("before", asks="does A come before B?", needs="earlier or later", chance=0.5)
def _before(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    tokens = torch.full((b, n), 2)  # fillers
    tokens[:, 0] = CLS
    places = 1 + torch.rand(b, n - 1, generator=generator).argsort(1)[:, :2]  # two of 1 … n-1
    tokens.scatter_(1, places, torch.tensor([[0, 1]]).expand(b, 2))
    answer = (places[:, :1] < places[:, 1:]).long()  # (b, 1)
    return tokens, answer.repeat(1, n)  # asked at every place: one answer a text learns slowly


def _back(k: int) -> Sampler:
    def sample(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        tokens = _letters(b, n, generator)
        targets = _nothing(tokens)
        targets[:, k:] = tokens[:, :-k]
        return tokens, targets

    return sample


_task("back1", asks="what stands one place to the left?", needs="the exact distance", chance=0.1)(
    _back(1)
)
_task(
    "back3",
    asks="what stands three places to the left?",
    needs="the exact distance",
    chance=0.1,
)(_back(3))


@_task(
    "index",
    asks="the first token names a position: what stands there?",
    needs="a position chosen by content",
    chance=0.1,
    vocab_size=SYMBOLS + 128,
)
def _index(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    if n > 128:
        raise ValueError(f"index has names for positions below 128; got n={n}")
    tokens = _letters(b, n, generator)
    place = torch.randint(1, n, (b, 1), generator=generator)
    targets = _nothing(tokens)
    targets[:, :1] = tokens.gather(1, place)
    tokens[:, :1] = SYMBOLS + place
    return tokens, targets


@_task("reverse", asks="the text backwards", needs="the absolute position", chance=0.1)
def _reverse(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    tokens = _letters(b, n, generator)
    return tokens, tokens.flip(1)


@_task("ends", asks="first and last letter trade places", needs="where the text ends", chance=0.1)
def _ends(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    tokens = _letters(b, n, generator)
    targets = _nothing(tokens)
    targets[:, 0], targets[:, -1] = tokens[:, -1], tokens[:, 0]
    return tokens, targets


def _modulo(m: int) -> Sampler:
    def sample(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        return _letters(b, n, generator), (torch.arange(n) % m).expand(b, n)

    return sample


for _m in (2, 3, 7):
    _task(f"mod{_m}", asks=f"the position modulo {_m}", needs=f"a period of {_m}", chance=1 / _m)(
        _modulo(_m)
    )


@_task(
    "sort",
    asks="the first half, sorted, letter by letter",
    needs="no order",
    chance=0.1,
    causal=True,
    n_layers=2,
)
def _sort(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    prompt = _letters(b, n // 2, generator)
    answer = prompt.sort(1).values
    mark = torch.full((b, 1), CLS)
    # the last letter of the answer is not read again, but makes up an odd length
    tokens = torch.cat((prompt, mark, answer), 1)  # (b, 2 (n // 2) + 1)
    targets = _nothing(tokens)
    targets[:, n // 2 : -1] = answer
    return tokens[:, :n], targets[:, :n]


def _fact(b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    tokens = _letters(b, n, generator)  # (b, n)
    fact = torch.randint(SYMBOLS, (b, 1), generator=generator)  # (b, 1)
    place = torch.randint(n // 4, (b, 1), generator=generator)  # (b, 1), in the first quarter
    tokens.scatter_(1, place, CLS + 1 + fact)
    targets = _nothing(tokens)
    targets[:, n - n // 4 :] = fact  # asked in the last quarter
    return tokens, targets


# Not one of TASKS: it is for models whose layers differ, as lesson 12 asks them.
NEEDLE = Task(
    name="needle",
    asks="one token of the first quarter is marked: which? (asked in the last quarter)",
    needs="one token far away, found by its content",
    chance=1 / SYMBOLS,
    sampler=_fact,
    vocab_size=2 * SYMBOLS + 1,
    causal=True,
    n_layers=4,
    steps=600,
)
