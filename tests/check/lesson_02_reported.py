"""Answers to the exercises of notebook 02 that learners gave: what each is told, in words.

`REPORTED`, `{name: {label: (slug, words of the line, program)}}`.
"""

import torch
from lesson_02 import back, previous, stays

W_K = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def queries(*rows):
    return torch.tensor(rows, dtype=torch.float32), W_K


def in_loop(code):
    for n in range(1, 20):
        return torch.equal(code(n), code(n + 1)[:n])


REPORTED = {
    "previous_word_weights": {
        "all that cannot": ("a-sequence", "[2], a sequence. Return the number of the first",
            lambda n: (1, 0, 0, -1) if n <= 2 else list(range(2, n))),
        "in a tensor": ("a-sequence", "without brackets", lambda n: previous(n, torch.tensor([2]))),
        "always the same": ("prefers-later", "Then ask whether any weights do it for n = 3",
            lambda n: (0, 1, 0, 1)),
        "always flat": ("flat", "Then ask whether any weights do it for n = 3",
            lambda n: (1, 0, 1, 0)),
        "prints": ("type", "Did you print", lambda n: print(2)),
        "nested": ("shape", "((1, 0), (0, -1)). Return four numbers",
            lambda n: previous(n, weights=((1, 0), (0, -1)))),
        "counts from 1": ("not-the-first", "Count from 0", lambda n: previous(n, 3)),
        "from the end": ("not-the-first", "no token -1", lambda n: previous(n, -1)),
        "the middle": ("not-the-first", "Name the first",
            lambda n: previous(n, n // 2 if n > 5 else 2)),
        "in quotes": ("type", "an int", lambda n: previous(n, "2")),
        "the last but one": ("word-one", "Name a later one", lambda n: previous(n, n - 2)),
        "a parabola for 3": ("no-such-weights", "Can any line be highest there",
            lambda n: (1, 0, 0, -1) if n <= 3 else 2),
    },
    "look_back": {
        "sign of j²": ("upside-down", "opens upwards. Use -1",
            lambda k: queries([-2 * k, 1], [2, 0], [0, 0])),
        "-1 in the row of p": ("row-of-p", "stands in row 1 of W_q",
            lambda k: queries([-2 * k, 0], [2, -1], [0, 0])),
        "transposed lists": ("transposed", "Transpose both",
            lambda k: ([[-2.0 * k, 2, 0], [-1, 0, 0], [0, 0, 0]], W_K.T.tolist())),
        "transposed squares": ("transposed", "Transpose both",
            lambda k: [torch.nn.functional.pad(W, (0, 1)).T for W in back(k)]),
        "prints": ("nothing-returned", "Did you print", lambda k: print(W_K)),
        "no minus": ("sign", "k tokens ahead", lambda k: queries([2 * k, -1], [2, 0], [0, 0])),
        "all signs": ("negated", "wrong sign", lambda k: (-back(k)[0], W_K)),
        "i and k turned": ("sign-of-line", "Use 2(i - k)",
            lambda k: queries([2 * k, -1], [-2, 0], [0, 0])),
        "twice the square": ("no-factor-two", "(i - k)/2", lambda k: back(k, one=-2.0)),
        "half the square": ("factor-four", "with one 2", lambda k: back(k, one=-0.5)),
        "no 2 at k": ("k-half", "k/2 tokens back", lambda k: queries([-k, -1], [2, 0], [0, 0])),
        "no 2 at i": ("i-half", "i/2 - k", lambda k: queries([-2 * k, -1], [1, 0], [0, 0])),
        "2k for k": ("k-doubled", "2k tokens back", lambda k: back(2 * k)),
        "k + 1": ("k-too-large", "one token too far", lambda k: back(k + 1)),
        "k - 1": ("k-too-small", "one token too near", lambda k: back(k - 1)),
        "rows reversed": ("reversed-rows", "stand for p², p, 1",
            lambda k: [W.flip(0) for W in back(k)]),
        "rows of W_q": ("rows-of-queries", "Put the row of 1 first",
            lambda k: (back(k)[0].roll(-1, 0), W_K)),
        "rows of W_k": ("rows-of-keys-late", "Put the row of 1 first",
            lambda k: (back(k)[0], W_K.roll(-1, 0))),
        "k beside p": ("k-in-row-of-p", "have changed rows",
            lambda k: queries([2, -1], [-2 * k, 0], [0, 0])),
        "channels": ("channels", "must meet j", lambda k: (back(k)[0].flip(1), W_K)),
        "three k": ("other-distance", "look_back(3) puts the top 1 positions back",
            lambda k: back(k if k in (1, 2, 5) else 1)),
        "1/k": ("tie", "0.5 positions back", lambda k: back(1 / k)),
        "ahead by k²": ("other-distance", "1 positions ahead", lambda k: back(-k * k)),
        "always 2": ("k-unused", "Put -2k into row 0 of W_q", lambda k: back(2)),
        "k in the keys": ("k-unused", "adds the same to all keys",
            lambda k: (queries([0, -1], [2, 0], [0, 0])[0], W_K - torch.tensor([k, 0.0]) * (
                torch.arange(3) == 0)[:, None])),
        "whole square, ahead": ("sign", "k tokens ahead", lambda k: (torch.tensor(
            [[-k * k, 2.0 * k, -1], [-2 * k, 2, 0], [-1, 0, 0]]), torch.eye(3))),
        "2 in the row of p²": ("row-of-square", "Move it to row 1",
            lambda k: queries([-2 * k, -1], [0, 0], [2, 0])),
        "times (j - k)": ("top", "2(i - k) j - j²", lambda k: queries([k, -1], [1, 0], [0, 0])),
        "zeros": ("flat", "Let them be 2(i - k) j - j²", lambda k: (W_K, 0 * W_K)),
        "a line": ("ends", "+0 j²", lambda k: back(k, one=0.0)),
        "no parabola with i": ("top", "Put it at i - k", lambda k: back(k, two=3.0)),
        "one matrix": ("shape", "is a Tensor", lambda k: torch.eye(3)),
        "rows of one": ("shape", "a row for each of 1, p, p²", lambda k: ([-2.0 * k, 2], [1, 0])),
    },
    "same_in_every_text": {
        "last row": ("last-row-only", "Compare the earlier rows",
            lambda c: all(torch.equal(c(n)[-1], c(20)[n - 1]) for n in range(1, 20))),
        "last row of the next": ("last-row-only", "Compare the earlier rows",
            lambda c: all(torch.equal(c(n)[-1], c(n + 1)[-2]) for n in range(1, 20))),
        "to 19": ("some-lengths-only", "never asks for texts of 20 tokens",
            lambda c: all(torch.equal(c(n), c(19)[:n]) for n in range(1, 19))),
        "< for <=": ("some-lengths-only", "never asks for texts of 19 tokens",
            lambda c: stays(c, range(1, 19))),
        "from 2": ("some-lengths-only", "never asks for a text of 1 token",
            lambda c: stays(c, range(2, 20))),
        "even lengths": ("some-lengths-only", "texts of 1, 3, 5, …",
            lambda c: stays(c, range(2, 20, 2))),
        "first length": ("some-lengths-only", "asks only for texts of 1 and 2 tokens", in_loop),
        "first five rows": ("some-lengths-only", "Compare every length",
            lambda c: all(torch.equal(c(n)[:5], c(5)) for n in range(5, 21))),
        "ten rows": ("some-rows-only", "Compare all rows",
            lambda c: all(torch.equal(c(n)[:10], c(20)[:n][:10]) for n in range(1, 20))),
        "first row": ("first-row-only", "token 0 only",
            lambda c: all(torch.equal(c(n)[0], c(20)[0]) for n in range(1, 20))),
        "shapes": ("values-not-compared", "compares no values",
            lambda c: all(c(n).shape == c(20)[:n].shape for n in range(1, 20))),
        "rows": ("values-not-compared", "entry by entry",
            lambda c: all(len(c(n)) == n for n in range(1, 21))),
        "two texts as they are": ("different-lengths", "code(2) with code(3)[:2]",
            lambda c: bool((c(2) == c(3)).all())),
        "the longest as it is": ("different-lengths", "code(2) with code(20)[:2]",
            lambda c: all(bool((c(20) == c(n)).all()) for n in range(2, 20))),
        "whole texts": ("never-true", "code(n) with code(20)[:n]",
            lambda c: all(torch.equal(c(n), c(n + 1)) for n in range(1, 20))),
        "the end of the longest": ("last-rows-of-longer", "Use the first",
            lambda c: all(torch.equal(c(n), c(20)[-n:]) for n in range(1, 20))),
        "== in if": ("truth-of-many", "torch.allclose",
            lambda c: True if c(5) == c(6)[:5] else False),
        "any": ("any-length", "Use all, not any",
            lambda c: any(torch.equal(c(n), c(20)[:n]) for n in range(1, 20))),
        "last channel": ("one-channel-only", "Compare every channel",
            lambda c: stays(lambda n: c(n)[:, -1])),
        "sorted": ("totals-only", "entry by entry", lambda c: all(
            torch.equal(c(n).sort(0)[0], c(20)[:n].sort(0)[0]) for n in range(1, 20))),
        "means": ("totals-only", "entry by entry", lambda c: all(
            torch.allclose(c(n).mean(0), c(20)[:n].mean(0)) for n in range(1, 20))),
        "squares": ("totals-only", "norms", lambda c: stays(lambda n: c(n) ** 2)),
        "without abs": ("signed", "absolute value",
            lambda c: all((c(n) - c(20)[:n]).max() < 1e-9 for n in range(1, 20))),
        "without abs, turned": ("signed", "absolute value",
            lambda c: all((c(20)[:n] - c(n)).max() < 1e-9 for n in range(1, 20))),
        "with itself": ("values-not-compared", "a text with itself",
            lambda c: all(torch.equal(c(n), c(n)) for n in range(1, 21))),
        "differences": ("differences-only", "Compare the rows", lambda c: all(
            torch.allclose(c(n).diff(dim=0), c(20)[:n].diff(dim=0)) for n in range(1, 20))),
        "within 10 %": ("tolerance", "Leave no room", lambda c: all(
            torch.allclose(c(n), c(20)[:n], rtol=0.1) for n in range(1, 20))),
        "rounded": ("tolerance", "Leave no room", lambda c: stays(lambda n: (10 * c(n)).round())),
        "every second row": ("some-rows-only", "Compare all rows", lambda c: all(
            torch.equal(c(n)[::2], c(20)[:n][::2]) for n in range(1, 20))),
        "both ends": ("some-rows-only", "Compare all rows", lambda c: all(
            torch.equal(c(n)[[0, -1]], c(20)[[0, n - 1]]) for n in range(1, 20))),
        "prints": ("not-a-bool", "Did you print", lambda c: print(stays(c))),
    },
}  # fmt: skip

INVENTED = {
    name: {f"reported: {label}": (slug, program) for label, (slug, _, program) in table.items()}
    for name, table in REPORTED.items()
}
SAID = {
    name: [(words, program) for _, words, program in table.values()]
    for name, table in REPORTED.items()
}
