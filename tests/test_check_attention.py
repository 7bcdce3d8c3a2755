"""The checkers of notebook 01: right answers pass, wrong ones are named."""

import itertools
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


def in_loops(x, W_q, W_k, W_v, mask):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    rows = []
    for i in range(len(x)):
        seen = [j for j in range(len(x)) if mask[i, j]]
        weight = [math.exp(float(q[i] @ k[j]) / math.sqrt(len(q[i]))) for j in seen]
        rows.append(sum(w * v[j] for w, j in zip(weight, seen, strict=True)) / sum(weight))
    return torch.stack(rows)


def renormed(x, W_q, W_k, W_v, mask):
    weights = (x @ W_q @ (x @ W_k).mT * W_q.shape[1] ** -0.5).softmax(-1) * mask
    return weights / weights.sum(-1, keepdim=True) @ x @ W_v


def with_a_large_number(x, W_q, W_k, W_v, mask):
    q = x @ W_q / math.sqrt(W_q.shape[1])
    scores = torch.einsum("qd,kd->qk", q, x @ W_k) + (~mask) * -1e9
    return torch.einsum("qk,kd->qd", scores.softmax(-1), x @ W_v)


def in_torch(x, W_q, W_k, W_v, mask):
    q, k, v = (part[None] for part in (x @ W_q, x @ W_k, x @ W_v))
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, mask)[0]


def in_float32(*given):
    return masked(*(part.float() for part in given[:4]), given[4])


FORMS = [masked, plain, in_loops, renormed, with_a_large_number, in_torch, in_float32]


@pytest.mark.parametrize("answer", FORMS)
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
    "values": lambda x, q, k, v: plain(x, q, k, v) + 0.1,
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


def by_the_largest_gap(f, x, atol=1e-5):
    orders = [torch.randperm(len(x)) for _ in range(30)]
    return max((f(x[o]) - f(x)[o]).abs().max() for o in orders) < atol


def put_back(f, x):
    orders = itertools.islice(itertools.permutations(range(len(x))), 100)
    tried = (torch.tensor(order) for order in orders)
    return all(torch.allclose(f(x[o])[o.argsort()], f(x), atol=1e-5) for o in tried)


def with_a_matrix(f, x):
    return all(
        torch.allclose(f(P @ x), P @ f(x), atol=1e-5)
        for P in (torch.eye(len(x)).to(x)[torch.randperm(len(x))] for _ in range(20))
    )


@pytest.mark.parametrize("answer", [equivariant, by_the_largest_gap, put_back, with_a_matrix])
def test_right_test_passes(answer, capsys):
    verdict = check.permutation_equivariant(answer)
    assert (verdict.passed, verdict.score) == (True, 1.0)
    assert capsys.readouterr().out.startswith("✓ permutation_equivariant: right")


def test_one_random_shuffle_is_too_few():
    verdict = check.permutation_equivariant(lambda f, x: equivariant(f, x, tries=1))
    assert verdict.mistake in ("few-shuffles", "always-true")


@pytest.mark.parametrize("slug", WRONG_TESTS)
def test_wrong_test_is_named(slug):
    verdict = check.permutation_equivariant(WRONG_TESTS[slug])
    assert (verdict.passed, verdict.mistake) == (False, slug)
    assert (verdict.score is None) == (slug == "not-a-bool")


def any_will_do(f, x):
    orders = [torch.randperm(len(x)) for _ in range(20)]
    return any(torch.allclose(f(x[o]), f(x)[o], atol=1e-5) for o in orders)


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (lambda f, x: by_the_largest_gap(f, x, 1e-12), "float32 rounds at the seventh digit"),
        (any_will_do, "False at the first that differs"),
    ],
)
def test_a_test_of_blindness_is_advised(answer, advice):
    assert advice in check.permutation_equivariant(answer).message


def test_weights_that_nobody_divided_are_told_how():
    undivided = check.attention(lambda x, q, k, v, m: (scores(x, q, k).exp() * m) @ (x @ v))
    assert undivided.mistake == "rows-sum"
    assert "divides by their sum" in undivided.message


def test_a_test_is_scored_by_how_many_it_judges_rightly():
    verdict = check.permutation_equivariant(WRONG_TESTS["always-true"])
    assert "6 of 14 rightly" in verdict.message
    assert verdict.score == pytest.approx(6 / 14)
    assert check.permutation_equivariant(WRONG_TESTS["tolerance"]).score == pytest.approx(13 / 14)


def causal(x, W_q, W_k, W_v):
    return masked(x, W_q, W_k, W_v, torch.ones(len(x), len(x)).tril().bool())


def causal_in_torch(x, W_q, W_k, W_v):
    q, k, v = (part[None] for part in (x @ W_q, x @ W_k, x @ W_v))
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)[0]


def causal_word_by_word(x, W_q, W_k, W_v):
    return torch.cat([plain(x[: i + 1], W_q, W_k, W_v)[-1:] for i in range(len(x))])


@pytest.mark.parametrize("answer", [causal, causal_in_torch, causal_word_by_word])
def test_mended_attention_passes(answer, capsys):
    assert check.mended_attention(answer).passed
    assert capsys.readouterr().out.startswith("✓ mended_attention: right")


WRONG_MENDED = {
    "leaks": lambda x, q, k, v: causal(x, q, k, v) + 0.1 * x.mean(0) @ v,
    "mask-ignored": plain,
    "value": lambda x, q, k, v: 2 * causal(x, q, k, v),
    "shape": lambda x, q, k, v: causal(x, q, k, v).T,
}


@pytest.mark.parametrize("slug", WRONG_MENDED)
def test_wrong_mended_attention_is_named(slug):
    assert check.mended_attention(WRONG_MENDED[slug]).mistake == slug


RIGHT = [
    (check.attention, masked),
    (check.mended_attention, causal),
    (check.permutation_equivariant, equivariant),
    (check.counting_weights, lambda: (torch.zeros(2, 2), torch.eye(2), PICK)),
]


@pytest.mark.parametrize(("checker", "answer"), RIGHT)
def test_the_notebooks_default_dtype_may_be_another(checker, answer):
    torch.set_default_dtype(torch.float64)
    try:
        assert checker(answer).passed
    finally:
        torch.set_default_dtype(torch.float32)


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
    assert check.counting_weights(lambda: torch.stack((PICK, PICK, PICK)).int()).passed
    assert capsys.readouterr().out.startswith("✓ counting_weights: every word knows")


@pytest.mark.parametrize(
    ("slug", "word", "answer"),
    [
        ("unequal-weights", "weigh alike", lambda: (torch.eye(2), torch.eye(2), PICK)),
        ("no-value", "W_v", lambda: (ZERO, ZERO, ZERO)),
        ("value-scaled", "must be 1", lambda: (ZERO, ZERO, 2 * PICK)),
        ("shape", "three tensors", lambda: (ZERO, ZERO)),
    ],
)
def test_wrong_counting_is_named(slug, word, answer):
    verdict = check.counting_weights(answer)
    assert verdict.mistake == slug
    assert word in verdict.message


@pytest.mark.parametrize("checker", [checker for checker, _ in RIGHT])
def test_an_unwritten_answer_is_no_mistake(checker, capsys):
    def stub(*arguments):
        raise NotImplementedError

    verdict = checker(stub)
    assert (verdict.passed, verdict.mistake) == (False, None)
    assert capsys.readouterr().out.startswith("○ ")
