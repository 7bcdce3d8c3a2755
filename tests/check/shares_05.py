"""Answers for `evaluate` of notebook 05: right in other forms, and wrong ones."""

from fractions import Fraction

import torch


def asking(share):
    """An answer that asks the model as it should, and then makes a share of it."""

    def answer(model, tokens, targets):
        mode = model.training
        model.eval()
        with torch.no_grad():
            logits = model(tokens)
        model.train(mode)
        return share(logits, targets)

    return answer


def hits(logits, y):
    return logits.argmax(-1) == y


def mean_of(found, y):
    return found[y != -100].double().mean().item()


def with_finally(model, tokens, targets):
    mode = model.training
    try:
        model.train(False)
        with torch.inference_mode():
            guesses = model(tokens).max(-1).indices
    finally:
        model.train(mode)
    return ((guesses == targets).sum() / (targets >= 0).sum()).item()


FORMS = [
    with_finally,
    asking(lambda x, y: hits(x, y).sum() / (y != -100).sum()),
    asking(lambda x, y: hits(x, y)[y != -100].float().mean()[None]),
    asking(lambda x, y: Fraction(int(hits(x, y).sum()), int((y != -100).sum()))),
    asking(
        lambda x, y: (
            torch.einsum("bn,bn->", hits(x, y).double(), (y != -100).double()) / (y >= 0).sum()
        )
    ),
]


def late(model, tokens, targets):
    """In eval() when it has answered."""
    logits = model(tokens)
    model.eval()
    return mean_of(hits(logits, targets), targets)


def without_call(model, tokens, targets):
    model.eval  # noqa: B018
    return mean_of(hits(model(tokens), targets), targets)


def always_training(model, tokens, targets):
    logits = model.eval()(tokens)
    model.train()
    return mean_of(hits(logits, targets), targets)


def gradients_off(model, tokens, targets):
    torch.set_grad_enabled(False)
    return with_finally(model, tokens, targets)


def frozen(model, tokens, targets):
    model.requires_grad_(False)
    return with_finally(model, tokens, targets)


WRONG = {
    "unasked-right": asking(lambda x, y: (hits(x, y) | (y == -100)).double().mean().item()),
    "no-argmax": asking(lambda x, y: mean_of(x == y, y)),
    "no-attribute": lambda model, tokens, targets: model.mode,
}
INVENTED = {
    "right where unasked, not divided": ("unasked-added",
        asking(lambda x, y: (hits(x, y) | (y == -100)).sum() / (y != -100).sum())),
    "two digits": ("rounded", asking(lambda x, y: round(mean_of(hits(x, y), y), 2))),
    "divided with //": ("zero",
        asking(lambda x, y: int(hits(x, y).sum()) // int((y != -100).sum()))),
    "values for indices": ("zero", asking(lambda x, y: mean_of(x.max(-1).values == y, y))),
    "0 for −100": ("zero-for-ignored", asking(lambda x, y: hits(x, y)[y != 0].float().mean())),
    "softmax over places": ("softmax-over-places",
        asking(lambda x, y: mean_of(hits(x.softmax(1), y), y))),
    "one of two": ("two-best",
        asking(lambda x, y: mean_of((x.topk(2).indices == y[..., None]).any(-1), y))),
    "flattened the other way": ("transposed",
        asking(lambda x, y: mean_of(x.argmax(-1).T.flatten() == y.flatten(), y.flatten()))),
    "mean of means": ("mean-of-texts",
        asking(lambda x, y:
            sum(mean_of(hits(a, b), b) for a, b in zip(x, y, strict=True)) / len(y))),
    "the first text": ("first-text",
        asking(lambda x, y: mean_of(hits(x, y)[0], y[0]))),
    "89 questions": ("one-size", asking(lambda x, y: int(hits(x, y).sum()) / 89)),
    "eval() too late": ("training-mode", late),
    "eval without ()": ("training-mode", without_call),
    "always back to training": ("mode-not-restored", always_training),
    "gradients stay off": ("grad-left-off", gradients_off),
    "weights are frozen": ("freezes", frozen),
}  # fmt: skip
SAID = [
    ("count as correct. Leave them out", WRONG["unasked-right"]),
    ("Take argmax(-1) first. (line ", WRONG["no-argmax"]),
    ("A model has no attribute 'mode'. model.training", WRONG["no-attribute"]),
    ("rounded to two digits", INVENTED["two digits"][1]),
    ("Use `with torch.no_grad():`", gradients_off),
    ("Restore it with model.train(mode)", always_training),
]
