"""What a class says of itself is so, and what it does not say is not."""

import torch

from contract import differ, equal
from contract.encodings import (
    DIMS,
    TOKENS,
    answers_beyond_its_table,
    built,
    doors,
    embeddings,
    heads,
    model_of,
    same,
)
from posenc import ENCODINGS, PositionalEncoding, acts_on


def the_class_says_who_it_is(name):
    cls = ENCODINGS[name]
    assert issubclass(cls, PositionalEncoding)
    assert cls.name == name
    assert cls.label
    labels = [other.label for other in ENCODINGS.values()]
    assert labels.count(cls.label) == 1  # readers could not tell two curves apart
    assert not cls.paper or "arXiv" in cls.paper


def relative_where_promised(name):
    encoding, pos = built(name), torch.arange(7)
    # a far shift where there is no table: FIRE looks relative up to its threshold
    shift = 50 if answers_beyond_its_table(encoding, DIMS.max_len + 1) else 5
    here, there = doors(encoding, 3, pos), doors(encoding, 3, pos + shift)
    for made in (here, there):
        made.pop("q")
        made.pop("k")  # turned: only what they give together counts
    if "relative" in encoding.promises:
        assert same(here, there, 1e-9)
        model = model_of(name)
        equal(model(TOKENS, pos + shift), model(TOKENS, pos), atol=1e-8)
    else:
        assert not same(here, there, 1e-9)


def cache_where_promised(name):
    encoding, n = built(name), 7
    short = doors(encoding, 3, torch.arange(n - 2))
    long = doors(encoding, 3, torch.arange(n))
    # the inputs of the longer text are others: compare what was added, turned, biased
    x = embeddings(3, n)
    added = encoding.embed(x, torch.arange(n))[:, : n - 2]
    alone = encoding.embed(x[:, : n - 2], torch.arange(n - 2))
    kept = torch.allclose(added, alone, rtol=0, atol=1e-12)
    q = heads(3, n)
    turned = encoding.rotate(q, q, torch.arange(n), torch.arange(n))[0][:, :, : n - 2]
    part = q[:, :, : n - 2]
    kept &= torch.allclose(turned, encoding.rotate(part, part, *[torch.arange(n - 2)] * 2)[0])
    if "bias" in long:
        whole = encoding.bias(q, q, torch.arange(n), torch.arange(n))
        small = encoding.bias(part, part, *[torch.arange(n - 2)] * 2)
        kept &= torch.allclose(whole[..., : n - 2, : n - 2], small)
    assert short.keys() == long.keys()
    assert kept == ("cache" in encoding.promises)
    if kept:
        model = model_of(name, causal=True, norm_type="rms")
        equal(model(TOKENS)[:, : n - 2], model(TOKENS[:, : n - 2]))


def a_batch_of_positions_is_its_rows_one_by_one(name):
    encoding, model = built(name), model_of(name, norm_type="rms")
    for b in (1, 3, DIMS.n_heads):
        pos = torch.stack([torch.randperm(DIMS.max_len)[:6] for _ in range(b)])
        x, q, k = embeddings(b, 6), heads(b, 6), heads(b, 6, seed=2)
        embedded = encoding.embed(x, pos)
        turned = encoding.rotate(q, k, pos, pos)
        bias = encoding.bias(q, k, pos, pos)
        tokens = torch.randint(9, (b, 6))
        logits = model(tokens, pos)
        for i in range(b):
            one, at = slice(i, i + 1), pos[i]
            equal(embedded[one], encoding.embed(x[one], at))
            for found, expected in zip(
                turned, encoding.rotate(q[one], k[one], at, at), strict=True
            ):
                equal(found[one], expected)
            if bias is not None:
                whole = bias.expand(b, DIMS.n_heads, 6, 6)
                row = encoding.bias(q[one], k[one], at, at)
                equal(whole[one], row.expand(1, DIMS.n_heads, 6, 6))
            equal(logits[one], model(tokens[one], at))


def blind_to_order_exactly_if_it_does_nothing(name):
    # RMSNorm, because LayerNorm erases an integer in every channel (notebook 02)
    model = model_of(name, causal=False, norm_type="rms")
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    permuted, logits = model(TOKENS[:, order]), model(TOKENS)[:, order]
    if acts_on(ENCODINGS[name]):
        differ(permuted, logits)
    else:
        equal(permuted, logits)
