"""Codes that stay the same in a longer text, and codes that change there, some in a corner."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.scored import Case

Code = Callable[[int], Tensor]  # n -> (n, d)
TABLE = torch.randn(64, 7, generator=torch.Generator().manual_seed(0))  # float32


def _count(n: int) -> Tensor:
    return torch.arange(n, dtype=torch.float64)[:, None]


def _at(n: int, position: int) -> Tensor:
    return (_count(n) == position).to(torch.float64)


def _case(slug: str, name: str, code: Code, advice: str = "", truth: bool = False) -> Case:
    return Case(slug, (code,), truth, name, advice)


def _sines(n: int) -> Tensor:
    return torch.cat((torch.sin(_count(n)), _count(n) / 3), 1)


def _one_length(length: int) -> Case:
    texts = "a text of 1 token" if length == 1 else f"texts of {length} tokens"
    return _case("some-lengths-only", f"a code that differs in {texts} only",
                 lambda n: _count(n) + (n == length), LENGTHS)  # fmt: skip


BOTH = "Compare the rows that both texts have: code(n) with code(20)[:n]."
EVERY = "Compare every row and channel of code(n) with code(20)[:n]."
LENGTHS = "Compare every length from 1 to 20, short texts with long ones."

NARROW = "It changes little, but with every token. Leave no room for it, or 1e-6 at most."

STAY = (
    _case("refuses-good", "the plain number p", _count, BOTH, True),
    _case("refuses-two-channels", "a code of two channels", _sines, BOTH, True),
    _case("refuses-constant", "a code that is 0 throughout", lambda n: 0 * _count(n),
          "Do not ask whether a code is useful, or whether its rows differ.", True),
    _case("refuses-good", "a random table of width 7", lambda n: TABLE[:n].clone(), BOTH, True),
    _case("refuses-good", "a single 1 at token 0", lambda n: _at(n, 0), BOTH, True),
)  # fmt: skip

CHANGE = (
    _case("passes-normalized", "p / L", lambda n: _count(n) / n, EVERY),
    _case("passes-from-the-end", "numbers counted from the end", lambda n: _count(n).flip(0),
          EVERY),
    _case("one-channel-only", "p beside p / L",
          lambda n: torch.cat((_count(n), _count(n) / n), 1), "Compare every channel."),
    _case("one-channel-only", "p / L beside p",
          lambda n: torch.cat((_count(n) / n, _count(n)), 1), "Compare every channel."),
    _case("short-texts-only", "a code that doubles in texts of more than 8 tokens",
          lambda n: _count(n) * (1 + (n > 8)), LENGTHS),
    _case("last-word-left-out", "a code that marks the last token",
          lambda n: _count(n) + 0.5 * _at(n, n - 1),
          "The last token of a short text is an earlier one of a longer text. Compare it, too."),
    _case("first-word-left-out", "a code that tells the length at token 0",
          lambda n: _count(n) + n * _at(n, 0), "Compare token 0, too."),
    _case("last-row-only", "a code whose token 0 differs in texts of 3 to 19 tokens",
          lambda n: _count(n) + 5 * (2 < n < 20) * _at(n, 0), "Compare the earlier rows, too."),
    _case("some-rows-only", "a code whose token 9 differs in texts of 12 to 19 tokens",
          lambda n: _count(n) + 5 * (11 < n < 20) * _at(n, 9), "Compare all rows of both texts."),
    _case("some-rows-only", "a code whose token 17 differs in texts of 19 tokens",
          lambda n: _count(n) + 5 * (n == 19) * _at(n, 17), "Compare all rows of both texts."),
    _case("totals-only", "a code that exchanges its tokens in every second text",
          lambda n: _count(n).roll(n % 2 * (n // 2), 0),
          "Compare entry by entry: sums, means and sorted values hide who has which row."),
    _case("totals-only", "a code whose signs alternate with the length",
          lambda n: _count(n) * (-1) ** n,
          "Compare entry by entry: norms and squares hide the sign."),
    _case("tolerance", "p + L / 1000", lambda n: _count(n) + n / 1000,
          NARROW),
    _case("tolerance", "p + 1 + L / 1000", lambda n: _count(n) + 1 + n / 1000, NARROW),
    _case("signed", "p + 20 - L", lambda n: _count(n) + 20 - n,
          "Take the absolute difference, or torch.equal."),
    *map(_one_length, (1, 2, 13, 19, 20)),
)  # fmt: skip

CODES = (*STAY, *CHANGE)
