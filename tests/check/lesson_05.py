"""Answers to the exercises of notebook 05, right and wrong."""

import losses_05
import readings_05
import shares_05
import torch
import torch.nn.functional as F


def logits_of(model, tokens):
    """In eval(), and the mode is given back."""
    mode = model.training
    logits = model.eval()(tokens)
    model.train(mode)
    return logits


def hits(model, tokens, targets, pick=lambda z: z.argmax(-1)):
    return pick(logits_of(model, tokens)) == targets


def scored(model, tokens, targets, *pick):
    return hits(model, tokens, targets, *pick)[targets != -100].float().mean()


@torch.no_grad()
def evaluate(model, tokens, targets):
    return float(scored(model, tokens, targets))


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
    logits, targets = logits_of(model, tokens).numpy(), targets.numpy()
    return (logits.argmax(-1) == targets)[targets != -100].mean()


def by_text(model, tokens, targets):
    asked = targets != -100
    return ((hits(model, tokens, targets) & asked).sum(1) / asked.sum(1)).mean()


def in_training(model, tokens, targets):
    return float((model(tokens).argmax(-1) == targets)[targets != -100].float().mean())


def sampled(logits):
    return torch.distributions.Categorical(logits=logits).sample()


def second(logits):
    return logits.topk(2).indices[..., 1]


def batches(model, x, y):
    """Two batches; the second has more questions."""
    return (scored(model, x[:2], y[:2]) + scored(model, x[2:], y[2:])) / 2


def steps(model, x, y):
    logits_of(model, x).square().sum().backward()
    return scored(model, x, y)


def nan(model, x, y):
    right, asked = hits(model, x, y).float(), (y != -100).float()
    return (right[:, :3].sum(1) / (asked[:, :3].sum(1) * asked[:, 0])).mean()


def losses(logits, targets, **options):
    return F.cross_entropy(logits.transpose(1, 2), targets, reduction="none", **options)  # (b, n)


def by_position(logits, targets):
    return losses(logits, targets).mean(0)


def each_text_by_itself(logits, targets):
    rows = [F.cross_entropy(x, y, reduction="none") for x, y in zip(logits, targets, strict=True)]
    return torch.stack(rows).mean(0)


def each_position_by_itself(logits, targets):
    n = targets.shape[1]
    return torch.stack([F.cross_entropy(logits[:, i], targets[:, i]) for i in range(n)])


def by_hand(logits, targets):
    wanted = F.one_hot(targets, logits.shape[-1])
    return ((logits.exp().sum(-1).log() - (logits * wanted).sum(-1)).sum(0) / len(targets)).float()


def reading(a, b, chance, above=0.05):
    if max(a + b) <= chance + above:
        return "both at chance"
    if min(a) > max(b):
        return "a"
    return "b" if min(b) > max(a) else "not decided"


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


