"""The checkers of notebook 02: right answers pass, wrong ones are named."""

import numpy as np
import pytest
import torch

from posenc import check


def previous(n):
    return (1, 0, 0, -1) if n <= 2 else 2


WRONG_PREVIOUS = {
    "can-be-served": lambda n: 2,
    "word-one": lambda n: previous(2) if n <= 2 else 1,
    "not-the-first": lambda n: previous(2) if n <= 2 else n - 1,
    "no-such-weights": lambda n: (1, 0, 0, -1),
    "flat": lambda n: (0, 0, 0, 0),
    "prefers-later": lambda n: (1, 0, 0, 1),
    "shape": lambda n: (1, 0, -1),
    "type": lambda n: "none",
    "raises": lambda n: 1 / 0,
}


def back(k, sign=1):
    W_q = torch.tensor([[-2.0 * sign * k, -1.0], [2.0, 0.0], [0.0, 0.0]])
    W_k = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    return W_q, W_k


WRONG_BACK = {
    "sign": lambda k: back(k, -1),
    "k-unused": lambda k: back(1),
    "swapped": lambda k: back(k)[::-1],
    "order-of-rows": lambda k: [W[[1, 2, 0]] for W in back(k)],
    "square-of-query": lambda k: (torch.tensor([[-2.0 * k, 0], [2, 0], [0, -1]]), back(k)[1]),
    "ends": lambda k: (torch.eye(3), -torch.eye(3)),
    "other-distance": lambda k: back(2 * k - 1),
    "value": lambda k: back(-k * k),
    "shape": lambda k: back(k)[0],
    "raises": lambda k: back(k)[2],
}


def stays(code):
    return all(torch.equal(code(n)[:5], code(5)) for n in range(5, 21))


WRONG_TEST = {
    "refuses-good": lambda code: False,
    "passes-normalized": lambda code: bool((code(9)[0] == code(10)[0]).all()),
    "refuses-two-channels": lambda code: stays(code) and code(4).shape[1] == 1,
    "one-channel-only": lambda code: stays(lambda n: code(n)[:, :1]),
    "short-texts-only": lambda code: torch.equal(code(5), code(6)[:5]),
    "not-a-bool": lambda code: None,
    "raises": lambda code: bool((code(5) == code(6)).all()),
}

ADVICE = [
    ("previous_word_weights", lambda n: previous(2) if n <= 2 else 3, "there is no word 3"),
    (
        "same_in_every_text",
        lambda code: torch.equal(code(10), code(20)[:10]),
        "every length up to 20",
    ),
    ("same_in_every_text", lambda code: torch.equal(code(5), code(6)), "that both texts have"),
]

EXERCISES = {
    "previous_word_weights": (previous, WRONG_PREVIOUS),
    "look_back": (back, WRONG_BACK),
    "same_in_every_text": (stays, WRONG_TEST),
}


@pytest.mark.parametrize(("name", "answer", "advice"), ADVICE)
def test_a_wrong_answer_is_told_what_to_do(name, answer, advice):
    assert advice in getattr(check, name)(answer).message


def whole_square(k):
    """-(j - i + k)² with all its terms, for codes 1, p, p²."""
    W_q = torch.tensor([[-k * k, -2.0 * k, -1.0], [2 * k, 2, 0], [-1, 0, 0]])
    return W_q, torch.eye(3)


def in_numpy(code):
    return np.all([np.array_equal(code(n), code(n + 1)[:n]) for n in range(1, 20)])


def largest_gap(code):
    return max((code(n) - code(20)[:n]).abs().max() for n in range(1, 20)) < 1e-9


OTHER_FORMS = [
    ("previous_word_weights", lambda n: torch.tensor([-1.0, 0, 0, 1] if n == 2 else 2)),
    ("previous_word_weights", lambda n: [0, -0.5, 3, 1] if n < 3 else np.int64(2)),
    ("same_in_every_text", lambda code: all((code(n) == code(20)[:n]).all() for n in range(1, 20))),
    ("same_in_every_text", in_numpy),
    ("same_in_every_text", largest_gap),
    ("look_back", whole_square),
    ("look_back", lambda k: [W.double().tolist() for W in back(k)]),
]  # fmt: skip


def test_a_test_is_scored_by_how_many_it_judges_rightly():
    assert check.same_in_every_text(stays).score == 1
    verdict = check.same_in_every_text(lambda code: True)
    assert verdict.score == pytest.approx(3 / 12)
    assert "3 of 12 rightly" in verdict.message


def test_other_weights_of_the_same_effect_pass():
    for scale in (0.01, 100.0):
        W_q, W_k = back(1)
        assert check.look_back(lambda k, s=scale: (s * back(k)[0], back(k)[1])).passed


def test_weights_at_three_words_name_the_word_that_misses(capsys):
    check.previous_word_weights(lambda n: (1, 0, 0, -1))
    said = capsys.readouterr().out
    assert "previous_word_weights(3) word 2 attends most to word 0, not to word 1" in said
