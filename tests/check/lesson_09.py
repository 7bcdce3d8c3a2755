"""Answers to the exercises of notebook 09, right and wrong."""

import steps_09
import torch


def padded(mask):
    return count_words(mask).clamp(min=0)


def count_words(mask):
    return mask.cumsum(-1) - 1


def since(doc_ids, begins):
    p = torch.arange(len(doc_ids))
    return p - (p * begins).cummax(0).values


def begins_where(doc_ids, test=lambda step: step != 0, first=True):
    begins = torch.zeros(len(doc_ids), dtype=torch.bool)
    begins[1:] = test(doc_ids.diff())
    begins[0] = first
    return begins


def late(doc_ids):
    begins = begins_where(doc_ids).roll(1)
    begins[0] = True
    return since(doc_ids, begins)


def single_words_lost(doc_ids):
    """A boundary right after another is not seen."""
    begins = begins_where(doc_ids)
    begins[1:] &= ~begins[:-1]
    return since(doc_ids, begins)


def right_packed(doc_ids):
    return since(doc_ids, begins_where(doc_ids))


def attend(q, store, scale=None):
    keys, values = torch.stack(store["keys"]), torch.stack(store["values"])
    return (keys @ q / (scale or len(q) ** 0.5)).softmax(0) @ values


def step(q, k, v, store, turn, at_q=lambda p: p, at_k=lambda p: p, more=1, scale=None):
    p = store["seen"]
    store["keys"].append(turn(k, at_k(p)))
    store["values"].append(v)
    store["seen"] = p + more
    return attend(turn(q, at_q(p)), store, scale)


def not_kept(q, k, v, store, turn):
    p = store["seen"]
    keys, values = [*store["keys"], turn(k, p)], [*store["values"], v]
    store["seen"] = p + 1
    return attend(turn(q, p), {"keys": keys, "values": values})


def length_kept(q, k, v, store, turn):
    out = step(q, k, v, store, turn)
    store["seen"] = len(store["keys"])
    return out


def latest_only(q, k, v, store, turn):
    p = store["seen"]
    store.update(keys=[turn(k, p)], values=[v], seen=p + 1)
    return attend(turn(q, p), store)


def weights_only(q, k, v, store, turn):
    p = store["seen"]
    step(q, k, v, store, turn)
    return (torch.stack(store["keys"]) @ turn(q, p) / len(q) ** 0.5).softmax(0)


def newest_first(q, k, v, store, turn):
    p = store["seen"]
    store["keys"].insert(0, turn(k, p))
    store["values"].append(v)
    store["seen"] = p + 1
    return attend(turn(q, p), store)


def window(q, k, v, store, turn):
    """Forgets all but the last four for itself."""
    out = step(q, k, v, store, turn)
    store["keys"], store["values"] = store["keys"][-4:], store["values"][-4:]
    return out


def sees_not_itself(q, k, v, store, turn):
    p, out = store["seen"], step(q, k, v, store, turn)
    older = {name: store[name][:-1] for name in ("keys", "values")}
    return attend(turn(q, p), older) if older["keys"] else 0 * out


def keys_only(q, k, v, store, turn):
    store["keys"].append(turn(k, store["seen"]))
    store["seen"] += 1
    return v


def late_but_for_the_first(p):
    return p + (p > 0)


RIGHT = {
    "left_padded_positions": padded,
    "packed_positions": right_packed,
    "cached_step": step,
    "chosen_run": lambda: ("other padding", "equal", "differ"),
}
SAYS = {"chosen_run": "'"}
WRONG = {
    "left_padded_positions": {
        "not-a-tensor": lambda mask: padded(mask).tolist(),
        "raises": lambda mask: mask - 1,
    },
    "packed_positions": {
        "dtype": lambda ids: right_packed(ids).double(),
        "raises": lambda ids: torch.arange(3)[ids + 99],
    },
    "cached_step": {
        "own-value": sees_not_itself,
        "values-not-kept": keys_only,
        "keys-not-kept": lambda q, k, v, store, turn: v,
        "position": lambda *given: step(*given, *2 * [late_but_for_the_first]),
        "raises": lambda q, k, v, store, turn: store["key"],
    },
    "chosen_run": {
        "prefill": lambda: ("prefill", "equal", "differ"),
        "more-steps": lambda: ("more steps", "differ", "differ"),
        "equal-lengths": lambda: ("equal lengths", "equal", "equal"),
        "outcomes-swapped": lambda: ("NoPE model", "differ", "equal"),
        "two-counts": lambda: ("other padding", "differ", "differ"),
        "no-mask": lambda: ("one count", "equal", "equal"),
        "word": lambda: ("other padding", "equal", "moves"),
        "shape": lambda: ("other padding", "equal"),
    },
}

