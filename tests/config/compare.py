"""One layer of ours beside one of transformers': rotation, mask, factors and bias to 1e-5."""

import inspect
from functools import cache

import pytest
import torch
from config.peer import Spy, model_of

from posenc import config as drawer
from posenc.config import _build
from posenc.model._masks import reach

CASES = {"short": (12, 0, 0), "beyond": (48, 0, 0), "padded": (20, 5, 0), "decode": (40, 5, 1)}
WITHOUT_CACHE = ("bert", "roberta", "modernbert", "t5")


@cache
def spy_of(name):
    return Spy(model_of(name))


@cache
def inputs_of(name, n, pads):
    """Return tokens, which of them are real, and their positions: (2, n); the second row padded."""
    generator = torch.Generator().manual_seed(n)
    tokens = torch.randint(4, 60, (2, n), generator=generator)  # (2, n)
    real = torch.ones(2, n, dtype=torch.bool)  # (2, n)
    real[1, :pads], tokens[1, :pads] = False, 1
    pos = (real.cumsum(-1) - 1).clamp(min=0)  # (2, n)
    if "mrope_section" in str(drawer.model(name)):  # three axes, as an image would have
        pos = torch.stack((pos, pos + pos % 3, pos + pos % 5), -1)  # (2, n, 3)
    return tokens, real, pos


class Run:
    """One call of their model, after a first one that fills the cache where ``decode`` is 1."""

    def __init__(self, name, case):
        n, pads, decode = CASES[case]
        self.spy = spy_of(name)
        self.tokens, self.real, self.pos = inputs_of(name, n + decode, pads)
        self.new = slice(n, None) if decode else slice(None)
        self.before, keywords = {}, {}
        if decode:
            filled = self._call(slice(n), {"use_cache": True})
            self.before, keywords = self.spy.seen, {"past_key_values": filled.past_key_values}
        self._call(self.new, keywords)
        self.seen = self.spy.seen

    def _call(self, part, keywords):
        pos = self.pos[:, part]
        takes = inspect.signature(self.spy.model.forward).parameters
        kind = self.spy.model.config.model_type
        if "position_ids" in takes and kind not in ("roberta", "opt"):  # these two count alone
            keywords = keywords | {"position_ids": pos.movedim(-1, 0) if pos.dim() == 3 else pos}
        if keywords.get("past_key_values") is not None and kind == "kimi_linear":
            keywords = keywords | {"use_cache": True}
        mask = self.real[:, : part.stop].long()
        return self.spy(input_ids=self.tokens[:, part], attention_mask=mask, **keywords)


def compare(name, case):
    """Raise AssertionError where a layer of ours does otherwise than one of theirs."""
    run = Run(name, case)
    reading = drawer.read(drawer.small(drawer.model(name)))
    _same_table(reading, run)
    for i, layer in enumerate(reading.layers):
        if layer.attention == "linear":
            assert not run.seen[i].get("rotations")
            assert "attention" not in run.seen[i]
            continue
        encoding = _build.encoding(layer, reading.max_len, reading.causal)
        _same_rotation(layer, encoding, run, i)
        mask = _same_mask(layer, reading, run, i)
        _same_factors(layer, run, i)
        _same_bias(layer, encoding, mask, run, i)


def _close(ours, theirs):
    torch.testing.assert_close(ours, theirs.detach(), atol=1e-5, rtol=1e-5)


# --- one layer's rotation, mask, factors, bias ----------------------------------------------


def _heads_first(x, n):
    """Return (b, h, n, ·) of what may be (b, n, h, ·)."""
    return x if x.shape[2] == n else x.transpose(1, 2)


def _in_their_order(x, layer):
    """Return rotated channels as DeepSeek-V3's code leaves them: all evens, then all odds."""
    moved = layer.latent is not None and layer.rotation.layout == "interleaved"
    return torch.cat((x[..., 0::2], x[..., 1::2]), -1) if moved else x


def _same_rotation(layer, encoding, run, i):
    pairs = run.seen[i].get("rotations", [])
    assert bool(pairs) == (layer.rotation is not None), f"layer {i}: does it rotate?"
    pos = run.pos[:, run.new]
    for before, after in pairs[:2]:  # queries, keys
        x = _heads_first(before, pos.shape[1])
        ours, _ = encoding.rotate(x, x, pos, pos)
        _close(_in_their_order(ours, layer), _heads_first(after, pos.shape[1]))
    if layer.rotate_values:
        before, after = pairs[-1]  # what was mixed, (b, h, n, dh), and what left the layer
        _close(encoding.rotate(before, before, -pos, -pos)[0], after)
        assert run.seen[i]["attention"]["value"] is run.seen[i]["attention"]["key"]
    _same_cached_keys(layer, encoding, run, i)


def _same_cached_keys(layer, encoding, run, i):
    """All keys that a decode step sees are what ours makes of the raw ones at their positions."""
    if not run.before or not run.seen[i].get("rotations") or layer.latent or layer.compress:
        return
    if "attention" not in run.seen[i]:
        return  # GPT-J, whose attention is no function that can be watched
    raw = [run.before[i]["rotations"][1][0], run.seen[i]["rotations"][1][0]]
    sizes = (run.pos.shape[1] - 1, 1)
    raw = torch.cat([_heads_first(x, n) for x, n in zip(raw, sizes, strict=True)], 2)
    ours = encoding.rotate(raw, raw, run.pos, run.pos)[1]  # (b, g, k, ·)
    theirs = run.seen[i]["attention"]["key"]
    kept = theirs.shape[2]
    seen = run.real[:, None, -kept:, None]
    _close(ours[:, :, -kept:] * seen, theirs[..., : ours.shape[-1]] * seen)


