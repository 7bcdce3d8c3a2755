"""The checkers of notebook 02: right answers pass, wrong ones are named."""

import pytest
import torch

from posenc import check


def unwritten(*_):
    raise NotImplementedError


def previous(n):
    return (1, 0, 0, -1) if n <= 2 else 2


WRONG_PREVIOUS = {
    "can-be-served": lambda n: 2,
    "word-one": lambda n: previous(2) if n <= 2 else 1,
    "not-the-first": lambda n: previous(2) if n <= 2 else n - 1,
    "no-such-weights": lambda n: (1, 0, 0, -1),
    "weights": lambda n: (0, 0, 0, 0),
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
    "value": lambda k: back(2 * k - 1),
    "shape": lambda k: back(k)[0],
    "raises": lambda k: back(k)[2],
}


def stays(code):
    return all(torch.equal(code(n)[:5], code(5)) for n in range(5, 21))


WRONG_TEST = {
    "refuses-good": lambda code: False,
    "passes-normalized": lambda code: bool((code(9)[0] == code(10)[0]).all()),
    "refuses-rounding": lambda code: stays(code) and code(4).shape[1] == 1,
    "one-channel-only": lambda code: stays(lambda n: code(n)[:, :1]),
    "short-texts-only": lambda code: torch.equal(code(5), code(6)[:5]),
    "type": lambda code: None,
    "raises": lambda code: bool((code(5) == code(6)).all()),
}

EXERCISES = {
    "previous_word_weights": (previous, WRONG_PREVIOUS),
    "look_back": (back, WRONG_BACK),
    "same_in_every_text": (stays, WRONG_TEST),
}
CASES = [(name, slug) for name, (_, wrong) in EXERCISES.items() for slug in wrong]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes(name, capsys):
    assert getattr(check, name)(EXERCISES[name][0]).passed
    printed = capsys.readouterr().out
    assert printed.startswith(f"✓ {name}: right")
    assert printed.count("\n") == 1


@pytest.mark.parametrize(("name", "slug"), CASES)
def test_a_wrong_answer_is_named(name, slug, capsys):
    verdict = getattr(check, name)(EXERCISES[name][1][slug])
    assert (verdict.passed, verdict.mistake) == (False, slug), verdict.message
    assert capsys.readouterr().out.startswith(f"✗ {name}: ")


@pytest.mark.parametrize("name", EXERCISES)
def test_not_written_yet(name, capsys):
    verdict = getattr(check, name)(unwritten)
    assert (verdict.passed, verdict.mistake) == (False, None)
    assert capsys.readouterr().out == f"○ {name}: not written yet\n"


def test_other_weights_of_the_same_effect_pass():
    for scale in (0.01, 100.0):
        W_q, W_k = back(1)
        assert check.look_back(lambda k, s=scale: (s * back(k)[0], back(k)[1])).passed


def test_weights_at_three_words_name_the_word_that_misses(capsys):
    check.previous_word_weights(lambda n: (1, 0, 0, -1))
    said = capsys.readouterr().out
    assert "previous_word_weights(3) word 2 attends most to word 0, not to word 1" in said
