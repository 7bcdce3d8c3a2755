"""More answers to the exercises of notebook 09: wrong ones, and right ones in other forms."""

import math

import torch
from torch.nn.functional import scaled_dot_product_attention

# --- left_padded_positions ------------------------------------------------------------------


def padded(mask):
    return (mask.cumsum(-1) - 1).clamp(min=0)


def columns(mask):
    return torch.arange(mask.shape[1])


PADDED_FORMS = [
    lambda m: torch.tensor([[max(0, sum(row[: i + 1]) - 1) for i in range(len(row))]
                            for row in m.tolist()]),
    lambda m: (m.long().cumsum(-1) - 1).masked_fill(~m, 1),  # as in transformers
    lambda m: (m.double() @ torch.ones(2 * m.shape[1:], dtype=torch.float64).triu() - 1)
        .clamp(min=0).long(),
    lambda m: torch.from_numpy((m.numpy().cumsum(-1) - 1).clip(0)),
    lambda m: padded(m).int().T.contiguous().T,
    lambda m: (m.cumsum(-1) - 1) % m.shape[1],
]  # fmt: skip
PADDED_TOLD = {
    "a hole": ("from-first-token", "the last token of [1, 0, 1] gets 2, not 1",
        lambda m: (columns(m) - m.int().argmax(-1, keepdim=True)).clamp(min=0)),
    "clamped first": ("negative", "Subtract 1 first, then clamp",
        lambda m: m.cumsum(-1).clamp(min=0) - 1),
    "pads at -100": ("negative", "Clamp last, at 0",
        lambda m: padded(m).masked_fill(~m, -100)),
    "after the last pad": ("after-last-pad", "starts after the last pad",
        lambda m: (columns(m) - (~m * (columns(m) + 1)).amax(-1, keepdim=True)).clamp(min=0)),
    "row 0 for all": ("first-row-counted", "Every row gets the positions of row 0",
        lambda m: padded(m)[:1].expand(m.shape)),
    "the last row's pads": ("last-row", "last row's pads",
        lambda m: (columns(m) - (~m[-1]).sum()).clamp(min=0).expand(m.shape)),
    "int8": ("wraps", "wrap round at 128", lambda m: padded(m).to(torch.int8)),
    "bfloat16": ("rounded", "Counts above 256 are rounded", lambda m: padded(m).bfloat16().long()),
    "float16": ("rounded", "Counts above 2048 are rounded", lambda m: padded(m).half().long()),
    "None": ("not-a-tensor", "returned None", lambda m: print(m)),
    "cut to 512": ("steps", "it must get 512", lambda m: padded(m).clamp(max=511)),
}  # fmt: skip

# --- packed_positions -----------------------------------------------------------------------


def begins(ids):
    return torch.cat((torch.tensor([True]), ids.diff() != 0))


def since(begins):
    p = torch.arange(len(begins))
    return p - (p * begins).cummax(0).values


def looped(ids):
    out = []
    for i, one in enumerate(ids.tolist()):
        out.append(out[-1] + 1 if i and one == ids[i - 1] else 0)
    return torch.tensor(out)


PACKED_FORMS = [
    looped,
    lambda ids: torch.cat([torch.arange(int(n))
                           for n in ids.unique_consecutive(return_counts=True)[1]]),
    lambda ids: (ids[:, None] == ids).tril().sum(1) - 1,  # each number is one document
    lambda ids: (begins(ids).cumsum(0)[:, None] == begins(ids).cumsum(0)).tril().sum(1).int() - 1,
    lambda ids: torch.from_numpy(since(begins(ids)).numpy()),
]  # fmt: skip
PACKED_TOLD = {
    "unique": ("sorted", "Use unique_consecutive",
        lambda ids: torch.cat([torch.arange(n) for n in ids.unique(return_counts=True)[1]])),
    "one token early": ("one-early", "put the extra entry first",
        lambda ids: since(torch.cat((ids.diff() != 0, torch.tensor([False]))))),
    "max": ("max", "Use cummax",
        lambda ids: torch.arange(len(ids)) - (torch.arange(len(ids)) * begins(ids)).max()),
    "cumsum": ("cumsum", "Use cummax",
        lambda ids: torch.arange(len(ids)) - (torch.arange(len(ids)) * begins(ids)).cumsum(0)),
    "numbers in float16": ("numbers-in-float16", "2049 becomes 2048",
        lambda ids: since(begins(ids.half()))),
    "0 is a pad": ("zero-is-no-pad", "Document 0", lambda ids: since(begins(ids)) * (ids != 0)),
    "never reset": ("never-reset", "never resets",
        lambda ids: torch.cat((torch.tensor([False]), ids.diff() == 0)).cumsum(0)),
    "numbers in int8": ("numbers-in-int8", "300 becomes 44",
        lambda ids: since(begins(ids.to(torch.int8)))),
    "uint8": ("wraps", "wrap round at 256", lambda ids: since(begins(ids)).to(torch.uint8)),
    "float16": ("rounded", "above 2048", lambda ids: since(begins(ids)).half().long()),
    "a list of parts": ("not-a-tensor", "Join the tensors with torch.cat", lambda ids: [ids]),
    "None": ("not-a-tensor", "returned None", lambda ids: None),
}  # fmt: skip

# --- cached_step ----------------------------------------------------------------------------


def out(q, keys, values):
    return (torch.stack(keys) @ q / len(q) ** 0.5).softmax(0) @ torch.stack(values)


