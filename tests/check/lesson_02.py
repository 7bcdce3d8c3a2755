"""Answers to the exercises of notebook 02, right and wrong."""

import math

import numpy as np
import torch


def previous(n, third=2, weights=(1, 0, 0, -1)):
    return weights if n <= 2 else third


def back(k, two=2.0, one=-1.0):
    W_q = torch.tensor([[-two * k, one], [two, 0.0], [0.0, 0.0]])
    return W_q, torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def whole_square(k):
    """-(j - i + k)² with all its terms, for codes 1, p, p²."""
    return torch.tensor([[-k * k, -2.0 * k, -1.0], [2 * k, 2, 0], [-1, 0, 0]]), torch.eye(3)


def scaled(by):
    return lambda k: (by * back(k)[0], back(k)[1])


def stays(code, lengths=range(1, 20), rows=slice(None), last=20):
    return all(torch.equal(code(n)[rows], code(last)[:n][rows]) for n in lengths)


def in_numpy(code):
    return np.all([np.array_equal(code(n), code(n + 1)[:n]) for n in range(1, 20)])


def largest_gap(code):
    return max((code(n) - code(20)[:n]).abs().max() for n in range(1, 20)) < 1e-9


def one_number_at_a_time(code):
    texts = [code(n).tolist() for n in range(1, 21)]
    for text in texts:
        for row, longest in zip(text, texts[-1], strict=False):
            if any(a != b for a, b in zip(row, longest, strict=True)):
                return 0 == 1
    return torch.tensor([True])


RIGHT = {
    "previous_word_weights": previous,
    "look_back": back,
    "same_in_every_text": stays,
}
FORMS = {
    "previous_word_weights": [
        lambda n: torch.tensor([-1.0, 0, 0, 1] if n == 2 else 2),
        lambda n: [0, -0.5, 3, 1] if n < 3 else np.int64(2),
    ],
    "look_back": [
        whole_square,
        lambda k: [W.double().tolist() for W in back(k)],
        scaled(0.01),
        scaled(100.0),
    ],
    "same_in_every_text": [
        lambda code: all(torch.equal(code(n)[:m], code(m)) for n in range(21) for m in range(n)),
        lambda code: not any((code(n + 1)[:-1] - code(n)).any() for n in range(1, 20)),
        one_number_at_a_time,
        lambda code: all((code(n) == code(20)[:n]).all() for n in range(1, 20)),
        in_numpy,
        largest_gap,
    ],
}
WRONG = {
    "previous_word_weights": {
        "can-be-served": lambda n: 2,
        "word-one": lambda n: previous(n, 1),
        "not-the-first": lambda n: previous(n, n - 1),
        "no-such-weights": lambda n: (1, 0, 0, -1),
        "flat": lambda n: (0, 0, 0, 0),
        "prefers-later": lambda n: (1, 0, 0, 1),
        "shape": lambda n: (1, 0, -1),
        "type": lambda n: "none",
        "raises": lambda n: 1 / 0,
    },
    "look_back": {
        "sign": lambda k: back(-k),
        "k-unused": lambda k: back(1),
        "swapped": lambda k: back(k)[::-1],
        "order-of-rows": lambda k: [W[[1, 2, 0]] for W in back(k)],
        "square-of-query": lambda k: (
            torch.tensor([[-2.0 * k, 0], [2, 0], [0, -1]]), back(k)[1]),
        "ends": lambda k: (torch.eye(3), torch.eye(3)),
        "top": lambda k: (torch.eye(3), -torch.eye(3)),
        "other-distance": lambda k: back(2 * k - 1),
        "k-square": lambda k: back(k * k),
        "shape": lambda k: back(k)[0],
        "raises": lambda k: back(k)[2],
    },
    "same_in_every_text": {
        "code-not-called": lambda code: False,
        "some-lengths-only": lambda code: bool((code(9)[0] == code(10)[0]).all()),
        "refuses-two-channels": lambda code: stays(code) and code(4).shape[1] == 1,
        "one-channel-only": lambda code: stays(lambda n: code(n)[:, :1]),
        "never-true": lambda code: torch.equal(code(5), code(6)),
        "not-a-bool": lambda code: None,
        "different-lengths": lambda code: bool((code(5) == code(6)).all()),
    },
}  # fmt: skip

