"""Wrong programs that the checkers of notebooks 01, 02 and 05 were not built on: all rejected.

Most are named by a slip or by the first property that fails; "value" names nothing.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from posenc import check

INF = math.inf


# --- attention ------------------------------------------------------------------------------


def parts(x, W_q, W_k, W_v):
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    return q @ k.T / q.shape[-1] ** 0.5, v


def mixed(x, W_q, W_k, W_v, mask, change=lambda s: s, after=lambda w: w, fill=-INF):
    s, v = parts(x, W_q, W_k, W_v)
    return after(change(s).masked_fill(~mask, fill).softmax(-1)) @ v


def normed(x, W_q, W_k, W_v, mask):
    q, k = F.normalize(x @ W_q, dim=-1), F.normalize(x @ W_k, dim=-1)
    return (q @ k.T).masked_fill(~mask, -INF).softmax(-1) @ (x @ W_v)


def additive(x, W_q, W_k, W_v, mask):
    s = ((x @ W_q)[:, None] + (x @ W_k)).tanh().sum(-1)
    return s.masked_fill(~mask, -INF).softmax(-1) @ (x @ W_v)


def forgetful(x, W_q, W_k, W_v, mask):
    """A loop that divides by all weights, hidden ones too."""
    s, v = parts(x, W_q, W_k, W_v)
    rows = []
    for i in range(len(x)):
        seen = [j for j in range(len(x)) if mask[i, j]]
        rows.append(sum(s[i, j].exp() * v[j] for j in seen) / s[i].exp().sum())
    return torch.stack(rows)


def unscaled_loop(x, W_q, W_k, W_v, mask):
    s, v = parts(x, W_q, W_k, W_v)
    return torch.stack([
        sum(s[i, j].exp() * v[j] for j in range(len(x)) if mask[i, j]) for i in range(len(x))
    ])  # fmt: skip


def off_by_one(x, W_q, W_k, W_v, mask):
    return mixed(x, W_q, W_k, W_v, mask & ~torch.eye(len(x), dtype=torch.bool).roll(1, 0))


ATTENTION = {
    "dropout left in": (
        "not-the-same-twice",
        lambda *a: mixed(*a, after=lambda w: F.dropout(w, 0.5)),
    ),
    "hides by -1 only": ("hidden-counts", lambda *a: mixed(*a, fill=-1.0)),
    "width 4 written in": (
        "temperature",
        lambda x, q, k, v, m: mixed(x, q, k, v, m, lambda s: s * q.shape[1] ** 0.5 / 2),
    ),
    "scaled twice": (
        "scale-not-root",
        lambda x, q, k, v, m: mixed(x, q, k, v, m, lambda s: s / q.shape[1] ** 0.5),
    ),
    "scaled by the fourth root": (
        "temperature",
        lambda x, q, k, v, m: mixed(x, q, k, v, m, lambda s: s * q.shape[1] ** 0.25),
    ),
    "sign of the scores turned": ("temperature", lambda *a: mixed(*a, lambda s: -s)),
    "sigmoid for softmax": (
        "rows-sum",
        lambda x, q, k, v, m: (parts(x, q, k, v)[0].sigmoid() * m) @ (x @ v),
    ),
    "log_softmax for softmax": ("not-finite", lambda *a: mixed(*a, after=lambda w: w.log())),
    "exp without the sum": ("rows-sum", unscaled_loop),
    "divides by all": ("mask-after-softmax", forgetful),
    "cosine of q and k": ("weights", normed),
    "additive scores": ("weights", additive),
    "a residual": (
        "rows-sum",
        lambda x, q, k, v, m: mixed(x, q, k, v, m) + x @ v,
    ),
    "the largest alone": (
        "allowed-is-hidden",
        lambda *a: mixed(*a, after=lambda w: (w == w.amax(-1, True)).to(w)),
    ),
    "a key too few": ("allowed-is-hidden", off_by_one),
    "relu of the scores": ("weights", lambda *a: mixed(*a, F.relu)),
    "a constant added": ("values", lambda *a: mixed(*a) + 0.1),
    "values scaled": ("rows-sum", lambda *a: 2 * mixed(*a)),
    "values normed": ("values", lambda x, q, k, v, m: mixed(x, q, k, F.normalize(v), m)),
    "the output squashed": ("values", lambda *a: mixed(*a).tanh()),
    "all rounded": ("values", lambda *a: (mixed(*a) * 10).round() / 10),
}  # fmt: skip

# --- evaluate -------------------------------------------------------------------------------


def guesses(model, tokens):
    mode = model.training
    logits = model.eval()(tokens)
    model.train(mode)
    return logits


def scored(model, x, y, pick=lambda z: z.argmax(-1)):
    return (pick(guesses(model, x)) == y)[y != -100].float().mean()


def sampled(logits):
    return torch.distributions.Categorical(logits=logits).sample()


def batches(model, x, y):
    """Two batches; the second has more questions."""
    return (scored(model, x[:2], y[:2]) + scored(model, x[2:], y[2:])) / 2


def steps(model, x, y):
    mode = model.training
    loss = model.eval()(x).square().sum()
    loss.backward()
    model.train(mode)
    return scored(model, x, y)


def nan(model, x, y):
    hits = (guesses(model, x).argmax(-1) == y).float()
    asked = (y != -100).float()
    return (hits[:, :3].sum(1) / (asked[:, :3].sum(1) * asked[:, 0])).mean()


EVALUATE = {
    "sampled, not argmax": ("not-the-same-twice", lambda m, x, y: scored(m, x, y, sampled)),
    "a mean of batches": ("not-alike", batches),
    "steps": ("trains", steps),
    "0 of 0": ("not-finite", nan),
    "in training mode": ("training-mode", lambda m, x, y: (m(x).argmax(-1) == y).float().mean()),
    "first place left out": ("not-alike", lambda m, x, y: scored(m, x[:, 1:], y[:, 1:])),
    "the last text left out": ("not-alike", lambda m, x, y: scored(m, x[:-1], y[:-1])),
    "logits from 1": ("zero", lambda m, x, y: scored(m, x, y + 10)),
    "the second best": (
        "all-right",
        lambda m, x, y: scored(m, x, y, lambda z: z.topk(2).indices[..., 1]),
    ),
    "one of the best two": (
        "not-alike",
        lambda m, x, y: scored(m, x, y) + (y == guesses(m, x).topk(2).indices[..., 1]).sum() / 16,
    ),
    "a root": ("not-alike", lambda m, x, y: scored(m, x, y).sqrt()),
    "smoothed": ("all-right", lambda m, x, y: (16 * scored(m, x, y) + 1) / 18),
    "a list": ("type", lambda m, x, y: [scored(m, x, y).item()]),
    "all but −100 as a class": (
        "unasked-counted",
        lambda m, x, y: (guesses(m, x).argmax(-1) == y.clamp(min=-1)).float().mean(),
    ),
}  # fmt: skip


# --- by_position ----------------------------------------------------------------------------


def losses(logits, targets):
    return F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")  # (b, n)


def noisy(logits, targets):
    return losses(F.dropout(logits, 0.2), targets).mean(0)


BY_POSITION = {
    "dropout": ("not-the-same-twice", noisy),
    "the last text alone": ("order-of-texts", lambda x, y: losses(x, y)[-1]),
    "sorted": ("positions-mixed", lambda x, y: losses(x, y).mean(0).sort().values),
    "turned round": ("positions-mixed", lambda x, y: losses(x, y).mean(0).flip(0)),
    "less its mean": ("positions-mixed", lambda x, y: losses(x, y).mean(0) - losses(x, y).mean()),
    "running sum": ("positions-mixed", lambda x, y: losses(x, y).mean(0).cumsum(0)),
    "sigmoid": (
        "no-softmax",
        lambda x, y: -x.sigmoid().gather(2, y[..., None])[..., 0].log().mean(0),
    ),
    "smoothed labels": (
        "sure",
        lambda x, y: F.cross_entropy(
            x.transpose(1, 2), y, reduction="none", label_smoothing=0.1
        ).mean(0),
    ),
    "half": ("level", lambda x, y: losses(x, y).mean(0) / 2),
    "square": ("level", lambda x, y: losses(x, y).square().mean(0)),
    "standard deviation": ("not-a-mean", lambda x, y: losses(x, y).std(0)),
    "plus one": ("sure", lambda x, y: losses(x, y).mean(0) + 1),
    "the worst text": ("not-a-mean", lambda x, y: losses(x, y).amax(0)),
    "accuracy": ("sure", lambda x, y: (x.argmax(-1) == y).double().mean(0)),
    "perplexity, then mean": ("sure", lambda x, y: losses(x, y).exp().mean(0)),
    "keeps the axis": ("shape", lambda x, y: losses(x, y).mean(0, keepdim=True)),
    "focal": ("level", lambda x, y: (losses(x, y) * (1 - (-losses(x, y)).exp())).mean(0)),
}


# --- reading --------------------------------------------------------------------------------


def read(a, b, chance, above=0.05):
    if max(a + b) <= chance + above:
        return "both at chance"
    if min(a) > max(b):
        return "a"
    return "b" if min(b) > max(a) else "not decided"


def median(seeds):
    return sorted(seeds)[len(seeds) // 2]


def with_room(a, b, chance):
    word = read(a, b, chance)
    return "not decided" if word in "ab" and abs(min(a) - max(b)) < 0.04 else word


def no_b(a, b, chance):
    word = read(a, b, chance)
    return "not decided" if word == "b" else word


READING = {
    "medians": ("word-never-said", lambda a, b, c: "a" if median(a) > median(b) else "b"),
    "never b": ("word-never-said", no_b),
    "always a": ("always-the-same", lambda a, b, c: "a"),
    "a margin of 0.2": ("above-chance", lambda a, b, c: read(a, b, c, 0.2)),
    "no margin, both ways": ("no-margin", lambda a, b, c: read(a, b, c, 1e-9)),
    "a gap is wanted": ("parted", with_room),
    "at chance": ("word", lambda a, b, c: "at chance"),
    "capitals": ("word", lambda a, b, c: read(a, b, c).upper()),
    "a winner's list": ("word", lambda a, b, c: a if max(a) > max(b) else b),
    "below chance is not at chance": (
        "at-chance",
        lambda a, b, c: "not decided" if max(a + b) < c else read(a, b, c),
    ),
    "three quarters": (
        "overlap",
        lambda a, b, c: (
            "both at chance" if max(a + b) <= c + 0.05
            else "a" if sum(x > y for x in a for y in b) > 0.75 * len(a) * len(b) else read(a, b, c)
        ),
    ),
    "worst of a against mean of b": (
        "overlap",
        lambda a, b, c: "a" if min(a) > sum(b) / len(b) else read(a, b, c),
    ),
}  # fmt: skip


# --- notebooks 01 and 02 --------------------------------------------------------------------

PICK = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
EYE, ZERO = torch.eye(2), torch.zeros(2, 2)

COUNTING = {
    "random": ("unequal-weights", lambda: torch.randn(3, 2, 2).unbind()),
    "the marker asks": ("unequal-weights", lambda: (EYE.flip(0), PICK, PICK)),
    "others louder": ("words-leak", lambda: (ZERO, EYE, torch.ones(2, 2))),
    "channel 1": ("wrong-channel", lambda: (ZERO, EYE, EYE.flip(1) * PICK.flip(1))),
    "halved": ("value-scaled", lambda: (ZERO, EYE, PICK / 2)),
    "sign": ("value-scaled", lambda: (ZERO, EYE, -PICK)),
    "infinite": ("not-finite", lambda: (ZERO * INF, EYE, PICK)),
    "two": ("shape", lambda: (ZERO, PICK)),
    "a number": ("shape", lambda: 3),
    "keys and values in turn": ("unequal-weights", lambda: (EYE, EYE, PICK)),
    "nothing": ("no-value", lambda: (ZERO, ZERO, ZERO)),
    "nearly equal": ("unequal-weights", lambda: (0.01 * EYE, EYE, PICK)),
}


def back(k, two=2.0, one=-1.0):
    W_q = torch.tensor([[-two * k, one], [two, 0.0], [0.0, 0.0]])
    return W_q, torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def seeded(k):
    return torch.Generator().manual_seed(k)


LOOK_BACK = {
    "transposed": ("shape", lambda k: tuple(W.T for W in back(k))),
    "rows of W_q turned": ("square-of-query", lambda k: (back(k)[0].flip(0), back(k)[1])),
    "rows of W_k turned": ("line", lambda k: (back(k)[0], back(k)[1].flip(0))),
    "k for all but 1": ("other-distance", lambda k: back(k + (k > 1))),
    "all zero": ("flat", lambda k: (torch.zeros(3, 2), torch.zeros(3, 2))),
    "random": ("value", lambda k: torch.randn(2, 3, 4, generator=seeded(k)).unbind()),
    "half a step": ("tie", lambda k: back(k + 0.5)),
    "steeper": ("tie", lambda k: back(k, 3.0)),
    "three matrices": ("shape", lambda k: (*back(k), back(k)[0])),
    "infinite": ("not-finite", lambda k: (back(k)[0] / 0, back(k)[1])),
    "changed places": ("swapped", lambda k: back(k)[::-1]),
    "plus k": ("sign", lambda k: back(-k)),
}  # fmt: skip

PREVIOUS = {
    "the other end": ("prefers-later", lambda n: (1, 0, 0, 1) if n == 2 else 2),
    "none": ("type", lambda n: (1, 0, 0, -1) if n == 2 else None),
    "word 0": ("word-zero", lambda n: (1, 0, 0, -1) if n == 2 else 0),
    "a float": ("type", lambda n: (1, 0, 0, -1) if n == 2 else 2.0),
    "true": ("type", lambda n: (1, 0, 0, -1) if n == 2 else True),
    "three": ("not-the-first", lambda n: (1, 0, 0, -1) if n == 2 else 3),
    "n": ("not-the-first", lambda n: (1, 0, 0, -1) if n == 2 else n),
    "for all n": ("no-such-weights", lambda n: (-n, 1, 0, 1)),
    "no slope": ("flat", lambda n: (1, 1, 1, 0)),
    "endless": ("not-finite", lambda n: (INF, 0, 0, -1)),
    "no query for 1": ("flat", lambda n: (1, -1, 0, -1)),
    "two numbers": ("shape", lambda n: (1, -1)),
}


def close(f, x, order, **room):
    return torch.allclose(f(x[order]), f(x)[order], **room)


def shuffles(f, x, test, n=20):
    return all(test(torch.randperm(len(x))) for _ in range(n))


EQUIVARIANT = {
    "never": ("invariance", lambda f, x: False),
    "order twice": (
        "order-twice",
        lambda f, x: shuffles(f, x, lambda o: torch.allclose(f(x[o])[o], f(x), atol=1e-5)),
    ),
    "sums": (
        "totals-only",
        lambda f, x: shuffles(
            f, x, lambda o: torch.allclose(f(x[o]).sum(0), f(x).sum(0), atol=1e-5)
        ),
    ),
    "sorted": (
        "totals-only",
        lambda f, x: shuffles(
            f, x, lambda o: torch.allclose(f(x[o]).sort(0)[0], f(x).sort(0)[0], atol=1e-5)
        ),
    ),
    "the first channel": (
        "one-channel",
        lambda f, x: shuffles(
            f, x, lambda o: torch.allclose(f(x[o])[:, 0], f(x)[o][:, 0], atol=1e-5)
        ),
    ),
    "a swap of the first two": (
        "few-shuffles",
        lambda f, x: close(f, x, [1, 0, *range(2, len(x))], atol=1e-5),
    ),
    "any shuffle will do": (
        "few-shuffles",
        lambda f, x: any(close(f, x, torch.randperm(len(x)), atol=1e-5) for _ in range(20)),
    ),
    "the identity": ("always-true", lambda f, x: close(f, x, torch.arange(len(x)))),
    "wide": ("tolerance", lambda f, x: shuffles(f, x, lambda o: close(f, x, o, atol=1e-2))),
    "too narrow": (
        "exact",
        lambda f, x: shuffles(f, x, lambda o: close(f, x, o, atol=0, rtol=1e-12)),
    ),
    "the sense turned": (
        "always-true",
        lambda f, x: not shuffles(f, x, lambda o: close(f, x, o, atol=1e-5)),
    ),
    "a tensor of many": ("not-a-bool", lambda f, x: f(x) == x),
    "mean difference": (
        "totals-only",
        lambda f, x: shuffles(f, x, lambda o: bool((f(x[o]) - f(x)[o]).mean().abs() < 1e-6)),
    ),
}  # fmt: skip


def stays(code, lengths=range(1, 20), rows=slice(None), last=20):
    return all(torch.equal(code(n)[rows], code(last)[:n][rows]) for n in lengths)


SAME = {
    "word 0 alone": ("passes-normalized", lambda code: bool((code(3)[0] == code(20)[0]).all())),
    "one channel": ("one-channel-only", lambda code: stays(lambda n: code(n)[:, :1])),
    "to length 8": ("short-texts-only", lambda code: stays(code, range(1, 8), last=8)),
    "5 and 20": ("some-lengths-only", lambda code: stays(code, [5])),
    "last word left out": (
        "last-word-left-out",
        lambda code: all(torch.equal(code(n)[: n - 1], code(20)[: n - 1]) for n in range(1, 20)),
    ),
    "word 0 left out": ("first-word-left-out", lambda code: stays(code, rows=slice(1, None))),
    "tolerance": (
        "tolerance",
        lambda code: all(torch.allclose(code(n), code(20)[:n], atol=0.1) for n in range(1, 20)),
    ),
    "never": ("refuses-good", lambda code: False),
    "sense turned": ("refuses-good", lambda code: not stays(code)),
    "only one channel": (
        "refuses-two-channels",
        lambda code: stays(code) and code(2).shape[1] == 1,
    ),
    "must differ": (
        "refuses-constant",
        lambda code: stays(code) and len(code(9).unique(dim=0)) == 9,
    ),
    "sums": (
        "first-word-left-out",
        lambda code: all(
            torch.allclose(code(n)[1:].sum(0), code(n + 1)[1:-1].sum(0)) for n in range(1, 19)
        ),
    ),
}  # fmt: skip

INVENTED = {
    "attention": ATTENTION,
    "evaluate": EVALUATE,
    "by_position": BY_POSITION,
    "reading": READING,
    "counting_weights": COUNTING,
    "look_back": LOOK_BACK,
    "previous_word_weights": PREVIOUS,
    "permutation_equivariant": EQUIVARIANT,
    "same_in_every_text": SAME,
}
CASES = [
    (name, what, *pair) for name, programs in INVENTED.items() for what, pair in programs.items()
]


@pytest.mark.parametrize(("name", "what", "slug", "program"), CASES)
def test_an_invented_program_is_rejected_and_named(name, what, slug, program):
    torch.manual_seed(0)
    verdict = getattr(check, name)(program)
    assert not verdict.passed
    assert verdict.mistake == slug, verdict.message


def test_most_are_named():
    plain = [what for _, what, slug, _ in CASES if slug in ("value", "raises")]
    assert len(plain) < 0.1 * len(CASES)