def median(seeds):
    return sorted(seeds)[len(seeds) // 2]


def with_room(a, b, chance):
    word = reading(a, b, chance)
    return "not decided" if word in "ab" and abs(min(a) - max(b)) < 0.04 else word


def three_quarters(a, b, chance):
    word = reading(a, b, chance)
    wins = sum(x > y for x in a for y in b)
    return "a" if word != "both at chance" and wins > 0.75 * len(a) * len(b) else word


RIGHT = {"evaluate": evaluate, "reading": reading, "by_position": by_position}
FORMS = {
    "evaluate": [text_by_text, in_numpy, *shares_05.FORMS],
    "reading": [all_against_all, by_sorting, *readings_05.FORMS],
    "by_position": [each_text_by_itself, each_position_by_itself, by_hand, *losses_05.FORMS],
}
EQUIVALENT = {"evaluate": [("under torch.no_grad()", scored)]}
WRONG = {
    "evaluate": {
        **shares_05.WRONG,
        "training-mode": in_training,
        "mode-not-restored": lambda m, x, y: in_training(m.eval(), x, y),
        "never-asked": lambda m, x, y: 0.5,
        "unasked-counted": lambda m, x, y: hits(m, x, y).float().mean(),
        "mean-of-texts": by_text,
        "count": lambda m, x, y: int(hits(m, x, y).sum()),
        "percent": lambda m, x, y: 100 * evaluate(m, x, y),
        "error-rate": lambda m, x, y: 1 - evaluate(m, x, y),
        "all-right": lambda m, x, y: 0.9 * evaluate(m, x, y),
        "type": lambda m, x, y: hits(m, x, y),
        "raises": lambda m, x, y: F.cross_entropy(m.eval()(x), x),
    },
    "reading": {
        "only-sums": lambda a, b, c: "a" if sum(a) > sum(b) else "b",
        **readings_05.WRONG,
        "means-throughout": lambda a, b, c: reading([sum(a) / len(a)], [sum(b) / len(b)], c),
        "chance": lambda a, b, c: reading(a, b, -1),
        "word": lambda a, b, c: True,
        "always-the-same": lambda a, b, c: "not decided",
        "raises": lambda a, b, c: a > c,
    },
    "by_position": {
        "by-text": lambda x, y: losses(x, y).mean(1),
        "one-number": lambda x, y: losses(x, y).mean(),
        "sum": lambda x, y: losses(x, y).sum(0),
        "sign": lambda x, y: -by_position(x, y),
        "log-of-mean": lambda x, y: -losses(x, y).neg().exp().mean(0).log(),
        "bits": lambda x, y: by_position(x, y) / torch.tensor(2.0).log(),
        "probability": lambda x, y: losses(x, y).neg().exp().mean(0),
        "sure": lambda x, y: by_position(x, y) + 1,
        "not-averaged": losses,
        **losses_05.WRONG,
        "not-a-tensor": lambda x, y: by_position(x, y).tolist(),
        "no-transpose": lambda x, y: F.cross_entropy(x, y),
        "raises": lambda x, y: x.no_such_thing,
    },
}

INVENTED = {
    "evaluate": {
        **shares_05.INVENTED,
        "sampled, not argmax": ("not-the-same-twice", lambda m, x, y: scored(m, x, y, sampled)),
        "a mean of batches": ("not-alike", batches),
        "steps": ("trains", steps),
        "0 of 0": ("not-finite", nan),
        "in training mode": ("training-mode",
            lambda m, x, y: (m(x).argmax(-1) == y).float().mean()),
        "first place left out": ("not-alike", lambda m, x, y: scored(m, x[:, 1:], y[:, 1:])),
        "the last text left out": ("not-alike", lambda m, x, y: scored(m, x[:-1], y[:-1])),
        "logits from 1": ("zero", lambda m, x, y: scored(m, x, y + 10)),
        "the second best": ("second-best", lambda m, x, y: scored(m, x, y, second)),
        "one of the best two": ("not-alike",
            lambda m, x, y: scored(m, x, y) + hits(m, x, y, second).sum() / 16),
        "a root": ("not-alike", lambda m, x, y: scored(m, x, y).sqrt()),
        "smoothed": ("all-right", lambda m, x, y: (16 * scored(m, x, y) + 1) / 18),
        "a list": ("type", lambda m, x, y: [scored(m, x, y).item()]),
        "all but −100 as a class": ("unasked-counted",
            lambda m, x, y: hits(m, x, y.clamp(min=-1)).float().mean()),
    },
    "reading": {
        **readings_05.INVENTED,
        "medians": ("word-never-said", lambda a, b, c: "a" if median(a) > median(b) else "b"),
        "never b": ("word-never-said",
            lambda a, b, c: "a" if reading(a, b, c) == "a" else reading(a, a, c)),
        "always a": ("always-the-same", lambda a, b, c: "a"),
        "a margin of 0.2": ("above-chance", lambda a, b, c: reading(a, b, c, 0.2)),
        "no margin, both ways": ("no-margin", lambda a, b, c: reading(a, b, c, 1e-9)),
        "a gap is wanted": ("room", with_room),
        "at chance": ("word", lambda a, b, c: "at chance"),
        "capitals": ("word", lambda a, b, c: reading(a, b, c).upper()),
        "a winner's list": ("word", lambda a, b, c: a if max(a) > max(b) else b),
        "below chance is not at chance": ("at-chance",
            lambda a, b, c: "not decided" if max(a + b) < c else reading(a, b, c)),
        "three quarters": ("overlap", three_quarters),
        "worst of a against mean of b": ("overlap",
            lambda a, b, c: "a" if min(a) > sum(b) / len(b) else reading(a, b, c)),
    },
    "by_position": {
        **losses_05.INVENTED,
        "dropout": ("not-the-same-twice", lambda x, y: by_position(F.dropout(x, 0.2), y)),
        "the last text alone": ("order-of-texts", lambda x, y: losses(x, y)[-1]),
        "sorted": ("positions-mixed", lambda x, y: by_position(x, y).sort().values),
        "turned round": ("reversed", lambda x, y: by_position(x, y).flip(0)),
        "less its mean": ("positions-mixed", lambda x, y: by_position(x, y) - losses(x, y).mean()),
        "running sum": ("running-sum", lambda x, y: by_position(x, y).cumsum(0)),
        "sigmoid": ("no-softmax",
            lambda x, y: -x.sigmoid().gather(2, y[..., None])[..., 0].log().mean(0)),
        "smoothed labels": ("sure", lambda x, y: losses(x, y, label_smoothing=0.1).mean(0)),
        "half": ("level", lambda x, y: by_position(x, y) / 2),
        "square": ("level", lambda x, y: losses(x, y).square().mean(0)),
        "standard deviation": ("not-a-mean", lambda x, y: losses(x, y).std(0)),
        "the worst text": ("not-a-mean", lambda x, y: losses(x, y).amax(0)),
        "accuracy": ("sure", lambda x, y: (x.argmax(-1) == y).double().mean(0)),
        "perplexity, then mean": ("sure", lambda x, y: losses(x, y).exp().mean(0)),
        "keeps the axis": ("shape", lambda x, y: losses(x, y).mean(0, keepdim=True)),
        "focal": ("level", lambda x, y: (losses(x, y) * (1 - (-losses(x, y)).exp())).mean(0)),
    },
}  # fmt: skip

SAID = {"evaluate": shares_05.SAID, "by_position": losses_05.SAID, "reading": readings_05.SAID}