INVENTED = {
    "previous_word_weights": {
        "the other end": ("prefers-later", lambda n: previous(n, weights=(1, 0, 0, 1))),
        "none": ("type", lambda n: previous(n, None)),
        "word 0": ("word-zero", lambda n: previous(n, 0)),
        "a float": ("type", lambda n: previous(n, 2.0)),
        "true": ("type", lambda n: previous(n, True)),
        "three": ("not-the-first", lambda n: previous(n, 3)),
        "n": ("not-the-first", lambda n: previous(n, n)),
        "for all n": ("no-such-weights", lambda n: (-n, 1, 0, 1)),
        "no slope": ("flat", lambda n: (1, 1, 1, 0)),
        "endless": ("not-finite", lambda n: (math.inf, 0, 0, -1)),
        "no query for 1": ("flat", lambda n: (1, -1, 0, -1)),
        "two numbers": ("shape", lambda n: (1, -1)),
    },
    "look_back": {
        "transposed": ("transposed", lambda k: tuple(W.T for W in back(k))),
        "rows of W_q turned": ("square-of-query", lambda k: (back(k)[0].flip(0), back(k)[1])),
        "rows of W_k turned": ("rows-of-keys", lambda k: (back(k)[0], back(k)[1].flip(0))),
        "k for all but 1": ("other-distance", lambda k: back(k + (k > 1))),
        "all zero": ("flat", lambda k: (torch.zeros(3, 2), torch.zeros(3, 2))),
        "random": ("ends",
            lambda k: torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(k)).unbind()),
        "half a step": ("tie", lambda k: back(k + 0.5)),
        "steeper": ("top", lambda k: back(k, 3.0)),
        "three matrices": ("shape", lambda k: (*back(k), back(k)[0])),
        "infinite": ("not-finite", lambda k: (back(k)[0] / 0, back(k)[1])),
    },
    "same_in_every_text": {
        "word 0 alone": ("some-lengths-only",
            lambda code: bool((code(3)[0] == code(20)[0]).all())),
        "to length 8": ("some-lengths-only", lambda code: stays(code, range(1, 8), last=8)),
        "5 and 20": ("some-lengths-only", lambda code: stays(code, [5])),
        "last word left out": ("last-word-left-out",
            lambda code: all(torch.equal(code(n)[:-1], code(20)[: n - 1]) for n in range(1, 20))),
        "word 0 left out": ("first-word-left-out",
            lambda code: stays(code, rows=slice(1, None))),
        "tolerance": ("tolerance",
            lambda code: all(torch.allclose(code(n), code(20)[:n], atol=0.1)
                for n in range(1, 20))),
        "sense turned": ("opposite", lambda code: not stays(code)),
        "must differ": ("refuses-constant",
            lambda code: stays(code) and len(code(9).unique(dim=0)) == 9),
        "sums": ("some-lengths-only",
            lambda code: all(torch.allclose(code(n)[1:].sum(0), code(n + 1)[1:-1].sum(0))
                for n in range(1, 19))),
    },
}  # fmt: skip

SAID = {
    "previous_word_weights": [
        ("there is no token 3", lambda n: previous(n, 3)),
        (
            "token 2 attends most to token 0, not to token 1",
            lambda n: (1, 0, 0, -1),
        ),
    ],
    "same_in_every_text": [
        ("every length from 1 to 20", lambda code: torch.equal(code(10), code(20)[:10])),
        ("that both texts have", lambda code: torch.equal(code(5), code(6))),
        ("5 of 25 correctly", lambda code: True),
    ],
}
SCORES = {"same_in_every_text": [(1, stays), (5 / 25, lambda code: True)]}
