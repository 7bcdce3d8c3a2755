"""Codes that stay the same in a longer text, and codes that change there, some in a corner."""

from collections.abc import Callable

import torch
from torch import Tensor

from posenc.check.engine.draws import Draw, Drawn
from posenc.check.engine.scored import Case

Code = Callable[[int], Tensor]  # n -> (n, d)
F64 = torch.float64


def _count(n: int) -> Tensor:
    return torch.arange(n, dtype=F64)[:, None]


def _at(n: int, position: int) -> Tensor:
    return (_count(n) == position).to(F64)


def _case(slug: str, name: str, code: Code, advice: str = "", truth: bool = False) -> Case:
    return Case(slug, (code,), truth, name, advice)


def _rows(table: Tensor) -> Code:
    """Return the code that is the first rows of a table."""
    return lambda n: table[:n].clone()


def _one_length(length: int, line: Code) -> Case:
    texts = "a text of 1 token" if length == 1 else f"texts of {length} tokens"
    return _case("some-lengths-only", f"a code that differs in {texts} only",
                 lambda n: line(n) + (n == length), LENGTHS)  # fmt: skip


BOTH = "Compare the rows that both texts have: code(n) with code(20)[:n]."
EVERY = "Compare every row and channel of code(n) with code(20)[:n]."
LENGTHS = "Compare every length from 1 to 20, short texts with long ones."

NARROW = "It changes little, but with every token. Leave no room for it, or 1e-6 at most."


def _staying(draw: Draw, p: str, line: Code) -> tuple[Case, ...]:
    """Return codes that a longer text leaves as they are."""
    token, level, width = draw.one_of(0, 1, 2, 3), draw.one_of(0, 1, -1, 2), draw.near(7, 2)
    sines = torch.sin(draw.one_of(1.0, 0.5, 0.8) * _count(64))
    table = torch.randn(64, width, generator=draw.generator(0), dtype=torch.float32)
    return (
        _case("refuses-good", f"the plain number {p}", line, BOTH, True),
        _case("refuses-two-channels", "a code of two channels",
              _rows(torch.cat((sines, line(64) / 3), 1)), BOTH, True),
        _case("refuses-constant", f"a code that is {level} throughout",
              lambda n: 0 * _count(n) + level,
              "Do not ask whether a code is useful, or whether its rows differ.", True),
        _case("refuses-good", f"a random table of width {width}", _rows(table), BOTH, True),
        _case("refuses-good", f"a single 1 at token {token}", lambda n: _at(n, token), BOTH, True),
    )  # fmt: skip


def _changing(p: str, line: Code) -> tuple[Case, ...]:
    """Return codes that depend on the length in most rows."""
    return (
        _case("passes-normalized", f"{p} / L", lambda n: line(n) / n, EVERY),
        _case("passes-from-the-end", "numbers counted from the end", lambda n: line(n).flip(0),
              EVERY),
        _case("one-channel-only", f"{p} beside {p} / L",
              lambda n: torch.cat((line(n), line(n) / n), 1), "Compare every channel."),
        _case("one-channel-only", f"{p} / L beside {p}",
              lambda n: torch.cat((line(n) / n, line(n)), 1), "Compare every channel."),
    )  # fmt: skip


def _in_corners(draw: Draw, line: Code) -> tuple[Case, ...]:
    """Return codes that depend on the length in few rows, or in some texts."""
    short, least = draw.near(8, 3), draw.one_of(3, 4, 5)
    odd, late = draw.near(9, 1, 2), draw.one_of(17, 16, 15, 14)
    some = "Compare all rows of both texts."
    return (
        _case("short-texts-only", f"a code that doubles in texts of more than {short} tokens",
              lambda n: line(n) * (1 + (n > short)), LENGTHS),
        _case("last-word-left-out", "a code that marks the last token",
              lambda n: line(n) + 0.5 * _at(n, n - 1),
              "The last token of a short text is an earlier one of a longer text. Compare it, "
              "too."),
        _case("first-word-left-out", "a code that tells the length at token 0",
              lambda n: line(n) + n * _at(n, 0), "Compare token 0, too."),
        _case("last-row-only", f"a code whose token 0 differs in texts of {least} to 19 tokens",
              lambda n: line(n) + 5 * (least <= n < 20) * _at(n, 0),
              "Compare the earlier rows, too."),
        _case("some-rows-only",
              f"a code whose token {odd} differs in texts of {odd + 3} to 19 tokens",
              lambda n: line(n) + 5 * (odd + 3 <= n < 20) * _at(n, odd), some),
        _case("some-rows-only", f"a code whose token {late} differs in texts of 19 tokens",
              lambda n: line(n) + 5 * (n == 19) * _at(n, late), some),
    )  # fmt: skip


def _hidden(p: str, line: Code) -> tuple[Case, ...]:
    """Return codes whose change is lost in sums, signs or a tolerance."""
    return (
        _case("totals-only", "a code that exchanges its tokens in every second text",
              lambda n: line(n).roll(n % 2 * (n // 2), 0),
              "Compare entry by entry: sums, means and sorted values hide who has which row."),
        _case("totals-only", "a code whose signs alternate with the length",
              lambda n: line(n) * (-1) ** n,
              "Compare entry by entry: norms and squares hide the sign."),
        _case("tolerance", f"{p} + L / 1000", lambda n: line(n) + n / 1000, NARROW),
        _case("tolerance", f"{p} + 1 + L / 1000", lambda n: line(n) + 1 + n / 1000, NARROW),
        _case("signed", f"{p} + 20 - L", lambda n: line(n) + 20 - n,
              "Take the absolute difference, or torch.equal."),
    )  # fmt: skip


def _codes(draw: Draw) -> list[Case]:
    """Return all codes; most are made of the numbers p, a class's of a multiple."""
    slope = draw.one_of(1.0, 0.5, 1.5, 2.0, 2.5, 3.0)
    p = "p" if slope == 1 else f"{slope:g} p"

    def line(n: int) -> Tensor:
        return slope * _count(n)

    return [
        *_staying(draw, p, line), *_changing(p, line), *_in_corners(draw, line),
        *_hidden(p, line),
        *(_one_length(length, line) for length in (1, 2, draw.near(13, 3), 19, 20)),
    ]  # fmt: skip


CODES = Drawn("same_in_every_text", _codes)