INVENTED = {
    "left_padded_positions": {
        "fewest pads": ("fewest-pads",
            lambda m: (torch.arange(m.shape[1]) - (~m).sum(1).min()).clamp(min=0).expand(m.shape)),
        "pads below 0": ("negative", count_words),
        "two on": ("start", lambda m: padded(m) + 2),
        "one pad too few": ("start",
            lambda m: (torch.arange(m.shape[1]) - (~m).sum(1, keepdim=True) + 1).clamp(min=0)),
        "pads to the right": ("start",
            lambda m: torch.where(torch.arange(m.shape[1]) < m.sum(1, keepdim=True),
                torch.arange(m.shape[1]), 0)),
        "fractions": ("dtype", lambda m: padded(m) / m.shape[1]),
        "the mask": ("start", lambda m: m.long()),
        "one row": ("shape", lambda m: padded(m)[0]),
        "never past 7": ("steps", lambda m: count_words(m).clamp(0, 7)),
    },
    "packed_positions": {
        "one late": ("one-late", late),
        "one word documents lost": ("not-restarted", single_words_lost),
        "length of the first": ("first-length",
            lambda ids: torch.arange(len(ids)) % int((ids == ids[0]).sum())),
        "a share of the document": ("dtype",
            lambda ids: right_packed(ids) / (ids[:, None] == ids).sum(1)),
        "position and document": ("start",
            lambda ids: right_packed(ids) + begins_where(ids, first=False).cumsum(0)),
        "never past 4": ("steps", lambda ids: right_packed(ids).clamp(max=4)),
        "the first restarts alone": ("not-restarted",
            lambda ids: since(ids, begins_where(ids, lambda d:
                (d != 0) & ((d != 0).cumsum(0) == 1)))),
        "mask": ("dtype", lambda ids: begins_where(ids)),
    },
    "cached_step": {
        "root of twice the width": ("weights", lambda *a: step(*a, scale=(2 * len(a[0])) ** 0.5)),
        "weights times their number": ("no-weights", lambda *a: step(*a) * len(a[3]["keys"])),
        "query added": ("no-mixture", lambda *a: step(*a) + (len(a[3]["keys"]) - 1) * a[0]),
        "counts by two": ("seen-not-counted", lambda *a: step(*a, more=2)),
        "does not count": ("seen-not-counted", lambda *a: step(*a, more=0)),
        "length of the cache": ("position",
            lambda q, k, v, s, t: step(q, k, v, s, t, *2 * [lambda p: len(s["values"]) - 1])),
        "nothing kept": ("keys-not-kept", not_kept),
        "seen is the length": ("seen-not-counted", length_kept),
        "the latest alone": ("keys-not-kept", latest_only),
        "weights alone": ("shape", weights_only),
        "newest first": ("order", newest_first),
        "query for the key": ("query-stored", lambda q, k, v, s, t: step(q, q, v, s, t)),
        "a window": ("keys-not-kept", window),
        "at most eight": ("position",
            lambda *a: step(*a, at_q=lambda p: min(p, 8), at_k=lambda p: min(p, 8))),
    },
    "chosen_run": {
        "the run by itself": ("shape", lambda: "one count"),
        "a run of one's own": ("word", lambda: ("without a cache", "equal", "differ")),
        "truth values": ("word", lambda: ("one count", True, False)),
        "NoPE notices the count": ("two-counts", lambda: ("NoPE model", "differ", "differ")),
        "a position hides": ("no-mask", lambda: ("other padding", "equal", "equal")),
        "the correct answer of another run": ("more-steps",
            lambda: ("more steps", "equal", "differ")),
    },
}  # fmt: skip
FORMS = {
    "left_padded_positions": steps_09.PADDED_FORMS,
    "packed_positions": steps_09.PACKED_FORMS,
    "cached_step": steps_09.STEP_FORMS,
    "chosen_run": [
        lambda: ("NoPE model", "equal", "differ"),
        lambda: ["one count", "equal", "differ"],
        lambda: (" “other  padding” ", "equal\n", "differ"),
    ],
}
TOLD = {
    "left_padded_positions": steps_09.PADDED_TOLD,
    "packed_positions": steps_09.PACKED_TOLD,
    "cached_step": steps_09.STEP_TOLD,
}
SAID = {name: [(words, f) for _, words, f in told.values()] for name, told in TOLD.items()}
SAID["chosen_run"] = [
    ("Return the one under two counts first.", WRONG["chosen_run"]["outcomes-swapped"]),
    ("both faults are in the decode steps", WRONG["chosen_run"]["prefill"]),
    ("The runs are 'prefill'", lambda: ("prefill twice", "equal", "equal")),
]
for name, told in TOLD.items():
    INVENTED[name] |= {label: (slug, f) for label, (slug, _, f) in told.items()}
