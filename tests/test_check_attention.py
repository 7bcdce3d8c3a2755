"""The checkers of notebook 01: right answers pass, wrong ones are named."""

import math

import pytest
import torch

from posenc import check


def masked(x, W_q, W_k, W_v, mask):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    scores = q @ k.T / q.shape[-1] ** 0.5
    return scores.masked_fill(~mask, -math.inf).softmax(-1) @ v


def plain(x, W_q, W_k, W_v):
    return masked(x, W_q, W_k, W_v, torch.ones(len(x), len(x), dtype=torch.bool))


@pytest.mark.parametrize("answer", [masked, plain])
def test_right_attention_passes(answer, capsys):
    assert check.attention(answer).passed
    assert capsys.readouterr().out.startswith("✓ attention: right")


def scores(x, W_q, W_k):
    return (x @ W_q) @ (x @ W_k).T / 2


WRONG_ATTENTION = {
    "mask-inverted": lambda x, q, k, v, m: masked(x, q, k, v, ~m),
    "mask-transposed": lambda x, q, k, v, m: masked(x, q, k, v, m.T),
    "mask-ignored": lambda x, q, k, v, m: plain(x, q, k, v),
    "mask-after-softmax": lambda x, q, k, v, m: scores(x, q, k).softmax(-1) * m @ (x @ v),
    "mask-zero-score": lambda x, q, k, v, m: (scores(x, q, k) * m).softmax(-1) @ (x @ v),
    "softmax-over-queries": lambda x, q, k, v, m: (
        scores(x, q, k).masked_fill(~m, -math.inf).softmax(0) @ (x @ v)
    ),
    "no-scale": lambda x, q, k, v: (2 * scores(x, q, k)).softmax(-1) @ (x @ v),
    "scale-of-x": lambda x, q, k, v: (2 / 6**0.5 * scores(x, q, k)).softmax(-1) @ (x @ v),
    "scale-not-root": lambda x, q, k, v: (scores(x, q, k) / 2).softmax(-1) @ (x @ v),
    "shape": lambda x, q, k, v: plain(x, q, k, v).T,
    "value": lambda x, q, k, v: plain(x, q, k, v) + 0.1,
    "raises": lambda x, q, k, v: x @ x,
}


@pytest.mark.parametrize("slug", WRONG_ATTENTION)
def test_wrong_attention_is_named(slug, capsys):
    verdict = check.attention(WRONG_ATTENTION[slug])
    assert (verdict.passed, verdict.mistake) == (False, slug)
    assert capsys.readouterr().out.count("\n") == 1


def equivariant(f, x, tries=20, atol=1e-5):
    for _ in range(tries):
        order = torch.randperm(len(x))
        if not torch.allclose(f(x[order]), f(x)[order], atol=atol):
            return False
    return True


def invariant(f, x):
    return bool((f(x[torch.randperm(len(x))]) - f(x)).abs().max() < 1e-5)


def exact(f, x):
    return all(torch.equal(f(x[o]), f(x)[o]) for o in (torch.randperm(len(x)) for _ in range(20)))


def reversal(f, x):
    return torch.allclose(f(x.flip(0)), f(x).flip(0), atol=1e-5)


WRONG_TESTS = {
    "always-true": lambda f, x: True,
    "invariance": invariant,
    "exact": exact,
    "few-shuffles": reversal,
    "tolerance": lambda f, x: equivariant(f, x, atol=0.1),
    "not-a-bool": lambda f, x: "yes",
}


def test_right_test_passes(capsys):
    assert check.permutation_equivariant(equivariant).passed
    assert capsys.readouterr().out.startswith("✓ permutation_equivariant: right")


def test_one_random_shuffle_is_too_few():
    verdict = check.permutation_equivariant(lambda f, x: equivariant(f, x, tries=1))
    assert verdict.mistake in ("few-shuffles", "always-true")


@pytest.mark.parametrize("slug", WRONG_TESTS)
def test_wrong_test_is_named(slug):
    verdict = check.permutation_equivariant(WRONG_TESTS[slug])
    assert (verdict.passed, verdict.mistake) == (False, slug)


def test_the_learners_random_numbers_go_on():
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    check.permutation_equivariant(equivariant)
    assert torch.equal(torch.rand(1), expected)


ZERO, PICK = torch.zeros(2, 2), torch.tensor([[1.0, 0.0], [0.0, 0.0]])


def test_right_counting_passes(capsys):
    assert check.counting_weights(lambda: (ZERO, torch.eye(2), PICK)).passed
    assert check.counting_weights(lambda: (torch.eye(2), ZERO, torch.eye(2))).passed
    assert capsys.readouterr().out.startswith("✓ counting_weights: every word knows")


@pytest.mark.parametrize(
    ("slug", "word", "answer"),
    [
        ("value", "same weight", lambda: (torch.eye(2), torch.eye(2), PICK)),
        ("value", "W_v", lambda: (ZERO, ZERO, ZERO)),
        ("value", "must be 1", lambda: (ZERO, ZERO, 2 * PICK)),
        ("shape", "three tensors", lambda: (ZERO, ZERO)),
    ],
)
def test_wrong_counting_is_named(slug, word, answer):
    verdict = check.counting_weights(answer)
    assert verdict.mistake == slug
    assert word in verdict.message


@pytest.mark.parametrize(
    "checker", [check.attention, check.permutation_equivariant, check.counting_weights]
)
def test_an_unwritten_answer_is_no_mistake(checker, capsys):
    def stub(*arguments):
        raise NotImplementedError

    verdict = checker(stub)
    assert (verdict.passed, verdict.mistake) == (False, None)
    assert capsys.readouterr().out.startswith("○ ")
