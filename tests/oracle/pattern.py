"""The layers of a pattern in loops: one text, one head, one query, one key at a time.

``turn(vector, p)`` rotates one vector of a head by the position p.
"""

import math

import torch

from oracle.functional import linear, rotate_halves, rotate_pairs
from oracle.model import rms_norm


def rope(encoding):
    """A turn for GivenRope, and for Rope without scaling, read off the numbers it shows."""
    speeds = encoding.inv_freq(torch.float64).tolist()
    pairs = rotate_pairs if encoding.layout == "interleaved" else rotate_halves
    warmth = encoding.temperature

    def turn(vector, p):
        width, last = 2 * len(speeds), getattr(encoding, "last", False)
        still = vector[:-width] if last else vector[width:]
        moving = vector[-width:] if last else vector[:width]
        moving = [x * warmth for x in pairs(moving, [s * p for s in speeds])]
        return still + moving if last else moving + still

    return turn


def still(vector, p):
    return vector


def attends(layer, i, j, pos, causal):
    """Whether query i may attend to key j, as the layer has it."""
    if causal and j > i:
        return False
    if layer.window is not None and not abs(pos[i] - pos[j]) < layer.window:
        return False
    return layer.chunk is None or math.floor(pos[i] / layer.chunk) == math.floor(
        pos[j] / layer.chunk
    )


def log_factor(layer, p):
    setting = layer.log_scale
    if setting is None:
        return 1.0
    return 1 + setting.amount * math.log(1 + max(0, (p + setting.offset) // setting.step))


def softmax(scores, sink):
    """Of the scores by key, {j: score}, with one logit more that gets no key."""
    logits = [*scores.values()] + ([] if sink is None else [sink])
    if not logits:
        return {}
    top = max(logits)
    total = sum(math.exp(logit - top) for logit in logits)
    return {j: math.exp(score - top) / total for j, score in scores.items()}


def _mixed(layer, head, queries, keys, values, sinks, pos, allowed):
    """What each query of a head mixes, with its weights by key."""
    rows, maps = [], []
    for i, query in enumerate(queries):
        scale = layer.scale or 1 / math.sqrt(len(query))
        scores = {}
        for j, key in enumerate(keys):
            if allowed(i, j):
                dot = sum(a * b for a, b in zip(query, key, strict=True))
                scores[j] = log_factor(layer, pos[i]) * dot * scale
        weights = softmax(scores, sinks[head] if sinks else None)
        maps.append([weights.get(j, 0.0) for j in range(len(keys))])
        rows.append([
            sum(w * values[j][channel] for j, w in weights.items())
            for channel in range(len(values[0]))
        ])  # fmt: skip
    return rows, maps


def attention(rows, module, turn, pos, causal=True, may=lambda i, j: True):
    """One text: rows (n, d) -> rows (n, d), weights[head][query][key]."""
    layer, dims = module.layer, module.dims
    sinks = module.sink.tolist() if layer.sink else None
    projected = _latent if layer.latent else _grouped
    joined, maps = [[] for _ in rows], []
    for head in range(dims.n_heads):
        queries, keys, values = projected(rows, module, head, turn, pos)
        if layer.rotate_values:
            values = [turn(v, p) for v, p in zip(values, pos, strict=True)]
        mixed, weights = _mixed(
            layer, head, queries, keys, values, sinks, pos,
            lambda i, j: attends(layer, i, j, pos, causal) and may(i, j),
        )  # fmt: skip
        for i, row in enumerate(mixed):
            joined[i] += turn(row, -pos[i]) if layer.rotate_values else row
        maps.append(weights)
    return [linear(row, module.out.weight.tolist()) for row in joined], maps


def _grouped(rows, module, head, turn, pos):
    layer, heads, width = module.layer, module.dims.n_heads, module.dims.d_head
    groups = layer.kv_heads or heads
    group = head // (heads // groups)
    weight = module.qkv.weight.tolist()
    lines = [head * width, (heads + group) * width, (heads + groups + group) * width]
    q, k, v = ([linear(row, weight[line : line + width]) for row in rows] for line in lines)
    q, k = ([turn(x, p) for x, p in zip(part, pos, strict=True)] for part in (q, k))
    return q, k, v


def _latent(rows, module, head, turn, pos):
    latent, width = module.layer.latent, module.dims.d_head
    plain = width - latent.rotated
    if latent.query_rank is None:
        seen = rows
    else:
        low = [linear(row, module.q_down.weight.tolist()) for row in rows]
        seen = [rms_norm(row, module.q_norm.weight.tolist(), 1e-6) for row in low]
    q_lines = module.q_up.weight.tolist()[head * width : (head + 1) * width]
    k_lines = module.k_up.weight.tolist()[head * plain : (head + 1) * plain]
    wide = latent.value_width or plain
    v_lines = module.v_up.weight.tolist()[head * wide : (head + 1) * wide]
    queries, keys, values = [], [], []
    for row, source, p in zip(rows, seen, pos, strict=True):
        down = linear(row, module.kv_down.weight.tolist())
        vector = rms_norm(down[: latent.rank], module.kv_norm.weight.tolist(), 1e-6)
        query = linear(source, q_lines)
        queries.append(query[:plain] + turn(query[plain:], p))
        keys.append(linear(vector, k_lines) + turn(down[latent.rank :], p))
        values.append(linear(vector, v_lines))
    return queries, keys, values
