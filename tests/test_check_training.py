"""The checkers of notebook 05: right answers pass, wrong ones are named."""

import pytest
import torch
import torch.nn.functional as F

from posenc import check


def unwritten(*_):
    raise NotImplementedError


def evaluate(model, tokens, targets):
    was = model.training
    model.eval()
    with torch.no_grad():
        guesses = model(tokens).argmax(-1)
    model.train(was)
    asked = targets != -100
    return float((guesses == targets)[asked].float().mean())


def hits(model, tokens, targets):
    was = model.training
    guesses = model.eval()(tokens).argmax(-1)
    model.train(was)
    return (guesses == targets), targets != -100


def by_text(model, tokens, targets):
    right, asked = hits(model, tokens, targets)
    return ((right & asked).sum(1) / asked.sum(1)).mean()


def in_training(model, tokens, targets):
    return float((model(tokens).argmax(-1) == targets)[targets != -100].float().mean())


WRONG_EVALUATE = {
    "training-mode": in_training,
    "mode-not-restored": lambda m, x, y: in_training(m.eval(), x, y),
    "never-asked": lambda m, x, y: 0.5,
    "unasked-counted": lambda m, x, y: hits(m, x, y)[0].float().mean(),
    "mean-of-texts": by_text,
    "count": lambda m, x, y: int(hits(m, x, y)[0].sum()),
    "percent": lambda m, x, y: 100 * evaluate(m, x, y),
    "value": lambda m, x, y: 1 - evaluate(m, x, y),
    "type": lambda m, x, y: hits(m, x, y)[0],
    "raises": lambda m, x, y: F.cross_entropy(m.eval()(x), y),
}


def losses(logits, targets):
    return F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # (b, n)


def by_position(logits, targets):
    return losses(logits, targets).mean(0)


WRONG_BY_POSITION = {
    "by-text": lambda x, y: losses(x, y).mean(1),
    "one-number": lambda x, y: losses(x, y).mean(),
    "sum": lambda x, y: losses(x, y).sum(0),
    "sign": lambda x, y: -by_position(x, y),
    "log-of-mean": lambda x, y: -losses(x, y).neg().exp().mean(0).log(),
    "bits": lambda x, y: by_position(x, y) / torch.tensor(2.0).log(),
    "probability": lambda x, y: losses(x, y).neg().exp().mean(0),
    "value": lambda x, y: by_position(x, y) + 1,
    "shape": lambda x, y: losses(x, y),
    "not-a-tensor": lambda x, y: by_position(x, y).tolist(),
    "raises": lambda x, y: F.cross_entropy(x, y),
}


def reading(a, b, chance):
    if max(a + b) <= chance + 0.05:
        return "both at chance"
    if min(a) > max(b):
        return "a"
    return "b" if min(b) > max(a) else "not decided"


def by_mean(a, b, chance):
    return "a" if sum(a) > sum(b) else "b"


WRONG_READING = {
    "means": by_mean,
    "chance": lambda a, b, c: reading(a, b, -1),
    "word": lambda a, b, c: True,
    "value": lambda a, b, c: "not decided",
    "raises": lambda a, b, c: a > c,
}

EXERCISES = {
    "evaluate": (evaluate, WRONG_EVALUATE),
    "by_position": (by_position, WRONG_BY_POSITION),
    "reading": (reading, WRONG_READING),
}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes(name, capsys):
    verdict = getattr(check, name)(EXERCISES[name][0])
    assert verdict.passed and verdict.mistake is None
    assert capsys.readouterr().out.startswith(f"✓ {name}: right")


@pytest.mark.parametrize(
    "name, slug", [(name, slug) for name, (_, wrong) in EXERCISES.items() for slug in wrong]
)
def test_a_wrong_answer_is_named(name, slug, capsys):
    verdict = getattr(check, name)(EXERCISES[name][1][slug])
    assert (verdict.passed, verdict.mistake) == (False, slug)
    line = capsys.readouterr().out
    assert line.startswith(f"✗ {name}: ") and line.count("\n") == 1


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_not_written_is_said_to_be(name, capsys):
    verdict = getattr(check, name)(unwritten)
    assert not verdict.passed and verdict.mistake is None
    assert capsys.readouterr().out == f"○ {name}: not written yet\n"


def test_an_evaluation_with_gradients_passes_with_a_remark():
    def answer(model, tokens, targets):
        right, asked = hits(model, tokens, targets)
        return right[asked].float().mean()

    verdict = check.evaluate(answer)
    assert verdict.passed and verdict.equivalent
