"""Real text that every Python ships: the help topics of the language, as characters.

The topics differ a little with each Python, so print claims about them, never statistics.
"""

from functools import lru_cache

import torch
from torch import Generator, Tensor

__all__ = ["ALPHABET", "batch", "corpus", "decode", "encode", "split"]

ALPHABET = "\n" + "".join(chr(code) for code in range(32, 127))  # fixed: so is the model's size
_NUMBER = {character: number for number, character in enumerate(ALPHABET)}


@lru_cache(maxsize=1)
def corpus() -> str:
    """Return Python's own help topics, in the order of their names, printable ASCII only.

    >>> len(corpus()) > 300_000 and set(corpus()) <= set(ALPHABET)
    True
    """
    from pydoc_data.topics import topics

    text = "\n".join(topics[name] for name in sorted(topics))
    return "".join(character for character in text if character in _NUMBER)


def encode(text: str) -> Tensor:
    """Return the numbers of the characters, (n,).

    Raises ``ValueError`` for a character outside the alphabet.

    >>> decode(encode("for x in y"))
    'for x in y'
    """
    strange = sorted(set(text) - _NUMBER.keys())
    if strange:
        raise ValueError(
            f"{strange[0]!r} is not printable ASCII: the alphabet has {len(ALPHABET)} characters, "
            "leave the others out"
        )
    numbers = [_NUMBER[character] for character in text]
    return torch.tensor(numbers, dtype=torch.long, device="cpu")  # (n,)


def decode(tokens: Tensor) -> str:
    """Return the text of the numbers, (n,) -> str."""
    return "".join(ALPHABET[number] for number in tokens.tolist())


def split() -> tuple[Tensor, Tensor]:
    """Return the characters for training and for testing: the last tenth is never trained on.

    >>> train, test = split()
    >>> round(len(train) / len(test))
    9
    """
    tokens = encode(corpus())
    border = len(tokens) * 9 // 10
    return tokens[:border], tokens[border:]


def batch(tokens: Tensor, b: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Return b random windows of n characters and, for each character, the next: (b, n) twice.

    Raises ``ValueError`` where the text is too short for one window.

    >>> inputs, targets = batch(encode("abcdefgh"), 2, 4, Generator().manual_seed(0))
    >>> bool((inputs[:, 1:] == targets[:, :-1]).all())
    True
    """
    if b < 1 or n < 1 or len(tokens) <= n:
        raise ValueError(
            f"a window of {n} and its next character do not fit into {len(tokens)} characters "
            f"(b={b}): use a shorter window"
        )
    with generator.device:  # whatever the default device is
        starts = torch.randint(len(tokens) - n, (b, 1), generator=generator)  # (b, 1)
        window = tokens[starts + torch.arange(n + 1)]  # (b, n + 1)
    return window[:, :-1], window[:, 1:]