def kept(k, v, store, turn, at=lambda p: p):
    """Keep key and value; return the token's position."""
    p = store["seen"]
    store["keys"].append(turn(k, at(p)))
    store["values"].append(v)
    store["seen"] = p + 1
    return p


def turned_at_each_use(q, k, v, store, turn):
    p = kept(k, v, store, turn)
    return out(turn(q, p), [turn(x, p) for x in store["keys"]], store["values"])


def read_first(q, k, v, store, turn):
    y = out(turn(q, store["seen"]), store["keys"], store["values"])
    kept(k, v, store, turn)
    return y


def value_forgotten(q, k, v, store, turn):
    store["keys"].append(turn(k, store["seen"]))
    store["seen"] += 1
    return out(turn(q, store["seen"] - 1), store["keys"], store["values"])


def tensors(q, k, v, store, turn):
    p = store["seen"]
    keys = torch.stack([*store["keys"], turn(k, p)])
    values = torch.stack([*store["values"], v])
    store.update(keys=keys, values=values, seen=p + 1)
    return out(turn(q, p), list(keys), list(values))


def swapped(q, k, v, store, turn):
    return out(turn(q, kept(v, k, store, lambda x, p: x)), store["values"], store["keys"])


def raw(q, k, v, store, turn):
    p = kept(k, v, store, lambda x, p: x)
    first = p + 1 - len(store["keys"])
    keys = [turn(x, first + i) for i, x in enumerate(store["keys"])]
    return out(turn(q, p), keys, store["values"])


def softmax_of_one(q, k, v, store, turn):
    p = kept(k, v, store, turn)
    scores = torch.stack(store["keys"]) @ turn(q, p)
    return scores[:, None].softmax(-1)[:, 0] @ torch.stack(store["values"])


def in_bfloat16(q, k, v, store, turn):
    p = kept(k, v, store, lambda x, p: turn(x, p).bfloat16())
    return out(turn(q, p), [x.double() for x in store["keys"]], store["values"])


def by_attention(q, k, v, store, turn):
    p = kept(k, v, store, turn)
    keys, values = torch.stack(store["keys"]), torch.stack(store["values"])
    return scaled_dot_product_attention(turn(q, p)[None], keys, values)[0]


def by_einsum(q, k, v, store, turn):
    p = store["seen"]
    store["keys"], store["values"] = [*store["keys"], turn(k, p)], [*store["values"], v]
    store["seen"] = p + 1
    weights = torch.einsum("mh,h->m", torch.stack(store["keys"]), turn(q, p))
    weights = (weights / math.sqrt(len(q))).exp()
    return torch.einsum("m,mh->h", weights / weights.sum(), torch.stack(store["values"]))


def by_floats(q, k, v, store, turn):
    p = kept(k, v, store, turn)
    raised = [math.exp(float(x @ turn(q, p)) / len(q) ** 0.5) for x in store["keys"]]
    pairs = zip(raised, store["values"], strict=True)
    return sum(one / sum(raised) * value for one, value in pairs)


STEP_FORMS = [by_attention, by_einsum, by_floats]
STEP_TOLD = {
    "turned at each use": ("query-not-turned", "rotate no key twice", turned_at_each_use),
    "read first": ("not-itself", "Append key and value first", read_first),
    "value forgotten": ("values-not-kept", "Append v to it first", value_forgotten),
    "tensors": ("no-list", "became a tensor. Keep a list", tensors),
    "swapped": ("swapped", "holds the value", swapped),
    "raw keys": ("stored-raw", "stored unrotated", raw),
    "softmax of one": ("softmax-of-one", "an axis of one entry", softmax_of_one),
    "bfloat16": ("rounded", "rounded to torch.bfloat16", in_bfloat16),
    "both by -p": ("other-way", "Rotate by +p",
        lambda q, k, v, s, t: out(t(q, -kept(k, v, s, t, lambda p: -p)), s["keys"], s["values"])),
    "wraps at 8": ("position", "is rotated as position 0, not 8",
        lambda q, k, v, s, t:
            out(t(q, kept(k, v, s, t, lambda p: p % 8) % 8), s["keys"], s["values"])),
    "cut at 2048": ("position", "is rotated as position 2048, not 2051",
        lambda q, k, v, s, t: out(t(q, min(2048, kept(k, v, s, t, lambda p: min(p, 2048)))),
            s["keys"], s["values"])),
    "width 8": ("scale-of-eight", "√8 at every width",
        lambda q, k, v, s, t:
            out(t(q, kept(k, v, s, t)) * (len(q) / 8) ** 0.5, s["keys"], s["values"])),
    "half precision out": ("rounded", "The output is rounded to torch.float16",
        lambda q, k, v, s, t: out(t(q, kept(k, v, s, t)), s["keys"], s["values"]).half()),
    "keys for values": ("other-value", "holds the key. Append v",
        lambda q, k, v, s, t: out(t(q, kept(k, k, s, t)), s["keys"], s["values"])),
    "four of them": ("weights", "Stored key [0] gets no weight",
        lambda q, k, v, s, t: out(t(q, kept(k, v, s, t)), s["keys"][-4:], s["values"][-4:])),
    "its own value": ("own-value-alone", "Return the mean of all stored values",
        lambda q, k, v, s, t: (kept(k, v, s, t), v)[1]),
    "None": ("shape", "returned None", lambda q, k, v, s, t: print(kept(k, v, s, t))),
    "with the store": ("shape", "returned a tuple", lambda q, k, v, s, t: (kept(k, v, s, t), s)),
}  # fmt: skip
