"""Right and wrong answers to the exercises of notebook 09, for test_check_answers."""

import math

import torch


def padded(mask):
    return (mask.cumsum(-1) - 1).clamp(min=0)


WRONG_PADDED = {
    "columns": lambda mask: torch.arange(mask.shape[1]).expand(mask.shape),
    "starts-at-one": lambda mask: mask.cumsum(-1),
    "negative": lambda mask: mask.cumsum(-1) - 1,
    "down-the-batch": lambda mask: (mask.cumsum(0) - 1).clamp(min=0),
    "counts-pads": lambda mask: padded(~mask),  # believes that True is a pad
    "left-only": lambda mask: (torch.arange(mask.shape[1]) - (~mask).sum(-1, True)).clamp(min=0),
    "shape": lambda mask: padded(mask)[0],
    "dtype": lambda mask: padded(mask).float(),
    "not-a-tensor": lambda mask: padded(mask).tolist(),
    "raises": lambda mask: mask - 1,
}


def packed(doc_ids, new=None):
    p = torch.arange(len(doc_ids))
    new = doc_ids.diff() != 0 if new is None else new
    new = torch.cat((torch.tensor([True]), new))
    return p - (p * new).cummax(0).values


WRONG_PACKED = {
    "no-restart": lambda ids: torch.arange(len(ids)),
    "starts-at-one": lambda ids: packed(ids) + 1,
    "beginnings": lambda ids: torch.arange(len(ids)) - packed(ids),
    "only-rising": lambda ids: packed(ids, ids.diff() > 0),  # believes that the numbers rise
    "dtype": lambda ids: packed(ids).double(),
    "raises": lambda ids: torch.arange(3)[ids + 99],
}


def step(q, k, v, store, turn, *, at=None, scale=True, query=True, weigh=torch.softmax):
    p = store["seen"] if at is None else at(store)
    store["keys"].append(turn(k, p))
    store["values"].append(v)
    store["seen"] += 1
    q = turn(q, p) if query else q
    scores = torch.stack(store["keys"]) @ q
    weights = weigh(scores / math.sqrt(len(q)) if scale else scores, 0)
    return weights @ torch.stack(store["values"])


def turned_again(q, k, v, store, turn):
    store["keys"] = [turn(key, p) for p, key in enumerate([*store["keys"], k])]
    store["values"].append(v)
    store["seen"] += 1
    scores = torch.stack(store["keys"]) @ turn(q, store["seen"] - 1) / math.sqrt(len(q))
    return scores.softmax(0) @ torch.stack(store["values"])


def sees_not_itself(q, k, v, store, turn):
    out = step(q, k, v, store, turn)
    weights = torch.stack(store["keys"])[:-1] @ turn(q, store["seen"] - 1) / math.sqrt(len(q))
    return weights.softmax(0) @ torch.stack(store["values"])[:-1] if len(weights) else 0 * out


WRONG_STEP = {
    "at-zero": lambda *a: step(*a, at=lambda store: 0),
    "cache-length": lambda *a: step(*a, at=lambda store: len(store["keys"])),
    "scale": lambda *a: step(*a, scale=False),
    "query-not-turned": lambda *a: step(*a, query=False),
    "scale-by-count": lambda *a: step(
        *a, weigh=lambda s, dim: (s * math.sqrt(8 / len(s))).softmax(dim)
    ),
    "no-softmax": lambda *a: step(*a, weigh=lambda s, dim: s),
    "values-turned": lambda q, k, v, store, turn: step(q, k, turn(v, store["seen"]), store, turn),
    "seen-not-counted": lambda q, k, v, store, turn: step(q, k, v, store, turn, at=forgets),
    "own-value": sees_not_itself,
    "values-not-kept": lambda *a: keys_only(*a),
    "keys-not-kept": lambda q, k, v, store, turn: v,
    "turned-twice": turned_again,
    "one-late": lambda *a: step(*a, at=lambda store: store["seen"] + (store["seen"] > 0)),
    "shape": lambda *a: step(*a)[None],
    "raises": lambda q, k, v, store, turn: store["key"],
}


def forgets(store):
    store["seen"] -= 1
    return store["seen"] + 1


def keys_only(q, k, v, store, turn):
    store["keys"].append(turn(k, store["seen"]))
    store["seen"] += 1
    return v


EXERCISES = {
    "left_padded_positions": (padded, WRONG_PADDED),
    "packed_positions": (packed, WRONG_PACKED),
    "cached_step": (step, WRONG_STEP),
}
