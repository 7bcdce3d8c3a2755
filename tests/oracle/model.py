"""The Transformer in loops."""

import math

from oracle.functional import linear


def layer_norm(row, weight, bias, eps=1e-5):
    mean = sum(row) / len(row)
    variance = sum((x - mean) ** 2 for x in row) / len(row)
    return [
        (x - mean) / math.sqrt(variance + eps) * w + b
        for x, w, b in zip(row, weight, bias, strict=True)
    ]


def rms_norm(row, weight, eps=2.0**-52):
    square = sum(x * x for x in row) / len(row)
    return [x / math.sqrt(square + eps) * w for x, w in zip(row, weight, strict=True)]


def gelu(x):
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def softmax(scores, allowed):
    """Zeros where nothing is allowed."""
    kept = [score for score, may in zip(scores, allowed, strict=True) if may]
    if not kept:
        return [0.0] * len(scores)
    top = max(kept)
    total = sum(math.exp(score - top) for score in kept)
    return [
        math.exp(score - top) / total if may else 0.0
        for score, may in zip(scores, allowed, strict=True)
    ]


def attention(rows, attention_module, oracle, encoding, pos, allowed):
    """One text: rows (n, d), allowed[head][query][key] -> rows, weights[head][query][key]."""
    heads, width = encoding.dims.n_heads, encoding.dims.d_head
    qkv = [linear(row, attention_module.qkv.weight.tolist()) for row in rows]
    mixed, maps = [[] for _ in rows], []
    for head in range(heads):

        def part(third, i, head=head):
            start = third * heads * width + head * width
            return qkv[i][start : start + width]

        weights = []
        for i in range(len(rows)):
            scores = []
            for j in range(len(rows)):
                q, k = part(0, i), part(1, j)
                bias = oracle.bias(encoding, head, q, k, pos[i], pos[j]) if oracle.bias else 0.0
                if oracle.turn:
                    q, k = oracle.turn(encoding, q, pos[i]), oracle.key(encoding, k, pos[j])
                dot = sum(a * b for a, b in zip(q, k, strict=True))
                scores.append(dot / math.sqrt(width) + bias)
            weights.append(softmax(scores, allowed[head][i]))
            for channel in range(width):
                mixed[i].append(sum(weights[i][j] * part(2, j)[channel] for j in range(len(rows))))
        maps.append(weights)
    return [linear(row, attention_module.out.weight.tolist()) for row in mixed], maps


def norm(row, module):
    if hasattr(module, "bias"):
        return layer_norm(row, module.weight.tolist(), module.bias.tolist())
    return rms_norm(row, module.weight.tolist())


def _add(a, b):
    return [[x + y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def block(rows, module, pre, oracle, encoding, pos, allowed):
    def mlp(row):
        first, second = module.mlp[0], module.mlp[2]
        hidden = [gelu(x) for x in linear(row, first.weight.tolist(), first.bias.tolist())]
        return linear(hidden, second.weight.tolist(), second.bias.tolist())

    if pre:
        normed = [norm(row, module.norm1) for row in rows]
        mixed, maps = attention(normed, module.attention, oracle, encoding, pos, allowed)
        rows = _add(rows, mixed)
        return _add(rows, [mlp(norm(row, module.norm2)) for row in rows]), maps
    mixed, maps = attention(rows, module.attention, oracle, encoding, pos, allowed)
    rows = [norm(row, module.norm1) for row in _add(rows, mixed)]
    return [norm(row, module.norm2) for row in _add(rows, [mlp(row) for row in rows])], maps


def transformer(model, oracle, pre, tokens, pos, allowed):
    """One text -> logits (n, vocab), weights[layer][head][query][key]."""
    table = model.tokens.weight.tolist()
    rows = [table[token] for token in tokens]
    if oracle.codes:
        rows = _add(rows, oracle.codes(model.encoding, pos))
    maps = []
    for module in model.blocks:
        rows, weights = block(rows, module, pre, oracle, model.encoding, pos, allowed)
        maps.append(weights)
    if pre:
        rows = [norm(row, model.norm) for row in rows]
    return [linear(row, model.head.weight.tolist()) for row in rows], maps
