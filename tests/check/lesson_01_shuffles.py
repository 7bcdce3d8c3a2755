"""Tests of order-blindness that learners gave: what each is told, in words."""

import torch
from lesson_01 import alike_in, close, equivariant, orders


def return_in_loop(f, x):
    for order in orders(x):
        return close(f, x, order)


def either_way(f, x):
    for order in orders(x):
        if close(f, x, order):
            return True
        return False


def equal_in_if(f, x):
    order = torch.randperm(len(x))
    return True if f(x[order]) == f(x)[order] else False


def one_seed(f, x):
    for _ in range(20):
        torch.manual_seed(0)
        if not close(f, x, torch.randperm(len(x))):
            return False
    return True


def overwritten(f, x):
    y = f(x)
    for order in orders(x):
        x = x[order]
        if not torch.allclose(f(x), y[order], atol=1e-5):
            return False
    return True


def a_row_too_few(f, x):
    return all(close(f, x, torch.randperm(len(x) - 1)) for _ in range(20))


def odd_first(x):
    return torch.cat((torch.arange(len(x))[1::2], torch.arange(len(x))[::2]))


def last_decides(f, x):
    for order in orders(x):
        fits = close(f, x, order)
    return fits


def goes_on(f, x):
    for order in orders(x):
        if not close(f, x, order):
            continue
    return True


def swapped(n, j):
    order = torch.arange(n)
    order[0], order[j] = j, 0
    return order


def without_abs(f, x):
    return all((f(x[o]) - f(x)[o]).max() < 1e-5 for o in orders(x))


REPORTED = {
    "permutation_equivariant": {
        "rolls": ("rolls", "only roll the rows",
            lambda f, x: all(torch.allclose(f(x.roll(s, 0)), f(x).roll(s, 0), atol=1e-5)
                for s in range(1, len(x)))),
        "rolls back": ("rolls", "torch.randperm(len(x))",
            lambda f, x: all(close(f, x, torch.arange(len(x)).roll(-s)) for s in (1, 2))),
        "return in the loop": ("few-shuffles", "True after the loop", return_in_loop),
        "return in the loop, both ways": ("few-shuffles", "tries one shuffle only", either_way),
        "channels": ("channels", "Tokens are rows: use x[order]",
            lambda f, x: all(torch.allclose(f(x[:, p]), f(x)[:, p], atol=1e-5)
                for p in orders(x.T))),
        "the last one decides": ("any-shuffle", "Return False at the first", last_decides),
        "== in if": ("truth-of-many", "Use torch.allclose", equal_in_if),
        "one seed": ("few-shuffles", "without a fixed seed", one_seed),
        "two fixed orders": ("few-shuffles", "2 of the 719 shuffles",
            lambda f, x: close(f, x, odd_first(x)) and close(f, x, odd_first(x)[odd_first(x)])),
        "without abs": ("signed", "absolute value", without_abs),
        "without abs, turned": ("signed", "absolute value",
            lambda f, x: without_abs(lambda x: -f(x), x)),
        "a row too few": ("rows-lost", "5 rows where x has 6", a_row_too_few),
        "f of x alone": ("never-shuffled", "rows in their own order only",
            lambda f, x: all(torch.allclose(f(x)[o], x[o]) for o in orders(x))),
        "x overwritten": ("invariance", "with the same x and order in both", overwritten),
        "row 0 only": ("one-token", "Compare every row",
            lambda f, x: alike_in(lambda y: y[:1], f, x)),
        "last row only": ("one-token", "Compare every row",
            lambda f, x: alike_in(lambda y: y[-1], f, x)),
        "all but the last row": ("token-left-out", "leaves out the last token",
            lambda f, x: alike_in(lambda y: y[:-1], f, x)),
        "all but row 0": ("token-left-out", "leaves out the first token",
            lambda f, x: alike_in(lambda y: y[1:], f, x)),
        "randint": ("rows-repeated", "Use torch.randperm(len(x))",
            lambda f, x: all(close(f, x, torch.randint(len(x), (len(x),))) for _ in range(20))),
        "continue": ("always-true", "Return False where f(x[order]) differs", goes_on),
        "compared with itself": ("always-true", "what it compares is always equal",
            lambda f, x: all(torch.equal(f(x[o]), f(x[o])) for o in orders(x))),
        "largest channels": ("tolerance", "Compare all numbers",
            lambda f, x: all((f(x[o]).argmax(1) == f(x)[o].argmax(1)).all() for o in orders(x))),
        "differences on average": ("tolerance", "within 1e-5",
            lambda f, x: all((f(x[o]) - f(x)[o]).abs().mean() < 1e-2 for o in orders(x))),
        "swaps with token 0": ("few-shuffles", "5 of the 719 shuffles",
            lambda f, x: all(close(f, x, swapped(len(x), j)) for j in range(1, len(x)))),
        "norms": ("totals-only", "norms and sorted values",
            lambda f, x: alike_in(lambda y: y.norm(dim=1), f, x)),
        "prints": ("not-a-bool", "Did you print instead of return", lambda f, x: print(f(x))),
        "other rows": ("other-rows", "not those of x",
            lambda f, x: equivariant(f, torch.zeros_like(x))),
        "never moves token 0": ("few-shuffles", "move every token",
            lambda f, x: all(close(f, x, torch.cat((torch.zeros(1).long(), 1 + o)))
                for o in orders(x[1:]))),
    },
}  # fmt: skip

INVENTED = {
    name: {f"reported: {label}": (slug, program) for label, (slug, _, program) in table.items()}
    for name, table in REPORTED.items()
}
SAID = {
    name: [(words, program) for _, words, program in table.values()]
    for name, table in REPORTED.items()
}
