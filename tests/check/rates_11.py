"""More answers to the first two exercises of notebook 11: wrong ones, and right in other forms."""

import math

import torch

# --- reported_rate --------------------------------------------------------------------------


def finite(x):
    return math.inf if math.isnan(x) else float(x)


def by(rule):
    """The accuracies at the least of a rule of losses and accuracies; NaN comes last."""
    return lambda rates: min(rates.values(), key=lambda pair: finite(rule(*pair)))[1]


def stacked(rates, diverged):
    losses, tests = (torch.stack(parts) for parts in zip(*rates.values(), strict=True))
    return tests[losses.mean(1).nan_to_num(diverged).argmin()]


def without_diverged(rates):
    whole = [pair for pair in rates.values() if not pair[0].isnan().any()]
    return min(whole, key=lambda pair: pair[0].mean())[1]


RATES = [
    lambda rates: stacked(rates, math.inf),
    without_diverged,
    by(lambda losses, tests: losses.sum()),
    lambda rates: sorted(rates.values(), key=lambda pair: finite(pair[0].mean()))[0][1].clone(),
    by(lambda losses, tests: losses.numpy().mean()),
]
RATES_TOLD = {
    "NaN is never equal": ("nan-kept", "x == math.nan is never true",
        lambda rates: rates[min(rates, key=lambda a: math.inf if rates[a][0].mean() == math.nan
            else float(rates[a][0].mean()))][1]),
    "argmin with NaN": ("nan-counts-as-zero", "argmin takes NaN for the least",
        lambda rates: stacked(rates, -math.inf)),
    "NaN counts as 1": ("nan-counts-as-one", "counts as 1",
        lambda rates: min(rates.values(), key=lambda pair: pair[0].nan_to_num(1).mean())[1]),
    "the worst seed": ("worst-seed", "mean loss of all seeds", by(lambda losses, _: losses.max())),
    "the first seed": ("first-seed", "first seed only", by(lambda losses, _: losses[0])),
    "medians": ("strict-median", "Compare means", by(lambda losses, _: losses.median())),
    "the least spread": ("least-spread", "Compare their mean", by(lambda losses, _: losses.std())),
    "loss and test": ("loss-and-test", "have a part in the choice",
        by(lambda losses, tests: (losses - tests).mean())),
    "sorted": ("sorted", "order of the seeds",
        lambda rates: stacked(rates, math.inf).sort().values),
    "the rate": ("not-a-tensor", "return rates[rate][1]",
        lambda rates: min(rates, key=lambda rate: finite(rates[rate][0].mean()))),
    "the pair": ("not-a-tensor", "return the second",
        lambda rates: min(rates.values(), key=lambda pair: finite(pair[0].mean()))),
    "the mean": ("shape", "accuracy of every seed", lambda rates: stacked(rates, math.inf).mean()),
    "None": ("not-a-tensor", "returned None", lambda rates: print(rates)),
    "the second rate": ("other-rate", "Take the least mean",
        lambda rates: rates[sorted(rates)[1]][1]),
}  # fmt: skip

# --- slower_or_stuck ------------------------------------------------------------------------


def fate(stuck, level=0.95):
    def program(early, late):
        if min(early) >= level:
            return "solved"
        if min(late) >= level:
            return "slower"
        return "stuck" if stuck(early, late) else "not decided"

    return program


def no_rise(early, late):
    return max(late) <= max(early) + 0.05


def in_tensors(early, late, dtype=torch.float64):
    early, late = (torch.tensor(seeds, dtype=dtype) for seeds in (early, late))
    if (early >= 0.95).all():
        return "solved"
    if (late >= 0.95).all():
        return "slower"
    return "not decided" if (late > early.max() + 0.05).any() else "stuck"


def stuck_first(early, late):
    return "stuck" if no_rise(early, late) else fate(no_rise)(early, late)


def slower_first(early, late):
    return "slower" if min(late) >= 0.95 else fate(no_rise)(early, late)


def better_of_both(early, late):
    every = all(max(pair) >= 0.95 for pair in zip(early, late, strict=False))
    return "slower" if every and min(early) < 0.95 else fate(no_rise)(early, late)


FATES = [
    in_tensors,
    lambda early, late: in_tensors(early, late, torch.float32),
    fate(lambda early, late: max(late) - max(early) <= 0.05),
    fate(lambda early, late: round(max(late) - max(early), 9) <= 0.05),
    lambda early, late: fate(no_rise)(sorted(early), sorted(late)),
]
FATES_TOLD = {
    "absolute": ("absolute", "A fall counts as a rise",
        fate(lambda early, late: abs(max(late) - max(early)) <= 0.05)),
    "the worst early seed": ("worst-early", "worst early seed",
        fate(lambda early, late: max(late) <= min(early) + 0.05)),
    "seed with seed": ("seed-with-seed", "seeds are no pairs",
        fate(lambda early, late: all(b <= a + 0.05 for a, b in zip(early, late, strict=False)))),
    "stuck first": ("stuck-first", "Ask for 'solved' and 'slower' first", stuck_first),
    "slower first": ("slower-first", "Ask for 'solved' first", slower_first),
    "tensors wanted": ("raises", "lists of numbers, not tensors",
        lambda early, late: "solved" if (early >= 0.95).all() else "slower"),
    "strict": ("margin-strict", "Use <= for 'stuck'",
        fate(lambda early, late: max(late) < max(early) + 0.05)),
    "a margin of 0.1": ("margin-tenth", "rise of 0.1",
        fate(lambda early, late: max(late) <= max(early) + 0.1)),
    "the late mean": ("mean-late", "Any seed that rises counts",
        fate(lambda early, late: sum(late) / len(late) <= max(early) + 0.05)),
    "better of both": ("either", "every late seed must reach 0.95", better_of_both),
    "three seeds": ("raises", "however many come",
        lambda early, late: fate(no_rise)([early[i] for i in range(3)], late)),
    "a fall is open": ("fall-is-open", "calls a fall 'not decided'",
        fate(lambda early, late: no_rise(early, late) and max(late) >= max(early))),
    "capitals": ("word", "The words are 'solved'",
        lambda early, late: fate(no_rise)(early, late).capitalize()),
    "None": ("word", "Does a branch lack its return?", lambda early, late: None),
    "0.9 is enough": ("not-slower", "not every late seed has 0.95", fate(no_rise, level=0.9)),
}  # fmt: skip
