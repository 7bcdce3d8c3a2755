"""Biases, turns, options and caches are held to what they promise."""

import contract.scores as promise
import pytest
import torch
from contract import checks

from posenc import ENCODINGS, Cache, Dims, Transformer, build


@pytest.mark.parametrize("check", checks(promise), ids=lambda check: check.__name__)
def test_promise(check):
    check()


def _model(name, norm_type="rms"):
    torch.manual_seed(0)
    encoding = build(name, Dims(d_model=32, n_heads=4, max_len=32))
    return Transformer(encoding, vocab_size=11, norm_type=norm_type).eval()


KEEPS = [name for name, cls in ENCODINGS.items() if "cache" in cls.promises]
TOKENS = torch.randint(11, (3, 20), generator=torch.Generator().manual_seed(1))
PADS = (0, 3, 5)


def _padded():
    tokens, real = torch.zeros_like(TOKENS), torch.zeros(3, 20, dtype=torch.bool)
    for row, pads in enumerate(PADS):
        tokens[row, pads:] = TOKENS[row, : 20 - pads]
        real[row, pads:] = True
    return tokens, real, (real.long().cumsum(-1) - 1).clamp(min=0)


def _far(found, whole):
    return max(
        float((found[row, pads:] - whole[row, : 20 - pads]).abs().max())
        for row, pads in enumerate(PADS)
    )


@pytest.mark.parametrize("name", KEEPS)
@torch.no_grad()
def test_decoding_padding_and_packing_give_the_full_pass(name):
    model = _model(name)
    whole, cache = model(TOKENS), Cache()
    steps = [model(TOKENS[:, :7], cache=cache)]
    steps += [model(TOKENS[:, i : i + 1], cache=cache) for i in range(7, 20)]
    torch.testing.assert_close(torch.cat(steps, 1), whole, atol=1e-5, rtol=1e-5)
    assert cache.length == 20

    tokens, real, pos = _padded()
    assert _far(model(tokens, pos, mask=real[:, None]), whole) < 1e-5
    cache = Cache()
    steps = [model(tokens[:, :10], pos[:, :10], mask=real[:, None, :10], cache=cache)]
    steps += [model(tokens[:, i : i + 1], pos[:, i : i + 1], cache=cache) for i in range(10, 20)]
    assert _far(torch.cat(steps, 1), whole) < 1e-5

    one, two = TOKENS[:1, :8], TOKENS[1:2, :12]
    document = torch.tensor([0] * 8 + [1] * 12)
    packed = model(
        torch.cat((one, two), 1),
        torch.cat((torch.arange(8), torch.arange(12))),
        mask=document[:, None] == document,
    )
    apart = torch.cat((model(one), model(two)), 1)
    torch.testing.assert_close(packed, apart, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_what_promises_no_cache_really_breaks_it():
    names = [name for name in ENCODINGS if name not in KEEPS]
    assert names == ["normalized"]
    model, cache = _model("normalized"), Cache()
    steps = [model(TOKENS[:, i : i + 1], cache=cache) for i in range(20)]
    assert (torch.cat(steps, 1) - model(TOKENS)).abs().max() > 1e-2