def _same_mask(layer, reading, run, i):
    theirs = _their_mask(run.seen[i])  # (b, 1, q, k), True = may attend
    k = run.real.shape[1]
    slots = torch.arange(k)
    ours = run.real[:, None, None]  # (b, 1, 1, k)
    if reading.causal:
        ours = ours & (slots <= slots[run.new, None])  # (b, 1, q, k)
    if layer.window or layer.chunk:
        pos = run.pos if run.pos.dim() == 2 else slots.expand(2, -1)
        ours = ours & reach(pos[:, run.new], pos, layer.window, layer.chunk)  # (b, 1, q, k)
    ours = ours.expand(2, 1, len(slots[run.new]), k)
    if theirs is None:
        theirs = torch.ones_like(ours)
    kept = theirs.shape[-1]
    if layer.compress:  # the columns of compressed keys come after those of the window
        kept = min(k, layer.window) if run.before else k
        theirs = theirs[..., :kept]
    assert not ours[..., : k - kept].any(), f"layer {i}: ours sees a key that theirs dropped"
    real = run.real[:, run.new]  # (b, q)
    same = (ours[..., k - kept :] == theirs)[:, 0][real]
    assert same.all(), f"layer {i}: another mask in {(~same).sum()} places"
    return ours


def _their_mask(seen):
    if "attention" in seen:
        mask = seen["attention"]["mask"]
    else:
        mask = seen["keywords"]["attention_mask"]
    if mask is None:
        return None
    return ~mask if mask.dtype == torch.bool else mask > -1  # MPT: True hides


def _same_factors(layer, run, i):
    seen, module = run.seen[i], run.seen[i]["module"]
    if type(module).__name__ == "OPTAttention":  # it multiplies its queries before
        theirs = module.scaling
    elif "attention" in seen:
        theirs = seen["attention"]["scale"]
    elif hasattr(module, "scale_attn"):  # GPT-J divides
        theirs = 1 / float(module.scale_attn)
    else:  # BLOOM, MPT
        theirs = getattr(module, "inv_norm_factor", None) or module.softmax_scale
    assert layer.scale == pytest.approx(float(theirs), rel=1e-6)
    assert layer.sink == hasattr(module, "sinks")
    if layer.log_scale is not None:
        _same_log_scale(layer, run, seen)


def _same_log_scale(layer, run, seen):
    query = seen["attention"]["query"]  # (b, h, n, dh)
    n = query.shape[2]
    slots = torch.arange(run.pos.shape[1]).expand(2, -1)
    if layer.rotation is None:  # Llama 4 counts padding, ours does not: test_parity.py says so
        pos = slots
        raw = seen["projected"].unflatten(-1, (layer.heads, layer.width)).transpose(1, 2)
    else:
        pos, raw = run.pos, seen["rotations"][0][1]
    factor = layer.log_scale.of(pos[:, run.new])  # (b, n)
    assert n == factor.shape[1]
    _close(raw * factor[:, None, :, None], query)


def _same_bias(layer, encoding, mask, run, i):
    if layer.bias is None:
        return
    keywords = run.seen[i]["keywords"]
    q_pos, k_pos = run.pos[:, run.new], run.pos
    if layer.bias.name == "t5":
        first = run.seen[0]["module"]  # its table serves all layers
        encoding.table.data = first.relative_attention_bias.weight.data
        theirs = run.seen[i]["attention"]["position_bias"]  # (1, h, q, k)
        slots = torch.arange(k_pos.shape[1])
        ours = encoding.bias(torch.empty(0), torch.empty(0), slots[run.new], slots)[None]
        return _close(ours.detach(), theirs)
    if "alibi" in keywords:
        theirs = keywords["alibi"].unflatten(0, (2, layer.heads))  # (b, h, 1, k)
    else:
        theirs = keywords["position_bias"][None, ..., -k_pos.shape[1] :]  # (1, h, 1, k)
    ours = encoding.bias(torch.empty(0), torch.empty(0), q_pos, k_pos)  # (b, h, q, k)
    hidden = torch.finfo(ours.dtype).min
    # theirs lacks a constant per row, which softmax ignores
    weights = [(x.expand_as(ours).masked_fill(~mask, hidden)).softmax(-1) for x in (ours, theirs)]
    real = run.real[:, run.new, None].expand(-1, -1, ours.shape[-1])[:, None]
    _close(weights[0] * real, weights[1] * real)
    return None


def _same_table(reading, run):
    rows = run.seen.get("rows")
    assert (rows is not None) == (reading.table is not None)
    if rows is not None:
        assert len(rows["table"]) == reading.table.rows
        ours = rows["table"][run.pos[:, run.new] + reading.table.first]  # (b, n, d)
        real = run.real[:, run.new, None]
        _close((ours * real).detach(), rows["output"] * real)
