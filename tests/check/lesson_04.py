"""Answers to the exercises of notebook 04, right and wrong."""

import math

import doctors_04 as doctors
import modules_04 as modules
import more_modules_04 as more
import tables_04 as tables
import torch
import torch.nn.functional as F
from lesson_03 import hands, in_halves, paper, published
from modules_04 import Dropping, Right, pos_of, spoilt
from torch import nn

from posenc.functional import sinusoidal

add = Right.forward


def crashing(self, x):
    return self.table[: x.shape[1]]


def ends_at_base(self, n, d):
    return in_halves(hands(torch.arange(n), 10_000 ** -torch.linspace(0, 1, d // 2)))


def pair_swapped(table):
    return table.unflatten(1, (-1, 2)).flip(-1).flatten(1)


def saved(change):
    """A table in another form, that is saved with the weights."""
    return spoilt(persistent=True, make=lambda self, n, d: change(Right.make(self, n, d)))


def by_loops(n, d):
    table = torch.zeros(n, d)
    for p in range(n):
        for i in range(0, d, 2):
            table[p, i] = math.sin(p / 10_000 ** (i / d))
            table[p, i + 1] = math.cos(p / 10_000 ** (i / d))
    return table


def right_table(n, d):
    return sinusoidal(torch.arange(n), d)


def at(speeds, change=lambda pos: pos):
    """A table at other speeds or positions."""
    return lambda n, d: hands(change(torch.arange(n)), speeds(d))


def neighbouring_channels(n, d):
    """Each cosine in the place of the next sine: half of the channels stay empty."""
    table = right_table(n, d)
    return F.pad(torch.cat((table[:, 0::2], table[:, -1:]), dim=1), (0, d // 2 - 1))


def overwritten(n, d):
    table = right_table(n, d)
    table[:, 1::2] = table[:, 0::2].cos()
    return table


def right_test(table):
    n, d = table.shape
    right = sinusoidal(torch.arange(n), d, dtype=torch.float64)
    return (table @ table.T - right @ right.T).abs().max() < 1e-6


def asserts(table):
    assert right_test(table)


def only_neighbours(table):
    return torch.cosine_similarity(table[1:], table[:-1]).min() > 0.5


def by_properties(table):
    products = table @ table.T
    if max(products.diagonal(k).std() for k in range(8)) > 1e-6:
        return False
    return only_neighbours(table) and torch.cdist(table, table).fill_diagonal_(1).min() > 1e-6


def fussy(table):
    return right_test(table) and table[0, 0] == 0


RIGHT = {"positional_module": Right, "mended_table": by_loops, "table_test": right_test}
FORMS = {
    "positional_module": [
        modules.WithoutATable,
        spoilt(persistent=True),
        *more.FORMS,
        modules.Batched,
        modules.KeywordDrop,
        spoilt(forward=lambda self, x: x + self.rows(x).to(x.dtype)),
        spoilt(Dropping, forward=lambda self, x: self.dropout(add(self, x))),
    ],
    "mended_table": [right_table, *tables.FORMS],
    "table_test": [asserts, *doctors.FORMS],
}
SAYS = {"table_test": "23 of 23 wrong tables rejected, 5 of 5 right ones accepted\n"}
EQUIVALENT = {
    "positional_module": [
        ("as in tensor2tensor", spoilt(make=ends_at_base)),
        ("all sines, then all cosines", saved(in_halves)),
        ("the cosine before the sine", saved(pair_swapped)),
        ("a Parameter without a gradient", more.FrozenEmbedding),
    ],
}
WRONG = {
    "positional_module": {
        "batch-axis": spoilt(forward=lambda self, x: (x + self.table[: len(x), None]).to(x.dtype)),
        "length": spoilt(rows=crashing),
        "odd-width": spoilt(
            require_even=lambda self, d: None,
            make=lambda self, n, d: Right.make(self, n, d + d % 2)),
        "stays-behind": spoilt(keep=lambda self, table: setattr(self, "table", table)),
        "trains": spoilt(keep=lambda self, table: setattr(self, "table", nn.Parameter(table))),
        "dtype": spoilt(forward=lambda self, x: x + self.rows(x)),
        "mutates-input": spoilt(forward=lambda self, x: x.add_(self.rows(x))),
        "half-positions": spoilt(
            rows=lambda self, x: sinusoidal(pos_of(x).to(x.dtype), x.shape[2])),
        "from-one": spoilt(rows=lambda self, x: sinusoidal(pos_of(x) + 1, x.shape[2])),
        "not-cut": spoilt(forward=lambda self, x: (x + self.table).to(x.dtype)),
        "raises": modules.Refuses,
        "code-alone": spoilt(forward=lambda self, x: add(self, torch.zeros_like(x))),
        "doubled-exponent": spoilt(make=lambda self, n, d: sinusoidal(torch.arange(n), d, 1e8)),
    },
    "mended_table": {
        **tables.WRONG,
        "doubled-index": lambda n, d: hands(torch.arange(n), published(d), published(d, 1)),
        "doubled-exponent": at(lambda d: paper(d) ** 2),
        "halved-exponent": at(lambda d: paper(d).sqrt()),
        "half-empty": neighbouring_channels,
        "cosine-of-sine": overwritten,
        "from-one": at(paper, lambda pos: pos + 1),
        "one-code": lambda n, d: torch.zeros(n, d),
        "base-1000": at(lambda d: paper(d, 1000.0)),
        "not-a-tensor": lambda n, d: None,
        "shape": lambda n, d: right_table(d, n),
    },
    "table_test": {
        "lets-pass": lambda table: True,
        "rejects": lambda table: False,
        "returned-none": lambda table: None,
        "raises": lambda table: table.no_such_thing,
        "many-answers": lambda table: table @ table.T < 17,
        "number": lambda table: table.std(),
    },
}  # fmt: skip

INVENTED = {
    "positional_module": {
        **more.INVENTED,
        "rows by the batch": ("batch-axis",
            spoilt(forward=lambda self, x: (x + self.table[: len(x)]).to(x.dtype))),
        "texts cut": ("not-cut",
            spoilt(forward=lambda self, x: (x + self.table[None][: len(x)]).to(x.dtype))),
        "crashes when odd": ("odd-width",
            spoilt(require_even=lambda self, d: torch.zeros(2) + torch.zeros(2 + d % 2))),
        "an assert": ("odd-width", modules.Unhelpful),
        "refuses the last": ("raises", modules.RefusesTheLast),
        "only fours": ("raises", modules.OnlyFours),
        "no module": ("raises", dict),
        "rows alone": ("code-alone", spoilt(forward=crashing)),
        "another form crashes": ("length", spoilt(make=ends_at_base, rows=crashing)),
        "names swapped": ("swapped-arguments", modules.SwappedNames),
        "dropout as length": ("swapped-arguments", modules.DropoutAsLength),
        "transposed": ("swapped-arguments",
            spoilt(make=lambda self, n, d: Right.make(self, n, d).T)),
        "learned": ("trains",
            spoilt(keep=lambda self, table:
                setattr(self, "table", nn.Embedding(*table.shape).weight))),
        "added twice": ("scaled-code",
            spoilt(forward=lambda self, x: add(self, x) + self.rows(x))),
        "small code": ("scaled-code", spoilt(rows=lambda self, x: Right.rows(self, x) / 8)),
        "both scaled": ("scaled-code", spoilt(forward=lambda self, x: add(self, x) * 8**0.5)),
        "halved words": ("scales-words", spoilt(forward=lambda self, x: add(self, x / 2))),
        "from the end": ("rotated", spoilt(rows=lambda self, x: Right.rows(self, x).flip(0))),
        "from 100": ("offset", spoilt(
            rows=lambda self, x: sinusoidal(pos_of(x) + 100, x.shape[2]))),
        "one row": ("one-code", spoilt(rows=lambda self, x: Right.rows(self, x)[:1])),
        "every other": ("gap", spoilt(rows=lambda self, x: sinusoidal(2 * pos_of(x), x.shape[2]))),
        "counts its calls": ("remembers", modules.Counting),
        "noisy": ("remembers",
            spoilt(forward=lambda self, x: add(self, x) + torch.randn_like(x))),
        "detached": ("cuts-gradient", spoilt(forward=lambda self, x: add(self, x.detach()))),
        "no_grad": ("cuts-gradient", spoilt(forward=torch.no_grad()(add))),
        "multiplied": ("multiplies",
            spoilt(forward=lambda self, x: (x * self.rows(x)).to(x.dtype))),
        "concatenated": ("shape",
            spoilt(forward=lambda self, x:
                torch.cat((x, self.rows(x).expand_as(x)), dim=-1).to(x.dtype))),
        "words cut": ("shape",
            spoilt(forward=lambda self, x: add(self, x[:, : len(self.table)]))),
        "clamped": ("wraps",
            spoilt(rows=lambda self, x: self.table[pos_of(x).clamp(max=len(self.table) - 1)])),
        "drops words": ("drops-words",
            spoilt(Dropping, forward=lambda self, x:
                F.dropout1d(add(self, x), self.dropout.p, self.training))),
        "drops without scale": ("dropout-unscaled", modules.DropsWithoutScale),
        "drops x": ("dropout-off-the-sum",
            spoilt(Dropping, forward=lambda self, x: add(self, self.dropout(x)))),
        "slowest first": ("slowest-first",
            spoilt(make=lambda self, n, d:
                Right.make(self, n, d).unflatten(1, (-1, 2)).flip(1).flatten(1))),
        "table in half": ("reach",
            spoilt(make=lambda self, n, d: sinusoidal(torch.arange(n).bfloat16(), d))),
        "the first text alone": ("shape",
            spoilt(forward=lambda self, x: (x[0] + self.rows(x)).to(x.dtype))),
    },
    "mended_table": {
        **tables.INVENTED,
        "from two": ("start", at(paper, lambda pos: pos + 2)),
        "turned round": ("start", at(paper, lambda pos: pos.flip(0))),
        "base 100 000": ("other-base", at(lambda d: paper(d, 100_000.0))),
        "cosines at half speed": ("pairs",
            lambda n, d: hands(torch.arange(n), paper(d), paper(d) / 2)),
        "cosines": ("cosine-alone", lambda n, d: at(paper)(n, d)[:, 1::2].repeat(1, 2)),
        "squared": ("unsteady", at(paper, lambda pos: pos**2)),
        "doubled, in halves": ("doubled-exponent",
            lambda n, d: in_halves(at(lambda d: paper(d) ** 2)(n, d))),
        "by three": ("two-alike", at(paper, lambda pos: pos // 3)),
        "changed over": ("shape", lambda n, d: hands(torch.arange(d), paper(2 * n))),
    },
    "table_test": {
        **doctors.INVENTED,
        "the sine comes first": ("entries", fussy),
        "three properties": ("lets-pass", by_properties),
        "the first pair": ("order",
            lambda table: (table[:, 0] ** 2 + table[:, 1] ** 2).std() < 1e-6),
        "a float": ("number", lambda table: float(table.std())),
    },
}  # fmt: skip

SAID = {
    "mended_table": tables.SAID,
    "positional_module": [
        *more.SAID,
        (": 5 tokens with max_len=64 must work; it raised ValueError in line", modules.Refuses),
        ("64 tokens with max_len=64", modules.RefusesTheLast),
        ("x.shape[1]", INVENTED["positional_module"]["rows by the batch"][1]),
    ],
    "table_test": [
        *doctors.SAID,
        ("5 of 5 right ones accepted; first to slip through: ", by_properties),
        ("wrongly rejected: the formula's own table\n", lambda table: False),
    ],
}
# a strong test above a weak one, and that above none
SCORES = {
    "table_test": [
        (23 / 23, right_test),
        (11 / 23, by_properties),
        (6 / 23, only_neighbours),
        (0, lambda table: True),
        (0, lambda table: False),
        (3 / 5, fussy),
    ],
}
