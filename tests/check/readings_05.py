"""Answers for `reading` of notebook 05: right in other forms, and wrong ones."""

import numpy as np
import torch


def read(a, b, chance, above=0.05):
    if max(a + b) <= chance + above:
        return "both at chance"
    return "a" if min(a) > max(b) else "b" if min(b) > max(a) else "not decided"


def with_tensors(a, b, chance, dtype=torch.float64):
    a, b = torch.tensor(a, dtype=dtype), torch.tensor(b, dtype=dtype)
    if max(a.max(), b.max()) <= chance + 0.05:
        return "both at chance"
    return "a" if a.min() > b.max() else "b" if b.min() > a.max() else "not decided"


def in_float32(a, b, chance):
    return with_tensors(a, b, chance, torch.float32)


def in_numpy(a, b, chance):
    cases = [np.max([*a, *b]) <= chance + 0.05, np.min(a) > np.max(b), np.min(b) > np.max(a)]
    return str(np.select(cases, ["both at chance", "a", "b"], "not decided"))


def by_differences(a, b, chance):
    if max(a + b) - chance <= 0.05:
        return "both at chance"
    lead = min(a) - max(b), min(b) - max(a)
    return "a" if lead[0] > 0 else "b" if lead[1] > 0 else "not decided"


def chance_last(a, b, chance):
    if max(a + b) > chance + 0.05:
        if min(a) > max(b):
            return "a"
        return "b" if max(a) < min(b) else "not decided"
    return "both at chance"


FORMS = [with_tensors, in_float32, in_numpy, by_differences, chance_last]


def above(a, b, compared):
    return "a" if compared(a, b) else "b" if compared(b, a) else "not decided"


def after_chance(compared):
    """Chance as it should be, then another comparison."""

    def answer(a, b, chance):
        word = read(a, b, chance)
        return word if word == "both at chance" else above(a, b, compared)

    return answer


def no_last_return(a, b, chance):
    word = read(a, b, chance)
    if word != "not decided":
        return word


WRONG = {
    "lists": after_chance(lambda a, b: a > b),
    "strictly-below": lambda a, b, c: "both at chance" if max(a + b) < c + 0.05 else read(a, b, -1),
}
INVENTED = {
    "sorted, one by one": ("sorted-pairs",
        after_chance(lambda a, b: all(x > y for x, y in zip(sorted(a), sorted(b), strict=False)))),
    "near chance": ("near-chance",
        lambda a, b, c: "both at chance" if all(abs(x - c) <= 0.05 for x in a + b)
            else read(a, b, -1)),
    "a margin of 0.1": ("other-margin", lambda a, b, c: read(a, b, c, 0.1)),
    "half more than chance": ("half-more", lambda a, b, c: read(a, b, 1.5 * c, 0)),
    "a lead of 0.05": ("room",
        lambda a, b, c: read(a, b, c) if read(a, b, c) == "both at chance"
            else above(a, b, lambda x, y: min(x) > max(y) + 0.05)),
    "b without its margin": ("at-chance",
        lambda a, b, c: "both at chance" if max(a) <= c + 0.05 and max(b) <= c
            else read(a, b, -1)),
    "sums and least": ("overlap",
        after_chance(lambda a, b: sum(a) > sum(b) and min(a) > min(b))),
    "three seeds of each": ("overlap", lambda a, b, c: read(a[:3], b[:3], c)),
    "never b": ("word-never-said", lambda a, b, c: read(a, b, c).replace("b", "not decided")
        if read(a, b, c) == "b" else read(a, b, c)),
    "else b": ("word-never-said",
        lambda a, b, c: read(a, b, c).replace("not decided", "b")),
    "the last branch falls through": ("word", no_last_return),
    "prints": ("word", lambda a, b, c: print("a")),
    "other words": ("word", lambda a, b, c: read(a, b, c).replace("not decided", "undecided")),
}  # fmt: skip
SAID = [
    ("Use <=, not <.", WRONG["strictly-below"]),
    ("The first entries decide", WRONG["lists"]),
    ("The function returned None. Did you print", INVENTED["prints"][1]),
    ("Let every branch end in a return", no_last_return),
    ("Return it where the seeds overlap", INVENTED["else b"][1]),
    ("Write 'a', in lower case", lambda a, b, c: read(a, b, c).capitalize()),
    ("because of abs", INVENTED["near chance"][1]),
]
