"""Right and wrong answers to the exercises of notebook 08, for test_check_answers."""

import math

import torch

from posenc.functional import inverse_frequencies, scaled_frequencies


def turns(dim, base, trained):
    return trained * inverse_frequencies(dim, base, dtype=torch.float64) / (2 * math.pi)


def mixed(dim, base, factor, kept):
    old = inverse_frequencies(dim, base, dtype=torch.float64)
    return old * kept + old / factor * (1 - kept)


def ramp(dim, base, trained, rounded=True):
    """YaRN's share of each pair that is kept, written once more."""
    places = [dim * math.log(trained / (2 * math.pi * t)) / (2 * math.log(base)) for t in (32, 1)]
    low, high = (math.floor(places[0]), math.ceil(places[1])) if rounded else places
    return 1 - ((torch.arange(dim // 2) - low) / (high - low)).clamp(0, 1)


def look_alike(first, second, trained, reach):
    gone = torch.arange(trained, reach) - 1
    return int(((first * gone).cos() + (second * gone).cos()).argmax()) + trained


RIGHT = {
    "unseen_pairs": lambda dim, base, trained: (turns(dim, base, trained) < 1).sum(),
    "interpolated": lambda pos, factor: pos / factor,
    "yarn_frequencies": lambda dim, base, factor, trained: mixed(
        dim, base, factor, ramp(dim, base, trained)
    ),
    "false_neighbour": look_alike,
}

WRONG = {
    "unseen_pairs": {
        "counts-seen": lambda *a: int((turns(*a) >= 1).sum()),
        "no-two-pi": lambda *a: int((turns(*a) * 2 * math.pi < 1).sum()),
        "half-turn": lambda *a: int((turns(*a) < 0.5).sum()),
        "channels": lambda *a: 2 * int((turns(*a) < 1).sum()),
        "no-such-number": lambda *a: 7,
        "not-a-number": lambda *a: turns(*a) < 1,
        "raises": lambda *a: 1 / 0,
    },
    "interpolated": {
        "stretched": lambda pos, factor: pos * factor,
        "whole": lambda pos, factor: pos // factor,
        "rounded": lambda pos, factor: (pos / factor).round(),
        "clipped": lambda pos, factor: pos.clamp(max=int(pos.max()) / factor),
        "untouched": lambda pos, factor: pos,
        "mutates-input": lambda pos, factor: pos.add_(1) / factor,
        "zero-moves": lambda pos, factor: pos / factor + 1,
        "shape": lambda pos, factor: pos[:, None] / factor,
        "not-a-tensor": lambda pos, factor: (pos / factor).tolist(),
    },
    "yarn_frequencies": {
        "untouched": lambda dim, base, factor, trained: inverse_frequencies(dim, base),
        "all-divided": lambda dim, base, factor, trained: inverse_frequencies(dim, base) / factor,
        "backwards": lambda dim, base, factor, trained: mixed(
            dim, base, factor, 1 - ramp(dim, base, trained)
        ),
        "ramp-by-turns": lambda dim, base, factor, trained: mixed(
            dim, base, factor, ((turns(dim, base, trained) - 1) / 31).clamp(0, 1)
        ),
        "not-rounded": lambda dim, base, factor, trained: mixed(
            dim, base, factor, ramp(dim, base, trained, rounded=False)
        ),
        "ntk": lambda dim, base, factor, trained: scaled_frequencies(
            dim, base, method="ntk", factor=factor
        ),
        "shape": lambda dim, base, factor, trained: inverse_frequencies(2 * dim, base),
    },
    "false_neighbour": {
        "steps-gone": lambda *a: look_alike(*a) - 1,
        "itself": lambda *a: 1,
        "out-of-range": lambda *a: 3,
        "not-a-number": lambda *a: None,
    },
}


EXERCISES = {name: (RIGHT[name], WRONG[name]) for name in RIGHT}
