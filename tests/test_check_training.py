"""The checkers of notebook 05: right answers pass, wrong ones are named."""

import torch
import torch.nn.functional as F

from posenc import check


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
    "error-rate": lambda m, x, y: 1 - evaluate(m, x, y),
    "all-right": lambda m, x, y: 0.9 * evaluate(m, x, y),
    "type": lambda m, x, y: hits(m, x, y)[0],
    "raises": lambda m, x, y: F.cross_entropy(m.eval()(x), x),
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
    "sure": lambda x, y: by_position(x, y) + 1,
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


def mean_by_mean(a, b, chance):
    return reading([sum(a) / len(a)], [sum(b) / len(b)], chance)


WRONG_READING = {
    "only-means": by_mean,
    "means-throughout": mean_by_mean,
    "chance": lambda a, b, c: reading(a, b, -1),
    "word": lambda a, b, c: True,
    "always-the-same": lambda a, b, c: "not decided",
    "raises": lambda a, b, c: a > c,
}

EXERCISES = {
    "evaluate": (evaluate, WRONG_EVALUATE),
    "by_position": (by_position, WRONG_BY_POSITION),
    "reading": (reading, WRONG_READING),
}


def text_by_text(model, tokens, targets):
    mode, right, asked = model.training, 0, 0
    model.eval()
    with torch.inference_mode():
        for row, wanted in zip(tokens, targets, strict=True):
            guess = model(row[None])[0].softmax(-1).max(-1).indices
            for one, other in zip(guess.tolist(), wanted.tolist(), strict=True):
                asked += other != -100
                right += one == other
    model.train(mode)
    return right / asked


@torch.no_grad()
def in_numpy(model, tokens, targets):
    mode = model.training
    logits = model.train(False)(tokens).numpy()
    model.train(mode)
    known = targets.numpy() != -100
    return (logits.argmax(-1) == targets.numpy())[known].mean()


def each_text_by_itself(logits, targets):
    rows = [F.cross_entropy(x, y, reduction="none") for x, y in zip(logits, targets, strict=True)]
    return torch.stack(rows).mean(0)


def each_position_by_itself(logits, targets):
    n = targets.shape[1]
    return torch.stack([F.cross_entropy(logits[:, i], targets[:, i]) for i in range(n)])


def by_hand(logits, targets):
    wanted = F.one_hot(targets, logits.shape[-1])
    return ((logits.exp().sum(-1).log() - (logits * wanted).sum(-1)).sum(0) / len(targets)).float()


def all_against_all(a, b, chance):
    if all(seed <= chance + 0.05 for seed in a + b):
        return "both at chance"
    wins = {x > y for x in a for y in b} | {None for x in a for y in b if x == y}
    return "a" if wins == {True} else "b" if wins == {False} else "not decided"


def by_sorting(a, b, chance):
    a, b = sorted(a), sorted(b)
    if a[-1] - chance <= 0.05 and b[-1] - chance <= 0.05:
        return "both at chance"
    return "a" if b[-1] < a[0] else "b" if a[-1] < b[0] else "not decided"


OTHER_FORMS = [
    ("evaluate", text_by_text),
    ("evaluate", in_numpy),
    ("by_position", each_text_by_itself),
    ("by_position", each_position_by_itself),
    ("by_position", by_hand),
    ("reading", all_against_all),
    ("reading", by_sorting),
]


def test_an_evaluation_with_gradients_passes_with_a_remark():
    def answer(model, tokens, targets):
        right, asked = hits(model, tokens, targets)
        return right[asked].float().mean()

    verdict = check.evaluate(answer)
    assert verdict.passed
    assert verdict.equivalent
